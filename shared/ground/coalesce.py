"""Group commit: the writes of concurrent coroutines join into one round trip. The ledger and the journal use it.

Items that arrive during a flush wait for the next one; no item waits for a timer unless `linger_s` is set, or its caller
has patience.
Owns no meaning of the items: `flush` receives them in order and returns one result, or one exception, for each.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Coalescer(Generic[Item, Result]):
    """*Effects*: at most one flush is under way at a time, of at most `max_items` items, in order of arrival.

    linger_s: seconds to wait for more items before each flush.
    *Raises*: if `flush` raises, the same exception in every caller of that flush; the exception that it returns for one
    item, in the caller of that item.
    """

    def __init__(
        self,
        flush: Callable[[Sequence[Item]], Awaitable[Sequence[Result | BaseException]]],
        max_items: int = 500,
        linger_s: float = 0.0,
    ) -> None:
        self._flush = flush
        self._max_items = max_items
        self._linger_s = linger_s
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None  # of the most patient items
        self._is_due = False

    async def submit(self, item: Item, patience_s: float = 0.0) -> Result:
        """Wait for the flush that carries `item` and return the item's result.

        patience_s: seconds that the item may wait for a flush that others begin; afterwards it begins one.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()
        self._waiting.append((item, future))
        if patience_s <= 0:
            self._begin()
        elif self._timer is None:
            self._timer = loop.call_later(patience_s, self._begin)
        return await future

    def _begin(self) -> None:
        self._is_due = True
        if self._task is None:
            self._task = asyncio.create_task(self._drain())

    async def _drain(self) -> None:
        try:
            while self._is_due:
                # Yield once, so that every coroutine that is ready in this turn of the loop joins the batch.
                await asyncio.sleep(self._linger_s)
                batch, self._waiting = self._waiting[: self._max_items], self._waiting[self._max_items :]
                self._is_due = bool(self._waiting)
                self._stop_timer()
                await self._flush_one(batch)
        finally:
            self._task = None

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def _flush_one(self, batch: list[tuple[Item, asyncio.Future[Result]]]) -> None:
        try:
            results = await self._flush([item for item, _ in batch])
        except asyncio.CancelledError:
            for _, future in batch:
                future.cancel()
            raise
        except BaseException as error:  # noqa: BLE001 (raised in every caller of this flush, so that none waits for ever)
            results = [error] * len(batch)
        for (_, future), result in zip(batch, results, strict=True):
            if future.done():  # its caller was cancelled; the item was written
                continue
            if isinstance(result, BaseException):
                future.set_exception(result)
            else:
                future.set_result(result)
