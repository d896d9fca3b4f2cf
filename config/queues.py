"""The broker's topology as data. Owns queue names and their readers; options of Celery are in `celeryconfig`.

Every message is a hint (see shared.ground.hints): queues are short, and a lost message costs a tick, not a contact.
"""

from typing import Final

from kombu import Exchange, Queue

DIALER: Final = "dialer"
SEND_BULK: Final = "send.bulk"
SEND_REPLY: Final = "send.reply"  # a queue of its own, so that no reply waits behind campaigns
EVENTS_INBOUND: Final = "events.inbound"  # people's messages; read before statuses
EVENTS_STATUS: Final = "events.status"

TASKS: Final = Exchange("oriel.tasks", type="direct", durable=True)
HINTS: Final = Exchange("oriel.hints", type="direct", durable=True)
DOMAIN_EVENTS: Final = Exchange("oriel.events", type="topic", durable=True)  # the dialer binds its own queues to it

BROKER_ANSWER_S = 2  # the broker answers a command within it; else that connection is given up, and a hint is repeated
REDIS_ANSWER_S = 1  # the same for Redis, which answers before its disk; a half-open connection costs three of them
BROKER_CONNECT_S = 4  # a new connection, its handshake included
BROKER_SILENCE_S = (
    8  # a worker's loop turns each second, or waits for a few answers while its connections are half-open
)


def queue(name: str, exchange: Exchange, *, quorum: bool) -> Queue:
    """quorum: for RabbitMQ, whose only replicated kind of queue it is since 4.0."""
    arguments = {"x-queue-type": "quorum"} if quorum else None
    return Queue(name, exchange, routing_key=name, durable=True, queue_arguments=arguments)


def task_queues(*, quorum: bool) -> list[Queue]:
    """The queues that Celery workers read."""
    return [queue(name, TASKS, quorum=quorum) for name in (DIALER, SEND_BULK, SEND_REPLY)]


def event_queues(*, quorum: bool) -> list[Queue]:
    """The queues that the consumer reads, the most urgent first."""
    return [queue(name, HINTS, quorum=quorum) for name in (EVENTS_INBOUND, EVENTS_STATUS)]


def event_queue_name(event_class: str) -> str:
    return f"events.{event_class}"


def is_rabbitmq(url: str) -> bool:
    return url.startswith(("amqp://", "amqps://"))
