"""The figures as one table and as one JSON document. Owns no figure and no bound."""

import json
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

from tests.benchmarks.figures import Figure, is_capped
from tests.benchmarks.targets import TARGETS, missed

CAPPED = "The provider was busier than 0.9 of a core in the fastest turn: its figures are capped by it."
FINE, COARSE = 10, 1_000  # below the one two digits behind the point, from the other on none


def as_json(measured_on: Mapping[str, str], figures: Sequence[Figure], failed: Sequence[str] = ()) -> str:
    """*Shape*: machine; figures, each with name, unit, value (the median), values (one a round), bound, met; missed: names
    of figures; failed: names of measures.
    """
    document = {
        "machine": measured_on,
        "figures": [_described(figure) for figure in figures],
        "missed": missed(figures),
        "failed": list(failed),
        "capped_by_the_provider": is_capped(figures),
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _described(figure: Figure) -> dict[str, object]:
    target = TARGETS.get(figure.name)
    judged = {} if target is None else {
        "bound": f"{target.side} {target.bound:g}", "met": target.is_met(figure.value), "source": target.source,
    }  # fmt: skip
    parts = {} if figure.by_process is None else {"by_process": dict(figure.by_process)}
    values = [round(value, 4) for value in figure.values]
    return (
        {"name": figure.name, "unit": figure.unit, "value": round(figure.value, 4), "values": values} | judged | parts
    )


def show(console: Console, measured_on: Mapping[str, str], figures: Sequence[Figure]) -> None:
    console.print(", ".join(f"{name} {value}" for name, value in measured_on.items()), style="dim", highlight=False)
    table = Table()
    for heading in ("figure", "median", "of rounds", "must be", ""):
        table.add_column(heading, justify="left" if heading in {"figure", ""} else "right")
    for figure in figures:
        table.add_row(*cells(figure))
    console.print(table)
    for figure in figures:
        if figure.by_process:
            parts = ", ".join(f"{name} {number(value)}" for name, value in figure.by_process.items() if value)
            console.print(f"{figure.name}: {parts}", style="dim", highlight=False)
    if is_capped(figures):
        console.print(CAPPED)


def cells(figure: Figure) -> tuple[str, str, str, str, str]:
    """Its row: name, median, a value a round, the bound, whether it is reached."""
    target = TARGETS.get(figure.name)
    median = f"{number(figure.value)} {figure.unit}".rstrip()
    values = " ".join(map(number, figure.values)) if len(figure.values) > 1 else ""
    if target is None:
        return figure.name, median, values, "", ""
    met = "yes" if target.is_met(figure.value) else "missed"
    return figure.name, median, values, f"{target.side} {number(target.bound)}", met


def number(value: float) -> str:
    """As precise as a person reads it."""
    if value < FINE:
        return f"{value:.3g}" if value < 1 / FINE else f"{value:.2f}"
    return f"{value:,.1f}" if value < COARSE and value != round(value) else f"{value:,.0f}"
