"""A need as FTS5 and PostgreSQL read it; no character that a person typed passes but letters and digits of the normal form. Pure."""

import re
from functools import lru_cache

from bot.store.needs import All, Close, Either, Need, Words, any_of
from bot.store.word_index import WEIGHTS

_PUNCTUATION = re.compile(r"[\x00-\x2f\x3a-\x60\x7b-\x7f]")


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
            return f"({every} NOT {fts5(any_of(unwanted))})" if unwanted else every
        case Either(needs):
            return f"({' OR '.join(map(fts5, needs))})"


def tsquery(wanted: Need) -> str:
    """The need as a tsquery; how close two rows of words stand is left out: what is unwanted must not depend on it."""
    match wanted:
        case Words(words, field, begins):
            where = WEIGHTS[field] if field else ""
            *others, last = (f"'{_safe(word)}'" for word in words)
            row = (*(f"{one}:{where}" if where else one for one in others), f"{last}:{'*' * begins}{where}" if begins or where else last)
            return f"({' <-> '.join(row)})"
        case Close(left, right, _):
            return f"({tsquery(left)} & {tsquery(right)})"
        case All(needs, unwanted):
            return f"({' & '.join((*map(tsquery, needs), *(f'!{tsquery(one)}' for one in unwanted)))})"
        case Either(needs):
            return f"({' | '.join(map(tsquery, needs))})"


def _quoted(row: Words) -> str:
    return f'"{" ".join(map(_safe, row.words))}"{" *" if row.begins else ""}'


@lru_cache(maxsize=65_536)
def _safe(word: str) -> str:
    return _PUNCTUATION.sub("·", word)
