"""Cells that a spreadsheet would run, and the numbers that it may have."""

import csv
import io

import pytest

from shared.ground.errors import InputError
from shared.ground.tables import csv_line, decode, named_separator, separator_of


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("plain", "plain"),
        ("", ""),
        ("+14155550123", "+14155550123"),
        ("-5", "-5"),
        ("+3.25", "+3.25"),
        ("=1+1", "'=1+1"),
        ("+1+1", "'+1+1"),
        ("-cmd|' /C calc'!A0", "'-cmd|' /C calc'!A0"),
        ("@SUM(A1)", "'@SUM(A1)"),
        (" =1", "' =1"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("\n=1", "'\n=1"),
        ("+598 99 123", "'+598 99 123"),
        ("1=1", "1=1"),
        ('a "quoted", cell', 'a "quoted", cell'),
        ("two\nlines", "two\nlines"),
        ("ñandú", "ñandú"),
    ],
)
def test_a_cell(cell, written):
    ((first, second),) = csv.reader(io.StringIO(csv_line([cell, "x"]), newline=""))

    assert (first, second) == (written, "x")


def test_a_line_ends_as_rfc_4180_says():
    assert csv_line(["a", "b"]) == "a,b\r\n"


@pytest.mark.parametrize(
    ("header", "separator"),
    [
        ("phone,1,2", ","),
        ("phone;a,b,c", ";"),
        ("Tel\u00e9fono\tname, first", "\t"),
        ("a;b;c", ";"),
        ("contact", ","),
    ],
)
def test_the_separator_is_the_one_that_gives_a_phone_column(header, separator):
    assert separator_of(header) == separator


@pytest.mark.parametrize(
    ("line", "separator"),
    [
        ("sep=;", ";"),
        ("SEP=,\r\n", ","),
        ("sep=\t\n", "\t"),
        ('"sep=;"', ";"),
        ("sep=;;;;", ";"),
        ("sep=x", None),
        ("phone;sep=;", None),
    ],
)
def test_a_first_line_may_name_the_separator(line, separator):
    assert named_separator(line) == separator


@pytest.mark.parametrize(
    ("raw", "remedy"),
    [
        ("teléfono;1\n".encode("utf-16"), "iconv -f UTF-16 -t UTF-8"),
        ("teléfono;1\n".encode("utf-16-be"), "iconv -f UTF-16 -t UTF-8"),
        (b"\xfe\xff\x00p", "iconv -f UTF-16 -t UTF-8"),
        ("phone;1\n".encode("utf-16-le"), "iconv -f UTF-16 -t UTF-8"),
        (b"\xff", "iconv -f UTF-16 -t UTF-8"),
        ("teléfono;1\n".encode("cp1252"), "iconv -f WINDOWS-1252 -t UTF-8"),
        (b"PK\x03\x04\x14\x00\x06\xff", "Save the sheet"),
        (b"PK\x03\x04\x14\x00", "Save the sheet"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "Save the sheet"),
    ],
)
def test_a_file_in_another_encoding_is_told_its_own_remedy(raw, remedy):
    with pytest.raises(InputError) as refused:
        decode(raw, 0)
    assert refused.value.code == "not-utf-8"
    assert remedy in refused.value.detail
    assert ("1252" in refused.value.detail) is ("1252" in remedy)
