"""Create one campaign, control it, show it. Owns the printing; the API acts."""

import asyncio
import sys
import time
from dataclasses import dataclass
from typing import Final

import typer

from workers.cli import progress
from workers.cli.client import Api, ApiProblem, Document
from workers.cli.invocation import Invocation
from workers.cli.output import FAILURE, console, emit, show_warnings

CONFIRMATION_NEEDED: Final = "confirmation-needed"
UPLOAD_JOINING: Final = "upload-joining"
JOIN_POLL_SECONDS = 2.0  # as `Retry-After` says
JOIN_WAIT_SECONDS = 600.0  # a million rows join in a few minutes


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


async def redrive(invocation: Invocation, campaign_id: str, order: Document, *, follow: bool) -> int:
    """order: the API's body. The exit status is as of `start`."""
    async with invocation.open_api() as api:
        path = f"v1/campaigns/{campaign_id}"
        question = Question("Try them again?", "Nobody is tried again.")
        campaign = await _confirmed(api, f"{path}/redrive", order, question, may_ask=_may_ask(invocation))
        return FAILURE if campaign is None else await _show(invocation, api, path, campaign, follow=follow)


async def start(invocation: Invocation, campaign_id: str, *, follow: bool, is_confirmed: bool) -> int:
    """The exit status: 1 if the person did not confirm, or if it was followed to any end but `finished`."""
    async with invocation.open_api() as api:
        path = f"v1/campaigns/{campaign_id}"
        question, order = Question("Start it?", "Not started."), {"confirm": True} if is_confirmed else None
        campaign = await _confirmed(api, f"{path}/start", order, question, may_ask=_may_ask(invocation))
        return FAILURE if campaign is None else await _show(invocation, api, path, campaign, follow=follow)


@dataclass(frozen=True, slots=True)
class Question:
    """refused: what is said when the person did not confirm."""

    text: str
    refused: str


async def _confirmed(
    api: Api, path: str, order: Document | None, question: Question, *, may_ask: bool
) -> Document | None:
    """None if the person was asked and did not confirm. *Raises*: ApiProblem, also where nobody can be asked."""
    try:
        return await _post_when_joined(api, path, order)
    except ApiProblem as problem:
        if problem.code != CONFIRMATION_NEEDED or not may_ask:
            raise
        typer.echo(problem.detail, err=True)
    if not typer.confirm(question.text, default=False, err=True):
        typer.echo(question.refused, err=True)
        return None
    return await api.post(path, {**(order or {}), "confirm": True})


async def _post_when_joined(api: Api, path: str, order: Document | None) -> Document:
    """Ask again while the campaign's base is being joined. *Raises*: ApiProblem, also when that takes too long."""
    until = time.monotonic() + JOIN_WAIT_SECONDS
    is_told = False
    while True:
        try:
            return await api.post(path, order)
        except ApiProblem as problem:
            if problem.code != UPLOAD_JOINING or time.monotonic() >= until:
                raise
            if not is_told:
                typer.echo(f"{problem.detail} Waiting.", err=True)
                is_told = True
        await asyncio.sleep(JOIN_POLL_SECONDS)


def _may_ask(invocation: Invocation) -> bool:
    """A script has no terminal, and one that reads JSON expects no question."""
    return not invocation.as_json and sys.stdin.isatty() and sys.stderr.isatty()


async def show(invocation: Invocation, campaign_id: str, *, follow: bool) -> int:
    """Show the campaign, once or until its end. The exit status: 1 if it was followed to any end but `finished`."""
    async with invocation.open_api() as api:
        path = f"v1/campaigns/{campaign_id}"
        return await _show(invocation, api, path, await api.get(path), follow=follow)


async def _show(invocation: Invocation, api: Api, path: str, campaign: Document, *, follow: bool) -> int:
    show_warnings(campaign, console(stderr=True))
    if follow:
        campaign = await progress.follow(lambda: api.get(path), console(stderr=invocation.as_json))
    if invocation.as_json:
        emit(campaign)
    elif not follow:
        console().print(progress.draw(campaign))
    return FAILURE if follow and campaign["state"] != "finished" else 0
