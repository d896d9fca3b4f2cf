"""Options that several commands take. Owns their names and help texts, not their effect."""

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
CampaignId = Annotated[str, typer.Argument(metavar="CAMPAIGN", help="The campaign's id, as `create` printed it.")]
