"""The part of a dialect that lists templates, and a template as its provider lists it. Owns no wire.

A dialect without it has its templates from the configuration alone.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from shared.ground.http import HttpRequest, HttpResponse
from shared.providers.account import Account

NO_BODY: Final = "…"  # stands for a body that cannot be read: an empty one would be no message
STRICTEST: Final = "marketing"  # stands for an unknown category: consent is judged by it
UNREADABLE: Final = "the list of templates cannot be read"


@dataclass(frozen=True, slots=True)
class ListedButton:
    """kind: `quick_reply`, `url`, `phone`, `copy_code`, `otp`, or the provider's own word. text: its title. takes: whether
    each message gives it a parameter of its own (a payload, the end of its URL, the code that it copies).
    """

    kind: str
    text: str
    takes: bool = False


@dataclass(frozen=True, slots=True)
class ListedTemplate:
    """A template as its provider lists it.

    status, category, quality: words of `shared.templates.model`, None where the provider gives none; an unknown status is
    `pending`, with which no campaign starts.  body: with placeholders `{{1}}` or `{{name}}`; a header or a button that is a
    variable like any other has its placeholders there, too.  header: `text`, `image`, `video`, `document`, `location` or
    None; header_text: of a header that is a text, with its placeholder.
    unfillable: parts that need values which no message of ours has, each completing the sentence "it has …".
    fixed: `digest_texts` of all that is the same for every contact and stands in no other field.
    """

    name: str
    language: str
    provider_id: str | None
    status: str
    category: str
    body: str
    quality: str | None = None
    header: str | None = None
    header_text: str = ""
    buttons: tuple[ListedButton, ...] = ()
    reason: str = ""
    unfillable: tuple[str, ...] = ()
    fixed: str = ""


def digest_texts(*texts: str) -> str:
    """16 hexadecimal digits that are equal for equal texts; empty if all are empty."""
    return hashlib.blake2b(json.dumps(texts).encode(), digest_size=8).hexdigest() if any(texts) else ""


def name_unknown_part(word: str) -> str:
    """word: the provider's, already without anything private."""
    return f"a part of the kind {word or 'unknown'}, which Oriel does not know"


CAROUSEL: Final = "a carousel"
CATALOG: Final = "a button for a catalogue or for products"
FLOW: Final = "a button for a flow"
OFFER: Final = "a limited-time offer"
CALL_PERMISSION: Final = "a request for permission to call"


@dataclass(frozen=True, slots=True)
class TemplatePage:
    """next: the `after` of the next page, None at the end."""

    templates: Sequence[ListedTemplate]
    next: str | None = None


class Templates(Protocol):
    """Every function is pure."""

    def build_page_request(self, account: Account, after: str | None) -> HttpRequest:
        """A page of the sender's templates. after: `TemplatePage.next` of the page before, None for the first."""
        ...

    def read_page(self, response: HttpResponse) -> TemplatePage:
        """*Raises*: as `Sending.read_receipt`. Total on arbitrary responses; a template that cannot be read is left out."""
        ...
