"""Twilio's responses to lookups of messages: one, or a list in pages. Owns no messages.

Source: https://www.twilio.com/docs/messaging/api/message-resource (lists)
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from urllib.parse import urlencode

from workers.simulator.dialect import LookupContext
from workers.simulator.http_values import HttpRequest, HttpResponse, make_json_response
from workers.simulator.messages import Message, MessageBook
from workers.simulator.script import Script
from workers.simulator.traffic import SECOND_US
from workers.simulator.twilio.authentication import is_request_authorized
from workers.simulator.twilio.codes import build_refusal_response, make_refusal
from workers.simulator.twilio.message_resource import API_VERSION, build_resource
from workers.simulator.twilio.paging import Page, parse_page
from workers.simulator.twilio.submissions import CHANNEL

DAY, SINCE, UNTIL = "DateSent", "DateSent>", "DateSent<"
DATES = (DAY, SINCE, UNTIL)
FILTERS = frozenset({"To", "From", *DATES})
DAY_US = 86_400 * SECOND_US
FOREVER_US = 2**62


def list_messages(request: HttpRequest, context: LookupContext) -> HttpResponse:
    """Newest first, by To, From and DateSent, in pages. A message that is not sent yet has no DateSent, and fits none."""
    account = request.path["account"]
    if not is_request_authorized(request, context.script, account):
        return build_refusal_response(make_refusal("20003"))
    page, span = parse_page(request), _parse_span(request.query)
    if page is None:
        return build_refusal_response(make_refusal("20001", "PageSize and Page are counts."))
    if span is None:
        return build_refusal_response(make_refusal("20001", "DateSent is a date, or an instant with a Z."))
    matching = _iterate_matching(account, request.query, context.memory.messages, span)
    found = list(islice(matching, page.start, page.end + 1))
    return make_json_response(200, _build_page(request, found, page, context.script))


def show_message(request: HttpRequest, context: LookupContext) -> HttpResponse:
    account = request.path["account"]
    if not is_request_authorized(request, context.script, account):
        return build_refusal_response(make_refusal("20003"))
    message = context.memory.messages.find(request.path["message"])
    if message is None or message.submission.account != account:
        return build_refusal_response(make_refusal("20404"))
    return make_json_response(200, _show(message, context.script))


def _show(message: Message, script: Script) -> dict[str, object]:
    """With the text of its template, which the answer to a send leaves out: there it would cost 10 µs a message."""
    template = script.catalogue.get(message.submission.template or "")
    resource = build_resource(message)
    if template is None or template.variables is not None:
        return resource
    return {**resource, "body": template.render(message.submission.variables)}


def _parse_span(query: Mapping[str, str]) -> tuple[int, int] | None:
    """From and until, in microseconds, both inclusive; None for a date that is none.

    `DateSent` is a day of GMT, `DateSent>` at or after its midnight, `DateSent<` at or before it. The package's dates are
    instants, which count as they are with the latter two.
    """
    try:
        days = {name: datetime.fromisoformat(query[name]).replace(tzinfo=UTC) for name in DATES if name in query}
    except ValueError:
        return None
    begins = {name: int(at.timestamp()) * SECOND_US for name, at in days.items()}
    day = begins.get(DAY, 0) // DAY_US * DAY_US
    since = max(day, begins.get(SINCE, 0))
    until = min(day + DAY_US - 1 if DAY in begins else FOREVER_US, begins.get(UNTIL, FOREVER_US))
    return since, until


def _build_page(request: HttpRequest, found: list[Message], page: Page, script: Script) -> dict[str, object]:
    """found: one more than the page holds if another page follows."""
    base = f"/{API_VERSION}/Accounts/{request.path['account']}/Messages.json?"
    filters = {name: value for name, value in request.query.items() if name in FILTERS}

    def page_uri(number: int) -> str:
        return base + urlencode({**filters, "PageSize": page.size, "Page": number})

    return {
        "messages": [_show(message, script) for message in found[: page.size]],
        "page": page.number,
        "page_size": page.size,
        "start": page.start,
        "end": page.start + max(min(len(found), page.size) - 1, 0),
        "uri": page_uri(page.number),
        "first_page_uri": page_uri(0),
        "next_page_uri": page_uri(page.number + 1) if len(found) > page.size else None,
        "previous_page_uri": page_uri(page.number - 1) if page.number else None,
    }


def _iterate_matching(
    account: str, query: Mapping[str, str], book: MessageBook, span: tuple[int, int]
) -> Iterator[Message]:
    to, sender = query.get("To"), query.get("From")
    is_dated = any(name in query for name in DATES)
    for message in book.iterate_newest(to.removeprefix(CHANNEL) if to else None):
        submission = message.submission
        is_wanted = submission.account == account and sender in {None, submission.wire.get("From")}
        if is_wanted and (not is_dated or span[0] <= (message.sent_at_us or -1) <= span[1]):
            yield message
