"""All watchlists against one item at once: which hold, and by which words.

The answer is that of `query.holds`. Each query is compiled to clauses over facts (`bot.watch.clauses`) and waits for the facts of one
clause, that which is least often true: only where such a fact is found is it looked at, so watchlists that do not match cost nothing,
and many hold by that fact alone. Watchlists with the same query are looked at once. Evidence is worked out when somebody reads it.
"""

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from bot.model import Evidence, Item
from bot.watch.clauses import Clause, Clauses, Fact, clauses
from bot.watch.fields import holds_value
from bot.watch.holds import place_of
from bot.watch.nodes import And, Leaf, Near, Not, Or, Phrase, Prefix, Query, Sense, Where, Without
from bot.watch.query import saveable
from bot.watch.scan import Keyed, Scan
from bot.watch.scanner import Scanner
from bot.watch.senses import beside
from bot.watch.text import is_cjk
from bot.watch.thesaurus import expand

Held = TypeVar("Held")


class _Watched:
    """One query, the watchlists that have it, the facts it waits for, and what must be true besides one of those."""

    __slots__ = ("every", "ids", "is_sure", "is_told", "never", "query", "rest", "waits_for")

    def __init__(self, query: Query) -> None:
        self.query = query
        self.ids: dict[str, _Watched] = {}
        self.waits_for: tuple[Fact, ...] | None = None

    def compile(self, found: Clauses) -> None:
        """Says what it takes for the query to hold; `waits_for` stays None if it has no need of any fact."""
        anchor = min((one for one in found.clauses if not one.lacking), key=_commonness, default=None)
        rest = [one for one in found.clauses if one is not anchor]
        self.waits_for = anchor and anchor.some
        self.is_sure = found.enough
        self.every = tuple(one.some[0] for one in rest if len(one.some) == 1 and not one.lacking)
        self.never = tuple(one.lacking[0] for one in rest if len(one.lacking) == 1 and not one.some)
        self.rest = tuple(one for one in rest if len(one.some) + len(one.lacking) != 1)
        self.is_told = found.enough and not self.rest

    @property
    def holds_at_once(self) -> bool:
        """Whether any fact it waits for is enough."""
        return self.is_told and not (self.every or self.never)

    def holds(self, facts: set[Fact], scan: Scan) -> bool:
        """Whether the query holds, one of the facts it waits for being true."""
        return (
            facts.issuperset(self.every)
            and facts.isdisjoint(self.never)
            and all(not facts.isdisjoint(one.some) or not facts.issuperset(one.lacking) for one in self.rest)
            and (self.is_sure or _evaluate(self.query, scan) is not None)
        )


class Matches(Mapping[str, tuple[Evidence, ...]]):
    """The watchlists that hold for one item, each with its evidence in reading order, worked out when it is asked for."""

    def __init__(self, found: Mapping[str, _Watched], scan: Scan) -> None:
        self._found = found
        self._scan = scan
        self._evidence: dict[_Watched, tuple[Evidence, ...]] = {}

    def __getitem__(self, key: str) -> tuple[Evidence, ...]:
        watched = self._found[key]
        if watched not in self._evidence:
            keyed = _evaluate(watched.query, self._scan) or {}
            self._evidence[watched] = tuple(keyed[place] for place in sorted(keyed))
        return self._evidence[watched]

    def __contains__(self, key: object) -> bool:
        return key in self._found

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def __repr__(self) -> str:
        return f"Matches({dict(self)})"


class Matcher:
    """The compiled watchlists, by id. `add` and `remove` take effect at once and in under a millisecond.

    Raises UserMistake for a query that only a search can ask.
    """

    def __init__(self, queries: Mapping[str, Query]) -> None:
        self._by_id: dict[str, _Watched] = {}
        self._watched: dict[Query, _Watched] = {}
        self._at_once: dict[Fact, dict[str, _Watched]] = {}
        self._waiting: dict[Fact, dict[_Watched, None]] = {}
        self._always: dict[_Watched, None] = {}
        self._scanner = Scanner()
        self.add_all(queries)

    def __contains__(self, key: str) -> bool:
        return key in self._by_id

    def add(self, key: str, query: Query) -> None:
        """The watchlist `key` has this query from now on, instead of any it had."""
        self.add_all({key: query})

    def add_all(self, queries: Mapping[str, Query]) -> None:
        """These watchlists have these queries from now on; many at once take less time than one by one."""
        meant = {key: expand(saveable(query)) for key, query in queries.items()}
        for key in meant.keys() & self._by_id.keys():
            self.remove(key)
        fresh = [one for one in dict.fromkeys(meant.values()) if one not in self._watched]
        self._scanner.add(leaf for query in fresh for leaf in _leaves(query))
        for query in fresh:
            self._watched[query] = watched = _Watched(query)
            watched.compile(clauses(query, self._scanner.facts_of))
        for key, query in meant.items():
            self._enter(key, self._watched[query])

    def remove(self, key: str) -> None:
        """The watchlist no longer matches. KeyError if there is none."""
        watched = self._by_id.pop(key)
        self._leave(key, watched)
        if not watched.ids:
            del self._watched[watched.query]
            for leaf in _leaves(watched.query):
                self._scanner.remove(leaf)

    @property
    def is_tidy(self) -> bool:
        """Whether `tidy` would change nothing."""
        return self._scanner.automaton.is_tidy

    def tidy(self) -> None:
        """Watchlists added since the start match nearly as fast as the others. It may run in a thread beside everything else."""
        self._scanner.automaton.tidy()

    def merge(self) -> None:
        """All watchlists match equally fast. For a hundred thousand the whole process waits half a second."""
        self._scanner.automaton.merge()

    def _enter(self, key: str, watched: _Watched) -> None:
        self._by_id[key] = watched
        watched.ids[key] = watched
        for fact in watched.waits_for or ():
            if watched.holds_at_once:
                self._at_once.setdefault(fact, {})[key] = watched
            else:
                self._waiting.setdefault(fact, {})[watched] = None
        if watched.waits_for is None:
            self._always[watched] = None

    def _leave(self, key: str, watched: _Watched) -> None:
        del watched.ids[key]
        for fact in watched.waits_for or ():
            if watched.holds_at_once:
                _take(self._at_once, fact, key)
            elif not watched.ids:
                _take(self._waiting, fact, watched)
        if watched.waits_for is None and not watched.ids:
            del self._always[watched]

    def match(self, item: Item) -> Matches:
        """The watchlists that hold for the item."""
        scan, facts = self._scanner.scan(item)
        found: dict[str, _Watched] = {}
        for fact in self._at_once.keys() & facts:
            found.update(self._at_once[fact])
        for watched in self._always:
            if watched.holds(facts, scan):
                found.update(watched.ids)
        has, lacks = facts.issuperset, facts.isdisjoint
        for fact in self._waiting.keys() & facts:
            for watched in self._waiting[fact]:
                if has(watched.every) and lacks(watched.never) and (watched.is_told or watched.holds(facts, scan)):
                    found.update(watched.ids)
        return Matches(found, scan)


def _take(rooms: dict[Fact, dict[Held, Any]], fact: Fact, held: Held) -> None:
    """Out of the room of a fact; an empty room goes too."""
    del rooms[fact][held]
    if not rooms[fact]:
        del rooms[fact]


def _evaluate(query: Query, scan: Scan) -> Keyed | None:
    match query:
        case And(parts):
            found: Keyed = {}
            for part in parts:
                one = _evaluate(part, scan)
                if one is None:
                    return None
                found = found | one if found else one
            return found
        case Or(parts):
            some = [one for part in parts if (one := _evaluate(part, scan)) is not None]
            return {key: one for keyed in some for key, one in keyed.items()} if some else None
        case Not(part):
            return {} if _evaluate(part, scan) is None else None
        case _:
            return _evaluate_leaf(query, scan)


def _evaluate_leaf(leaf: Leaf, scan: Scan) -> Keyed | None:
    match leaf:
        case Phrase() | Prefix():
            return scan.evidence(leaf) or None
        case Near():
            return scan.near(leaf) or None
        case Where(field, values):
            return {} if holds_value(scan.item, field, values) else None
        case Without():
            return {}
        case Sense():
            return _evaluate_sense(leaf, scan)
        case _:
            raise TypeError(f"a watchlist cannot have {leaf}")


def _evaluate_sense(sense: Sense, scan: Scan) -> Keyed | None:
    said = scan.sense(sense)
    literal = None if sense.literal is None else _evaluate(sense.literal, scan)
    if literal is None:
        return said or None
    kept = set(map(place_of, beside(said.values(), literal.values())))
    return said | {key: one for key, one in literal.items() if key in kept}


def _leaves(query: Query) -> Iterator[Leaf]:
    """Every leaf of a query, also the unwanted ones, and those of the words as typed."""
    match query:
        case And(parts) | Or(parts):
            for part in parts:
                yield from _leaves(part)
        case Not(part):
            yield from _leaves(part)
        case Sense(_, literal):
            yield query
            if literal is not None:
                yield from _leaves(literal)
        case _:
            yield query


def _commonness(clause: Clause) -> float:
    """A guess at how often a clause is true, to choose by: field values often, words seldom, longer phrases more seldom."""
    return sum(map(_fact_commonness, clause.some))


def _fact_commonness(fact: Fact) -> float:
    if isinstance(fact, int):
        return 0.05
    if ":" in fact:
        return 1.0
    return float(0.2 ** min(sum(1 if is_cjk(letter) else 2 for letter in fact), 8))
