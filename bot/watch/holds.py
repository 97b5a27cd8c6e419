"""Whether a query holds for an item, and by which words: the slow and obvious meaning of the language.

The matcher and the search must answer the same; this is what they are held against. It looks at every token of every field.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from bot.model import Evidence, FieldName, Item
from bot.watch import senses
from bot.watch.fields import holds_value
from bot.watch.nodes import TEXT_FIELDS, And, Leaf, Near, Not, Or, Phrase, Query, Sense, Term, When, Where, Without
from bot.watch.senses import Place
from bot.watch.terms import MOST_PLACES, Sequence, as_written, begins_so, exact_text, label, sequences
from bot.watch.text import Token, token_readings
from bot.watch.thesaurus import by_first_word, context_by_first_word, expand
from bot.watch.vocabulary import Form, vocabulary

Found = frozenset[Evidence]
_ALONE: Found = frozenset()


def holds(query: Query, item: Item, *, now: datetime | None = None) -> tuple[Evidence, ...] | None:
    """The evidence for which a query, as expanded, holds, by field and place; None if it does not hold.

    A query of fields alone holds with no evidence. `now` is needed by `age:` and `deadline:` (ValueError without).
    """
    found = _holds(expand(query), item, now)
    return None if found is None else in_order(found)


def in_order(found: Found) -> tuple[Evidence, ...]:
    """Evidence in the order a person reads it."""
    return tuple(sorted(found, key=place_of))


def place_of(one: Evidence) -> tuple[int, int, int, str, str]:
    """By what evidence is sorted, and told apart."""
    return TEXT_FIELDS.index(one.field), one.start, one.end, one.term, one.concept or ""


def _holds(query: Query, item: Item, now: datetime | None) -> Found | None:
    match query:
        case And(parts):
            found = [_holds(part, item, now) for part in parts]
            return None if None in found else _union(found)
        case Or(parts):
            found = [_holds(part, item, now) for part in parts]
            return None if found.count(None) == len(found) else _union(found)
        case Not(part):
            return _ALONE if _holds(part, item, now) is None else None
        case _:
            return _leaf(query, item, now)


def _leaf(query: Leaf, item: Item, now: datetime | None) -> Found | None:
    match query:
        case Where(field, values):
            return _ALONE if holds_value(item, field, values) else None
        case When():
            return _ALONE if in_time(query, item, now) else None
        case Without():
            return _ALONE
        case Sense():
            return _sense(query, item, now)
        case Near():
            return _near(query, item) or None
        case _:
            return frozenset(_evidence(query, item)) or None


def _sense(query: Sense, item: Item, now: datetime | None) -> Found | None:
    said = senses.evidence(query, _read(item))
    literal = None if query.literal is None else _holds(query.literal, item, now)
    return None if literal is None and not said else frozenset((*said, *senses.beside(said, literal or ())))


class _Read:
    """An item read token by token."""

    def __init__(self, item: Item) -> None:
        self.item = item
        self.parts = [(field, tokens) for field in TEXT_FIELDS for tokens in _tokens(getattr(item, field))]
        self.wheres = [_wheres(tokens) for _, tokens in self.parts]
        self.words = {word for where in self.wheres for word in where}
        self.contexts: dict[str, bool] = {}

    def standing(self, sense: Sense) -> Iterator[Form]:
        firsts = by_first_word(sense)
        for word in firsts.keys() & self.words:
            yield from firsts[word]

    def places(self, piece: Term) -> list[Place]:
        return [
            Place(part, first, first + len(sequence) - 1)
            for part, (_, tokens) in enumerate(self.parts)
            for sequence in sequences(piece)
            for first in self.wheres[part].get(sequence.norms[0], ())
            if _says(sequence, tokens[first : first + len(sequence)])
        ]

    def span(self, place: Place) -> senses.Span:
        field, tokens = self.parts[place.part]
        return field, tokens[place.first].start, tokens[place.last].end

    def suits(self, context: str) -> bool:
        if context not in self.contexts:
            firsts = context_by_first_word(context)
            likely = (word for first in firsts.keys() & self.words for word in firsts[first])
            self.contexts[context] = senses.suits(vocabulary().contexts[context], self, likely)
        return self.contexts[context]


@lru_cache(maxsize=16)
def _read(item: Item) -> _Read:
    return _Read(item)


def _wheres(tokens: list[Token]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for index, token in enumerate(tokens):
        found.setdefault(token.norm, []).append(index)
    return found


def _union(found: list[Found | None]) -> Found:
    return _ALONE.union(*(one for one in found if one is not None))


def _evidence(term: Term, item: Item) -> list[Evidence]:
    places = dict.fromkeys(
        (field, start, end)
        for field in _fields(term.field)
        for tokens in _tokens(getattr(item, field))
        for start, end in sorted(
            (tokens[first].start, tokens[last].end) for first, last in _occurrences(term, tokens, getattr(item, field))
        )
    )
    in_reading_order = sorted(places, key=lambda place: (TEXT_FIELDS.index(place[0]), *place[1:]))
    return [_one(term, item, *place) for place in in_reading_order[:MOST_PLACES]]


@lru_cache(maxsize=16)
def _tokens(text: str) -> list[list[Token]]:
    """The readings of a text, kept for a moment: the terms of a query look at the same texts one after the other."""
    return token_readings(text)


def _fields(field: FieldName | None) -> tuple[FieldName, ...]:
    return (field,) if field else TEXT_FIELDS


def _one(term: Term, item: Item, field: FieldName, start: int, end: int) -> Evidence:
    return Evidence(field=field, start=start, end=end, text=getattr(item, field)[start:end], term=label(term))


def _occurrences(term: Term, tokens: list[Token], text: str) -> Iterator[tuple[int, int]]:
    """Index of the first and last token of each occurrence of a term."""
    for sequence in sequences(term):
        begin = sequence.norms[:1]
        for first in range(len(tokens) - len(sequence) + 1):
            if begin and begin[0] != tokens[first].norm:
                continue
            last = first + len(sequence) - 1
            if _says(sequence, tokens[first : last + 1]) and _as_exact(term, text[tokens[first].start : tokens[last].end]):
                yield first, last


def _says(sequence: Sequence, tokens: list[Token]) -> bool:
    norms = tuple(token.norm for token in tokens[: len(sequence.norms)])
    return norms == sequence.norms and (not sequence.beginnings or begins_so(tokens[-1].form, sequence.beginnings))


def _as_exact(term: Term, written: str) -> bool:
    return not (isinstance(term, Phrase) and term.exact) or as_written(written) == exact_text(term)


def _near(query: Near, item: Item) -> Found:
    found = set()
    for field in _fields(query.left.field):
        text = getattr(item, field)
        for tokens in _tokens(text):
            rights = sorted(_occurrences(query.right, tokens, text))
            reach = query.distance + max(map(len, sequences(query.right)))
            for left in _occurrences(query.left, tokens, text):
                for right in _around(left, rights, reach):
                    if within(left, right, query.distance):
                        found.add(_one(query.left, item, field, tokens[left[0]].start, tokens[left[1]].end))
                        found.add(_one(query.right, item, field, tokens[right[0]].start, tokens[right[1]].end))
    return frozenset(in_order(frozenset(found))[: 2 * MOST_PLACES])


def _around(left: tuple[int, int], rights: list[tuple[int, int]], reach: int) -> list[tuple[int, int]]:
    """The runs that can be near at all: to look at each pair would cost the square of a long text's length."""
    return rights[bisect_left(rights, (left[0] - reach, 0)) : bisect_right(rights, (left[1] + reach + 1, 0))]


def within(left: tuple[int, int], right: tuple[int, int], distance: int) -> bool:
    """Whether two runs of tokens (first and last index) do not overlap and are at most `distance` apart; neighbours are 1 apart."""
    earlier, later = sorted((left, right))
    return 1 <= later[0] - earlier[1] <= distance


def in_time(query: When, item: Item, now: datetime | None) -> bool:
    """Whether an item is of that time; days are of UTC. One without a date is of no time."""
    if query.field == "deadline":
        return any(_compares(query, (deadline.day - _known(now).date()).days) for deadline in item.deadlines)
    day = item.published or item.detected
    if day is None:
        return False
    if isinstance(query.value, int):
        limit = _known(now) - timedelta(days=query.value)
        return day > limit if query.sign == "<" else day <= limit
    return (day.astimezone(UTC).date() >= query.value) == (query.field == "after")


def _compares(query: When, days_left: int) -> bool:
    limit = query.value if isinstance(query.value, int) else 0
    return 0 <= days_left < limit if query.sign == "<" else days_left >= limit


def _known(now: datetime | None) -> datetime:
    if now is None:
        raise ValueError("age: and deadline: need to know what time it is")
    return now
