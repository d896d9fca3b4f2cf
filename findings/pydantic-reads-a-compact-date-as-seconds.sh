#!/usr/bin/env bash
# pydantic 2.14.3: the ISO 8601 date "20261201" becomes 23 August 1970 in a `datetime` field.
#
# Expected by a reader: "20261201" is a date in ISO's basic form, which `datetime.fromisoformat` (Python ≥ 3.11) reads as
# 2026-12-01, so a `datetime` field reads it so, too, or refuses it.
# Seen: text of digits is taken for a number, and numbers are seconds since 1970 (or milliseconds, above 2·10¹⁰): the field holds
# 1970-08-23 12:06:41 UTC, without an error. The form with hyphens, "2026-12-01", is the date. A campaign whose start comes from
# such a column or form is "due", and goes out at once. A `date` field refuses the same text, since those seconds are no
# midnight. The answer is aware where the form with hyphens gives a naive datetime; `AwareDatetime` takes it, too.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pydantic==2.14.3
"$folder/venv/bin/python" - <<'PY'
from datetime import date, datetime

from pydantic import AwareDatetime, TypeAdapter, ValidationError


def read(kind, text):
    try:
        return TypeAdapter(kind).validate_python(text).isoformat()
    except ValidationError:
        return "refused"


COMPACT = "20261201"
seen = {
    "datetime.fromisoformat, compact": datetime.fromisoformat(COMPACT).isoformat(),
    "datetime, with hyphens": read(datetime, "2026-12-01"),
    "datetime, compact": read(datetime, COMPACT),
    "datetime, compact, from JSON": TypeAdapter(datetime).validate_json(f'"{COMPACT}"').isoformat(),
    "AwareDatetime, compact": read(AwareDatetime, COMPACT),
    "AwareDatetime, with hyphens": read(AwareDatetime, "2026-12-01"),
    "date, compact": read(date, COMPACT),
}
for what, answer in seen.items():
    print(f"{what:32} {answer}")
long_ago = "1970-08-23T12:06:41+00:00"
assert list(seen.values()) == [
    "2026-12-01T00:00:00", "2026-12-01T00:00:00", long_ago, long_ago, long_ago, "refused", "refused"
], seen
PY
