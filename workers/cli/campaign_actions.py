"""Create one campaign, control it, show it. Owns the printing; the API acts."""

import typer

from workers.cli import progress
from workers.cli.client import Document
from workers.cli.invocation import Invocation
from workers.cli.output import FAILURE, console, emit, show_warnings


async def create(invocation: Invocation, body: Document) -> None:
    """Prints the id alone, so that a shell script can keep it."""
    async with invocation.open_api() as api:
        campaign = await api.post("v1/campaigns", body)
    if invocation.as_json:
        emit(campaign)
    else:
        typer.echo(campaign["id"])


async def control(invocation: Invocation, campaign_id: str, verb: str) -> None:
    """verb: pause, resume or cancel."""
    async with invocation.open_api() as api:
        campaign = await api.post(f"v1/campaigns/{campaign_id}/{verb}")
    if invocation.as_json:
        emit(campaign)
    else:
        typer.echo(progress.format_line(campaign))


async def show(invocation: Invocation, campaign_id: str, verb: str | None, *, follow: bool) -> int:
    """Obey the verb, if there is one; then show the campaign, once or until its end.

    The exit status: 1 if it was followed to any end but `finished`.
    """
    async with invocation.open_api() as api:
        path = f"v1/campaigns/{campaign_id}"
        campaign = await api.post(f"{path}/{verb}") if verb else await api.get(path)
        show_warnings(campaign, console(stderr=True))
        if follow:
            campaign = await progress.follow(lambda: api.get(path), console(stderr=invocation.as_json))
    if invocation.as_json:
        emit(campaign)
    elif not follow:
        console().print(progress.draw(campaign))
    return FAILURE if follow and campaign["state"] != "finished" else 0
