#!/usr/bin/env bash
# phonenumbers 9.0.43: a remark beside a phone number becomes part of the number, and the result still counts as possible.
#
# Expected by a reader: `parse("+598 99 123 456 (Ana)")` raises, or drops the remark.
# Seen: from three letters on, letters are read as on a telephone's keypad (A=2, n=6, a=2): +59899123456262. Fewer than
# three are dropped. `/7`, meant as a second number, and `.00`, left by a spreadsheet, are appended as digits.
# `is_possible_number` says True for each, so a base checked with it writes to strangers. `is_valid_number` says False
# for these, but also for many real numbers of new ranges, so it is no cure for international forms.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check phonenumbers==9.0.43
"$folder/venv/bin/python" - <<'PY'
import phonenumbers

EXPECTED = {
    "+598 99 123 456 (Ana)": ("+59899123456262", True),
    "+598 99 123 456 wsp": ("+59899123456977", True),
    "+598 99 123 456 p1": ("+598991234561", True),
    "+598 99 123 456/7": ("+598991234567", True),
    "+598 99 123 456.00": ("+5989912345600", True),
}
for text, expected in EXPECTED.items():
    number = phonenumbers.parse(text, None)
    seen = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), phonenumbers.is_possible_number(number)
    print(f"{text!r:28} -> {seen}")
    assert seen == expected, (text, seen)
PY
