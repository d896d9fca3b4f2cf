"""The Celery application, `celery -A workers.app`. Owns its configuration and its tasks' modules, no task.

Decision: the options depend on the settings (RabbitMQ or Redis, threads), so they are made by a function, and the
application is made once at import. What is wrong with the settings is told in one sentence, with exit status 2.
"""

import sys

from celery import Celery

from config.celeryconfig import celery_options
from config.settings import Settings, attach, load_settings
from shared.errors import ConfigurationError


def make_app(settings: Settings) -> Celery:
    """An application for these settings."""
    application = Celery("oriel", include=["workers.dialer", "workers.sender"])
    application.conf.update(celery_options(settings))
    return application


def _configured() -> Settings:
    try:
        return attach(load_settings())
    except ConfigurationError as error:
        sys.stderr.write(f"oriel: {error}\n")
        raise SystemExit(2) from None


settings = _configured()
app = make_app(settings)
