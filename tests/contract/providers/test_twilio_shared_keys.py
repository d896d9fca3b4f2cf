"""A judge, as in `test_twilio_validator`: webhooks that a SharedKey signed, by the algorithm that their header names."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator, get_signature_algorithm

from shared.ground.errors import WebhookRejected
from shared.providers.events import RawWebhook
from shared.providers.twilio import DIALECT
from shared.providers.twilio.signing import find_algorithm
from tests.contract.providers.harness import make_webhook
from tests.contract.providers.twilio_cases import ACCOUNT, FORM_HEADERS, NEWEST, OLDER

KEY, OLDER_KEY, WRONG_KEY = "made-up-shared-key", "made-up-older-shared-key", "nobody-s-key"
SETTINGS = "key=webhooks_sharedkey_madeup,algorithm=HMAC_SHA256"
ROTATING = replace(ACCOUNT, secrets={**ACCOUNT.secrets, "shared_key": (KEY, OLDER_KEY)})
OURS = (NEWEST, OLDER, KEY, OLDER_KEY)
URL = "https://hooks.example.com/webhooks/twilio/clinic?ref=c.1.1.mac"
FIELDS = {"MessageSid": "SM0123456789abcdef0123456789abcdef", "MessageStatus": "delivered", "Body": "Sí, a las 9:30"}
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
FORMS = st.dictionaries(TEXT, TEXT, max_size=6)
HEADERS = st.sampled_from(
    [
        SETTINGS, "key=k,algorithm=HMAC_SHA1", "algorithm=hmac_sha256", "key=k , algorithm = HMAC_SHA256 ", "key=k", "",
        "algorithm=", "algorithm=,algorithm=HMAC_SHA256", "algorithm=HMAC_MD5", "algorithm=HMAC_SHA256=x", ",,=,",
    ]
)  # fmt: skip


def make_form(url: str, fields: Mapping[str, str], secret: str, settings: str, algorithm: str) -> RawWebhook:
    signature = RequestValidator(secret).compute_signature(url, fields, algorithm)
    headers = {**FORM_HEADERS, "x-twilio-signature": signature, "x-twilio-webhooks-signature-settings": settings}
    return make_webhook(url, urlencode(fields).encode(), headers)


def find_rejection(raw: RawWebhook, account=ROTATING) -> str | None:
    try:
        DIALECT.signing.authenticate(account, raw)
    except WebhookRejected as rejected:
        return rejected.reason
    return None


# Quirk(twilio) algorithm-in-a-header
@pytest.mark.parametrize("secret", [KEY, OLDER_KEY])
def test_a_webhook_signed_by_a_shared_key_with_sha256_is_believed_by_either_key_while_they_are_rotated(secret: str):
    raw = make_form(URL, FIELDS, secret, SETTINGS, "HMAC_SHA256")

    assert find_rejection(raw) is None
    assert find_rejection(replace(raw, body=raw.body + b"&Forged=1")) == "wrong"


def test_a_webhook_of_the_account_s_own_token_is_believed_beside_shared_keys():
    without = make_form(URL, FIELDS, NEWEST, "", "HMAC_SHA1")

    assert find_rejection(without) is None


def test_a_key_that_is_nobody_s_is_wrong():
    assert find_rejection(make_form(URL, FIELDS, WRONG_KEY, SETTINGS, "HMAC_SHA256")) == "wrong"


def test_a_key_that_was_taken_out_is_wrong():
    rotated = replace(ROTATING, secrets={**ACCOUNT.secrets, "shared_key": (KEY,)})

    assert find_rejection(make_form(URL, FIELDS, OLDER_KEY, SETTINGS, "HMAC_SHA256"), rotated) == "wrong"


def test_a_sender_without_a_shared_key_says_what_is_missing():
    assert find_rejection(make_form(URL, FIELDS, KEY, SETTINGS, "HMAC_SHA256"), ACCOUNT) == "no-shared-key"


def test_an_algorithm_that_nobody_knows_is_said():
    raw = make_form(URL, FIELDS, KEY, "key=k,algorithm=HMAC_MD5", "HMAC_SHA256")

    assert find_rejection(raw) == "unknown-algorithm"


def test_the_algorithm_is_the_header_s_and_not_the_signature_s():
    raw = make_form(URL, FIELDS, KEY, "key=k,algorithm=HMAC_SHA1", "HMAC_SHA256")

    assert find_rejection(raw) == "wrong"


@given(settings=HEADERS | TEXT)
def test_the_header_is_read_as_twilio_s_own_package_reads_it(settings: str):
    assert find_algorithm(settings) == get_signature_algorithm(settings).upper()


@given(fields=FORMS, settings=HEADERS, secret=st.sampled_from((*OURS, WRONG_KEY)), algorithm=st.sampled_from((
    "HMAC_SHA1", "HMAC_SHA256")))  # fmt: skip
def test_twilio_s_own_package_and_ours_say_the_same_of_either_algorithm(
    fields: Mapping[str, str], settings: str, secret: str, algorithm: str
):
    raw = make_form(URL, fields, secret, settings, algorithm)
    signature, named = raw.headers["x-twilio-signature"], get_signature_algorithm(settings)

    theirs = any(RequestValidator(one).validate(URL, fields, signature, named) for one in OURS)

    assert (find_rejection(raw) is None) == theirs


@given(body=TEXT, secret=st.sampled_from((*OURS, WRONG_KEY)))
def test_a_body_that_the_url_signs_with_a_shared_key(body: str, secret: str):
    whole = f"{URL}&bodySHA256={hashlib.sha256(body.encode()).hexdigest()}"
    signature = RequestValidator(secret).compute_signature(whole, None, "HMAC_SHA256")
    headers = {
        "content-type": "application/json",
        "x-twilio-signature": signature,
        "x-twilio-webhooks-signature-settings": SETTINGS,
    }
    raw = make_webhook(whole, body.encode(), headers)

    theirs = any(RequestValidator(one).validate(whole, body, signature, "HMAC_SHA256") for one in OURS)

    assert (find_rejection(raw) is None) == theirs == (secret != WRONG_KEY)
