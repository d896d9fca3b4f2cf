"""One invocation of a command: whose data, which installation, which form of output. Owns no command."""

from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workers.cli.client import Api


@dataclass(frozen=True, slots=True)
class Invocation:
    """The options --tenant, --data-dir and --json, which nearly every command takes."""

    tenant: str | None
    data_dir: Path | None
    as_json: bool

    def run(self, work: Coroutine[Any, Any, int | None]) -> None:
        """Run a command's work. *Raises*: typer.Exit with its exit status, unless it is 0."""
        from workers.cli import output

        output.run(work, as_json=self.as_json)

    def open_api(self) -> "Api":
        """*Raises*: ApiUnreachable, ConfigurationError."""
        from workers.cli.client import Api, locate

        return Api(locate(self.data_dir), self.tenant)
