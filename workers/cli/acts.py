"""One campaign: made, ordered about, shown. Owns what is printed; the act is the API's."""

from pathlib import Path

import typer

from workers.cli import funnel
from workers.cli.client import Api, Document, locate
from workers.cli.output import FAILURE, console, emit, show_warnings


async def create(body: Document, tenant: str | None, data_dir: Path | None, *, as_json: bool) -> None:
    """Prints the id alone, so that a script can keep it."""
    async with Api(locate(data_dir), tenant) as api:
        made = await api.post("v1/campaigns", body)
    if as_json:
        emit(made)
    else:
        typer.echo(made["id"])


async def order(campaign: str, verb: str, tenant: str | None, data_dir: Path | None, *, as_json: bool) -> None:
    """pause, resume or cancel."""
    async with Api(locate(data_dir), tenant) as api:
        found = await api.post(f"v1/campaigns/{campaign}/{verb}")
    if as_json:
        emit(found)
    else:
        typer.echo(funnel.line(found))


async def show(
    campaign: str, verb: str | None, tenant: str | None, data_dir: Path | None, *, follow: bool, as_json: bool
) -> int:
    """Ordered first, if there is a verb; then shown, once or until its end. The exit status: 1 for any end but finished."""
    async with Api(locate(data_dir), tenant) as api:
        path = f"v1/campaigns/{campaign}"
        found = await api.post(f"{path}/{verb}") if verb else await api.get(path)
        show_warnings(found, console(stderr=True))
        if follow:
            found = await funnel.follow(lambda: api.get(path), console(stderr=as_json))
    if as_json:
        emit(found)
    elif not follow:
        console().print(funnel.picture(found))
    return FAILURE if follow and found["state"] != "finished" else 0
