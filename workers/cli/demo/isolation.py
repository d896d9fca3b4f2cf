"""The demo's environment: variables of the user's own installation are removed, so that the demo cannot reach it.

Variables about sending, timing, logging and retention stay.
"""

import os
from collections.abc import Mapping, MutableMapping

KEPT_SECTIONS = ("SENDING", "TIMING", "LOGGING", "RETENTION", "INBOUND")
KEPT_VARIABLES = frozenset({"ORIEL_DATA_DIR"})


def isolate_process() -> Mapping[str, str]:
    """*Effects*: removes the variables from this process, and so from its children. Returns its environment."""
    remove_foreign_variables(os.environ)
    return os.environ


def remove_foreign_variables(environ: MutableMapping[str, str]) -> None:
    """Removes `oriel.toml`'s path, stores, senders and keys of another installation."""
    for name in [name for name in environ if _is_foreign(name)]:
        del environ[name]


def _is_foreign(name: str) -> bool:
    """Celery prefers its own variables to its configuration, and one of them could name another broker."""
    if name.startswith("CELERY_"):
        return True
    kept = name in KEPT_VARIABLES or name.startswith(tuple(f"ORIEL_{section}__" for section in KEPT_SECTIONS))
    return name.startswith("ORIEL_") and not kept
