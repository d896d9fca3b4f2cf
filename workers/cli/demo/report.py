"""What is said when the demo is over: for people a page, for programs one document. Owns the words, not the verdict."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rich.console import Console

from shared.ground.phone import masked
from workers.cli import funnel
from workers.cli.demo import verdict
from workers.cli.demo.stage import Stage
from workers.cli.demo.story import Ending
from workers.cli.demo.talk import AGENT, REPLY, Talk
from workers.cli.output import table
from workers.simulator.journal import CallbackRecord, JournalRecord, RequestRecord

ROWS_SHOWN = 10


def document(ending: Ending) -> dict[str, Any]:
    """*Shape*: fixed; programs read it. Seconds are rounded to milliseconds."""
    return {
        "campaign": ending.campaign,
        "intake": {
            "received": ending.intake.received,
            "admitted": ending.intake.admitted,
            "rejected": ending.intake.rejected,
            "duplicates": ending.intake.duplicates,
        },
        "rejections": [_only(rejection, "line", "reason", "detail") for rejection in ending.rejections],
        "sessions": _sessions(ending.talk),
        "replies": _replies(ending.talk),
        "answered_by_contacts": ending.witness.answered,
        "accepted_by_provider": ending.witness.recipients,
        "duplicates_seen_by_provider": ending.witness.duplicates,
        "seconds_to_first_message": _rounded(ending.seconds_to_first_message),
        "seconds_to_ready": _rounded(ending.seconds_to_ready),
        "sums_hold": ending.sums_hold,
        "problems": list(ending.problems),
    }


def _only(item: Any, *names: str) -> dict[str, Any]:
    return {name: item.get(name) for name in names}


def _sessions(talk: Talk) -> list[dict[str, Any]]:
    """The one in which the agent replied, with the name of its key."""
    if talk.window is None:
        return []
    return [_only(talk.window, "key", "contact_id", "open", "expires_at", "last_inbound_at", "seconds_left")]


def _replies(talk: Talk) -> list[dict[str, Any]]:
    """The one that went out, and the one that was refused."""
    told = []
    if talk.reply is not None:
        told.append(_only(talk.reply, "id", "contact_id", "state", "reason", "provider_message_id"))
    if talk.refusal is not None:
        told.append({**_only(talk.refusal, "contact_id", "code", "detail"), "state": "refused"})
    return told


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)


# ── for people ──────────────────────────────────────────────────────────────────────────────────────────────────────


def show(ending: Ending, stage: Stage, screen: Console) -> None:
    screen.print()
    screen.print(funnel.picture(ending.campaign, _duration(ending.campaign)))
    _show_rows(ending, screen)
    _show_provider(ending, stage, screen)
    _show_example(ending.records, stage, screen)
    _show_talk(ending, screen)
    _show_verdict(ending.problems, screen)
    _show_what_next(stage, screen)


def _duration(campaign: Any) -> float | None:
    """Seconds from its start to its end."""
    ends = [campaign.get(name) for name in ("started_at", "finished_at")]
    started, finished = (datetime.fromisoformat(end) if end else None for end in ends)
    return (finished - started).total_seconds() if started and finished else None


def _show_rows(ending: Ending, screen: Console) -> None:
    intake = ending.intake
    screen.print(
        f"\n{intake.received} rows = {intake.admitted} admitted + {intake.rejected} rejected + "
        f"{intake.duplicates} duplicates",
    )
    if ending.rejections:
        rows = [(f"line {one['line']}", one["reason"], one["detail"]) for one in ending.rejections[:ROWS_SHOWN]]
        screen.print(table(("not admitted", "reason", "what to do"), rows))
    why = Counter((job["state"], job.get("code") or "", job.get("reason") or "") for job in ending.unsent)
    if why:
        reasons = [(state, count, code, reason) for (state, code, reason), count in why.most_common(ROWS_SHOWN)]
        screen.print(table(("not delivered", "contacts", "code", "reason"), reasons))


def _show_provider(ending: Ending, stage: Stage, screen: Console) -> None:
    seen = ending.witness
    first = ending.seconds_to_first_message
    screen.print(
        f"\nThe provider accepted {seen.accepted} messages to {seen.recipients} contacts, {seen.duplicates} of them twice; "
        f"at most {ending.provider['max_accepted_in_one_second']} in one second of "
        f"{stage.sender.rate_per_second:g} allowed.",
        markup=False,
    )
    when = "none was sent" if first is None else f"first message {first:.2f} s after the start"
    screen.print(f"Ready in {ending.seconds_to_ready:.1f} s, {when}.", markup=False)


def _show_example(records: Sequence[JournalRecord], stage: Stage, screen: Console) -> None:
    """One message as a contact read it."""
    arrived = {one.message_id for one in records if isinstance(one, CallbackRecord) and one.status == "delivered"}
    for one in records:
        if isinstance(one, RequestRecord) and one.message_id in arrived:
            screen.print(f"\nDelivered to {masked(one.to)}: {stage.template.render(one.variables)}", markup=False)
            return


def _show_talk(ending: Ending, screen: Console) -> None:
    """Who answered what, the agent's reply, and the one that was refused."""
    campaign, said = ending.campaign, ending.talk
    counted = ", ".join(f"{label} {count}" for label, count in campaign.get("answers", {}).items())
    screen.print(
        f"\n{campaign['replied']} answered{f' ({counted})' if counted else ''}, {campaign['opted_out']} of them with "
        f"{verdict.REFUSAL}: those are written to no more.",
        markup=False,
    )
    if said.reply is not None and said.window is not None:
        screen.print(f"“{said.question}” – {AGENT}: “{REPLY}” ({said.reply['state']})", markup=False)
        hours, minutes = divmod(int(said.window["seconds_left"] or 0) // 60, 60)
        screen.print(f"The window is {said.window['key']}, for {hours} h {minutes:02} min more.", markup=False)
    if said.refusal is not None:
        screen.print(f"To one who did not answer: {said.refusal['code']}. {said.refusal['detail']}", markup=False)


def _show_verdict(problems: Sequence[str], screen: Console) -> None:
    screen.print()
    if not problems:
        screen.print("Everything adds up: nobody was written to twice, nobody was lost.", style="green")
    for problem in problems:
        screen.print(f"Does not add up: {problem}", style="red", markup=False)


def _show_what_next(stage: Stage, screen: Console) -> None:
    folder = stage.settings.data_dir
    rows = [
        ("the contacts", stage.base_file),
        ("what the provider saw", stage.journal_file),
        ("what the processes wrote", folder / "logs"),
        ("more of them, faster", "oriel demo --contacts 2000"),
        ("stay, and call the API", "oriel demo --keep"),
        ("your own sender", "oriel up --config oriel.toml"),
    ]
    screen.print()
    screen.print(table(("look at", ""), rows))


def show_addresses(ending: Ending, stage: Stage, endpoints: Any, screen: Console) -> None:
    """For --keep: where everything is, and how to call it."""
    folder = stage.settings.data_dir
    rows = [
        ("API", endpoints.api),
        ("webhooks", endpoints.webhook),
        ("simulator", f"{endpoints.simulator}/_simulator/summary"),
        *((f"ops of {name}", f"{url}/readyz") for name, url in endpoints.ops.items() if name != "simulator"),
        ("the API's key", f"operator_key in {folder / 'run' / 'endpoints.json'}"),
        ("from another terminal", f"oriel campaign status {ending.campaign['id']} --data-dir {folder}"),
    ]
    screen.print()
    screen.print(table(("still running", ""), rows))
    screen.print("Ctrl-C stops everything.")
