"""A provider's sentence is told without what it may repeat of the message, and which of its refusals may be everybody's."""

import json

import pytest

from shared.ground.http import HttpResponse
from shared.providers.codes import Code, CodeTable
from shared.providers.events import RawWebhook, StatusReported
from shared.providers.hey.codes import CODES as HEY
from shared.providers.hey.codes import judge as judge_hey
from shared.providers.meta.codes import CODES as META
from shared.providers.meta.codes import judge as judge_meta
from shared.providers.meta.webhooks import read_events as read_meta
from shared.providers.twilio.codes import CODES as TWILIO
from shared.providers.twilio.codes import judge as judge_twilio
from shared.providers.twilio.webhooks import read_events as read_twilio
from shared.providers.wavy.codes import CODES as WAVY
from shared.providers.wavy.codes import judge as judge_wavy
from shared.providers.words import MAX_READ_CHARACTERS, MAX_WORDS_CHARACTERS, redact_words
from tests.stores import START

TABLES = {"meta": META, "twilio": TWILIO, "wavy": WAVY, "hey": HEY}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Marketing terms not accepted", "Marketing terms not accepted"),
        ("The number +1 415 555-0123 is not on WhatsApp", "The number … is not on WhatsApp"),
        ("(#132012) Parameter 'Juan Pérez' is wrong", "(#…) Parameter … is wrong"),
        ('text "Your code is 12" was refused', "text … was refused"),
        ("it's the contact's", "it's the contact's"),
        ("two\nlines\x1b[2J", "two lines [2J"),
        ("Could not fetch https://example.com/juan?t=1, try again", "Could not fetch … try again"),
        ("juan.perez@example.com is not a recipient", "… is not a recipient"),
        ('Parameter "Juan Pérez is wrong', "Parameter …"),
        ("Parameter “Juan Pérez", "Parameter …"),
        ("Parameter «Juan Pérez", "Parameter …"),
        ("Parameter `Juan Pérez", "Parameter …"),
        ("<html><body>gone</body></html>", ""),
        ("", ""),
    ],
)
def test_no_number_and_no_quotation_of_a_providers_sentence_is_kept(text: str, words: str) -> None:
    assert redact_words(text) == words


def test_a_long_sentence_is_cut() -> None:
    assert len(redact_words("word " * 100)) == MAX_WORDS_CHARACTERS


def test_of_more_than_a_thousand_characters_the_rest_is_not_read() -> None:
    blanks = " " * (MAX_READ_CHARACTERS - len("The sentence"))
    assert redact_words(f"The sentence{blanks}goes on") == "The sentence"
    assert redact_words(f"The sentence{blanks}<html>") == "The sentence"


def answer(**body: object) -> HttpResponse:
    return HttpResponse(400, {}, json.dumps(body).encode())


@pytest.mark.parametrize(
    ("row", "code", "words"),
    [
        (judge_twilio(answer(code=63062, message="Terms missing")), "63062", "Terms missing"),
        (judge_meta(answer(error={"code": 139200, "message": "Blocked"})), "139200", "Blocked"),
        (
            judge_meta(answer(error={"code": 132012, "message": "m", "error_data": {"details": "Format of 1"}})),
            "132012",
            "Format of 1",
        ),
        (judge_wavy(answer(errorCode=499, errorMessage="Not allowed")), "499", "Not allowed"),
        (judge_wavy(answer(errorCode=207, errorMessage="Not allowed")), "207", "Not allowed"),
        (judge_hey(HttpResponse(418, {}, b"")), "http-418", ""),
    ],
)
def test_an_unknown_4xx_and_a_refusal_of_form_may_concern_everybody_at_every_provider(
    row: Code, code: str, words: str
) -> None:
    assert (row.code, row.words, row.may_concern_all) == (code, words, True)
    error = row.to_error()
    assert (error.words, error.may_concern_all) == (words, True)


def webhook(body: bytes) -> RawWebhook:
    return RawWebhook("https://hooks.example.com/s", "", {}, body, START)


def test_a_failed_status_brings_the_providers_sentence() -> None:
    form = (
        b"MessageSid=SM1&MessageStatus=failed&ErrorCode=63062&ErrorMessage=Terms+missing&To=whatsapp%3A%2B14155550123"
    )
    status = {"id": "wamid.1", "status": "failed", "errors": [{"code": 139200, "title": "Blocked"}]}
    value = {"field": "messages", "value": {"statuses": [status]}}
    body = {"object": "whatsapp_business_account", "entry": [{"changes": [value]}]}
    for events in (read_twilio(webhook(form)), read_meta(webhook(json.dumps(body).encode()))):
        (event,) = events
        assert isinstance(event, StatusReported)
        assert event.error is not None
        assert event.error.words in {"Terms missing", "Blocked"}
        assert event.error.may_concern_all


@pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
@pytest.mark.parametrize("code", ["987654", None])
def test_a_failed_status_with_an_unknown_code_or_none_may_concern_everybody(table: CodeTable, code: str | None) -> None:
    assert table.explain_failure(code).may_concern_all


CONTACTS_ALONE = {
    "meta": "130403 130472 131021 131026 131049 137000",
    "twilio": "21211 21214 21217 21614 30003 30004 30005 30006 30036 63003 63024 63031 63032 63036 63049",
    "wavy": "101 202 no-number",
    "hey": "101 202",
}


@pytest.mark.parametrize("provider", TABLES)
def test_which_refusals_concern_one_contact_alone(provider: str) -> None:
    table = TABLES[provider]
    rows = [*table.rows.values(), *table.statuses.values(), *table.unsendable.values()]
    alone = [row.code for row in rows if row.disposition.value == "refused" and not row.may_concern_all]
    assert alone == CONTACTS_ALONE[provider].split()


@pytest.mark.parametrize(
    ("provider", "codes"),
    [
        ("meta", "132012 131008 131009 132018 131052 131053 132005 132008 100 131047"),
        ("twilio", "63054 21619 21620 63019 63029 63037 63021 63016"),
        ("wavy", "102 206 207 209 210 http-400"),
        ("hey", "102 206 207 209 210 http-400"),
    ],
)
def test_refusals_of_form_and_of_links_may_concern_everybody(provider: str, codes: str) -> None:
    table = TABLES[provider]
    rows = {**table.rows, **table.statuses}
    assert all(rows[code].may_concern_all for code in codes.split())
