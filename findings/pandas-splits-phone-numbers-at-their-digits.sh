#!/usr/bin/env bash
# pandas 3.1.1: `read_csv(sep=None, engine="python")` on a file with one column of phone numbers splits inside the header or number.
#
# Expected by a reader: with `sep=None` the delimiter is found from the text; a file of one column has none, so each line is
# one value (or the call raises, as csv.Sniffer does on the whole text).
# Seen: pandas shows the sniffer the first line only, and takes what it answers: `p` for the header `phone` (the column is
# then called `hone` and is empty, the numbers stand under `Unnamed: 0`), or a digit for a file without a header. Neither
# `dtype=str` nor a second column that follows later helps; with a real delimiter in the first line all is well. A base of
# one column is the commonest upload of a campaign.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check pandas==3.1.1 numpy==2.4.6
"$folder/venv/bin/python" - <<'PY'
import csv
import io

import pandas

NUMBERS = ["+14155550123", "+14155550124", "+14155550177"]


def read(lines):
    return pandas.read_csv(io.StringIO("\n".join(lines) + "\n"), sep=None, engine="python", dtype=str)


def sniffed(lines):
    try:
        return csv.Sniffer().sniff("\n".join(lines) + "\n").delimiter
    except csv.Error:
        return "csv.Error"


table = read(["phone", *NUMBERS])
print("a header and numbers:", table.to_dict("list"), "; csv.Sniffer on the whole:", sniffed(["phone", *NUMBERS]))
assert list(table.columns) == ["Unnamed: 0", "hone"], table
assert list(table["Unnamed: 0"]) == NUMBERS and table["hone"].isna().all(), table
assert sniffed(["phone", *NUMBERS]) == "csv.Error"

bare = read([number[1:] for number in NUMBERS])
print("numbers without a header:", list(bare.columns), bare.to_numpy().tolist())
assert len(bare.columns) > 1, bare
assert not bare.isin([number[1:] for number in NUMBERS]).to_numpy().any(), bare  # no cell holds a whole number

two = read(["phone;name", *(f"{number};Ana" for number in NUMBERS)])
print("two columns:", list(two.columns))
assert list(two["phone"]) == NUMBERS, two
PY
