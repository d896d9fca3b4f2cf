"""A phone cell: what may stand around a number, and what makes it somebody else's."""

import pytest

from shared.ground.phone import guess_address, parse
from shared.ground.phone_spelling import MAX_CELL_CHARACTERS, REMEDIES, Cause, InvalidPhone

ANA = "+59899123456"


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
