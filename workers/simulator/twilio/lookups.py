"""Twilio's responses to lookups of messages: one, or a list in pages. Owns no messages.

Source: https://www.twilio.com/docs/messaging/api/message-resource (lists)
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from urllib.parse import urlencode

from workers.simulator.dialect import LookupContext
from workers.simulator.http_values import HttpRequest, HttpResponse, make_json_response
from workers.simulator.messages import Message, MessageBook
from workers.simulator.twilio.authentication import is_request_authorized
from workers.simulator.twilio.codes import build_refusal_response, make_refusal
from workers.simulator.twilio.message_resource import API_VERSION, build_resource
from workers.simulator.twilio.paging import Page, parse_page
from workers.simulator.twilio.submissions import CHANNEL


def list_messages(request: HttpRequest, context: LookupContext) -> HttpResponse:
    """Newest first, by To and From, in pages."""
    account = request.path["account"]
    if not is_request_authorized(request, context.script, account):
        return build_refusal_response(make_refusal("20003"))
    if any(name.startswith("DateSent") for name in request.query):
        return build_refusal_response(make_refusal("20001", "The simulator lists by To and From only."))
    page = parse_page(request)
    if page is None:
        return build_refusal_response(make_refusal("20001", "PageSize and Page are counts."))
    matching = _iterate_matching(account, request.query, context.memory.messages)
    return make_json_response(200, _build_page(request, list(islice(matching, page.start, page.end + 1)), page))


def show_message(request: HttpRequest, context: LookupContext) -> HttpResponse:
    account = request.path["account"]
    if not is_request_authorized(request, context.script, account):
        return build_refusal_response(make_refusal("20003"))
    message = context.memory.messages.find(request.path["message"])
    if message is None or message.submission.account != account:
        return build_refusal_response(make_refusal("20404"))
    return make_json_response(200, build_resource(message))


def _build_page(request: HttpRequest, found: list[Message], page: Page) -> dict[str, object]:
    """found: one more than the page holds if another page follows."""
    base = f"/{API_VERSION}/Accounts/{request.path['account']}/Messages.json?"
    filters = {name: value for name, value in request.query.items() if name in {"To", "From"}}

    def page_uri(number: int) -> str:
        return base + urlencode({**filters, "PageSize": page.size, "Page": number})

    return {
        "messages": [build_resource(message) for message in found[: page.size]],
        "page": page.number,
        "page_size": page.size,
        "start": page.start,
        "end": page.start + max(min(len(found), page.size) - 1, 0),
        "uri": page_uri(page.number),
        "first_page_uri": page_uri(0),
        "next_page_uri": page_uri(page.number + 1) if len(found) > page.size else None,
        "previous_page_uri": page_uri(page.number - 1) if page.number else None,
    }


def _iterate_matching(account: str, query: Mapping[str, str], book: MessageBook) -> Iterator[Message]:
    to, sender = query.get("To"), query.get("From")
    for message in book.iterate_newest(to.removeprefix(CHANNEL) if to else None):
        submission = message.submission
        if submission.account == account and sender in {None, submission.wire.get("From")}:
            yield message
