"""One contact, whole: what is known of it, and why what came of it did."""

import json
from datetime import timedelta
from urllib.parse import quote

import pytest

from shared.ground.clock import utc_now
from shared.ground.ids import SenderId, TenantId
from shared.ledger.model import Kind
from shared.people.aliases import Source
from tests.integration.web.client import AGENTS_KEY, CAMPAIGN, OTHER_KEY, READER_KEY, Caller, base, number
from tests.integration.web.conftest import id_of

AT = "2026-05-01T10:00:00Z"


def path(name: str) -> str:
    return f"/v1/contacts/{quote(name)}"


@pytest.fixture
async def story(api, running, send, writes, contact_of):
    """Written to, answered, refused, agreed anew, answered once more: the path of the campaign."""
    await api.post("/v1/opt-ins", {"contact": number(100), "source": "web_form", "at": AT, "evidence": "form 7"})
    now = utc_now()
    await send(running, Kind.READ, at=now - timedelta(minutes=10))
    await writes(100, "BAJA", at=now - timedelta(minutes=9), profile_name="Ana")
    await writes(100, "ALTA", at=now - timedelta(minutes=8))
    await writes(100, "a question", at=now - timedelta(minutes=7))
    return running


async def test_everything_is_told(api, story, contact_of):
    body = (await api.get(path(number(100)))).body

    assert (body["contact_id"], body["other_ids"], body["name"]) == (contact_of(100), [], "Ana")
    kinds = [(one["kind"], one["source"]) for one in body["history"]]
    assert kinds == [("opt_in", "web_form"), ("opt_out", "keyword"), ("opt_in", "keyword")]
    assert body["history"][0]["evidence"] == "form 7"
    assert [(one["kind"], one["source"]) for one in body["consents"]] == [("opt_out", "keyword"), ("opt_in", "keyword")]
    (session,) = body["sessions"]
    assert (session["sender"], session["open"], session["may_reply"]) == ("clinic", True, True)
    (job,) = body["jobs"]
    assert (job["campaign"], job["campaign_state"], job["state"]) == (id_of(story), "running", "read")
    assert (job["reply"], job["contact"], job["campaign_name"]) == ("BAJA", number(100), "May")
    (talk,) = body["interactions"]
    assert (talk["campaign"], talk["state"]) == (id_of(story), "open")


async def test_and_explained(api, story):
    lines = (await api.get(path(number(100)))).body["explanation"]

    assert [line.partition(" on ")[0] for line in lines] == [
        "They agreed to all messages",
        "May: read",
        "clinic: they wrote last",
        "What they said to May, last",
    ]
    assert "anything may be written until" in lines[2]
    assert "-03:00" in lines[2]  # the tenant's zone
    assert lines[3].endswith("waits for an agent.")


async def test_by_every_name_the_same(api, opened, story, contact_of):
    await opened.people.merging.merge(TenantId("acme"), [number(100), number(900)], source=Source.RENAMING)
    first, *others = [
        (await api.get(path(name))).body
        for name in (number(100), number(900), contact_of(100), contact_of(900), "(415) 555-0100")
    ]

    assert {first["contact_id"], *first["other_ids"]} == {contact_of(100), contact_of(900)}
    assert first["jobs"]
    for other in others:
        for name in ("contact_id", "jobs", "history", "interactions"):
            assert other[name] == first[name]


async def test_somebody_in_a_draft(api, campaign):
    await api.upload(f"{campaign}/contacts", base(2))
    job = (await api.get(f"{campaign}/jobs")).body["items"][0]
    body = (await api.get(path(job["contact_id"]))).body

    assert body["explanation"] == [
        "No opt-in is recorded: a campaign that requires one does not write to them.",
        (
            "May: it waits, and will not be sent unless an opt-in is recorded before the campaign ends, or soon after "
            "([timing] reopens_for_seconds)."
        ),
        "No conversation is open: only a template may be sent.",
    ]


async def test_whoever_has_only_agreed_is_found_by_number_and_once_looked_up_by_id(api, contact_of):
    await api.post("/v1/opt-ins", {"contact": number(7), "source": "web_form", "at": AT})
    by_number, by_id = await api.get(path(number(7))), await api.get(path(contact_of(7)))
    found = await api.post("/v1/contacts/lookup", {"contact": number(7)})

    assert (by_number.status, by_id.status) == (200, 404)
    assert by_number.body["explanation"][1] == "They are in no campaign."
    assert found.body == {"contact_id": contact_of(7)}
    assert (await api.get(path(contact_of(7)))).body == by_number.body


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        (number(7), 404, "contact-not-found"),
        ("a" * 16, 404, "contact-not-found"),
        ("Joe", 400, "bad-contact"),
        ("lookup", 400, "bad-contact"),
    ],
)
async def test_nobody(api, name, status, code):
    answer = await api.get(path(name))

    assert (answer.status, answer.code) == (status, code)
    assert "4155550007" not in answer.text


async def test_another_tenants_contact_is_not_there(api, client, writes, contact_of):
    await writes(7, sender="shop")
    theirs, other = contact_of(7, "other"), Caller(client, OTHER_KEY)
    await other.post("/v1/opt-ins", {"contact": number(8), "source": "web_form"})

    assert (await other.get(path(theirs))).body["sessions"][0]["open"] is True
    for name in (theirs, contact_of(8, "other"), number(7), number(8)):
        assert (await api.get(path(name))).code == "contact-not-found"
    assert (await api.post("/v1/contacts/lookup", {"contact": theirs})).code == "contact-not-found"


@pytest.mark.parametrize("cell", ["+598 99 123 456 (Ana)", "+598 99 123 456 p1", "+598 99 123 456 / 099 654 321"])
async def test_at_every_door_a_number_with_letters_is_refused_and_explained(api, cell):
    """libphonenumber would read the letters as digits: +59899123456262 is another person."""
    template = {"name": "reminder", "language": "en"}
    refused = [
        await api.get(f"/v1/contacts/{quote(cell, safe='')}"),
        await api.post("/v1/contacts/lookup", {"contact": cell}),
        await api.get(f"/v1/sessions/clinic/{quote(cell, safe='')}"),
        await api.post("/v1/replies", {"sender": "clinic", "contact": cell, "text": "Hello"}),
        await api.post(
            "/v1/messages", {"sender": "clinic", "contact": cell, "template": template, "params": ["a", "b"]}
        ),
    ]
    assert [(answer.status, answer.code) for answer in refused] == [(400, "bad-contact")] * len(refused)
    for rows in [
        await api.post(path, {"contact": cell, "source": "agent"}) for path in ("/v1/opt-ins", "/v1/opt-outs")
    ]:
        assert (rows.body["recorded"], rows.body["rejected"][0]["reason"]) == (0, "bad-contact")
        refused.append(rows)
    for answer in refused:
        assert "holds letters" in answer.text or "more than one number" in answer.text
        assert cell not in answer.text


# ── rows that did not become contacts ───────────────────────────────────────────────────────────────────────────────

ROWS = "phone,1,2\n{},a,b\n{},,b\n{} (Ana),a,b\n"


@pytest.fixture
async def rejected(api):
    """A draft whose base rejected number 7 (a parameter is missing) and number 8 (letters)."""
    made = (await api.post("/v1/campaigns", CAMPAIGN)).headers["Location"]
    body = (await api.upload(f"{made}/contacts", ROWS.format(number(6), number(7), number(8)))).body
    assert body["rejected"] == 2
    return body["upload"]


@pytest.mark.parametrize(("index", "line", "reason"), [(7, 3, "missing-parameter"), (8, 4, "not-a-number")])
async def test_a_contact_that_was_rejected_at_import_is_explained_with_line_upload_and_reason(
    api, rejected, contact_of, index, line, reason
):
    for name in (number(index), contact_of(index)):
        body = (await api.get(path(name))).body
        assert body["jobs"] == []
        (row,) = body["rows"]
        assert (row["line"], row["upload"], row["reason"], row["campaign_name"]) == (line, rejected, reason, "May")
        told = next(one for one in body["explanation"] if "rejected at import" in one)
        for part in ("May", f"line {line}", rejected, reason, row["detail"]):
            assert part in told
        assert number(index) not in told


async def test_whoever_came_in_with_a_corrected_row_is_not_told_of_the_rejected_one(api, rejected):
    (campaign,) = (await api.get("/v1/campaigns")).body["items"]
    await api.upload(f"/v1/campaigns/{campaign['id']}/contacts", f"phone,1,2\n{number(7)},a,b\n")
    body = (await api.get(path(number(7)))).body
    assert len(body["jobs"]) == 1
    assert not [line for line in body["explanation"] if "rejected" in line]


@pytest.mark.parametrize("is_same_file", [True, False])
async def test_a_correction_that_was_rejected_is_explained_with_the_row_that_counts(api, is_same_file):
    """Whoever sent it believes that it is what goes out."""
    campaign = (await api.post("/v1/campaigns", CAMPAIGN)).headers["Location"]
    first, correction = f"{number(7)},a,b\n", f"{number(7)},,b\n"
    for text in [first + correction] if is_same_file else [first, correction]:
        upload = (await api.upload(f"{campaign}/contacts", f"phone,1,2\n{text}")).body["upload"]
    body = (await api.get(path(number(7)))).body
    assert len(body["jobs"]) == 1
    (told,) = [line for line in body["explanation"] if "rejected" in line]
    assert f"of upload {upload} was rejected at import (missing-parameter)" in told
    assert told.endswith("The row that the campaign holds of them counts.")


async def test_a_contact_that_came_in_by_a_later_row_of_the_same_file_is_not_told_of_the_rejected_one(api):
    campaign = (await api.post("/v1/campaigns", CAMPAIGN)).headers["Location"]
    await api.upload(f"{campaign}/contacts", f"phone,1,2\n{number(7)},,b\n{number(7)},a,b\n")
    body = (await api.get(path(number(7)))).body
    assert (len(body["jobs"]), body["rows"]) == (1, [])


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"1": ["a"], "2": "b"}, "malformed-parameter"),
        ({"params": True}, "malformed-parameter"),
        ({"1": "\ud83d", "2": "b"}, "malformed-text"),
        (None, "not-an-object"),
    ],
)
@pytest.mark.parametrize("media_type", ["application/json", "application/x-ndjson"])
async def test_a_json_row_of_a_wrong_type_is_explained_like_one_of_a_table(api, row, reason, media_type):
    campaign = (await api.post("/v1/campaigns", CAMPAIGN)).headers["Location"]
    element = json.dumps(number(7) if row is None else {"phone": number(7), **row})
    text = f"[{element}]" if media_type == "application/json" else element
    assert (await api.upload(f"{campaign}/contacts", text, media_type)).body["rejected"] == 1
    found = await api.get(path(number(7)))
    assert found.status == 200
    assert [one["reason"] for one in found.body["rows"]] == [reason]
    assert any(f"was rejected at import ({reason})" in line for line in found.body["explanation"])


async def test_a_row_that_was_not_taken_since_the_first_counts_is_explained(api, running):
    text = f"phone,1,2\n{number(100)},other,b\n"
    upload = (await api.upload(f"{running}/contacts", text)).body["upload"]
    lines = (await api.get(path(number(100)))).body["explanation"]
    (told,) = [line for line in lines if upload in line]
    assert "was not taken (duplicate)" in told
    assert "the first row counts" in told


async def test_a_rejected_row_of_another_tenant_is_not_there(client, rejected, contact_of):
    other = Caller(client, OTHER_KEY)
    for name in (number(7), contact_of(7)):
        assert (await other.get(path(name))).code == "contact-not-found"


# ── look-up ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "asked",
    [
        {"contact": number(7)},
        {"contact": "4155550007"},
        {"contact": "(415) 555-0007", "region": "US"},
        {"contact": "(415) 555-0007", "sender": "clinic"},
    ],
    ids=str,
)
@pytest.mark.parametrize("key", [AGENTS_KEY, READER_KEY, "consents-key-0123456789"])
async def test_a_number_has_an_id(client, contact_of, asked, key):
    answer = await Caller(client, key).post("/v1/contacts/lookup", asked)

    assert (answer.status, answer.body) == (200, {"contact_id": contact_of(7)})


async def test_a_look_up_leaves_nothing_of_whom_nothing_is_known(api, opened, contact_of):
    await api.post("/v1/contacts/lookup", {"contact": number(7)})

    assert [key async for key in opened.ground.redis.scan_iter(f"*{contact_of(7)}*")] == []


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"contact": "Joe"}, "bad-contact"),
        ({"contact": "4155550007", "region": "UY"}, "bad-contact"),
        ({"contact": number(7), "region": "Uruguay"}, "invalid-body"),
        ({"contact": number(7), "sender": "shop"}, "sender-not-found"),
        ({}, "invalid-body"),
    ],
    ids=str,
)
async def test_what_has_none(api, asked, code):
    answer = await api.post("/v1/contacts/lookup", asked)

    assert answer.code == code
    assert "4155550007" not in answer.text


async def test_a_campaign_of_another_name(api, opened):
    """The newest campaign comes first."""
    for name in ("May", "June"):
        made = (await api.post("/v1/campaigns", {**CAMPAIGN, "name": name})).headers["Location"]
        await api.upload(f"{made}/contacts", base(1))

    assert [job["campaign_name"] for job in (await api.get(path(number(100)))).body["jobs"]] == ["June", "May"]


# ── a wrong merge ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
async def mistaken(opened, writes, contact_of):
    """A user id that a provider has wrongly given to a person's number."""
    await writes(100, "hello")
    link = opened.people.merging.link
    await link(TenantId("acme"), number(100), ["US.1234"], Source.ANSWER, SenderId("clinic"))


async def test_a_wrong_merge_is_shown_with_its_reason_undone_by_a_person_and_stays_undone(api, mistaken, opened):
    before = (await api.get(path(number(100)))).body
    (other,) = before["other_ids"]
    assert {(one["source"], one["sender"]) for one in before["aliases"]} == {("answer", "clinic")}
    done = await api.post(f"{path(number(100))}/separate", {"names": ["US.1234"]})

    assert done.status == 200
    assert {done.body["contact_id"], done.body["separated"]["contact_id"]} == {before["contact_id"], other}
    for _ in range(2):
        after = (await api.get(path(number(100)))).body
        assert after["other_ids"] == []
        assert [one["by"] for one in after["separated"]] != []
        await opened.people.merging.merge(TenantId("acme"), [number(100), "US.1234"])


async def test_only_names_of_the_contact_can_be_separated_and_not_all(api, mistaken):
    for names, code in (([number(101)], "not-an-alias"), ([number(100), "US.1234"], "nothing-stays")):
        refused = await api.post(f"{path(number(100))}/separate", {"names": names})
        assert (refused.status, refused.body["code"]) == (400, code)
