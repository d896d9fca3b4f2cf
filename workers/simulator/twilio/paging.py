"""Which page of a list is asked for. Owns no list."""

from workers.simulator.provider import Arrival

PAGE_SIZE, MAX_PAGE_SIZE = 50, 1_000


def wanted(arrival: Arrival) -> tuple[int, int] | None:
    """Size and number of the page, from 0; None when either is no count."""
    size, page = _number(arrival, "PageSize", PAGE_SIZE), _number(arrival, "Page", 0)
    return None if size is None or page is None or size == 0 else (min(size, MAX_PAGE_SIZE), page)


def _number(arrival: Arrival, name: str, default: int) -> int | None:
    text = arrival.query.get(name)
    if text is None:
        return default
    return int(text) if text.isascii() and text.isdigit() else None
