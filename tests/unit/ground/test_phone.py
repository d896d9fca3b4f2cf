"""Numbers: what people write, and one form for a person's national variants."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.ground.phone import InvalidPhone, canonicalize, is_user_id, mask, parse


@pytest.mark.parametrize(
    ("text", "region", "expected"),
    [
        ("+1 (415) 555-0123", None, "+14155550123"),
        ("0014155550123", None, "+14155550123"),
        ("whatsapp:+14155550123", None, "+14155550123"),
        ("  +14155550123\n", None, "+14155550123"),
        ("(415) 555-2671", "US", "+14155552671"),
        ("099 123 456", "UY", "+59899123456"),
        ("11 15-2345-6789", "AR", "+5491123456789"),
        ("+52 1 55 1234 5678", None, "+525512345678"),
        ("whatsapp:+5215512345678", "US", "+525512345678"),
        ("55 1234 5678", "MX", "+525512345678"),
        (" US.13491208655302741918 ", "US", "US.13491208655302741918"),
    ],
)
def test_what_people_write(text: str, region: str | None, expected: str) -> None:
    assert parse(text, region) == expected


@pytest.mark.parametrize(
    ("text", "region", "reason"),
    [
        ("", None, "missing"), ("   ", "US", "missing"), ("whatsapp:", None, "missing"),
        ("4155550123", None, "no-country"), ("1 415 555 0123", "MX", "no-country"), ("14155550123", "MX", "no-country"),
        ("1 55 1234 5678", "MX", "no-country"), ("34612345678", "DE", "no-country"), ("59899123456", "AT", "no-country"),
        ("99987-6543 (11)", "BR", "not-a-number"), ("3333-4444 (11)", "BR", "not-a-number"),
        ("5512-3456 (55)", "MX", "not-a-number"), ("6123 4567 (9)", "CL", "not-a-number"),
        ("305-4567 (212)", "US", "not-a-number"), ("2345-6789 (11)", "AR", "not-a-number"),
        ("hello", "US", "not-a-number"), ("+1415", None, "impossible"),
        ("+999123456789", None, "no-country"), ("12", "US", "impossible"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_number(text: str, region: str | None, reason: str) -> None:
    with pytest.raises(InvalidPhone) as raised:
        parse(text, region)
    assert raised.value.reason == reason


@pytest.mark.parametrize(
    "text",
    [
        "+54 2345-6789", "+52 5512 3456", "+57 234 5678", "+55 8765-4321", "+55 98765-4321", "+54 15 2345-6789",
        "+598 123 4567", "+598 2345", "+598 99 123 456 7", "+1 555-0123", "+55 4004 1234", "0055 8765 4321",
    ],
)  # fmt: skip
def test_a_country_before_a_number_without_its_area_is_impossible(text: str) -> None:
    for region in (None, "UY", "BR"):
        with pytest.raises(InvalidPhone) as raised:
            parse(text, region)
        assert raised.value.reason == "impossible"


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("334 3306005 (2)", "IT"), ("334 3306005 - 2", "IT"), ("+39 334 3306005  2", None), ("+39 334 3306005 [18]", None),
        ("+39 334 3306005 9-18", None), ("+49 151 19049318 - 2", None), ("+49 (0) 151 19049318 (2)", None),
        ("2) 030 1234567", "DE"), ("(2) 9 11 5462-3947", "AR"), ("2. 9 11 5462-3947", "AR"), ("2 - 9 11 5462-3947", "AR"),
        ("2/ 9 11 5462-3947", "AR"), ("031 96608-5396 - 2", "BR"), ("+55 (031) 96608-5396 2", None), ("2345-6789/90", "AR"),
    ],
)  # fmt: skip
def test_a_note_of_digits_beside_a_number_makes_it_no_strangers(text: str, region: str | None) -> None:
    with pytest.raises(InvalidPhone):
        parse(text, region)


@pytest.mark.parametrize(
    ("text", "region", "expected"),
    [
        ("030 12 34 56 78", "DE", "+493012345678"), ("0171 123 45 67", "DE", "+491711234567"),
        ("030 123456-0", "DE", "+49301234560"), ("1 (415) 555-2671", "US", "+14155552671"),
        ("9 11 5462-3947", "AR", "+5491154623947"), ("55 1234 5678", "MX", "+525512345678"),
        ("338 12 34 56 7", "IT", "+393381234567"), ("6 12 34 56 78", "FR", "+33612345678"),
        ("+43 (1) 513 12 34", None, "+4315131234"), ("*+598 99 123 456*", None, "+59899123456"),
        ("+598 99 123 456:", None, "+59899123456"), ("8 (912) 345-67-89", "RU", "+79123456789"),
    ],
)  # fmt: skip
def test_short_groups_that_belong_to_a_number_stay(text: str, region: str, expected: str) -> None:
    assert parse(text, region) == expected


@pytest.mark.parametrize("text", ["+39 334 3306005 1", "+39334330600511", "334330600511"])
def test_the_voice_mail_of_a_number_is_nobodys_number(text: str) -> None:
    with pytest.raises(InvalidPhone):
        parse(text, "IT")


@pytest.mark.parametrize(
    ("text", "region", "expected"),
    [
        ("4915119049318", "DE", "+4915119049318"), ("49 151 19049318", "DE", "+4915119049318"),
        ("04915 119049", "DE", "+494915119049"), ("3902330917", "IT", "+393902330917"),
        ("59899123456", "UY", "+59899123456"),
    ],
)  # fmt: skip
def test_a_mobile_with_its_country_code_is_no_landline_of_a_stranger(text: str, region: str, expected: str) -> None:
    assert parse(text, region) == expected


@pytest.mark.parametrize(
    "text", ["553187654321", "+553187654321", "55 31 8765-4321", "3187654321", "(31) 8765-4321", "031 8765-4321"]
)
def test_a_brazilian_without_the_ninth_digit_is_taken_without_plus_as_with_it(text: str) -> None:
    assert canonicalize(parse(text, "BR")) == "+5531987654321"


@pytest.mark.parametrize("text", ["551187654321", "555587654321", "5511987654321", "551132654321"])
def test_the_number_by_which_whatsapp_names_a_brazilian_is_taken_without_plus(text: str) -> None:
    assert parse(text, "BR") == f"+{text}"


@given(st.text(max_size=40), st.none() | st.sampled_from(["US", "UY", "BR", "XX", ""]))
@example("٤١٥٥٥٥٠١٢٣", "US")
@example("+" * 40, None)
def test_any_text_is_a_number_or_a_verdict(text: str, region: str | None) -> None:
    try:
        number = parse(text, region)
    except InvalidPhone as raised:
        verdict: InvalidPhone | None = raised
    else:
        verdict = None
        assert re.fullmatch(r"\+[0-9]+", number) or is_user_id(number)
    assert verdict is None or verdict.reason in {"missing", "no-country", "not-a-number", "impossible"}


@pytest.mark.parametrize(
    ("variants", "expected"),
    [
        (["+555591234567", "+5555991234567"], "+5555991234567"),
        (["+541123456789", "+5491123456789"], "+5491123456789"),
        (["+5215512345678", "+525512345678"], "+525512345678"),
        (["+14155550123"], "+14155550123"),
        (["+555531234567"], "+555531234567"),
        (["US.13491208655302741918"], "US.13491208655302741918"),
        (["+1 415 555 0123", "+1-415-555-0123"], "+14155550123"),
    ],
)
def test_one_form_for_all_variants(variants: list[str], expected: str) -> None:
    assert {canonicalize(variant) for variant in variants} == {expected}


@pytest.mark.parametrize(
    "address", ["+5215512345678", "+525512345678", "+555591234567", "+541123456789", "+5491123456789"]
)
def test_whoever_writes_to_us_can_be_named_by_that_number(address: str) -> None:
    assert canonicalize(parse(address, None)) == canonicalize(address)


@given(st.text(max_size=30) | st.from_regex(r"\A\+(55|54|52|1)[0-9]{8,11}\Z"))
def test_the_canonical_form_is_its_own(address: str) -> None:
    assert canonicalize(canonicalize(address)) == canonicalize(address)


@given(st.text(st.sampled_from("0123456789 -+٣²a"), max_size=20))
def test_decoration_changes_no_canonical_form(text: str) -> None:
    assert canonicalize(f"+{text}") == canonicalize("+" + re.sub(r"\D", "", text))


@given(st.from_regex(r"\A\+[1-9][0-9]{7,14}\Z"))
def test_a_masked_number_cannot_be_read(address: str) -> None:
    hidden = mask(address)
    assert len(hidden) == len(address)
    assert sum(character.isdigit() for character in hidden) <= 6
    assert hidden.count("*") == len(address) - 7
