"""Holdups: what a campaign waits for, as a word for programs and a sentence for people, with its end if known. Pure.

Owns the order of several causes: the one that a person would have to remove first is named.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.campaigns.model import Campaign
from shared.ground.ids import BY_ORIEL
from shared.ground.presence import DIALER, JANITOR, SENDER
from shared.ledger.model import Standing
from shared.ledger.states import CampaignState, JobState
from shared.outbound.braking import REFUSED, TEMPLATE, TEMPLATE_UNUSABLE, UNCONFIRMED
from shared.senders.limits.store import Throttle

NEARLY = 0.85  # of the allowed rate: a campaign above it is limited by the rate
QUIET = timedelta(seconds=10)  # after the start: the first messages are out by then

PROCESSES = {  # by kind, in the order in which a campaign needs them
    DIALER: "No dialer reads the broker (queue dialer), so nobody gives out its messages",
    SENDER: "No sender reads the broker (queue send.bulk), so nobody sends its messages",
    JANITOR: "No janitor is running, so nothing that waits for its time goes on, and no campaign ends",
}
REMEDY = ": start `oriel up`, or that process. If it runs, its /readyz says what is away, and it goes on by itself."
PAUSES = {  # by the reason's part before the colon
    "daily-limit": "the provider's limit of the day is reached{words}. Resume it when that has passed, a day later at most",
    "sender-unusable": "the sender cannot be used{words}. `oriel sender check` names what is wrong; resume it afterwards",
    TEMPLATE_UNUSABLE: "the provider refuses the template{words}. Resume it once the template is right",
    "quality-red": "the provider rates the number's quality red. Fewer people should block it before you resume it",
}
UNTHROTTLED = Throttle()


def _no_gloss(_code: str) -> str | None:
    """No table of a provider's codes."""
    return None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a campaign needs and does not own.

    rate_per_second: what its sender may send now, None if the sender is not configured.  configured_per_second: more than
    that where the provider allows less.  throttle: of the sender.  absent: kinds of processes.  next_due: of a campaign
    whose jobs all wait for their time.  gloss_of: our words for a provider's code.
    """

    now: datetime
    rate_per_second: float | None = None
    configured_per_second: float | None = None
    throttle: Throttle = UNTHROTTLED
    absent: frozenset[str] = frozenset()
    next_due: datetime | None = None
    gloss_of: Callable[[str], str | None] = _no_gloss


@dataclass(frozen=True, slots=True)
class Holdup:
    """limited_by: a stable word, None if the cause is not known. hint: a sentence, None if the word says it all.

    is_still: nothing is sent until the cause has passed.
    """

    limited_by: str | None = None
    hint: str | None = None
    is_still: bool = False


NOTHING = Holdup()


def find_holdup(
    campaign: Campaign, standing: Standing, around: Surroundings, allowed: float | None, rate: float | None
) -> Holdup:
    """allowed: messages per second by sender and campaign. rate: as measured, None if it was not."""
    if standing.state is CampaignState.PAUSED:
        return Holdup("brake" if standing.by == BY_ORIEL else "paused", _pause(standing, around), is_still=True)
    if standing.state is not CampaignState.RUNNING:
        return NOTHING
    if not standing.waiting and not standing.in_flight:
        return (
            Holdup(hint="Everybody in it was written to; it stays open for more.") if campaign.rules.open else NOTHING
        )
    if around.rate_per_second is None:
        return Holdup(
            "sender", f"The sender {campaign.sender} is not configured any more: put it back into [[senders]].", True
        )
    if not rate and (missing := [kind for kind in PROCESSES if kind in around.absent]):
        limited_by = "worker" if missing[0] == JANITOR else "broker"
        return Holdup(limited_by, f"{PROCESSES[missing[0]]}{REMEDY}", is_still=True)
    if around.throttle.is_on:
        return _throttled(around)
    if not standing.counts[JobState.PENDING] and not standing.in_flight:
        return Holdup("due", _due(standing, around), is_still=True)
    return _pace(standing, around, allowed, rate)


def _throttled(around: Surroundings) -> Holdup:
    throttle = around.throttle
    limited_by = "throttled" if throttle.asks else "provider"
    cause = (
        "The provider asked to slow down" if throttle.asks else "The provider could not be reached, or accepted nothing"
    )
    cause += _words(throttle.code, around)
    if throttle.is_probing:
        return Holdup(limited_by, f"{cause}: one message asks every few seconds whether that still holds.", True)
    if throttle.held_until is None:
        return Holdup(limited_by, f"{cause}: at {throttle.factor:.0%} of the rate, and rising while it accepts.")
    then = ""
    if throttle.wished_until is not None:
        then = f", then one message asks again; it named {_instant(throttle.wished_until, around.now)}"
    return Holdup(
        limited_by, f"{cause}: nothing is sent until {_instant(throttle.held_until, around.now)}{then}.", True
    )


def _pace(standing: Standing, around: Surroundings, allowed: float | None, rate: float | None) -> Holdup:
    """None as a cause where it is not certain: a slow campaign may also wait for its share or for the machine."""
    if rate and allowed and rate >= NEARLY * allowed:
        return Holdup("rate", _lower_rate(around))
    is_quiet = standing.started_at is not None and around.now - standing.started_at > QUIET
    if rate == 0 and is_quiet and standing.counts[JobState.PENDING]:
        return Holdup(hint="Nothing was accepted in the last seconds, and no cause is recorded: see the senders' logs.")
    return NOTHING


def _lower_rate(around: Surroundings) -> str | None:
    rate, configured = around.rate_per_second, around.configured_per_second
    if rate is None or configured is None or rate >= configured:
        return None
    return f"The provider allows this number {rate:.3g} messages a second, fewer than the {configured:.3g} configured."


def _due(standing: Standing, around: Surroundings) -> str:
    count = standing.counts[JobState.DEFERRED]
    at = "" if around.next_due is None else f"; the next is due {_instant(around.next_due, around.now)}"
    return f"The last {count} wait for their time, or for another try{at}."


def _pause(standing: Standing, around: Surroundings) -> str:
    reason, _, code = standing.reason.partition(":")
    if standing.by != BY_ORIEL:
        why = f": {standing.reason}" if standing.reason else ""
        return f"Paused by {standing.by}{why}. Resume it to go on."
    if reason in PAUSES:
        return f"Paused: {PAUSES[reason].format(words=_words(code, around))}."
    if reason == REFUSED:
        return f"Paused: the provider refuses too many ({code}). Correct the cause, then resume it: the rest is kept."
    if reason == UNCONFIRMED:
        return _doubt(code, standing.counts[JobState.UNCONFIRMED])
    if reason.startswith(TEMPLATE):
        return (
            f"Paused: its template is {reason.removeprefix(TEMPLATE)}. Resume it once the template may be used again."
        )
    return f"Paused by Oriel: {standing.reason}. Resume it to go on."


def _doubt(answer: str, count: int) -> str:
    """answer: code and words of the last one."""
    return (
        f"Paused: the provider's last answers, if any, do not say whether it took the messages ({answer}): {count} are "
        "unconfirmed and are not sent again by themselves, the rest is kept. Resume it once the provider answers as it "
        f"should; `oriel campaign redrive --state unconfirmed` then tries the {count} again."
    )


def _words(code: str, around: Surroundings) -> str:
    """The provider's code and our gloss, in parentheses."""
    gloss = around.gloss_of(code)
    return "" if not code else f" ({code}{': ' if gloss else ''}{gloss or ''})"


def _instant(at: datetime, now: datetime) -> str:
    """In UTC; with its date unless it is today."""
    return f"{at:%H:%M:%S} UTC" if at.date() == now.date() else f"{at:%Y-%m-%d %H:%M} UTC"
