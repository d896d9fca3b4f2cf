"""Our clients and the simulator, provider by provider over real HTTP: each must understand the other, whatever befalls."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from shared.conversations.fetching import Fetching
from shared.ground.downloads import Downloads
from shared.ground.errors import NotAccepted, OutcomeUnknown, Refused, SendError, SenderUnusable, Suppressed
from shared.ground.http import HttpTimeouts
from shared.providers.events import (
    Content,
    ContentKind,
    DeliveryStatus,
    IncomingMedia,
    Location,
    MessageReceived,
    StatusReported,
)
from shared.providers.messages import Receipt
from tests.contract.simulator.client import CONTACT, SENDER
from tests.contract.simulator.speakers import (
    MESSAGE_PATH,
    REFERENCE,
    SPEAKERS,
    STATUS_PATH,
    TWILIO,
    Conversation,
    Speaker,
    conversing,
)
from tests.reading import present
from workers.simulator.fault_rules import FaultKind
from workers.simulator.sample_image import PATH
from workers.simulator.sample_image import SAMPLE_IMAGE as A_PICTURE
from workers.simulator.traffic import Outcome

ALL = (DeliveryStatus.SENT, DeliveryStatus.DELIVERED, DeliveryStatus.READ)
CONFIGURED = tuple(speaker for speaker in SPEAKERS if speaker is not TWILIO)  # whose requests bring no URL
PICTURE = {"kind": "image", "url": "https://example.com/a.jpg", "mime_type": "image/jpeg", "caption": "Look"}

UNSIGNED = tuple(speaker for speaker in SPEAKERS if not speaker.signs)
OBEYING = tuple(speaker for speaker in SPEAKERS if speaker.obeys)

each = pytest.mark.parametrize("speaker", SPEAKERS, ids=lambda speaker: speaker.name)
each_configured = pytest.mark.parametrize("speaker", CONFIGURED, ids=lambda speaker: speaker.name)
each_unsigned = pytest.mark.parametrize("speaker", UNSIGNED, ids=lambda speaker: speaker.name)
each_obeying = pytest.mark.parametrize("speaker", OBEYING, ids=lambda speaker: speaker.name)


def saying(*answers: dict[str, Any], **habits: Any) -> dict[str, Any]:
    default = {"delay_ms": 0, "answers": [{"after_ms": 0, **answer} for answer in answers], **habits}
    return {"contacts": {"default": default}}


async def last_status(talk: Conversation) -> StatusReported:
    await talk.client.settled()
    return talk.statuses[-1]


# ── a message and what becomes of it ────────────────────────────────────────────────────────────────────────────────


@each
async def test_a_template_is_accepted_and_kept_in_the_journal(tmp_path: Path, speaker: Speaker) -> None:
    async with conversing(speaker, tmp_path) as talk:
        receipt = await talk.send("Ana", '10:30 "é"')
        (record,) = await talk.client.requests()
    assert (record.outcome, record.provider, record.account) == (Outcome.ACCEPTED, speaker.provider, speaker.account)
    assert (record.to, record.sender, record.reference) == (CONTACT, SENDER, REFERENCE)
    assert record.template in {speaker.template, "reminder"}
    assert record.variables == {"1": "Ana", "2": '10:30 "é"'}
    has_id = talk.ours.dialect.capabilities.receipts_have_ids
    assert receipt.provider_message_id == (record.message_id if has_id else "")


@each
async def test_it_is_sent_delivered_and_read(tmp_path: Path, speaker: Speaker) -> None:
    async with conversing(speaker, tmp_path) as talk:
        await talk.send()
        summary = await talk.client.settled()
        (record,) = await talk.client.requests()
    assert talk.words == list(ALL)
    assert {(one.provider_message_id, one.reference) for one in talk.statuses} <= {
        (record.message_id, REFERENCE),
        (record.message_id, None),  # Twilio's is in the URL, which the ingress reads
    }
    assert all(CONTACT in one.addresses for one in talk.statuses)
    assert all(abs(one.at.timestamp() - record.at) < 60 for one in talk.statuses)
    assert {call.path_and_query.partition("?")[0] for call in talk.receiver.received} == {STATUS_PATH}
    assert summary["callbacks"]["by_status"] == {"sent": 1, "delivered": 1, "read": 1}


@each
@pytest.mark.parametrize(
    ("habits", "expected"),
    [({"delivered": 0}, ALL[:1]), ({"read": 0}, ALL[:2]), ({"fails_with": 311}, (DeliveryStatus.FAILED,))],
    ids=["not delivered", "not read", "failed"],
)
async def test_not_everybody_reads(
    tmp_path: Path, speaker: Speaker, habits: dict[str, Any], expected: tuple[DeliveryStatus, ...]
) -> None:
    async with conversing(speaker, tmp_path, **saying(**habits)) as talk:
        await talk.send()
        await talk.client.settled()
    assert talk.words == list(expected)


LATER = [
    pytest.param(speaker, cause, code, id=f"{speaker.name}-{cause}")
    for speaker in SPEAKERS
    for cause in ("absent", "unknown", "misfilled")
    if (code := getattr(speaker, cause)) is not None and (cause == "absent" or not speaker.strict)
]
AT_ONCE = [
    pytest.param(speaker, parameters, name, code, id=f"{speaker.name}-{code}")
    for speaker in SPEAKERS
    if speaker.strict
    for parameters, name, code in (((), "another", speaker.unknown), (("Ana",), "reminder", speaker.misfilled))
]


@pytest.mark.parametrize(("speaker", "cause", "code"), LATER)
async def test_what_is_refused_later_has_its_code(tmp_path: Path, speaker: Speaker, cause: str, code: str) -> None:
    script: dict[str, Any] = {"not_on_whatsapp": [CONTACT]} if cause == "absent" else {}
    async with conversing(speaker, tmp_path, **script) as talk:
        parameters = ("Ana",) if cause == "misfilled" else ()
        await talk.send(*parameters, name="another" if cause == "unknown" else "reminder")
        status = await last_status(talk)
        (record,) = await talk.client.callbacks()
    assert status.status is DeliveryStatus.FAILED
    assert (present(status.error).code, record.code) == (code, code)


@pytest.mark.parametrize(("speaker", "parameters", "name", "code"), AT_ONCE)
async def test_what_is_refused_at_once_is_told_by_nobody_else(
    tmp_path: Path, speaker: Speaker, parameters: tuple[str, ...], name: str, code: str
) -> None:
    async with conversing(speaker, tmp_path) as talk:
        error = await talk.outcome(*parameters, name=name)
        await talk.client.settled()
        (record,) = await talk.client.requests()
    assert isinstance(error, SendError)
    assert (error.code, record.code, record.outcome) == (code, code, Outcome.REFUSED)
    assert talk.receiver.received == []


@each_configured
@pytest.mark.parametrize("changes", [{"language": "en"}, {"name": "Reminder"}], ids=["language", "name"])
async def test_a_template_is_known_by_its_name_and_language(
    tmp_path: Path, speaker: Speaker, changes: dict[str, str]
) -> None:
    async with conversing(speaker, tmp_path) as talk:
        assert present(await talk.trouble(**changes)).code == speaker.unknown


@each_configured
async def test_a_paused_template_is_not_delivered(tmp_path: Path, speaker: Speaker) -> None:
    async with conversing(speaker, tmp_path) as talk:
        paused = {**talk.script["templates"][speaker.template], "status": "paused"}
        await talk.follow(templates={speaker.template: paused})
        assert present(await talk.trouble()).code == speaker.paused


@each_configured
async def test_without_a_webhook_nothing_is_told(tmp_path: Path, speaker: Speaker) -> None:
    async with conversing(speaker, tmp_path, webhooks={}) as talk:
        await talk.send()
        await talk.client.settled()
        (record,) = await talk.client.requests()
    assert talk.receiver.received == []
    assert record.reference == REFERENCE


@each_configured
async def test_an_account_may_have_webhooks_of_its_own(tmp_path: Path, speaker: Speaker) -> None:
    async with conversing(speaker, tmp_path) as talk:
        own = {"status": f"{talk.receiver.url}/own"}
        await talk.follow(webhooks={**talk.script["webhooks"], speaker.account: own})
        await talk.send()
        await talk.client.settled()
    assert {call.path_and_query for call in talk.receiver.received} == {"/own"}


# ── what a contact says ─────────────────────────────────────────────────────────────────────────────────────────────


@each
async def test_an_answer_is_understood(tmp_path: Path, speaker: Speaker) -> None:
    script = saying({"text": "Sí, claro 👍"}, profile_name="Ana Luz")
    async with conversing(speaker, tmp_path, **script) as talk:
        await talk.send()
        await talk.client.settled()
        (record,) = await talk.client.letters()
        (letter,) = talk.letters
    assert letter.content == Content(ContentKind.TEXT, "Sí, claro 👍")
    assert record.message_id.endswith(letter.provider_message_id)  # of Twilio's, the digits count
    assert letter.addresses[0] == CONTACT
    assert letter.to in talk.ours.names
    assert letter.profile_name == "Ana Luz"
    assert isinstance(letter.at, datetime)
    assert abs(letter.at.timestamp() - record.at) < 60
    assert letter.reference == (REFERENCE if speaker.carries else None)
    assert MESSAGE_PATH in {call.path_and_query for call in talk.receiver.received}


@each_configured
@pytest.mark.parametrize(
    ("said", "kind", "text"),
    [
        ({"button": {"text": "Yes", "payload": "yes"}}, ContentKind.BUTTON, "Yes"),
        ({"choice": {"id": "1", "title": "Monday"}}, ContentKind.CHOICE, "Monday"),
        ({"media": PICTURE}, ContentKind.IMAGE, "Look"),
        ({"media": {**PICTURE, "kind": "audio", "mime_type": "audio/ogg", "caption": None}}, ContentKind.AUDIO, ""),
        ({"unknown": True}, ContentKind.UNKNOWN, ""),
    ],
    ids=["button", "choice", "image", "audio", "unknown"],
)
async def test_whatever_is_said_is_understood_as_far_as_it_can_be(
    tmp_path: Path, speaker: Speaker, said: dict[str, Any], kind: ContentKind, text: str
) -> None:
    async with conversing(speaker, tmp_path, **saying(said)) as talk:
        await talk.send()
        await talk.client.settled()
        (letter,) = talk.letters
    is_only_text = kind in {ContentKind.BUTTON, ContentKind.CHOICE} and not speaker.signs
    assert (letter.content.kind, letter.content.text) == (ContentKind.TEXT if is_only_text else kind, text)
    if "media" in said:
        (file,) = letter.content.media
        assert (file.mime_type, file.url) == (said["media"]["mime_type"], PICTURE["url"])
        assert isinstance(file, IncomingMedia)


@each_configured
async def test_a_place_is_understood_where_its_form_is_known(tmp_path: Path, speaker: Speaker) -> None:
    place = {"latitude": -34.9, "longitude": -56.16, "label": "Clinic", "address": "18 de Julio"}
    async with conversing(speaker, tmp_path, **saying({"location": place})) as talk:
        await talk.send()
        await talk.client.settled()
        (letter,) = talk.letters
    if speaker.provider == "hey":
        assert letter.content == Content(ContentKind.UNKNOWN)
    else:
        assert letter.content.location == Location(-34.9, -56.16, "Clinic", "18 de Julio")


@each
async def test_a_window_opens_when_the_contact_writes(tmp_path: Path, speaker: Speaker) -> None:
    async with conversing(speaker, tmp_path) as talk:
        await talk.write()
        closed = await last_status(talk)
        said = await talk.client.say(provider=speaker.provider, text="Hello")
        await talk.write()
        opened = await last_status(talk)
    assert (closed.status, present(closed.error).code, present(closed.error).closes_window) == (
        DeliveryStatus.FAILED,
        speaker.closed,
        True,
    )
    assert said.json["http_status"] == 204
    assert opened.status is DeliveryStatus.READ


@each
async def test_a_stranger_may_write_first(tmp_path: Path, speaker: Speaker) -> None:
    async with conversing(speaker, tmp_path) as talk:
        answered = await talk.client.say(provider=speaker.provider, text="Hello")
        (letter,) = talk.letters
    assert answered.json["message_id"].endswith(letter.provider_message_id)
    assert (letter.to in talk.ours.names, letter.reference) == (True, None)


@each_obeying
async def test_a_stop_is_obeyed_where_the_provider_was_asked_to(tmp_path: Path, speaker: Speaker) -> None:
    async with conversing(speaker, tmp_path, **saying({"text": "STOP"}), advanced_opt_out=True) as talk:
        await talk.send()
        await talk.client.settled()
        assert [letter.content.text for letter in talk.letters] == ["STOP"]
        second = await talk.outcome()
        error = second if speaker.stopped is None else (await last_status(talk)).error
        await talk.client.say(provider=speaker.provider, text="START")
        third = await talk.outcome()
    assert isinstance(error, Suppressed)
    assert error.code == (speaker.stopped or "21610")
    assert isinstance(third, Receipt)


# ── accidents ───────────────────────────────────────────────────────────────────────────────────────────────────────


@each
async def test_a_throttle_is_understood(tmp_path: Path, speaker: Speaker) -> None:
    fault = {"match": {"first": 1}, "do": "error", "code": speaker.throttle, "retry_after_s": 7}
    async with conversing(speaker, tmp_path, faults=[fault]) as talk:
        error = await talk.outcome()
        assert isinstance(await talk.outcome(), Receipt)
        first, second = await talk.client.requests()
    assert isinstance(error, NotAccepted)
    assert (error.throttles, error.retry_after_s) == (True, 7)
    assert (first.outcome, first.code, second.outcome) == (Outcome.THROTTLED, speaker.throttle, Outcome.ACCEPTED)


@each
async def test_the_rate_is_kept(tmp_path: Path, speaker: Speaker) -> None:
    async with conversing(speaker, tmp_path, rate_limit_per_second=1, retry_after_s=1) as talk:
        first, second = await talk.outcome(), await talk.outcome()
        summary = await talk.client.summary()
    assert isinstance(first, Receipt)
    assert isinstance(second, NotAccepted)
    assert (second.throttles, summary["throttled"]) == (True, 1)


@each
@pytest.mark.parametrize("kind", sorted(set(FaultKind) - {FaultKind.ERROR}))
async def test_after_an_accident_nobody_takes_yes_for_no(tmp_path: Path, speaker: Speaker, kind: str) -> None:
    """And whatever was accepted is told by webhook, so that the doubt ends."""
    fault = {"do": kind, **({"seconds": 0.05} if kind == FaultKind.HANG_AFTER_ACCEPTANCE else {})}
    async with conversing(speaker, tmp_path, faults=[fault]) as talk:
        outcome = await talk.outcome()
        await talk.client.settled()
        (record,) = await talk.client.requests()
    is_accepted = kind != FaultKind.CUT_BEFORE_ACCEPTANCE
    assert isinstance(outcome, Receipt if kind in speaker.silent else OutcomeUnknown)
    assert (record.outcome is Outcome.ACCEPTED, record.answered, record.fault) == (is_accepted, False, kind)
    assert talk.words == (list(ALL) if is_accepted else [])


@each
async def test_a_slow_answer_is_a_doubt(tmp_path: Path, speaker: Speaker) -> None:
    async with conversing(speaker, tmp_path, timeout_s=0.2, latency_ms=2_000) as talk:
        outcome = await talk.outcome()
        await talk.client.until(lambda summary: summary["unanswered"] == 1)
        await talk.client.settled()
    assert isinstance(outcome, OutcomeUnknown)
    assert talk.words == list(ALL)


@each
async def test_wrong_credentials_stop_the_sender(tmp_path: Path, speaker: Speaker) -> None:
    (name,) = {"auth_token", "authentication_token", "partner_token", "access_token"} & speaker.secrets.keys()
    async with conversing(speaker, tmp_path, secrets={name: "another-made-up-token"}) as talk:
        error = await talk.outcome()
        (record,) = await talk.client.requests()
    assert isinstance(error, SenderUnusable)
    assert record.outcome is Outcome.REFUSED


@each
async def test_without_accounts_everybody_is_believed(tmp_path: Path, speaker: Speaker) -> None:
    async with conversing(speaker, tmp_path, accounts=None) as talk:
        assert isinstance(await talk.outcome(), Receipt)


@each
@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        ({"duplicate": 1}, [one for one in ALL for _ in range(2)]),
        ({"reorder": 1}, list(reversed(ALL))),
        ({"enabled": False}, []),
    ],
    ids=["duplicate", "reorder", "none"],
)
async def test_statuses_may_come_in_any_way(
    tmp_path: Path, speaker: Speaker, plan: dict[str, Any], expected: list[DeliveryStatus]
) -> None:
    async with conversing(speaker, tmp_path, callbacks=plan) as talk:
        await talk.send()
        await talk.client.settled()
    assert talk.words == expected


@each
async def test_a_status_may_overtake_the_answer(tmp_path: Path, speaker: Speaker) -> None:
    script: dict[str, Any] = {"callbacks": {"early": 1}, "contacts": {"default": {"delay_ms": 60_000}}}
    async with conversing(speaker, tmp_path, **script) as talk:
        await talk.send()
        assert talk.words == [DeliveryStatus.SENT]


@each_unsigned
async def test_who_does_not_know_the_path_is_not_heard(tmp_path: Path, speaker: Speaker) -> None:
    """What signs nothing is forged by a post to somewhere else."""
    script: dict[str, Any] = {"callbacks": {"bad_signature": 1}, **saying({"text": "Ok"}, delivered=1)}
    async with conversing(speaker, tmp_path, **script) as talk:
        await talk.send()
        summary = await talk.client.settled()
    paths = [call.path_and_query for call in talk.receiver.received]
    assert paths.count(STATUS_PATH) == paths.count(STATUS_PATH.replace("made-up", "not-made-up")) == 3
    assert paths.count(MESSAGE_PATH) == paths.count(MESSAGE_PATH.replace("made-up", "not-made-up")) == 1
    assert (summary["callbacks"]["forged"], summary["inbound"]["forged"]) == (3, 1)


@each
async def test_a_number_that_cannot_be_one_is_refused(tmp_path: Path, speaker: Speaker) -> None:
    async with conversing(speaker, tmp_path) as talk:
        error = await talk.outcome(to="+123")
    assert isinstance(error, Refused)


@each
async def test_a_person_with_answers_is_heard_once_a_template(tmp_path: Path, speaker: Speaker) -> None:
    async with conversing(speaker, tmp_path, **saying({"text": "Ok"})) as talk:
        await talk.send(to=CONTACT)
        await talk.send(to="+14155550102")
        await talk.client.settled()
        heard = [letter.addresses[0] for letter in talk.letters]
    assert sorted(heard) == [CONTACT, "+14155550102"]
    assert all(isinstance(letter, MessageReceived) for letter in talk.letters)


@each
async def test_the_file_that_a_contact_sent_can_be_fetched(tmp_path: Path, speaker: Speaker) -> None:
    async with conversing(speaker, tmp_path) as talk, Downloads(HttpTimeouts(5, 2, 5)) as downloads:
        await talk.send()
        picture = {"kind": "image", "url": f"{talk.client.url}{PATH}", "mime_type": "image/png"}
        written = await talk.client.say(media=picture, provider=speaker.provider)
        assert written.status == 200, written.json
        (letter,) = talk.letters
        fetching = Fetching({talk.ours.account.sender: talk.ours}, downloads)
        async with fetching.open(talk.ours.account.sender, letter.content.media[0]) as file:
            body = b"".join([chunk async for chunk in file.chunks])
    assert (file.media_type, body) == ("image/png", A_PICTURE)
