#!/usr/bin/env bash
# openpyxl 3.1.5: whether a numeric cell is an int or a float depends on how the writing program spelled it, not on its value.
#
# Expected by a reader: a workbook's number 14155550123 is an int when it is whole (as in a workbook that openpyxl wrote), so
# `str(cell.value)` is the phone number, whichever program made the file.
# Seen: `<v>14155550123</v>` is the int, `<v>1.4155550123E10</v>`, the same number as Java's Double.toString spells it, is the
# float 14155550123.0, and so is `<v>14155550123.0</v>`. Its text, "14155550123.0", given to a reader of phone numbers that
# drops punctuation, is a number with one digit more. A file that passes in tests says nothing about another program's file.
# python-calamine gives a float for each of them. So a whole float must become an int before it becomes text.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
    openpyxl==3.1.5 python-calamine==0.9.1 phonenumbers==9.0.43
"$folder/venv/bin/python" - <<'PY'
import io
import zipfile

import openpyxl
import phonenumbers
import python_calamine

NUMBER = 14155550123
workbook = openpyxl.Workbook()
workbook.active.append(["phone"])
workbook.active.append([NUMBER])
plain = io.BytesIO()
workbook.save(plain)


def spelled(spelling):
    """The same workbook, its number spelled otherwise."""
    copy = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(plain.getvalue())) as source, zipfile.ZipFile(copy, "w") as target:
        for name in source.namelist():
            part = source.read(name)
            if name.endswith("sheet1.xml"):
                assert b"<v>14155550123</v>" in part
                part = part.replace(b"<v>14155550123</v>", f"<v>{spelling}</v>".encode())
            target.writestr(name, part)
    return copy.getvalue()


seen = {}
for spelling in ("14155550123", "1.4155550123E10", "14155550123.0"):
    data = spelled(spelling)
    value = openpyxl.load_workbook(io.BytesIO(data)).active["A2"].value
    number = phonenumbers.parse(str(value), "US")
    seen[spelling] = (
        repr(value),
        phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164),
        repr(python_calamine.load_workbook(io.BytesIO(data)).get_sheet_by_index(0).to_python()[1][0]),
    )
    print(f"{spelling:16} openpyxl {seen[spelling][0]:14} parsed {seen[spelling][1]:14} calamine {seen[spelling][2]}")
calamine = "14155550123.0"
assert seen == {
    "14155550123": ("14155550123", "+14155550123", calamine),
    "1.4155550123E10": ("14155550123.0", "+141555501230", calamine),
    "14155550123.0": ("14155550123.0", "+141555501230", calamine),
}, seen
PY
