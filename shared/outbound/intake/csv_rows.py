"""CSV: from lines to rows. Owns quotes, separators and the header; not bytes, not the judgement of a row.

The `csv` module parses. Our own code decides, line by line, whether a row is whole, because that module can neither be
suspended in the middle of a row nor stopped by a row's length.
Source: RFC 4180; spreadsheets for what departs from it: `;` and tab, CR alone, blanks before a quote, lines of separators,
a first line `sep=;`.
"""

import csv
from collections.abc import Iterable, Iterator
from itertools import chain

from shared.ground.errors import InputError
from shared.ground.tables import named_separator, separator_of
from shared.outbound.intake.layout import Layout, lay_out, require
from shared.outbound.intake.lines import MAX_ROW_BYTES, Lines, row_too_long
from shared.outbound.intake.rows import RowJudge, Verdict
from shared.outbound.intake.whole import split_params
from shared.templates.parameters import by_position


class CsvReader:
    """*Raises*: InputError for an incomplete header, a quote that never closes, an empty file; the errors of Lines."""

    def __init__(self, judge: RowJudge) -> None:
        self._judge = judge
        self._placeholders = judge.template.placeholders
        self._lines = Lines()
        self._next_line = 1  # where the next row starts
        self._separator: str | None = None
        self._named_separator: str | None = None  # by a first line `sep=;`
        self._layout: Layout | None = None
        self._open_row: list[str] = []  # lines of the row that is not whole yet
        self._open_characters = 0
        self._is_in_quotes = False

    def feed(self, chunk: bytes) -> Iterator[Verdict]:
        return self._verdicts(self._lines.feed(chunk))

    def end(self) -> Iterator[Verdict]:
        yield from self._verdicts(self._lines.end())
        if self._open_row:
            raise InputError(
                "unbalanced-quote",
                f'The row that starts in line {self._next_line} opens a quote that never closes: close it, or write "" for '
                "a quote inside a value.",
            )
        if self._layout is None:
            raise InputError(
                "empty-file", "The file is empty: send a line with the columns' names and a row a contact."
            )

    def _verdicts(self, lines: Iterator[str]) -> Iterator[Verdict]:
        for line, cells in self._rows(lines):
            if not any(cells) or not "".join(cells).strip():
                continue  # a blank line, or one of separators only, as spreadsheets leave below the last row
            if self._layout is None:
                layout = lay_out(cells, self._placeholders)
                require(layout, self._judge.template.required)
                self._layout = layout
            else:
                yield self._verdict(line, self._layout, cells)

    def _verdict(self, line: int, layout: Layout, cells: list[str]) -> Verdict:
        cells += [""] * (len(layout.names) - len(cells))
        at = layout.optional.get("params")
        params = {} if at is None else by_position(split_params(cells[at]), self._placeholders)
        return self._judge.verdict(line, layout, cells, params)

    def _rows(self, lines: Iterator[str]) -> Iterator[tuple[int, list[str]]]:
        """Whole rows, each with the number of its first line."""
        lines = self._find_separator(lines)
        if self._separator is None:
            return
        reader = csv.reader(self._whole_rows(lines, self._separator), delimiter=self._separator, skipinitialspace=True)
        first = self._next_line
        for cells in reader:
            line, self._next_line = self._next_line, first + reader.line_num
            yield line, cells

    def _find_separator(self, lines: Iterator[str]) -> Iterator[str]:
        """Skip blank lines and a line `sep=;` before the header, and return the lines from the header on."""
        if self._separator is not None:
            return lines
        for line in lines:
            named = named_separator(line)
            if named is None and line.strip():
                self._separator = self._named_separator or separator_of(line)
                return chain([line], lines)
            self._named_separator = named or self._named_separator
            self._next_line += 1
        return lines

    def _whole_rows(self, lines: Iterable[str], separator: str) -> Iterator[str]:
        """Yield the same lines, but hold back those of a row until the row is whole."""
        for line in lines:
            if not self._is_in_quotes and '"' not in line:
                yield line
                continue
            self._open_row.append(line)
            self._open_characters += len(line)
            if self._open_characters > MAX_ROW_BYTES:
                raise row_too_long(f"The row that starts in line {self._next_line}")
            self._is_in_quotes = ends_in_quotes(line, separator, self._is_in_quotes)
            if not self._is_in_quotes:
                row, self._open_row, self._open_characters = self._open_row, [], 0
                yield from row


def ends_in_quotes(line: str, separator: str, starts_in_quotes: bool) -> bool:
    """Whether the next line belongs to the same row, as the `csv` module sees it: quotes count at a value's start only."""
    at, in_quotes = 0, starts_in_quotes
    while True:
        if not in_quotes:
            at = _skip_spaces(line, at)
            in_quotes = line.startswith('"', at)
            at += in_quotes
        if in_quotes:
            closing = _closing_quote(line, at)
            if closing < 0:
                return True
            at, in_quotes = closing + 1, False
        at = line.find(separator, at) + 1
        if not at:
            return False


def _closing_quote(line: str, at: int) -> int:
    """The next quote that is not doubled; -1 when there is none."""
    while (at := line.find('"', at)) >= 0 and line.startswith('""', at):
        at += 2
    return at


def _skip_spaces(line: str, at: int) -> int:
    while line.startswith(" ", at):
        at += 1
    return at
