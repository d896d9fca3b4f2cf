"""What became of a contact, as a row of a table: pure."""

from datetime import UTC, datetime

import pytest

from shared.ground.ids import ContactId
from shared.ground.tables import csv_line
from shared.ledger.model import AnswerSummary, JobRecord
from shared.ledger.pages import JobRow
from shared.ledger.states import JobState
from shared.reports.reporting import Reported
from shared.reports.results import COLUMNS, header
from shared.reports.results import cells as cells_of

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
CONTACT = ContactId("k" * 16)


def reported(answers: AnswerSummary | None) -> Reported:
    job = JobRecord(0, JobState.READ, 1, "", "", "SM1", {}, answers, "utility")
    return Reported(job, JobRow("x", {}, own={"branch": "Centro"}), CONTACT)


@pytest.mark.parametrize(
    ("answers", "cells"),
    [
        (None, ["", "", "", ""]),
        (AnswerSummary(AT, "yes"), ["2026-05-04T12:00:00.000Z", "yes", "", ""]),
        (AnswerSummary(AT, "=1+1", "no", AT), ["2026-05-04T12:00:00.000Z", "'=1+1", "no", "2026-05-04T12:00:00.000Z"]),
    ],
    ids=["silent", "answered", "refused"],
)
def test_answers_stand_in_columns_of_their_own(answers, cells):
    line = csv_line(cells_of(reported(answers), ["branch"])).rstrip("\r\n").split(",")

    assert len(line) == len(COLUMNS) + 1 == len(header(["branch"]))
    assert line[COLUMNS.index("replied_at") :] == [*cells, "utility", "Centro"]


def test_times_stand_in_columns_of_their_own():
    times = {"accepted": AT, "read": AT}
    job = JobRecord(0, JobState.READ, 2, "63024", "gone", "SM1", times)
    row = dict(zip(COLUMNS, cells_of(Reported(job, JobRow("+14155550123", {}), CONTACT), []), strict=True))

    at = "2026-05-04T12:00:00.000Z"
    assert (row["accepted_at"], row["delivered_at"], row["read_at"], row["failed_at"]) == (at, "", at, "")
    assert (row["contact"], row["contact_id"], row["attempt"], row["code"]) == ("+14155550123", CONTACT, "2", "63024")


def test_a_column_named_like_one_of_ours_is_told_apart():
    assert header(["state", "branch"])[len(COLUMNS) :] == ["own_state", "branch"]
