"""Tests wait on conditions with a deadline. A sleep that is not part of such a wait is named here, with its reason.

`asyncio.sleep(0)` gives the other tasks their turn and costs no time, so it is free.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.source import Function, files, functions, name_of

POLLING = "looks again at a condition that has a deadline"
MEASURED = "what happens in so many seconds is the figure"
FAULT = "the instant of a fault is random"
SLEEPS = {  # `file function`: why it sleeps
    "tests/world.py until": POLLING,
    "tests/people.py write": POLLING,
    "tests/integration/test_forks.py until": POLLING,
    "tests/integration/test_supervisor.py until": POLLING,
    "tests/integration/web/test_contacts.py until": POLLING,
    "tests/integration/web/test_process.py until_status": POLLING,
    "tests/integration/web/test_process.py until_staged": POLLING,
    "tests/benchmarks/course.py until": POLLING,
    "tests/benchmarks/installation.py settled": POLLING,
    "tests/benchmarks/installation.py _answers": POLLING,
    "tests/benchmarks/rows.py _start": POLLING,
    "tests/benchmarks/pacing.py _window": MEASURED,
    "tests/benchmarks/idle.py _rest": MEASURED,
    "tests/benchmarks/waits.py _until_open": POLLING,
    "tests/benchmarks/waits.py _replies": MEASURED,
    "tests/benchmarks/waits.py _opt_outs": MEASURED,
    "tests/benchmarks/waits.py _pause": MEASURED,
    "tests/chaos/test_answers.py one": "contacts pause between two messages",
    "tests/chaos/test_answers.py kill_listeners": FAULT,
    "tests/chaos/harms.py _stop": "a process that is stopped for longer than a lease",
    "tests/chaos/harms.py _stall": "connections that are silent for some seconds",
    "tests/chaos/storm.py _pass": POLLING,
    "tests/chaos/test_network.py stands_still": "a broker or a store that stands still for some seconds",
    "tests/chaos/test_network.py goes_away_often": FAULT,
    "tests/chaos/test_rabbitmq.py apply": "a round takes longer than the broker waits for a heartbeat",
    "tests/chaos/test_refusals.py says_no": FAULT,
    "tests/chaos/test_refusals.py is_said_no_for": FAULT,
    "tests/chaos/test_redelivery.py _round": "50 repetitions a second, and not as many as the broker takes",
    "tests/wired.py reserve": "a store that answers slowly",
    "tests/contract/limits/test_processes.py _work": "a mark, fast or slow",
    "tests/contract/limits/test_processes.py _request": "a request that takes its time on the way",
    "tests/contract/limits/test_processes.py _stall": "a loop that stands still",
    "tests/unit/senders/test_pacer.py test_a_mark_that_took_longer_than_its_slot_takes_another_slot_and_keeps_its_permit": (
        "a mark that takes longer than its slot lasts"
    ),
    "tests/unit/ground/test_downloads.py slowly": "the server is slow on purpose: 200 ms a redirect",
    "tests/unit/ground/test_lean_http.py until": POLLING,
    "tests/unit/ground/test_lean_http.py writes_pieces": "pieces of an answer arrive as segments of their own",
    "tests/unit/ground/test_lean_http.py trickles": "the server is slow on purpose: a byte in 20 ms",
    "tests/unit/ground/test_lean_http.py test_every_request_has_the_whole_time": "requests begin one after another",
}


def sleeps(function: ast.AST) -> bool:
    """Whether it sleeps for a time, in a function of its own."""
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "sleep"
        and not (isinstance(node.args[0], ast.Constant) and node.args[0].value == 0)
        for node in _own(function)
    )


def _own(function: ast.AST) -> Iterator[ast.AST]:
    """Its nodes but for those of inner functions."""
    for child in ast.iter_child_nodes(function):
        if not isinstance(child, Function):
            yield child
            yield from _own(child)


def named(path: Path) -> set[str]:
    return {f"{name_of(path)} {function.name}" for function in functions(path) if sleeps(function)}


def test_every_sleep_has_a_reason() -> None:
    found = {name for path in files("tests") for name in named(path)}
    assert found == SLEEPS.keys()
