"""Twilio's signature by fixed values, each computed with `openssl dgst -sha1 -hmac` over the text of its rule."""

from urllib.parse import urlsplit

import pytest

from shared.ground.errors import WebhookRejected
from shared.providers.events import RawWebhook
from shared.providers.twilio import DIALECT
from tests.contract.providers.harness import NOON
from tests.contract.providers.twilio_cases import ACCOUNT, FORM_HEADERS

HTTPS, PLAIN = "https://hooks.example.com", "http://hooks.example.com"
PATH = "/webhooks/twilio/clinic"
HOOK = HTTPS + PATH
HI = b"Body=hi"

FORMS = {
    "query": (f"{HOOK}?ref=r1", b"To=To&From=whatsapp", "cHKtUVggWe+kvvZpHdbQPb6xohI="),
    "query-byte-for-byte-and-blanks-kept": (
        f"{HOOK}?ref=r%2b1&Empty=&q=%20",
        b"ProfileName=&From=whatsapp%3A%2B14155550123&Body=Ana+y+Mar%C3%ADa",
        "T5wrWNl2bJfn7bGIGXpxsM/WGto=",
    ),
    "repeated-field-sorted-and-distinct": (HOOK, b"Sid=9&Body=B2&Body=A1&Body=B2", "IuFBgfuImWQ14Zh6bv5viZDFQXo="),
    "as-it-came": (HOOK, HI, "pysyP9U0qkOtnc0JFSn11z2jbL0="),
    "signed-with-443": (HOOK, HI, "kxnhW+OpeqEzdBpY2PnyaiPH2K4="),
    "came-with-443": (f"{HTTPS}:443{PATH}", HI, "kxnhW+OpeqEzdBpY2PnyaiPH2K4="),
    "came-with-443-signed-without": (f"{HTTPS}:443{PATH}", HI, "pysyP9U0qkOtnc0JFSn11z2jbL0="),
    "came-with-8443": (f"{HTTPS}:8443{PATH}", HI, "OrWAD/hPEDlMnMlarCbttdb43mg="),
    "came-with-8443-signed-without": (f"{HTTPS}:8443{PATH}", HI, "pysyP9U0qkOtnc0JFSn11z2jbL0="),
    "http-signed-with-80": (PLAIN + PATH, HI, "NhJ0d8JZ8lzSZ+S1uLNE4tKJLKU="),
    "http-came-with-80": (f"{PLAIN}:80{PATH}", HI, "0jK2R9db0TH28p5e2N3uG7yM45A="),
    "no-path": (HTTPS, HI, "2D+QigIcHXe0qvJLMVqJWAHv8Eo="),
    "ipv6": ("http://[::1]/webhooks", HI, "ZLnI6frSdN7hsjkSZozp8EgdkXA="),
}

JSON = b'{"a": 1}'
BODY_HASH = "f9d86028c6e0d64e225186f96acb69338b2c59764df79162107f5c4bb34d1310"  # sha256sum of it
HASHED = f"{HOOK}?bodySHA256={BODY_HASH}"
HASHED_UPPER = f"{HOOK}?bodySHA256={BODY_HASH.upper()}"
HASHED_SIGNATURE = "TBf+9nqiVr718suZEv5jywtD0ao="


def rejection(url: str, body: bytes, content_type: str, signature: str) -> str | None:
    headers = {"content-type": content_type, "x-twilio-signature": signature}
    try:
        DIALECT.signing.authenticate(ACCOUNT, RawWebhook(url, urlsplit(url).query, headers, body, NOON))
    except WebhookRejected as rejected:
        return rejected.reason
    return None


# Quirk(twilio) port-in-signature
# Quirk(twilio) repeated-fields-signed-once
@pytest.mark.parametrize("name", FORMS)
def test_form(name: str):
    url, body, signature = FORMS[name]

    assert rejection(url, body, FORM_HEADERS["content-type"], signature) is None
    assert rejection(url, body + b"&X=", FORM_HEADERS["content-type"], signature) == "wrong"


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("another-port", f"{HTTPS}:444{PATH}?x=1"),
        ("another-scheme", PLAIN + PATH),
        ("another-path", f"{HOOK}/"),
        ("another-query", f"{HOOK}?"),
        ("another-host", f"https://hooks.example.com.{PATH}"),
        ("no-url", "hooks"),
        ("nothing", ""),
    ],
)
def test_another_url_is_wrong(name: str, url: str):
    _, body, signature = FORMS["as-it-came"]

    assert rejection(url, body, FORM_HEADERS["content-type"], signature) == "wrong"


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", ""])
def test_hashed_body(content_type: str):
    assert rejection(HASHED, JSON, content_type, HASHED_SIGNATURE) is None
    assert rejection(HASHED_UPPER, JSON, content_type, "KERaRmJ6Rd2FYjx250Pvsf6KDa0=") is None
    assert rejection(HASHED, JSON + b" ", content_type, HASHED_SIGNATURE) == "wrong"
    assert rejection(HASHED_UPPER, JSON, content_type, HASHED_SIGNATURE) == "wrong"


def test_a_form_is_signed_as_a_form_beside_a_hash():
    form = FORM_HEADERS["content-type"]

    assert rejection(HASHED, HI, form, "VneAyLAexaWUOhkQkn/4HZX4O9s=") is None
    assert rejection(HASHED, HI, form, HASHED_SIGNATURE) == "wrong"


def test_json_without_a_hash_is_wrong():
    """The URL's own signature must not open the door to any body."""
    assert rejection(HOOK, JSON, "application/json", HASHED_SIGNATURE) == "wrong"


@pytest.mark.parametrize("body", [b"Body=%ff", b"Body=\xff", b"\xc3=1", b"Body=%C3&X=1"])
def test_what_is_no_text_is_malformed(body: bytes):
    assert rejection(HOOK, body, FORM_HEADERS["content-type"], FORMS["as-it-came"][2]) == "malformed"
