"""The one CeleryProcess of this process, for the tasks' modules."""

from workers.app import app, settings
from workers.celery_process import CeleryProcess

process = CeleryProcess(app, settings)
