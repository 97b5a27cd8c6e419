"""Many patterns found in one pass over a text, patterns coming and going while it runs.

Most patterns sit in one large automaton. New ones go into a small second one, which is quick to build again; a full one is left as
it is and another begun, until `merge` makes one of them all. Patterns of no more use cost nothing but room until then.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import ahocorasick_rs

SMALL = 512
"""How many patterns an automaton may have that is built again with every new one: half a millisecond's work."""


class _Built(NamedTuple):
    patterns: list[str]
    automaton: ahocorasick_rs.AhoCorasick


class Automaton:
    """A set of patterns (strings, not empty); `find` sees every place of each, overlapping ones too."""

    def __init__(self, patterns: Iterable[str] = ()) -> None:
        self._fresh: dict[str, None] = {}
        self._fresh_built: _Built | None = None
        self._built: list[_Built] = []
        known = list(dict.fromkeys(patterns))
        if known:
            self._built.append(_build(known))

    def add(self, pattern: str) -> None:
        """The pattern, which must be a new one, is found from now on."""
        if len(self._fresh) >= SMALL:
            self._built.append(_build(list(self._fresh)))
            self._fresh = {}
        self._fresh[pattern] = None
        self._fresh_built = None

    def find(self, text: str) -> Iterator[tuple[str, int, int]]:
        """Each pattern that stands in the text, with start and end."""
        if self._fresh and self._fresh_built is None:
            self._fresh_built = _build(list(self._fresh))
        fresh = [self._fresh_built] if self._fresh_built else []
        for patterns, automaton in (*self._built, *fresh):
            for number, start, end in automaton.find_matches_as_indexes(text, overlapping=True):
                yield patterns[number], start, end

    def merge(self, wanted: Iterable[str]) -> None:
        """One automaton finds the `wanted` patterns and no others; takes about 6 microseconds a pattern."""
        known = list(wanted)
        self._built = [_build(known)] if known else []
        self._fresh, self._fresh_built = {}, None


def _build(patterns: list[str]) -> _Built:
    return _Built(patterns, ahocorasick_rs.AhoCorasick(patterns))
