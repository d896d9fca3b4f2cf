"""The simulation: its state (script, counters, memory), requests from decision to journal, and the operator's commands.

Knows no HTTP: the server sends responses and reports whether the client got them.
"""

import asyncio
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from itertools import count

from workers.simulator.contacts import ContactBook
from workers.simulator.decider import Decider
from workers.simulator.decision import Decision
from workers.simulator.dialect import Dialect, LookupContext, NewId
from workers.simulator.dispatcher import WebhookDispatcher
from workers.simulator.handshake import shake_hands, shake_hands_at_start
from workers.simulator.http_values import HttpRequest, HttpResponse
from workers.simulator.inbound_content import InboundCommand
from workers.simulator.inbound_webhooks import InboundPlanner
from workers.simulator.journal import HandshakeRecord, InterventionKind, InterventionRecord
from workers.simulator.journal_writer import Journal
from workers.simulator.memory import Memory
from workers.simulator.news import News
from workers.simulator.news_webhooks import plan_news
from workers.simulator.script import Script
from workers.simulator.sender_endpoints import NoDestination, find_commanded_endpoint
from workers.simulator.traffic import SECOND_US, NowUs, Outcome, Tally

ONLY_WITH_NEWS = frozenset({"preference", "form", "reaction"})  # contents that only some providers have words for
EARLY_S = 5.0  # the longest that a response waits for the status webhook that precedes it


def make_id_source() -> NewId:
    """32 hexadecimal digits: random once per process, then counted, which is a hundred times cheaper per id."""
    head, numbers = secrets.token_hex(10), count(1)
    return lambda: f"{head}{next(numbers):012x}"


class Simulation:
    """*Effects*: a `settle` follows each `decide`, and writes the journal and starts the webhooks; or `close` does."""

    def __init__(
        self, script: Script, journal: Journal, dispatcher: WebhookDispatcher, now_us: NowUs, new_id: NewId
    ) -> None:
        self._journal = journal
        self._dispatcher = dispatcher
        self._now_us = now_us
        self._new_id = new_id
        self._tally = Tally()
        self._unsettled: set[Decision] = set()
        self._memory = Memory()
        self._follow(script)
        self._record_intervention("start")

    def decide(self, dialect: Dialect, request: HttpRequest) -> Decision | HttpResponse:
        """From here on the message is accepted or it is not, whatever response the client gets."""
        decision = self._decider.decide(dialect, request, self._now_us())
        if isinstance(decision, Decision):
            self._unsettled.add(decision)
        return decision

    async def send_early_status(self, decision: Decision) -> None:
        """Send the first status before the response, if the decision says so."""
        if decision.statuses is not None and decision.is_early:
            with suppress(TimeoutError):
                async with asyncio.timeout(EARLY_S):
                    await self._dispatcher.start_now(decision.statuses)

    def settle(self, decision: Decision, *, answered: bool) -> None:
        """answered: the client was still there when the response went out. A second call changes nothing."""
        if decision not in self._unsettled:
            return
        self._unsettled.remove(decision)
        record = (
            decision.record if decision.record.answered == answered else replace(decision.record, answered=answered)
        )
        self._journal.write(record)
        self._tally.unanswered += record.outcome is Outcome.ACCEPTED and not answered
        if decision.statuses is not None and not decision.is_early:
            self._dispatcher.start(decision.statuses)
        if decision.replies is not None:
            self._dispatcher.start(decision.replies)

    async def write_inbound(self, dialect: Dialect, command: InboundCommand) -> tuple[str, int | None]:
        """Have a contact write at once: the message's id and the client's HTTP status. *Raises*: NoDestination."""
        if command.kind in ONLY_WITH_NEWS and dialect.news is None:
            raise NoDestination(f"{dialect.name} brings no {command.kind}")
        endpoint = find_commanded_endpoint(self.script, dialect, command, self._memory)
        self._commands += 1
        sequence = self._planner.plan_command(dialect, endpoint, command, self._tally.inbound, self._commands)
        result = await self._dispatcher.start_now(sequence)
        return sequence.steps[0].message.id, result.http_status

    async def send_news(self, dialect: Dialect, news: News) -> int | None:
        """Send news at once: the client's HTTP status. *Raises*: NoDestination."""
        sequence = plan_news(self.script, dialect, news, self._memory, self._tally.news, self._now_us())
        return (await self._dispatcher.start_now(sequence)).http_status

    async def shake_hands(self, dialect: Dialect) -> HandshakeRecord:
        """Perform the provider's handshake with the client. *Raises*: NoDestination."""
        record = await shake_hands(self.script, dialect, self._now_us)
        self._journal.write(record)
        return record

    async def shake_hands_at_start(self, dialect: Dialect) -> None:
        """Perform the handshake before all else, if the script says so. A client that never answers is no error."""
        if self.script.meta.handshake and dialect.news is not None:
            with suppress(TimeoutError, NoDestination):
                self._journal.write(await shake_hands_at_start(self.script, dialect, self._now_us))

    def make_lookup_context(self) -> LookupContext:
        return LookupContext(self.script, self._memory, self._now_us(), self._new_id)

    def close(self) -> None:
        """Settle every open decision as unanswered: aiohttp forgets the handlers of clients that have left."""
        for decision in tuple(self._unsettled):
            self.settle(decision, answered=False)

    def apply(self, script: Script) -> None:
        """Follow another script from the next request on: its rules count from zero, the tally goes on."""
        self._memory.template_statuses.clear()
        self._follow(script)
        self._record_intervention("script")

    def reset(self) -> None:
        """As if just started: no counts, nothing remembered, nothing to come, rules counted from zero."""
        self._dispatcher.drop_waiting()
        self._memory.clear()
        self._tally = Tally()
        self._follow(self.script)
        self._record_intervention("reset")

    def summarize(self) -> Mapping[str, object]:
        return self._tally.summarize()

    def _follow(self, script: Script) -> None:
        self.script = script
        contacts = ContactBook(script)
        self._planner = InboundPlanner(script, contacts, self._memory, self._new_id)
        self._decider = Decider(script, self._memory, self._tally, contacts, self._planner, self._new_id)
        self._dispatcher.max_batch = script.callbacks.batch
        self._commands = 0

    def _record_intervention(self, kind: InterventionKind) -> None:
        self._journal.write(InterventionRecord(self._now_us() / SECOND_US, kind))
