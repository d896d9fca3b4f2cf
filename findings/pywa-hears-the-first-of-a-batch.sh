#!/usr/bin/env bash
# pywa 4.5.0: of a webhook that carries several messages or statuses, the first is handled, the rest is answered 200 and lost.
#
# Expected by a reader: Meta may batch (`entry`, `changes`, `messages` and `statuses` are lists), so each element reaches
# its handler, or the webhook is refused so that Meta sends it again.
# Seen: of two messages, two statuses, two changes or two entries in one signed body, one handler call comes, for the
# first; the answer is 200, so nothing is repeated. The second message here is an opt-out.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pywa==4.5.0
"$folder/venv/bin/python" - <<'PY'
import hashlib
import hmac
import json
import time

from pywa import WhatsApp

USER, NUMBER = "US.13491208655302741918", "14155550123"
client = WhatsApp(phone_id="106540352242922", token="t", server=None, app_secret="made-up", verify_token="v")
handled: list[str] = []


@client.on_message()
def on_message(_, message):
    handled.append(f"message {message.id}")


@client.on_message_status()
def on_status(_, status):
    handled.append(f"status {status.id} {status.status.value}")


def message(number, text):
    return {"from": NUMBER, "from_user_id": USER, "id": f"wamid.{number}", "timestamp": "1764300000", "type": "text", "text": {"body": text}}


def status(number, word):
    return {"id": f"wamid.{number}", "status": word, "timestamp": "1764300000", "recipient_id": NUMBER, "recipient_user_id": USER}


def change(**news):
    metadata = {"display_phone_number": "14155550100", "phone_number_id": "106540352242922"}
    contact = {"profile": {"name": "A"}, "wa_id": NUMBER, "user_id": USER}
    return {"field": "messages", "value": {"messaging_product": "whatsapp", "metadata": metadata, "contacts": [contact], **news}}


def body(*entries):
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": "102290129340398", "changes": list(changes)} for changes in entries],
    }


CASES = {
    "two messages": (body([change(messages=[message(1, "hi"), message(2, "STOP")])]), ["message wamid.1"]),
    "two statuses": (body([change(statuses=[status(3, "delivered"), status(4, "read")])]), ["status wamid.3 delivered"]),
    "two changes": (body([change(messages=[message(5, "hi")]), change(messages=[message(6, "STOP")])]), ["message wamid.5"]),
    "two entries": (body([change(messages=[message(7, "hi")])], [change(messages=[message(8, "STOP")])]), ["message wamid.7"]),
}
for name, (webhook, expected) in CASES.items():
    handled.clear()
    raw = json.dumps(webhook).encode()
    signature = "sha256=" + hmac.new(b"made-up", raw, hashlib.sha256).hexdigest()
    answer = client.webhook_update_handler(raw, hmac_header=signature)
    time.sleep(0.5)  # handlers run on threads
    print(f"{name}: answered {answer[1]}, handled {handled}")
    assert (answer[1], handled) == (200, expected), (answer, handled)
PY
