"""What may be asked of a new campaign, and the campaign that it becomes: pure."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.campaigns.model import Rules, campaign_from_json
from shared.ground.errors import InputError
from shared.outbound.drafting import (
    LATER_RULES,
    MAX_LABELS,
    MAX_LANGUAGES,
    MAX_RATE_PER_SECOND,
    MAX_WORDS,
    Draft,
    RuleNotSupported,
    campaign_of,
    check_draft_deadline,
    check_rules,
    is_comparable,
    is_each_word_once,
    refuse_later_rules,
)
from tests.factories import SENDER, TENANT
from tests.stores import START

DRAFT = Draft(TENANT, SENDER, "May", "reminder", "en")


def test_a_draft_becomes_its_campaign() -> None:
    rules = Rules(weight=2.0, answers={"yes": ("yes",)})
    made = campaign_of(replace(DRAFT, rules=rules, external_id="may-1"), START)
    assert (made.tenant, made.sender, made.name, made.external_id) == (TENANT, SENDER, "May", "may-1")
    assert (made.template_name, made.template_language, made.rules) == ("reminder", "en", rules)


def test_its_time_is_one_that_can_be_read_back() -> None:
    made = campaign_of(DRAFT, START + timedelta(microseconds=1_234))
    assert made.created_at == START + timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        (replace(DRAFT, external_id="a"), replace(DRAFT, external_id="a", once="x"), True),
        (replace(DRAFT, external_id="a"), replace(DRAFT, external_id="b"), False),
        (replace(DRAFT, once="x"), replace(DRAFT, once="x"), True),
        (replace(DRAFT, once="x"), replace(DRAFT, once="y"), False),
        (DRAFT, DRAFT, False),
    ],
)
def test_asked_again_it_is_the_same_campaign(one: Draft, other: Draft, is_same: bool) -> None:
    assert (campaign_of(one, START).id == campaign_of(other, START).id) is is_same


def test_a_deadline_is_one_that_can_be_read_back() -> None:
    later = START + timedelta(hours=1)
    made = campaign_of(replace(DRAFT, rules=Rules(deadline_at=later + timedelta(microseconds=1))), START)
    assert made.rules.deadline_at == later
    assert campaign_from_json(made.to_json()) == made


def test_without_one_a_campaign_is_written_as_the_release_before_reads_it() -> None:
    assert "deadline_at" not in campaign_of(DRAFT, START).to_json()


@pytest.mark.parametrize("since", [timedelta(0), timedelta(seconds=1)])
def test_a_deadline_that_has_passed_is_refused(since: timedelta) -> None:
    with pytest.raises(InputError) as raised:
        check_draft_deadline(campaign_of(replace(DRAFT, rules=Rules(deadline_at=START - since)), START))
    assert raised.value.code == "deadline-passed"


def test_a_deadline_says_its_zone() -> None:
    with pytest.raises(InputError, match="zone"):
        check_rules(Rules(deadline_at=START.replace(tzinfo=None)))


# ── rules ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "rules",
    [
        Rules(),
        Rules(region="UY", rate_per_second=MAX_RATE_PER_SECOND, weight=0.01),
        Rules(languages=("es",) * MAX_LANGUAGES, opt_out_words=()),
        Rules(opt_out_words=("BASTA",), answers={"yes": ("yes", "Yes!"), "no": ("no",)}),
    ],
)
def test_rules_within_their_bounds(rules: Rules) -> None:
    check_rules(rules)


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (Rules(region="uy"), "region"),
        (Rules(rate_per_second=0), "rate_per_second"),
        (Rules(rate_per_second=MAX_RATE_PER_SECOND + 1), "rate_per_second"),
        (Rules(rate_per_second=float("nan")), "rate_per_second"),
        (Rules(weight=0), "weight"),
        (Rules(weight=101), "weight"),
        (Rules(languages=("es",) * (MAX_LANGUAGES + 1)), "languages"),
        (Rules(answers={str(n): (str(n),) for n in range(MAX_LABELS + 1)}), "labels"),
        (Rules(answers={"": ("yes",)}), "labels"),
        (Rules(answers={"x" * 41: ("yes",)}), "labels"),
        (Rules(answers={"yes": ()}), "a list of words"),
        (Rules(opt_out_words=tuple(str(n) for n in range(MAX_WORDS + 1))), "a list of words"),
        (Rules(opt_out_words=("!",)), "a word"),
        (Rules(answers={"yes": ("x" * 65,)}), "a word"),
        (Rules(answers={"yes": ("sí",), "no": ("SI!",)}), "each word"),
    ],
)
def test_rules_out_of_their_bounds_are_refused_at_any_door(rules: Rules, said: str) -> None:
    with pytest.raises(InputError) as raised:
        campaign_of(replace(DRAFT, rules=rules), START)
    assert raised.value.code == "bad-rules"
    assert said in raised.value.detail


@pytest.mark.parametrize("rule", LATER_RULES)
def test_a_rule_that_is_not_followed_yet_is_named(rule: str) -> None:
    with pytest.raises(RuleNotSupported) as raised:
        refuse_later_rules({"name": "May", rule: None})
    assert rule in raised.value.detail
    refuse_later_rules({"name": "May"})


def test_words_are_compared_without_capitals_accents_and_punctuation() -> None:
    assert is_each_word_once({"yes": ("Sí", "si!"), "no": ("no",)})
    assert not is_each_word_once({"yes": ("Sí",), "no": ("no", "SI")})
    assert (is_comparable("¡7!"), is_comparable("👍 !")) == (True, False)
