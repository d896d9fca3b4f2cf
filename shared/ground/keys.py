"""Every key of the state store, spelled once. Owns names and types; the module that writes a key owns its TTL.

Decision: each function has the name of the key that it spells, also where that is no verb (`seen`, `heard`, `stopped`).

Hash tags: `{c:…}` one campaign, `{a:…}` one provider account, `{k:…}` one contact, `{s:…}` one sender, `{j}` the
journal, `{oriel}` the installation. A script touches one tag. The version is part of the tag's contents, so that n and
n+1 never share a key whose meaning changed.
"""

from shared.ground.ids import (
    CampaignId,
    ContactId,
    EventId,
    InteractionId,
    MessageId,
    SenderId,
    TenantId,
    UploadId,
)

# Rows in one page: 128 rows compress to about 15 B each, and one added contact wastes at most 127 state bytes.
PAGE_ROWS = 128
CONTACT_BUCKET_CHARS = 2  # base32 characters that pick a bucket of the dedupe map: 1,024 buckets a campaign


def _c(campaign: CampaignId) -> str:
    return f"{{c:{campaign}}}"


def campaign(campaign: CampaignId) -> str:
    """string: the campaign's description as JSON, written once."""
    return f"{_c(campaign)}:campaign"


def ledger(campaign: CampaignId) -> str:
    """hash: state, reason, by, cursors, and the counts `n:<state letter>`."""
    return f"{_c(campaign)}:ledger"


def states(campaign: CampaignId) -> str:
    """string: one byte a job, by ordinal (letters in `shared.ledger.states`)."""
    return f"{_c(campaign)}:states"


def pages(campaign: CampaignId) -> str:
    """hash: page number → compressed rows."""
    return f"{_c(campaign)}:pages"


def contacts(campaign: CampaignId, contact: ContactId) -> str:
    """hash: contact id → ordinal, the bucket that holds this contact."""
    return f"{_c(campaign)}:contacts:{contact[:CONTACT_BUCKET_CHARS]}"


def jobs(campaign: CampaignId, ordinal: int) -> str:
    """hash: ordinal → packed record of the current attempt, the bucket (page) that holds this ordinal."""
    return f"{_c(campaign)}:jobs:{ordinal // PAGE_ROWS}"


def ready(campaign: CampaignId, priority: int) -> str:
    """list: runs `first-last` of planned ordinals; hints, because the state byte decides."""
    return f"{_c(campaign)}:ready:{priority}"


def due(campaign: CampaignId) -> str:
    """zset: ordinal by due time in ms; jobs that were deferred or given back."""
    return f"{_c(campaign)}:due"


def leases(campaign: CampaignId) -> str:
    """hash: lease id → `nonce|runs`."""
    return f"{_c(campaign)}:leases"


def deadlines(campaign: CampaignId) -> str:
    """zset: lease id by deadline in ms."""
    return f"{_c(campaign)}:deadlines"


def unconfirmed(campaign: CampaignId) -> str:
    """zset: ordinal by the time in ms at which its outcome became unknown."""
    return f"{_c(campaign)}:unconfirmed"


def stopped(campaign: CampaignId) -> str:
    """hash: contact id → `1:<revision>`: marks of this contact are refused, or `0:<revision>`: they pass again."""
    return f"{_c(campaign)}:stopped"


def refused(campaign: CampaignId) -> str:
    """list: the latest failures that may concern every contact, each with the number of successes before it."""
    return f"{_c(campaign)}:refused"


def agreed(campaign: CampaignId) -> str:
    """set: ordinals of suppressed jobs whose contact has agreed since."""
    return f"{_c(campaign)}:agreed"


def redrives(campaign: CampaignId) -> str:
    """list: each order to try jobs again that was carried out, with its counts; the oldest first."""
    return f"{_c(campaign)}:redrives"


def answers(campaign: CampaignId) -> str:
    """hash: ordinal → JSON of this contact's answers (see `answer.lua`)."""
    return f"{_c(campaign)}:answers"


def campaign_templates(campaign: CampaignId) -> str:
    """hash: language → JSON of the template with which the campaign started (see `shared.templates.pins`)."""
    return f"{_c(campaign)}:templates"


def upload(campaign: CampaignId, upload: UploadId) -> str:
    """hash: counts of one upload; `page:<n>` → first ordinal."""
    return f"{_c(campaign)}:upload:{upload}"


def staged(campaign: CampaignId, upload: UploadId) -> str:
    """list: pages of an upload that is not part of the campaign yet."""
    return f"{_c(campaign)}:staged:{upload}"


def rejections(campaign: CampaignId, upload: UploadId) -> str:
    """list: JSON verdicts on rows that did not become jobs."""
    return f"{_c(campaign)}:rejections:{upload}"


def row_verdicts(campaign: CampaignId) -> str:
    """hash with TTL: contact id → JSON [upload, line, reason, detail] of the newest row that became no new job."""
    return f"{_c(campaign)}:verdicts"


def uploads(campaign: CampaignId) -> str:
    """hash: upload id → `staging` | `complete` | `joined`."""
    return f"{_c(campaign)}:uploads"


def active_campaigns() -> str:
    """hash: campaign id → sender id, for every campaign that is not draft, finished or cancelled; a hint."""
    return "{oriel}:campaigns:active"


def reopenable_campaigns() -> str:
    """zset: campaigns that have finished, by the time until which they are opened again for those who agree, in ms."""
    return "{oriel}:campaigns:reopenable"


def untold_agreements() -> str:
    """zset: notes of agreements on their way to the campaigns, by the time in s at which they were to be recorded."""
    return "{oriel}:agreements:untold"


def joining_uploads() -> str:
    """zset: `<campaign> <upload>` by the time in s at which it was complete; a hint for the janitor."""
    return "{oriel}:uploads:joining"


def sender_campaigns(sender: SenderId) -> str:
    """zset: campaign id by the time of its start in ms; campaigns to which answers may still come."""
    return f"{{oriel}}:campaigns:of:{sender}"


def tenant_campaigns(tenant: TenantId) -> str:
    """zset: campaign id by creation time in ms."""
    return f"{{t:{tenant}}}:campaigns"


def secret() -> str:
    """string: the secret of the installation, if the configuration gives none."""
    return "{oriel}:secret"


def singleton(name: str) -> str:
    """hash: holder, fence and expiry of the lease whose holder is the active replica of a process."""
    return f"{{oriel}}:singleton:{name}"


def worker(token: str) -> str:
    """string with TTL: this worker process is alive. All share one tag, so that one call reads them."""
    return f"{{oriel}}:worker:{token}"


def presence(kind: str) -> str:
    """string with TTL: a process of this kind (`janitor`, or the queue of a worker) is at work. One tag, as `worker`."""
    return f"{{oriel}}:presence:{kind}"


def idempotency(tenant: TenantId, key: str) -> str:
    """string with TTL: the stored answer of a POST."""
    return f"{{t:{tenant}}}:idempotency:{key}"


def templates(sender: SenderId) -> str:
    """hash: `name|language|provider's id` → JSON of the template as its provider reports it."""
    return f"{{s:{sender}}}:templates"


def number(sender: SenderId) -> str:
    """hash: the state of this sender's number as its provider reports it."""
    return f"{{s:{sender}}}:number"


def templates_changed() -> str:
    """string: a counter that grows when a template record changes."""
    return "{oriel}:templates:changed"


def sent(sender: SenderId, day: int, message: str) -> str:
    """hash with TTL: digest of a provider's message id → the address it went to. day: since 1970; message: the digest."""
    return f"{{s:{sender}}}:sent:{day}:{message[:CONTACT_BUCKET_CHARS]}"


def account(account_key: str) -> str:
    """The tag of one provider account; a prefix of the limiter's keys."""
    return f"{{a:{account_key}}}"


def bucket(account_key: str, name: str) -> str:
    """string with TTL: theoretical arrival time in µs of one bucket (`account`, `sender:<id>`, `campaign:<id>`)."""
    return f"{account(account_key)}:bucket:{name}"


def throttle(account_key: str, sender: SenderId, lane: str) -> str:
    """hash with TTL: the adaptive slow-down of a lane of a sender. That of campaigns has the sender's name alone."""
    suffix = "" if lane == "campaigns" else f":{lane}"
    return f"{account(account_key)}:throttle:{sender}{suffix}"


def pair(account_key: str, sender: SenderId, contact: ContactId) -> str:
    """string with TTL: the job that last had a slot for this sender and contact."""
    return f"{account(account_key)}:pair:{sender}:{contact}"


def _k(contact: ContactId) -> str:
    return f"{{k:{contact}}}"


def consent(contact: ContactId) -> str:
    """hash: `opt_in:<scope>` and `opt_out:<scope>` → JSON record; `rev` counts changes; `moved` → the contact it became."""
    return f"{_k(contact)}:consent"


def consent_history(contact: ContactId) -> str:
    """list: JSON of every recorded consent, oldest first."""
    return f"{_k(contact)}:consent:history"


def contact(contact: ContactId) -> str:
    """hash: `a:<contact id>` → address, for each alias of this contact; `name`; `moved` → the contact it merged into."""
    return f"{_k(contact)}:contact"


def session(contact: ContactId, sender: SenderId) -> str:
    """hash that expires with the window: last, expires (ms), `m:<event id>` → time and JSON of a message received."""
    return f"{_k(contact)}:session:{sender}"


def heard(event: EventId) -> str:
    """hash with TTL: at (ms), campaign, attached: the decisions on a provider event at its first delivery."""
    return f"{{e:{event}}}:heard"


def seen(contact: ContactId, event: EventId) -> str:
    """string with TTL: this event has changed the session; its value is the event's time in ms."""
    return f"{_k(contact)}:seen:{event}"


def message(message: MessageId, contact: ContactId) -> str:
    """hash with TTL: one message of ours outside any campaign, from the request to its last status."""
    return f"{_k(contact)}:message:{message}"


def outbox(contact: ContactId, sender: SenderId) -> str:
    """list: ids of waiting messages, in the order of sending."""
    return f"{_k(contact)}:outbox:{sender}"


def outboxes() -> str:
    """zset: message id by the time in ms at which the janitor hints it again; a hint."""
    return "{oriel}:outboxes"


def interactions(contact: ContactId) -> str:
    """hash with TTL: scope → number of the newest interaction in it."""
    return f"{_k(contact)}:interactions"


def interaction(interaction: InteractionId, contact: ContactId) -> str:
    """hash with TTL: one interaction: contact, campaign, state, agent."""
    return f"{_k(contact)}:interaction:{interaction}"


def thread(interaction: InteractionId, contact: ContactId) -> str:
    """list with TTL: JSON of each message, in order of arrival."""
    return f"{_k(contact)}:thread:{interaction}"


def attached(contact: ContactId, event: EventId) -> str:
    """string with TTL: id of the interaction to which this event was attached."""
    return f"{_k(contact)}:attached:{event}"


def tenant_interactions(tenant: TenantId) -> str:
    """zset: interaction id by the time of its opening in ms; a hint."""
    return f"{{t:{tenant}}}:interactions"


def disk_probe(key: str) -> str:
    """string, one minute: the last write before a WAITAOF, in the slot of `key` (see shared.ground.lua)."""
    tag, closing, _ = key.partition("}")
    return f"{tag}}}:disk" if closing and tag.startswith("{") else "{oriel}:disk"


def journal_bodies() -> str:
    """hash: entry id → raw webhook with its envelope."""
    return "{j}:bodies"


def journal_ages() -> str:
    """zset: entry id by the time of its last hint in ms."""
    return "{j}:ages"
