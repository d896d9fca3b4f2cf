"""Aliases: which addresses can be one person's."""

from collections.abc import Sequence

import pytest

from shared.ground.ids import SenderId
from shared.people.aliases import MAX_USER_IDS, Claim, Refusal, Source, claim_from_text, is_variant, why_two
from tests.stores import START

USER, OTHER, PARENT = "US.1001", "US.1002", "US.ENT.9001"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("+5555991234567", "+555591234567"),  # Brazil's ninth digit
        ("+5215512345678", "+525512345678"),  # Mexico's 1
        ("+5491123456789", "+541123456789"),  # Argentina's 9
        ("+2290195123456", "+22995123456"),  # Benin's 01 of 2024
        ("+2250712345678", "+22512345678"),  # Côte d'Ivoire's two digits of 2021
    ],
)
def test_national_variants_of_one_number_are_one_person(one: str, other: str) -> None:
    assert is_variant(one, other)
    assert is_variant(other, one)
    assert why_two([one], [other]) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("+14155550101", "+14155550102"),
        ("+14155550101", "+5514155550101"),
        ("+14155550101", "+141555501010"),
        ("+22901951234567", "+22995123456"),
        ("+5555991234567", "+5555991234568"),
    ],
)
def test_two_different_numbers_are_two_persons(one: str, other: str) -> None:
    assert not is_variant(one, other)
    assert why_two([one], [other]) is Refusal.OTHER_NUMBER
    assert why_two([one, USER], [other]) is Refusal.OTHER_NUMBER


@pytest.mark.parametrize(
    ("one", "other"), [([USER], ["+14155550101"]), ([USER], [PARENT]), ([USER, "+14155550101"], [OTHER, PARENT])]
)
def test_user_ids_and_a_number_can_be_one_person(one: Sequence[str], other: Sequence[str]) -> None:
    assert why_two(one, other) is None


def test_nobody_has_more_user_ids_than_portfolios_and_registrations_explain() -> None:
    many = [f"US.{number}" for number in range(MAX_USER_IDS)]
    assert why_two(["+14155550101"], many) is None
    assert why_two(["+14155550101", USER], many) is Refusal.MANY_USER_IDS


def test_a_claim_survives_its_storage() -> None:
    for claim in (Claim(Source.STATUS, SenderId("clinic"), START), Claim(Source.CALLER, None, START)):
        assert claim_from_text(claim.to_text()) == claim
