"""What can be told of templates and numbers: one thing at a time, and a mistake has its place."""

import pytest

from shared.ground.errors import ConfigurationError
from workers.simulator.meta import Meta
from workers.simulator.news import (
    TemplateNews,
    read_handshake_command,
    read_number_news,
    read_other_news,
    read_template_news,
)


@pytest.mark.parametrize(
    ("told", "what"),
    [('"event": "PAUSED"', "PAUSED"), ('"quality": "RED"', "RED"), ('"category": "MARKETING"', "MARKETING")],
)
def test_news_of_a_template_are_one_thing(told: str, what: str) -> None:
    said = read_template_news(f'{{"provider": "meta", "name": "reminder", {told}}}')
    assert (said.subject, said.change, said.language) == ("reminder", what, "en")


@pytest.mark.parametrize("told", ['"language": "es"', '"event": "PAUSED", "quality": "RED"'])
def test_news_of_a_template_are_not_two_things_and_not_nothing(told: str) -> None:
    with pytest.raises(ConfigurationError, match="expected one of event, quality, category"):
        read_template_news(f'{{"provider": "meta", "name": "reminder", {told}}}')


def test_news_of_numbers_and_of_anything_are_read() -> None:
    number = read_number_news('{"provider": "meta", "account": "1", "event": "FLAGGED"}')
    other = read_other_news('{"provider": "meta", "field": "account_update", "value": {"event": "ACCOUNT_DELETED"}}')
    assert (number.subject, number.change) == ("1", "FLAGGED")
    assert (other.subject, other.change, other.account) == ("account_update", "account_update", None)
    assert "ACCOUNT_DELETED" not in repr(other)
    assert read_handshake_command('{"provider": "meta"}').provider == "meta"


def test_a_mistake_has_its_place() -> None:
    with pytest.raises(ConfigurationError, match="number: event: "):
        read_number_news('{"provider": "meta", "account": "1", "event": "no word"}')


@pytest.mark.parametrize(
    ("event", "status"),
    [
        ("APPROVED", "approved"),
        ("reinstated", "approved"),
        ("PAUSED", "paused"),
        ("PENDING_DELETION", "disabled"),
        ("FLAGGED", None),
    ],
)
def test_what_a_template_is_after_its_news(event: str, status: str | None) -> None:
    said = TemplateNews(provider="meta", name="reminder", event=event)
    assert Meta.news.find_new_status(said) == status


def test_a_quality_changes_no_status() -> None:
    assert Meta.news.find_new_status(TemplateNews(provider="meta", name="reminder", quality="RED")) is None
