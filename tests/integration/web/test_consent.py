"""Opt-ins and opt-outs: one, many, or a file; what counts, and what does not and why."""

import json
from datetime import UTC, datetime

import pytest

from shared.ground.clock import utc_now
from shared.ground.ids import Nonce, TenantId
from shared.ledger.model import Mark
from shared.people.aliases import Source
from shared.people.consent.model import ConsentKind, ConsentRecord
from tests.integration.web.client import OTHER_KEY, Caller, number
from tests.integration.web.conftest import id_of

CSV_FILE = """contact;source;scope;at;evidence
+14155550101;web_form;utility;2026-05-01T10:00:00Z;form 7
(415) 555-0102;agent;;;"said ""yes"" to us"

+14155550103;agent;;2026-05-01;
"""


@pytest.fixture
def records_of(opened):
    async def records(index: int, tenant: str = "acme"):
        contact = opened.people.merging.id_of(TenantId(tenant), number(index))
        return (await opened.stores.consent.of([contact]))[0]

    return records


async def test_one_is_recorded(api, records_of):
    at = "2026-05-01T10:00:00-03:00"
    order = {"contact": number(101), "source": "sms_link", "scope": "utility", "at": at, "evidence": "link 7"}
    answer = await api.post("/v1/opt-ins", order)

    assert (answer.status, answer.body) == (200, {"recorded": 1, "rejected": []})
    record = (await records_of(101))["opt_in:utility"]
    assert (record.source, record.evidence, record.at) == ("sms_link", "link 7", datetime(2026, 5, 1, 13, tzinfo=UTC))


async def test_many_are_recorded_and_each_has_a_verdict(api, records_of):
    orders = [
        {"contact": number(101), "source": "agent"},
        {"contact": "nobody", "source": "agent"},
        {"contact": number(102), "source": "agent", "at": "2999-01-01T00:00:00Z"},
        {"contact": number(103), "source": "agent", "at": "2026-05-01"},
    ]
    body = (await api.post("/v1/opt-ins", orders)).body

    assert body["recorded"] == 2
    assert [(one["line"], one["reason"]) for one in body["rejected"]] == [(2, "bad-contact"), (3, "opt-in-in-future")]
    assert "nobody" not in json.dumps(body)
    midnight_in_montevideo = datetime(2026, 5, 1, 3, tzinfo=UTC)
    assert (await records_of(103))["opt_in:all"].at == midnight_in_montevideo
    assert await records_of(102) == {}


async def test_a_file_is_recorded(api, records_of):
    answer = await api.upload("/v1/opt-ins", CSV_FILE.encode())

    assert answer.body == {"recorded": 3, "rejected": []}
    assert (await records_of(101))["opt_in:utility"].evidence == "form 7"
    assert (await records_of(102))["opt_in:all"].evidence == 'said "yes" to us'


async def test_lines_of_a_file_that_do_not_count(api):
    rows = ["contact,source,scope,at", "x,agent,,", f"{number(1)},,,", f"{number(1)},a,some,", f"{number(1)},a,,soon"]
    body = (await api.upload("/v1/opt-ins", "\n".join(rows))).body

    assert body["recorded"] == 0
    assert [(one["line"], one["reason"]) for one in body["rejected"]] == [
        (2, "bad-contact"),
        (3, "missing-source"),
        (4, "unknown-scope"),
        (5, "bad-time"),
    ]


@pytest.mark.parametrize(
    ("file", "code"),
    [
        (b"", "empty-file"),
        (b"contact\n", "missing-column"),
        (b"source\n", "missing-column"),
        (b"contact,source,colour\n", "unknown-column"),
        (b"contact,phone,source\n", "duplicate-column"),
        (b'contact,source\n+14155550101,"web\n', "malformed-csv"),
        (b"contact,source\n\xff,web\n", "not-utf-8"),
    ],
)
async def test_a_file_that_cannot_be_read(api, file, code):
    answer = await api.upload("/v1/opt-ins", file)

    assert (answer.status, answer.code) == (400, code)
    assert "4155550101" not in answer.text


@pytest.mark.parametrize(
    ("order", "field"),
    [
        ({"contact": "+14155550101"}, "0.source"),
        ({"contact": "+14155550101", "source": "x", "scope": "everything"}, "0.scope"),
        ({"contact": "+14155550101", "source": "x", "at": 1777777777}, "0.at"),
        ({"contact": "+14155550101", "source": "x", "at": "+14155550101"}, "0.at"),
        ({"contact": 14155550101, "source": "x"}, "0.contact"),
        ([{"contact": "x", "source": "x"}, {"contact": "x", "source": "x", "+14155550101": 1}], "1.…"),
    ],
    ids=str,
)
async def test_an_order_that_is_not_one(api, order, field):
    answer = await api.post("/v1/opt-ins", order)

    assert (answer.status, answer.code) == (400, "invalid-body")
    assert [one["field"] for one in answer.body["errors"]] == [field]
    assert "4155550101" not in answer.text


async def test_an_opt_in_without_a_time_undoes_no_refusal(api, opened, records_of):
    contact = opened.people.merging.id_of(TenantId("acme"), number(101))
    refused = ConsentRecord(ConsentKind.OPT_OUT, "all", "word", datetime(2026, 5, 1, tzinfo=UTC))
    await opened.stores.consent.record([(contact, refused)])
    undated = await api.post("/v1/opt-ins", {"contact": number(101), "source": "import"})
    dated = await api.post("/v1/opt-ins", {"contact": number(101), "source": "agent", "at": "2026-05-02T00:00:00Z"})

    assert [one["reason"] for one in undated.body["rejected"]] == ["refused-since"]
    assert dated.body == {"recorded": 1, "rejected": []}
    assert (await records_of(101))["opt_in:all"].source == "agent"


async def test_consent_is_one_tenants(api, client, records_of):
    await api.post("/v1/opt-ins", {"contact": number(101), "source": "agent"})
    other = await Caller(client, OTHER_KEY).post("/v1/opt-ins", {"contact": "4155550101", "source": "agent"})

    assert await records_of(101, "other") == {}
    assert other.body["rejected"][0]["reason"] == "bad-contact"  # no region, so no number


# ── a no ────────────────────────────────────────────────────────────────────────────────────────────────────────────

OPT_OUT = {"contact": number(101), "source": "agent"}


@pytest.fixture
def may_send(opened, contact_of):
    """Whether a mark of this person succeeds in a running campaign."""

    async def may_send(path: str, index: int) -> bool:
        campaign, nonce = id_of(path), Nonce("n")
        job = await opened.stores.ledger.find(campaign, contact_of(index))
        lease = await opened.stores.ledger.take_lease(campaign, 100, 1_000, opened.outbound.releasing.parcels.unopened)
        await opened.stores.ledger.open_lease(campaign, lease.id, nonce, opened.outbound.releasing.parcels.unopened)
        marked = await opened.stores.ledger.mark(Mark(campaign, lease.id, nonce, job.ordinal, contact_of(index)))
        await opened.stores.ledger.close_lease(campaign, lease.id, nonce, lease.ordinals, {})
        return isinstance(marked, int)

    return may_send


async def test_a_refusal_holds_before_it_is_answered(api, running, may_send, records_of):
    answer = await api.post("/v1/opt-outs", {**OPT_OUT, "evidence": "call 7"})

    assert (answer.status, answer.body) == (200, {"recorded": 1, "rejected": []})
    assert (await records_of(101))["opt_out:all"].evidence == "call 7"
    assert await may_send(running, 101) is False
    assert await may_send(running, 102) is True


async def test_a_refusal_of_another_scope_leaves_the_rest(api, running, may_send):
    await api.post("/v1/opt-outs", {**OPT_OUT, "scope": "marketing"})

    assert await may_send(running, 101) is True


async def test_an_agreement_that_undoes_a_refusal_is_heard_by_running_campaigns(api, running, may_send, records_of):
    await api.post("/v1/opt-outs", {**OPT_OUT, "at": "2026-05-01T10:00:00Z"})
    undated = await api.post("/v1/opt-ins", OPT_OUT)
    assert [one["reason"] for one in undated.body["rejected"]] == ["refused-since"]
    await api.post("/v1/opt-ins", {**OPT_OUT, "at": "2026-05-02T10:00:00Z"})

    assert await may_send(running, 101) is True


async def test_so_it_is_with_a_file(api, running, may_send):
    outs = "".join(f"{number(index)},agent,2026-05-01T10:00:00Z\n" for index in (101, 102))
    refused = await api.upload("/v1/opt-outs", f"contact,source,at\n{outs}x,agent,\n")
    ins = f"contact,source,at\n{number(300)},form,\n{number(102)},form,2026-05-02T10:00:00Z\n{number(101)},form,\n"
    agreed = await api.upload("/v1/opt-ins", ins)

    assert (refused.body["recorded"], [one["line"] for one in refused.body["rejected"]]) == (2, [4])
    assert (agreed.body["recorded"], [one["reason"] for one in agreed.body["rejected"]]) == (2, ["refused-since"])
    assert (await may_send(running, 101), await may_send(running, 102)) == (False, True)


async def test_many_refusals_have_a_verdict_each(api, records_of):
    orders = [
        OPT_OUT,
        {**OPT_OUT, "contact": "nobody"},
        {**OPT_OUT, "contact": number(102), "at": "2999-01-01T00:00:00Z"},
        {**OPT_OUT, "contact": number(103), "at": "2026-05-01"},
    ]
    body = (await api.post("/v1/opt-outs", orders)).body

    assert body["recorded"] == 3
    assert [(one["line"], one["reason"]) for one in body["rejected"]] == [(2, "bad-contact")]
    assert (await records_of(102))["opt_out:all"].at <= utc_now()
    assert (await records_of(103))["opt_out:all"].at == datetime(2026, 5, 1, 3, tzinfo=UTC)


async def test_a_refusal_holds_under_every_name(api, opened, running, may_send):
    await opened.people.merging.merge(TenantId("acme"), [number(101), number(900)], source=Source.RENAMING)
    await api.post("/v1/opt-outs", {**OPT_OUT, "contact": number(900)})

    assert await may_send(running, 101) is False


async def test_lines_of_refusals_that_do_not_count(api):
    rows = ["contact,source,scope,at", f"{number(1)},,,", f"{number(1)},a,some,", f"{number(1)},a,,0001-01-01"]
    body = (await api.upload("/v1/opt-outs", "\n".join(rows))).body

    assert [one["reason"] for one in body["rejected"]] == ["missing-source", "unknown-scope", "bad-time"]


@pytest.mark.parametrize("path", ["/v1/opt-ins", "/v1/opt-outs"])
async def test_an_id_that_nothing_proves_to_be_ours_is_nobodys(api, contact_of, records_of, path):
    theirs = contact_of(7, "other")
    said = await api.post(path, {"contact": theirs, "source": "agent"})

    assert [one["reason"] for one in said.body["rejected"]] == ["contact-not-found"]
    assert await records_of(7, "other") == {}


async def test_a_contact_of_a_campaign_can_be_named_by_its_id(api, running, contact_of, may_send):
    said = await api.post("/v1/opt-outs", {"contact": contact_of(101), "source": "agent"})

    assert said.body == {"recorded": 1, "rejected": []}
    assert await may_send(running, 101) is False


async def test_consents_of_another_tenants_contact(api, writes, contact_of, records_of):
    await writes(7, sender="shop")
    theirs = contact_of(7, "other")
    refused = await api.post("/v1/opt-outs", {"contact": theirs, "source": "agent"})

    assert [one["reason"] for one in refused.body["rejected"]] == ["contact-not-found"]
    assert await records_of(7, "other") == {}
