"""The agent's part of the demo: a reply to a contact who asked, and a reply to a silent contact, which must be refused.

Both go through the HTTP API. The API refuses the second one with the templates that may be sent instead.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from shared.ground.ids import ContactId, SenderId
from shared.ground.keys import session
from workers.cli.client import Api, ApiProblem, Document
from workers.cli.demo.setup import DemoSetup

AGENT: Final = "Ana"
REPLY: Final = "Of course. We have moved it by an hour; see you then."
ATTEMPT: Final = "Are you coming?"
UNDER_WAY: Final = frozenset({"queued", "sending", "accepted"})
POLL_S, PATIENCE_S = 0.1, 20.0


@dataclass(frozen=True, slots=True)
class Conversation:
    """question: the contact's.  reply: its last state in the API.  window: the contact's session.

    refusal: the API's problem for the reply to a silent contact. None if there was no such contact.
    """

    question: str | None = None
    reply: Document | None = None
    window: Document | None = None
    refusal: Document | None = None

    def find_problems(self) -> Sequence[str]:
        problems = []
        if self.reply is not None and self.reply["state"] not in {"delivered", "read"}:
            problems.append(f"The agent's reply is {self.reply['state']}, not delivered.")
        if self.refusal is not None and self.refusal["code"] != "window-closed":
            problems.append(f"A reply outside the window was answered with {self.refusal['code']}.")
        return problems


async def converse(api: Api, setup: DemoSetup, campaign: str) -> Conversation:
    """*Raises*: ApiProblem, ApiUnreachable."""
    asking = await _find_asking_contact(api, campaign)
    silent = await _find_silent_contact(api, campaign)
    refusal = None if silent is None else await _attempt_reply(api, setup, silent)
    if asking is None:
        return Conversation(refusal=refusal)
    interaction, question = asking
    await api.post(f"v1/interactions/{interaction['id']}/assign", {"agent": AGENT})
    order = {"sender": setup.sender.id, "contact": interaction["contact_id"], "text": REPLY, "agent": AGENT}
    reply = await api.post("v1/replies", {**order, "interaction": interaction["id"]})
    reply = await _follow(api, f"v1/replies/{reply['id']}")
    window = await api.get(f"v1/sessions/{setup.sender.id}/{interaction['contact_id']}")
    return Conversation(question, reply, {**window, "key": _name_key(setup, window)}, refusal)


def _name_key(setup: DemoSetup, window: Document) -> str:
    return session(ContactId(window["contact_id"]), SenderId(setup.sender.id))


async def _find_asking_contact(api: Api, campaign: str) -> tuple[Document, str] | None:
    """The newest interaction whose last message is a question, with the question."""
    async for interaction in api.items("v1/interactions", campaign=campaign):
        thread: Sequence[Any] = (await api.get(f"v1/interactions/{interaction['id']}"))["thread"]
        texts = [entry.get("text") or "" for entry in thread if entry["direction"] == "in"]
        if texts and texts[-1].endswith("?"):
            return interaction, texts[-1]
    return None


async def _find_silent_contact(api: Api, campaign: str) -> str | None:
    async for job in api.items(f"v1/campaigns/{campaign}/jobs"):
        if job["state"] in {"delivered", "read"} and job["replied_at"] is None:
            return str(job["contact_id"])
    return None


async def _attempt_reply(api: Api, setup: DemoSetup, contact: str) -> Document:
    """The API's problem for a reply to a contact who has not written; code `taken` if it accepted the reply."""
    try:
        reply = await api.post("v1/replies", {"sender": setup.sender.id, "contact": contact, "text": ATTEMPT})
    except ApiProblem as problem:
        return {"code": problem.code, "detail": problem.detail, "contact_id": contact}
    return {"code": "taken", "detail": "The reply was taken.", "contact_id": contact, "id": reply["id"]}


async def _follow(api: Api, path: str) -> Document:
    """Until it has arrived or failed, or for 20 s."""
    deadline = time.monotonic() + PATIENCE_S
    reply = await api.get(path)
    while reply["state"] in UNDER_WAY and time.monotonic() < deadline:
        await asyncio.sleep(POLL_S)
        reply = await api.get(path)
    return reply
