"""The Celery application, `celery -A workers.app`. Owns its configuration and the list of its tasks' modules, no task.

Decision: the options depend on the settings (RabbitMQ or Redis, threads), so a function computes them, and the
application is made once, at import. A mistake in the settings ends the process with one sentence and exit status 2.
"""

import sys

from celery import Celery

from config.celeryconfig import celery_options
from config.endpoints import read_endpoints
from config.loading import Settings, attach, load_settings
from shared.ground.errors import ConfigurationError
from workers.broker_connection import BrokerAmqp


def make_app(settings: Settings) -> Celery:
    """An application for these settings."""
    application = Celery("oriel", amqp=BrokerAmqp, include=["workers.dialer", "workers.sender", "workers.replier"])
    application.conf.update(celery_options(settings))
    return application


def _load_or_exit() -> Settings:
    try:
        return attach(_follow_running_installation(load_settings()))
    except (ConfigurationError, OSError) as error:  # a folder that cannot be read, or is gone
        sys.stderr.write(f"oriel: {error}\n")
        raise SystemExit(2) from None


def _follow_running_installation(settings: Settings) -> Settings:
    """Without a configuration file, that of the installation in the data directory: a worker must know its senders."""
    running = read_endpoints(settings.data_dir) if settings.config_file is None else None
    return settings if running is None or running.config is None else load_settings(running.config, settings.data_dir)


settings = _load_or_exit()
app = make_app(settings)
