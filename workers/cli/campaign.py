"""`oriel campaign …`: create, import, start, pause, resume, cancel, status, results.

Owns the options; what the commands then do is in `acts`, `importing` and `results`, and what may be done is the API's.
"""

from pathlib import Path
from typing import Annotated

import typer

from workers.cli.options import CampaignId, DataDir, Json, Tenant

app = typer.Typer(help="Create, fill, start and watch campaigns.", no_args_is_help=True)

Base = Annotated[
    Path,
    typer.Argument(metavar="BASE", exists=True, dir_okay=False, help="The contacts: .csv, .json or .ndjson, any size."),
]
Follow = Annotated[bool, typer.Option("--follow", "-f", help="Watch until it is finished.")]


@app.command()
def create(
    name: Annotated[str, typer.Option(help="What people call it.")],
    sender: Annotated[str, typer.Option(metavar="ID", help="Who writes: see `oriel sender list`.")],
    template: Annotated[str, typer.Option(metavar="NAME", help="What is written: see `oriel template list`.")],
    language: Annotated[str, typer.Option(help="The template's language, in the provider's spelling.")] = "en",
    external_id: Annotated[str | None, typer.Option(help="Your own id: the same id is the same campaign.")] = None,
    require_opt_in: Annotated[
        bool | None, typer.Option(help="Write only to those who agreed.", show_default="required")
    ] = None,
    region: Annotated[str | None, typer.Option(metavar="UY", help="Country of numbers without +.")] = None,
    rate: Annotated[
        float | None, typer.Option(metavar="N", help="Messages a second; the sender's rate at most.")
    ] = None,
    weight: Annotated[float | None, typer.Option(metavar="N", help="Share among the campaigns of its sender.")] = None,
    unconfirmed: Annotated[
        str | None, typer.Option(metavar="hold|resend", help="What happens to those of whom it is not known.")
    ] = None,
    stays_open: Annotated[
        bool | None, typer.Option("--open", help="Stays alive when everybody has been written to.", show_default=False)
    ] = None,
    fallback_language: Annotated[
        list[str] | None,
        typer.Option(metavar="LANG", help="Tried for contacts in whose language there is no template; several times."),
    ] = None,
    opt_out_word: Annotated[
        list[str] | None,
        typer.Option(
            metavar="WORD", help="Of CANCEL, CANCELAR, END only these refuse, and your own; an empty one: none."
        ),
    ] = None,
    answer: Annotated[
        list[str] | None, typer.Option(metavar="LABEL=WORD,…", help="Whole messages that are counted under a label.")
    ] = None,
    tenant: Tenant = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Create a campaign, and print its id.

    Example: oriel campaign create --name "Reminders of May" --sender clinic --template appointment_reminder
    """
    rules = {
        "external_id": external_id,
        "require_opt_in": require_opt_in,
        "region": region,
        "rate_per_second": rate,
        "weight": weight,
        "unconfirmed": unconfirmed,
        "open": stays_open,
        "languages": fallback_language or None,
        "opt_out_words": None if opt_out_word is None else [word for word in opt_out_word if word],
        "answers": _answers(answer or []) or None,
    }
    wanted = {"name": name, "sender": sender, "template": {"name": template, "language": language}}
    body = {**wanted, **{key: value for key, value in rules.items() if value is not None}}
    from workers.cli import acts, output

    output.run(acts.create(body, tenant, data_dir, as_json=as_json), as_json=as_json)


def _answers(wishes: list[str]) -> dict[str, list[str]]:
    answers: dict[str, list[str]] = {}
    for wish in wishes:
        label, _, words = wish.partition("=")
        said = [word.strip() for word in words.split(",") if word.strip()]
        if not label.strip() or not said:
            raise typer.BadParameter(f"{wish}: write it as yes=yes,sí,claro", param_hint="--answer")
        answers.setdefault(label.strip(), []).extend(said)
    return answers


@app.command(name="import")
def import_(
    campaign: CampaignId, base: Base, tenant: Tenant = None, data_dir: DataDir = None, as_json: Json = False
) -> None:
    """Add the contacts of a file to a campaign. Sending the file again adds only what is missing.

    Example: oriel campaign import cabcdefghijklmnop base.csv
    """
    from workers.cli import importing, output

    media_type = importing.MEDIA_TYPES.get(base.suffix.lower())
    if media_type is None:
        raise typer.BadParameter(f"{base.name} should end in {', '.join(importing.MEDIA_TYPES)}", param_hint="BASE")
    work = importing.import_base(campaign, base, media_type, tenant, data_dir, as_json=as_json)
    output.run(work, as_json=as_json)


@app.command()
def start(
    campaign: CampaignId,
    follow: Follow = False,
    tenant: Tenant = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Start writing to everybody in a campaign.

    Example: oriel campaign start cabcdefghijklmnop --follow
    """
    from workers.cli import acts, output

    output.run(acts.show(campaign, "start", tenant, data_dir, follow=follow, as_json=as_json), as_json=as_json)


@app.command()
def pause(campaign: CampaignId, tenant: Tenant = None, data_dir: DataDir = None, as_json: Json = False) -> None:
    """Stop writing within a second; keep the rest for `resume`.

    Example: oriel campaign pause cabcdefghijklmnop
    """
    from workers.cli import acts, output

    output.run(acts.order(campaign, "pause", tenant, data_dir, as_json=as_json), as_json=as_json)


@app.command()
def resume(campaign: CampaignId, tenant: Tenant = None, data_dir: DataDir = None, as_json: Json = False) -> None:
    """Write to exactly those who were left when it was paused.

    Example: oriel campaign resume cabcdefghijklmnop
    """
    from workers.cli import acts, output

    output.run(acts.order(campaign, "resume", tenant, data_dir, as_json=as_json), as_json=as_json)


@app.command()
def cancel(campaign: CampaignId, tenant: Tenant = None, data_dir: DataDir = None, as_json: Json = False) -> None:
    """Stop for good: nobody who has not been written to will be.

    Example: oriel campaign cancel cabcdefghijklmnop
    """
    from workers.cli import acts, output

    output.run(acts.order(campaign, "cancel", tenant, data_dir, as_json=as_json), as_json=as_json)


@app.command()
def status(
    campaign: CampaignId,
    follow: Follow = False,
    tenant: Tenant = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Show how far a campaign is.

    Example: oriel campaign status cabcdefghijklmnop --follow
    """
    from workers.cli import acts, output

    output.run(acts.show(campaign, None, tenant, data_dir, follow=follow, as_json=as_json), as_json=as_json)


@app.command()
def results(
    campaign: CampaignId,
    file: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", dir_okay=False, help="Write there, not to stdout.")
    ] = None,
    state: Annotated[str | None, typer.Option(metavar="STATE", help="Only those: failed, read, suppressed …")] = None,
    tenant: Tenant = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Download what became of every contact, as CSV; with --json as one list.

    Example: oriel campaign results cabcdefghijklmnop --state failed -o failed.csv
    """
    from workers.cli import output
    from workers.cli import results as downloading

    query = {} if state is None else {"state": state}
    work = downloading.as_one_list if as_json else downloading.as_csv
    output.run(work(campaign, query, file, tenant, data_dir), as_json=as_json)
