"""What the index can tell of a query: what an item must have for it to hold, and with what it surely holds.

Between the two, the query's own evaluation decides. Where they are the same nothing has to be evaluated, which is so for words,
phrases, beginnings and field values in any combination. Pure: nothing here touches a database.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import starmap
from operator import attrgetter
from typing import NamedTuple

from bot import audience
from bot.store.needs import (
    NOTHING,
    All,
    Close,
    Either,
    Need,
    Words,
    among,
    any_of,
    in_any_order,
    loosened,
    rows,
    whole,
)
from bot.store.word_index import ADDED, CUT, added_by, fact, form
from bot.watch.nodes import And, Near, Not, Or, Phrase, Prefix, Query, Sense, Term, When, Where, Without, all_of, near
from bot.watch.terms import Sequence as Tokens
from bot.watch.terms import sequences
from bot.watch.text import cut, is_cjk, is_cut, paired
from bot.watch.thesaurus import covered, expand, forms_of, unless
from bot.watch.vocabulary import Form, acronyms, stands_in, vocabulary

_MOST_WORDS = 20
"""So many words of a query decide how relevant an item is."""


class Bounds(NamedTuple):
    """What an item must have for a query to hold (None: the index rules nothing out), and with what it surely holds (None: never sure)."""

    must: Need | None
    surely: Need | None

    @property
    def are_one(self) -> bool:
        """Whether the index decides alone."""
        return self.must is not None and self.must == self.surely

    @property
    def doubtful(self) -> Need | None:
        """What an item must have for the query to hold without being sure; None: the index rules nothing out."""
        return self.must if self.must is None or self.surely is None else All((self.must,), (self.surely,))


class Vocabulary(NamedTuple):
    """The words that needs ask for, and those of which they ask for the beginning alone."""

    words: frozenset[str]
    beginnings: frozenset[Words]


class There(NamedTuple):
    """What an index has of a vocabulary: the words that some item says, and which words begin as asked."""

    words: frozenset[str]
    begun: tuple[tuple[Words, tuple[str, ...]], ...] = ()

    def of(self, wanted: Need) -> Need:
        """The need without what no item says: the same items meet it, and what is left out need not be looked up."""
        return among(wanted, self.words, dict(self.begun))


class _No(NamedTuple):
    """Not the need: of use inside `All` only."""

    need: Need


@lru_cache(maxsize=256)
def bounds(query: Query, *, workspace: str | None) -> Bounds:
    """What the index can tell of the query among what a workspace may see."""
    must, surely = (_alone(_Bound(surely=surely).of(expand(query))) for surely in (False, True))
    return Bounds(_seen(must, workspace), None if must is None else _seen(surely, workspace))


@lru_cache(maxsize=256)
def bounds_where_cut(query: Query, *, workspace: str | None) -> Bounds:
    """The bounds for an index that does not know where all words of the longest items stand."""
    must, surely = bounds(query, workspace=workspace)
    return Bounds(must and _or_cut(must), surely and _unless_cut(surely))


@lru_cache(maxsize=16_384)
def _or_cut(wanted: Need) -> Need:
    """The need, or where an item was cut the words of it wherever they stand."""
    match wanted:
        case All(needs, unwanted):
            return All(tuple(map(_or_cut, needs)), tuple(map(_unless_cut, unwanted)))
        case Either(needs):
            return Either(tuple(map(_or_cut, needs)))
        case _:
            return wanted if in_any_order(wanted) else Either((wanted, All((Words((CUT,)), loosened(wanted)))))


@lru_cache(maxsize=16_384)
def _unless_cut(wanted: Need) -> Need:
    """The need, of which nothing that is unwanted may stand where an item was cut."""
    match wanted:
        case All(needs, unwanted):
            return All(tuple(map(_unless_cut, needs)), tuple(map(_or_cut, unwanted)))
        case Either(needs):
            return Either(tuple(map(_unless_cut, needs)))
        case _:
            return wanted


@lru_cache(maxsize=256)
def vocabulary_of(query: Query, *, workspace: str | None) -> Vocabulary:
    """The vocabulary of all that may be asked for a query."""
    where = _Bound(surely=False, in_context=False)
    leaves = (_alone(where.of(leaf)) for leaf in _wanted(expand(query)))
    asked = set(rows(*(need for need in (*bounds(query, workspace=workspace), *leaves) if need)))
    begun = frozenset(row for row in asked if row.begins and len(row.words) == 1)
    return Vocabulary(frozenset(word for row in asked for word in whole(row)), begun)


@lru_cache(maxsize=256)
def bounds_there(query: Query, workspace: str | None, there: There) -> Bounds:
    """The bounds, without what no item says."""
    must, surely = (need and there.of(need) for need in bounds(query, workspace=workspace))
    return Bounds(must, None if surely == NOTHING != must else surely)


@lru_cache(maxsize=256)
def words_there(query: Query, there: There) -> tuple[Need | None, list[tuple[Need, Need]]]:
    """What an item says of the query, and each of its words, without what no item says."""
    loosely = said(query)
    return loosely and there.of(loosely), [(there.of(one), there.of(titled)) for one, titled in words(query)]


def _seen(need: Need | None, workspace: str | None) -> Need | None:
    """The need, without what other workspaces have added."""
    if need is None or workspace is None:
        return need
    others = All((Words((ADDED,)),), (Words((added_by(audience.prefix(workspace)),)),))
    return All((need,), (others,))


@lru_cache(maxsize=256)
def said(query: Query) -> Need | None:
    """Like `must` of its bounds, but without what is not wanted and what words need beside them: more have it, it is told sooner."""
    return _alone(_Bound(surely=False, in_context=False).of(expand(query)))


@lru_cache(maxsize=256)
def words(query: Query) -> list[tuple[Need, Need]]:
    """For each word, phrase or concept that a query wants: what an item must have to say it, and to say it in its title."""
    where = _Bound(surely=False, in_context=False)
    pairs = [(_alone(where.of(leaf)), _alone(where.of(titled))) for leaf in _wanted(expand(query)) if (titled := _in_title(leaf))]
    return [(anywhere, there) for anywhere, there in pairs[:_MOST_WORDS] if anywhere and there]


def _wanted(query: Query) -> Iterator[Query]:
    match query:
        case And(parts) | Or(parts):
            for part in parts:
                yield from _wanted(part)
        case Not():
            return
        case _:
            yield query


def _in_title(query: Query) -> Query | None:
    """The same, looked for in titles; None if it is not looked for in texts, or in another field only."""
    match query:
        case Phrase() | Prefix():
            return replace(query, field="title") if query.field in (None, "title") else None
        case Near(left, right):
            return near(replace(left, field="title"), right, query.distance) if left.field in (None, "title") else None
        case Sense(_, literal):
            typed = literal and _in_title(literal)
            return replace(query, literal=typed, field="title") if query.field in (None, "title") else None
        case And(parts):
            found = [one for part in parts if (one := _in_title(part))]
            return all_of(found) if len(found) == len(parts) else None
        case _:
            return None


@dataclass(frozen=True)
class _Bound:
    """Works out one of the bounds: what `surely` suffices, or else what must be. None is what it can say nothing by.

    Not `in_context`, it leaves aside what terms need beside them and what is not wanted, which takes the index longer than the terms.
    """

    surely: bool
    in_context: bool = True

    def of(self, query: Query) -> Need | _No | None:
        match query:
            case Not(part):
                return self._not(part) if self.in_context else None
            case And(parts):
                return self._all([self.of(part) for part in parts if not isinstance(part, Without)])
            case Or(parts):
                return self._either([self.of(part) for part in parts])
            case When() | Without():
                return None
            case Sense():
                return self.sense(query)
            case _:
                return self.leaf(query)

    def _not(self, part: Query) -> Need | _No | None:
        denied = self._other.of(part)
        return denied.need if isinstance(denied, _No) else _lacking(denied)

    def _all(self, found: list[Need | _No | None]) -> Need | _No | None:
        known = [one for one in found if one is not None]
        if self.surely and len(known) < len(found):
            return None
        needs, unwanted = _apart(known)
        if needs:
            return needs[0] if len(known) == 1 else All(needs, unwanted)
        return _No(any_of(unwanted)) if unwanted else None

    def _either(self, found: Iterable[Need | _No | None]) -> Need | None:
        every = [_alone(one) for one in found]
        known = [one for one in every if one is not None]
        return any_of(known) if known and (self.surely or len(known) == len(every)) else None

    def leaf(self, query: Near | Where | Term) -> Need | None:
        match query:
            case Near():
                return None if self.surely else self._near(query)
            case Where(field, values):
                return any_of(Words((fact(field, value.lower()),)) for value in values)
            case Phrase():
                return _phrase(query, self.surely)
            case Prefix():
                return self._either(self._beginning(one, query) for one in sequences(query))

    def _beginning(self, sequence: Tokens, term: Prefix) -> Need | None:
        if not sequence.beginnings:
            return _row(sequence.norms, term, self.surely)
        if self.surely and (sequence.norms or term.field or any(map(is_cut, sequence.beginnings))):
            return None
        begun = any_of(Words((form(cut(one)),), begins=True) for one in sequence.beginnings)
        row = _row(sequence.norms, term, self.surely) if sequence.norms else None
        return All((row, begun)) if row else begun

    def _near(self, query: Near) -> Need | None:
        """A row that ends in a pair ends a character late, so that one more word may stand between; how words begin stands elsewhere."""
        rows = [[_row(one.norms, term, self.surely) for one in sequences(term) if not one.beginnings] for term in (query.left, query.right)]
        if not all(rows):
            return _alone(self._all([self.leaf(query.left), self.leaf(query.right)]))
        return self._either(Close(left, right, query.distance) for left in rows[0] for right in rows[1] if left and right)

    def sense(self, query: Sense) -> Need | None:
        """One of the terms; what several of them ask for besides is said once, as a context has hundreds of words."""
        wanted = [self._all([said, *(map(self._beside, needs) if self.in_context else ())]) for needs, said in _terms(query, self.surely)]
        if query.literal is not None:
            wanted.append(self.of(query.literal))
        return self._either(wanted) if wanted else None

    def terms(self, sense: Sense) -> Iterator[tuple[tuple[str, ...], Need | _No | None]]:
        """By what they ask for besides, the terms of a sense, each in its language."""
        asking: dict[tuple[str, ...], dict[str, list[Need | _No | None]]] = {}
        for one in forms_of(sense):
            spoken = "" if one.key in sense.named else one.language
            asking.setdefault(one.needs, {}).setdefault(spoken, []).append(self._form(one, sense))
        for needs, found in asking.items():
            yield needs, self._either(starmap(self._in_language, found.items()))

    def _form(self, one: Form, sense: Sense) -> Need | _No | None:
        """The words of a term. Those with gaps or acronyms are never sure, nor are any inside words that mean another thing."""
        if self.surely and (acronyms(one.text) or len(one.pieces) > 1):
            return None
        pieces = [self.leaf(replace(piece, field=sense.field) if sense.field else piece) for piece in one.pieces]
        if not self.surely:
            return self._all(list(pieces)) if len(pieces) > 1 else pieces[0]
        others = [_lacking(self._other.leaf(phrase)) for phrase in _around(one, sense.concepts)]
        return self._all([*pieces, *others]) if others else pieces[0]

    def _in_language(self, language: str, found: list[Need | _No | None]) -> Need | _No | None:
        said = self._either(found)
        return self._all([said, Either((Words((fact("lang", language),)), Words((fact("lang", ""),))))]) if language else said

    def _beside(self, need: str) -> Need | _No | None:
        """A context that an item has or, with `!`, lacks: of these hardly any item has one, so that none is ruled out by it."""
        if not need.startswith("!"):
            return _context(self, need)
        return _lacking(_context(self._other, need[1:])) if self.surely else None

    @property
    def _other(self) -> "_Bound":
        """What something that is denied is bound by."""
        return replace(self, surely=not self.surely)

    def context(self, name: str) -> Need | None:
        """That an item has a context: one of its words, or it comes from there. Words whose letter case counts are never sure.

        What ends a context is left aside where it may: it takes the index longer than it spares.
        """
        found = vocabulary().contexts[name]
        if self.surely and found.but:
            return None
        said = (word for word in sorted(found.words, key=attrgetter("text")) if not (self.surely and acronyms(word.text)))
        places = (("tier", found.tiers), ("agency", found.agencies), ("country", found.countries))
        from_there = (self.leaf(Where(field, tuple(sorted(values)))) for field, values in places if values)
        return self._either([*from_there, *map(self.leaf, said)])


@lru_cache(maxsize=65_536)
def _phrase(phrase: Phrase, surely: bool) -> Need | None:
    """What an item must have to say a phrase, or with what it surely does. Kept: a concept asks for each of its terms many times."""
    found = [_row(one.norms, phrase, surely) for one in sequences(phrase)]
    known = [one for one in found if one is not None]
    return any_of(known) if known and (surely or len(known) == len(found)) else None


def _row(norms: tuple[str, ...], term: Term, surely: bool) -> Words | None:
    """Tokens as index words. What follows the last character of Han, kana or Hangul is open: its pair is left out, or begins so."""
    words, begins = paired(list(norms)), is_cjk(norms[-1])
    if begins and len(norms) > 1 and is_cjk(norms[-2]):
        words, begins = words[:-1], False
    exact = not any(map(is_cut, words)) and not (isinstance(term, Phrase) and term.exact)
    return Words(tuple(words), term.field, begins) if exact or not surely else None


@lru_cache(maxsize=256)
def _terms(sense: Sense, surely: bool) -> list[tuple[tuple[str, ...], Need | _No | None]]:
    """Kept, as they are asked for with what they need besides, and without."""
    return list(_Bound(surely).terms(sense))


@lru_cache(maxsize=1_024)
def _context(bound: _Bound, name: str) -> Need | None:
    """Kept, as a context has hundreds of words and many queries ask for the same few."""
    return bound.context(name)


@lru_cache(maxsize=16_384)
def _around(one: Form, concepts: tuple[str, ...]) -> tuple[Phrase, ...]:
    """The words that mean something else and have those of a term among them."""
    inner = [sequence.norms for piece in one.pieces for sequence in sequences(piece)]
    every = (phrase for concept in covered(concepts) for phrase in unless(concept))
    return tuple(phrase for phrase in every if any(stands_in(piece, sequence.norms) for piece in inner for sequence in sequences(phrase)))


def _apart(found: list[Need | _No]) -> tuple[tuple[Need, ...], tuple[Need, ...]]:
    return tuple(one for one in found if not isinstance(one, _No)), tuple(one.need for one in found if isinstance(one, _No))


def _alone(found: Need | _No | None) -> Need | None:
    """An index cannot list what does not have something."""
    return None if isinstance(found, _No) else found


def _lacking(found: Need | None) -> _No | None:
    return None if found is None else _No(found)
