"""Which of many patterns stand in a text, told in one pass, patterns coming and going while it runs.

Most patterns sit in one large automaton. New ones are looked for one by one until there are `FEW`, which make a small automaton; `tidy`
makes fewer of many small ones, `merge` one of all. Patterns of no more use cost nothing but room until an automaton is built without them.
The library keeps the interpreter's lock while it builds, so that every thread of the process waits: `merge` is for the start, and at
work no automaton is built of more than `MANY` patterns.
"""

import threading
from collections.abc import Iterable, Sequence

import ahocorasick_rs

FEW = 16
"""So many new patterns are looked for one by one: that takes some microseconds for a text, and they are found at once."""
MANY = 2_048
"""The largest automaton that `tidy` builds, in about five milliseconds."""
_A_DOZEN = 12


class Built:
    """An automaton that never changes, so that it can be shared."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self.patterns = patterns
        self._automaton = ahocorasick_rs.AhoCorasick(patterns, store_patterns=False)

    def find(self, text: str) -> set[str]:
        """The patterns that stand in the text, inside each other too."""
        patterns = self.patterns
        return {patterns[match[0]] for match in self._automaton.find_matches_as_indexes(text, overlapping=True)}


class Automaton:
    """A set of patterns (strings, not empty), at first those `built`. `tidy` and `merge` may run in another thread than the rest."""

    def __init__(self, *built: Built) -> None:
        self._built = built
        self._fresh: tuple[str, ...] = ()
        self._known = {pattern for one in built for pattern in one.patterns}
        self._gone: set[str] = set()
        self._changing = threading.Lock()

    def add(self, patterns: Iterable[str]) -> None:
        """The patterns are found from now on; very many at once are merged with the others."""
        wanted = dict.fromkeys(patterns)
        with self._changing:
            new = tuple(pattern for pattern in wanted if pattern not in self._known)
            self._gone.difference_update(wanted)
            self._known.update(new)
            self._fresh += new
            if len(new) > MANY:
                self._built, self._fresh = (Built(list(self._known)),), ()
            elif len(self._fresh) >= FEW:
                self._built, self._fresh = (*self._built, Built(self._fresh)), ()

    def remove(self, pattern: str) -> None:
        """The pattern need not be found any more, though it may be for a while."""
        with self._changing:
            self._gone.add(pattern)

    def find(self, text: str) -> set[str]:
        """The patterns that stand in the text, inside each other too, and perhaps some that were removed."""
        with self._changing:
            automata, fresh = self._built, self._fresh
        found = {pattern for pattern in fresh if pattern in text}
        return found.union(*(one.find(text) for one in automata))

    @property
    def is_tidy(self) -> bool:
        """Whether `tidy` would change nothing."""
        return len(self._small()) < _A_DOZEN

    def tidy(self) -> None:
        """Fewer automata find the same."""
        while len(small := self._small()) >= _A_DOZEN:
            self._join(small)

    def merge(self) -> None:
        """One automaton finds everything; takes about 3 microseconds a pattern, for which other threads wait."""
        self._join(self._built)

    def _small(self) -> tuple[Built, ...]:
        """The smallest automata, as many as one may take the place of."""
        found, room = [], MANY
        for one in sorted(self._built, key=lambda one: len(one.patterns)):
            room -= len(one.patterns)
            if room < 0:
                break
            found.append(one)
        return tuple(found)

    def _join(self, parts: tuple[Built, ...]) -> None:
        fresh = self._fresh
        patterns = [*(pattern for part in parts for pattern in part.patterns), *fresh]
        left_out = self._gone.intersection(patterns)
        kept = [pattern for pattern in patterns if pattern not in left_out]
        joined = (Built(kept),) if kept else ()
        with self._changing:
            later = [one for one in self._fresh if one not in fresh]
            self._built = (*joined, *(one for one in self._built if one not in parts))
            # one that is wanted again meanwhile was taken for known
            self._fresh = (*later, *(left_out - self._gone))
            self._known -= left_out & self._gone
            self._gone -= left_out
