"""The words of a verdict are the same everywhere: in Lua, in the API's answers and in the explanations."""

import re
from importlib.resources import files

import pytest

from shared.conversations.replying import EXPLANATIONS
from shared.reports.explaining import OBSTACLES
from shared.rules.verdict import Reason

WRITES_A_REASON = re.compile(r"(?:\.reason = |refuse\()'([a-z-]+)'")


@pytest.mark.parametrize("package", ["shared.ledger.scripts", "shared.conversations.outbox.scripts"])
def test_a_mark_writes_no_word_of_its_own(package: str) -> None:
    words = WRITES_A_REASON.findall(files(package).joinpath("mark.lua").read_text())

    assert words
    assert set(words) <= set(Reason)


@pytest.mark.parametrize("words", [EXPLANATIONS, OBSTACLES])
def test_every_reason_has_an_explanation(words) -> None:
    assert list(words) == list(Reason)


def test_the_words_are_stable() -> None:
    assert [str(reason) for reason in Reason] == [
        "window-closed",
        "opted-out",
        "not-in-control",
        "no-opt-in",
        "deadline",
        "send-at",
    ]
