"""The Procfile: process name → command, and several replicas of a process. Owns no process."""

import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import workers
from shared.ground.errors import ConfigurationError

SIMULATOR = "simulator"
ONE_PORT = frozenset({"web", "webhook", SIMULATOR})  # a second replica would find its port taken
OWN_PROGRAMS = frozenset({"python", "celery", "oriel"})


def read_procfile(path: Path) -> dict[str, tuple[str, ...]]:
    """Process name → command, in the file's order. Plain words: no variables, pipes or redirections.

    *Raises*: ConfigurationError with the line.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from None
    processes: dict[str, tuple[str, ...]] = {}
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.lstrip().startswith("#"):
            name, command = _read_line(line, f"{path}, line {number}")
            if name in processes:
                raise ConfigurationError(f"{path}, line {number}: {name} is there twice")
            processes[name] = command
    return processes


def find_procfile() -> dict[str, tuple[str, ...]]:
    """The Procfile next to our packages (a checkout, an image), else the working directory's.

    *Raises*: ConfigurationError.
    """
    root = Path(workers.__file__).resolve().parent.parent
    beside = root / "Procfile"
    return read_procfile(beside if beside.exists() else Path("Procfile").absolute())


def add_replicas(processes: Mapping[str, Sequence[str]], scale: Mapping[str, int]) -> dict[str, Sequence[str]]:
    """Replica name → command; the second sender is `sender.2`. *Raises*: ConfigurationError for an impossible scale."""
    unknown = scale.keys() - processes.keys()
    if unknown:
        raise ConfigurationError(f"there is no process {', '.join(sorted(unknown))} (allowed: {', '.join(processes)})")
    crowded = sorted(name for name, count in scale.items() if count > 1 and name in ONE_PORT)
    if crowded:
        raise ConfigurationError(f"{', '.join(crowded)} listens on one port: on one machine there can be only one")
    commands: dict[str, Sequence[str]] = {}
    for name, command in processes.items():
        for number in range(1, scale.get(name, 1) + 1):
            commands[name if number == 1 else f"{name}.{number}"] = command
    return commands


def _read_line(line: str, place: str) -> tuple[str, tuple[str, ...]]:
    match = re.fullmatch(r"\s*([A-Za-z0-9_-]+)\s*:(.*)", line)
    try:
        words = shlex.split(match[2], comments=True) if match else []
    except ValueError as error:
        raise ConfigurationError(f"{place}: {error}") from None
    if match is None or not words:
        raise ConfigurationError(f'{place}: should be "name: command"')
    return match[1], (_find_program(words[0]), *words[1:])


def _find_program(name: str) -> str:
    """Our programs from this interpreter's environment, whatever the PATH contains."""
    if name not in OWN_PROGRAMS:
        return name
    if name == "python":
        return sys.executable
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.exists() else name
