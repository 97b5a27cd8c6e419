"""What the index can tell of a query: what an item must have for it to hold, and with what it surely holds; said in FTS5 and tsquery.

Between the two, the query's own evaluation decides. Where they are the same nothing has to be evaluated, which is so for words,
phrases, beginnings and field values in any combination on SQLite, whose index knows the order of words. Pure: nothing here touches a
database, and no character a person typed passes but letters and digits of the normal form.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple, Union

from bot import audience
from bot.model import FieldName
from bot.store.word_index import ADDED, added_by, fact, form, in_title
from bot.watch.nodes import And, Near, Not, Or, Phrase, Prefix, Query, Sense, Term, When, Where, Without, all_of, near
from bot.watch.terms import Sequence, sequences
from bot.watch.text import cut, is_cjk, is_cut, paired
from bot.watch.thesaurus import covered, expand, forms_of, unless
from bot.watch.vocabulary import Form, acronyms

_MOST_WORDS = 20
"""So many words of a query decide how relevant an item is."""
_PUNCTUATION = re.compile(r"[\x00-\x2f\x3a-\x60\x7b-\x7f]")


class Words(NamedTuple):
    """Index words in a row, in this field or in any; `begins` means that the last one may go on."""

    words: tuple[str, ...]
    field: FieldName | None = None
    begins: bool = False


class Close(NamedTuple):
    """Two rows of words in one field, with fewer than `distance` others between them."""

    left: Words
    right: Words
    distance: int


class All(NamedTuple):
    """All of the needs, and none of what is `unwanted`."""

    needs: "tuple[Need, ...]"
    unwanted: "tuple[Need, ...]" = ()


class Either(NamedTuple):
    """One of the needs."""

    needs: "tuple[Need, ...]"


Need = Union[Words, Close, All, Either]  # noqa: UP007  the names are not all bound yet for |


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


class _No(NamedTuple):
    """Not the need: of use inside `All` only."""

    need: Need


def bounds(query: Query, *, in_order: bool, workspace: str | None) -> Bounds:
    """What the index can tell of the query among what a workspace may see.

    `in_order` says whether it knows in which order and in which field words stand.
    """
    must, surely = (_alone(_Bound(surely=surely, in_order=in_order).of(expand(query))) for surely in (False, True))
    return Bounds(_seen(must, workspace), None if must is None else _seen(surely, workspace))


def _seen(need: Need | None, workspace: str | None) -> Need | None:
    """The need, without what other workspaces have added."""
    if need is None or workspace is None:
        return need
    others = All((Words((ADDED,)),), (Words((added_by(audience.prefix(workspace)),)),))
    return All((need,), (others,))


def words(query: Query, *, in_order: bool) -> list[tuple[Need, Need]]:
    """For each word, phrase or concept that a query wants: what an item must have to say it, and to say it in its title."""
    where = _Bound(surely=False, in_order=in_order)
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
    """Works out one of the bounds: what `surely` suffices, or else what must be. None is what it can say nothing by."""

    surely: bool
    in_order: bool

    def of(self, query: Query) -> Need | _No | None:
        match query:
            case Not(part):
                denied = replace(self, surely=not self.surely).of(part)
                return denied.need if isinstance(denied, _No) else denied and _No(denied)
            case And(parts):
                return self._all([self.of(part) for part in parts if not isinstance(part, Without)])
            case Or(parts):
                return self._either([self.of(part) for part in parts])
            case When() | Without():
                return None
            case Sense():
                return self._sense(query)
            case _:
                return self._leaf(query)

    def _all(self, found: list[Need | _No | None]) -> Need | _No | None:
        known = [one for one in found if one is not None]
        if self.surely and len(known) < len(found):
            return None
        needs, unwanted = _apart(known)
        if needs:
            return needs[0] if len(known) == 1 else All(needs, unwanted)
        return _No(_any(unwanted)) if unwanted else None

    def _either(self, found: Iterable[Need | _No | None]) -> Need | None:
        every = [_alone(one) for one in found]
        known = [one for one in every if one is not None]
        return _any(known) if known and (self.surely or len(known) == len(every)) else None

    def _leaf(self, query: Near | Where | Term) -> Need | None:
        match query:
            case Near():
                return None if self.surely else self._near(query)
            case Where(field, values):
                return _any(Words((fact(field, value.lower()),)) for value in values)
            case Phrase():
                return self._either(self._row(one.norms, query) for one in sequences(query))
            case Prefix():
                return self._either(self._beginning(one, query) for one in sequences(query))

    def _row(self, norms: tuple[str, ...], term: Term) -> Words | None:
        """Tokens as index words. What follows the last character of Han, kana or Hangul is open: its pair is left out, or begins so."""
        words, begins = paired(list(norms)), is_cjk(norms[-1])
        if begins and len(norms) > 1 and is_cjk(norms[-2]):
            words, begins = words[:-1], False
        known = self.in_order or (len(words) == 1 and term.field in (None, "title"))
        exact = known and not any(map(is_cut, words)) and not (isinstance(term, Phrase) and term.exact)
        return Words(tuple(words), term.field, begins) if exact or not self.surely else None

    def _beginning(self, sequence: Sequence, term: Prefix) -> Need | None:
        if not sequence.beginnings:
            return self._row(sequence.norms, term)
        if self.surely and (sequence.norms or term.field or any(map(is_cut, sequence.beginnings))):
            return None
        begun = _any(Words((form(cut(one)),), begins=True) for one in sequence.beginnings)
        row = self._row(sequence.norms, term) if sequence.norms else None
        return All((row, begun)) if row else begun

    def _near(self, query: Near) -> Need | None:
        """A row that ends in a pair ends a character late, so that one more word may stand between; how words begin stands elsewhere."""
        rows = [[self._row(one.norms, term) for one in sequences(term) if not one.beginnings] for term in (query.left, query.right)]
        if not all(rows):
            return _alone(self._all([self._leaf(query.left), self._leaf(query.right)]))
        return self._either(Close(left, right, query.distance) for left in rows[0] for right in rows[1] if left and right)

    def _sense(self, query: Sense) -> Need | None:
        """One of the terms; what a term asks for beside its words is known of its language only."""
        forms = [one for one in forms_of(query) if not self.surely or _stands_for_itself(one, query)]
        wanted: list[Need | _No | None] = [self._form(one, query) for one in forms]
        if query.literal is not None:
            wanted.append(self.of(query.literal))
        return self._either(wanted) if wanted else None

    def _form(self, one: Form, sense: Sense) -> Need | None:
        pieces = [self._leaf(replace(piece, field=sense.field)) for piece in one.pieces]
        if not one.language or one.key in sense.named:
            return _alone(self._all(list(pieces)))
        spoken = Either((Words((fact("lang", one.language),)), Words((fact("lang", ""),))))
        return _alone(self._all([*pieces, spoken]))


def _stands_for_itself(one: Form, sense: Sense) -> bool:
    """Whether a term counts wherever its words stand in an item of its language."""
    conditions = one.needs or acronyms(one.text) or len(one.pieces) > 1
    return not conditions and not any(map(unless, covered(sense.concepts)))


def _apart(found: list[Need | _No]) -> tuple[tuple[Need, ...], tuple[Need, ...]]:
    return tuple(one for one in found if not isinstance(one, _No)), tuple(one.need for one in found if isinstance(one, _No))


def _alone(found: Need | _No | None) -> Need | None:
    """An index cannot list what does not have something."""
    return None if isinstance(found, _No) else found


def _any(needs: Iterable[Need]) -> Need:
    flat = dict.fromkeys(inner for one in needs for inner in (one.needs if isinstance(one, Either) else (one,)))
    return next(iter(flat)) if len(flat) == 1 else Either(tuple(flat))


def parts(wanted: Need) -> Iterator[Need]:
    """Everything that an item has which has what is wanted."""
    yield wanted
    if isinstance(wanted, All):
        for one in wanted.needs:
            yield from parts(one)


def beginnings(wanted: Need) -> Iterator[Words]:
    """Every single word of which only the beginning is said."""
    match wanted:
        case Words(words, _, begins):
            if begins and len(words) == 1:
                yield wanted
        case All(needs, unwanted):
            for one in (*needs, *unwanted):
                yield from beginnings(one)
        case Either(needs):
            for one in needs:
                yield from beginnings(one)


def spelled_out(wanted: Need, known: Mapping[Words, Collection[str]]) -> Need:
    """The same need with beginnings replaced by the words that begin so."""
    match wanted:
        case Words(_, field, _) if wanted in known:
            return _any([wanted._replace(begins=False), *(Words((word,), field) for word in known[wanted])])
        case All(needs, unwanted):
            return All(tuple(spelled_out(one, known) for one in needs), tuple(spelled_out(one, known) for one in unwanted))
        case Either(needs):
            return _any(spelled_out(one, known) for one in needs)
        case _:
            return wanted


def in_any_order(wanted: Need) -> bool:
    """Whether the need is for words wherever they stand."""
    match wanted:
        case Words(words, field, _):
            return len(words) == 1 and field is None
        case All(needs, unwanted):
            return all(map(in_any_order, (*needs, *unwanted)))
        case Either(needs):
            return all(map(in_any_order, needs))
        case _:
            return False


def fts5(wanted: Need) -> str:
    """The need as an FTS5 expression."""
    match wanted:
        case Words(_, field, _):
            return f"{field} : {_quoted(wanted)}" if field else _quoted(wanted)
        case Close(left, right, distance):
            near = f"NEAR({_quoted(left)} {_quoted(right)}, {distance})"
            return f"{left.field} : {near}" if left.field else near
        case All(needs, unwanted):
            every = f"({' AND '.join(map(fts5, needs))})"
            return f"({every} NOT {fts5(_any(unwanted))})" if unwanted else every
        case Either(needs):
            return f"({' OR '.join(map(fts5, needs))})"


def tsquery(wanted: Need) -> str:
    """The need as a tsquery. Neighbourhood, and fields but for the title, are left out: what is unwanted must not depend on them."""
    match wanted:
        case Words(words, field, begins):
            *others, last = (f"'{in_title(_safe(word)) if field == 'title' else _safe(word)}'" for word in words)
            return f"({' & '.join((*others, f'{last}:*' if begins else last))})"
        case Close(left, right, _):
            return f"({tsquery(left)} & {tsquery(right)})"
        case All(needs, unwanted):
            return f"({' & '.join((*map(tsquery, needs), *(f'!{tsquery(one)}' for one in unwanted)))})"
        case Either(needs):
            return f"({' | '.join(map(tsquery, needs))})"


def _quoted(row: Words) -> str:
    return f'"{" ".join(map(_safe, row.words))}"{" *" if row.begins else ""}'


def _safe(word: str) -> str:
    return _PUNCTUATION.sub("·", word)
