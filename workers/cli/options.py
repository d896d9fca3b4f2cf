"""Options that several commands take. Owns their names and help texts, not their effect."""

import re
from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document to stdout, and nothing else.")]
Tenant = Annotated[
    str | None, typer.Option(metavar="ID", help="The tenant; needed if your API key may act for several.")
]
DataDir = Annotated[
    Path | None,
    typer.Option(
        envvar="ORIEL_DATA_DIR", metavar="DIR", show_default=False, help="The data directory. Default: ./.oriel."
    ),
]
Config = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        exists=True,
        dir_okay=False,
        show_default=False,
        help="The configuration file, such as oriel.toml.",
    ),
]
Contact = Annotated[
    str, typer.Argument(metavar="CONTACT", show_default=False, help="A number as +14155550123, or a contact id.")
]


def _check_id(value: str) -> str:
    """It becomes part of a URL, so another character would name another thing."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", value):
        raise typer.BadParameter("this is no campaign's id: `oriel campaign create` prints it")
    return value


CampaignId = Annotated[
    str,
    typer.Argument(metavar="CAMPAIGN", callback=_check_id, help="The campaign's id, as `create` printed it."),
]
