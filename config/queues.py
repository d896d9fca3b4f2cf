"""The broker's topology as data. Owns queue names and who reads them; options of Celery are in `celeryconfig`.

Every message is a hint (see shared.ground.hints): queues are short, and losing one costs a tick, not a contact.
"""

from typing import Final

from kombu import Exchange, Queue

DIALER: Final = "dialer"
SEND_BULK: Final = "send.bulk"
SEND_REPLY: Final = "send.reply"  # people first: a queue of its own, behind no campaign
EVENTS_INBOUND: Final = "events.inbound"  # what a person said goes before what a machine reports
EVENTS_STATUS: Final = "events.status"

TASKS: Final = Exchange("oriel.tasks", type="direct", durable=True)
HINTS: Final = Exchange("oriel.hints", type="direct", durable=True)
DOMAIN_EVENTS: Final = Exchange("oriel.events", type="topic", durable=True)  # the dialer binds its own queues to it

BROKER_SILENCE_S = 30  # the broker's socket times out after it, so a loop that reads it shows life as often


def queue(name: str, exchange: Exchange, *, quorum: bool) -> Queue:
    """On RabbitMQ a quorum queue: the only replicated kind there is since 4.0."""
    arguments = {"x-queue-type": "quorum"} if quorum else None
    return Queue(name, exchange, routing_key=name, durable=True, queue_arguments=arguments)


def task_queues(*, quorum: bool) -> list[Queue]:
    """The queues of the Celery workers."""
    return [queue(name, TASKS, quorum=quorum) for name in (DIALER, SEND_BULK, SEND_REPLY)]


def event_queues(*, quorum: bool) -> list[Queue]:
    """The consumer's queues, the most urgent first."""
    return [queue(name, HINTS, quorum=quorum) for name in (EVENTS_INBOUND, EVENTS_STATUS)]


def event_queue_name(event_class: str) -> str:
    return f"events.{event_class}"


def is_rabbitmq(url: str) -> bool:
    return url.startswith(("amqp://", "amqps://"))
