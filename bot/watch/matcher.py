"""All watchlists against one item at once: which hold, and by which words.

The answer is that of `query.holds`. Each watchlist waits on an anchor, something that must be in the item for it to hold: the rarest
of its terms, or a field value. One pass finds every term of every watchlist; only watchlists whose anchor was found are evaluated,
so those that do not match cost nothing. Watchlists with the same query are evaluated once. The terms of the thesaurus are found in a
second pass, once for all watchlists, and only if one of them means a concept.
"""

from collections.abc import Iterator, Mapping

from bot.model import Evidence, Item
from bot.watch.fields import WHERE_FIELDS, holds_value, values_of
from bot.watch.holds import place_of
from bot.watch.nodes import And, Leaf, Near, Not, Or, Phrase, Prefix, Query, Sense, Term, Where, Without
from bot.watch.query import saveable
from bot.watch.scan import Keyed, Scan, Scanner
from bot.watch.senses import beside
from bot.watch.terms import sequences
from bot.watch.text import is_cjk
from bot.watch.thesaurus import covered, expand, own_forms, senses

Anchor = Term | tuple[str, str]
"""A term; a field and a value in lower case; or `_SAYS` and a concept."""
_SAYS = "says"


class _Watched:
    """One query, the watchlists that have it, and its anchors; none means that it is always evaluated."""

    __slots__ = ("anchors", "ids", "means_concepts", "plan", "query")

    def __init__(self, query: Query) -> None:
        self.query = query
        self.plan = _cheapest_first(query)
        self.ids: dict[str, None] = {}
        self.anchors = _anchors(query, positive=True)
        self.means_concepts = any(True for _ in senses(query))


class Matcher:
    """The compiled watchlists, by id. `add` and `remove` take effect at once and in under a millisecond.

    Raises UserMistake for a query that only a search can ask.
    """

    def __init__(self, queries: Mapping[str, Query]) -> None:
        self._by_id: dict[str, _Watched] = {}
        self._watched: dict[Query, _Watched] = {}
        self._waiting: dict[Anchor, dict[_Watched, None]] = {}
        self._always: dict[_Watched, None] = {}
        self._meaning = 0
        fresh = [watched for key, query in queries.items() if (watched := self._enter(key, query))]
        self._scanner = Scanner(term for watched in fresh for term in _terms(watched.query))

    def add(self, key: str, query: Query) -> None:
        """The watchlist `key` has this query from now on, instead of any it had."""
        if key in self._by_id:
            self.remove(key)
        if watched := self._enter(key, query):
            for term in _terms(watched.query):
                self._scanner.add(term)

    def remove(self, key: str) -> None:
        """The watchlist no longer matches. KeyError if there is none."""
        watched = self._by_id.pop(key)
        del watched.ids[key]
        if not watched.ids:
            del self._watched[watched.query]
            for waiting in self._rooms(watched):
                del waiting[watched]
            for term in _terms(watched.query):
                self._scanner.remove(term)
            self._meaning -= watched.means_concepts

    def merge(self) -> None:
        """Watchlists added since the start match as fast as the others; takes seconds for a hundred thousand."""
        self._waiting = {anchor: waiting for anchor, waiting in self._waiting.items() if waiting}
        self._scanner.merge()

    def _enter(self, key: str, query: Query) -> _Watched | None:
        """Notes the watchlist; returns its query if no watchlist had it yet."""
        meant = expand(saveable(query))
        known = self._watched.get(meant)
        watched = known or _Watched(meant)
        watched.ids[key] = None
        self._by_id[key] = watched
        if known:
            return None
        self._watched[meant] = watched
        self._meaning += watched.means_concepts
        for waiting in self._rooms(watched):
            waiting[watched] = None
        return watched

    def _rooms(self, watched: _Watched) -> list[dict[_Watched, None]]:
        """Where a query waits for its anchors."""
        if watched.anchors is None:
            return [self._always]
        return [self._waiting.setdefault(anchor, {}) for anchor in dict.fromkeys(watched.anchors)]

    def match(self, item: Item) -> dict[str, tuple[Evidence, ...]]:
        """The watchlists that hold for the item, each with its evidence in reading order."""
        scan = self._scanner.scan(item)
        hits: dict[str, tuple[Evidence, ...]] = {}
        for watched in self._candidates(item, scan):
            found = _evaluate(watched.plan, scan)
            if found is not None:
                evidence = tuple(found[key] for key in sorted(found))
                hits.update(dict.fromkeys(watched.ids, evidence))
        return hits

    def _candidates(self, item: Item, scan: Scan) -> dict[_Watched, None]:
        candidates = dict(self._always)
        for term in scan.found:
            candidates.update(self._waiting.get(term, {}))
        for concept in scan.said.concepts if self._meaning else ():
            candidates.update(self._waiting.get((_SAYS, concept), {}))
        for field in WHERE_FIELDS:
            for value in values_of(item, field):
                candidates.update(self._waiting.get((field, value), {}))
        return candidates


def _cheapest_first(query: Query) -> Query:
    """The same query, where what is quick to tell comes first, so that AND seldom gets to the rest."""
    match query:
        case And(parts):
            return And(tuple(sorted(map(_cheapest_first, parts), key=_effort)))
        case Or(parts):
            return Or(tuple(map(_cheapest_first, parts)))
        case Not(part):
            return Not(_cheapest_first(part))
        case _:
            return query


def _effort(query: Query) -> int:
    match query:
        case Where() | Without():
            return 0
        case Phrase() | Prefix() | Near():
            return 1
        case Not(part):
            return _effort(part)
        case _:
            return 2


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


def _terms(query: Query) -> Iterator[Term]:
    """Every term of a query, also the unwanted ones."""
    match query:
        case And(parts) | Or(parts):
            for part in parts:
                yield from _terms(part)
        case Not(part):
            yield from _terms(part)
        case Near(left, right):
            yield from (left, right)
        case Phrase() | Prefix():
            yield query
        case Sense(_, literal):
            yield from (form.pieces[0] for form in own_forms(query))
            if literal is not None:
                yield from _terms(literal)


def _anchors(query: Query, *, positive: bool) -> list[Anchor] | None:
    """Things of which at least one must be in an item for the query to hold (or, not `positive`, to fail); None if nothing must."""
    match query:
        case Not(part):
            return _anchors(part, positive=not positive)
        case And(parts) | Or(parts):
            choices = [_anchors(part, positive=positive) for part in parts]
            return _rarest(choices) if isinstance(query, And) == positive else _all(choices)
        case _:
            return _leaf_anchors(query) if positive else None


def _leaf_anchors(leaf: Leaf) -> list[Anchor] | None:
    match leaf:
        case Near(left, right):
            return _rarest([[left], [right]])
        case Where(field, values):
            return [(field, value.lower()) for value in values]
        case Phrase() | Prefix():
            return [leaf]
        case Sense(_, literal, concepts):
            says: list[Anchor] = [(_SAYS, concept) for concept in covered(concepts)]
            says += [form.pieces[0] for form in own_forms(leaf)]
            return _all([says, _anchors(literal, positive=True)]) if literal is not None else says
        case _:
            return None


def _rarest(choices: list[list[Anchor] | None]) -> list[Anchor] | None:
    return min((choice for choice in choices if choice is not None), key=lambda choice: sum(map(_commonness, choice)), default=None)


def _all(choices: list[list[Anchor] | None]) -> list[Anchor] | None:
    return None if None in choices else [anchor for choice in choices if choice for anchor in choice]


def _commonness(anchor: Anchor) -> float:
    """A guess at how often an anchor is met, to choose by: field values often, words seldom, longer phrases more seldom."""
    if isinstance(anchor, tuple):
        return 0.05 if anchor[0] == _SAYS else 1.0
    shortest = min(sequences(anchor), key=len)
    weight = sum(1 if is_cjk(norm) else 2 for norm in shortest.norms) + bool(shortest.beginnings)
    return float(0.2 ** min(weight, 8))
