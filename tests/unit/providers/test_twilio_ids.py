"""Ids that name one message, and contacts' addresses."""

import pytest

from shared.providers.twilio import DIALECT
from shared.providers.twilio.account import list_names
from shared.providers.twilio.inbound import normalise_sid
from shared.providers.twilio.wire import parse_address
from tests.contract.providers.twilio_cases import ACCOUNT, SERVICE_SID

DIGITS = "0123456789abcdef0123456789abcdef"
OTHERS = "f123456789abcdef0123456789abcdef"


# Quirk(twilio) sm-and-mm
@pytest.mark.parametrize("one", ["SM" + DIGITS, "MM" + DIGITS, "SM" + DIGITS.upper(), DIGITS])
@pytest.mark.parametrize("other", ["SM" + DIGITS, "MM" + DIGITS, DIGITS])
def test_one_message(one: str, other: str):
    assert DIALECT.is_same_message(one, other)
    assert normalise_sid(one) == DIGITS


@pytest.mark.parametrize("other", ["SM" + OTHERS, "MM" + OTHERS, "HX" + DIGITS, "SM" + DIGITS[1:], "SM", "MM", ""])
def test_another_message(other: str):
    assert not DIALECT.is_same_message("SM" + DIGITS, other)


def test_what_is_only_letters_is_no_id_of_everything():
    assert not DIALECT.is_same_message("SM", "MM")
    assert normalise_sid("SM") == "SM"


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("whatsapp:+14155550123", "+14155550123"),
        ("+14155550123", "+14155550123"),
        ("14155550123", "+14155550123"),
        ("whatsapp: 14155550123", "+14155550123"),  # a plus that was not escaped is a blank
        ("whatsapp:US.13491208655302741918", "US.13491208655302741918"),
        ("US.ENT.11815799212886844830", "US.ENT.11815799212886844830"),
        ("whatsapp:+1415555****", None),
        ("whatsapp:us.1234", None),
        ("whatsapp:", None),
        ("messenger:1234", None),
        ("", None),
    ],
)
def test_address(text: str, bare: str | None):
    assert parse_address(text) == bare


def test_names():
    assert list_names(ACCOUNT) == ("+14155550100",)
    assert list_names(type(ACCOUNT)("twilio", ACCOUNT.tenant, ACCOUNT.sender, SERVICE_SID, {}, {})) == (SERVICE_SID,)
