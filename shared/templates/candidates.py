"""Candidates: the templates that a name may mean, from the configuration and the reports of providers. Pure."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from shared.ground.ids import SenderId
from shared.templates.model import Template, TemplateStatus

Key = tuple[SenderId, str, str]
"""Sender, name (or the provider's id), language."""

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def key_of(template: Template) -> Key:
    return template.sender, template.name, template.language


def rank(template: Template) -> tuple[bool, bool, datetime]:
    """The best of several that may not be sent: an approved one, then one that the provider lists, then the newest."""
    return template.is_enabled, template.status is not TemplateStatus.GONE, template.seen_at or LONG_AGO


def _recency(template: Template) -> tuple[bool, datetime]:
    return template.status is not TemplateStatus.GONE, template.seen_at or LONG_AGO


def collect(
    configured: Iterable[Template], reported: Iterable[Template], by_id: Collection[SenderId]
) -> Mapping[Key, tuple[Template, ...]]:
    """Each key's templates. A declared one gives way to the report about it.

    by_id: senders whose provider is asked for a template by its id. There the id names a template too, and a declaration
    with an id is about the template of that id, whatever its provider calls it.
    """
    newest = _newest(reported)
    found: defaultdict[Key, list[Template]] = defaultdict(list)
    for template in newest:
        found[key_of(template)].append(template)
    listed = {
        (one.sender, one.provider_id): one
        for one in sorted(newest, key=_recency)
        if one.status is not TemplateStatus.GONE
    }
    for declared in configured:
        rivals = found[key_of(declared)]
        if declared.sender in by_id:
            own = listed.get((declared.sender, declared.provider_id))
            found[key_of(declared)] = _with_declared_id(rivals, declared, own)
        else:
            found[key_of(declared)] = [_with_text(one, declared) for one in rivals] or [declared]
    known = sorted((one for candidates in found.values() for one in candidates), key=_recency)
    aliases = {
        (one.sender, one.provider_id, one.language): (one,) for one in known if one.sender in by_id and one.provider_id
    }
    return {**aliases, **{key: tuple(candidates) for key, candidates in found.items()}}


def _newest(reported: Iterable[Template]) -> list[Template]:
    """Of several reports about one template, the last: one of the former release may stand beside its successor."""
    newest: dict[tuple[Key, str | None], Template] = {}
    for report in reported:
        identity = (key_of(report), report.provider_id)
        present = newest.get(identity)
        if present is None or (present.seen_at or LONG_AGO) <= (report.seen_at or LONG_AGO):
            newest[identity] = report
    return list(newest.values())


def _with_declared_id(rivals: list[Template], declared: Template, own: Template | None) -> list[Template]:
    """rivals: reports under the declared name.  own: the report about the declared id, whatever its name."""
    if own is not None:
        others = [one for one in rivals if one.provider_id not in {None, own.provider_id}]
        return [*others, _with_text(replace(own, name=declared.name, language=declared.language), declared)]
    about = [one for one in rivals if is_about(declared, one)]
    others = [one for one in rivals if one not in about]
    return [*others, *(_with_text(one, declared) for one in about)] if about else [*rivals, declared]


def is_about(declared: Template, report: Template) -> bool:
    """Whether a report under the declared name is about that very template."""
    return declared.provider_id is None or report.provider_id in {None, declared.provider_id}


def _with_text(report: Template, declared: Template) -> Template:
    """A report without a text (some webhooks have none) gets the text of the configuration."""
    return report if report.body else declared.with_report(report)
