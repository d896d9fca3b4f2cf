"""What draw_bool to a message's callbacks on their way."""

import pytest

from workers.simulator.contacts import StatusStep
from workers.simulator.script import Callbacks, Script
from workers.simulator.status_webhooks import Copy, add_accidents, plan_copies

FATE = (StatusStep("sent", 0.1), StatusStep("delivered", 0.2), StatusStep("read", 0.3))


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        (Callbacks(), FATE),
        (Callbacks(late_ms=(500, 500)), (StatusStep("sent", 0.6), *FATE[1:])),
        (Callbacks(reorder=1), (StatusStep("read", 0.1), StatusStep("delivered", 0.2), StatusStep("sent", 0.3))),
        (
            Callbacks(duplicate=1),
            tuple(copy for step in FATE for copy in (step, StatusStep(step.status, 0.0))),
        ),
        (
            Callbacks(bad_signature=1),
            tuple(
                copy
                for step in FATE
                for copy in (StatusStep(step.status, step.after_s, forged=True), StatusStep(step.status, 0.0))
            ),
        ),
    ],
)
def test_each_accident_alone(plan: Callbacks, expected: tuple[StatusStep, ...]) -> None:
    assert add_accidents(FATE, Script(callbacks=plan), 1) == expected


def test_chance_asks_about_the_request() -> None:
    script = Script(callbacks=Callbacks(reorder=0.5))
    plans = [add_accidents(FATE, script, ordinal) for ordinal in range(1_000)]
    assert plans == [add_accidents(FATE, script, ordinal) for ordinal in range(1_000)]
    assert 400 < sum(plan == FATE for plan in plans) < 600


def test_a_forgery_takes_the_pause_and_a_duplicate_has_none() -> None:
    script = Script(callbacks=Callbacks(bad_signature=1, duplicate=1))
    assert list(plan_copies([0.5, 0.7], script, "answer", 1)) == [
        Copy(0, 0.5, forged=True),
        Copy(0, 0.0),
        Copy(0, 0.0),
        Copy(1, 0.7, forged=True),
        Copy(1, 0.0),
        Copy(1, 0.0),
    ]


def test_statuses_and_letters_meet_accidents_of_their_own() -> None:
    script = Script(callbacks=Callbacks(duplicate=0.5))
    told = [
        [len(list(plan_copies([0.0], script, *about, number))) for number in range(200)] for about in ((), ("answer",))
    ]
    assert told[0] != told[1]
