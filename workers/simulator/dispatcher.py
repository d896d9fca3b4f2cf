"""The dispatcher sends webhooks: at their instant, in their order, again if they fail. Owns the waiting; no contents.

At most `connections` requests are under way. Sequences that wait are entries of a heap, not tasks.

Decision: providers that combine several webhooks into one body collect them for an undocumented time. Here the webhooks
of such a provider are due at multiples of `COLLECTED_S` only, so that those due in between share a body.
"""

import asyncio
import heapq
from collections.abc import Iterator
from contextlib import suppress

from workers.simulator.http_client import HttpClient, PostResult
from workers.simulator.http_values import WebhookRequest
from workers.simulator.journal_writer import Journal
from workers.simulator.traffic import SECOND_US, NowUs
from workers.simulator.webhook_sequence import AnySequence

CONNECTIONS = 64
RETRY_PAUSE_S = 0.1  # doubled with each attempt; providers do not document theirs
COLLECTED_S = 0.05
DROPPED = PostResult(None)

Batch = list[AnySequence]
"""Sequences whose next steps share one request."""


class WebhookDispatcher:
    """*Effects*: posts to the client, writes the journal, applies each step to the memory.

    max_batch: the most sequences in one request, if their dialect can combine them.
    """

    def __init__(self, journal: Journal, now_us: NowUs, connections: int = CONNECTIONS) -> None:
        self._journal = journal
        self._now_us = now_us
        self._connections = connections
        self.max_batch = 1
        self._client = HttpClient()
        self._heap: list[tuple[int, int, AnySequence]] = []
        self._entries = 0
        self._generation = 0
        self._due: asyncio.Queue[Batch] = asyncio.Queue()
        self._woken = asyncio.Event()

    def start(self, sequence: AnySequence) -> None:
        """Send the first step after its own pause. May be called once for each sequence."""
        self._enter(sequence, sequence.step.after_s)

    async def start_now(self, sequence: AnySequence) -> PostResult:
        """Send the first step at once; return after its first attempt, or after a reset has dropped it."""
        sequence.first_result = asyncio.get_running_loop().create_future()
        self._enter(sequence, 0.0)
        return await sequence.first_result

    def drop_waiting(self) -> None:
        """Drop every waiting sequence. A request that is under way arrives, but its sequence ends there."""
        self._generation += 1
        for _, _, sequence in self._heap:
            sequence.resolve_first_result(DROPPED)
        self._heap.clear()

    async def run(self) -> None:
        """Send until cancelled. *Raises*: any error of a dialect or the journal, which is a fault of the simulator."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._queue_due())
                for _ in range(self._connections):
                    tasks.create_task(self._work())
        finally:
            self._client.close()

    def _enter(self, sequence: AnySequence, for_s: float) -> None:
        sequence.generation = self._generation
        sequence.tally.pending += sum(not step.forged for step in sequence.steps)
        self._wait(sequence, for_s)

    def _wait(self, sequence: AnySequence, for_s: float) -> None:
        if sequence.generation != self._generation:
            sequence.resolve_first_result(DROPPED)
            return
        due_us = self._now_us() + int(for_s * SECOND_US)
        if self._is_combined(sequence):
            due_us += -due_us % int(COLLECTED_S * SECOND_US)
        self._entries += 1  # breaks ties in order of entry
        heapq.heappush(self._heap, (due_us, self._entries, sequence))
        if self._heap[0][2] is sequence:
            self._woken.set()

    async def _queue_due(self) -> None:
        while True:
            self._woken.clear()
            now_us, due = self._now_us(), []
            while self._heap and self._heap[0][0] <= now_us:
                due.append(heapq.heappop(self._heap)[2])
            for batch in self._combine_due(due):
                self._due.put_nowait(batch)
            pause_s = (self._heap[0][0] - now_us) / SECOND_US if self._heap else None
            with suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._woken.wait()

    def _combine_due(self, due: Batch) -> Iterator[Batch]:
        """Each sequence once, in order except for those that are combined."""
        open_batches: dict[tuple[str, str, type[AnySequence], bool], Batch] = {}
        for sequence in due:
            if not self._is_combined(sequence):
                yield [sequence]
                continue
            key = (sequence.dialect.name, sequence.target.url, type(sequence), sequence.step.forged)
            batch = open_batches.setdefault(key, [])
            batch.append(sequence)
            if len(batch) == self.max_batch:
                yield open_batches.pop(key)
        yield from open_batches.values()

    def _is_combined(self, sequence: AnySequence) -> bool:
        return self.max_batch > 1 and sequence.dialect.combine is not None

    async def _work(self) -> None:
        while True:
            batch = await self._due.get()
            result = await self._send(batch)
            for sequence in batch:
                self._advance(sequence, result)

    async def _send(self, batch: Batch) -> PostResult:
        for sequence in batch:
            if not sequence.step.forged:
                sequence.apply(self._now_us())
                sequence.tally.attempted += sequence.attempt == 1
        request = _build_request(batch, self._now_us())
        result = await self._client.post(request.url, request.headers, request.body, batch[0].target.within_s)
        at = self._now_us() / SECOND_US
        for sequence in batch:
            self._journal.write(sequence.build_record(at, result.http_status))
        return result

    def _advance(self, sequence: AnySequence, result: PostResult) -> None:
        """Repeat the step, or go on to the next."""
        if not sequence.step.forged:
            sequence.resolve_first_result(result)
        if sequence.may_repeat(result):
            pause_s = RETRY_PAUSE_S * 2 ** (sequence.attempt - 1)
            sequence.attempt += 1
            self._wait(sequence, pause_s)
            return
        sequence.count(result)
        sequence.position, sequence.attempt = sequence.position + 1, 1
        if sequence.position < len(sequence.steps):
            self._wait(sequence, sequence.step.after_s)


def _build_request(batch: Batch, at_us: int) -> WebhookRequest:
    requests, combine = [sequence.build_request(at_us) for sequence in batch], batch[0].dialect.combine
    return requests[0] if combine is None or len(requests) == 1 else combine(requests)
