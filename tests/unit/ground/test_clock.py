"""Instants as people write them: pure."""

from datetime import UTC, datetime

import pytest

from shared.ground.clock import aware, read_instant


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-05-01T10:30:00Z", datetime(2026, 5, 1, 10, 30, tzinfo=UTC)),
        ("2026-05-01T07:30-03:00", datetime(2026, 5, 1, 10, 30, tzinfo=UTC)),
        ("2026-05-01T07:30", datetime(2026, 5, 1, 10, 30, tzinfo=UTC)),
        ("2026-05-01", datetime(2026, 5, 1, 3, tzinfo=UTC)),
    ],
)
def test_an_instant_without_an_offset_is_meant_in_the_zone(text: str, instant: datetime) -> None:
    assert aware(read_instant(text), "America/Montevideo") == instant


@pytest.mark.parametrize("text", ["", "tomorrow", "+14155550123", "1970-01-01T00:00:00Z", "9999-12-31", "0001-01-01"])
def test_what_is_no_instant_of_this_age_is_not_quoted(text: str) -> None:
    with pytest.raises(ValueError, match=r"^should be a date") as raised:
        read_instant(text)
    assert not text or text not in str(raised.value)


def test_no_instant_is_none() -> None:
    assert aware(None, "UTC") is None
