"""Campaign descriptions on Redis or Valkey, and the indexes over them. The index of active campaigns is a hint: the ledger
owns the state of each.

*Effects*: `{c}:campaign` string, `{t}:campaigns` zset, `{oriel}:campaigns:active` hash and `{oriel}:campaigns:of:<sender>`
zset, none with a TTL.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from redis.asyncio import Redis

from shared.campaigns.model import Campaign, campaign_from_json
from shared.ground import keys
from shared.ground.clock import to_ms
from shared.ground.errors import Conflict, NotFound
from shared.ground.ids import CampaignId, SenderId, TenantId
from shared.ground.lua import text

MAX_CAMPAIGNS_SEARCHED = 200  # for one contact, the newest first: their ledgers are asked in one round trip


class CampaignStore:
    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def create(self, campaign: Campaign) -> tuple[Campaign, bool]:
        """Store a new campaign. Returns it and True, or the present one and False if the same order was stored before.

        *Raises*: Conflict if the external id belongs to a campaign with other settings.
        """
        is_new = await self._redis.set(keys.campaign(campaign.id), campaign.to_json(), nx=True)
        present = campaign if is_new else await self.get(campaign.id)
        if not present.is_same_order(campaign):
            raise Conflict(
                "external-id-taken",
                "This external_id already names a campaign with other settings; choose another one.",
            )
        created_ms = to_ms(present.created_at)
        await self._redis.zadd(keys.tenant_campaigns(present.tenant), {present.id: created_ms}, nx=True)
        return present, bool(is_new)

    async def get(self, campaign: CampaignId, tenant: TenantId | None = None) -> Campaign:
        """The campaign; of `tenant`, if that is given. *Raises*: NotFound, also for another tenant's campaign."""
        packed = await self._redis.get(keys.campaign(campaign))
        found = campaign_from_json(packed) if packed is not None else None
        if found is None or (tenant is not None and found.tenant != tenant):
            raise NotFound("campaign-not-found", "There is no such campaign.")
        return found

    async def newest(self, tenant: TenantId, after: CampaignId | None, limit: int) -> Sequence[Campaign]:
        """At most `limit` campaigns of the tenant, the newest first; those after `after`, if that is given."""
        key = keys.tenant_campaigns(tenant)
        rank = await self._redis.zrevrank(key, after) if after is not None else None
        start = 0 if rank is None else int(str(rank)) + 1
        ids = [text(member) for member in await self._redis.zrevrange(key, start, start + limit - 1)]
        return [await self.get(CampaignId(member)) for member in ids]

    async def exists(self, campaign: CampaignId) -> bool:
        return bool(await self._redis.exists(keys.campaign(campaign)))

    async def get_many(self, campaigns: Iterable[CampaignId]) -> list[Campaign]:
        """Those of these campaigns that exist, in one round trip."""
        async with self._redis.pipeline(transaction=False) as pipe:
            for campaign in campaigns:
                pipe.get(keys.campaign(campaign))
            return [campaign_from_json(packed) for packed in await pipe.execute() if packed is not None]

    async def activate(self, campaign: Campaign, at: datetime | None = None, *, again: bool = False) -> None:
        """Add the campaign to the index that the janitor and the release read. Call it before the start: a crash in between
        costs a look, the other order would lose the campaign.

        at: when its messages begin to go out; answers are attributed to it from then on.  again: they went out before, and
        are answered longer now.
        """
        await self._redis.hset(keys.active_campaigns(), campaign.id, campaign.sender)
        if at is not None:
            await self._redis.zadd(
                keys.sender_campaigns(campaign.sender), {campaign.id: to_ms(at)}, nx=not again, gt=again
            )

    async def started_since(self, sender: SenderId, since: datetime, limit: int) -> list[CampaignId]:
        """At most `limit` campaigns of the sender whose messages began to go out since `since`, the newest first."""
        key = keys.sender_campaigns(sender)
        found = await self._redis.zrange(key, "+inf", to_ms(since), desc=True, byscore=True, offset=0, num=limit)
        return [CampaignId(text(member)) for member in found]

    async def keep_reopenable(self, campaign: CampaignId, until: datetime) -> None:
        """Note that a finished campaign is opened again for those who agree, until then. Before it leaves the index."""
        await self._redis.zadd(keys.reopenable_campaigns(), {campaign: to_ms(until)})

    async def reopenable(self, now: datetime) -> list[CampaignId]:
        """*Effects*: forgets those whose time is over."""
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.zremrangebyscore(keys.reopenable_campaigns(), "-inf", to_ms(now))
            pipe.zrange(keys.reopenable_campaigns(), 0, -1)
            _, found = await pipe.execute()
        return [CampaignId(text(member)) for member in found]

    async def deactivate(self, campaign: CampaignId) -> None:
        await self._redis.hdel(keys.active_campaigns(), campaign)

    async def active(self) -> Mapping[CampaignId, SenderId]:
        """Every campaign in the index, with its sender."""
        pairs = await self._redis.hgetall(keys.active_campaigns())
        return {CampaignId(text(key)): SenderId(text(value)) for key, value in pairs.items()}

    async def active_of(self, sender: SenderId) -> list[CampaignId]:
        """The campaigns of one sender in the index."""
        return [campaign for campaign, owner in (await self.active()).items() if owner == sender]
