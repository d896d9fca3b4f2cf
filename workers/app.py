"""The Celery application, `celery -A workers.app`. Owns its configuration and its tasks' modules, no task.

Decision: the options depend on the settings (RabbitMQ or Redis, threads), so they are made by a function, and the
application is made once at import. What is wrong with the settings is told in one sentence, with exit status 2.
"""

import sys

from celery import Celery

from config.celeryconfig import celery_options
from config.endpoints import read_endpoints
from config.loading import Settings, attach, load_settings
from shared.ground.errors import ConfigurationError


def make_app(settings: Settings) -> Celery:
    """An application for these settings."""
    application = Celery("oriel", include=["workers.dialer", "workers.sender", "workers.replier"])
    application.conf.update(celery_options(settings))
    return application


def _configured() -> Settings:
    try:
        return attach(_of_what_runs(load_settings()))
    except ConfigurationError as error:
        sys.stderr.write(f"oriel: {error}\n")
        raise SystemExit(2) from None


def _of_what_runs(settings: Settings) -> Settings:
    """Where nothing is configured, the configuration of what runs in the data directory: a worker must know its senders."""
    running = read_endpoints(settings.data_dir) if settings.config_file is None else None
    return settings if running is None or running.config is None else load_settings(running.config, settings.data_dir)


settings = _configured()
app = make_app(settings)
