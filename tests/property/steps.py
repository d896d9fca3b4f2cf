"""A regular expression's work in steps, not in seconds: a backtracking matcher over the parse tree of Python's own `re`.

It walks as `re` does (leftmost, greedy or lazy, depth first) and counts each comparison of a character with a part of the
pattern. Owns counting; that it finds what `re` finds is tested beside the properties that use it.
"""

import re
from collections.abc import Callable
from re import _constants as sre  # type: ignore[attr-defined]  # the parse tree has no public name
from re import _parser as parser  # type: ignore[attr-defined]  # as above
from typing import Any

Then = Callable[[int], int | None]
Node = tuple[Any, Any]

CATEGORIES = {
    sre.CATEGORY_DIGIT: r"\d",
    sre.CATEGORY_NOT_DIGIT: r"\D",
    sre.CATEGORY_SPACE: r"\s",
    sre.CATEGORY_NOT_SPACE: r"\S",
    sre.CATEGORY_WORD: r"\w",
    sre.CATEGORY_NOT_WORD: r"\W",
}


class Steps:
    """One pattern over one text. `count`: the steps so far."""

    def __init__(self, pattern: re.Pattern[str], text: str) -> None:
        self._text = text
        self._nodes: list[Node] = list(parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE))
        self._ignores_case = bool(pattern.flags & re.IGNORECASE)
        self._by_line = bool(pattern.flags & re.MULTILINE)
        self.count = 0

    def spans(self) -> list[tuple[int, int]]:
        """As `finditer` gives them."""
        found, at = [], 0
        while at <= len(self._text):
            end = self._match(self._nodes, at, lambda position: position)
            if end is None:
                at += 1
            else:
                found.append((at, end))
                at = end if end > at else at + 1
        return found

    def _match(self, nodes: list[Node], at: int, then: Then) -> int | None:
        if not nodes:
            return then(at)
        (kind, argument), rest = nodes[0], nodes[1:]
        self.count += 1

        def follow(position: int) -> int | None:
            return self._match(rest, position, then)

        if kind in {sre.MAX_REPEAT, sre.MIN_REPEAT}:
            least, most, body = argument
            return self._repeat(list(body), at, (least, most, kind is sre.MIN_REPEAT), follow)
        if kind is sre.SUBPATTERN:
            return self._match(list(argument[3]), at, follow)
        if kind is sre.BRANCH:
            for branch in argument[1]:
                end = self._match(list(branch), at, follow)
                if end is not None:
                    return end
            return None
        if kind in {sre.ASSERT, sre.ASSERT_NOT}:
            return follow(at) if self._looks(argument, at) is (kind is sre.ASSERT) else None
        if kind is sre.AT:
            return follow(at) if self._is_at(argument, at) else None
        return follow(at + 1) if at < len(self._text) and self._is_one(kind, argument, self._text[at]) else None

    def _repeat(self, body: list[Node], at: int, bounds: tuple[int, int, bool], then: Then) -> int | None:
        """Of single characters without recursion, so that a long run does not exhaust Python's stack."""
        least, most, is_lazy = bounds
        if len(body) == 1 and body[0][0] in {sre.IN, sre.LITERAL, sre.NOT_LITERAL, sre.ANY}:
            return self._repeat_one(body[0], at, bounds, then)

        def more(done: int, position: int) -> int | None:
            def again(after: int) -> int | None:
                return None if after == position else more(done + 1, after)

            if done < least:
                return self._match(body, position, again)
            first = then(position) if is_lazy else None
            if first is None and done < most:
                first = self._match(body, position, again)
            return first if first is not None or is_lazy else then(position)

        return more(0, at)

    def _repeat_one(self, node: Node, at: int, bounds: tuple[int, int, bool], then: Then) -> int | None:
        least, most, is_lazy = bounds
        limit = min(len(self._text), at + most) if most is not sre.MAXREPEAT else len(self._text)
        reach, end = at, None
        while reach < limit and (not is_lazy or reach - at < least) and self._counted(node, reach):
            reach += 1
        if reach - at < least:
            return None
        while not is_lazy and reach >= at + least and (end := then(reach)) is None:
            self.count += 1
            reach -= 1
        while is_lazy and (end := then(reach)) is None and reach < limit and self._counted(node, reach):
            reach += 1
        return end

    def _counted(self, node: Node, at: int) -> bool:
        self.count += 1
        return self._is_one(node[0], node[1], self._text[at])

    def _looks(self, argument: tuple[int, Any], at: int) -> bool:
        direction, body = argument
        start = at if direction > 0 else at - 1  # ours look one character back at most
        return start >= 0 and self._match(list(body), start, lambda position: position) is not None

    def _is_at(self, place: Any, at: int) -> bool:
        text = self._text
        if place is sre.AT_BOUNDARY:
            before = at > 0 and re.match(r"\w", text[at - 1]) is not None
            return before is not (at < len(text) and re.match(r"\w", text[at]) is not None)
        assert place is sre.AT_END
        return at == len(text) or (text[at] == "\n" and (self._by_line or at == len(text) - 1))

    def _is_one(self, kind: Any, argument: Any, character: str) -> bool:
        if kind is sre.ANY:
            return character != "\n"
        if kind is sre.IN:
            negated = argument[0][0] is sre.NEGATE
            return any(self._is_part(part, character) for part in argument[negated:]) is not negated
        return self._is_part((kind, argument), character)

    def _is_part(self, part: Node, character: str) -> bool:
        kind, argument = part
        if kind is sre.CATEGORY:
            return re.match(CATEGORIES[argument], character) is not None
        codes = {ord(character)}
        if self._ignores_case:
            codes |= {ord(one) for one in (character.lower(), character.upper()) if len(one) == 1}
        if kind is sre.RANGE:
            return any(argument[0] <= code <= argument[1] for code in codes)
        return (argument in codes) is (kind is sre.LITERAL)
