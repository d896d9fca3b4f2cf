"""The demo's result as a page, for people. Owns the texts; `verdict` judges, `document` is for programs."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rich.console import Console

from shared.ground.phone import mask
from workers.cli import progress
from workers.cli.demo import verdict
from workers.cli.demo.conversation import AGENT, REPLY
from workers.cli.demo.scenario import DemoResult
from workers.cli.demo.setup import DemoSetup
from workers.cli.output import table
from workers.simulator.journal import CallbackRecord, JournalRecord, RequestRecord

ROWS_SHOWN = 10


def show(result: DemoResult, setup: DemoSetup, screen: Console) -> None:
    screen.print()
    screen.print(progress.draw(result.campaign, _measure(result.campaign)))
    _show_rows(result, screen)
    _show_provider(result, setup, screen)
    _show_example(result.records, setup, screen)
    _show_conversation(result, screen)
    _show_verdict(result.problems, screen)
    _show_next_steps(setup, screen)


def _measure(campaign: Any) -> float | None:
    """Seconds from the campaign's start to its end."""
    instants = [campaign.get(name) for name in ("started_at", "finished_at")]
    started, finished = (datetime.fromisoformat(instant) if instant else None for instant in instants)
    return (finished - started).total_seconds() if started and finished else None


def _show_rows(result: DemoResult, screen: Console) -> None:
    intake = result.intake
    screen.print(
        f"\n{intake.received} rows = {intake.admitted} admitted + {intake.rejected} rejected + "
        f"{intake.duplicates} duplicates",
    )
    if result.rejections:
        rows = [
            (f"line {rejection['line']}", rejection["reason"], rejection["detail"])
            for rejection in result.rejections[:ROWS_SHOWN]
        ]
        screen.print(table(("not admitted", "reason", "what to do"), rows))
    causes = Counter((job["state"], job.get("code") or "", job.get("reason") or "") for job in result.unsent)
    if causes:
        reasons = [(state, count, code, reason) for (state, code, reason), count in causes.most_common(ROWS_SHOWN)]
        screen.print(table(("not delivered", "contacts", "code", "reason"), reasons))


def _show_provider(result: DemoResult, setup: DemoSetup, screen: Console) -> None:
    provider, first = result.provider, result.seconds_to_first_message
    screen.print(
        f"\nThe provider accepted {provider.accepted} messages to {provider.recipients} contacts, {provider.duplicates} of "
        f"them twice; at most {result.summary['max_accepted_in_one_second']} in one second of "
        f"{setup.sender.rate_per_second:g} allowed.",
        markup=False,
    )
    when = "no message was sent" if first is None else f"first message {first:.2f} s after the start"
    screen.print(f"Ready in {result.seconds_to_ready:.1f} s, {when}.", markup=False)


def _show_example(records: Sequence[JournalRecord], setup: DemoSetup, screen: Console) -> None:
    """One message as a contact read it."""
    delivered = {
        record.message_id for record in records if isinstance(record, CallbackRecord) and record.status == "delivered"
    }
    for record in records:
        if isinstance(record, RequestRecord) and record.message_id in delivered:
            text = setup.template.render(record.variables)
            screen.print(f"\nDelivered to {mask(record.to)}: {text}", markup=False)
            return


def _show_conversation(result: DemoResult, screen: Console) -> None:
    """The contacts' answers, the agent's reply, and the reply that was refused."""
    campaign, conversation = result.campaign, result.conversation
    labels = ", ".join(f"{label} {count}" for label, count in campaign.get("answers", {}).items())
    screen.print(
        f"\n{campaign['replied']} contacts answered{f' ({labels})' if labels else ''}, {campaign['opted_out']} of them "
        f"with {verdict.REFUSAL}: no campaign writes to those any more.",
        markup=False,
    )
    if conversation.reply is not None and conversation.window is not None:
        state = conversation.reply["state"]
        screen.print(f"“{conversation.question}” – {AGENT}: “{REPLY}” ({state})", markup=False)
        hours, minutes = divmod(int(conversation.window["seconds_left"] or 0) // 60, 60)
        key = conversation.window["key"]
        screen.print(f"The window is {key}, open for another {hours} h {minutes:02} min.", markup=False)
    if conversation.refusal is not None:
        code, detail = conversation.refusal["code"], conversation.refusal["detail"]
        screen.print(f"A reply to a contact who did not answer was refused: {code}. {detail}", markup=False)


def _show_verdict(problems: Sequence[str], screen: Console) -> None:
    screen.print()
    if not problems:
        screen.print("Everything adds up: no contact got two messages, no contact was lost.", style="green")
    for problem in problems:
        screen.print(f"Does not add up: {problem}", style="red", markup=False)


def _show_next_steps(setup: DemoSetup, screen: Console) -> None:
    folder = setup.settings.data_dir
    rows = [
        ("the contacts", setup.base_file),
        ("the provider's journal", setup.journal_file),
        ("the processes' logs", folder / "logs"),
        ("more contacts, faster", "oriel demo --contacts 2000"),
        ("keep it running, call the API", "oriel demo --keep"),
        ("your own sender", "oriel up --config oriel.toml"),
    ]
    screen.print()
    screen.print(table(("look at", ""), rows))


def show_addresses(result: DemoResult, setup: DemoSetup, endpoints: Any, screen: Console) -> None:
    """For --keep: every address, and the key for the API."""
    folder = setup.settings.data_dir
    rows = [
        ("API", endpoints.api),
        ("webhooks", endpoints.webhook),
        ("simulator", f"{endpoints.simulator}/_simulator/summary"),
        *((f"ops of {name}", f"{url}/readyz") for name, url in endpoints.ops.items()),
        ("the API's key", f"operator_key in {folder / 'run' / 'endpoints.json'}"),
        ("from another terminal", f"oriel campaign status {result.campaign['id']} --data-dir {folder}"),
    ]
    screen.print()
    screen.print(table(("still running", ""), rows))
    screen.print("Ctrl-C stops everything.")
