"""`oriel campaign …`: create, import, start, pause, resume, cancel, redrive, status, results.

Owns the commands; `campaign_options` has their options, `campaign_actions`, `importing` and `results` do the work.
"""

from collections.abc import Mapping

import typer

from workers.cli.campaign_options import (
    AnswerLabel,
    Base,
    Codes,
    Deadline,
    ExternalId,
    FallbackLanguage,
    File,
    Follow,
    Language,
    Name,
    OptOutWord,
    Rate,
    RedriveState,
    RedriveStates,
    RedriveYes,
    Region,
    RequireOptIn,
    Sender,
    State,
    StaysOpen,
    Template,
    Unconfirmed,
    Weight,
    Yes,
)
from workers.cli.invocation import Invocation
from workers.cli.options import CampaignId, DataDir, Json, Tenant

app = typer.Typer(help="Create, fill, start and watch campaigns.", no_args_is_help=True)


@app.command()
def create(
    name: Name,
    sender: Sender,
    template: Template,
    language: Language = "en",
    external_id: ExternalId = None,
    require_opt_in: RequireOptIn = None,
    region: Region = None,
    rate: Rate = None,
    weight: Weight = None,
    unconfirmed: Unconfirmed = None,
    stays_open: StaysOpen = None,
    deadline: Deadline = None,
    fallback_language: FallbackLanguage = None,
    opt_out_word: OptOutWord = None,
    answer: AnswerLabel = None,
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
        "deadline_at": deadline,
        "languages": fallback_language or None,
        "opt_out_words": None if opt_out_word is None else [word for word in opt_out_word if word],
        "answers": _parse_labels(answer or []) or None,
    }
    required = {"name": name, "sender": sender, "template": {"name": template, "language": language}}
    body = {**required, **{key: value for key, value in rules.items() if value is not None}}
    _create(Invocation(tenant, data_dir, as_json), body)


def _create(invocation: Invocation, body: Mapping[str, object]) -> None:
    from workers.cli import campaign_actions

    invocation.run(campaign_actions.create(invocation, body))


def _parse_labels(options: list[str]) -> dict[str, list[str]]:
    labels: dict[str, list[str]] = {}
    for option in options:
        label, _, words = option.partition("=")
        messages = [word.strip() for word in words.split(",") if word.strip()]
        if not label.strip() or not messages:
            raise typer.BadParameter(f"{option}: write it as yes=yes,sí,claro", param_hint="--answer")
        labels.setdefault(label.strip(), []).extend(messages)
    return labels


@app.command(name="import")
def import_(
    campaign: CampaignId, base: Base, tenant: Tenant = None, data_dir: DataDir = None, as_json: Json = False
) -> None:
    """Add the contacts of a file to a campaign. Sending the file again adds only the missing contacts.

    Example: oriel campaign import cabcdefghijklmnop base.csv
    """
    from workers.cli import importing

    media_type = importing.MEDIA_TYPES.get(base.suffix.lower())
    if media_type is None:
        raise typer.BadParameter(f"{base.name} should end in {', '.join(importing.MEDIA_TYPES)}", param_hint="BASE")
    invocation = Invocation(tenant, data_dir, as_json)
    invocation.run(importing.import_base(invocation, campaign, base, media_type))


@app.command()
def start(
    campaign: CampaignId,
    follow: Follow = False,
    yes: Yes = False,
    tenant: Tenant = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Start writing to the contacts of a campaign. Asks first if few of them would be written to.

    Example: oriel campaign start cabcdefghijklmnop --follow
    """
    from workers.cli import campaign_actions

    invocation = Invocation(tenant, data_dir, as_json)
    invocation.run(campaign_actions.start(invocation, campaign, follow=follow, is_confirmed=yes))


@app.command()
def pause(campaign: CampaignId, tenant: Tenant = None, data_dir: DataDir = None, as_json: Json = False) -> None:
    """Stop writing within a second, and keep the rest for `resume`.

    Example: oriel campaign pause cabcdefghijklmnop
    """
    _control(Invocation(tenant, data_dir, as_json), campaign, "pause")


@app.command()
def resume(campaign: CampaignId, tenant: Tenant = None, data_dir: DataDir = None, as_json: Json = False) -> None:
    """Write to exactly the contacts that a pause has left.

    Example: oriel campaign resume cabcdefghijklmnop
    """
    _control(Invocation(tenant, data_dir, as_json), campaign, "resume")


@app.command()
def cancel(campaign: CampaignId, tenant: Tenant = None, data_dir: DataDir = None, as_json: Json = False) -> None:
    """Stop a campaign for good: the remaining contacts get no message.

    Example: oriel campaign cancel cabcdefghijklmnop
    """
    _control(Invocation(tenant, data_dir, as_json), campaign, "cancel")


@app.command()
def redrive(
    campaign: CampaignId,
    state: RedriveStates = [RedriveState.FAILED],  # noqa: B006 (typer reads it)
    code: Codes = None,
    follow: Follow = False,
    yes: RedriveYes = False,
    tenant: Tenant = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Try contacts again whose message failed, each at most once more. Asks first if some may get it twice.

    Example: oriel campaign redrive cabcdefghijklmnop --code 63016 --follow
    """
    from workers.cli import campaign_actions

    order = {"states": [one.value for one in state], "codes": code or [], "confirm": yes}
    invocation = Invocation(tenant, data_dir, as_json)
    invocation.run(campaign_actions.redrive(invocation, campaign, order, follow=follow))


@app.command()
def status(
    campaign: CampaignId,
    follow: Follow = False,
    tenant: Tenant = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Show a campaign's progress.

    Example: oriel campaign status cabcdefghijklmnop --follow
    """
    from workers.cli import campaign_actions

    invocation = Invocation(tenant, data_dir, as_json)
    invocation.run(campaign_actions.show(invocation, campaign, follow=follow))


def _control(invocation: Invocation, campaign: str, verb: str) -> None:
    from workers.cli import campaign_actions

    invocation.run(campaign_actions.control(invocation, campaign, verb))


@app.command()
def results(
    campaign: CampaignId,
    file: File = None,
    state: State = None,
    tenant: Tenant = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Download the outcome for every contact, as CSV; with --json as one list.

    Example: oriel campaign results cabcdefghijklmnop --state failed -o failed.csv
    """
    from workers.cli import results as downloading

    query = {} if state is None else {"state": state}
    download = downloading.download_list if as_json else downloading.download_csv
    invocation = Invocation(tenant, data_dir, as_json)
    invocation.run(download(invocation, campaign, query, file))
