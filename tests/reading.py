"""What a test reads, typed where it comes in: JSON, and values that may be absent."""

import json
from pathlib import Path
from typing import Any, TypeVar

import aiohttp

Value = TypeVar("Value")


def present(value: Value | None) -> Value:
    assert value is not None
    return value


def as_object(value: object) -> dict[str, Any]:
    """A JSON object, whose values are whatever they are."""
    assert isinstance(value, dict), f"a JSON object was expected, not {type(value).__name__}"
    return value


def object_in(text: str | bytes) -> dict[str, Any]:
    return as_object(json.loads(text))


def object_of(file: Path) -> dict[str, Any]:
    return object_in(file.read_bytes())


async def object_from(answer: aiohttp.ClientResponse) -> dict[str, Any]:
    return as_object(await answer.json())
