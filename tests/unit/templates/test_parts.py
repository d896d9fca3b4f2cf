"""Parts of a template: filled from columns, or a reason why it is not sent at all."""

from dataclasses import replace

import pytest

from shared.providers.capabilities import Capabilities, Feature
from shared.providers.messages import ButtonKind, ButtonParameter, OutgoingPlace
from shared.providers.registry import get_dialect
from shared.templates.filling import message_of, why_not_carried
from shared.templates.model import LOCATION, Button, Category, HeaderKind, ParameterMismatch, TemplateStatus
from tests.factories import address, template

PLACE = {
    "header_latitude": "-34.9011", "header_longitude": "-56.1645", "header_name": "Clinic", "header_address": "Calle 1",
}  # fmt: skip
MAP = template(body="Here we are.", header=HeaderKind.LOCATION)
COUPON = template(body="For you.", buttons=(Button("url", "Shop"), Button("copy_code", "Copy", takes=True)))
CODE = template(body="*{{1}}* is your code.", buttons=(Button("otp", "Copy"),), category=Category.AUTHENTICATION)


def test_a_location_is_filled_from_four_columns() -> None:
    assert MAP.placeholders == MAP.required == LOCATION
    message = message_of(MAP, address(0), MAP.complete(PLACE))
    assert (message.header, message.parameters) == (OutgoingPlace("-34.9011", "-56.1645", "Clinic", "Calle 1"), {})
    assert MAP.render_header(PLACE) == "Clinic, Calle 1"


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("header_latitude", "-34,9011"), ("header_latitude", "91"), ("header_latitude", "34° S"),
        ("header_longitude", "-180.1"), ("header_longitude", "1e2"), ("header_longitude", "nan"),
    ],
)  # fmt: skip
def test_degrees_are_decimal_numbers_within_the_globe(column: str, value: str) -> None:
    with pytest.raises(ParameterMismatch, match="degrees") as refused:
        MAP.complete({**PLACE, column: value})
    assert (refused.value.malformed, refused.value.code) == ((column,), "malformed-parameter")


@pytest.mark.parametrize("column", LOCATION)
def test_every_column_of_a_location_is_needed(column: str) -> None:
    with pytest.raises(ParameterMismatch, match=column):
        MAP.complete({**PLACE, column: " "})


def test_a_coupon_s_code_is_filled_from_its_button_s_column() -> None:
    assert COUPON.required == ("button2",)
    message = message_of(COUPON, address(0), COUPON.complete({"button2": "25OFF"}))
    assert message.buttons == (ButtonParameter(1, ButtonKind.COPY_CODE, "25OFF"),)
    with pytest.raises(ParameterMismatch, match="15 characters"):
        COUPON.complete({"button2": "x" * 16})


def test_a_button_with_a_one_time_code_repeats_that_of_the_body() -> None:
    assert CODE.placeholders == ("1",)
    message = message_of(CODE, address(0), CODE.complete({"1": "123456"}))
    assert message.parameters == {"1": "123456"}
    assert message.buttons == (ButtonParameter(0, ButtonKind.URL, "123456"),)
    assert message.category == "authentication"


@pytest.mark.parametrize(
    "unfillable",
    [
        template(unfillable=("a carousel",)),
        template(unfillable=("a limited-time offer", "a button for a flow")),
        template(body="No code.", buttons=(Button("otp", "Copy"),)),
        template(body="{{header}}", header=HeaderKind.IMAGE),
    ],
)
def test_a_part_that_no_column_fills_is_a_reason_before_the_first_send(unfillable) -> None:
    why = unfillable.why_unusable()
    assert unfillable.is_enabled
    assert unfillable.obstacle == "unfillable"
    assert all(part in why for part in unfillable.obstructions)
    assert "no column" in why


@pytest.mark.parametrize("provider", ["twilio", "wavy", "hey", "meta"])
@pytest.mark.parametrize("filled", [MAP, COUPON, CODE], ids=["location", "coupon", "one-time code"])
def test_each_provider_carries_a_part_or_says_so_before_the_first_send(provider: str, filled) -> None:
    why = why_not_carried(provider, filled, get_dialect(provider).capabilities)
    assert (why is None) is (provider == "meta")


def test_a_location_is_a_feature_of_its_own() -> None:
    carries_all_but = Capabilities((), (), {}, features=frozenset(Feature) - {Feature.LOCATIONS})
    assert "a location" in (why_not_carried("wavy", MAP, carries_all_but) or "")


@pytest.mark.parametrize("reason", ["ARCHIVED", "PENDING_DELETION", "DELETED"])
def test_only_what_is_disabled_for_its_quality_is_said_to_be(reason: str) -> None:
    disabled = template(status=TemplateStatus.DISABLED)
    assert "quality" in (disabled.why_unusable() or "")
    assert "quality" not in (replace(disabled, reason=reason).why_unusable() or "")
    assert reason in (replace(disabled, reason=reason).why_unusable() or "")


def test_a_template_that_merely_vanished_is_not_said_to_be_disabled_for_its_quality() -> None:
    why = template(status=TemplateStatus.GONE).why_unusable() or ""
    assert "not among the templates that the provider lists" in why
    assert "quality" not in why
    assert "disabled" not in why
