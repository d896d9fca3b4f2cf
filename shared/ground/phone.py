"""Phone numbers: from human spelling to E.164, and from national variants to one canonical form.

Owns parsing and canonical forms. `canonicalize` is total: a number that a provider reports is never rejected.
Source: ITU-T E.164; WhatsApp reports some numbers with and without a national extra digit.
"""

import re

import phonenumbers

MEXICO = 52
_USER_ID = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}")  # ENT: an id for a group of businesses
_DIGITS = re.compile(r"\D+")


class InvalidPhone(Exception):  # noqa: N818 (a verdict on a row, not a fault of the program)
    """*Shape*: `reason` is one of `missing`, `no-country`, `not-a-number`, `impossible`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def parse(text: str, region: str | None) -> str:
    """A number in human spelling, as `+<E.164>`. A business-scoped user id is returned unchanged.

    region: ISO 3166 alpha-2 for numbers without `+` (and without `00`); None accepts international forms only.
    *Raises*: InvalidPhone.
    """
    text = text.strip().removeprefix("whatsapp:")
    if not text:
        raise InvalidPhone("missing")
    if is_user_id(text):
        return text
    if text.startswith("00"):
        text = "+" + text[2:]
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as error:
        no_country = error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE
        raise InvalidPhone("no-country" if no_country else "not-a-number") from None
    _drop_mexicos_one(number)
    is_plausible = phonenumbers.is_possible_number if text.startswith("+") else phonenumbers.is_valid_number
    if not is_plausible(number):  # a national form must be valid: 1415… without + would be another number in Uruguay
        raise InvalidPhone("impossible")
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def is_region(name: str) -> bool:
    """Whether this is a country (ISO 3166 alpha-2) whose national numbers `parse` can read.

    >>> is_region("UY"), is_region("uy")
    (True, False)
    """
    return name in phonenumbers.SUPPORTED_REGIONS


def is_user_id(text: str) -> bool:
    """Whether this is a business-scoped user id (BSUID): WhatsApp gives one to people who hide their number.

    >>> is_user_id("US.13491208655302741918"), is_user_id("US.ENT.11815799212886844830"), is_user_id("+14155550123")
    (True, True, False)
    """
    return _USER_ID.fullmatch(text) is not None


def _drop_mexicos_one(number: phonenumbers.PhoneNumber) -> None:
    """Remove the 1 of +52 1: WhatsApp still reports it for mobile numbers, the numbering plan dropped it in 2019."""
    digits = str(number.national_number)
    if number.country_code == MEXICO and len(digits) == 11 and digits.startswith("1"):  # noqa: PLR2004 (1 + 10 digits)
        number.national_number = int(digits[1:])


def canonicalize(address: str) -> str:
    """The canonical form of all national variants of a number: with Brazil's 9 and Argentina's 9, without Mexico's 1.

    An address without + (a business-scoped user id such as `US.13491208655302741918`) is returned unchanged.

    >>> canonicalize("+555591234567"), canonicalize("+5555991234567")
    ('+5555991234567', '+5555991234567')
    >>> canonicalize("+541123456789"), canonicalize("+5215512345678")
    ('+5491123456789', '+525512345678')
    """
    if not address.startswith("+"):
        return address
    digits = _DIGITS.sub("", address)
    if digits.startswith("55") and len(digits) == 12 and digits[4] in "6789":  # noqa: PLR2004 (55 + area + 8 digits)
        digits = f"{digits[:4]}9{digits[4:]}"
    elif digits.startswith("54") and not digits.startswith("549") and len(digits) == 12:  # noqa: PLR2004
        digits = f"549{digits[2:]}"
    elif digits.startswith("521") and len(digits) == 13:  # noqa: PLR2004 (52 1 + 10 digits)
        digits = f"52{digits[3:]}"
    return f"+{digits}"


def mask(address: str) -> str:
    """The number with only its first five and last two characters: recognisable, not readable.

    >>> mask("+14155550123")
    '+1415*****23'
    """
    visible_head, visible_tail = 5, 2
    if len(address) <= visible_head + visible_tail:
        return "*" * len(address)
    hidden = len(address) - visible_head - visible_tail
    return f"{address[:visible_head]}{'*' * hidden}{address[-visible_tail:]}"
