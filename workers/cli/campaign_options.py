"""The options of `oriel campaign`. Owns their names and help texts, not their effect."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

Base = Annotated[
    Path,
    typer.Argument(metavar="BASE", exists=True, dir_okay=False, help="The contacts: .csv, .json or .ndjson, any size."),
]
Follow = Annotated[bool, typer.Option("--follow", "-f", help="Watch the campaign until its end.")]
Yes = Annotated[
    bool, typer.Option("--yes", "-y", help="Do not ask: start although many of the contacts would not be written to.")
]
File = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        dir_okay=False,
        help="Write to this file, not to stdout. A folder that is missing is made.",
    ),
]
State = Annotated[
    str | None, typer.Option(metavar="STATE", help="Only contacts in this state: failed, read, suppressed …")
]


class RedriveState(StrEnum):
    FAILED = "failed"
    UNCONFIRMED = "unconfirmed"


RedriveStates = Annotated[
    list[RedriveState], typer.Option("--state", help="Contacts in this state; may be given twice.")
]
Codes = Annotated[
    list[str] | None, typer.Option("--code", metavar="CODE", help="Only with this code of the provider; repeatable.")
]
RedriveYes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask: some may get the message twice.")]

# ── create ──────────────────────────────────────────────────────────────────────────────────────────────────────────

Name = Annotated[str, typer.Option(help="The campaign's name, for people.")]
Sender = Annotated[str, typer.Option(metavar="ID", help="The sender: see `oriel sender list`.")]
Template = Annotated[
    str,
    typer.Option(metavar="NAME", help="The template, or at Twilio its id (HX…): see `oriel template list`."),
]
Language = Annotated[str, typer.Option(help="The template's language, in the provider's spelling.")]
ExternalId = Annotated[
    str | None,
    typer.Option(help="Your own id. A second campaign with the same id is not created; the first is returned."),
]
RequireOptIn = Annotated[
    bool | None, typer.Option(help="Write only to contacts with a recorded opt-in.", show_default="required")
]
Region = Annotated[
    str | None, typer.Option(metavar="UY", help="The country of numbers without +. Default: the sender's.")
]
Rate = Annotated[float | None, typer.Option(metavar="N", help="The most messages a second, below the sender's rate.")]
Weight = Annotated[
    float | None,
    typer.Option(metavar="N", help="The campaign's share of its sender's rate beside other campaigns. Default: 1."),
]
Unconfirmed = Annotated[
    str | None,
    typer.Option(metavar="hold|resend", help="Messages with an unknown outcome: keep them, or send them again."),
]
StaysOpen = Annotated[
    bool | None,
    typer.Option("--open", help="Keep running after the last contact, so that more can be added.", show_default=False),
]
Deadline = Annotated[
    str | None,
    typer.Option(
        metavar="ISO",
        help="Nothing is sent from then on, and whoever still waits has expired: 2026-12-01T18:00:00-03:00.",
    ),
]
FallbackLanguage = Annotated[
    list[str] | None,
    typer.Option(
        metavar="LANG", help="For contacts in whose language the template does not exist; may be given several times."
    ),
]
OptOutWord = Annotated[
    list[str] | None,
    typer.Option(
        metavar="WORD",
        help="A word that counts as an opt-out in this campaign: one of CANCEL, CANCELAR, END, or your own; may be given "
        'several times. "": none of the three. Default: all three.',
    ),
]
AnswerLabel = Annotated[
    list[str] | None,
    typer.Option(
        metavar="LABEL=WORD,…",
        help="Messages to count under a label, such as yes=yes,sí; may be given several times.",
    ),
]
