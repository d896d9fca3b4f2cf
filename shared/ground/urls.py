"""URLs of files that a provider fetches. Owns no fetching (see `downloads`)."""

import re
from typing import Final

_FILE: Final = re.compile(r"https?://[^/?#\s]", re.IGNORECASE)


def is_file_url(url: str) -> bool:
    """Whether a provider could fetch a file there: http or https, and a host.

    >>> is_file_url("https://example.com/map.png"), is_file_url("file:///etc/passwd"), is_file_url("https:///map.png")
    (True, False, False)
    """
    return _FILE.match(url) is not None
