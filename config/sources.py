"""The sources of configured values: the TOML file, the environment, and the targets of `env:` and `file:`.

Owns reading them and the sentences about mistakes; the meaning of the values is in `settings`.
"""

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsError

from shared.ground.errors import ConfigurationError

PREFIX = "ORIEL_"
NESTING = "__"
TABLES_OF_MEASURES = frozenset({"sending", "timing"})  # errors in other tables quote no number: it may be a secret

Location = tuple[int | str, ...]


# ── the file ────────────────────────────────────────────────────────────────────────────────────────────────────────


def read_toml(path: Path) -> dict[str, Any]:
    """*Raises*: ConfigurationError."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path} is not UTF-8 text: save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path} is not TOML: {error}") from None
    except RecursionError:
        raise ConfigurationError(f"{path} is not TOML that can be read: its lists are nested too deeply") from None


# ── the environment ─────────────────────────────────────────────────────────────────────────────────────────────────


class _Environment(EnvSettingsSource):
    """The environment as an argument; pydantic-settings would read that of the process."""

    def __init__(self, settings: type[BaseSettings], environ: Mapping[str, str]) -> None:
        self._variables = {name.lower(): value for name, value in environ.items() if value}
        super().__init__(settings)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return self._variables


def read_environment(settings: type[BaseSettings], environ: Mapping[str, str]) -> dict[str, Any]:
    """The settings in `ORIEL_…` variables. Empty variables are ignored: charts and compose files often leave them empty.

    A name without `__` that is no setting is ignored as well: a Kubernetes service called `oriel-web` puts
    `ORIEL_WEB_PORT` into the environment of every pod. *Raises*: ConfigurationError.
    """
    for name in environ:
        _check_section(settings, name)
    try:
        return _Environment(settings, environ)()
    except SettingsError as error:
        field = str(error).split('"')[1]
        raise ConfigurationError(
            f"{PREFIX}{field.upper()}… in the environment: tables and lists are written as JSON there"
        ) from None


def _check_section(settings: type[BaseSettings], name: str) -> None:
    if not name.startswith(PREFIX) or NESTING not in name:
        return
    section = name.removeprefix(PREFIX).split(NESTING)[0].lower()
    sections = tuple(name for name, field in settings.model_fields.items() if any(_models(field.annotation)))
    if section not in sections:
        raise ConfigurationError(
            f"{name} in the environment: there is no section {section}{_suggest(section, sections)}"
        )


def merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Both tables in one: nested tables are merged key by key, any other value of `above` replaces that of `below`."""
    result = dict(below)
    for key, value in above.items():
        under = result.get(key)
        both_tables = isinstance(value, dict) and isinstance(under, dict)
        result[key] = merge(under or {}, value) if both_tables else value
    return result


# ── secrets ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class SecretReader:
    """`env:NAME`, `file:PATH` (from the configuration file's folder), or the value itself."""

    def __init__(self, environ: Mapping[str, str], folder: Path) -> None:
        self._environ = environ
        self._folder = folder

    def read(self, source: str, owner: str) -> str:
        """The value of one source. owner: named in the error. *Raises*: ConfigurationError; its text never holds a
        value.
        """
        value = self._look_up(source, owner)
        if not value:
            raise ConfigurationError(f"{owner}: the secret is empty")
        return value

    def _look_up(self, source: str, owner: str) -> str:
        if source.startswith("env:"):
            return self._variable(source.removeprefix("env:"), owner)
        if source.startswith("file:"):
            return self._file(source.removeprefix("file:"), owner)
        return source

    def _variable(self, name: str, owner: str) -> str:
        value = self._environ.get(name)
        if not value:
            raise ConfigurationError(f"{owner}: the environment variable {name} is not set (configured as env:{name})")
        return value

    def _file(self, name: str, owner: str) -> str:
        try:
            return (self._folder / name).expanduser().read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not UTF-8 text"
            raise ConfigurationError(f"{owner}: {name} cannot be read: {reason} (configured as file:{name})") from None


# ── explaining mistakes ─────────────────────────────────────────────────────────────────────────────────────────────


def explain(
    error: ValidationError, settings: type[BaseModel], given: Mapping[str, Any], origin: str, environ: Mapping[str, str]
) -> str:
    """One line per mistake: the place, the key, and the allowed values. Never the value of a secret."""
    lines = []
    for details in error.errors(include_url=False, include_context=True):
        place = _place(details["loc"], given, origin, environ)
        lines.append(f"{place} {_complaint(details, settings)}")
    return "\n".join(lines)


def _place(location: Location, given: Mapping[str, Any], origin: str, environ: Mapping[str, str]) -> str:
    variable = PREFIX + NESTING.join(str(part) for part in location).upper()
    if variable in environ or any(name.startswith(variable + NESTING) for name in environ):
        return f"{variable} in the environment:"
    return f"{origin}: {' '.join(_spelled(location, given))}"


def _spelled(location: Location, given: object) -> Iterator[str]:
    """The path of a value in the words of the file: `[sending] in_flight`, `[[senders]] "clinic" address`."""
    for depth, part in enumerate(location):
        given = _inside(given, part)
        if part == "urls":
            continue  # written as keys of the sender itself
        if isinstance(part, int):
            yield _item_name(given, part)
        elif depth == 0 and isinstance(given, dict):
            yield f"[{part}]"
        elif depth == 0 and isinstance(given, list) and len(location) > 1:
            yield f"[[{part}]]"
        else:
            yield part


def _inside(given: object, part: int | str) -> object:
    if isinstance(given, dict):
        return given.get(part)
    if isinstance(given, list) and isinstance(part, int) and part < len(given):
        return given[part]
    return None


def _item_name(item: object, index: int) -> str:
    name = item.get("id") or item.get("name") if isinstance(item, dict) else None
    return f'"{name}"' if isinstance(name, str) else f"number {index + 1}"


def _complaint(details: Mapping[str, Any], settings: type[BaseModel]) -> str:
    kind, value, location = details["type"], details["input"], details["loc"]
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        return f"is no key here{_allowed(settings, location)}"
    if kind == "value_error":
        return str(details["msg"]).removeprefix("Value error, ")
    message = re.sub(r"^\w+ should", "should", details["msg"]).replace("tuple", "list")  # the key precedes it
    shown = isinstance(value, int | float) and location[0] in TABLES_OF_MEASURES
    return f"{message} (it is {value})" if shown else message


def _allowed(settings: type[BaseModel], location: Location) -> str:
    model = _model_at(settings, location[:-1])
    if model is None:
        return ""
    return _suggest(str(location[-1]), tuple("api_base" if name == "urls" else name for name in model.model_fields))


def _suggest(name: str, allowed: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, allowed, n=1)
    meant = f"; did you mean {near[0]}?" if near else ""
    return f"{meant} (allowed: {', '.join(allowed)})"


def _model_at(model: type[BaseModel], location: Location) -> type[BaseModel] | None:
    for part in location:
        if isinstance(part, int):
            continue
        field = model.model_fields.get(part)
        inner = next(_models(field.annotation), None) if field else None
        if inner is None:
            return None
        model = inner
    return model


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)
