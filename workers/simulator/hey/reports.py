"""Hey's Client API: its report of sessions, in pages. Owns no messages, and stores nothing between two pages.

A session holds every message of a platform to one contact; the contact's own messages are not in it. A client reads
pages until one is empty.
Source: three public users of the API (fields, scroll). Assumed: times are UTC, and the refusals.
"""

import base64
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationError

from workers.simulator.dialect import LookupContext
from workers.simulator.hey.envelope import ABILITY, build_key
from workers.simulator.hey.login import is_request_authorized
from workers.simulator.hey.responses import build_refusal_response
from workers.simulator.hey.statuses import build_entry
from workers.simulator.hey.submissions import parse_client
from workers.simulator.http_values import HttpRequest, HttpResponse, make_json_response
from workers.simulator.messages import Message
from workers.simulator.schema import StrictModel
from workers.simulator.traffic import SECOND_US
from workers.simulator.unsigned_json import format_iso, make_refusal, refuse_invalid

MAX_PAGE_SIZE = 500


def _assume_utc(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


Instant = Annotated[datetime, AfterValidator(_assume_utc)]


class _Query(StrictModel):
    """page: from 0. A scroll holds the whole query with the number of the next page."""

    begin: Instant
    end: Instant
    page_size: Annotated[int, Field(ge=1, le=MAX_PAGE_SIZE, alias="pageSize")] = MAX_PAGE_SIZE
    contact: str | None = None
    exclude: str = ""
    include: str = ""
    page: Annotated[int, Field(ge=0)] = 0


def show_first_page(request: HttpRequest, context: LookupContext) -> HttpResponse:
    if not is_request_authorized(request, context):
        return build_refusal_response(make_refusal("401"))
    try:
        return _build_page(_Query.model_validate(dict(request.query)), context)
    except ValidationError as error:
        return build_refusal_response(refuse_invalid(error))


def show_next_page(request: HttpRequest, context: LookupContext) -> HttpResponse:
    if not is_request_authorized(request, context):
        return build_refusal_response(make_refusal("401"))
    try:
        query = _Query.model_validate_json(base64.urlsafe_b64decode(request.path["scroll"].encode()))
    except ValueError:  # includes ValidationError
        return build_refusal_response(make_refusal("404"))
    return _build_page(query, context)


def _build_page(query: _Query, context: LookupContext) -> HttpResponse:
    sessions = _find_sessions(query, context)
    start = query.page * query.page_size
    page = sessions[start : start + query.page_size]
    next_query = query.model_copy(update={"page": query.page + 1}).model_dump_json(by_alias=True)
    scroll = base64.urlsafe_b64encode(next_query.encode()).decode()
    has_chat = "chat" not in query.exclude.split(",")
    return make_json_response(
        200,
        {
            "data": [_build_session(messages, has_chat=has_chat) for messages in page],
            "scroll": {"id": scroll, "length": len(page), "total": len(sessions)},
        },
    )


def _find_sessions(query: _Query, context: LookupContext) -> Sequence[Sequence[Message]]:
    """In order of their first message, so that later messages move no session to another page."""
    sessions: dict[tuple[str, str], list[Message]] = {}
    for message in reversed(list(_iterate_messages(query, context))):
        sessions.setdefault((message.submission.account, message.submission.to), []).append(message)
    return list(sessions.values())


def _iterate_messages(query: _Query, context: LookupContext) -> Iterator[Message]:
    """Those sent through Hey, newest first."""
    contact = None if query.contact is None else parse_client(query.contact) or query.contact
    begin_us, end_us = (int(at.timestamp() * SECOND_US) for at in (query.begin, query.end))
    for message in context.memory.messages.iterate_newest(contact):
        if begin_us <= message.accepted_at_us <= end_us and "idMessageHey" in message.submission.wire:
            yield message


def _build_session(messages: Sequence[Message], *, has_chat: bool) -> dict[str, object]:
    first, last = messages[0], messages[-1]
    submission = last.submission
    key = build_key(submission.account, submission.to, submission.wire)
    source = {
        **key,
        "contactFirstName": "",
        "beginSession": format_iso(first.accepted_at_us),
        "endSession": format_iso(last.accepted_at_us),
        "incomingMessages": 0,
        "abilityList": [ABILITY],
        "agentList": [],
    }
    chat = [build_entry(message, message.status, message.code) for message in messages]
    return {"_id": key["session"], "_source": {**source, "chat": chat} if has_chat else source}
