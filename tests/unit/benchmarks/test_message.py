"""Every contestant sends the same bytes to people who are nobody."""

from urllib.parse import urlsplit

import pytest

from shared.ground import phone
from shared.ground.ids import CampaignId, Reference, SenderId, TenantId
from shared.providers.account import Account
from shared.providers.messages import TemplateMessage
from shared.providers.registry import get_dialect
from tests.benchmarks import message


@pytest.mark.parametrize("number", [0, 7, 1_999_999])
def test_a_rival_sends_what_oriel_sends_byte_for_byte(number):
    url, person = "http://127.0.0.1:20002", message.person(number)
    secrets = {"account_sid": (message.ACCOUNT_SID,), "auth_token": (message.TOKEN,)}
    account = Account(
        "twilio", TenantId(message.TENANT), SenderId(message.SENDER), message.ADDRESS, {"api_base": url}, secrets
    )
    wanted = TemplateMessage(person.phone, message.TEMPLATE, message.LANGUAGE, message.CONTENT_SID, person.parameters)
    reference = Reference(CampaignId(message.CAMPAIGN), number, 1).sign(message.SECRET)

    ours = get_dialect("twilio").sending.build_template(account, wanted, reference, message.NOWHERE)

    assert message.form(number) == ours.body
    assert urlsplit(ours.url).path == message.PATH
    assert dict(message.HEADERS) == dict(ours.headers)


@pytest.mark.parametrize("number", [0, 9_999, 10_000, 99_999])
def test_a_number_as_people_write_it_is_the_same_one(number):
    written, whole = message.national(number).phone, message.international(number).phone
    assert not written.startswith("+")
    assert phone.parse(written, "US") == phone.parse(whole, "US") == whole


def test_a_base_is_a_row_a_person_each_with_an_opt_in():
    lines = message.base(message.person(number) for number in range(3)).decode().splitlines()
    assert len(lines) == 4
    assert lines[1] == "+14150000000,Crystal Lounge,tomorrow at 8:00,web_form,2026-03-01T10:00:00Z"
    assert {line.count(",") for line in lines} == {4}
