"""What an item must have in the index for a query to hold: a tree of words, and how FTS5 and tsquery say it.

An item for which the query holds always has it; whether one that has it holds is not said. What a query does not want plays no part.
Pure: nothing here touches a database, and no character a person typed passes but letters and digits of the normal form.
"""

import re
from typing import NamedTuple, Union

from bot.store.word_index import fact
from bot.watch.nodes import TEXT_FIELDS, And, Near, Not, Or, Phrase, Query, Sense, Term, When, Where, Without
from bot.watch.terms import Sequence, sequences
from bot.watch.text import cut, is_cjk, paired
from bot.watch.thesaurus import expand, forms_of

_PUNCTUATION = re.compile(r"[\x00-\x2f\x3a-\x60\x7b-\x7f]")


class Words(NamedTuple):
    """Index words in a row, in one of these columns; `begins` means that the last one may go on."""

    words: tuple[str, ...]
    columns: tuple[str, ...]
    begins: bool = False


class All(NamedTuple):
    """All of the needs."""

    needs: "tuple[Need, ...]"


class Either(NamedTuple):
    """One of the needs."""

    needs: "tuple[Need, ...]"


Need = Union[Words, All, Either]  # noqa: UP007  the names are not all bound yet for |


def need(query: Query) -> Need | None:
    """What an item must have for the query to hold; None if the index cannot tell."""
    return _need(expand(query), positive=True)


def _need(query: Query, *, positive: bool) -> Need | None:
    """What an item must have for the query to hold or, not `positive`, to fail."""
    match query:
        case Not(part):
            return _need(part, positive=not positive)
        case And(parts) | Or(parts):
            needs = [_need(part, positive=positive) for part in parts]
            return _all(needs) if isinstance(query, And) == positive else _either(needs)
        case When() | Without():
            return None
        case Sense():
            return _sense(query) if positive else None
        case _:
            return _leaf(query) if positive else None


def _sense(query: Sense) -> Need | None:
    """One of the terms; what else a term asks for is not looked at."""
    wanted: list[Need | None] = [All(tuple(_term(Phrase(piece.text, query.field)) for piece in form.pieces)) for form in forms_of(query)]
    if query.literal is not None:
        wanted.append(_need(query.literal, positive=True))
    return _either(wanted) if wanted else None


def _leaf(query: Near | Where | Term) -> Need:
    match query:
        case Near(left, right):
            return All((_term(left), _term(right)))
        case Where(field, values):
            return Either(tuple(Words((fact(field, value.lower()),), ("facts",)) for value in values))
        case _:
            return _term(query)


def _all(needs: list[Need | None]) -> Need | None:
    known = tuple(one for one in needs if one is not None)
    return All(known) if known else None


def _either(needs: list[Need | None]) -> Need | None:
    return None if None in needs else Either(tuple(one for one in needs if one is not None))


def _term(term: Term) -> Need:
    columns = (term.field,) if term.field else TEXT_FIELDS
    return Either(tuple(_sequence(sequence, columns) for sequence in sequences(term)))


def _sequence(sequence: Sequence, columns: tuple[str, ...]) -> Need:
    parts: list[Need] = [_row(sequence.norms, columns)] if sequence.norms else []
    if sequence.beginnings:
        # a beginning is sought in the words as written, which know nothing of their neighbours
        parts.append(Either(tuple(Words((cut(beginning),), (*columns, "forms"), begins=True) for beginning in sequence.beginnings)))
    return All(tuple(parts))


def _row(norms: tuple[str, ...], columns: tuple[str, ...]) -> Words:
    """Tokens as index words. What follows the last character of Han, kana or Hangul is open: its pair is left out, or begins so."""
    words = paired(list(norms))
    if not is_cjk(norms[-1]):
        return Words(tuple(words), columns)
    if len(norms) > 1 and is_cjk(norms[-2]):
        return Words(tuple(words[:-1]), columns)
    return Words(tuple(words), columns, begins=True)


def fts5(wanted: Need) -> str:
    """The need as an FTS5 expression."""
    match wanted:
        case Words(words, columns, begins):
            return f'{{{" ".join(columns)}}} : "{" ".join(map(_safe, words))}"{" *" if begins else ""}'
        case All(needs):
            return f"({' AND '.join(map(fts5, needs))})"
        case Either(needs):
            return f"({' OR '.join(map(fts5, needs))})"


def tsquery(wanted: Need) -> str:
    """The need as a tsquery; neighbourhood and columns are left to the query's own evaluation."""
    match wanted:
        case Words(words, _, begins):
            *others, last = (f"'{_safe(word)}'" for word in words)
            return f"({' & '.join((*others, f'{last}:*' if begins else last))})"
        case All(needs):
            return f"({' & '.join(map(tsquery, needs))})"
        case Either(needs):
            return f"({' | '.join(map(tsquery, needs))})"


def _safe(word: str) -> str:
    return _PUNCTUATION.sub("·", word)
