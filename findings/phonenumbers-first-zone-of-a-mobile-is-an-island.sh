#!/usr/bin/env bash
# phonenumbers 9.0.43: the first of `time_zones_for_number` is the first by alphabet, for Spain's mobiles the Canary Islands'.
#
# Expected by a reader: where a country has several zones and the number does not tell, the list begins with the zone that most
# of the people live in, so `[0]` is right for nearly everybody; and a number that counts as possible has a zone.
# Seen: +34 6… gives Atlantic/Canary before Europe/Madrid, +351 9… Atlantic/Azores before Europe/Lisbon, +7 9… Asia/Almaty, and
# +61 4… Australia/Adelaide before Sydney. Quiet hours that take `[0]` are an hour or more wrong for a whole country. Of a
# number that is possible but of no known range (here a Brazilian mobile without its ninth digit, as WhatsApp names it) the
# answer is Etc/Unknown, which zoneinfo does not know. Names are partly old links (America/Buenos_Aires, Asia/Calcutta), so
# they do not compare equal to the current ones.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check phonenumbers==9.0.43 tzdata==2026.6
"$folder/venv/bin/python" - <<'PY'
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from phonenumbers import timezone

EXPECTED = {
    "+34 612 345 678": ("Atlantic/Canary", "Europe/Madrid"),
    "+351 912 345 678": ("Atlantic/Azores", "Europe/Lisbon"),
    "+7 912 345 67 89": ("Asia/Almaty", "Europe/Moscow"),
    "+61 412 345 678": ("Australia/Adelaide", "Australia/Sydney"),
}
winter = datetime(2026, 1, 15, 12)
for text, (first, most) in EXPECTED.items():
    zones = timezone.time_zones_for_number(phonenumbers.parse(text))
    apart = abs(winter.replace(tzinfo=ZoneInfo(first)).utcoffset() - winter.replace(tzinfo=ZoneInfo(most)).utcoffset())
    print(f"{text:18} first {zones[0]}, {most} is number {zones.index(most) + 1} of {len(zones)}, {apart} apart")
    assert zones[0] == first and zones == tuple(sorted(zones)) and apart, zones

number = phonenumbers.parse("+55 11 8765-4321")
zones = timezone.time_zones_for_number(number)
print(f"+55 11 8765-4321   possible {phonenumbers.is_possible_number(number)}, zones {zones}")
assert phonenumbers.is_possible_number(number) and zones == ("Etc/Unknown",), zones
try:
    ZoneInfo(zones[0])
    raise SystemExit("Etc/Unknown is a zone")
except ZoneInfoNotFoundError:
    pass
links = {text: timezone.time_zones_for_number(phonenumbers.parse(text)) for text in ("+54 9 11 2345-6789", "+91 98765 43210")}
print("names that are links:", links)
assert list(links.values()) == [("America/Buenos_Aires",), ("Asia/Calcutta",)], links
PY
