#!/usr/bin/env bash
# phonenumbers 9.0.43: a country's own numbers written with 00 and its own code are read as numbers of another country.
#
# Expected by a reader: `parse("0057 300 1234567", "CO")` is +573001234567, since 00 is the international prefix there, as it is in
# Chile, Peru or Spain, where the same form is read so; or it raises.
# Seen: where the prefix is followed by a carrier's code, digits of the country code are taken for a carrier: Colombia's 0057
# becomes 005 + 7, a Russian number; Brazil's 0055 11 becomes 00 55 + 1 1…, one of North America; Hong Kong's 00852 becomes
# +52, Singapore's 0065 becomes +5 8…, Venezuela. For Colombia and Brazil, Hong Kong and Singapore alike `is_possible_number` says
# True, so a base in that form, read with its own region, is written to strangers abroad. The same numbers with `+` are right,
# so 00 must be made a plus before the region is asked.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check phonenumbers==9.0.43
"$folder/venv/bin/python" - <<'PY'
import phonenumbers as p

EXPECTED = {  # (region, text): the number that is read
    ("CO", "0057 300 1234567"): "+73001234567",
    ("BR", "0055 11 98765-4321"): "+11987654321",
    ("HK", "00852 6123 4567"): "+5261234567",
    ("SG", "0065 8123 4567"): "+581234567",
    ("CL", "0056 9 8765 4321"): "+56987654321",
    ("PE", "0051 987 654 321"): "+51987654321",
}


def read(text, region):
    number = p.parse(text, region)
    return p.format_number(number, p.PhoneNumberFormat.E164), p.is_possible_number(number)


for (region, text), expected in EXPECTED.items():
    seen = read(text, region)
    plus = read("+" + text[2:], region)
    print(f"{region} {text!r:22} -> {seen[0]:14} possible {seen[1]}; with a plus -> {plus[0]}")
    assert seen == (expected, True), (text, seen)
    own = f"+{p.country_code_for_region(region)}"
    assert plus[0].startswith(own) and plus[1], (text, plus)
    assert (seen == plus) == (region in ("CL", "PE")), (text, seen)
PY
