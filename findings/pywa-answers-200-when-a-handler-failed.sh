#!/usr/bin/env bash
# pywa 4.5.0: a webhook whose handler raised is answered 200, and the same webhook sent again is skipped as a duplicate.
#
# Expected by a reader: a handler that raises (its database is away) makes the answer a 5xx, so that Meta, which repeats a
# webhook for days, brings it again; and the memory of duplicates holds what was handled.
# Seen: the exception is logged, the answer is 200, so Meta does not repeat. Nor would it help: the body's hash is remembered
# before the handler runs, so a repetition of the same bytes is answered 200 without a call. The message here is an opt-out.
# With `skip_duplicate_updates=False` the second delivery reaches the handler; the answer to the first stays 200.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pywa==4.5.0
"$folder/venv/bin/python" - <<'PY'
import hashlib
import hmac
import json
import logging

from pywa import WhatsApp

logging.disable(logging.CRITICAL)  # the traceback of the handler
NUMBER, USER = "14155550123", "US.13491208655302741918"
VALUE = {
    "messaging_product": "whatsapp",
    "metadata": {"display_phone_number": "14155550100", "phone_number_id": "106540352242922"},
    "contacts": [{"profile": {"name": "A"}, "wa_id": NUMBER, "user_id": USER}],
    "messages": [
        {
            "from": NUMBER,
            "from_user_id": USER,
            "id": "wamid.1",
            "timestamp": "1764300000",
            "type": "text",
            "text": {"body": "STOP"},
        }
    ],
}
ENTRY = {"id": "102290129340398", "changes": [{"field": "messages", "value": VALUE}]}
BODY = json.dumps({"object": "whatsapp_business_account", "entry": [ENTRY]}).encode()
SIGNATURE = "sha256=" + hmac.new(b"made-up", BODY, hashlib.sha256).hexdigest()


def delivered_twice(**options):
    """(answers to two deliveries, calls of the handler, messages that it handled)"""
    client = WhatsApp(
        phone_id="106540352242922", token="t", server=None, app_secret="made-up", verify_token="v", **options
    )
    calls, handled = [], []

    @client.on_message()
    def on_message(_, message):
        calls.append(message.id)
        if len(calls) == 1:
            raise ConnectionError("the database is away, this once")
        handled.append(message.text)

    answers = []
    for _ in range(2):
        assert client.webhook_update_validator(BODY, SIGNATURE) is None
        answers.append(client.webhook_update_handler(BODY)[1])
    return answers, len(calls), handled


seen = {"by default": delivered_twice(), "duplicates not skipped": delivered_twice(skip_duplicate_updates=False)}
for name, (answers, calls, handled) in seen.items():
    print(f"{name}: answers {answers}, calls of the handler {calls}, handled {handled}")
assert seen == {"by default": ([200, 200], 1, []), "duplicates not skipped": ([200, 200], 2, ["STOP"])}, seen
PY
