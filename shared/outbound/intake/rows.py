"""One row and its verdict: what a contact's row may hold, and the rejection of a row that cannot be used.

Owns the judgement of values; not files, not the names of columns. A rejection names columns and never shows a value.
Source: uContact's list files (time zone as Continent/City, priority, contact id); E.164 by `shared.ground.phone`.

Decision: priority 9 goes first and 0, which is also the default, goes last, as in AMQP: a row without a priority never
overtakes one that has one. The cost: bases written for uContact, where 1 goes first, must be turned round.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from functools import lru_cache

from shared.ground import phone
from shared.ground.errors import InputError
from shared.ground.names import join_names
from shared.ground.phone_spelling import REMEDIES
from shared.ground.values import value
from shared.ground.zones import read_zone
from shared.outbound.intake import e164
from shared.outbound.intake.layout import OPT_IN_NAMES, Layout
from shared.outbound.intake.reasons import Reason, Unfit
from shared.outbound.intake.whole import read_whole
from shared.templates.model import ParameterMismatch, Template

ZONE_CHARACTERS = 64  # twice the longest; it bounds what the cache holds
DATE_CHARACTERS = 10  # `2026-05-01`, the longest date without a time; the shortest with one has 11

_OPT_IN_NAMES = frozenset(OPT_IN_NAMES)
_PRIORITY = re.compile(r"[0-9]")


@value(frozen=True, slots=True)
class OptInClaim:
    """A base's claim of a contact's opt-in; `consenting` judges it. at: in UTC."""

    source: str
    at: datetime | None
    evidence: str | None = field(repr=False)
    scope: str | None


@value(frozen=True, slots=True)
class Row:
    """A valid row.

    line: where the row starts in the file, from 1; in a JSON array, which element it is.
    address: `+<E.164>`.  parameters: complete for the template, in its order.
    priority: 0–9; 9 goes first, 0 is the default.  send_at: in UTC.
    own: the other columns that are not empty, by their name as written.
    """

    line: int
    address: str = field(repr=False)
    parameters: Mapping[str, str] = field(repr=False)
    language: str | None = None
    priority: int = 0
    send_at: datetime | None = None
    timezone: str | None = None
    external_contact_id: str | None = field(default=None, repr=False)
    opt_in: OptInClaim | None = None
    own: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Rejection:
    """A row that cannot be used. detail: a sentence with what to do; names of columns, never a value.

    address: whom the row seems to be about, for the report to that contact. It is never written to.
    """

    line: int
    reason: Reason
    detail: str
    address: str | None = field(default=None, repr=False, compare=False)


Verdict = Row | Rejection


_PHONE_VERDICTS = {
    "missing": (Reason.MISSING_PHONE, "The row has no number: fill the phone column, or leave the row out."),
    "no-country": (
        Reason.NO_COUNTRY_CODE,
        "The number's country is not known: write it as + and country code, or give the campaign a region.",
    ),
    "not-a-number": (Reason.NOT_A_NUMBER, "The phone column does not hold one telephone number: correct it."),
    "impossible": (
        Reason.IMPOSSIBLE_NUMBER,
        "The number is too short or too long for its country, or lacks its area code: compare it, digit by digit.",
    ),
}


class RowJudge:
    """Judges the rows of one file by one template. *Raises* (when made): InputError for an unknown zone.

    siblings: every template of the sender, this one in its languages among them: a rendered text must read like one.
    """

    def __init__(
        self, template: Template, region: str | None, timezone: str, siblings: Sequence[Template] = ()
    ) -> None:
        zone = _zone(timezone)
        if zone is None:
            raise InputError("bad-timezone", "The campaign's timezone is not known: write it as America/Montevideo.")
        self.template = template
        self._siblings = siblings or (template,)
        self._region = region
        self._zone = zone
        self._fill = template.filler()

    def verdict(self, line: int, layout: Layout, cells: Sequence[str], params: Mapping[str, str]) -> Verdict:
        """cells: at least one for each name of the layout, without NUL.  params: what the row's `params` say."""
        try:
            return self._row(line, layout, cells, params)
        except Unfit as unfit:
            return Rejection(line, unfit.reason, unfit.detail, self.guess_address(layout, cells))

    def _row(self, line: int, layout: Layout, cells: Sequence[str], params: Mapping[str, str]) -> Row:
        _refuse_surplus(layout, cells)
        address = self._address("" if layout.phone is None else cells[layout.phone])
        optional = {name: cell for name, i in layout.optional.items() if (cell := cells[i].strip())}
        template, whole = read_whole(optional, self.template, self._siblings)
        parameters = self._parameters(template, layout, cells, {**params, **whole} if whole else params)
        own = {name: cell for name, i in layout.own.items() if (cell := cells[i].strip())}
        if not optional:
            return Row(line, address, parameters, own=own)
        zone = _row_zone(optional.get("timezone"), self._zone)
        return Row(
            line=line,
            address=address,
            parameters=parameters,
            language=optional.get("language") or (template.language if whole else None),
            priority=_priority(optional.get("priority", "0")),
            send_at=_send_at(optional.get("send_at"), zone),
            timezone=optional.get("timezone"),
            external_contact_id=optional.get("contact_id"),
            opt_in=_opt_in(optional, zone),
            own=own,
        )

    def _address(self, text: str) -> str:
        try:
            return e164.parse(text, self._region)
        except phone.InvalidPhone as invalid:
            if invalid.cause is not None:
                detail = f"The phone column {REMEDIES[invalid.cause]}."
                raise Unfit(Reason.NOT_A_NUMBER, detail) from None
            raise Unfit(*_PHONE_VERDICTS[invalid.reason]) from None

    def guess_address(self, layout: Layout, cells: Sequence[str]) -> str | None:
        """Whom a row that cannot be used seems to be about."""
        cell = "" if layout.phone is None else cells[layout.phone]
        try:
            return e164.parse(cell, self._region)
        except phone.InvalidPhone:
            return phone.guess_address(cell, self._region)

    def _parameters(
        self, template: Template, layout: Layout, cells: Sequence[str], whole: Mapping[str, str]
    ) -> dict[str, str]:
        """A placeholder's own column overrides `params`, `text` and `hsm`; an empty cell does not."""
        own = {name: cell for name, i in layout.placeholders.items() if (cell := cells[i].strip())}
        try:
            fill = self._fill if template is self.template else template.complete
            return fill({**whole, **own} if whole else own)
        except ParameterMismatch as mismatch:
            raise Unfit(Reason(mismatch.code), mismatch.detail) from None


def _refuse_surplus(layout: Layout, cells: Sequence[str]) -> None:
    if layout.repeated:
        raise Unfit(
            Reason.DUPLICATE_COLUMN,
            f"These names mean the same as another one: {join_names(layout.repeated)}. Keep one of each.",
        )
    width = len(layout.names)
    if len(cells) == width and not layout.nameless:
        return
    nameless = [cells[i] for i in layout.nameless]
    if any(cell.strip() for cell in (*nameless, *cells[width:])):
        raise Unfit(
            Reason.TOO_MANY_COLUMNS,
            "The row has a value where no column has a name: put values that hold the separator in double quotes.",
        )


def _priority(text: str) -> int:
    if not _PRIORITY.fullmatch(text):
        raise Unfit(Reason.BAD_PRIORITY, "The priority must be a whole number from 0 to 9, 9 for those who go first.")
    return int(text)


def _row_zone(name: str | None, default: tzinfo) -> tzinfo:
    if name is None:
        return default
    zone = _zone(name)
    if zone is None:
        raise Unfit(Reason.BAD_TIMEZONE, "The timezone is not known: write it as America/Montevideo, or leave it out.")
    return zone


def _zone(name: str) -> tzinfo | None:
    """`Continent/City`, UTC or GMT; other names without a slash depend on the machine (`localtime`)."""
    is_name = ("/" in name and len(name) <= ZONE_CHARACTERS) or name in {"UTC", "GMT"}
    return _load_zone(name) if is_name else None


@lru_cache(maxsize=1024)  # 600 zones exist; unknown names are cached too, because each costs a search on disk
def _load_zone(name: str) -> tzinfo | None:
    try:
        return read_zone(name)
    except ValueError:
        return None


def _send_at(text: str | None, zone: tzinfo) -> datetime | None:
    if text is None:
        return None
    instant = _instant(text, zone)
    if instant is None or len(text) <= DATE_CHARACTERS:  # a day without an hour would write to people at midnight
        raise Unfit(
            Reason.BAD_SEND_AT, "send_at must be a date with a time, as 2026-05-01T10:30 or 2026-05-01T10:30:00-03:00."
        )
    return instant


def _instant(text: str, zone: tzinfo) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):  # not a date; at the ends of the calendar
        return None


def _opt_in(optional: Mapping[str, str], zone: tzinfo) -> OptInClaim | None:
    if _OPT_IN_NAMES.isdisjoint(optional):
        return None
    if "opt_in_source" not in optional:
        raise Unfit(
            Reason.BAD_OPT_IN, "The opt-in has no source: fill opt_in_source, or empty the other opt_in columns."
        )
    at = optional.get("opt_in_at")
    instant = None if at is None else _instant(at, zone)
    if at is not None and instant is None:
        raise Unfit(Reason.BAD_OPT_IN, "opt_in_at must be a date, with or without a time, as 2026-05-01T10:30.")
    return OptInClaim(
        source=optional["opt_in_source"],
        at=instant,
        evidence=optional.get("opt_in_evidence"),
        scope=optional.get("opt_in_scope"),
    )
