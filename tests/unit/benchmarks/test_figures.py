"""Figures, their bounds and their table: pure functions."""

import json
from pathlib import Path

from tests.benchmarks.course import Turn
from tests.benchmarks.figures import ByTree, Figure, is_capped, provider_figures, ratios
from tests.benchmarks.installation import Tree
from tests.benchmarks.machine import median, us_each
from tests.benchmarks.report import as_json, cells, number
from tests.benchmarks.targets import TARGETS, missed
from tests.benchmarks.waits import percentile

HERE, BEFORE = Tree("this tree", Path("/here")), Tree("before", Path("/before"))


def turn(seconds, share=0.2):
    return Turn("Oriel", 1_000, seconds, {"sender": 100}, 20.0, share)


def test_a_ratio_is_of_one_round_and_the_middle_one_counts():
    assert ratios("a : b", [10, 30, 9], [10, 10, 3]).value == 3.0


def test_the_middle_of_two_is_one_that_was_measured():
    assert median([4.0, 1.0]) == 1.0


def test_another_tree_is_shown_beside_ours_with_the_ratio():
    found = ByTree("CPU a message at 80/s", "µs", {HERE: [400.0], BEFORE: [4_000.0]}).figures()
    assert [(one.name, one.value) for one in found] == [
        ("CPU a message at 80/s", 400.0),
        ("CPU a message at 80/s, before", 4_000.0),
        ("CPU a message at 80/s : the other tree", 0.1),
    ]


def test_every_bound_on_a_ratio_to_another_tree_has_its_figure():
    for name in TARGETS:
        assert name.removesuffix(" : the other tree") in TARGETS


def test_a_figure_that_misses_its_bound_is_named():
    figures = [Figure("Oriel : plain Celery", [4.9]), Figure("Oriel : arq", [4.0]), Figure("unjudged", [0.0])]
    assert missed(figures) == ["Oriel : plain Celery"]


def test_most_and_least_are_bounds_that_may_be_reached():
    assert not missed([Figure("fullest second at 80/s", [80.0]), Figure("used of 80/s", [0.95])])
    assert missed([Figure("fullest second at 80/s", [81.0]), Figure("used of 80/s", [0.94])])


def test_the_provider_is_judged_in_the_fastest_turn():
    cost, share = provider_figures([turn(2.0, share=0.1), turn(1.0, share=0.95)])
    assert (cost.value, share.value) == (20.0, 0.95)
    assert is_capped([cost, share])
    assert not is_capped(provider_figures([turn(2.0, share=0.95), turn(1.0, share=0.1)]))


def test_a_row_of_the_table_says_what_it_must_be_and_whether_it_is():
    row = cells(Figure("Oriel : plain Celery", [5.2, 4.8, 6.1], "×"))
    assert row == ("Oriel : plain Celery", "5.20 ×", "5.20 4.80 6.10", "≥ 5.00", "yes")
    assert cells(Figure("seconds to ready", [9.0], "s"))[1:] == ("9.00 s", "", "≤ 5.00", "missed")


def test_the_document_holds_every_figure_with_its_bound():
    document = json.loads(as_json({"cores": "2"}, [Figure("Oriel : arq", [3.0, 5.0]), Figure("free", [1.0])]))
    judged, free = document["figures"]
    assert (judged["value"], judged["values"], judged["bound"], judged["met"]) == (3.0, [3.0, 5.0], "≥ 4", False)
    assert "met" not in free
    assert document["missed"] == ["Oriel : arq"]


def test_costs_are_listed_from_the_highest_on():
    assert list(us_each({"state": 0.1, "sender": 0.3, "webhook": 0.0}, 1_000).items()) == [
        ("sender", 300),
        ("state", 100),
    ]


def test_a_number_is_as_precise_as_a_person_reads_it():
    assert [number(value) for value in (0.0312, 0.8471, 18.26, 12_345.6)] == ["0.0312", "0.85", "18.3", "12,346"]


def test_the_worst_of_a_hundred_is_one_that_was_measured():
    values = [*range(1, 101)]
    assert (percentile(values, 0.99), percentile(values, 0.5), percentile([7.0], 0.99)) == (99, 50, 7.0)
