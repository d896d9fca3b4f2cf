"""The description of a campaign: written once, never changed. Owns its JSON form; no states and no jobs."""

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
    """For a job whose outcome stays unknown. HOLD: it stays unconfirmed. RESEND: it is sent again, so it may arrive
    twice.
    """

    HOLD = "hold"
    RESEND = "resend"


@dataclass(frozen=True, slots=True)
class Rules:
    """region: ISO 3166 alpha-2 for numbers without `+`.  rate_per_second: the campaign's own cap, None for the sender's.

    weight: relative share of the sender's rate.  open: the campaign does not finish when every job has ended.
    languages: tried in this order for a contact whose own language has no template; the campaign's language comes last.
    opt_out_words: additional words that mean a refusal here, ambiguous ones of ours (CANCEL …) included; None: all
    ambiguous ones of ours.  answers: label → whole messages that count under it, beside buttons with that title.
    deadline_at: from then on nothing is sent; whoever still waits has expired.
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
    deadline_at: datetime | None = None


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
        deadline_at = fields["rules"].pop("deadline_at")
        if deadline_at is not None:  # left out otherwise, so that the release before this one can read the campaign
            fields["rules"]["deadline_at"] = to_ms(deadline_at)
        return json.dumps(fields, separators=(",", ":"))

    def is_same_order(self, other: "Campaign") -> bool:
        """Whether both have the same fields, apart from `id` and `created_at`."""

        def fields(campaign: Campaign) -> tuple[object, ...]:
            return (
                campaign.tenant, campaign.sender, campaign.name, campaign.template_name,
                campaign.template_language, campaign.external_id, campaign.rules,
            )  # fmt: skip

        return fields(self) == fields(other)


def campaign_from_json(text: str | bytes) -> Campaign:
    """The inverse of `to_json`. *Raises*: Conflict for a version that this release cannot read."""
    fields = json.loads(text)
    version = fields.pop("v")
    if version != VERSION:
        raise Conflict("campaign-version", f"This campaign was written by another release (version {version}).")
    rules = fields.pop("rules")
    words, deadline_ms = rules.get("opt_out_words"), rules.get("deadline_at")
    typed = {
        "unconfirmed": UnconfirmedPolicy(rules["unconfirmed"]),
        "languages": tuple(rules.get("languages", ())),
        "opt_out_words": None if words is None else tuple(words),
        "answers": {label: tuple(messages) for label, messages in rules.get("answers", {}).items()},
        "deadline_at": None if deadline_ms is None else from_ms(deadline_ms),
    }
    return Campaign(**fields | {"created_at": from_ms(fields["created_at"])}, rules=Rules(**rules | typed))
