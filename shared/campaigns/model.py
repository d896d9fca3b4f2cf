"""A campaign's description: written once, never changed. Owns its JSON form; knows no states and no jobs."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum

from shared.ground.clock import from_ms, to_ms
from shared.ground.errors import Conflict
from shared.ground.ids import CampaignId, SenderId, TenantId

VERSION = 1


class UnconfirmedPolicy(StrEnum):
    """The policy for a job whose outcome stays unknown: hold it, or send it again (which waives promise 1)."""

    HOLD = "hold"
    RESEND = "resend"


@dataclass(frozen=True, slots=True)
class Rules:
    """region: ISO 3166 alpha-2 for numbers without `+`.  rate_per_second: the campaign's own cap, None for the sender's.

    weight: share among the campaigns of a sender.  open: stays alive when everybody has been written to.
    languages: tried in this order for a contact in whose own language there is no template; the campaign's comes last.
    opt_out_words: which of the words that are answers as well (CANCEL …) mean a refusal here, and words of its own; None
    for all of ours.  answers: label → whole messages that are counted under it, beside buttons.
    """

    require_opt_in: bool = True
    region: str | None = None
    rate_per_second: float | None = None
    weight: float = 1.0
    unconfirmed: UnconfirmedPolicy = UnconfirmedPolicy.HOLD
    open: bool = False
    languages: tuple[str, ...] = ()
    opt_out_words: tuple[str, ...] | None = None
    answers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Campaign:
    id: CampaignId
    tenant: TenantId
    sender: SenderId
    name: str
    template_name: str
    template_language: str
    created_at: datetime
    external_id: str | None = None
    rules: Rules = field(default_factory=Rules)

    def to_json(self) -> str:
        fields = asdict(self) | {"v": VERSION, "created_at": to_ms(self.created_at)}
        return json.dumps(fields, separators=(",", ":"))

    def is_same_order(self, other: "Campaign") -> bool:
        """Whether both were asked for with the same words, apart from when."""

        def words(campaign: Campaign) -> tuple[object, ...]:
            return (
                campaign.tenant, campaign.sender, campaign.name, campaign.template_name,
                campaign.template_language, campaign.external_id, campaign.rules,
            )  # fmt: skip

        return words(self) == words(other)


def campaign_from_json(text: str | bytes) -> Campaign:
    """The inverse of `to_json`. *Raises*: Conflict for a version that this release cannot read."""
    fields = json.loads(text)
    version = fields.pop("v")
    if version != VERSION:
        raise Conflict("campaign-version", f"This campaign was written by another release (version {version}).")
    rules = fields.pop("rules")
    words = rules.get("opt_out_words")
    typed = {
        "unconfirmed": UnconfirmedPolicy(rules["unconfirmed"]),
        "languages": tuple(rules.get("languages", ())),
        "opt_out_words": None if words is None else tuple(words),
        "answers": {label: tuple(said) for label, said in rules.get("answers", {}).items()},
    }
    return Campaign(**fields | {"created_at": from_ms(fields["created_at"])}, rules=Rules(**rules | typed))
