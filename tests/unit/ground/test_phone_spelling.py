"""A phone cell: what may stand around a number, and what makes it somebody else's."""

import re
from datetime import UTC, datetime, timedelta

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ground.phone import canonicalize, guess_address, parse
from shared.ground.phone_spelling import MAX_CELL_CHARACTERS, REMEDIES, Cause, InvalidPhone

ANA = "+59899123456"
EIGHT_DIGITS = (
    "UY",
    "PY",
    "CR",
    "DE",
    "PE",
    "PA",
    "GT",
    "BO",
    "NO",
    "DK",
    "SG",
    "HN",
)  # or, in some, as many with a landline
FIRST_DAY = datetime(1950, 1, 1, tzinfo=UTC)
REGIONS = ("UY", "PY", "CR", "DE", "BR", "AR", "CL", "MX", "ES", "US", "NO", "FR")


def refusal(text: str, region: str | None = None) -> InvalidPhone:
    with pytest.raises(InvalidPhone) as raised:
        parse(text, region)
    return raised.value


@pytest.mark.parametrize("region", [None, "UY"])
@pytest.mark.parametrize(
    ("behind", "cause"),
    [
        (" (Ana)", Cause.LETTERS), (" wsp", Cause.LETTERS), (" xyz", Cause.LETTERS), ("abc", Cause.LETTERS),
        (" p1", Cause.LETTERS), ("w12", Cause.LETTERS), (" x12", Cause.LETTERS), (" ext", Cause.LETTERS),
        (" о Анна", Cause.LETTERS), ("º", Cause.LETTERS), ("/7", Cause.SEVERAL), (" / 099 654 321", Cause.SEVERAL),
        (", 099 654 321", Cause.SEVERAL), ("; 7", Cause.SEVERAL), (" | 7", Cause.SEVERAL), ("\n7", Cause.SEVERAL),
        ("☎7", Cause.SEVERAL), (" +59899654321", Cause.SEVERAL), (".00", Cause.AMOUNT), (",00", Cause.AMOUNT),
        (".0", Cause.AMOUNT), ("#7", None), ("*7", None), ("~7", None), ("①", None),
    ],
)  # fmt: skip
def test_a_cell_with_more_than_a_number_is_nobodys_number(behind: str, cause: Cause | None, region: str | None) -> None:
    for number in ("+598 99 123 456", "59899123456") if region else ("+598 99 123 456",):
        refused = refusal(f"{number}{behind}", region)
        assert (refused.reason, refused.cause) == ("not-a-number", cause)


@pytest.mark.parametrize(
    "text", ["+598 99 12O 456", "+598 99 I23 456", "O99 123 456", "Cel. 099 123 456", "+1 800 FLOWERS"]
)
def test_letters_in_place_of_digits_are_refused(text: str) -> None:
    assert refusal(text, "UY").cause is Cause.LETTERS


@pytest.mark.parametrize("text", ["5,98991E+11", "5.98991E+11", "5,98991234e11", "+5.98991E11", " 6E+10 "])
def test_a_number_that_a_spreadsheet_rounded_is_named_as_that(text: str) -> None:
    assert refusal(text, "UY").cause is Cause.SCIENTIFIC
    assert "spreadsheet" in REMEDIES[Cause.SCIENTIFIC]
    assert "as text" in REMEDIES[Cause.SCIENTIFIC]


@pytest.mark.parametrize("text", ["59.899.123.456,00", "59,899,123,456", "59,899,123,456.00", "59899123456.5"])
def test_a_number_that_a_spreadsheet_wrote_as_an_amount_is_named_as_that(text: str) -> None:
    assert refusal(text, "UY").cause is Cause.AMOUNT


@pytest.mark.parametrize(
    "text",
    [
        "12345678.90", "22345678.90", "22345678,90", "2234567.8", "1234567,8", "45363.5", "$ 12.345.678", "$22345678",
        "US$ 2234567", "R$ 22.345.678", "₲ 22.345.678", "22345678 €", "₡22,345,678", "2.234.567,80",
    ],
)  # fmt: skip
def test_an_amount_is_nobodys_number(text: str) -> None:
    for region in EIGHT_DIGITS:
        assert refusal(text, region).cause is Cause.AMOUNT


@pytest.mark.parametrize(
    "text",
    [
        "12/03/2024", "12/3/2024", "3/12/24", "2024-03-12", "2024/03/12", "2024.3.12", "12.03.2024", "12-03-2024",
        "(12/03/2024)", "24-03-2021", "03/24/2021", "2024-03-12 10:30", "2024-03-12 10:30:00", "2024-03-12T10:30:00.000Z",
        "12/03/2024, 1:05 p. m.", "2024-03-12T10:30:00+00:00", "12.03.2024 9:30", "20240312103000", "20240312T103000Z",
        "20240312 10:30", "'2024-03-12", "1972-11-30", "2024–03–12",
        "22 / 03 / 2024", "22. 03. 2024", "22 - 03 - 2024", "2024. 03. 12.", "2024 / 03 / 12",
    ],
)  # fmt: skip
def test_a_date_is_nobodys_number(text: str) -> None:
    for region in (*EIGHT_DIGITS, None):
        refused = refusal(text, region)
        assert (refused.reason, refused.cause) == ("not-a-number", Cause.DATE)
        assert guess_address(text, region) is None
    assert "date" in REMEDIES[Cause.DATE]


@given(
    st.integers(0, 50_000).map(lambda days: FIRST_DAY + timedelta(days, seconds=days)),
    st.sampled_from(["%d/%m/%Y", "%m/%d/%Y", "%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%d-%m-%Y", "%d/%m/%y"]),
    st.sampled_from(["", " %H:%M", " %H:%M:%S", "T%H:%M:%S", " %H:%M:%S.%f"]),
    st.sampled_from(EIGHT_DIGITS),
)
def test_no_date_of_any_form_is_a_number(day: datetime, form: str, time: str, region: str) -> None:
    assert refusal(day.strftime(form + time), region).cause is Cause.DATE


@pytest.mark.parametrize(
    ("text", "region", "address"),
    [
        ("20240312", "UY", "+59820240312"), ("2024 0312", "UY", "+59820240312"), ("2024-0312", "UY", "+59820240312"),
        ("24 03 2021", "UY", "+59824032021"), ("20 24 03 12", "DK", "+4520240312"), ("20-24-03-12", "DK", "+4520240312"),
        ("20.24.03.12", "DK", "+4520240312"), ("2024-13-12", "UY", "+59820241312"), ("31-13-2024", "NO", "+4731132024"),
        ("99.12.34.56", "UY", "+59899123456"), ("99-12-34-56", "UY", "+59899123456"), ("22.345.678", "UY", "+59822345678"),
        ("0991 234 567", "EC", "+593991234567"), ("202403121030", "DE", "+49202403121030"),
        ("+598 2024-03-12", None, "+59820240312"),
    ],
)  # fmt: skip
def test_a_number_that_could_be_a_date_is_a_number(text: str, region: str | None, address: str) -> None:
    assert parse(text, region) == address


def _grouped(digits: str) -> list[str]:
    """The eight groupings in which people write a national number most: whole, in halves, by four from the end, by three
    and by two, with blanks, hyphens and dots.
    """
    half, pairs = len(digits) // 2, [digits[i : i + 2] for i in range(0, len(digits), 2)]
    threes = [digits[max(0, end - 3) : end] for end in range(len(digits), 0, -3)][::-1]
    return [
        digits, f"{digits[:half]} {digits[half:]}", f"{digits[:-4]}-{digits[-4:]}", f"({digits[:-6]}) {digits[-6:]}",
        " ".join(threes), ".".join(threes), "-".join(pairs), ".".join(pairs),
    ]  # fmt: skip


@given(st.sampled_from(REGIONS), st.booleans(), st.integers(0, 10**6 - 1))
def test_every_usual_grouping_of_a_valid_number_is_taken(region: str, is_mobile: bool, ending: int) -> None:
    kind = phonenumbers.PhoneNumberType.MOBILE if is_mobile else phonenumbers.PhoneNumberType.FIXED_LINE
    example = phonenumbers.example_number_for_type(region, kind)
    assert example is not None
    national = phonenumbers.national_significant_number(example)
    number = phonenumbers.parse(f"+{example.country_code}{national[:-6]}{ending:06}")
    if not phonenumbers.is_valid_number(number):
        return
    address = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    dialled = re.sub(r"\D", "", phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL))
    for spelled in _grouped(dialled):
        assert canonicalize(parse(spelled, region)) == canonicalize(address)


@pytest.mark.parametrize(
    "text",
    [
        "tel:+598-99-123-456", "Tel: +598 99 123 456", "tel:099123456;phone-context=+598", "tel:+59899123456;ext=7",
        "whatsapp:+59899123456", "WhatsApp:+59899123456", "https://wa.me/59899123456", "wa.me/59899123456?text=Hola%207",
        "http://www.wa.me/+598-99-123-456/", "https://api.whatsapp.com/send?phone=59899123456&text=hola",
        "https://web.whatsapp.com/send/?text=7&phone=%2B59899123456", "whatsapp://send?phone=59899123456",
    ],
)  # fmt: skip
def test_links_that_hold_a_number_are_that_number_in_any_region(text: str) -> None:
    assert {parse(text, region) for region in (None, "UY", "US", "BR")} == {ANA}


@pytest.mark.parametrize(
    "text", ["wa.me/message/ABC123XYZ", "https://wa.me/", "https://wa.me/qr/7", "https://example.com/59899123456"]
)
def test_links_without_a_number_are_refused(text: str) -> None:
    assert refusal(text, "UY").reason == "not-a-number"


@pytest.mark.parametrize(
    "behind",
    [
        " ext. 7",
        " ext 12",
        " ext7",
        " Ext: 7",
        ", ext. 7",
        ";ext=7",
        " extensión 7",
        " int. 12",
        " anexo 3",
        " ramal 44",
    ],
)
def test_a_written_out_extension_is_left_out(behind: str) -> None:
    assert parse(f"+598 99 123 456{behind}", None) == ANA
    assert parse(f"099 123 456{behind}", "UY") == ANA


@pytest.mark.parametrize(
    "text",
    [
        "\u202a+59899123456\u202c", "\ufeff+598\u200b99\u00ad123456", "＋598 99 123 456", "'+59899123456", '="59899123456"',
        "=+59899123456", "(+598) 99 123-456", "+598 99–123–456", "++598 99 123 456", "<+59899123456>", "☎ +598 99 123 456;",
        "+598 (0) 99 123 456", "59.899.123.456", "00598 99 123 456",
    ],
)  # fmt: skip
def test_marks_around_a_number_change_nothing(text: str) -> None:
    assert parse(text, "UY") == ANA


@pytest.mark.parametrize(
    ("text", "region", "expected"), [("030/1234567", "DE", "+49301234567"), ("(11) 4567/8901", "AR", "+541145678901")]
)
def test_a_slash_behind_an_area_code_is_punctuation(text: str, region: str, expected: str) -> None:
    assert parse(text, region) == expected


def test_a_cell_of_any_length_is_judged_at_once() -> None:
    for text in ("1" + "," * 60_000, "9" * 60_000, "+" * 60_000, " " * 60_000 + "x", "1," * (MAX_CELL_CHARACTERS // 2)):
        assert refusal(text, "UY").reason == "not-a-number"


@pytest.mark.parametrize("text", ["+598 99 123 456 (Ana)", "099 123 456 p1", "+598 99 123 456/7", "59899123456.00"])
def test_the_contact_of_a_refused_cell_is_guessed_for_the_report(text: str) -> None:
    assert guess_address(text, "UY") == ANA


@pytest.mark.parametrize("text", ["+598 99 12O 456", "5,98991E+11", "Ana", ""])
def test_no_contact_is_guessed_from_less_than_a_number(text: str) -> None:
    assert guess_address(text, "UY") is None
