"""Request flows: several requests, each built from the answers before it, without any I/O.

A flow is a generator, as httpx's `auth_flow` is one: it yields requests, is sent their responses, and returns its result.
`client.ProviderClient` runs flows; a test runs them by hand.
"""

from collections.abc import Generator
from typing import TypeVar

from shared.ground.http import HttpRequest, HttpResponse

Result = TypeVar("Result")

RequestFlow = Generator[HttpRequest, HttpResponse, Result]
