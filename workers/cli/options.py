"""What several commands take. Owns the options' names and help, not what they do."""

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, and nothing else.")]
Tenant = Annotated[
    str | None, typer.Option(metavar="ID", help="Whose, when there are several and the key opens more than one.")
]
DataDir = Annotated[
    Path | None,
    typer.Option(
        envvar="ORIEL_DATA_DIR", metavar="DIR", show_default=False, help="The data directory; ./.oriel if not given."
    ),
]
Config = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", exists=True, dir_okay=False, show_default=False, help="The configuration to run with."
    ),
]
Contact = Annotated[
    str, typer.Argument(metavar="CONTACT", show_default=False, help="A number as +14155550123, or a contact id.")
]
CampaignId = Annotated[str, typer.Argument(metavar="CAMPAIGN", help="The campaign's id, as `create` printed it.")]
