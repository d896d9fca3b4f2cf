"""Bodies, keys and cursors: what is wrong is told by name, and never by value."""

import pytest
from pydantic import ValidationError

from shared.ground.names import join_names
from shared.outbound.drafting import RuleNotSupported
from workers.web.api import parse_body
from workers.web.campaigns.schemas import NewCampaign, Nothing, Why
from workers.web.consent.schemas import NewOptIns
from workers.web.jobs.schemas import ResultsQuery
from workers.web.paging import ListQuery, sliced
from workers.web.problems import Invalid, title_of

SECRET = "+14155550123"


@pytest.mark.parametrize(
    "body",
    [
        f'{{"name": "{SECRET}\\n"}}',
        f'{{"{SECRET}": 1}}',
        f'{{"region": "{SECRET}"}}',
        f'{{"rate_per_second": "{SECRET}"}}',
        f'{{"unconfirmed": "{SECRET}"}}',
        f'{{"template": "{SECRET}"}}',
        f'{{"template": {{"{SECRET}": 1}}}}',
        f'["{SECRET}"]',
        f'"{SECRET}"',
        f"{SECRET}",
    ],
)
@pytest.mark.parametrize("model", [NewCampaign, NewOptIns, Nothing, Why])
def test_a_problem_quotes_nothing(model, body):
    with pytest.raises(Invalid) as raised:
        parse_body(model, body.encode())

    assert SECRET not in raised.value.detail + str(raised.value.errors)


@pytest.mark.parametrize("rule", ["start_at", "frequency_cap", "hours", "contact_hours", "allow_repeats"])
def test_a_rule_of_later_is_named(rule):
    with pytest.raises(RuleNotSupported) as raised:
        parse_body(NewCampaign, f'{{"{rule}": null}}'.encode())

    assert rule in raised.value.detail


def test_no_body_is_an_empty_one():
    assert parse_body(Nothing, b" ") == Nothing()
    assert parse_body(Why, b"").reason is None


def test_one_opt_in_is_a_list_of_one():
    one = b'{"contact": "x", "source": "y"}'

    assert parse_body(NewOptIns, one) == parse_body(NewOptIns, b"[" + one + b"]")


@pytest.mark.parametrize(
    ("after", "limit", "items", "following"),
    [
        (None, 2, [0, 1], "2"),
        (2, 2, [2, 3], "4"),
        (4, 2, [4], None),
        (3, 2, [3, 4], None),
        (9, 2, [], None),
    ],
)
def test_a_list_is_cut(after, limit, items, following):
    assert sliced(range(5), ListQuery(after=after, limit=limit)) == (range(5)[items[0] : items[-1] + 1] if items else range(0), following)  # fmt: skip  # noqa: E501


def test_limits_have_bounds():
    for limit in (0, 1001):
        with pytest.raises(ValidationError):
            ListQuery.model_validate({"limit": limit})


def test_titles_are_for_people():
    assert title_of("template-not-found") == "Template not found"
    assert join_names([SECRET]) == "…"


@pytest.mark.parametrize("since", ["20261201", "1764300000", "1764300000.5", "1764300000000", "-1", " 20261201"])
def test_digits_are_no_seconds_since_1970(since):
    with pytest.raises(ValidationError):
        ResultsQuery.model_validate({"since": since})


@pytest.mark.parametrize("since", ["2026-12-01T09:00:00-03:00", "1970-01-01T00:00:00+00:00"])
def test_results_are_asked_for_since_an_instant(since):
    asked = ResultsQuery.model_validate({"since": since}).since

    assert asked is not None
    assert asked.isoformat() == since
