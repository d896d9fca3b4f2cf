"""The endpoints file of a data directory, in which the supervisor publishes the URLs of a running installation.

Owns the shape of the file and reading it; `workers.machine.runtime_files` writes it.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

DEFAULT_DATA_DIR = Path(".oriel")


class Endpoints(BaseModel):
    """URLs of one running installation. Mode 0600 on disk: it holds the operator's key and the stores' passwords."""

    model_config = ConfigDict(frozen=True, extra="ignore")  # a newer supervisor may write more fields

    api: str
    webhook: str
    public_url: str
    ops: Mapping[str, str]
    state: str = Field(repr=False)
    broker: str = Field(repr=False)
    operator_key: str = Field(repr=False)
    data_dir: Path
    config: Path | None = None
    simulator: str | None = None
    pid: int | None = None
    """The supervisor's process id. A file whose supervisor is dead is stale."""


def run_dir(data_dir: Path) -> Path:
    return data_dir / "run"


def endpoints_path(data_dir: Path) -> Path:
    return run_dir(data_dir) / "endpoints.json"


def read_endpoints(data_dir: Path) -> Endpoints | None:
    """The endpoints of the running installation; None for a missing, unreadable or stale file."""
    try:
        text = endpoints_path(data_dir).read_text(encoding="utf-8")
        endpoints = Endpoints.model_validate_json(text)
    except (OSError, ValidationError, UnicodeDecodeError):
        return None
    if endpoints.pid is not None and not is_alive(endpoints.pid):
        return None
    return endpoints


def is_alive(pid: int) -> bool:
    """Whether a process with this id runs; it may be another one, because ids are used again.

    A zombie does not count: in a container whose first process reaps no children, dead processes keep their ids for ever.
    """
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:  # not Linux, or gone meanwhile
        return False
    return status.rpartition(")")[2].split()[0] == "Z"
