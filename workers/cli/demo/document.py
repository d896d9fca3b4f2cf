"""The demo's result as one JSON document, for programs. Owns its shape, which does not change."""

from typing import Any

from workers.cli.demo.conversation import Conversation
from workers.cli.demo.scenario import DemoResult


def build_document(result: DemoResult) -> dict[str, Any]:
    """Seconds are rounded to milliseconds."""
    return {
        "campaign": result.campaign,
        "intake": {
            "received": result.intake.received,
            "admitted": result.intake.admitted,
            "rejected": result.intake.rejected,
            "duplicates": result.intake.duplicates,
        },
        "rejections": [_pick(rejection, "line", "reason", "detail") for rejection in result.rejections],
        "sessions": _build_sessions(result.conversation),
        "replies": _build_replies(result.conversation),
        "answered_by_contacts": result.provider.answered,
        "accepted_by_provider": result.provider.recipients,
        "duplicates_seen_by_provider": result.provider.duplicates,
        "seconds_to_first_message": _round(result.seconds_to_first_message),
        "seconds_to_ready": _round(result.seconds_to_ready),
        "sums_hold": result.is_balanced,
        "problems": list(result.problems),
    }


def _pick(item: Any, *names: str) -> dict[str, Any]:
    return {name: item.get(name) for name in names}


def _build_sessions(conversation: Conversation) -> list[dict[str, Any]]:
    """The session in which the agent replied, with the name of its key."""
    if conversation.window is None:
        return []
    return [_pick(conversation.window, "key", "contact_id", "open", "expires_at", "last_inbound_at", "seconds_left")]


def _build_replies(conversation: Conversation) -> list[dict[str, Any]]:
    """The reply that was sent, and the reply that was refused."""
    replies = []
    if conversation.reply is not None:
        replies.append(_pick(conversation.reply, "id", "contact_id", "state", "reason", "provider_message_id"))
    if conversation.refusal is not None:
        replies.append({**_pick(conversation.refusal, "contact_id", "code", "detail"), "state": "refused"})
    return replies


def _round(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)
