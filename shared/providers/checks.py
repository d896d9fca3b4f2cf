"""The part of a dialect that checks an account without sending, and the sentences that all dialects say. Owns no wire."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from shared.ground.http import HttpRequest, HttpResponse
from shared.providers.account import Account
from shared.providers.templates import ListedTemplate

LOW_QUALITY: Final = (
    "Its quality is low: contacts block it or report it. Send less, and only to those who asked for it."
)


@dataclass(frozen=True, slots=True)
class Probe:
    """A question to the provider that sends nothing to anybody. name: its subject: `credentials`, `number` …"""

    name: str
    request: HttpRequest


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer to a probe. text: sentences for a person: the state of things, or the fault and its remedy. No secrets."""

    name: str
    is_good: bool
    text: str


class Checks(Protocol):
    """Every function is pure."""

    def build_probes(self, account: Account) -> Sequence[Probe]:
        """Every question that can be asked about an account without sending."""
        ...

    def read_finding(self, account: Account, probe: str, response: HttpResponse) -> Finding:
        """probe: its name. Total on arbitrary responses."""
        ...


def count_approved(name: str, templates: Iterable[ListedTemplate], remedy: str = "") -> Finding:
    """The finding about a page of templates. remedy: a sentence for the case that none is approved."""
    approved = sum(template.status == "approved" for template in templates)
    if approved:
        return Finding(name, True, f"{approved} of the account's templates on this page are approved.")
    return Finding(name, False, f"No template is approved: none can start a conversation. {remedy}".strip())


def describe_limit(unique_contacts_a_day: int | None) -> str:
    """unique_contacts_a_day: 0 is without a limit; None, which gives an empty text, is unknown."""
    match unique_contacts_a_day:
        case None:
            return ""
        case 0:
            return "new contacts a day without a limit"
        case _:
            return f"{unique_contacts_a_day} new contacts a day"


def join_details(*details: str) -> str:
    """The details that are not empty, with commas."""
    return ", ".join(filter(None, details)) or "nothing else is told"
