"""The journal: what is written can be read, line by line."""

from pathlib import Path

import pytest

from workers.simulator.journal import (
    CallbackRecord,
    InboundRecord,
    InterventionRecord,
    JournalRecord,
    RequestRecord,
    read_journal,
)
from workers.simulator.journal_writer import Journal
from workers.simulator.traffic import Outcome

REQUEST = RequestRecord(
    at=1_700_000_000.123456,
    provider="twilio",
    account="AC1",
    to="+14155550101",
    sender="+14155550100",
    template="HX1",
    variables={"1": "Ána\n"},
    reference="c.1.1.mac",
    message_id="SM1",
    outcome=Outcome.ACCEPTED,
    code=None,
    answered=True,
    fault=None,
)
CALLBACK = CallbackRecord(1_700_000_000.5, "twilio", "SM1", "undelivered", "63024", None, 2, forged=False)
INBOUND = InboundRecord(
    at=1_700_000_000.75,
    provider="twilio",
    message_id="SM2",
    sender="+14155550101",
    to="+14155550100",
    content="button",
    text="Sí",
    payload="ok",
    reply_to="SM1",
    http_status=204,
    attempt=1,
    forged=False,
)
RESET = InterventionRecord(1_700_000_001.0, "reset")


def write(path: Path, *records: JournalRecord) -> None:
    journal = Journal(path)
    for record in records:
        journal.write(record)
    journal.close()


def test_what_is_written_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "journal.jsonl"
    write(path, REQUEST, CALLBACK, INBOUND, RESET)
    assert read_journal(path) == [REQUEST, CALLBACK, INBOUND, RESET]


def test_a_journal_is_only_ever_appended_to(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    write(path, REQUEST)
    write(path, CALLBACK)
    assert read_journal(path) == [REQUEST, CALLBACK]


def test_a_line_that_is_still_being_written_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    write(path, REQUEST, CALLBACK)
    path.write_bytes(path.read_bytes()[:-2])
    assert read_journal(path) == [REQUEST]


def test_what_a_contact_said_is_kept_and_not_shown() -> None:
    assert "Sí" not in repr(INBOUND)


@pytest.mark.parametrize(
    "line",
    ["{}", "[]", "not json", '{"kind": "request"}', '{"kind": "callback", "x": 1}', '{"kind": "inbound"}'],
)
def test_a_line_that_is_no_record_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "journal.jsonl"
    write(path, REQUEST)
    with path.open("a") as file:
        file.write(f"{line}\n")
    with pytest.raises(ValueError, match=r"journal\.jsonl:2: not a journal record"):
        read_journal(path)
