"""The last look at a template before a send: the message as it may be sent now, or why it may not."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ground.errors import BackendUnavailable, TemplateUnusable
from shared.templates import current
from shared.templates.current import WantedTemplate, current_message
from shared.templates.model import Button, HeaderKind, Template, TemplateStatus
from shared.templates.pins import NO_PINS, Pins, pin_of
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


# ── what is remembered ──────────────────────────────────────────────────────────────────────────────────────────────

TEMPLATES = st.builds(
    template,
    language=st.sampled_from(["en", "es", "es_UY"]),
    status=st.sampled_from([TemplateStatus.APPROVED, TemplateStatus.APPROVED, TemplateStatus.PAUSED]),
    provider_id=st.sampled_from(["HX1", "HX2"]),
    body=st.sampled_from(["Your {{1}} on {{2}}.", "On {{2}}, your {{1}}.", "Your {{1}}."]),
    header=st.sampled_from([None, None, HeaderKind.IMAGE]),
    buttons=st.sampled_from([(), (Button("quick_reply", "Yes"),), (Button("url", "Look", takes=True),)]),
)
COPIES = st.lists(TEMPLATES, max_size=3)
PINS: st.SearchStrategy[Pins] = st.just(NO_PINS) | st.builds(
    lambda one, by_id: {one.language: pin_of(one, by_id=by_id)}, TEMPLATES, st.booleans()
)
VALUES = st.sampled_from(["dentist", "", "https://example.com/map.png"])
FILLINGS = st.just(FILLED) | st.dictionaries(st.sampled_from(["1", "2", "header", "button1"]), VALUES)
LANGUAGES = st.sampled_from([(), ("es-UY",), ("es", "en"), (None, "pt")])


async def told(registry: TemplateRegistry, wanted: WantedTemplate, to: str) -> object:
    """The message, or the code of why there is none."""
    try:
        return await current_message(registry, wanted, to)
    except TemplateUnusable as error:
        return error.code


@given(st.lists(COPIES, min_size=2, max_size=3), st.lists(PINS, min_size=2, max_size=2), st.data())
async def test_what_is_remembered_is_what_would_be_found_anew(
    copies: list[list[Template]], pins: list[Pins], data: st.DataObject
) -> None:
    """Over copies of the templates that replace each other, and campaigns that differ in any way."""
    registry = TemplateRegistry([])
    for copy in copies:
        registry._templates = TemplateRegistry(copy)._templates
        for number in range(6):
            wanted = WantedTemplate(
                SENDER, "appointment_reminder", data.draw(st.sampled_from(["en", "es"])), data.draw(FILLINGS),
                data.draw(LANGUAGES), data.draw(st.sampled_from(pins)),
            )  # fmt: skip
            found = await told(registry, wanted, address(number))
            assert found == await told(TemplateRegistry(copy), wanted, address(number))


async def test_a_template_that_was_paused_since_the_last_message_is_not_sent() -> None:
    registry = TemplateRegistry([template()])
    assert await told(registry, WANTED, address(0)) != "template-paused"
    registry._templates = TemplateRegistry([paused(template())])._templates
    assert await told(registry, WANTED, address(1)) == "template-paused"


async def test_a_campaign_s_template_is_judged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = TemplateRegistry([template()])
    await current_message(registry, WANTED, address(0))
    monkeypatch.setattr(current, "_judge", None)
    other = replace(WANTED, parameters={"1": "surgeon", "2": "Friday"})
    message = await current_message(registry, other, address(1))
    assert (message.to, message.parameters) == (address(1), other.parameters)


async def test_only_so_many_judgements_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(current, "JUDGED_KEPT", 2)
    registry = TemplateRegistry([template()])
    for language in ("de", "fr", "it", "nl"):
        await current_message(registry, replace(WANTED, languages=(language,)), address(0))
        assert len(registry.judged) <= 2
