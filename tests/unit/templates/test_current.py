"""The last look at a template before a send: the message as it may be sent now, or why it may not."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from shared.ground.errors import BackendUnavailable, TemplateUnusable
from shared.templates.current import WantedTemplate, current_message
from shared.templates.model import Template, TemplateStatus
from shared.templates.registry import TemplateRegistry
from tests.factories import SENDER, address, template

FILLED = {"1": "dentist", "2": "Monday"}
WANTED = WantedTemplate(SENDER, "appointment_reminder", "en", FILLED)


class Changing(TemplateRegistry):
    """What the store has to say once it is asked: templates, or that it is away."""

    def __init__(self, before: list[Template], after: list[Template] | BackendUnavailable) -> None:
        super().__init__(before)
        self._after = after

    async def refresh(self) -> bool:
        if isinstance(self._after, BackendUnavailable):
            raise self._after
        self._templates = TemplateRegistry(self._after)._templates
        return True


async def test_it_is_filled() -> None:
    message = await current_message(TemplateRegistry([template()]), WANTED, address(0))
    assert (message.to, message.name, message.language, message.parameters) == (
        address(0), "appointment_reminder", "en", FILLED,
    )  # fmt: skip


async def test_the_first_language_that_is_enabled_and_takes_the_same() -> None:
    other = replace(template(language="pt"), body="{{1}}")
    registry = TemplateRegistry([template(), template(language="es"), other])
    message = await current_message(registry, replace(WANTED, languages=("pt", "es-UY")), address(0))
    assert message.language == "es"


def paused(known: Template) -> Template:
    return replace(known, status=TemplateStatus.PAUSED)


def longer(known: Template) -> Template:
    return replace(known, body="Your {{1}} on {{2}} at {{3}}.")


def shorter(known: Template) -> Template:
    return replace(known, body="Your {{1}}.")


@pytest.mark.parametrize(
    ("change", "code"),
    [(paused, "template-paused"), (longer, "template-changed"), (shorter, "template-changed"), (None, "not-found")],
)
@pytest.mark.parametrize("is_away", [False, True])
async def test_what_may_not_be_sent_any_more(
    change: Callable[[Template], Template] | None, code: str, is_away: bool
) -> None:
    known = [] if change is None else [change(template())]
    registry = Changing(known, BackendUnavailable("away") if is_away else known)
    with pytest.raises(TemplateUnusable) as unusable:
        await current_message(registry, WANTED, address(0))
    assert unusable.value.code == code


async def test_this_process_s_picture_may_be_a_second_old() -> None:
    registry = Changing([paused(template())], [template()])
    assert (await current_message(registry, WANTED, address(0))).name == "appointment_reminder"
