#!/usr/bin/env bash
# twilio 9.13.0: `content_variables` given as a dict is sent as its keys only, without an error.
#
# Expected by a reader: the parameter is annotated `Union[str, object]` and described as key-value pairs, so a dict is written
# as JSON (as other `object` parameters of this library are), or the call raises.
# Seen: {"1": "Ana", "2": "10:00"} becomes `ContentVariables=1&ContentVariables=2`: the names without the values, twice the
# same form field. Nothing on the client's side fails. Only `json.dumps` by the caller sends the values.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --no-deps --disable-pip-version-check \
    twilio==9.13.0 requests==2.34.2 urllib3==2.8.0 idna==3.20 certifi==2026.10.19.post1 charset-normalizer==3.5.2 pyjwt==2.15.1
"$folder/venv/bin/python" - <<'PY'
import json
from urllib.parse import parse_qs

import requests
from requests.adapters import BaseAdapter
from twilio.rest import Client


class Recorder(BaseAdapter):
    """Keeps the request as it would have gone over the wire, and answers without a network."""

    def send(self, request, **_):
        self.request = request
        answer = requests.Response()
        answer.status_code, answer.request, answer._content = 201, request, b'{"sid": "SM1"}'
        return answer

    def close(self):
        pass


recorder = Recorder()
client = Client("AC" + "0" * 32, "made-up")
client.http_client.session.mount("https://", recorder)
values = {"1": "Ana", "2": "10:00"}
seen = {}
for name, given in (("dict", values), ("json", json.dumps(values))):
    client.messages.create(to="whatsapp:+14155550123", from_="MG1", content_sid="HX1", content_variables=given)
    seen[name] = parse_qs(recorder.request.body)["ContentVariables"]
    print(f"{name}: ContentVariables = {seen[name]}")
assert seen == {"dict": ["1", "2"], "json": ['{"1": "Ana", "2": "10:00"}']}, seen
PY
