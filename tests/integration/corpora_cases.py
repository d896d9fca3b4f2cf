"""What published and recorded bodies say, read by a person: by file, the events that we must make of each.

The bodies are not here. Numbers, ids and links in them are told by how they end (`told` makes them so), times as the
bodies tell them.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

from shared.ground.errors import Disposition
from shared.providers.events import (
    AddressChanged,
    Author,
    Content,
    ContentKind,
    DeliveryStatus,
    IncomingMedia,
    Location,
    MessageReceived,
    NoteReported,
    PreferenceReported,
    ProviderEvent,
    SenderReported,
    TemplateReported,
    Unrecognised,
)
from shared.providers.messages import Receipt
from tests.contract.providers.harness import Expected, Failure, Reported, make_comparable

# ── how a body's values are told here ───────────────────────────────────────────────────────────────────────────────

WHEN_IT_CAME: Final = datetime.min.replace(tzinfo=UTC)  # the body tells no time of its own
_NUMBER: Final = re.compile(r"\+?\d{6,}")
_DIGIT: Final = re.compile(r"\d")
_WRITTEN_NUMBER: Final = re.compile(r"\+\d[\d ()-]{6,}(\d{4})")
_MAIL: Final = re.compile(r"[\w.]+@[\w.]+")
MAX_SHOWN: Final = 24


def told(event: ProviderEvent, came_at: datetime) -> Expected:
    """An event with its numbers, ids and links shortened. came_at: of the webhook."""
    short = _short(make_comparable(event))
    expected: Expected = replace(short, at=WHEN_IT_CAME) if getattr(event, "at", None) == came_at else short
    return expected


def _short(value: Any) -> Any:
    match value:
        case str():
            return ending(value)
        case tuple():
            return tuple(_short(one) for one in value)
        case TemplateReported():
            return replace(_shortened(value), body=value.body)
        case Content():
            return replace(value, text=written(value.text), payload=_payload(value.payload), media=_short(value.media))
        case _ if is_dataclass(value) and not isinstance(value, Location | Failure | type):
            return _shortened(value)
        case _:
            return value


def _shortened(value: Any) -> Any:
    return replace(value, **{one.name: _short(getattr(value, one.name)) for one in fields(value)})


def ending(text: str) -> str:
    """The last digits of a number, the last characters of a long id, the host of a link."""
    if text.startswith("https://"):
        return urlsplit(text).hostname or text
    if _NUMBER.fullmatch(text):
        return f"…{text[-4:]}"
    return f"…{text[-8:]}" if len(text) > MAX_SHOWN and _DIGIT.search(text) else text


def written(text: str) -> str:
    return _WRITTEN_NUMBER.sub(r"…\1", text)


def _payload(text: str | None) -> str | None:
    """What was filled into a form, by the names of its fields."""
    try:
        return " ".join(sorted(json.loads(text or "")))
    except ValueError:
        return None if text is None else _MAIL.sub("…", text)


def when(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


# ── Meta ────────────────────────────────────────────────────────────────────────────────────────────────────────────

BY_WHOM: Final = ("…4321", "US.13491208655302741918", "…86844830")


def _heard(seconds: int, content: Content, message: str = "wamid.xyzxyz", reply_to: str | None = None) -> Expected:
    """Nearly all of them are from the same contact to the same number."""
    return MessageReceived(message, BY_WHOM, "…5667", when(seconds), content, reply_to, profile_name="Test Name")


def _file(kind: ContentKind, mime_type: str, media_id: str, url: str | None = None) -> Content:
    return Content(kind, media=(IncomingMedia(mime_type, url, media_id),))


def _status(status: DeliveryStatus, seconds: int, error: Failure | None = None, price: str | None = None) -> Expected:
    return Reported(status, "wamid.xyzxyz", None, when(seconds), error, BY_WHOM, price)


def _gone(seconds: int, account: str, reason: str) -> Expected:
    return SenderReported(when(seconds), account, usable=False, reason=reason)


NOT_OURS: Final = Unrecognised("account:other")
A_CALL: Final = Unrecognised("field:calls")
WITHOUT_AN_ID: Final = Unrecognised("echo:incomplete")  # its id is the page's placeholder

META: Final[Mapping[str, Expected]] = {
    "account_update__account_deleted": _gone(1743451903, "…0398", "ACCOUNT_DELETED"),
    "account_update__account_offboarded": _gone(1743451903, "…0398", "ACCOUNT_OFFBOARDED"),
    "account_update__account_restriction": _gone(1641330498, "…0398", "RESTRICTED_BIZ_INITIATED_MESSAGING"),
    "account_update__ad_account_linked": NOT_OURS,
    "account_update__mm_api_for_wa_terms_of_service": NOT_OURS,
    "account_update__partner_app_installed": NOT_OURS,
    "account_update__partner_led_business_verification_status": NOT_OURS,
    # Of the customer's account, not of the partner's business whose entry it is.
    "account_update__partner_removed_wa_app_disconnection": _gone(1748477359, "…8004", "PARTNER_REMOVED"),
    "account_update__primary_business_location_set": NOT_OURS,
    "call_connect__user_initiated": A_CALL,
    "call_permission_update__reject": Unrecognised("message:call-permission"),
    "call_terminate__call_terminate": A_CALL,
    "callback_button__quick_reply": _heard(
        1698269027, Content(ContentKind.BUTTON, "title", "callback_data"), "wamid.xsidjw", "wamid.xyzxyz=="
    ),
    "callback_selection__callback": _heard(
        1698266905, Content(ContentKind.CHOICE, "title", "callback_data"), "wamid.zyzxyz", "wamid.xyzxyz"
    ),
    "deleted_message__revoke": Unrecognised("message:revoke"),
    "flow_completion__completion": _heard(
        1702502473,
        Content(
            ContentKind.UNKNOWN,
            "Sent",
            "comment_text cs_rating delivery_rating flow_token purchase_rating recommend_radio",
        ),
        "wamid.wegrchytvwcggt==",
        "wamid.gvwegfretge==",
    ),
    "message__animated_sticker": _heard(1697043785, _file(ContentKind.STICKER, "image/webp", "…4321")),
    "message__chosen_location": _heard(
        1697044557,
        Content(
            ContentKind.LOCATION,
            location=Location(37.4611978, -122.2164385, "Facebook HQ", "1 Hacker Way, Menlo Park, CA 94025"),
        ),
    ),
    "message__current_location": _heard(
        1697044557, Content(ContentKind.LOCATION, location=Location(12.25089, 43.90539))
    ),
    "message__forwarded": _heard(1697044815, Content(ContentKind.TEXT, "forwarded text")),
    "message__image": _heard(1697043379, _file(ContentKind.IMAGE, "image/jpeg", "…3453")),
    "message__media_with_url": _heard(
        1697043379, _file(ContentKind.IMAGE, "image/jpeg", "…3453", "lookaside.fbsbx.com")
    ),
    "message__reaction": _heard(1697044456, Content(ContentKind.REACTION, "😮"), reply_to="wamid.yzxyzx="),
    "message__reply": _heard(1697044746, Content(ContentKind.TEXT, "replied text"), reply_to="wamid.xyzxyz=="),
    "message__text": _heard(1697043223, Content(ContentKind.TEXT, "Body Text")),
    "message__unreaction_no_emoji": Unrecognised("message:reaction-removed"),
    "message__unsupported_with_type": _heard(1697044706, Content(ContentKind.UNKNOWN)),
    "message__voice": _heard(1697043473, _file(ContentKind.AUDIO, "audio/ogg; codecs=opus", "…4321")),
    "message_status__failed": _status(DeliveryStatus.FAILED, 1689380458, Failure(Disposition.REFUSED, "130472")),
    "message_status__played": _status(DeliveryStatus.READ, 1689380458, price="service"),
    "message_status__sent": _status(DeliveryStatus.SENT, 1698266945, price="service"),
    "outgoing_message__delete": NoteReported(
        "wamid.yyyyyy",
        BY_WHOM,
        "…5667",
        when(1697044968),
        Content(ContentKind.REVOKED, changes="wamid.zzzzzz"),
        Author.PHONE,
    ),
    "outgoing_message__text": WITHOUT_AN_ID,
    "system__phone_number_change": AddressChanged("…4321", "…5678", when(1753851315), "…5667"),
    "template_components_update__element": TemplateReported(
        when(1751483772),
        name="my_message_template",
        language="he",
        provider_id="…5678",
        to="…5935",
        body="Hi {{1}}! Welcome to our service.",
    ),
    "template_status_update__approved": TemplateReported(
        when(1751247548),
        name="order_confirmation",
        language="en_US",
        provider_id="…9832",
        status="approved",
        category="utility",
        to="…0398",
    ),
    # Whom it is about is told by number alone; the contact beside it is somebody else.
    "user_marketing_preferences__resume": PreferenceReported(
        ("…1234",), "…2922", when(1731705721), "marketing", wanted=True
    ),
}

# ── Hey ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _picture(message: str, at: str, name: str, text: str = "") -> Expected:
    """A picture behind a link that expires; its name is a number."""
    file = IncomingMedia("image/jpeg", "ogmastorageprodpersitent.blob.core.windows.net", filename=name)
    content = Content(ContentKind.IMAGE, text, media=(file,))
    at_utc = datetime.fromisoformat(at)
    return MessageReceived(message, ("…0001",), "…0001", at_utc, content, thread="1978906aac984295")


HEY: Final[Mapping[str, Expected]] = {
    "webhook_image_with_caption": _picture("…OEI2RjkA", "2025-06-20T14:38:00.244Z", "…3043", "Message"),
    # Its trace has a text, and another picture: those of an older message.
    "webhook_image_without_text": _picture("…MjVEODgA", "2025-06-20T14:27:51.089Z", "…7597"),
}

# ── Wavy ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _mo(content: Content) -> Expected:
    at = when(1513616971.473)
    return MessageReceived("…9a5eab43", ("…0000",), "…0000", at, content, reference="...", profile_name="username")


WAVY: Final[Mapping[str, Expected]] = {
    "mo_contacts": _mo(Content(ContentKind.CONTACTS, "John Smith …1234 …1234")),
    "mo_image": _mo(Content(ContentKind.IMAGE, "...", media=(IncomingMedia("image/jpg", "..."),))),
    "mo_location": _mo(
        Content(ContentKind.LOCATION, location=Location(-22.89418, -47.04796, "Wavy", "Av. Cel. Silva Telles"))
    ),
    "mo_text": _mo(Content(ContentKind.TEXT, "Hello, this is a user message.")),
    # Its codes are fillers; its flags say that it was read.
    "status_callback": Reported(DeliveryStatus.READ, "…03622a91", "...", when(1513616971.891), None, ("…0000",)),
}


def _failed(code: str, disposition: Disposition = Disposition.REFUSED) -> tuple[DeliveryStatus, str, Disposition]:
    return DeliveryStatus.FAILED, code, disposition


WAVY_STATUSES: Final[Mapping[str, tuple[DeliveryStatus, str | None, Disposition | None]]] = {
    "SENT_SUCCESS": (DeliveryStatus.SENT, None, None),
    "DELIVERED_SUCCESS": (DeliveryStatus.DELIVERED, None, None),
    "READ_SUCCESS": (DeliveryStatus.READ, None, None),
    "EXPIRED": _failed("101"),
    "NOT_DELIVERED": _failed("104"),
    "CARRIER_COMMUNICATION_ERROR": _failed("102"),
    "REJECTED_BY_CARRIER": _failed("103"),
    "INVALID_DESTINATION_NUMBER": _failed("202"),
    "DESTINATION_BLOCKED_BY_OPTOUT": _failed("204", Disposition.SUPPRESS),
    "INVALID_MESSAGE_LENGTH": _failed("206"),
    "INVALID_MESSAGE_TEXT": _failed("207"),
    "INVALID_CONTENT": _failed("209"),
    "INVALID_SESSION": _failed("210"),
    "DESTINATION_BLOCKED_BY_OPTIN": _failed("211"),
    "DESTINATION_BLOCKED_BY_WHITELIST": _failed("212"),
    "INTERNAL_ERROR": _failed("311"),
}

# ── Twilio ──────────────────────────────────────────────────────────────────────────────────────────────────────────

TWILIO: Final[Mapping[str, Expected]] = {
    "quick_reply_interactive": MessageReceived(
        "…9b878468",
        ("…0001", "ID.1000000000000001"),
        "…8886",
        WHEN_IT_CAME,
        Content(ContentKind.BUTTON, "Konfirmasi", "{verifyEmail:…}"),
        reply_to="…fa4af44d",
        profile_name="Test Profile",
    ),
}

# ── what is answered to us ──────────────────────────────────────────────────────────────────────────────────────────

MADE_UP_SID: Final = "a" * 32  # Twilio's, in its examples
RECEIPTS: Final[Mapping[str, Receipt]] = {
    "messages_list_post_201_create": Receipt(f"SM{MADE_UP_SID}", "…2345"),
    "messages_list_post_201_createScheduledMessageMms": Receipt(f"MM{MADE_UP_SID}", "…5310"),
    "messages_list_post_201_createScheduledMessageSms": Receipt(f"SM{MADE_UP_SID}", "…5310"),
    "messages_list_post_201_createScheduledMessageWhatsapp": Receipt(f"SM{MADE_UP_SID}", "…5310"),
    "messages_list_post_201_createWithMessagingService": Receipt(f"SM{MADE_UP_SID}", "…2345"),
    "messages_list_post_201_createWithQueuedStatus": Receipt(f"SM{MADE_UP_SID}", "…2345"),
    "messages_list_post_201_createWoService": Receipt(f"SM{MADE_UP_SID}", "…2345"),
}


@dataclass(frozen=True)
class Listed:
    """A template by what decides over it. reason: how it begins."""

    name: str
    status: str
    category: str
    placeholders: tuple[str, ...] = ()
    reason: str = ""


CONTENTS: Final = (
    Listed("Some content", "unsubmitted", "utility"),
    Listed("Media Test", "approved", "utility", ("1", "2")),
    Listed(
        "Video Highlights", "rejected", "utility", ("1", "2", "3"), "INVALID_FORMAT."
    ),  # the third is its film's name
)
LISTS: Final[Mapping[str, Sequence[Listed]]] = {
    "content_v1_v1_ContentAndApprovals_get_200_readEmpty": (),
    "content_v1_v1_ContentAndApprovals_get_200_readResults": CONTENTS,
    "content_v2_v2_ContentAndApprovals_get_200_readEmpty": (),
    "content_v2_v2_ContentAndApprovals_get_200_readResults": CONTENTS,
}

# What answers questions that we never ask.
NEVER_ASKED: Final = (
    r"content_.*ApprovalRequests_.*",
    r"content_v._v._Content_(Sid_)?(get|put)_.*",
    r"content_v1_v1_LegacyContent_.*",
    r"messages_item_.*",
    r"messages_list_get_.*",
    r"sftp_hsm_file",  # a whole base for Wavy's own dialer
)
