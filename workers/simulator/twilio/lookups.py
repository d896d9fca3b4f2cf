"""What Twilio answers when it is asked about messages: one, or a list in pages. Owns no messages.

Source: https://www.twilio.com/docs/messaging/api/message-resource (lists)
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from urllib.parse import urlencode

from workers.simulator.messages import Message, MessageBook
from workers.simulator.provider import Answer, Arrival, Desk, json_answer
from workers.simulator.twilio.access import credentials, is_let_in
from workers.simulator.twilio.codes import refusal, refused
from workers.simulator.twilio.paging import wanted
from workers.simulator.twilio.reading import CHANNEL
from workers.simulator.twilio.receipts import API_VERSION, resource


def list_messages(arrival: Arrival, desk: Desk) -> Answer:
    """Newest first, by To and From, in pages."""
    account = arrival.path["account"]
    if not is_let_in(desk.script, account, *credentials(arrival)):
        return refused(refusal("20003"))
    if any(name.startswith("DateSent") for name in arrival.query):
        return refused(refusal("20001", "The simulator lists by To and From only."))
    page_wanted = wanted(arrival)
    if page_wanted is None:
        return refused(refusal("20001", "PageSize and Page are counts."))
    size, page = page_wanted
    found = list(islice(_matching(account, arrival.query, desk.memory.messages), page * size, (page + 1) * size + 1))
    return json_answer(200, _page(arrival, found, size, page))


def _page(arrival: Arrival, found: list[Message], size: int, page: int) -> dict[str, object]:
    """found: one more than the page holds when there is a next one."""
    base = f"/{API_VERSION}/Accounts/{arrival.path['account']}/Messages.json?"
    own = {name: value for name, value in arrival.query.items() if name in {"To", "From"}}

    def uri(number: int) -> str:
        return base + urlencode({**own, "PageSize": size, "Page": number})

    return {
        "messages": [resource(message) for message in found[:size]],
        "page": page,
        "page_size": size,
        "start": page * size,
        "end": page * size + max(min(len(found), size) - 1, 0),
        "uri": uri(page),
        "first_page_uri": uri(0),
        "next_page_uri": uri(page + 1) if len(found) > size else None,
        "previous_page_uri": uri(page - 1) if page else None,
    }


def _matching(account: str, query: Mapping[str, str], book: MessageBook) -> Iterator[Message]:
    to, sender = query.get("To"), query.get("From")
    for message in book.latest(to.removeprefix(CHANNEL) if to else None):
        submission = message.submission
        if submission.account == account and sender in {None, submission.wire.get("From")}:
            yield message


def show_message(arrival: Arrival, desk: Desk) -> Answer:
    account = arrival.path["account"]
    if not is_let_in(desk.script, account, *credentials(arrival)):
        return refused(refusal("20003"))
    message = desk.memory.messages.find(arrival.path["message"])
    if message is None or message.submission.account != account:
        return refused(refusal("20404"))
    return json_answer(200, resource(message))
