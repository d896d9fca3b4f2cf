#!/usr/bin/env bash
# twilio 9.13.0: an aware datetime is sent with its own wall clock and a `Z` behind it, so `send_at` moves by the zone's offset.
#
# Expected by a reader: `send_at=datetime(2026, 12, 1, 9, 0, tzinfo=ZoneInfo("America/Sao_Paulo"))` is the instant 12:00 UTC,
# so the form says 2026-12-01T12:00:00Z (or keeps -03:00), as every client that takes an aware datetime does.
# Seen: the form says 2026-12-01T09:00:00Z, 06:00 in São Paulo, which is within the quiet hours that the caller wanted to
# avoid. The filters of `messages.list` (`date_sent_after`, …) lose the zone alike, so a check after an unknown outcome looks
# at other hours. Dates that Twilio answers are parsed into aware datetimes, so a value read from it goes back rightly.
# The remedy is `.astimezone(UTC)` before each call.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --no-deps --disable-pip-version-check \
    twilio==9.13.0 requests==2.34.2 urllib3==2.8.0 idna==3.20 certifi==2026.10.19.post1 charset-normalizer==3.5.2 pyjwt==2.15.1 tzdata==2026.6
"$folder/venv/bin/python" - <<'PY'
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import requests
from requests.adapters import BaseAdapter
from twilio.rest import Client


class Recorder(BaseAdapter):
    """Keeps the request as it would have gone over the wire, and answers without a network."""

    def send(self, request, **_):
        self.request = request
        answer = requests.Response()
        created = request.method == "POST"
        answer.status_code, answer.request = (201 if created else 200), request
        answer._content = b'{"sid": "SM1"}' if created else b'{"messages": [], "next_page_uri": null}'
        return answer

    def close(self):
        pass


recorder = Recorder()
client = Client("AC" + "0" * 32, "made-up")
client.http_client.session.mount("https://", recorder)
nine = datetime(2026, 12, 1, 9, 0, tzinfo=ZoneInfo("America/Sao_Paulo"))


def sent(send_at):
    client.messages.create(
        to="whatsapp:+14155550123", from_="MG1", content_sid="HX1", send_at=send_at, schedule_type="fixed"
    )
    return parse_qs(recorder.request.body)["SendAt"][0]


def asked(date_sent_after):
    client.messages.list(date_sent_after=date_sent_after)
    return parse_qs(urlsplit(recorder.request.url).query)["DateSent>"][0]


seen = {call.__name__: (call(nine), call(nine.astimezone(UTC))) for call in (sent, asked)}
for name, (local, utc) in seen.items():
    print(f"{name:6} {nine.isoformat()} -> {local}; the same instant as UTC -> {utc}")
assert seen == dict.fromkeys(("sent", "asked"), ("2026-12-01T09:00:00Z", "2026-12-01T12:00:00Z")), seen
PY
