"""Interactions on Redis or Valkey. Owns `{k:<contact>}:interactions`, `:interaction:<id>`, `:thread:<id>` and
`:attached:<event>`, and each tenant's list.

*Raises* everywhere: BackendUnavailable; every call is safe to repeat.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from redis.asyncio import Redis

from shared.conversations.interactions.model import About, Entry, Held, Interaction, InteractionState, entry_from_json
from shared.ground import keys
from shared.ground.clock import MAX_CLOCK_SKEW, from_ms, to_ms
from shared.ground.errors import Conflict, NotFound
from shared.ground.ids import (
    CampaignId,
    ContactId,
    EventId,
    InteractionId,
    SenderId,
    TenantId,
    contact_of,
    interaction_id,
)
from shared.ground.lua import Durability, Reply, Scripts, fields_of, int_reply, items, outage, text

ALSO = "also:"
MAX_HOPS = 32  # from an interaction to the one that goes on in its place; the limit ends a circle


class Attached(StrEnum):
    """The effect of a contact's message when it was first attached."""

    OPENED = "opened"
    APPENDED = "appended"
    OBSERVED = "observed"  # it is in the thread, and asks no agent to act


@dataclass(frozen=True, slots=True)
class Attachment:
    """is_new: False for a duplicate of the event."""

    how: Attached
    interaction: InteractionId
    is_new: bool


@dataclass(frozen=True, slots=True)
class Where:
    """Where a message of a contact with several names belongs.

    names: all ids of the contact.  written_at: when the campaign that is answered had written to it.
    """

    names: Sequence[ContactId] = ()
    written_at: datetime | None = None

    def takes(self, about: About, talk: Interaction) -> bool:
        """Whether a message about this belongs to that open interaction.

        A conversation that began after the campaign's message, under a name that nobody knew to be the same person's, would
        have been the campaign's.
        """
        if talk.about.sender != about.sender:
            return False
        if about.scope in talk.scopes:
            return True
        began_after = self.written_at is not None and self.written_at <= talk.opened_at + MAX_CLOCK_SKEW
        return talk.about.campaign is None and began_after


OWN_SCOPE = Where()


def rank(talk: Interaction) -> tuple[bool, bool, bool, datetime, InteractionId]:
    """The first of several interactions with one person goes on: an agent's, one that asks for an agent, a campaign's, the
    oldest.
    """
    is_taken, waits = talk.state is InteractionState.ASSIGNED, talk.state is InteractionState.STANDBY
    return not is_taken, waits, talk.about.campaign is None, talk.opened_at, talk.id


class InteractionStore:
    """kept: how long an interaction stays after its last message. remembered: how long duplicates are recognised."""

    def __init__(
        self, redis: Redis, kept: timedelta, remembered: timedelta, durability: Durability | None = None
    ) -> None:
        self._redis = redis
        self._kept = kept
        self._kept_ms = kept // timedelta(milliseconds=1)
        self._remembered_ms = remembered // timedelta(milliseconds=1)
        self._scripts = Scripts(
            redis,
            "shared.conversations.interactions.scripts",
            ["attach", "earlier", "note", "say", "take", "absorb", "yield", "copied", "resume", "drop"],
            durability,
        )

    async def attach(
        self, about: About, event: EventId, entry: Entry, where: Where = OWN_SCOPE, *, in_standby: bool = False
    ) -> Attachment:
        """Append a contact's message to its open interaction of this scope, under whichever of its names that stands, or
        open the next one.

        in_standby: nobody of ours has to act. A new interaction waits in standby, and one in standby stays there; the next
        message without it opens that one.
        """
        while True:
            present = await self._choose(about, where)
            reply = await self._try_attach(about, event, entry, present, in_standby=in_standby)
            if text(reply[0]) != "changed":
                break
        is_new = text(reply[0]) != "same"
        attachment = Attachment(Attached(text(reply[0 if is_new else 2])), InteractionId(text(reply[1])), is_new)
        if attachment.how is Attached.OPENED:  # for duplicates too: the first call may have died here
            await self._list(about.tenant, attachment.interaction, entry.at)
        return attachment

    async def _choose(self, about: About, where: Where) -> Interaction | None:
        """The open interaction under another of the contact's names, or of another scope, that the message belongs to."""
        if not where.names:
            return None
        talks = [one for one in await self.newest_of(where.names) if not one.is_closed and where.takes(about, one)]
        return min(talks, key=rank, default=None)

    async def _try_attach(
        self, about: About, event: EventId, entry: Entry, chosen: Interaction | None, *, in_standby: bool
    ) -> Sequence[Reply]:
        """chosen: the interaction that it must be; None for the newest of the scope, or the next one."""
        contact = about.contact if chosen is None else contact_of(chosen.id)
        scope = about.scope if chosen is None else chosen.about.scope
        with outage():
            number = int(await self._redis.hget(keys.interactions(contact), scope) or 0)
        present, following = (interaction_id(contact, scope, one) for one in (number, number + 1))
        return items(
            await self._scripts.run(
                "attach",
                [
                    keys.interactions(contact), keys.attached(contact, event),
                    keys.interaction(present, contact), keys.thread(present, contact),
                    keys.interaction(following, contact), keys.thread(following, contact),
                ],
                [
                    scope, str(number), present, following, to_ms(entry.at), entry.to_json(), self._kept_ms,
                    self._remembered_ms, "" if chosen is None else "1", "1" if in_standby else "", *_packed(about),
                ],
            )
        )  # fmt: skip

    async def note(self, interaction: InteractionId, event: EventId, entry: Entry) -> Attachment:
        """Append an entry that changes nothing of the interaction, or of the one that goes on in its place.

        *Raises*: NotFound.
        """
        for _ in range(MAX_HOPS):
            own = [*_own(interaction), keys.attached(contact_of(interaction), event)]
            args: list[str | int] = [interaction, entry.to_json(), self._kept_ms, self._remembered_ms]
            answer = text(await self._scripts.run("note", own, args))
            if answer in {"noted", "same"}:
                return Attachment(Attached.OBSERVED, interaction, answer == "noted")
            if answer == "absent":
                break
            interaction = InteractionId(answer)
        raise _absent()

    # ── one person, several names ───────────────────────────────────────────────────────────────────────────────────

    async def newest_of(self, contacts: Sequence[ContactId]) -> list[Interaction]:
        """The newest interaction of each scope under each of these ids, without threads."""
        ids = await self.of(*contacts)
        with outage():
            async with self._redis.pipeline(transaction=False) as pipe:
                for one in ids:
                    pipe.hgetall(keys.interaction(one, contact_of(one)))
                found = await pipe.execute()
        return [_interaction(one, fields, ()) for one, fields in zip(ids, found, strict=True) if fields]

    async def absorb(self, keeper: InteractionId, other: Interaction, *, must_be_open: bool) -> bool:
        """Copy the thread of `other` to `keeper`, which stands for its scopes from now on. other: with its thread.

        False if `keeper` is closed and must not be. Safe to repeat.
        """
        contact = contact_of(keeper)
        events = [keys.attached(contact, entry.event) for entry in other.thread if entry.event is not None]
        reply = await self._scripts.run(
            "absorb",
            [*_own(keeper), *events],
            [
                "1" if must_be_open else "", self._kept_ms, self._remembered_ms, keeper, to_ms(other.opened_at),
                to_ms(other.updated_at), " ".join(sorted(other.scopes)), *(entry.to_json() for entry in other.thread),
            ],
        )  # fmt: skip
        return bool(int_reply(reply))

    async def give_way(self, other: Interaction, keeper: InteractionId, now: datetime) -> bool:
        """Close `other`, because `keeper` goes on in its place; False if it was closed or taken meanwhile."""
        key = keys.interaction(other.id, contact_of(other.id))
        reply = await self._scripts.run("yield", [key], [other.state, other.agent or "", keeper, to_ms(now)])
        return bool(int_reply(reply))

    async def resume(self, other: Interaction, keeper: Interaction) -> None:
        """Undo `give_way`: `other` goes on by itself, as `keeper` stands, and with its agent. Safe to repeat."""
        key = keys.interaction(other.id, contact_of(other.id))
        args = [keeper.id, keeper.state, keeper.agent or "", to_ms(keeper.closed_at) if keeper.closed_at else ""]
        await self._scripts.run("resume", [key], args)
        if keeper.state is not InteractionState.STANDBY:
            await self._list(other.about.tenant, other.id, other.updated_at)

    async def drop(self, interaction: InteractionId, entries: Sequence[Entry], now: datetime) -> None:
        """Take entries out of a thread; it is closed if only messages of ours are left. Safe to repeat."""
        contact = contact_of(interaction)
        own = [keys.interaction(interaction, contact), keys.thread(interaction, contact)]
        await self._scripts.run("drop", own, [to_ms(now), *(entry.to_json() for entry in entries)])

    async def record_copied(self, other: InteractionId) -> None:
        """The whole thread of an interaction that gave way is in the one that goes on."""
        await self._scripts.run("copied", [keys.interaction(other, contact_of(other))], [])

    async def tell_earlier(self, interaction: InteractionId, event: EventId, entry: Entry) -> None:
        """Move a message that is in the thread to an earlier time, which a duplicate brought; also in the thread of the
        interaction that goes on in its place.
        """
        for _ in range(MAX_HOPS):
            contact = contact_of(interaction)
            own = [keys.interaction(interaction, contact), keys.thread(interaction, contact)]
            into = text(await self._scripts.run("earlier", own, [event, to_ms(entry.at), entry.to_json()]))
            if not into:
                return
            interaction = InteractionId(into)

    async def say(self, interaction: InteractionId, entry: Entry) -> None:
        """Append a message of ours to the thread, or to that of the interaction that goes on in its place.

        *Raises*: NotFound.
        """
        for _ in range(MAX_HOPS):
            answer = text(await self._scripts.run("say", _own(interaction), [entry.to_json(), self._kept_ms]))
            if answer == "said":
                return
            if answer == "absent":
                break
            interaction = InteractionId(answer)
        raise _absent()

    async def follow(self, interaction: InteractionId) -> InteractionId:
        """The interaction that goes on in its place; itself, if it has not given way."""
        for _ in range(MAX_HOPS):
            with outage():
                into = await self._redis.hget(keys.interaction(interaction, contact_of(interaction)), "into")
            if into is None:
                break
            interaction = InteractionId(text(into))
        return interaction

    async def newest(self, contact: ContactId, scope: str) -> InteractionId | None:
        """The newest interaction of a scope, open or closed."""
        with outage():
            number = int(await self._redis.hget(keys.interactions(contact), scope) or 0)
        return interaction_id(contact, scope, number) if number else None

    async def of(self, *contacts: ContactId) -> list[InteractionId]:
        """The newest interaction of each scope, under any of these contact ids."""
        with outage():
            async with self._redis.pipeline(transaction=False) as pipe:
                for contact in contacts:
                    pipe.hgetall(keys.interactions(contact))
                found = await pipe.execute()
        return [
            interaction_id(contact, scope, int(number))
            for contact, scopes in zip(contacts, found, strict=True)
            for scope, number in fields_of(scopes).items()
        ]

    async def assign(self, interaction: InteractionId, agent: str, now: datetime) -> None:
        """Assign by compare-and-set: the first agent gets it. *Raises*: Held; Conflict if it is closed; NotFound."""
        await self._take("assign", interaction, agent, now)

    async def close(self, interaction: InteractionId, now: datetime) -> None:
        """*Raises*: NotFound."""
        await self._take("close", interaction, "", now)

    async def _take(self, what: str, interaction: InteractionId, agent: str, now: datetime) -> None:
        key = keys.interaction(interaction, contact_of(interaction))
        reply = items(await self._scripts.run("take", [key], [what, agent, to_ms(now)]))
        answer = text(reply[0])
        if answer == "absent":
            raise _absent()
        if answer == "held":
            raise Held(text(reply[1]))
        if answer == "standby":
            raise Conflict(
                "interaction-standby", "Somebody else holds the conversation: it opens once it is handed over."
            )
        if answer == "closed":
            raise Conflict("interaction-closed", "The interaction is closed: the contact's next message opens another.")

    async def get(self, interaction: InteractionId) -> Interaction:
        """The interaction with its thread. *Raises*: NotFound."""
        contact = contact_of(interaction)
        with outage():
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.hgetall(keys.interaction(interaction, contact))
                pipe.lrange(keys.thread(interaction, contact), 0, -1)
                fields, thread = await pipe.execute()
        if not fields:
            raise _absent()
        return _interaction(interaction, fields, thread)

    async def page(
        self, tenant: TenantId, before: InteractionId | None, limit: int
    ) -> tuple[Sequence[Interaction], InteractionId | None]:
        """A page, newest first, after `before`, without threads; and the `before` of the next page, None at the end.

        Expired interactions are left out, so a page may hold fewer than `limit`.
        """
        key = keys.tenant_interactions(tenant)
        with outage():
            rank = await self._redis.zrevrank(key, before) if before is not None else None
            start = 0 if rank is None else int(str(rank)) + 1
            ids = [InteractionId(text(one)) for one in await self._redis.zrevrange(key, start, start + limit - 1)]
            async with self._redis.pipeline(transaction=False) as pipe:
                for one in ids:
                    pipe.hgetall(keys.interaction(one, contact_of(one)))
                found = await pipe.execute()
        page = [_interaction(one, fields, ()) for one, fields in zip(ids, found, strict=True) if fields]
        return page, ids[-1] if len(ids) == limit else None

    async def is_listed(self, tenant: TenantId, interaction: InteractionId) -> bool:
        """Whether the tenant's list has it, so that a page may begin after it."""
        with outage():
            return await self._redis.zscore(keys.tenant_interactions(tenant), interaction) is not None

    async def _list(self, tenant: TenantId, interaction: InteractionId, at: datetime) -> None:
        key = keys.tenant_interactions(tenant)
        with outage():
            async with self._redis.pipeline(transaction=False) as pipe:
                pipe.zadd(key, {interaction: to_ms(at)}, nx=True)
                pipe.zremrangebyscore(key, "-inf", to_ms(at - self._kept))
                await pipe.execute()


def _own(interaction: InteractionId) -> list[str]:
    """The keys of `note`, `say` and `absorb`."""
    contact = contact_of(interaction)
    return [keys.interactions(contact), keys.interaction(interaction, contact), keys.thread(interaction, contact)]


def _absent() -> NotFound:
    return NotFound(
        "interaction-not-found", "There is no such interaction. It may have expired by the retention setting."
    )


def _packed(about: About) -> list[str]:
    fields = {
        "tenant": about.tenant,
        "sender": about.sender,
        "contact": about.contact,
        "campaign": about.campaign,
        "external": about.external_id,
        "external_contact": about.external_contact_id,
    }
    return [part for name, value in fields.items() if value for part in (name, value)]


def _interaction(interaction: InteractionId, fields: Mapping[bytes, bytes], thread: Sequence[bytes]) -> Interaction:
    def word(name: str) -> str | None:
        value = fields.get(name.encode())
        return None if value is None else text(value)

    campaign, closed = word("campaign"), word("closed")
    about = About(
        TenantId(word("tenant") or ""),
        SenderId(word("sender") or ""),
        ContactId(word("contact") or ""),
        CampaignId(campaign) if campaign else None,
        word("external"),
        word("external_contact"),
    )
    return Interaction(
        interaction,
        about,
        InteractionState(word("state") or "open"),
        from_ms(int(fields[b"opened"])),
        from_ms(int(fields[b"updated"])),
        word("agent"),
        from_ms(int(closed)) if closed else None,
        sorted((entry_from_json(line) for line in thread), key=lambda entry: entry.at),
        InteractionId(into) if (into := word("into")) else None,
        word("copied") is not None,
        frozenset(text(name).removeprefix(ALSO) for name in fields if text(name).startswith(ALSO)),
    )
