"""A template as a contact will read it: pure."""

import pytest

from shared.templates.model import Button, Category, HeaderKind, ParameterMismatch, TemplateStatus
from shared.templates.previewing import preview_of
from tests.factories import template
from tests.fields import TemplateFields

WHOLE = template(
    header=HeaderKind.TEXT,
    header_text="Dear {{1}}",
    buttons=(Button("quick_reply", "Yes", takes=True), Button("url", "Track")),
)


def test_all_of_it() -> None:
    shown = preview_of(WHOLE, {"1": "dental", "2": "May 5", "header": "Ana"})
    assert (shown.header, shown.text) == ("Dear Ana", "Your dental appointment is coming up on May 5.")
    assert (shown.buttons, shown.remedy) == (["Yes", "Track"], None)
    assert shown.parameters == {"1": "dental", "2": "May 5", "header": "Ana"}


def test_parameters_in_order() -> None:
    assert preview_of(template(), ["dental", "May 5"]).text == "Your dental appointment is coming up on May 5."


@pytest.mark.parametrize("given", [["dental"], ["dental", "May 5", "x"], {"1": "a\nb", "2": "c"}])
def test_parameters_that_do_not_fit(given: list[str] | dict[str, str]) -> None:
    with pytest.raises(ParameterMismatch):
        preview_of(template(), given)


@pytest.mark.parametrize("changed", [{"status": TemplateStatus.PAUSED}, {"category": Category.MARKETING}])
def test_why_no_campaign_can_start_with_it(changed: TemplateFields) -> None:
    unusable = template(**changed)
    assert preview_of(unusable, ["dental", "May 5"]).remedy == unusable.why_unusable()
