"""Which page of a list is asked for. Owns no list."""

from urllib.parse import urlencode

from workers.simulator.provider import Arrival

PAGE_SIZE, MAX_PAGE_SIZE = 50, 1_000


def wanted(arrival: Arrival) -> tuple[int, int] | None:
    """Size and number of the page, from 0; None when either is no count."""
    size, page = _number(arrival, "PageSize", PAGE_SIZE), _number(arrival, "Page", 0)
    return None if size is None or page is None or size == 0 else (min(size, MAX_PAGE_SIZE), page)


def meta(key: str, url: str, size: int, page: int, *, is_last: bool) -> dict[str, object]:
    """How the newer of Twilio's APIs tell of a page. key: what the list is called in it."""

    def at(number: int) -> str:
        return f"{url}{'&' if '?' in url else '?'}{urlencode({'PageSize': size, 'Page': number})}"

    return {
        "page": page,
        "page_size": size,
        "first_page_url": at(0),
        "previous_page_url": at(page - 1) if page else None,
        "url": at(page),
        "next_page_url": None if is_last else at(page + 1),
        "key": key,
    }


def _number(arrival: Arrival, name: str, default: int) -> int | None:
    text = arrival.query.get(name)
    if text is None:
        return default
    return int(text) if text.isascii() and text.isdigit() else None
