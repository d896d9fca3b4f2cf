"""Celery's options, one reason each. Celery carries hints between processes; the ledger decides (see README).

Measured figures are from Celery and kombu 5.7 with the threads pool.
"""

from typing import Any

from config import queues
from config.loading import Settings


def celery_options(settings: Settings) -> dict[str, Any]:
    """The configuration of the Celery application for these settings."""
    url = settings.broker.url or ""
    on_rabbitmq = queues.is_rabbitmq(url)
    return {
        "broker_url": url,
        **_message_options(on_rabbitmq=on_rabbitmq),
        **_delivery_options(on_rabbitmq=on_rabbitmq),
        **_worker_options(settings.sending.threads),
        **_connection_options(),
    }


def _message_options(*, on_rabbitmq: bool) -> dict[str, Any]:
    """How a message is written, and which queue takes it."""
    return {
        "accept_content": ["json"],  # pickle and yaml could run code when they are decoded
        "task_serializer": "json",
        "task_ignore_result": True,  # the ledger is the result
        "task_store_errors_even_if_ignored": False,
        "task_queues": queues.task_queues(quorum=on_rabbitmq),
        "task_default_queue": queues.DIALER,
        "task_default_exchange": queues.TASKS.name,
        "task_default_exchange_type": "direct",
        "task_default_routing_key": queues.DIALER,
        "task_routes": {
            "dialer.*": {"queue": queues.DIALER, "routing_key": queues.DIALER},
            "sender.*": {"queue": queues.SEND_BULK, "routing_key": queues.SEND_BULK},
            "replier.*": {"queue": queues.SEND_REPLY, "routing_key": queues.SEND_REPLY},
        },
        "task_create_missing_queue_type": "quorum" if on_rabbitmq else "classic",
    }


def _delivery_options(*, on_rabbitmq: bool) -> dict[str, Any]:
    """When a message is given out, and when it is acknowledged."""
    return {
        "task_acks_late": False,  # acknowledged early: the lease of a lost hint expires and is given out again
        "worker_prefetch_multiplier": 1,  # 2 is 7 % faster, and a killed worker loses twice as many messages
        "worker_disable_prefetch": False,  # enabled, a full worker polls once a second: 3,300 sends/s became 1,000
        "worker_detect_quorum_queues": True,  # RabbitMQ 4 has no global QoS
        "broker_transport_options": _rabbitmq_transport_options() if on_rabbitmq else _redis_transport_options(),
    }


def _worker_options(threads: int) -> dict[str, Any]:
    """The process around the tasks."""
    return {
        "worker_pool": "threads",  # threads only wait for the one event loop of the process, which does the work
        "worker_concurrency": threads,
        "worker_hijack_root_logger": False,  # config.logs owns the one pipeline
        "worker_redirect_stdouts": False,
        "worker_send_task_events": False,  # one more message per task, for monitors; the ledger's metrics are better
        "task_send_sent_event": False,
        "worker_enable_remote_control": True,  # inspect ping, Flower
        "worker_proc_alive_timeout": 30,
    }


def _connection_options() -> dict[str, Any]:
    """How long the broker is waited for, and how often it is tried again."""
    return {
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,  # unlimited: a worker survives a restart of its broker
        "broker_pool_limit": 4,  # publishers of one process
        "broker_pool_acquire_timeout": 5,  # seconds for a connection; the tick repeats a hint that was not published
        "broker_connection_timeout": queues.BROKER_CONNECT_S,
        "broker_heartbeat": 2,  # seconds: two missed ones end a half-open connection to RabbitMQ after 4 to 5 s
        "task_publish_retry": True,
        "task_publish_retry_policy": {"max_retries": 2, "interval_start": 0.05, "interval_step": 0.1},
    }


def _rabbitmq_transport_options() -> dict[str, Any]:
    return {
        "confirm_publish": True,  # without it, hints published into a half-open connection are lost for minutes, silently
        "read_timeout": queues.BROKER_ANSWER_S,  # seconds for a confirm, or any other answer: py-amqp would wait for ever
        "write_timeout": queues.BROKER_ANSWER_S,
    }


def _redis_transport_options() -> dict[str, Any]:
    """No `retry_on_timeout`, although it sounds helpful.

    With it, redis-py 8 repeats any call over a new connection. After a TCP reset the read of Celery's pub/sub connection
    (remote control) is repeated over one that subscribed to nothing: it waits for ever, and the worker's only loop with it.
    Without it, kombu is told of the loss and makes all connections anew.
    """
    return {
        # What a worker holds, it remembers itself, and a stopped worker gives it back. kombu's list in Redis gives back
        # what a killed worker held after an hour; its leases are given out again within seconds. That list cost two
        # transactions a message, 57 % of a dialer's processor time.
        "ack_emulation": False,
        "queue_order_strategy": "sorted",  # events.inbound before events.status
        # Seconds. A half-open connection delivers nothing and raises nothing. kombu drops one whose BRPOP (1 s) has no
        # answer after 1 + 1 s, and looks every second; the worker's other connections are found out by `socket_timeout`.
        "health_check_interval": 1,
        "socket_keepalive": True,
        "socket_timeout": queues.REDIS_ANSWER_S,
        "socket_connect_timeout": queues.BROKER_CONNECT_S,
    }
