"""The demo's base: the same recipe at every size, with four contacts that are not like the others."""

import csv
import io

import pytest

from shared.ground.phone import InvalidPhone, parse
from workers.cli.demo.base import MAX_CONTACTS, MIN_CONTACTS, NOT_A_NUMBER, build_base
from workers.cli.demo.configuration import FOLDER

SIZES = [MIN_CONTACTS, 6, 7, 60, 100, 2_000, MAX_CONTACTS]


def rows(contacts, placeholders=("1", "2")):
    return list(csv.DictReader(io.StringIO(build_base(contacts, placeholders).text)))


def number(row):
    try:
        return parse(row["phone"], "US")
    except InvalidPhone:
        return None


@pytest.mark.parametrize("contacts", SIZES)
def test_every_size_has_the_four_odd_ones_and_no_other(contacts):
    found = rows(contacts)
    numbers = [number(row) for row in found]

    assert len(found) == contacts
    assert [row["phone"] for row, parsed in zip(found, numbers, strict=True) if parsed is None] == [NOT_A_NUMBER]
    assert len(set(numbers)) == contacts - 1  # None, and everybody else once, but for one
    assert [row["opt_in_source"] for row in found].count("") == 1
    assert numbers.count(build_base(contacts).not_on_whatsapp) == 1


@pytest.mark.parametrize("contacts", SIZES)
def test_the_odd_ones_are_different_rows(contacts):
    found = rows(contacts)
    without_opt_in = next(row for row in found if not row["opt_in_source"])

    assert number(without_opt_in) not in {None, number(found[0]), build_base(contacts).not_on_whatsapp}
    assert build_base(contacts).not_on_whatsapp != number(found[0])


@pytest.mark.parametrize("contacts", SIZES)
def test_every_number_is_made_up_and_none_is_the_senders(contacts):
    numbers = {number(row) for row in rows(contacts)} - {None}

    assert all(one.startswith("+1415555") and len(one) == 12 for one in numbers)
    assert "+14155550100" not in numbers


def test_the_file_in_the_repository_is_the_recipe_for_a_hundred():
    assert (FOLDER / "base.csv").read_text(encoding="utf-8") == build_base(100).text


def test_columns_follow_the_template():
    assert rows(5, ("first_name", "2", "x"))[0]["first_name"] == "Crystal Lounge"


@pytest.mark.parametrize("contacts", [0, MIN_CONTACTS - 1, MAX_CONTACTS + 1])
def test_other_sizes_are_refused(contacts):
    with pytest.raises(ValueError, match="from"):
        build_base(contacts)
