"""Every key of the state store, spelled once. Owns names and types; lifetimes are in the module that writes the key.

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

PAGE_ROWS = (
    128  # rows a page: 128 compress to about 15 B each, and a single added contact wastes at most 127 state bytes
)
CONTACT_BUCKET_CHARS = 2  # base32 characters that pick a bucket of the dedupe map: 1,024 buckets a campaign


def _c(campaign: CampaignId) -> str:
    return f"{{c:{campaign}}}"


def campaign(campaign: CampaignId) -> str:
    """string: the campaign's description as JSON, written once."""
    return f"{_c(campaign)}:campaign"


def ledger(campaign: CampaignId) -> str:
    """hash: state, reason, by, cursors, and `n:<state letter>` counts."""
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
    """list: runs `first-last` of planned ordinals; a hint, the state byte decides."""
    return f"{_c(campaign)}:ready:{priority}"


def due(campaign: CampaignId) -> str:
    """zset: ordinal by due time in ms; deferred and given-back jobs."""
    return f"{_c(campaign)}:due"


def leases(campaign: CampaignId) -> str:
    """hash: lease id → `nonce|runs`."""
    return f"{_c(campaign)}:leases"


def deadlines(campaign: CampaignId) -> str:
    """zset: lease id by deadline in ms."""
    return f"{_c(campaign)}:deadlines"


def unconfirmed(campaign: CampaignId) -> str:
    """zset: ordinal by the time, in ms, since when its outcome is unknown."""
    return f"{_c(campaign)}:unconfirmed"


def stopped(campaign: CampaignId) -> str:
    """hash: contact id → `1:<revision>`, no mark of this contact passes any more, or `0:<revision>`, it may again."""
    return f"{_c(campaign)}:stopped"


def answers(campaign: CampaignId) -> str:
    """hash: ordinal → JSON of what this contact answered."""
    return f"{_c(campaign)}:answers"


def upload(campaign: CampaignId, upload: UploadId) -> str:
    """hash: what became of one upload; `page:<n>` → first ordinal."""
    return f"{_c(campaign)}:upload:{upload}"


def staged(campaign: CampaignId, upload: UploadId) -> str:
    """list: pages of an upload that has not joined yet."""
    return f"{_c(campaign)}:staged:{upload}"


def rejections(campaign: CampaignId, upload: UploadId) -> str:
    """list: JSON verdicts on rows that did not become jobs."""
    return f"{_c(campaign)}:rejections:{upload}"


def uploads(campaign: CampaignId) -> str:
    """hash: upload id → `staging` | `complete` | `joined`."""
    return f"{_c(campaign)}:uploads"


def active_campaigns() -> str:
    """hash: campaign id → sender id, for every campaign that is not draft, finished or cancelled; a hint."""
    return "{oriel}:campaigns:active"


def sender_campaigns(sender: SenderId) -> str:
    """zset: campaign id by the time, in ms, of its start; those whose answers may still come."""
    return f"{{oriel}}:campaigns:of:{sender}"


def tenant_campaigns(tenant: TenantId) -> str:
    """zset: campaign id by creation time in ms."""
    return f"{{t:{tenant}}}:campaigns"


def secret() -> str:
    """string: the installation's secret, when configuration gives none."""
    return "{oriel}:secret"


def singleton(name: str) -> str:
    """hash: holder, fence and expiry of the lease that makes one replica of a process the active one."""
    return f"{{oriel}}:singleton:{name}"


def worker(token: str) -> str:
    """string with TTL: this worker process is alive. One tag for all, so that they are asked for in one call."""
    return f"{{oriel}}:worker:{token}"


def idempotency(tenant: TenantId, key: str) -> str:
    """string: the stored answer of a POST, 24 h."""
    return f"{{t:{tenant}}}:idempotency:{key}"


def templates(sender: SenderId) -> str:
    """hash: `name|language` → JSON of what the provider says of that template."""
    return f"{{s:{sender}}}:templates"


def number(sender: SenderId) -> str:
    """hash: what the provider says of this sender's number."""
    return f"{{s:{sender}}}:number"


def templates_changed() -> str:
    """string: how often anything was learned of any template."""
    return "{oriel}:templates:changed"


def account(account_key: str) -> str:
    """The tag of one provider account; a prefix of the limiter's keys."""
    return f"{{a:{account_key}}}"


def bucket(account_key: str, name: str) -> str:
    """string: theoretical arrival time in µs of one bucket (`account`, `sender:<id>`, `campaign:<id>`)."""
    return f"{account(account_key)}:bucket:{name}"


def throttle(account_key: str, sender: SenderId) -> str:
    """hash: the adaptive slow-down of a sender."""
    return f"{account(account_key)}:throttle:{sender}"


def pair(account_key: str, sender: SenderId, contact: ContactId) -> str:
    """string with TTL: the job that last had a slot for this sender and contact."""
    return f"{account(account_key)}:pair:{sender}:{contact}"


def _k(contact: ContactId) -> str:
    return f"{{k:{contact}}}"


def consent(contact: ContactId) -> str:
    """hash: `opt_in:<scope>` and `opt_out:<scope>` → JSON record; `rev` counts changes; `moved` → the contact it became."""
    return f"{_k(contact)}:consent"


def consent_history(contact: ContactId) -> str:
    """list: JSON of every consent that was ever recorded, oldest first."""
    return f"{_k(contact)}:consent:history"


def contact(contact: ContactId) -> str:
    """hash: `a:<contact id>` → address, for each that this contact is known by; `name`; `moved` → what it became."""
    return f"{_k(contact)}:contact"


def session(contact: ContactId, sender: SenderId) -> str:
    """hash that expires with the window: last, expires (ms), `m:<event id>` → time and JSON of a message received."""
    return f"{_k(contact)}:session:{sender}"


def heard(event: EventId) -> str:
    """hash with TTL: at (ms), campaign, attached: what was made of an event when it was told first."""
    return f"{{e:{event}}}:heard"


def seen(contact: ContactId, event: EventId) -> str:
    """string with TTL: this event has had its effect on the session; the time that it had, in ms."""
    return f"{_k(contact)}:seen:{event}"


def message(message: MessageId, contact: ContactId) -> str:
    """hash with TTL: one message of ours outside any campaign, from the request to its last status."""
    return f"{_k(contact)}:message:{message}"


def outbox(contact: ContactId, sender: SenderId) -> str:
    """list: ids of messages that wait, in the order in which they go out."""
    return f"{_k(contact)}:outbox:{sender}"


def outboxes() -> str:
    """zset: message id by the time, in ms, when somebody should look after it; a hint."""
    return "{oriel}:outboxes"


def interactions(contact: ContactId) -> str:
    """hash with TTL: scope → the number of its newest interaction."""
    return f"{_k(contact)}:interactions"


def interaction(interaction: InteractionId, contact: ContactId) -> str:
    """hash with TTL: whose, about what, in whose hands."""
    return f"{_k(contact)}:interaction:{interaction}"


def thread(interaction: InteractionId, contact: ContactId) -> str:
    """list with TTL: JSON of what was said, in the order of its arrival."""
    return f"{_k(contact)}:thread:{interaction}"


def attached(contact: ContactId, event: EventId) -> str:
    """string with TTL: the interaction that this event was attached to."""
    return f"{_k(contact)}:attached:{event}"


def tenant_interactions(tenant: TenantId) -> str:
    """zset: interaction id by the time, in ms, of its opening; a hint."""
    return f"{{t:{tenant}}}:interactions"


def journal_bodies() -> str:
    """hash: entry id → raw webhook with its envelope."""
    return "{j}:bodies"


def journal_ages() -> str:
    """zset: entry id by the time, in ms, of its last hint."""
    return "{j}:ages"
