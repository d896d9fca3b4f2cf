"""Jobs: what became of each contact, by list, by name, and as files that can be trusted."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest

from shared.ground.clock import utc_now
from shared.ground.ids import TenantId
from shared.ground.keys import PAGE_ROWS
from shared.ledger.model import Kind
from shared.people.aliases import Source
from shared.providers.events import Content, ContentKind
from tests.integration.web.client import CAMPAIGN, base, number
from tests.integration.web.conftest import id_of

OUTCOMES = (Kind.ACCEPTED, Kind.DELIVERED, Kind.FAILED)


@pytest.fixture
async def sent(running, send):
    """Three of five were sent."""
    await send(running, *OUTCOMES, code="63016")
    return running


async def test_a_job_is_told_whole(api):
    path = (await api.post("/v1/campaigns", {**CAMPAIGN, "require_opt_in": False})).headers["Location"]
    await api.upload(f"{path}/contacts", f"phone,1,2,contact_id,branch\n{number(7)},a,b,crm-7,Centro\n")
    (job,) = (await api.get(f"{path}/jobs")).body["items"]

    assert job["contact"] == number(7)
    assert len(job.pop("contact_id")) == 16
    assert job == {
        "contact": number(7),
        "external_contact_id": "crm-7",
        "own": {"branch": "Centro"},
        "state": "pending",
        "attempt": 1,
        "code": None,
        "reason": None,
        "provider_message_id": None,
        "times": {"accepted": None, "delivered": None, "read": None, "failed": None},
        "replied_at": None,
        "reply": None,
        "answer": None,
        "opted_out_at": None,
        "price_category": None,
    }


async def test_outcomes_are_told(api, sent):
    jobs = (await api.get(f"{sent}/jobs")).body["items"]

    assert [job["state"] for job in jobs] == ["accepted", "delivered", "failed", "pending", "pending"]
    assert jobs[0]["provider_message_id"] == "SM" + "0" * 32
    assert jobs[0]["times"]["accepted"].endswith("Z")
    assert jobs[1]["times"]["delivered"] is not None
    assert (jobs[2]["code"], jobs[2]["times"]["failed"] is not None) == ("63016", True)


@pytest.mark.parametrize(
    ("state", "ordinals"),
    [("pending", [3, 4]), ("failed", [2]), ("delivered", [1]), ("cancelled", []), (None, range(5))],
)
async def test_jobs_of_one_state(api, sent, state, ordinals):
    query = {} if state is None else {"state": state}
    jobs = (await api.get(f"{sent}/jobs", **query)).body["items"]
    lines = (await api.get(f"{sent}/results.ndjson", **query)).text.splitlines()

    assert [job["contact"] for job in jobs] == [number(100 + ordinal) for ordinal in ordinals]
    assert [json.loads(line) for line in lines] == jobs


async def test_jobs_page_over_holes_and_pages(api, campaign):
    await api.upload(f"{campaign}/contacts", base(PAGE_ROWS + 10))
    await api.upload(f"{campaign}/contacts", base(PAGE_ROWS + 30))
    seen: list[str] = []
    after: dict[str, str] = {}
    while True:
        page = (await api.get(f"{campaign}/jobs", limit=50, **after)).body
        seen += [job["contact"] for job in page["items"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}

    assert seen == [number(100 + index) for index in range(PAGE_ROWS + 30)]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"after": "x"}, "after"),
        ({"after": -1}, "after"),
        ({"after": 10**20}, "after"),
        ({"state": "sent"}, "state"),
        ({"limit": 0}, "limit"),
    ],
    ids=str,
)
async def test_jobs_are_asked_for_properly(api, campaign, query, said):
    answer = await api.get(f"{campaign}/jobs", **query)

    assert (answer.status, answer.code) == (400, "invalid-query")
    assert [one["field"] for one in answer.body["errors"]] == [said]


async def test_a_cursor_behind_the_end_is_the_end(api, sent):
    assert (await api.get(f"{sent}/jobs", after=1_000_000)).body == {"items": [], "next": None}


# ── by name ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "name", ["+14155550100", "%2B14155550100", "4155550100", "(415) 555-0100", "0014155550100", "whatsapp:+14155550100"]
)
async def test_a_contact_is_found_by_number(api, running, name):
    answer = await api.get(f"{running}/jobs/{name if '%' in name else quote(name)}")

    assert answer.status == 200
    assert answer.body["contact"] == number(100)


async def test_a_contact_is_found_by_its_opaque_id(api, running):
    job = (await api.get(f"{running}/jobs")).body["items"][3]

    assert (await api.get(f"{running}/jobs/{job['contact_id']}")).body == job


async def test_a_contact_is_found_by_another_national_variant(api, campaign):
    await api.upload(f"{campaign}/contacts", "phone,1,2\n+5491123456789,a,b\n")

    assert (await api.get(f"{campaign}/jobs/%2B541123456789")).body["contact"] == "+5491123456789"


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("+14155559999", 404, "contact-not-found"),
        ("aaaaaaaaaaaaaaaa", 404, "contact-not-found"),
        ("Joe", 400, "bad-contact"),
        ("+1415", 400, "bad-contact"),
    ],
)
async def test_a_contact_that_is_not_there(api, running, name, status, code):
    answer = await api.get(f"{running}/jobs/{quote(name)}")

    assert (answer.status, answer.code) == (status, code)
    assert "1415" not in answer.text


# ── files ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_results_as_csv(api, sent):
    answer = await api.get(f"{sent}/results.csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))

    assert answer.headers["Content-Disposition"] == f'attachment; filename="{id_of(sent)}.csv"'
    assert [row["contact"] for row in rows] == [number(100 + index) for index in range(5)]
    assert [row["state"] for row in rows] == ["accepted", "delivered", "failed", "pending", "pending"]
    assert rows[0]["accepted_at"].endswith("Z")
    assert rows[4]["accepted_at"] == ""


async def test_own_columns_are_kept_and_do_no_harm(api, campaign):
    header = "phone,1,2,branch,state,note\n"
    await api.upload(f"{campaign}/contacts", f'{header}{number(1)},a,b,"=HYPERLINK(""x"")",mine,-5\n')
    await api.upload(f"{campaign}/contacts", f"phone,1,2,other\n{number(2)},a,b,@SUM(1)\n")
    rows = list(csv.DictReader(io.StringIO((await api.get(f"{campaign}/results.csv")).text)))
    lines = [json.loads(line) for line in (await api.get(f"{campaign}/results.ndjson")).text.splitlines()]

    assert rows[0]["branch"] == '\'=HYPERLINK("x")'
    assert (rows[0]["own_state"], rows[0]["note"], rows[0]["other"]) == ("mine", "-5", "")
    assert (rows[1]["branch"], rows[1]["other"]) == ("", "'@SUM(1)")
    assert lines[0]["own"] == {"branch": '=HYPERLINK("x")', "state": "mine", "note": "-5"}


async def test_results_since(api, running, send):
    early, late = datetime(2026, 5, 4, 10, tzinfo=UTC), datetime(2026, 5, 4, 12, tzinfo=UTC)
    await send(running, Kind.ACCEPTED, at=early)
    await send(running, Kind.ACCEPTED, at=late)

    async def contacts(since: datetime) -> list[str]:
        answer = await api.get(f"{running}/results.ndjson", since=since.isoformat())
        return [json.loads(line)["contact"] for line in answer.text.splitlines()]

    assert await contacts(early - timedelta(hours=1)) == [number(100), number(101)]
    assert await contacts(early + timedelta(hours=1)) == [number(101)]
    assert await contacts(late + timedelta(hours=1)) == []
    assert await contacts(late + timedelta(microseconds=999)) == [number(101)], "a change of the same millisecond"
    assert (await api.get(f"{running}/results.csv", since="yesterday")).code == "invalid-query"
    assert (await api.get(f"{running}/results.csv", since="2026-05-04T10:00:00")).code == "invalid-query"


async def test_an_empty_campaign_has_empty_files(api, campaign):
    assert len((await api.get(f"{campaign}/results.csv")).text.splitlines()) == 1
    assert (await api.get(f"{campaign}/results.ndjson")).text == ""


async def test_a_file_that_cannot_be_finished_breaks_off(api, client, campaign, opened, monkeypatch):
    await api.upload(f"{campaign}/contacts", base(3 * PAGE_ROWS))
    whole = opened.stores.ledger.page_of_jobs

    async def some(campaign, page):
        if page == 2:
            raise ConnectionAbortedError("the store went away")
        return await whole(campaign, page)

    monkeypatch.setattr(opened.stores.ledger, "page_of_jobs", some)
    with pytest.raises(Exception, match=r"payload|disconnected|reset|Connection"):
        await api.get(f"{campaign}/results.ndjson")


# ── answers ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
async def answered(api, opened, send, writes):
    """Three were written to: one said yes, one sent a picture and then wanted no more, one said nothing."""
    rules = {"require_opt_in": False, "answers": {"confirmed": ["yes"]}}
    path = (await api.post("/v1/campaigns", {**CAMPAIGN, **rules})).headers["Location"]
    await api.upload(f"{path}/contacts", base(3))
    await api.post(f"{path}/start")
    await opened.outbound.splitting.split(id_of(path))
    await send(path, *[Kind.READ] * 3)
    await writes(100, "Yes!")
    await writes(101, content=Content(ContentKind.IMAGE))
    await writes(101, "BAJA")
    return path


async def test_answers_are_told(api, answered):
    yes, no, silent = (await api.get(f"{answered}/jobs")).body["items"]

    assert (yes["reply"], yes["answer"], yes["opted_out_at"]) == ("Yes!", "confirmed", None)
    assert (no["reply"], no["answer"]) == ("[image]", None)
    assert no["replied_at"] <= no["opted_out_at"]
    assert [silent[name] for name in ("replied_at", "reply", "answer", "opted_out_at")] == [None] * 4


async def test_answers_are_in_the_files(api, answered):
    rows = list(csv.DictReader(io.StringIO((await api.get(f"{answered}/results.csv")).text)))
    lines = [json.loads(line) for line in (await api.get(f"{answered}/results.ndjson")).text.splitlines()]
    columns = list(rows[0])

    assert columns[columns.index("replied_at") :][:4] == ["replied_at", "reply", "answer", "opted_out_at"]
    assert [(row["reply"], row["answer"]) for row in rows] == [("Yes!", "confirmed"), ("[image]", ""), ("", "")]
    assert [row["opted_out_at"].endswith("Z") for row in rows] == [False, True, False]
    assert lines == (await api.get(f"{answered}/jobs")).body["items"]


async def test_an_answer_is_a_change(api, answered, writes):
    since = utc_now()
    await writes(102, "later", at=since + timedelta(milliseconds=5))
    answer = await api.get(f"{answered}/results.ndjson", since=since.isoformat())

    # What the contact's message is dated may not lie ahead: it counts from when it was heard.
    assert [json.loads(line)["reply"] for line in answer.text.splitlines()] == ["later"]


async def test_a_contact_is_found_by_the_name_that_it_got_later(api, opened, running, contact_of):
    await opened.people.merging.merge(TenantId("acme"), [number(100), number(900)], source=Source.RENAMING)

    for name in (contact_of(100), contact_of(900), quote(number(900))):
        assert (await api.get(f"{running}/jobs/{name}")).body["contact"] == number(100)
