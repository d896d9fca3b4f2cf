"""What contacts write, told as Twilio tells it: signed forms to the sender's webhook."""

import itertools

from tests.benchmarks.configuration import Sender
from tests.benchmarks.installation import Running
from tests.benchmarks.message import ACCOUNT_SID
from tests.benchmarks.statuses import sign

_numbers = itertools.count(1)


async def write(running: Running, sender: Sender, phone: str, text: str) -> None:
    """*Raises*: RuntimeError when the webhook does not take it."""
    sid = f"SM{next(_numbers):032x}"
    fields = {
        "MessageSid": sid, "SmsMessageSid": sid, "SmsSid": sid, "SmsStatus": "received", "AccountSid": ACCOUNT_SID,
        "From": f"whatsapp:{phone}", "To": f"whatsapp:{sender.address}", "WaId": phone.removeprefix("+"), "Body": text,
        "NumMedia": "0", "NumSegments": "1", "MessageType": "text", "ApiVersion": "2010-04-01",
    }  # fmt: skip
    url = f"{running.webhook}/webhooks/twilio/{sender.name}"
    async with running.http.post(url, data=fields, headers={"X-Twilio-Signature": sign(url, fields)}) as answer:
        if not answer.ok:
            raise RuntimeError(f"the webhook answers {answer.status}: {await answer.text()}")
