"""The page of a list that a request asks for, and the newer APIs' description of a page. Owns no list."""

from dataclasses import dataclass
from urllib.parse import urlencode

from workers.simulator.http_values import HttpRequest, parse_count

PAGE_SIZE, MAX_PAGE_SIZE = 50, 1_000


@dataclass(frozen=True, slots=True)
class Page:
    """number: from 0."""

    size: int
    number: int

    @property
    def start(self) -> int:
        return self.size * self.number

    @property
    def end(self) -> int:
        return self.start + self.size


def parse_page(request: HttpRequest) -> Page | None:
    """The wanted page; None if PageSize or Page is not a count."""
    size = parse_count(request.query.get("PageSize", str(PAGE_SIZE)))
    number = parse_count(request.query.get("Page", "0"))
    return None if not size or number is None else Page(min(size, MAX_PAGE_SIZE), number)


def build_meta(key: str, url: str, page: Page, *, is_last: bool) -> dict[str, object]:
    """The `meta` object of Twilio's newer APIs. key: the list's name in the response."""

    def page_url(number: int) -> str:
        return f"{url}{'&' if '?' in url else '?'}{urlencode({'PageSize': page.size, 'Page': number})}"

    return {
        "page": page.number,
        "page_size": page.size,
        "first_page_url": page_url(0),
        "previous_page_url": page_url(page.number - 1) if page.number else None,
        "url": page_url(page.number),
        "next_page_url": None if is_last else page_url(page.number + 1),
        "key": key,
    }
