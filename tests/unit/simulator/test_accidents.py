"""What happens to a message's callbacks on their way."""

import pytest

from workers.simulator.callbacks import with_accidents
from workers.simulator.contacts import Step
from workers.simulator.script import Callbacks, Script

FATE = (Step("sent", 0.1), Step("delivered", 0.2), Step("read", 0.3))


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        (Callbacks(), FATE),
        (Callbacks(late_ms=(500, 500)), (Step("sent", 0.6), *FATE[1:])),
        (Callbacks(reorder=1), (Step("read", 0.1), Step("delivered", 0.2), Step("sent", 0.3))),
        (
            Callbacks(duplicate=1),
            tuple(copy for step in FATE for copy in (step, Step(step.status, 0.0))),
        ),
        (
            Callbacks(bad_signature=1),
            tuple(
                copy for step in FATE for copy in (Step(step.status, step.after_s, forged=True), Step(step.status, 0.0))
            ),
        ),
    ],
)
def test_each_accident_alone(plan: Callbacks, expected: tuple[Step, ...]) -> None:
    assert with_accidents(FATE, Script(callbacks=plan), 1) == expected


def test_chance_asks_about_the_request() -> None:
    script = Script(callbacks=Callbacks(reorder=0.5))
    plans = [with_accidents(FATE, script, ordinal) for ordinal in range(1_000)]
    assert plans == [with_accidents(FATE, script, ordinal) for ordinal in range(1_000)]
    assert 400 < sum(plan == FATE for plan in plans) < 600
