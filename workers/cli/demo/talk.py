"""What comes after the answers: an agent takes one and replies; who did not write is not written to. Owns the two acts.

Both are the HTTP API's. The reply goes to somebody who asked something; the other one is refused by the gate, with the
templates that may be sent instead.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from shared.ground.ids import ContactId, SenderId
from shared.ground.keys import session
from workers.cli.client import Api, ApiProblem, Document
from workers.cli.demo.stage import Stage

AGENT: Final = "Ana"
REPLY: Final = "Of course. We have moved it by an hour; see you then."
ATTEMPT: Final = "Are you coming?"
ON_ITS_WAY: Final = frozenset({"queued", "sending", "accepted"})
POLL_S, PATIENCE_S = 0.1, 20.0


@dataclass(frozen=True, slots=True)
class Talk:
    """question: what the contact had said.  reply: as the API shows it in the end.  window: the contact's session.
    refusal: the problem that who did not write was refused with.  None where there was nobody for it.
    """

    question: str | None = None
    reply: Document | None = None
    window: Document | None = None
    refusal: Document | None = None

    def problems(self) -> Sequence[str]:
        said = []
        if self.reply is not None and self.reply["state"] not in {"delivered", "read"}:
            said.append(f"The agent's reply is {self.reply['state']}, not delivered.")
        if self.refusal is not None and self.refusal["code"] != "window-closed":
            said.append(f"A reply outside the window was answered with {self.refusal['code']}.")
        return said


async def talk(api: Api, stage: Stage, campaign: str) -> Talk:
    """*Raises*: ApiProblem, ApiUnreachable."""
    asked = await _one_who_asks(api, campaign)
    silent = await _one_who_is_silent(api, campaign)
    refusal = None if silent is None else await _attempt(api, stage, silent)
    if asked is None:
        return Talk(refusal=refusal)
    interaction, question = asked
    await api.post(f"v1/interactions/{interaction['id']}/assign", {"agent": AGENT})
    order = {"sender": stage.sender.id, "contact": interaction["contact_id"], "text": REPLY, "agent": AGENT}
    reply = await api.post("v1/replies", {**order, "interaction": interaction["id"]})
    reply = await _followed(api, f"v1/replies/{reply['id']}")
    window = await api.get(f"v1/sessions/{stage.sender.id}/{interaction['contact_id']}")
    return Talk(question, reply, {**window, "key": _key(stage, window)}, refusal)


def _key(stage: Stage, window: Document) -> str:
    return session(ContactId(window["contact_id"]), SenderId(stage.sender.id))


async def _one_who_asks(api: Api, campaign: str) -> tuple[Document, str] | None:
    """The newest interaction in which the contact has asked something."""
    async for one in api.items("v1/interactions", campaign=campaign):
        thread: Sequence[Any] = (await api.get(f"v1/interactions/{one['id']}"))["thread"]
        said = [entry.get("text") or "" for entry in thread if entry["direction"] == "in"]
        if said and said[-1].endswith("?"):
            return one, said[-1]
    return None


async def _one_who_is_silent(api: Api, campaign: str) -> str | None:
    async for job in api.items(f"v1/campaigns/{campaign}/jobs"):
        if job["state"] in {"delivered", "read"} and job["replied_at"] is None:
            return str(job["contact_id"])
    return None


async def _attempt(api: Api, stage: Stage, contact: str) -> Document:
    """What a reply to somebody is answered with who has not written; nothing of it may go out."""
    try:
        taken = await api.post("v1/replies", {"sender": stage.sender.id, "contact": contact, "text": ATTEMPT})
    except ApiProblem as problem:
        return {"code": problem.code, "detail": problem.detail, "contact_id": contact}
    return {"code": "taken", "detail": "The reply was taken.", "contact_id": contact, "id": taken["id"]}


async def _followed(api: Api, path: str) -> Document:
    """Until it has arrived, or will not."""
    deadline = time.monotonic() + PATIENCE_S
    found = await api.get(path)
    while found["state"] in ON_ITS_WAY and time.monotonic() < deadline:
        await asyncio.sleep(POLL_S)
        found = await api.get(path)
    return found
