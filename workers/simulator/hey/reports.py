"""Hey's Client API: its report of sessions, in pages. Owns no messages, and keeps nothing between two pages.

A session is all that a platform has sent to one contact; what the contact wrote is not in it. Pages follow each other until
one is empty.
Source: three public users of the API (fields, scroll). Assumed: times are UTC, and what is refused.
"""

import base64
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationError

from workers.simulator import plain
from workers.simulator.hey.answers import refused
from workers.simulator.hey.events import ABILITY, key_of
from workers.simulator.hey.login import is_let_in
from workers.simulator.hey.reading import address
from workers.simulator.hey.statuses import entry
from workers.simulator.messages import Message
from workers.simulator.plain import Wire, iso
from workers.simulator.provider import Answer, Arrival, Desk, json_answer
from workers.simulator.traffic import SECOND_US

MAX_PAGE_SIZE = 500


def _as_utc(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


Instant = Annotated[datetime, AfterValidator(_as_utc)]


class _Query(Wire):
    """page: from 0; a scroll holds the whole query with the page that is next."""

    begin: Instant
    end: Instant
    page_size: Annotated[int, Field(ge=1, le=MAX_PAGE_SIZE, alias="pageSize")] = MAX_PAGE_SIZE
    contact: str | None = None
    exclude: str = ""
    include: str = ""
    page: Annotated[int, Field(ge=0)] = 0


def first_page(arrival: Arrival, desk: Desk) -> Answer:
    if not is_let_in(arrival, desk):
        return refused(plain.refusal("401"))
    try:
        return _page(_Query.model_validate(dict(arrival.query)), desk)
    except ValidationError as error:
        return refused(plain.mistake(error))


def next_page(arrival: Arrival, desk: Desk) -> Answer:
    if not is_let_in(arrival, desk):
        return refused(plain.refusal("401"))
    try:
        query = _Query.model_validate_json(base64.urlsafe_b64decode(arrival.path["scroll"].encode()))
    except ValueError:  # ValidationError is one
        return refused(plain.refusal("404"))
    return _page(query, desk)


def _page(query: _Query, desk: Desk) -> Answer:
    sessions = _sessions(query, desk)
    start = query.page * query.page_size
    found = sessions[start : start + query.page_size]
    following = query.model_copy(update={"page": query.page + 1}).model_dump_json(by_alias=True)
    scroll = base64.urlsafe_b64encode(following.encode()).decode()
    return json_answer(
        200,
        {
            "data": [_session(messages, has_chat="chat" not in query.exclude.split(",")) for messages in found],
            "scroll": {"id": scroll, "length": len(found), "total": len(sessions)},
        },
    )


def _sessions(query: _Query, desk: Desk) -> Sequence[Sequence[Message]]:
    """By their first message, so that what is sent meanwhile moves no page."""
    found: dict[tuple[str, str], list[Message]] = {}
    for message in reversed(list(_messages(query, desk))):
        found.setdefault((message.submission.account, message.submission.to), []).append(message)
    return list(found.values())


def _messages(query: _Query, desk: Desk) -> Iterator[Message]:
    """Hey's, newest first."""
    contact = None if query.contact is None else address(query.contact) or query.contact
    begin_us, end_us = (int(at.timestamp() * SECOND_US) for at in (query.begin, query.end))
    for message in desk.memory.messages.latest(contact):
        if begin_us <= message.accepted_at_us <= end_us and "idMessageHey" in message.submission.wire:
            yield message


def _session(messages: Sequence[Message], *, has_chat: bool) -> dict[str, object]:
    first, last = messages[0], messages[-1]
    submission = last.submission
    key = key_of(submission.account, submission.to, submission.wire)
    source = {
        **key,
        "contactFirstName": "",
        "beginSession": iso(first.accepted_at_us),
        "endSession": iso(last.accepted_at_us),
        "incomingMessages": 0,
        "abilityList": [ABILITY],
        "agentList": [],
    }
    chat = [entry(message, message.status, message.code) for message in messages]
    return {"_id": key["session"], "_source": {**source, "chat": chat} if has_chat else source}
