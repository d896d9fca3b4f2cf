#!/usr/bin/env bash
# python-dateutil 2.9.0.post0: "UTC+3" is three hours east of UTC for `tz.gettz`, and three hours west for `parser.parse`.
#
# Expected by a reader: one library reads one text one way; nearly everybody writes UTC+3 for Moscow or Riyadh and UTC-3 for
# São Paulo, and means the ISO direction.
# Seen: `gettz("UTC+3")` is +03:00. `parse("2026-12-01 09:00 UTC+3")` is 09:00-03:00, POSIX's direction, six hours later as an
# instant; `GMT-3` likewise. Without the letters, `+03:00`, both directions agree. A campaign whose zone is stored by one
# and whose start is read by the other begins six hours off.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check python-dateutil==2.9.0.post0
"$folder/venv/bin/python" - <<'PY'
from datetime import datetime, timedelta

from dateutil import parser, tz

HOURS = {"UTC+3": (3, -3), "GMT+3": (3, -3), "UTC-3": (-3, 3), "GMT-3": (-3, 3)}  # by gettz, by parse
for name, expected in HOURS.items():
    instant = parser.parse(f"2026-12-01 09:00 {name}")
    zone = tz.gettz(name)
    seen = tuple(offset // timedelta(hours=1) for offset in (zone.utcoffset(datetime(2026, 12, 1)), instant.utcoffset()))
    print(f"{name}: gettz {seen[0]:+d} h, parse {seen[1]:+d} h, {instant.isoformat()}")
    assert seen == expected, (name, seen)
plain = parser.parse("2026-12-01 09:00 +03:00").utcoffset()
print("+03:00: parse", plain)
assert plain == timedelta(hours=3)
PY
