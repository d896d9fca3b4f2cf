"""Whom an event means: the number it names, all numbers of the account it names, or the one whose webhook it came to."""

from dataclasses import replace

import pytest

from shared.ground.ids import SenderId
from shared.providers.account import Account
from shared.providers.client import ProviderClient
from shared.providers.events import (
    AddressChanged,
    Content,
    ContentKind,
    MessageReceived,
    PreferenceReported,
    SenderReported,
    TemplateReported,
)
from tests.factories import SENDER, TENANT, address, contact
from tests.wired import SCRIPTED, ScriptedWire, Wired, scripted

ACCOUNT = "account-7"
DESK, STRANGER = SenderId("desk"), "+14155550188"


class NamedByAccount(ScriptedWire):
    def list_names(self, account: Account) -> tuple[str, ...]:
        return account.address, ACCOUNT


# One webhook for all numbers of an account, and for others' numbers as well.
ONE_APP = replace(scripted(NamedByAccount()), capabilities=replace(SCRIPTED.capabilities, shares_webhooks=True))


def number(sender: SenderId, address: str, wired: Wired, dialect=None) -> ProviderClient:
    account = Account("scripted", TENANT, sender, address, {"api_base": "http://127.0.0.1"}, {})
    return ProviderClient(dialect or ONE_APP, wired.transport, account, "http://127.0.0.1/status")


@pytest.fixture
def one_app(wired: Wired) -> Wired:
    """Two numbers of one account; all webhooks come to the first."""
    wired.clients[SENDER] = number(SENDER, "+14155550100", wired)
    wired.clients[DESK] = number(DESK, "+14155550109", wired)
    return wired


def says(to: str | None, wired: Wired) -> MessageReceived:
    return MessageReceived("IN1", (address(0),), to, wired.now(), Content(ContentKind.TEXT, "hello"))


async def opened(wired: Wired) -> list[SenderId]:
    """The numbers whose window is open for the contact."""
    return [one for one in (SENDER, DESK) if (await wired.stores.sessions.get(contact(0), one)).is_open]


@pytest.mark.parametrize(("to", "whose"), [("+14155550109", DESK), ("+14155550100", SENDER), (None, SENDER)])
async def test_a_message_is_said_to_the_number_it_names(one_app: Wired, to: str | None, whose: SenderId) -> None:
    await one_app.inbound.routing.route("scripted", SENDER, says(to, one_app))
    assert await opened(one_app) == [whose]


async def test_what_is_said_to_a_number_of_others_is_nobodys_here(one_app: Wired) -> None:
    await one_app.inbound.routing.route("scripted", SENDER, says(STRANGER, one_app))
    refused = PreferenceReported((address(0),), STRANGER, one_app.now(), "marketing", wanted=False)
    await one_app.inbound.routing.route("scripted", SENDER, refused)
    assert await opened(one_app) == []
    assert await one_app.stores.consent.of([contact(0)]) == [{}]


async def test_a_contact_of_others_who_changes_its_number_changes_nothing_here(one_app: Wired) -> None:
    await one_app.inbound.routing.route("scripted", SENDER, says(None, one_app))
    for to, is_one in ((STRANGER, False), ("+14155550109", True)):
        await one_app.inbound.routing.route(
            "scripted", SENDER, AddressChanged(address(0), address(1), one_app.now(), to)
        )
        known = [await one_app.stores.contacts.resolve(contact(who)) for who in (0, 1)]
        assert (known[0].contact == known[1].contact) is is_one


async def test_where_a_webhook_is_one_numbers_own_its_path_says_whose_it_is(wired: Wired) -> None:
    await wired.inbound.routing.route("scripted", SENDER, says("+1 (415) 555-0100", wired))
    assert await opened(wired) == [SENDER]


async def test_news_of_an_account_are_news_of_each_of_its_numbers(one_app: Wired) -> None:
    banned = SenderReported(one_app.now(), ACCOUNT, usable=False, reason="banned")
    await one_app.inbound.routing.route("scripted", SENDER, banned)
    standings = await one_app.stores.numbers.of([SENDER, DESK])
    assert [standings[one].pause_reason() for one in (SENDER, DESK)] == ["sender-unusable:banned"] * 2


async def test_why_a_number_is_unusable_stays_said_until_it_may_be_used(one_app: Wired) -> None:
    for news in (
        SenderReported(one_app.now(), usable=False, reason="banned"),
        SenderReported(one_app.now(), reason="an-alert"),
        SenderReported(one_app.now(), quality="green"),
    ):
        await one_app.inbound.routing.route("scripted", SENDER, news)
    assert (await one_app.stores.numbers.of([SENDER]))[SENDER].pause_reason() == "sender-unusable:banned"
    await one_app.inbound.routing.route("scripted", SENDER, SenderReported(one_app.now(), usable=True))
    assert (await one_app.stores.numbers.of([SENDER]))[SENDER].pause_reason() is None


# ── two accounts of one tenant ──────────────────────────────────────────────────────────────────────────────────────

SIGNED = replace(
    scripted(NamedByAccount()), capabilities=replace(SCRIPTED.capabilities, account_credentials=("app_secret",))
)


def signed_number(sender: SenderId, address: str, secrets: tuple[str, ...], wired: Wired) -> ProviderClient:
    account = Account("scripted", TENANT, sender, address, {"api_base": "http://127.0.0.1"}, {"app_secret": secrets})
    return ProviderClient(SIGNED, wired.transport, account, "http://127.0.0.1/status")


@pytest.mark.parametrize(
    ("secrets", "is_believed"), [(("new", "old"), True), (("another",), False)], ids=["rotated", "another-account"]
)
async def test_news_that_another_account_s_secret_has_signed_are_not_believed(
    wired: Wired, secrets: tuple[str, ...], is_believed: bool
) -> None:
    wired.clients[SENDER] = signed_number(SENDER, "+14155550100", secrets, wired)
    wired.clients[DESK] = signed_number(DESK, "+14155550109", ("old",), wired)
    await wired.inbound.routing.route("scripted", SENDER, says("+14155550109", wired))
    assert await opened(wired) == ([DESK] if is_believed else [])
    paused = TemplateReported(
        wired.now(), "appointment_reminder", "en", status="paused", to="+14155550109", reason="low"
    )
    await wired.inbound.routing.route("scripted", SENDER, paused)
    found = [[known.status for known in await wired.stores.templates.of(one)] for one in (SENDER, DESK)]
    assert found == [[], ["paused"] if is_believed else []]
