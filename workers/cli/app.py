"""The tree of commands. Owns the list of commands and the text of `oriel --help`; each noun has a module of its own."""

import typer

from workers.cli import campaign, consent, contact, doctor, explain, reply, sender, session, template, up
from workers.cli.demo import command as demo

app = typer.Typer(
    name="oriel",
    help="Oriel runs WhatsApp template campaigns: each contact gets at most one message, as fast as the number may "
    "send.\n\n"
    "Begin with `oriel demo`: real processes, real HTTP, an imaginary provider. With your own provider: `oriel up`, then "
    "`oriel campaign create`, `import`, `start`.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command(name="demo")(demo.demo)
app.command(name="up")(up.up)
app.command(name="doctor")(doctor.doctor)
app.add_typer(campaign.app, name="campaign")
app.add_typer(template.app, name="template")
app.command(name="optin")(consent.optin)
app.command(name="optout")(consent.optout)
app.add_typer(contact.app, name="contact")
app.add_typer(session.app, name="session")
app.command(name="reply")(reply.reply)
app.command(name="explain")(explain.explain)
app.add_typer(sender.app, name="sender")
