"""A judge: Twilio's own signature check, which we did not write, and ours say the same of whatever comes."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from hypothesis import assume, given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from shared.ground.errors import WebhookRejected
from shared.providers.events import RawWebhook
from shared.providers.twilio import DIALECT
from tests.contract.providers.harness import make_webhook
from tests.contract.providers.twilio_cases import ACCOUNT, FORM_HEADERS, NEWEST, OLDER, WRONG

Pairs = Sequence[tuple[str, str]]
JSON_HEADERS = {"content-type": "application/json"}
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)  # text that UTF-8 can carry
NAMES = st.sampled_from(["MessageSid", "Body", "body", "To", "ToCity", "A", "AB", "ABC"]) | TEXT
PAIRS = st.lists(st.tuples(NAMES, TEXT | st.sampled_from(["", "a", "b", "C", "+&=%41 "])), max_size=8)
HOSTS = st.sampled_from(["hooks.example.com", "127.0.0.1", "localhost", "HOOKS.example.com"])
PORTS = st.sampled_from(["", ":80", ":443", ":8443", ":1234"])
PATHS = st.sampled_from(["", "/", "/hook", "/a/%C3%A9/b%20c", "/a;b=c", "/hook:443", "//double"])
QUERIES = st.sampled_from(["", "?ref=c.1.1.mac", "?a=%20x&a=&b", "?x=1+2&y=http://a:80/", "?u=é", "?a?b:80"])
URLS = st.builds("{}://{}{}{}{}".format, st.sampled_from(["http", "https"]), HOSTS, PORTS, PATHS, QUERIES)
FORM_URLS = URLS | URLS.filter(lambda url: "?" not in url).map("{}?bodySHA256=00".format)  # which is of no form
TOKENS = st.sampled_from([NEWEST, OLDER, WRONG])


@dataclass(frozen=True)
class Fields:
    """A form as the judge wants it: each name with all its values."""

    pairs: Pairs

    def __iter__(self):
        return iter(dict(self.pairs))

    def getlist(self, name: str) -> list[str]:
        return [value for other, value in self.pairs if other == name]


def is_theirs(raw: RawWebhook, signed: Fields | str) -> bool:
    """By either token, as ours is. signed: the form, or the text of a body that is none."""
    signature = raw.headers.get("x-twilio-signature", "")
    return any(RequestValidator(token).validate(raw.url, signed, signature) for token in (NEWEST, OLDER))


def is_ours(raw: RawWebhook) -> bool:
    try:
        DIALECT.signing.authenticate(ACCOUNT, raw)
    except WebhookRejected:
        return False
    return True


def make_form(url: str, pairs: Pairs, signature: str) -> RawWebhook:
    return make_webhook(url, urlencode(pairs).encode(), {**FORM_HEADERS, "x-twilio-signature": signature})


def sign(url: str, pairs: Pairs, token: str) -> str:
    return str(RequestValidator(token).compute_signature(url, Fields(pairs)))


def respell(url: str, port: str) -> str:
    """The same place with another port, or none."""
    scheme, _, rest = url.partition("://")
    ends = [rest.index(mark) for mark in "/?" if mark in rest]
    host, tail = rest[: min(ends, default=len(rest))], rest[min(ends, default=len(rest)) :]
    return f"{scheme}://{host.partition(':')[0]}{port}{tail}"


@given(url=FORM_URLS, pairs=PAIRS, token=TOKENS)
def test_a_form_that_twilio_s_own_package_has_signed(url: str, pairs: Pairs, token: str):
    raw = make_form(url, pairs, sign(url, pairs, token))

    assert is_ours(raw) == is_theirs(raw, Fields(pairs)) == (token != WRONG)


@given(url=URLS, port=PORTS, pairs=PAIRS)
def test_a_form_signed_for_another_port_or_none(url: str, port: str, pairs: Pairs):
    raw = make_form(url, pairs, sign(respell(url, port), pairs, NEWEST))

    assert is_ours(raw) == is_theirs(raw, Fields(pairs))


@given(url=FORM_URLS, pairs=PAIRS, other=PAIRS)
def test_a_form_signed_for_other_fields(url: str, pairs: Pairs, other: Pairs):
    raw = make_form(url, pairs, sign(url, other, NEWEST))

    assert is_ours(raw) == is_theirs(raw, Fields(pairs))


@given(url=URLS, called=URLS, pairs=PAIRS)
def test_a_form_signed_for_another_url(url: str, called: str, pairs: Pairs):
    raw = make_form(called, pairs, sign(url, pairs, NEWEST))

    assert is_ours(raw) == is_theirs(raw, Fields(pairs))


@given(url=URLS, pairs=PAIRS, signature=st.text(max_size=40))
def test_a_signature_that_is_any_text(url: str, pairs: Pairs, signature: str):
    raw = make_form(url, pairs, signature)

    assert is_ours(raw) == is_theirs(raw, Fields(pairs))


@given(url=URLS, pairs=PAIRS, data=st.data())
def test_fields_in_any_order_and_repeated(url: str, pairs: Pairs, data: st.DataObject):
    """A set of fields is signed: for both checks neither their order nor their number counts."""
    again = data.draw(st.lists(st.sampled_from(pairs), max_size=3)) if pairs else []
    shuffled = data.draw(st.permutations([*pairs, *again]))
    raw = make_form(url, shuffled, sign(url, pairs, NEWEST))

    assert is_ours(raw)
    assert is_theirs(raw, Fields(shuffled))


@given(url=URLS, body=TEXT, token=TOKENS)
def test_a_body_that_the_url_signs(url: str, body: str, token: str):
    raw, signed = make_hashed(url, body, token)

    assert is_ours(raw) == is_theirs(raw, signed) == (token != WRONG)


@given(url=URLS, body=TEXT, other=TEXT)
def test_another_body_than_the_url_signs(url: str, body: str, other: str):
    assume(body != other)
    raw, _ = make_hashed(url, body, NEWEST)
    changed = replace(raw, body=other.encode())

    assert not is_ours(changed)
    assert not is_theirs(changed, other)


def make_hashed(url: str, body: str, token: str) -> tuple[RawWebhook, str]:
    """A body that is no form, as Twilio signs it: by its hash in the URL."""
    whole = f"{url}{'&' if '?' in url else '?'}bodySHA256={hashlib.sha256(body.encode()).hexdigest()}"
    signature = RequestValidator(token).compute_signature(whole, None)
    return make_webhook(whole, body.encode(), {**JSON_HEADERS, "x-twilio-signature": signature}), body
