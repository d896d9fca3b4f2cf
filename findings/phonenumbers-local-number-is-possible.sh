#!/usr/bin/env bash
# phonenumbers 9.0.43: a subscriber's local number behind a country code, without its area code, is "possible".
#
# Expected by a reader: `is_possible_number` rejects +54 2345-6789 (eight digits, Buenos Aires without the 11), because
# nobody can be reached under it from abroad.
# Seen: it answers True. The reason is IS_POSSIBLE_LOCAL_ONLY (4), and `is_possible_number` counts that as possible,
# although the number carries an explicit country code. In Brazil even the reason says IS_POSSIBLE (0), since eight
# digits are also the length of its toll-free services; so the reason alone is no remedy there.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check phonenumbers==9.0.43
"$folder/venv/bin/python" - <<'PY'
import phonenumbers

EXPECTED = {  # (possible, reason, valid)
    "+54 2345-6789": (True, phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY, False),
    "+52 5512 3456": (True, phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY, False),
    "+57 234 5678": (True, phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY, False),
    "+55 8765-4321": (True, phonenumbers.ValidationResult.IS_POSSIBLE, False),
}
for text, expected in EXPECTED.items():
    number = phonenumbers.parse(text, None)
    seen = (
        phonenumbers.is_possible_number(number),
        phonenumbers.is_possible_number_with_reason(number),
        phonenumbers.is_valid_number(number),
    )
    print(f"{text:15} -> possible={seen[0]} reason={seen[1]} valid={seen[2]}")
    assert seen == expected, (text, seen)
PY
