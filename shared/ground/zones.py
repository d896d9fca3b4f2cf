"""Time zones: one edition of the zone database, the newest of the system's and the `tzdata` package's.

Governments change their offsets a few times a year, often weeks before. A system may have no database at all (slim
images), or an old one, which Python prefers in silence to the package. Local times would then be an hour
off, so the edition is chosen once, for the whole process, before any zone is read.

Source: PEP 615: the system's path comes first, the package is read where the path has no such zone.
"""

import re
import zoneinfo
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shared.ground.errors import ConfigurationError

_VERSION = re.compile(r"\d{4}[a-z]{1,2}\b")
_VERSION_FILES = ("tzdata.zi", "+VERSION")  # Debian, Alpine, Fedora: `# version 2026b`; macOS and BSD: `2026b`
_HEAD_CHARACTERS = 100


@dataclass(frozen=True, slots=True)
class Edition:
    """version: as IANA numbers it (2026b); empty if it is unknown.  source: `system`, `tzdata package` or `none`."""

    version: str
    source: str

    def __str__(self) -> str:
        return f"{self.version or 'of unknown edition'} ({self.source})"


def read_zone(name: str) -> ZoneInfo:
    """The zone of an IANA name. *Raises*: ValueError for a name that is none; ConfigurationError without a database."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        if EDITION.source == "none":
            raise ConfigurationError(
                "this machine has no time zone database: install the tzdata package of Python or of the system"
            ) from None
        raise ValueError("should be an IANA time zone, such as America/Montevideo") from None


def choose_edition() -> Edition:
    """Makes Python read the newest edition from now on, and says which it is.

    *Effects*: `zoneinfo.TZPATH` of this process is emptied if the package is the newest, or the only one that says its
    edition; zones that were read before are forgotten.
    """
    system, package = _find_system(zoneinfo.TZPATH), _find_package()
    if package is None:
        return system or Edition("", "none")
    if system is not None and system.version >= package.version:
        return system
    zoneinfo.reset_tzpath(to=())
    ZoneInfo.clear_cache()
    return package


def _find_system(folders: tuple[str, ...]) -> Edition | None:
    """Of the first folder that has zones; Python reads each zone from the first folder that has it."""
    for folder in map(Path, folders):
        if (folder / "UTC").exists() or (folder / "Etc" / "UTC").exists():
            return Edition(_read_version(folder), "system")
    return None


def _read_version(folder: Path) -> str:
    for name in _VERSION_FILES:
        try:
            with (folder / name).open(encoding="utf-8", errors="replace") as file:
                found = _VERSION.search(file.read(_HEAD_CHARACTERS))
        except OSError:
            continue
        if found:
            return found[0]
    return ""


def _find_package() -> Edition | None:
    try:
        package = import_module("tzdata")
    except ImportError:
        return None
    return Edition(str(package.IANA_VERSION), "tzdata package")


EDITION = choose_edition()
