"""The supervisor's judgement of `/livez`: a process that says it is stuck is started anew, and killed if that fails."""

import pytest

from workers.machine.health import SILENT_LOOKS, STUCK_LOOKS, TERM_S, Health, Verdict


def verdicts(*answers: int | None, pid: int = 7) -> list[Verdict]:
    health = Health()
    judged = [health.judge(pid, status, float(second)) for second, status in enumerate(answers)]
    return [verdict for verdict in judged if verdict is not None]


def test_a_process_that_says_it_is_stuck_is_started_anew():
    assert verdicts(200, *[503] * STUCK_LOOKS) == [Verdict.START_ANEW]


def test_a_process_that_does_not_end_when_asked_is_killed():
    health = Health()
    for _ in range(STUCK_LOOKS):
        health.judge(7, 503, 0.0)

    assert health.judge(7, None, TERM_S - 1) is None
    assert health.judge(7, None, TERM_S) is Verdict.KILL


def test_a_process_that_answered_and_falls_silent_is_started_anew():
    assert verdicts(200, *[None] * SILENT_LOOKS) == [Verdict.START_ANEW]


@pytest.mark.parametrize(
    "answers",
    [[None] * 99, [200] * 99, [503, 503, 200] * 33, [200, *[None] * (SILENT_LOOKS - 1), 200]],
    ids=["it starts slowly", "it is well", "it recovers", "it was suspended"],
)
def test_a_process_that_starts_recovers_or_was_suspended_is_left_alone(answers):
    assert verdicts(*answers) == []


def test_another_process_begins_anew():
    health = Health()
    for _ in range(STUCK_LOOKS - 1):
        health.judge(7, 503, 0.0)

    assert health.judge(8, 503, 1.0) is None
    assert health.judge(None, None, 2.0) is None
