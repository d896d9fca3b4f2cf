"""Cells that a spreadsheet would run, and the numbers that it may have."""

import csv
import io

import pytest

from shared.ground.tables import csv_line, separator_of


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
