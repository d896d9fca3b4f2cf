"""Celery's options, one reason each. Celery carries hints between processes; the ledger decides (see README).

Measured figures are from Celery and kombu 5.7 with the threads pool.
"""

from typing import Any

from config import queues
from config.loading import Settings


def celery_options(settings: Settings) -> dict[str, Any]:
    """The whole configuration of the application, for these settings."""
    url = settings.broker.url or ""
    on_rabbitmq = queues.is_rabbitmq(url)
    return {
        "broker_url": url,
        # ── messages ──
        "accept_content": ["json"],  # nothing that can run code is ever decoded
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
        # ── delivery ──
        "task_acks_late": False,  # a hint is acknowledged early: a lease that nobody opens runs out and is given again
        "worker_prefetch_multiplier": 1,  # 2 is 7 % faster and doubles what a killed worker holds
        "worker_disable_prefetch": False,  # polls once a second when its slots are full: 3,300 sends/s became 1,000
        "worker_detect_quorum_queues": True,  # RabbitMQ 4 has no global QoS
        "broker_transport_options": {} if on_rabbitmq else _redis_transport_options(),
        # ── workers ──
        "worker_pool": "threads",  # threads only wait for the one event loop of the process, which does the work
        "worker_concurrency": settings.sending.threads,
        "worker_hijack_root_logger": False,  # config.logs owns the one pipeline
        "worker_redirect_stdouts": False,
        "worker_send_task_events": False,  # a message a task, for monitors: the ledger's metrics say more
        "task_send_sent_event": False,
        "worker_enable_remote_control": True,  # inspect ping, Flower
        "worker_proc_alive_timeout": 30,
        # ── connections ──
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,  # a worker outlives its broker's restart, however long it takes
        "broker_pool_limit": 4,  # publishers of one process
        "broker_pool_acquire_timeout": 5,  # seconds: a publisher waits no longer for a connection than a tick is worth
        "broker_heartbeat": 30,  # seconds: finds half-open connections to RabbitMQ
        "task_publish_retry": True,
        "task_publish_retry_policy": {"max_retries": 2, "interval_start": 0.05, "interval_step": 0.1},
    }


def _redis_transport_options() -> dict[str, Any]:
    return {
        "visibility_timeout": 3600,  # seconds; early acks leave next to nothing to restore
        "queue_order_strategy": "sorted",  # events.inbound before events.status
        "unacked_restore_throttle": 1,  # seconds between restores: several workers need not all look
        "health_check_interval": 10,  # seconds; a worker can be connected and consume nothing
        "socket_keepalive": True,
        "socket_timeout": queues.BROKER_SILENCE_S,  # longer than BRPOP's own wait
        "socket_connect_timeout": 5,
        "retry_on_timeout": True,
    }
