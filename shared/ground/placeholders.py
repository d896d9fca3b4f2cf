"""Placeholders in the texts of templates, `{{1}}` or `{{ name }}`: WhatsApp's form, which every provider passes on.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/ (components).
"""

import re
from typing import Final

PLACEHOLDER: Final = re.compile(r"\{\{\s*([^{}\s]+)\s*\}\}")
"""The only group is the name."""


def is_number(name: str) -> bool:
    """Whether a placeholder is numbered, so filled by its order.

    >>> is_number("12"), is_number("first_name"), is_number("²"), is_number("")
    (True, False, False, False)
    """
    return name.isascii() and name.isdecimal()
