#!/usr/bin/env bash
# phonenumbers 9.0.43: is_number_match() does not know the two forms under which WhatsApp names one mobile line.
#
# WhatsApp reports (`wa_id`) a Brazilian mobile without the ninth digit, an Argentine one with or without the 9 after +54,
# and a Mexican one with the 1 after +52 that the numbering plan dropped in 2019; address books hold the other form.
# Expected by a reader of the manual: is_number_match() says for each pair that it is the same line, or for each that it is
# not; and a `wa_id` is at least a possible number.
# Seen: Argentina and Mexico are SHORT_NSN_MATCH (2), Brazil is NO_MATCH (1); and Mexico's `wa_id` is not even possible,
# so that a gateway which checks the senders of answers with is_possible_number() drops each answer from such a line.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check phonenumbers==9.0.43
"$folder/venv/bin/python" - <<'PY'
import phonenumbers as p

lines = {"AR": ("+541123456789", "+5491123456789"), "BR": ("+555387654321", "+5553987654321"), "MX": ("+5215512345678", "+525512345678")}
seen = {
    country: (p.is_number_match(heard, known), p.is_possible_number(p.parse(heard)), p.is_possible_number(p.parse(known)))
    for country, (heard, known) in lines.items()
}
for country, (match, heard, known) in seen.items():
    print(f"{country}: is_number_match {match}; wa_id possible: {heard}; the other form possible: {known}")
expected = {
    "AR": (p.MatchType.SHORT_NSN_MATCH, True, True),
    "BR": (p.MatchType.NO_MATCH, True, True),
    "MX": (p.MatchType.SHORT_NSN_MATCH, False, True),
}
assert seen == expected, f"the behaviour has changed: {seen}"
PY
