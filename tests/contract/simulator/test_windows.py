"""What may be sent when: windows, contents that nobody has approved, contacts who have said STOP."""

from pathlib import Path
from typing import Any

import pytest

from tests.contract.simulator.client import ACCOUNT, FORM, SENDER, TEMPLATE, TOKEN, Client, Clock, simulated
from tests.contract.simulator.receiver import Receiver, receiving

SCRIPT: dict[str, Any] = {"accounts": {ACCOUNT: TOKEN}, "contacts": {"default": {"delay_ms": 0}}}
TEMPLATE_OF: dict[str, Any] = {"name": "reminder", "body": "Hello {{1}} at {{2}}"}


async def fate(client: Client, **changes: str | None) -> tuple[str, int | None]:
    """The last status of a message and its code."""
    await client.settled()
    sent = await client.send(**changes)
    assert sent.status == 201
    await client.settled()
    shown = (await client.call("GET", sent.json["uri"])).json
    return shown["status"], shown["error_code"]


async def text(client: Client, receiver: Receiver, **changes: str | None) -> tuple[str, int | None]:
    plain = {"ContentSid": None, "ContentVariables": None, "Body": "See you"}
    return await fate(client, StatusCallback=receiver.url, **{**plain, **changes})


@pytest.mark.parametrize("changes", [{}, {"Body": None, "MediaUrl": "https://example.org/1.png"}], ids=["text", "file"])
async def test_outside_a_window_what_is_no_template_fails_later(tmp_path: Path, changes: dict[str, Any]) -> None:
    async with receiving() as receiver, simulated(tmp_path, **SCRIPT) as client:
        assert await text(client, receiver, **changes) == ("failed", 63016)
        assert await fate(client, StatusCallback=receiver.url) == ("read", None)
        assert await text(client, receiver, **changes) == ("failed", 63016)
        await client.say(text="Hello")
        assert await text(client, receiver, **changes) == ("read", None)


async def test_a_window_is_of_one_sender_and_one_contact(tmp_path: Path) -> None:
    async with receiving() as receiver, simulated(tmp_path, **SCRIPT) as client:
        await client.say(text="Hello", url=receiver.url, bsuid="US.1234")
        assert await text(client, receiver, To="whatsapp:US.1234") == ("read", None)
        assert await text(client, receiver, To="whatsapp:+14155550102") == ("failed", 63016)
        assert await text(client, receiver, From="whatsapp:+14155550109") == ("failed", 63016)


async def test_a_window_ends_at_its_instant_and_each_message_opens_it_anew(tmp_path: Path) -> None:
    clock = Clock()
    async with receiving() as receiver, simulated(tmp_path, now_us=clock, **SCRIPT, window_seconds=10) as client:
        await client.say(text="Hello", url=receiver.url)
        clock.us += 9_999_999
        assert await text(client, receiver) == ("read", None)
        clock.us += 1
        assert await text(client, receiver) == ("failed", 63016)
        await client.say(text="Again")
        clock.us += 9_999_999
        assert await text(client, receiver) == ("read", None)


async def test_a_window_is_a_day_long_unless_the_script_says_otherwise(tmp_path: Path) -> None:
    clock = Clock()
    async with receiving() as receiver, simulated(tmp_path, now_us=clock, **SCRIPT) as client:
        await client.say(text="Hello", url=receiver.url)
        clock.us += 86_400_000_000 - 1
        assert await text(client, receiver) == ("read", None)
        clock.us += 1
        assert await text(client, receiver) == ("failed", 63016)


async def test_a_client_that_answers_in_its_webhook_finds_the_window_open(tmp_path: Path) -> None:
    async with receiving([500]) as receiver, simulated(tmp_path, **SCRIPT) as client:
        answered = await client.say(text="Hello", url=receiver.url)
        assert answered.json["http_status"] == 500
        assert await text(client, receiver) == ("read", None)


async def test_windows_may_be_of_no_interest(tmp_path: Path) -> None:
    async with receiving() as receiver, simulated(tmp_path, **SCRIPT, enforce_windows=False) as client:
        assert await text(client, receiver) == ("read", None)


async def test_a_reset_closes_every_window(tmp_path: Path) -> None:
    async with receiving() as receiver, simulated(tmp_path, **SCRIPT) as client:
        await client.say(text="Hello", url=receiver.url)
        await client.call("POST", "/_simulator/reset")
        assert await text(client, receiver) == ("failed", 63016)


async def test_what_is_said_twice_inside_a_window_is_no_duplicate(tmp_path: Path) -> None:
    async with receiving() as receiver, simulated(tmp_path, **SCRIPT) as client:
        for _ in range(2):
            await text(client, receiver)
        assert (await client.summary())["duplicates"] == 0


@pytest.mark.parametrize(
    ("status", "outside", "inside"),
    [
        ("approved", ("read", None), ("read", None)),
        ("pending", ("failed", 63016), ("read", None)),
        ("rejected", ("failed", 63016), ("read", None)),
        ("paused", ("failed", 63041), ("failed", 63041)),
    ],
)
async def test_only_what_is_approved_starts_a_conversation(
    tmp_path: Path, status: str, outside: tuple[str, int | None], inside: tuple[str, int | None]
) -> None:
    templates = {TEMPLATE: {**TEMPLATE_OF, "status": status}}
    async with receiving() as receiver, simulated(tmp_path, **SCRIPT, templates=templates) as client:
        assert await fate(client, StatusCallback=receiver.url) == outside
        await client.say(text="Hello")
        assert await fate(client, StatusCallback=receiver.url) == inside


@pytest.mark.parametrize("templates", [None, {TEMPLATE: 2}], ids=["every id is known", "few are"])
async def test_a_content_of_the_clients_own_needs_a_window_and_no_approval(
    tmp_path: Path, templates: dict[str, Any] | None
) -> None:
    async with receiving() as receiver, simulated(tmp_path, **SCRIPT, templates=templates) as client:
        order = {"language": "en", "types": {"twilio/text": {"body": "Hello"}}}
        content = (await client.call("POST", "/v1/Content", json=order)).json["sid"]
        changes = {"ContentSid": content, "ContentVariables": None, "StatusCallback": receiver.url}
        assert await fate(client, **changes) == ("failed", 63016)
        await client.say(text="Hello")
        assert await fate(client, **changes) == ("read", None)


# ── STOP ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_stop_is_obeyed_until_the_contact_takes_it_back(tmp_path: Path) -> None:
    async with receiving() as receiver, simulated(tmp_path, **SCRIPT, advanced_opt_out=True) as client:
        await client.say(text=" stop ", url=receiver.url)
        refused = [await client.send(), await client.send_text()]
        other = await client.send(To="whatsapp:+14155550102"), await client.send(From="whatsapp:+14155550109")
        await client.say(text="START", url=receiver.url)
        again = await client.send()
        summary = await client.summary()
    assert [(answered.status, answered.json["code"]) for answered in refused] == [(400, 21610)] * 2
    assert [answered.status for answered in (*other, again)] == [201] * 3
    assert [call.fields["OptOutType"] for call in receiver.received] == ["STOP", "START"]
    assert summary["by_code"] == {"21610": 2}


@pytest.mark.parametrize(
    ("words", "told"),
    [("STOP", "STOP"), ("Unsubscribe", "STOP"), ("HELP", "HELP"), ("please STOP", None), ("BAJA", None)],
)
async def test_only_a_word_alone_is_taken_for_one(tmp_path: Path, words: str, told: str | None) -> None:
    async with receiving() as receiver, simulated(tmp_path, **SCRIPT, advanced_opt_out=True) as client:
        await client.say(text=words, url=receiver.url)
        sent = await client.send()
    assert receiver.received[0].fields.get("OptOutType") == told
    assert sent.status == (400 if told == "STOP" else 201)


async def test_a_stop_as_an_answer_is_heard(tmp_path: Path) -> None:
    contacts = {"default": {"delay_ms": 0, "answers": [{"text": "STOP", "after_ms": 0}]}}
    script = {**SCRIPT, "contacts": contacts, "advanced_opt_out": True}
    async with receiving() as receiver, simulated(tmp_path, **script) as client:
        first = await client.send(StatusCallback=receiver.url)
        await client.settled()
        second = await client.send(StatusCallback=receiver.url)
    assert (first.status, second.status, second.json["code"]) == (201, 400, 21610)


async def test_nobody_obeys_a_stop_unless_asked_to(tmp_path: Path) -> None:
    async with receiving() as receiver, simulated(tmp_path, **SCRIPT) as client:
        await client.say(text="STOP", url=receiver.url)
        sent = await client.send()
    assert sent.status == 201
    assert "OptOutType" not in receiver.received[0].fields
    assert (receiver.received[0].fields["From"], receiver.received[0].fields["To"]) == (
        FORM["To"],
        f"whatsapp:{SENDER}",
    )
