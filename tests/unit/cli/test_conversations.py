"""`session show`, `reply` and `explain`: what they ask for, print, and exit with."""

import json

import pytest

from workers.cli import reply

CONTACT = "k" * 16
FOUND = (200, {"contact_id": CONTACT})
WINDOW = {
    "sender": "clinic", "contact_id": CONTACT, "open": True, "expires_at": "2026-05-05T12:00:00Z",
    "seconds_left": 86_347.9, "may_reply": True, "reply_until": "2026-05-05T11:59:00Z", "reason": None,
    "last_inbound_at": "2026-05-04T12:00:00Z",
    "messages": [{"at": "2026-05-04T12:00:00Z", "kind": "text", "text": "hello\x1b[2J", "payload": None}],
}  # fmt: skip
CLOSED = {
    **WINDOW, "open": False, "expires_at": None, "seconds_left": None, "may_reply": False, "reply_until": None,
    "reason": "window-closed", "last_inbound_at": None, "messages": [],
}  # fmt: skip
MESSAGE = {"id": "r1", "state": "queued", "reason": None, "code": None}
NO_WINDOW = {
    "status": 409, "code": "window-closed", "detail": "The contact has not written.", "closed_at": "2026-05-04T12:00:00Z",
    "templates": [{"name": "reminder", "language": "en"}],
}  # fmt: skip


@pytest.fixture(autouse=True)
def _utc(monkeypatch):
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setattr(reply, "POLL_SECONDS", 0.001)


# ── session show ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def session(scripted):
    def answers(document):
        scripted.answers["POST /v1/contacts/lookup"] = FOUND
        scripted.answers[f"GET /v1/sessions/clinic/{CONTACT}"] = (200, document)

    return answers


def test_an_open_window_says_how_long(oriel, scripted, session):
    session(WINDOW)
    result = oriel("session", "show", "clinic", "+14155550123")

    assert result.exit_code == 0
    assert json.loads(scripted.asked[0][2]) == {"contact": "+14155550123", "sender": "clinic"}
    assert "4155550123" not in "".join(scripted.lines)
    window, key, *_ = result.stdout.splitlines()
    assert window.startswith(f"clinic, contact {CONTACT}: open, anything may be written until 2026-05-05 ")
    assert key.startswith("The session's key lives for 23:59:07, until 2026-05-05 ")
    assert "hello␛[2J" in result.stdout


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (CLOSED, "closed. Only a template may be sent."),
        ({**WINDOW, "may_reply": False, "reason": "opted-out"}, "the contact has refused since it wrote last."),
        ({**WINDOW, "may_reply": False, "reason": "window-closed"}, "too soon for a message to be taken."),
    ],
    ids=["closed", "opted-out", "ending"],
)
def test_a_window_in_which_nothing_may_be_written(oriel, session, document, said):
    session(document)
    result = oriel("session", "show", "clinic", CONTACT)

    assert result.exit_code == 0
    assert result.stdout.splitlines()[0].endswith(said)


def test_a_window_as_json(oriel, session):
    session(WINDOW)

    assert json.loads(oriel("session", "show", "clinic", CONTACT, "--json").stdout) == WINDOW


# ── reply ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_reply_prints_its_id(oriel, scripted):
    scripted.answers["POST /v1/replies"] = (202, MESSAGE)
    result = oriel("reply", "+14155550123", "Of course.", "--sender", "clinic", "--agent", "ana")

    assert (result.exit_code, result.stdout) == (0, "r1\n")
    assert json.loads(scripted.asked[0][2]) == {
        "sender": "clinic", "contact": "+14155550123", "text": "Of course.", "agent": "ana",
    }  # fmt: skip


def test_a_file_and_choices(oriel, scripted):
    scripted.answers["POST /v1/replies"] = (202, MESSAGE)
    url = "https://example.com/a.pdf"
    oriel("reply", CONTACT, "--sender", "clinic", "--media", url, "--kind", "document", "--filename", "a.pdf")
    oriel("reply", CONTACT, "So?", "--sender", "clinic", "--quick-reply", "y=Yes, please", "--quick-reply", "n=No")

    file, choices = (json.loads(body) for _, _, body in scripted.asked)
    assert (file["text"], file["media"]) == ("", {"kind": "document", "url": url, "filename": "a.pdf"})
    assert choices["quick_replies"] == [{"id": "y", "title": "Yes, please"}, {"id": "n", "title": "No"}]


@pytest.mark.parametrize(
    ("end", "status", "line"),
    [
        ({"state": "accepted"}, 0, "accepted"),
        ({"state": "read"}, 0, "read"),
        ({"state": "failed", "reason": "not on WhatsApp", "code": "63024"}, 1, "failed: not on WhatsApp (63024)"),
        ({"state": "refused", "reason": "window-closed"}, 1, "refused: window-closed"),
        ({"state": "unconfirmed", "code": "timeout"}, 1, "unconfirmed: (timeout)"),
    ],
    ids=str,
)
def test_a_reply_is_followed(oriel, scripted, end, status, line):
    scripted.answers["POST /v1/replies"] = (202, MESSAGE)
    scripted.answers["GET /v1/replies/r1"] = [
        (200, MESSAGE),
        (200, {**MESSAGE, "state": "sending"}),
        (200, MESSAGE | end),
    ]
    result = oriel("reply", CONTACT, "x", "--sender", "clinic", "--follow")

    assert (result.exit_code, result.stdout) == (status, f"r1\n{line}\n")


def test_a_reply_that_waits_too_long_is_not_waited_for(oriel, scripted, monkeypatch):
    monkeypatch.setattr(reply, "FOLLOW_SECONDS", 0.01)
    scripted.answers["POST /v1/replies"] = (202, MESSAGE)
    scripted.answers["GET /v1/replies/r1"] = (200, MESSAGE)
    result = oriel("reply", CONTACT, "x", "--sender", "clinic", "-f", "--json")

    assert (result.exit_code, json.loads(result.stdout)) == (1, MESSAGE)


def test_without_a_window_it_says_what_may_be_sent(oriel, scripted):
    scripted.answers["POST /v1/replies"] = (409, NO_WINDOW)
    result = oriel("reply", CONTACT, "x", "--sender", "clinic")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("oriel: The contact has not written. (window-closed)\n")
    assert "reminder" in result.stderr


def test_without_a_window_as_json(oriel, scripted):
    scripted.answers["POST /v1/replies"] = (409, NO_WINDOW)
    result = oriel("reply", CONTACT, "x", "--sender", "clinic", "--json")

    assert result.exit_code == 1
    assert json.loads(result.stdout) == {name: value for name, value in NO_WINDOW.items() if name != "status"}


@pytest.mark.parametrize(("status", "code", "exit_status"), [(409, "opted-out", 1), (400, "text-too-long", 2)])
def test_what_is_not_possible_is_no_wrong_usage(oriel, scripted, status, code, exit_status):
    scripted.answers["POST /v1/replies"] = (status, {"code": code, "detail": "No."})

    assert oriel("reply", CONTACT, "x", "--sender", "clinic").exit_code == exit_status


# ── contact separate ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_wrong_merge_is_undone_and_both_contacts_are_named(oriel, scripted):
    other = "m" * 16
    scripted.answers["POST /v1/contacts/lookup"] = FOUND
    done = {"contact_id": CONTACT, "other_ids": [], "separated": {"contact_id": other, "other_ids": ["n" * 16]}}
    scripted.answers[f"POST /v1/contacts/{CONTACT}/separate"] = (200, done)
    result = oriel("contact", "separate", "+14155550123", "+14155550124", "US.1234")

    assert result.exit_code == 0
    assert json.loads(scripted.asked[1][2]) == {"names": ["+14155550124", "US.1234"]}
    assert "4155550124" not in "".join(scripted.lines)
    assert result.stdout.splitlines() == [f"contact {CONTACT}", f"contact {other} (also {'n' * 16})"]


# ── explain ─────────────────────────────────────────────────────────────────────────────────────────────────────────

PERSON = {
    "contact_id": CONTACT,
    "name": "Ana\n[bold]",
    "explanation": ["They agreed to all messages.", "May: read."],
    "history": [
        {"kind": "opt_in", "scope": "all", "source": "web_form", "at": "2026-05-01T10:00:00Z", "evidence": "form 7"}
    ],
    "jobs": [
        {
            "campaign": "c1", "campaign_name": "May", "state": "failed", "code": "63024", "reason": "not on WhatsApp",
            "times": dict.fromkeys(("accepted", "failed"), "2026-05-04T10:00:00Z") | dict.fromkeys(("delivered", "read")),
            "answer": None, "reply": "[/hello]",
        }
    ],
}  # fmt: skip


def test_a_person_is_explained(oriel, scripted):
    scripted.answers["POST /v1/contacts/lookup"] = FOUND
    scripted.answers[f"GET /v1/contacts/{CONTACT}"] = (200, PERSON)
    result = oriel("explain", "+14155550123", "--tenant", "acme")

    lines = [line.rstrip() for line in result.stdout.splitlines()]
    assert result.exit_code == 0
    assert lines[:3] == [f"contact {CONTACT}, Ana [bold]", "  They agreed to all messages.", "  May: read."]
    assert lines[4] == "consents"
    assert "form 7" in lines[6]
    assert lines[8] == "campaigns"
    assert lines[10].split()[:2] == ["May", "failed"]
    assert "not on WhatsApp (63024)" in lines[10]
    assert "[/hello]" in lines[10]
    assert [headers["Oriel-Tenant"] for _, headers, _ in scripted.asked] == ["acme", "acme"]


def test_a_person_of_whom_little_is_known(oriel, scripted):
    scripted.answers["POST /v1/contacts/lookup"] = FOUND
    scripted.answers[f"GET /v1/contacts/{CONTACT}"] = (200, {**PERSON, "name": None, "history": [], "jobs": []})

    assert len(oriel("explain", CONTACT).stdout.splitlines()) == 3


def test_a_person_as_json(oriel, scripted):
    scripted.answers["POST /v1/contacts/lookup"] = FOUND
    scripted.answers[f"GET /v1/contacts/{CONTACT}"] = (200, PERSON)

    assert json.loads(oriel("explain", CONTACT, "--json").stdout) == PERSON


def test_nobody_is_a_sentence(oriel, scripted):
    scripted.answers["POST /v1/contacts/lookup"] = FOUND
    scripted.answers[f"GET /v1/contacts/{CONTACT}"] = (
        404,
        {"code": "contact-not-found", "detail": "Nothing is known."},
    )
    result = oriel("explain", CONTACT)

    assert (result.exit_code, result.stderr) == (2, "oriel: Nothing is known. (contact-not-found)\n")
