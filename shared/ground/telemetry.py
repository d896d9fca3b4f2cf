"""Every metric, in one place. Owns names, labels and units; each metric is counted in one use case."""

from functools import lru_cache

from prometheus_client import Counter, Gauge, Histogram

SENDS = Counter("oriel_sends_total", "Attempts by what came of them.", ["sender", "outcome"])
SEND_SECONDS = Histogram(
    "oriel_send_seconds", "From first byte to the provider's answer.", ["sender"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20),
)  # fmt: skip
UNMARKED = Counter("oriel_unmarked_total", "Jobs that were not sent because the mark was refused.", ["reason"])
IN_FLIGHT = Gauge("oriel_in_flight_jobs", "Jobs of this process between slot and settlement.")
SLOTS_MISSED = Counter("oriel_slots_missed_total", "Slots given up because the process was late.", ["sender"])
THROTTLED = Counter("oriel_throttled_total", "Answers by which a provider asked to slow down.", ["sender"])
UNKNOWN_CODES = Counter("oriel_unknown_codes_total", "Provider codes that no table holds.", ["provider"])
PARCELS = Counter("oriel_parcels_total", "Parcels by what became of the lease.", ["outcome"])
RELEASED = Counter("oriel_released_jobs_total", "Jobs given to senders.", ["sender"])
PLANNED = Counter("oriel_planned_jobs_total", "Contacts that became jobs, by verdict.", ["verdict"])
WEBHOOKS = Counter("oriel_webhooks_total", "Requests to the webhook port.", ["provider", "result"])
WEBHOOK_SECONDS = Histogram(
    "oriel_webhook_seconds", "From the request's last byte to our answer.", ["provider"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5),
)  # fmt: skip
PROVIDER_EVENTS = Counter(
    "oriel_events_total", "Provider events by kind and what they changed.", ["provider", "kind", "result"]
)
INBOUND = Counter(
    "oriel_inbound_total", "Contacts' messages, and whether they had been told.", ["provider", "kind", "told"]
)
ALIASES_REFUSED = Counter(
    "oriel_aliases_refused_total",
    "Names of a recipient that cannot be the same person's, and merged nobody.",
    ["sender", "source", "reason"],
)
JOURNAL_ENTRIES = Gauge("oriel_journal_entries", "Webhook bodies that wait to be applied.")
BROKEN_REQUESTS = Counter("oriel_broken_requests_total", "Requests that were not HTTP, or broke off.")
STORE_DURABLE = Gauge(
    "oriel_state_store_durable",
    "1 if an answered write of the state store is on disk; 0 if a crash of the store may repeat messages.",
)
SPOOL_BYTES = Gauge("oriel_spool_bytes", "Webhook bodies on local disk while the state store is away.")
DOMAIN_EVENTS = Counter("oriel_published_events_total", "Domain events that the broker took.", ["type"])
SWEPT = Counter("oriel_swept_jobs_total", "Jobs taken from leases that ran out.", ["to"])
RECONCILED = Counter(
    "oriel_reconciled_total", "Jobs without an answer that were looked for in the provider's list.", ["finding"]
)
HINTS_LOST = Counter("oriel_hints_lost_total", "Hints that the broker did not take; the tick repeats them.", ["queue"])
ACTIVE = Gauge("oriel_active", "1 for the replica that holds the process's lease.", ["process"])
TEMPLATES = Gauge("oriel_templates", "Templates that a sender's provider lists.", ["sender", "status"])
PAUSES = Counter("oriel_pauses_total", "Campaigns that were paused by a brake.", ["reason"])
API_SECONDS = Histogram(
    "oriel_api_seconds", "From a request's head to our answer, or to its end.", ["method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)  # fmt: skip


@lru_cache(4_096)
def sends(sender: str, outcome: str) -> Counter:
    """`SENDS.labels(…)`, found once: for what is counted with every message it costs 1.7 µs, more than the count itself."""
    return SENDS.labels(sender, outcome)


@lru_cache(4_096)
def send_seconds(sender: str) -> Histogram:
    """As `sends`."""
    return SEND_SECONDS.labels(sender)
