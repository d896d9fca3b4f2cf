"""What is told of sessions, messages, threads and answers: pure."""

import inspect
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypedDict, Unpack

import pytest

from shared.conversations import content_json
from shared.conversations.interactions.model import About, Entry, Interaction, InteractionState
from shared.conversations.outbox.model import MessageRecord, MessageState, OutgoingMessage, Purpose, TemplateUse
from shared.conversations.windows import window_of
from shared.ground.ids import ContactId, EventId, InteractionId, MessageId, SenderId, TenantId
from shared.ledger.model import AnswerSummary, JobRecord
from shared.ledger.pages import JobRow
from shared.ledger.states import JobState
from shared.people.sessions.model import Received, Session
from shared.providers import free
from shared.providers.events import Content, ContentKind, IncomingMedia
from shared.providers.messages import Choice, FreeMessage, MediaKind, OutgoingMedia
from shared.reports.reporting import Reported
from tests.reading import present
from workers.web.interactions.views import interaction_view, thread_view
from workers.web.jobs.views import job_view
from workers.web.messages.views import message_view
from workers.web.replies.routes import UNCARRIED
from workers.web.sessions.views import session_view, window_view

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
MARGIN = timedelta(seconds=60)
CONTACT, CLINIC = ContactId("k" * 16), SenderId("clinic")
MESSAGE, TALK = MessageId("r1"), InteractionId("i1")


def session(left: timedelta) -> Session:
    body = content_json.to_json(Content(ContentKind.TEXT, "yes"))
    return Session(AT, AT + left, AT + left - timedelta(days=1), [Received(EventId("e"), AT, "x", body)])


# ── windows ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("left", "seconds"), [(timedelta(seconds=60, milliseconds=123), 60.1), (timedelta(0), None)])
def test_a_window(left, seconds):
    window = window_of(session(left), {}, MARGIN)
    view = window_view(window)

    assert (view.open, view.may_reply, view.seconds_left) == (window.is_open, window.may_reply, seconds)
    assert (view.reply_until, view.expires_at, view.reason) == (window.reply_until, window.expires_at, window.reason)


def test_what_expires_in_this_instant_is_not_told():
    for left, count in ((timedelta(0), 0), (timedelta(1), 1)):
        assert len(session_view(CLINIC, CONTACT, window_of(session(left), {}, MARGIN)).messages) == count


# ── messages and threads ────────────────────────────────────────────────────────────────────────────────────────────


class RecordFields(TypedDict, total=False):
    state: MessageState
    code: str
    times: Mapping[str, datetime]


def record(
    body: FreeMessage | TemplateUse, purpose: Purpose = Purpose.REPLY, **fields: Unpack[RecordFields]
) -> MessageRecord:
    message = OutgoingMessage(MESSAGE, TenantId("acme"), CLINIC, CONTACT, purpose, body, "x", "ana", AT, TALK)
    return replace(MessageRecord(message, MessageState.QUEUED), **fields)


def test_a_message_is_told_without_what_it_says():
    view = message_view(
        record(FreeMessage("x", "a secret"), state=MessageState.FAILED, code="63024", times={"failed": AT})
    )

    assert "a secret" not in view.model_dump_json()
    assert (view.state, view.code, view.reason, view.times.failed) == ("failed", "63024", None, AT)
    assert view.links == {"self": "/v1/replies/r1", "interaction": "/v1/interactions/i1"}


def test_a_template_lives_among_the_messages():
    view = message_view(record(TemplateUse("reminder", "en", {}), Purpose.TEMPLATE))

    assert view.links["self"] == "/v1/messages/r1"


def talk(*thread: Entry) -> Interaction:
    about = About(TenantId("acme"), CLINIC, CONTACT)
    return Interaction(TALK, about, InteractionState.OPEN, AT, AT, thread=thread)


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (FreeMessage("x", "Which day?"), {"text": "Which day?", "file": None, "choices": None, "template": None}),
        (TemplateUse("reminder", "en", {"1": "x"}), {"text": None, "template": "reminder"}),
        (
            FreeMessage("x", "So?", choices=(Choice("y", "Yes"), Choice("n", "No"))),
            {"choices": {"button": None, "titles": ["Yes", "No"]}},
        ),
        (
            FreeMessage("x", "Days", choices=(Choice("1", "Monday"),), list_button="Days"),
            {"choices": {"button": "Days", "titles": ["Monday"]}},
        ),
        (
            FreeMessage("x", media=OutgoingMedia(MediaKind.IMAGE, "https://example.com/a")),
            {"text": None, "file": {"kind": "image", "url": "https://example.com/a", "filename": None}},
        ),
    ],
    ids=["text", "template", "quick replies", "list", "file"],
)
def test_what_we_said(body, fields):
    entry = Entry(AT, message=MESSAGE, by="ana")
    (view,) = thread_view(talk(entry), {MESSAGE: record(body)}).model_dump(mode="json")["thread"]

    assert (view["direction"], view["message"], view["by"], view["state"]) == ("out", "r1", "ana", "queued")
    assert {name: view[name] for name in fields} == fields


def test_what_the_contact_said():
    entry = Entry(AT, EventId("e"), body=content_json.to_json(Content(ContentKind.BUTTON, "Yes", "y1")))
    (view,) = thread_view(talk(entry), {}).thread

    assert (view.direction, view.kind, view.text, view.payload, view.message) == ("in", "button", "Yes", "y1", "e")
    assert view.media is None


def test_a_file_that_the_contact_sent_says_where_it_is():
    media = (IncomingMedia("image/png", "https://example.com/1"), IncomingMedia("application/pdf", media_id="2"))
    entry = Entry(AT, EventId("e"), body=content_json.to_json(Content(ContentKind.IMAGE, media=media)))
    (view,) = thread_view(talk(entry), {}).thread

    assert [one.href for one in present(view.media)] == [
        "/v1/interactions/i1/media/e/0",
        "/v1/interactions/i1/media/e/1",
    ]


def test_an_interaction_that_answers_nothing_has_no_campaign():
    view = interaction_view(talk())

    assert view.campaign is None
    assert "campaign" not in view.links


# ── answers ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def reported(answers: AnswerSummary | None) -> Reported:
    job = JobRecord(0, JobState.READ, 1, "", "", "SM1", {}, answers, "utility")
    return Reported(job, JobRow("x", {}, own={"branch": "Centro"}), CONTACT)


def test_answers_of_a_job():
    view = job_view(reported(AnswerSummary(AT, "yes", "confirmed")))

    assert (view.replied_at, view.reply, view.answer, view.opted_out_at) == (AT, "yes", "confirmed", None)
    assert job_view(reported(None)).answer is None


# ── what is described ───────────────────────────────────────────────────────────────────────────────────────────────


def test_whatever_cannot_be_carried_is_described():
    codes = re.findall(r'InputError\(\s*"([a-z-]+)"', inspect.getsource(free))

    assert codes
    assert set(codes) <= set(UNCARRIED)
