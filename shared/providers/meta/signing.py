"""Meta's signature, an HMAC of the body, and the handshake by which it verifies our URL. Owns no event.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/create-webhook-endpoint
(2026-04-21).
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Final

from shared.ground.errors import WebhookRejected
from shared.providers.account import Account
from shared.providers.events import RawWebhook
from shared.providers.signing import require_match

SIGNATURE_HEADER: Final = "x-hub-signature-256"
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_.~+/=-]{1,512}")  # digits so far; the answer is plain text


def answer_handshake(account: Account, query: Mapping[str, str]) -> str:
    """The challenge, to a caller that has a verify token. *Raises*: WebhookRejected."""
    is_subscription = query.get("hub.mode") == "subscribe"
    require_match(query.get("hub.verify_token", "") if is_subscription else "", account.secrets["verify_token"])
    challenge = query.get("hub.challenge", "")
    if not _CHALLENGE.fullmatch(challenge):
        raise WebhookRejected("malformed")
    return challenge


# Quirk(meta) escaped-bytes-are-signed: characters that are not ASCII, and slashes (page "webhook endpoint", 2026-04)
def authenticate(account: Account, webhook: RawWebhook) -> None:
    """*Raises*: WebhookRejected.

    The raw bytes are signed: Meta escapes characters that are not ASCII, and no second serialisation would give the same.
    """
    expected = (_sign(secret, webhook.body) for secret in account.secrets["app_secret"])
    require_match(webhook.headers.get(SIGNATURE_HEADER, ""), expected)


def _sign(secret: str, body: bytes) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
