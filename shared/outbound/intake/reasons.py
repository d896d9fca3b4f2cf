"""Reasons why a row cannot be used. Owns the words; `rows` and `whole` apply them."""

from enum import StrEnum


class Reason(StrEnum):
    """Stable: these words are in downloaded reports."""

    MISSING_PHONE = "missing-phone"
    NOT_A_NUMBER = "not-a-number"
    IMPOSSIBLE_NUMBER = "impossible-number"
    NO_COUNTRY_CODE = "no-country-code"
    MISSING_PARAMETER = "missing-parameter"
    SURPLUS_PARAMETER = "surplus-parameter"
    MALFORMED_PARAMETER = "malformed-parameter"
    BAD_PRIORITY = "bad-priority"
    BAD_TIMEZONE = "bad-timezone"
    BAD_SEND_AT = "bad-send-at"
    BAD_OPT_IN = "bad-opt-in"
    TOO_MANY_COLUMNS = "too-many-columns"
    DUPLICATE_COLUMN = "duplicate-column"
    NO_TEMPLATE = "no-template-matches"
    AMBIGUOUS_TEXT = "ambiguous-text"
    OTHER_TEMPLATE = "other-template"
    BAD_HSM = "bad-hsm"
    NOT_AN_OBJECT = "not-an-object"
    MALFORMED_TEXT = "malformed-text"


class Unfit(Exception):  # noqa: N818 (a verdict, not a fault of the program)
    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail
