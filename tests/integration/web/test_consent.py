"""Opt-ins: one, many, or a file; what counts, and what does not and why."""

import json
from datetime import UTC, datetime

import pytest

from shared.consent.model import ConsentKind, ConsentRecord
from shared.ids import TenantId
from tests.integration.web.client import OTHER_KEY, Caller, number

CSV_FILE = """contact;source;scope;at;evidence
+14155550101;web_form;utility;2026-05-01T10:00:00Z;form 7
(415) 555-0102;agent;;;"said ""yes"" to us"

+14155550103;agent;;2026-05-01;
"""


@pytest.fixture
def records_of(opened):
    async def records(index: int, tenant: str = "acme"):
        contact = opened.splitting.contact(TenantId(tenant), number(index))
        return (await opened.consent.of([contact]))[0]

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
    contact = opened.splitting.contact(TenantId("acme"), number(101))
    refused = ConsentRecord(ConsentKind.OPT_OUT, "all", "word", datetime(2026, 5, 1, tzinfo=UTC))
    await opened.consent.record([(contact, refused)])
    undated = await api.post("/v1/opt-ins", {"contact": contact, "source": "import"})
    dated = await api.post("/v1/opt-ins", {"contact": contact, "source": "agent", "at": "2026-05-02T00:00:00Z"})

    assert [one["reason"] for one in undated.body["rejected"]] == ["refused-since"]
    assert dated.body == {"recorded": 1, "rejected": []}
    assert (await records_of(101))["opt_in:all"].source == "agent"


async def test_consent_is_one_tenants(api, client, records_of):
    await api.post("/v1/opt-ins", {"contact": number(101), "source": "agent"})
    other = await Caller(client, OTHER_KEY).post("/v1/opt-ins", {"contact": "4155550101", "source": "agent"})

    assert await records_of(101, "other") == {}
    assert other.body["rejected"][0]["reason"] == "bad-contact"  # no region, so no number
