"""Chance and fates: the same question always has the same answer, and chances are kept."""

from collections import Counter

import pytest

from workers.simulator.contacts import ContactBook, StatusStep
from workers.simulator.random_source import draw_between, draw_bool, draw_unit
from workers.simulator.script import Script

NUMBERS = [f"+1415{suffix:07d}" for suffix in range(5_550_000, 5_552_000)]
ABSENT = "63024"


def book(**script: object) -> ContactBook:
    return ContactBook(Script.model_validate(script))


def test_a_roll_depends_on_seed_and_question_only() -> None:
    assert draw_unit(1, "a", 2) == draw_unit(1, "a", 2)
    assert len({draw_unit(1, "a"), draw_unit(2, "a"), draw_unit(1, "b"), draw_unit(1, "a", 0)}) == 4
    assert all(0 <= draw_unit(1, number) < 1 for number in NUMBERS)


@pytest.mark.parametrize(("chance", "expected"), [(0, False), (1, True)])
def test_certainties_are_certain(chance: float, expected: bool) -> None:
    assert {draw_bool(chance, 1, number) for number in NUMBERS} == {expected}


def test_a_point_lies_within_its_span() -> None:
    assert draw_between((5, 5), 1, "x") == 5
    assert all(10 <= draw_between((10, 20), 1, number) < 20 for number in NUMBERS)


def test_a_fate_is_a_pure_function_of_seed_and_number() -> None:
    script = {"seed": 3, "contacts": {"default": {"delivered": 0.7, "read": 0.5, "delay_ms": [10, 90]}}}
    fates = [book(**script).plan_statuses(number, ABSENT) for number in NUMBERS]
    assert fates == [book(**script).plan_statuses(number, ABSENT) for number in NUMBERS]
    assert fates != [book(**{**script, "seed": 4}).plan_statuses(number, ABSENT) for number in NUMBERS]


def test_shares_are_kept() -> None:
    contacts = book(contacts={"default": {"delivered": 0.7, "read": 0.5}})
    lengths = [len(contacts.plan_statuses(number, ABSENT)) for number in NUMBERS]
    assert {1, 2, 3} == set(lengths)
    assert 0.66 < sum(length > 1 for length in lengths) / len(lengths) < 0.74
    assert 0.31 < sum(length > 2 for length in lengths) / len(lengths) < 0.39


def test_statuses_come_in_order_with_their_pauses() -> None:
    fate = book(contacts={"default": {"delay_ms": 200}}).plan_statuses(NUMBERS[0], ABSENT)
    assert fate == (StatusStep("sent", 0.2), StatusStep("delivered", 0.2), StatusStep("read", 0.2))


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ({"not_on_whatsapp": [NUMBERS[0]]}, ("undelivered", ABSENT)),
        ({"contacts": {"numbers": {NUMBERS[0]: {"fails_with": 63049}}}}, ("undelivered", "63049")),
        ({"contacts": {"numbers": {NUMBERS[0]: {"fails_with": 63016, "fails_as": "failed"}}}}, ("failed", "63016")),
        ({"contacts": {"default": {"fails_with": 63032}}}, ("undelivered", "63032")),
    ],
)
def test_a_failure_is_the_only_status(script: dict[str, object], expected: tuple[str, str]) -> None:
    (step,) = book(**script).plan_statuses(NUMBERS[0], ABSENT)
    assert (step.status, step.code) == expected


def test_a_defect_of_the_request_fails_whoever_the_contact_is() -> None:
    (step,) = book().plan_failure(NUMBERS[0], "63028")
    assert (step.status, step.code) == ("failed", "63028")


# ── answers ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def said(contacts: ContactBook, number: str) -> list[str | None]:
    return [reply.content.text for reply in contacts.plan_replies(number)]


def test_each_answer_has_its_share_and_the_rest_is_silence() -> None:
    answers = [{"share": 0.3, "text": "Yes"}, {"share": 0.1, "text": "STOP"}, {"share": 0, "text": "Never"}]
    script = {"seed": 5, "contacts": {"default": {"answers": answers}}}
    contacts = book(**script)
    drawn = Counter(tuple(said(contacts, number)) for number in NUMBERS)
    assert drawn.keys() == {("Yes",), ("STOP",), ()}
    assert 0.26 < drawn["Yes",] / len(NUMBERS) < 0.34
    assert 0.07 < drawn["STOP",] / len(NUMBERS) < 0.13
    assert [said(book(**script), number) for number in NUMBERS] == [said(contacts, number) for number in NUMBERS]


def test_shares_that_make_the_whole_leave_nobody_silent() -> None:
    contacts = book(contacts={"default": {"answers": [{"share": share, "text": "Hi"} for share in (0.1, 0.2, 0.7)]}})
    assert all(contacts.plan_replies(number) for number in NUMBERS)


def test_without_shares_all_is_said_in_order_with_its_pauses() -> None:
    own = {"answers": [{"text": "One", "after_ms": 100}, {"text": "Two", "after_ms": [200, 300]}], "bsuid": "US.1234"}
    contacts = book(contacts={"numbers": {NUMBERS[0]: own}})
    first, second = contacts.plan_replies(NUMBERS[0])
    assert (first.content.text, first.after_s, second.content.text) == ("One", 0.1, "Two")
    assert 0.2 <= second.after_s < 0.3
    assert said(contacts, "US.1234") == ["One", "Two"]
    assert said(contacts, NUMBERS[1]) == []
