"""A file of consents: what each row says, and what is wrong with it."""

from datetime import UTC, datetime

import pytest

from shared.ground.errors import InputError
from shared.people.consent.claims import Claim, RejectedClaim, read_claims
from tests.factories import address


def read(text: str) -> list[Claim | RejectedClaim]:
    return list(read_claims(text.encode()))


@pytest.mark.parametrize(
    "text",
    [
        f"contact,source\n{address(1)},web_form\n",
        f"phone;SOURCE\r\n{address(1)};web_form\r\n",
        f"\ufeffTeléfono\tSource\n{address(1)}\tweb_form\n",
        f'source,contact_id\n"web_form",{address(1)}',
        f"contact,source,at,scope,evidence\n {address(1)} , web_form\n",
    ],
)
def test_tables_as_people_save_them(text: str) -> None:
    assert read(text) == [Claim(2, address(1), "web_form")]


def test_what_a_row_may_say() -> None:
    row = f"{address(1)},web_form,Marketing,2026-05-01T10:30:00Z,form-7"
    assert read(f"contact,source,scope,at,evidence\n{row}\n") == [
        Claim(2, address(1), "web_form", "marketing", datetime(2026, 5, 1, 10, 30, tzinfo=UTC), "form-7")
    ]


def test_a_time_without_an_offset_keeps_none() -> None:
    (claim,) = read(f"contact,source,at\n{address(1)},web_form,2026-05-01\n")
    assert isinstance(claim, Claim)
    assert claim.at == datetime(2026, 5, 1)  # noqa: DTZ001 (whose zone it is, is the tenant's to say)


@pytest.mark.parametrize(
    ("row", "reason"), [(f"{address(1)},,2026-05-01", "missing-source"), (f"{address(1)},web_form,May", "bad-time")]
)
def test_a_row_that_cannot_be_read_is_told_and_stops_no_other(row: str, reason: str) -> None:
    first, second = read(f"contact,source,at\n{row}\n\n{address(2)},agent,\n")
    assert isinstance(first, RejectedClaim)
    assert (first.line, first.reason) == (2, reason)
    assert second == Claim(4, address(2), "agent")
    assert "4155550001" not in first.detail


def test_a_row_of_two_lines_is_named_by_its_first() -> None:
    claims = read(f'contact,source,evidence\n{address(1)},a,"two\nlines"\n{address(2)},b,\n')
    assert [claim.line for claim in claims] == [2, 4]


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "empty-file"),
        (b"contact\n", "missing-column"),
        (b"source\n", "missing-column"),
        (b"contact,phone,source\n", "duplicate-column"),
        (b"contact,source,colour\n", "unknown-column"),
        (b'contact,source\nx,"y\n', "malformed-csv"),
        ("contact,source\nx,caf\u00e9\n".encode("latin-1"), "not-utf-8"),
    ],
)
def test_a_file_that_cannot_be_read(raw: bytes, code: str) -> None:
    with pytest.raises(InputError) as raised:
        list(read_claims(raw))
    assert raised.value.code == code


def test_a_first_line_that_names_the_separator_is_no_header() -> None:
    (claim,) = read_claims(b"sep=;\r\ncontact;source\r\n+14155550101;agent\r\n")
    assert isinstance(claim, Claim)
    assert (claim.contact, claim.source, claim.line) == ("+14155550101", "agent", 3)
