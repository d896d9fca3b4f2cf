"""Consents in bulk: each counts or is told why not, and whoever had refused is heard of by every campaign."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from shared.ground.keys import stopped
from shared.people.consent.claims import Claim, RejectedClaim
from shared.people.consent.model import ConsentKind, ConsentRecord
from shared.people.consenting import EXPLANATIONS, Unrecorded
from shared.people.locales import Locale, Locales
from shared.people.recording import ONE_BY_ONE, Recording
from shared.templates.model import Category
from shared.templates.pins import pin_of
from shared.templates.registry import TemplateRegistry
from tests.factories import SENDER, TENANT, address, contact, opt_out, template
from tests.stores import START, Clock
from tests.wired import Wired


async def records(wired: Wired, number: int) -> Mapping[str, ConsentRecord]:
    return (await wired.stores.consent.of([contact(number)]))[0]


async def test_agreements_of_everybody_who_is_named(wired: Wired) -> None:
    claims = [Claim(line, address(line), "web_form") for line in range(1, 4)]
    assert await wired.people.recording.agree(TENANT, claims) == []
    assert [len(await records(wired, number)) for number in range(5)] == [0, 1, 1, 1, 0]


async def test_claims_that_do_not_count_are_told_in_the_order_of_their_lines(wired: Wired) -> None:
    await wired.stores.consent.record([(contact(3), opt_out())])
    unread = RejectedClaim(4, "bad-time", "The column at must be a date.")
    claims: list[Claim | RejectedClaim] = [
        Claim(1, "Joe", "agent"),
        Claim(2, contact(2), "agent"),
        Claim(3, address(3), "agent"),
        unread,
        Claim(5, address(5), "agent", "some"),
        Claim(6, address(6), "agent", at=START + timedelta(days=1)),
        Claim(7, address(7), "agent"),
    ]
    rejected = await wired.people.recording.agree(TENANT, claims)

    assert [(one.line, one.reason) for one in rejected] == [
        (1, "bad-contact"),
        (2, "contact-not-found"),
        (3, "refused-since"),
        (4, "bad-time"),
        (5, "unknown-scope"),
        (6, "opt-in-in-future"),
    ]
    assert rejected[3] is unread
    assert rejected[2].detail == EXPLANATIONS[Unrecorded.REFUSED_SINCE]
    assert list(await records(wired, 7)) == ["opt_in:all"]


@pytest.mark.parametrize("cell", ["+598 99 123 456 (Ana)", "+598 99 123 456 p1", "+598 99 123 456/7", "+55 8765-4321"])
async def test_a_cell_that_is_not_one_number_records_nothing_for_a_stranger(wired: Wired, cell: str) -> None:
    for record in (wired.people.recording.refuse, wired.people.recording.agree):
        (rejected,) = await record(TENANT, [Claim(1, cell, "agent")])
        assert rejected.reason == "bad-contact"
        assert cell not in rejected.detail
    assert await wired.redis.keys("{k:*") == []


async def test_a_known_id_is_as_good_as_a_number(wired: Wired) -> None:
    await wired.people.merging.merge(TENANT, [address(1)])
    assert await wired.people.recording.agree(TENANT, [Claim(1, contact(1), "agent")]) == []
    assert await wired.people.recording.refuse(TENANT, [Claim(1, contact(1), "agent")]) == []
    assert set(await records(wired, 1)) == {"opt_in:all", "opt_out:all"}


async def test_a_refusal_holds_in_campaigns_that_go_on_and_a_later_agreement_too(wired: Wired, clock: Clock) -> None:
    made = await wired.running(2)
    assert await wired.people.recording.refuse(TENANT, [Claim(1, address(0), "agent")]) == []
    await wired.send(made)
    assert [body["to"] for body in wired.transport.sent] == [address(1)]

    clock.travel(timedelta(hours=1))
    again = Claim(1, address(0), "web_form", at=clock() - timedelta(minutes=1))
    assert await wired.people.recording.agree(TENANT, [again]) == []
    flags = await wired.redis.hgetall(f"{{{made.id}}}:stopped")
    assert b"1" not in [flag[:1] for flag in flags.values()]


@pytest.mark.parametrize("scope", ["marketing", "utility", "authentication"])
@pytest.mark.parametrize("pinned", [Category.AUTHENTICATION, None])
async def test_which_refusals_stop_a_campaign_whose_templates_name_is_anothers_too(
    wired: Wired, scope: str, pinned: Category | None
) -> None:
    """Pinned to the one for authentication, refusals of authentication; without a pin it is not certain, and any does."""
    made = await wired.running(1)
    namesakes = template(provider_id="HX1"), template(provider_id="HX2", category=Category.AUTHENTICATION)
    if pinned is not None:
        await wired.stores.pins.put(made.id, {"en": pin_of(namesakes[1], by_id=True)})
    wired.templates = TemplateRegistry(namesakes, senders=[SENDER], by_id=[SENDER])
    wired.restart()
    assert await wired.people.recording.refuse(TENANT, [Claim(1, address(0), "agent", scope=scope)]) == []
    flag = await wired.redis.hget(stopped(made.id), contact(0))
    assert (flag == b"1:1") is (pinned is None or scope == pinned)


async def test_many_who_had_refused_come_back_in_parts(wired: Wired, clock: Clock) -> None:
    count = 2 * ONE_BY_ONE + 1
    await wired.stores.consent.record((contact(number), opt_out()) for number in range(count))
    clock.travel(timedelta(hours=1))
    claims = [Claim(number + 1, address(number), "web_form", at=clock()) for number in range(count)]

    assert await wired.people.recording.agree(TENANT, claims) == []
    assert {"opt_in:all", "opt_out:all"} == set(await records(wired, count - 1))


@pytest.mark.parametrize(("kind", "expected"), [("agree", ConsentKind.OPT_IN), ("refuse", ConsentKind.OPT_OUT)])
async def test_a_time_without_an_offset_is_in_the_tenants_zone(wired: Wired, kind: str, expected: ConsentKind) -> None:
    people = wired.people
    locales = Locales({TENANT: Locale("US", "America/Montevideo")})
    recording = Recording(wired.stores.consent, people.consenting, people.merging, people.resolving, locales, wired.now)
    local = datetime(2026, 5, 1, 10, 30)  # noqa: DTZ001 (as a file says it)
    act = recording.agree if kind == "agree" else recording.refuse

    assert await act(TENANT, [Claim(1, "(415) 555-0001", "web_form", at=local)]) == []
    (record,) = (await records(wired, 1)).values()
    assert (record.kind, record.at) == (expected, datetime(2026, 5, 1, 13, 30, tzinfo=UTC))


async def test_a_refusal_without_a_time_is_of_now(wired: Wired) -> None:
    await wired.people.recording.refuse(TENANT, [Claim(1, address(1), "agent")])
    assert (await records(wired, 1))["opt_out:all"].at == START


async def test_a_refusal_of_an_unknown_scope_touches_nobody(wired: Wired) -> None:
    (rejected,) = await wired.people.recording.refuse(TENANT, [Claim(7, "Joe", "agent", "some")])
    assert (rejected.line, rejected.reason) == (7, "unknown-scope")
