"""Reports of providers about templates, and the pins of campaigns, on Redis or Valkey. Owns `{s:<sender>}:templates` (hash,
no TTL), the counter `{oriel}:templates:changed`, and `{c:<campaign>}:templates` (hash, no TTL: it lasts as the campaign's
description does).

Every process keeps its own copy (`registry`) and reads it again when the counter has grown.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime

from redis.asyncio import Redis

from shared.ground import keys
from shared.ground.clock import from_ms, to_ms
from shared.ground.ids import CampaignId, SenderId
from shared.ground.lua import Durability, Scripts, fields_of, outage, text
from shared.templates.model import Button, Category, HeaderKind, Quality, Template, TemplateStatus
from shared.templates.pins import Pins, pin_from_list, pin_to_list

VERSION = 1
GONE = "the provider does not list it any more"  # the reason by which a record says `gone`; its status says `disabled`


class TemplateStore:
    """*Raises* in every method: BackendUnavailable."""

    def __init__(self, redis: Redis, durability: Durability | None = None) -> None:
        self._redis = redis
        self._scripts = Scripts(redis, "shared.templates.scripts", ["learn"], durability)

    async def learn(self, templates: Iterable[Template]) -> None:
        """Store reports about templates. Of two reports about one template the later `seen_at` counts. Safe to repeat."""
        for template in templates:
            await self._scripts.run(
                "learn",
                [keys.templates(template.sender)],
                [_field_of(template), _to_json(template), _seen_ms(template), f"{template.name}|{template.language}"],
            )
        with outage():
            await self._redis.incr(keys.templates_changed())

    async def changes(self) -> int:
        """A counter that grows with every call of `learn`."""
        with outage():
            return int(await self._redis.get(keys.templates_changed()) or 0)

    async def of(self, sender: SenderId) -> list[Template]:
        with outage():
            found = fields_of(await self._redis.hgetall(keys.templates(sender)))
        return [_from_json(sender, packed) for packed in found.values()]


class PinStore:
    """The templates with which campaigns were started. *Raises* in every method: BackendUnavailable."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def of(self, campaign: CampaignId) -> Pins:
        """Empty for a campaign that an earlier release has started."""
        return (await self.of_many([campaign]))[campaign]

    async def of_many(self, campaigns: Iterable[CampaignId]) -> Mapping[CampaignId, Pins]:
        """Of each of them, as `of`, in one round trip."""
        wanted = list(campaigns)
        if not wanted:
            return {}
        async with self._redis.pipeline(transaction=False) as pipe:
            for campaign in wanted:
                pipe.hgetall(keys.campaign_templates(campaign))
            with outage():
                found = await pipe.execute()
        return {campaign: _pins(fields_of(packed)) for campaign, packed in zip(wanted, found, strict=True)}

    async def put(self, campaign: CampaignId, pins: Pins) -> None:
        """Replace the pins of these languages. Safe to repeat."""
        if not pins:
            return
        packed = [(language, json.dumps(pin_to_list(pin), separators=(",", ":"))) for language, pin in pins.items()]
        with outage():
            await self._redis.hset(keys.campaign_templates(campaign), items=[part for pair in packed for part in pair])


def _pins(packed: Mapping[str, str]) -> Pins:
    found = {language: pin_from_list(json.loads(one)) for language, one in packed.items()}
    return {language: pin for language, pin in found.items() if pin is not None}


def _field_of(template: Template) -> str:
    """With the provider's id, since a name may belong to several templates."""
    names = [template.name, template.language, *([template.provider_id] if template.provider_id else [])]
    return "|".join(names)


def _seen_ms(template: Template) -> int:
    return to_ms(template.seen_at) if template.seen_at is not None else 0


def _to_json(template: Template) -> str:
    """In words that the release before can read: to it a template that is gone is disabled, and a location no header."""
    is_gone, is_place = template.status is TemplateStatus.GONE, template.header is HeaderKind.LOCATION
    fields = {
        "v": VERSION, "name": template.name, "language": template.language, "category": template.category,
        "status": TemplateStatus.DISABLED if is_gone else template.status, "provider_id": template.provider_id,
        "body": template.body, "quality": template.quality, "header": None if is_place else template.header,
        "header_text": template.header_text, "location": is_place,
        "buttons": [[one.kind, one.text, one.takes] for one in template.buttons], "seen": _seen_ms(template),
        "reason": GONE if is_gone else template.reason, "unfillable": template.unfillable, "fixed": template.fixed,
    }  # fmt: skip
    return json.dumps(fields, separators=(",", ":"), ensure_ascii=False)


def _from_json(sender: SenderId, packed: str) -> Template:
    fields: Mapping[str, object] = json.loads(packed)
    is_gone = fields["reason"] == GONE
    return Template(
        sender,
        str(fields["name"]),
        str(fields["language"]),
        Category(str(fields["category"])),
        TemplateStatus.GONE if is_gone else TemplateStatus(str(fields["status"])),
        None if fields["provider_id"] is None else str(fields["provider_id"]),
        str(fields["body"]),
        Quality(str(fields["quality"])),
        _header(fields),
        str(fields["header_text"]),
        _buttons(fields["buttons"]),
        _instant(fields["seen"]),
        "" if is_gone else str(fields["reason"]),
        _texts(fields.get("unfillable")),
        None if (fixed := fields.get("fixed")) is None else str(fixed),
    )


def _header(fields: Mapping[str, object]) -> HeaderKind | None:
    if fields.get("location"):
        return HeaderKind.LOCATION
    return None if fields["header"] is None else HeaderKind(str(fields["header"]))


def _texts(packed: object) -> tuple[str, ...]:
    return tuple(map(str, packed)) if isinstance(packed, list) else ()


def _buttons(packed: object) -> tuple[Button, ...]:
    rows = packed if isinstance(packed, list) else []
    return tuple(Button(text(kind), text(title), bool(takes)) for kind, title, takes in rows)


def _instant(ms: object) -> datetime | None:
    return from_ms(ms) if isinstance(ms, int) and ms else None
