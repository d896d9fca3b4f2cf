"""Drafting: turns a request for a campaign into its description. Pure.

Owns the bounds of a campaign's rules, and its id. `controlling` judges whether its sender and template may be used.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from shared.campaigns.model import Campaign, Rules
from shared.ground.clock import from_ms, to_ms
from shared.ground.errors import InputError
from shared.ground.ids import CampaignId, SenderId, TenantId, campaign_id
from shared.ground.phone import is_region
from shared.ledger.store import MAX_LABEL_CHARACTERS
from shared.people.consent.opt_out_words import MAX_WORD_CHARACTERS, normalised

MAX_RATE_PER_SECOND: Final = 10_000
MIN_WEIGHT, MAX_WEIGHT = 0.01, 100
MAX_LABELS, MAX_WORDS, MAX_LANGUAGES = 50, 20, 20

LATER_RULES: Final = (
    "start_at",
    "hours",
    "contact_hours",
    "frequency_cap",
    "allow_repeats",
)


class RuleNotSupported(InputError):  # noqa: N818 (named for what the caller is told)
    """A rule that this release does not follow yet. Ignoring it would send messages that the rule forbids."""

    def __init__(self, rule: str) -> None:
        super().__init__(
            "rule-not-supported",
            f"The rule {rule} is not followed yet: leave it out, and see to it yourself until it is.",
        )


@dataclass(frozen=True, slots=True)
class Draft:
    """A campaign as a caller asks for it.

    once: the request's own id, None if it has none. Requests with the same id make one campaign.
    """

    tenant: TenantId
    sender: str
    name: str
    template_name: str
    template_language: str
    external_id: str | None = None
    rules: Rules = field(default_factory=Rules)
    once: str | None = None


def campaign_of(draft: Draft, now: datetime) -> Campaign:
    """The campaign of a draft. *Raises*: InputError for rules out of their bounds."""
    check_rules(draft.rules)
    deadline_at = draft.rules.deadline_at
    return Campaign(
        id=_id(draft),
        tenant=draft.tenant,
        sender=SenderId(draft.sender),
        name=draft.name,
        template_name=draft.template_name,
        template_language=draft.template_language,
        created_at=from_ms(to_ms(now)),  # as it will be read
        external_id=draft.external_id,
        rules=draft.rules if deadline_at is None else replace(draft.rules, deadline_at=from_ms(to_ms(deadline_at))),
    )


def check_draft_deadline(campaign: Campaign) -> None:
    """Of a campaign that is new. *Raises*: InputError for a deadline that had passed when it was made."""
    deadline_at = campaign.rules.deadline_at
    if deadline_at is not None and deadline_at <= campaign.created_at:
        raise InputError("deadline-passed", "The campaign's deadline_at has passed: nothing would be sent.")


def _id(draft: Draft) -> CampaignId:
    """From the external id, else from the request's id, so that a request repeated after a crash finds its campaign."""
    if draft.external_id is None and draft.once is not None:
        return CampaignId(f"c{draft.once}")
    return campaign_id(draft.tenant, draft.external_id)


# ── what rules may be ───────────────────────────────────────────────────────────────────────────────────────────────


def refuse_later_rules(names: Collection[str]) -> None:
    """names: of all fields in the request. *Raises*: RuleNotSupported."""
    for rule in LATER_RULES:
        if rule in names:
            raise RuleNotSupported(rule)


def check_rules(rules: Rules) -> None:
    """The last check, for callers that do not check each field themselves as the HTTP API does. *Raises*: InputError."""
    for fault in _faults(rules):
        raise InputError("bad-rules", f"The campaign's rules are not as they should be: {fault}.")


def _faults(rules: Rules) -> Iterator[str]:
    rate, words = rules.rate_per_second, (rules.opt_out_words or (), *rules.answers.values())
    if rules.region is not None and not is_region(rules.region):
        yield "region should be an ISO 3166 country code in capitals, such as UY"
    if rate is not None and not 0 < rate <= MAX_RATE_PER_SECOND:
        yield f"rate_per_second should be above 0 and at most {MAX_RATE_PER_SECOND}"
    if rules.deadline_at is not None and rules.deadline_at.tzinfo is None:
        yield "deadline_at should say its zone, such as 2026-12-01T18:00:00-03:00"
    if not MIN_WEIGHT <= rules.weight <= MAX_WEIGHT:
        yield f"weight should be from {MIN_WEIGHT} to {MAX_WEIGHT}"
    if len(rules.languages) > MAX_LANGUAGES:
        yield f"languages should be at most {MAX_LANGUAGES}"
    if len(rules.answers) > MAX_LABELS or any(not 0 < len(label) <= MAX_LABEL_CHARACTERS for label in rules.answers):
        yield f"answers should have at most {MAX_LABELS} labels of 1 to {MAX_LABEL_CHARACTERS} characters"
    if any(len(some) > MAX_WORDS for some in words) or not all(rules.answers.values()):
        yield f"a list of words should hold 1 to {MAX_WORDS}; only opt_out_words may be empty"
    if any(len(word) > MAX_WORD_CHARACTERS or not is_comparable(word) for some in words for word in some):
        yield f"a word should have at most {MAX_WORD_CHARACTERS} characters, a letter or a digit among them"
    if not is_each_word_once(rules.answers):
        yield "each word of the answers should stand under one label"


def is_comparable(word: str) -> bool:
    """Whether a word has a letter or a digit; no other character is compared."""
    return bool(normalised(word))


def is_each_word_once(answers: Mapping[str, Sequence[str]]) -> bool:
    """Whether each word stands under one label; capitals, accents and punctuation do not count."""
    said = [word for words in answers.values() for word in {normalised(one) for one in words}]
    return len(set(said)) == len(said)
