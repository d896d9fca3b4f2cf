"""Consent records and the one judgement over them. Pure.

scope: `all`, or a template category (`marketing`, `utility`, `authentication`). A refusal of `all` covers every
category; so does an agreement to `all`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from shared.ground.clock import from_ms, to_ms

EVERYTHING = "all"
OWN_WORDS = frozenset({"keyword", "button"})  # sources; record.lua knows them, too
SCOPES = (EVERYTHING, "marketing", "utility", "authentication")


class ConsentKind(StrEnum):
    OPT_IN = "opt_in"
    OPT_OUT = "opt_out"


@dataclass(frozen=True, slots=True)
class ConsentRecord:
    """source: where it came from (sms_link, web_form, agent, import, provider:63014 …). evidence: the tenant's own."""

    kind: ConsentKind
    scope: str
    source: str
    at: datetime
    evidence: str = ""

    @property
    def field(self) -> str:
        return f"{self.kind}:{self.scope}"

    def to_json(self) -> str:
        return json.dumps([1, self.source, to_ms(self.at), self.evidence])


def is_same_word(one: ConsentRecord, other: ConsentRecord) -> bool:
    """A contact's own, told twice: its evidence is the event that it was said in. The earlier time is its own."""
    return (
        one.source in OWN_WORDS and one.evidence != "" and (one.source, one.evidence) == (other.source, other.evidence)
    )


def record_from_json(field: str, text: str | bytes) -> ConsentRecord:
    """The inverse of `field` and `to_json`."""
    kind, _, scope = field.partition(":")
    _, source, at_ms, evidence = json.loads(text)
    return ConsentRecord(ConsentKind(kind), scope, source, from_ms(at_ms), evidence)


def why_not(records: Mapping[str, ConsentRecord], category: str, require_opt_in: bool) -> str | None:
    """The reason why a template of this category may not be sent, or None. records: by `field`.

    An agreement later than a refusal undoes it, if its scope is as wide: who refused everything, and later agreed to
    one category, is asked again before anything is sent.
    """

    def latest(kind: ConsentKind, *scopes: str) -> datetime | None:
        times = [record.at for scope in scopes if (record := records.get(f"{kind}:{scope}"))]
        return max(times, default=None)

    agreed = latest(ConsentKind.OPT_IN, EVERYTHING, category)
    for scope, as_wide in ((EVERYTHING, [EVERYTHING]), (category, [EVERYTHING, category])):
        refused, undone = latest(ConsentKind.OPT_OUT, scope), latest(ConsentKind.OPT_IN, *as_wide)
        if refused is not None and (undone is None or undone <= refused):
            return "opted-out"
    return "no-opt-in" if agreed is None and require_opt_in else None


def why_no_reply(records: Mapping[str, ConsentRecord], last_inbound_at: datetime | None) -> str | None:
    """The reason why nothing free-form may be said to this contact, or None.

    Who refused everything is left alone, until it writes again: an answer to a question is no unwanted message.
    """
    refused = records.get(f"{ConsentKind.OPT_OUT}:{EVERYTHING}")
    if refused is None or why_not(records, EVERYTHING, require_opt_in=False) is None:
        return None
    return "opted-out" if last_inbound_at is None or last_inbound_at <= refused.at else None


def stricter(one: Mapping[str, ConsentRecord], other: Mapping[str, ConsentRecord]) -> Mapping[str, ConsentRecord]:
    """What is known of two contacts that turned out to be one: of each kind the later, and a refusal stays a refusal,
    even where the other name agreed later without knowing of it.
    """
    merged = dict(one)
    for name, record in other.items():
        present = merged.get(name)
        if present is None or (record.at < present.at if is_same_word(record, present) else record.at > present.at):
            merged[name] = record
    for before in (one, other):
        for scope in SCOPES:
            refused = before.get(f"{ConsentKind.OPT_OUT}:{scope}")
            if refused is not None and why_not(before, scope, require_opt_in=False) == "opted-out":
                latest = max(record.at for record in merged.values())
                merged[refused.field] = replace(merged[refused.field], at=latest)
    return merged
