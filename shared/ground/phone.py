"""Phone numbers: from human spelling to E.164, and from national variants to one canonical form.

Owns parsing and canonical forms. `canonicalize` is total: a number that a provider reports is never rejected.
Source: ITU-T E.164; WhatsApp reports some numbers with and without a national extra digit.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumber, PhoneNumberType

from shared.ground.phone_spelling import Apart, Cause, InvalidPhone, read_apart, read_digits, read_legible

__all__ = [
    "InvalidPhone", "canonicalize", "guess_address", "is_region", "is_user_id", "mask", "parse", "possible_lengths",
]  # fmt: skip

MEXICO = 52
_USER_ID = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}")  # ENT: an id for a group of businesses
_DIGITS = re.compile(r"\D+")
MOBILES: Final = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})
# Argentina's 15 begins a mobile number that is dialled without its area code. It is no area code, though it is as long.
MIN_BEHIND_A_SLASH = 4  # digits; fewer are the end of a second number
LOCAL_ONLY: Final = {54: re.compile("15")}


def parse(text: str, region: str | None) -> str:
    """A number in human spelling, as `+<E.164>`. A business-scoped user id is returned unchanged.

    region: ISO 3166 alpha-2 for numbers without `+` (and without `00`); None accepts international forms only.
    *Raises*: InvalidPhone.
    """
    name = text.strip().removeprefix("whatsapp:")
    if is_user_id(name):
        return name
    parts = read_digits(text).split("/")
    for count in range(1, len(parts)):
        if _is_number("".join(parts[:count]), region):  # `030/123456` is one number, and `099 123 456/7` is two
            raise InvalidPhone("not-a-number", Cause.SEVERAL)
    if len(parts) > 1 and len(parts[-1]) < MIN_BEHIND_A_SLASH:
        raise InvalidPhone("not-a-number", Cause.SEVERAL)  # `2345-6789/90`: two lines of one office
    address = _parse_digits("".join(parts), region)
    if any(_is_another(one, address, region) for one in read_apart(text)):
        raise InvalidPhone("not-a-number", Cause.SEVERAL)
    return address


def _is_another(apart: Apart, address: str, region: str | None) -> bool:
    """Whether digits beside a whole number have made it into this address: `334 3306005 (2)`, `2) 030 123456`."""
    try:
        alone = _parse_digits(apart.digits, region)
    except InvalidPhone:
        return apart.is_before  # `3333-4444 (11)`: its area code stands behind it
    if canonicalize(alone) == canonicalize(address) or not _is_assigned(alone):
        return False
    kinds = [phonenumbers.number_type(phonenumbers.parse(one)) == PhoneNumberType.MOBILE for one in (alone, address)]
    return apart.is_marked or not _is_assigned(address) or kinds == [True, False]


def _is_assigned(address: str) -> bool:
    return _is_valid(phonenumbers.parse(address), address)


def guess_address(text: str, region: str | None) -> str | None:
    """The address that a refused cell may mean, so that its contact can be told of it. Never write to it."""
    try:
        return _parse_digits(read_digits(read_legible(text)), region)
    except InvalidPhone:
        return None


def _is_number(digits: str, region: str | None) -> bool:
    try:
        return bool(_parse_digits(digits, region))
    except InvalidPhone:
        return False


def _parse_digits(digits: str, region: str | None) -> str:
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    try:
        number = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException as error:
        no_country = error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE
        raise InvalidPhone("no-country" if no_country else "not-a-number") from None
    number = _with_its_country_code(number)
    _drop_mexicos_one(number)
    if not digits.startswith("+") and _may_be_abroad(digits, number):
        raise InvalidPhone("no-country")
    address = str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    # A national form must be valid: 1415… without + would be another number in Uruguay.
    is_plausible = _is_possible(number) and (digits.startswith("+") or _is_valid(number, address))
    if not is_plausible:
        raise InvalidPhone("impossible")
    return address


def _may_be_abroad(digits: str, number: PhoneNumber) -> bool:
    """Whether digits without `+` are as well a whole number of another country: then it is a guess whose they are.

    `1 415 555 0123` in Mexico, where a leading 1 is dropped; `34 612 345 678` in Germany, where it could be a landline
    whose zero is missing.
    """
    try:
        other = phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        return False
    if other.country_code == number.country_code or not phonenumbers.is_valid_number(other):
        return False
    dropped = _DIGITS.sub("", digits).removesuffix(phonenumbers.national_significant_number(number))
    if dropped.startswith("0") or not phonenumbers.is_valid_number(number):
        return False
    is_mobile_abroad = phonenumbers.number_type(other) == PhoneNumberType.MOBILE
    return bool(dropped) or (is_mobile_abroad and phonenumbers.number_type(number) not in MOBILES)


def _with_its_country_code(number: PhoneNumber) -> PhoneNumber:
    """The mobile number that a landline's digits are, if they begin with the country's own code.

    `4915112345678` in Germany is a mobile with its country code, and could be a landline of Leer (04915) without its zero.
    """
    national = str(number.national_number)
    code = str(number.country_code)
    if number.italian_leading_zero or not national.startswith(code) or not phonenumbers.is_valid_number(number):
        return number
    try:
        other = phonenumbers.parse(f"+{national}")
    except phonenumbers.NumberParseException:
        return number
    kinds = phonenumbers.number_type(number), phonenumbers.number_type(other)
    return other if kinds == (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE) else number


def _is_possible(number: PhoneNumber) -> bool:
    national, country = phonenumbers.national_significant_number(number), number.country_code or 0
    return len(national) in possible_lengths(country) and not any(one.match(national) for one in nobodys(country))


def _is_valid(number: PhoneNumber, address: str) -> bool:
    """Whether it is assigned, itself or as its national variant: WhatsApp names Brazilians without the ninth digit."""
    return phonenumbers.is_valid_number(number) or phonenumbers.is_valid_number(
        phonenumbers.parse(canonicalize(address))
    )


@cache  # at most 1,000 country codes
def nobodys(country_code: int) -> tuple[re.Pattern[str], ...]:
    """National parts that reach nobody though they are as long as a person's number: local ones, and voice mail.

    In Italy a mobile with a digit or two behind it is its voice mail.
    """
    local = LOCAL_ONLY.get(country_code)
    region = phonenumbers.region_code_for_country_code(country_code)
    metadata = PhoneMetadata.metadata_for_region_or_calling_code(country_code, region)
    voicemail = metadata.voicemail.national_number_pattern if metadata is not None and metadata.voicemail else None
    return (*([local] if local else []), *([re.compile(rf"(?:{voicemail})$")] if voicemail else []))


@cache  # at most 1,000 country codes
def possible_lengths(country_code: int) -> frozenset[int]:
    """How many digits a person's number may have behind the country code; empty for an unknown code.

    Mobile, landline, personal and internet numbers count. `is_possible_number` would also take numbers without their area
    code, and the lengths of service numbers, such as Brazil's 8 digits for companies or Uruguay's 4 to 13.
    """
    region = phonenumbers.region_code_for_country_code(country_code)
    metadata = PhoneMetadata.metadata_for_region_or_calling_code(country_code, region)
    return frozenset() if metadata is None else frozenset(_lengths(metadata))


def _lengths(metadata: PhoneMetadata) -> Iterator[int]:
    """An empty list means the lengths of all kinds together, and -1 that there is no number of the kind."""
    general = metadata.general_desc.possible_length if metadata.general_desc is not None else ()
    for kind in (metadata.fixed_line, metadata.mobile, metadata.voip, metadata.personal_number):
        if kind is not None and kind.possible_length != (-1,):
            yield from kind.possible_length or general


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
    digits = address[1:]
    if not digits.isdecimal():  # a third of the time of the substitution, which only odd addresses need
        digits = _DIGITS.sub("", digits)
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
