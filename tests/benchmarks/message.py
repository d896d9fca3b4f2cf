"""The people, and the message to each of them, byte for byte as Oriel sends it (a test compares the two).

Needs the standard library alone: rivals run it in environments of their own.
"""

import base64
import hmac
import json
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from urllib.parse import quote, urlencode

TENANT, API_KEY = "acme", "made-up-key"
SENDER, ADDRESS = "clinic", "+14155550100"
TEMPLATE, LANGUAGE, CONTENT_SID = "appointment_reminder", "en", "HX00000000000000000000000000000001"
ACCOUNT_SID, TOKEN = "AC00000000000000000000000000000001", "made-up-token"
CAMPAIGN, SECRET = "caaaaaaaaaaaaaaaa", b"made-up-secret"
PLACES = ("Crystal Lounge", "dentist", "eye", "hairdresser", "vaccination", "blood donor", "physiotherapy", "check-up")
NOWHERE = "http://127.0.0.1:20001/webhooks/twilio/clinic/status"  # as long as Oriel's own; nobody is called back
PATH = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"
HEADERS: Mapping[str, str] = {
    "Authorization": "Basic " + base64.b64encode(f"{ACCOUNT_SID}:{TOKEN}".encode()).decode("ascii"),
    "Content-Type": "application/x-www-form-urlencoded",
    "Accept": "application/json",
}
AREAS = ("202", "206", "212", "305", "312", "404", "512", "617", "702", "713")
LINES = 10_000  # of exchange 555, which has no subscribers, in each of these areas
COLUMNS = "phone,1,2,opt_in_source,opt_in_at\n"
OPT_IN = "web_form,2026-03-01T10:00:00Z"


class Person(NamedTuple):
    """phone: as the base spells it."""

    phone: str
    parameters: Mapping[str, str]


def person(number: int) -> Person:
    """The n-th of two million people. Nobody's number: in North America no exchange begins with 0 or 1."""
    return Person(f"+1415{number:07d}", _parameters(number))


def international(number: int) -> Person:
    """The n-th of a hundred thousand people, with a number that only an exchange without subscribers has."""
    return Person(f"+1{_ten_digits(number)}", _parameters(number))


def national(number: int) -> Person:
    """The same person as `international`, as people of that country write the number."""
    return Person(_ten_digits(number), _parameters(number))


def _ten_digits(number: int) -> str:
    return f"{AREAS[number // LINES]}555{number % LINES:04d}"


def _parameters(number: int) -> dict[str, str]:
    return {"1": PLACES[number % len(PLACES)], "2": f"tomorrow at {8 + number % 11}:{number % 60:02d}"}


def base(people: Iterator[Person]) -> bytes:
    """A base of contacts as CSV, all of whom have agreed."""
    lines = (f"{phone},{parameters['1']},{parameters['2']},{OPT_IN}\n" for phone, parameters in people)
    return (COLUMNS + "".join(lines)).encode()


def form(number: int) -> bytes:
    """The body of the message to the n-th person."""
    phone, parameters = person(number)
    reference = f"{CAMPAIGN}.{number}.1"
    fields = {
        "To": f"whatsapp:{phone}",
        "From": f"whatsapp:{ADDRESS}",
        "ContentSid": CONTENT_SID,
        "ContentVariables": json.dumps(parameters),
        "StatusCallback": f"{NOWHERE}?ref={quote(f'{reference}.{_mac(reference)}')}#rc=3&rp=all",
    }
    return urlencode(fields).encode("ascii")


def _mac(reference: str) -> str:
    digest = hmac.digest(SECRET, f"reference\0{reference}".encode(), "sha256")
    return base64.b32encode(digest[:5]).decode("ascii").lower()
