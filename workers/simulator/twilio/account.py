"""What Twilio tells of an account and of its WhatsApp numbers. Owns neither: the script knows the account, and the numbers
are those of its `services`, and those that it has sent from.

Every number is online, and as good as it can be.
Source: https://www.twilio.com/docs/iam/api/account; https://www.twilio.com/docs/whatsapp/api/senders
"""

import hashlib
from collections.abc import Mapping

from workers.simulator.provider import Answer, Arrival, Desk, Route, json_answer
from workers.simulator.twilio.access import credentials, is_let_in, origin, who_asks
from workers.simulator.twilio.codes import refusal, refused
from workers.simulator.twilio.paging import meta, wanted
from workers.simulator.twilio.reading import CHANNEL
from workers.simulator.twilio.receipts import API_VERSION

SENDERS = "/v2/Channels/Senders"


def _show(arrival: Arrival, desk: Desk) -> Answer:
    account = arrival.path["account"]
    if not is_let_in(desk.script, account, *credentials(arrival)):
        return refused(refusal("20003"))
    uri = f"/{API_VERSION}/Accounts/{account}.json"
    about = {"sid": account, "friendly_name": "An account of the simulator", "status": "active", "type": "Full"}
    return json_answer(200, {**about, "owner_account_sid": account, "uri": uri})


def _list(arrival: Arrival, desk: Desk) -> Answer:
    account, page_wanted = who_asks(arrival, desk.script), wanted(arrival)
    if account is None:
        return refused(refusal("20003"))
    if page_wanted is None or arrival.query.get("Channel") != "whatsapp":
        return refused(refusal("20001", "Channel is whatsapp, and PageSize and Page are counts."))
    size, page = page_wanted
    numbers = _numbers(desk)
    shown = [_sender(arrival, desk, account, number) for number in numbers[page * size : (page + 1) * size]]
    url = f"{origin(arrival)}{SENDERS}?Channel=whatsapp"
    is_last = len(numbers) <= (page + 1) * size
    return json_answer(200, {"senders": shown, "meta": meta("senders", url, size, page, is_last=is_last)})


def _numbers(desk: Desk) -> list[str]:
    used = (sender for provider, sender in desk.memory.latest if provider == "twilio" and sender.startswith("+"))
    return sorted({*desk.script.services.values(), *used})


def _sender(arrival: Arrival, desk: Desk, account: str, number: str) -> Mapping[str, object]:
    sid = "XE" + hashlib.blake2b(f"{account}{number}".encode(), digest_size=16).hexdigest()
    url = (desk.script.message_url("twilio", account) or "").partition("#")[0]
    return {
        "sid": sid,
        "status": "ONLINE",
        "sender_id": f"{CHANNEL}{number}",
        "configuration": {"waba_id": desk.script.meta.waba_id},
        "webhook": {"callback_url": url, "callback_method": "POST"} if url else None,
        "profile": {"name": "A sender of the simulator"},
        "properties": {"quality_rating": "HIGH", "messaging_limit": "10K Customers/24hr"},
        "offline_reasons": None,
        "url": f"{origin(arrival)}{SENDERS}/{sid}",
    }


ROUTES = (
    Route("GET", f"/{API_VERSION}/Accounts/{{account}}.json", _show),
    Route("GET", SENDERS, _list),
)
