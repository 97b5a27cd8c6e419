"""A term of a query → the sequences of tokens that say it.

What matches, narrows and explains reads terms only through here, so that a term's sequences may come from more than its own words.
"""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from bot.watch.nodes import Phrase, Prefix, Term
from bot.watch.text import is_cjk, norm, readings, spellings

MOST_PLACES = 20
"""Evidence names at most so many places of one term in one item."""


class Sequence(NamedTuple):
    """Tokens in a row: first these by their `norms`, then, if there are `beginnings`, one that begins in one of these ways."""

    norms: tuple[str, ...]
    beginnings: tuple[str, ...] = ()

    def __len__(self) -> int:
        return self.norms.__len__() + bool(self.beginnings)


@lru_cache(maxsize=65_536)
def sequences(term: Term) -> tuple[Sequence, ...]:
    """The sequences that say a term: one for each way to read what was typed."""
    found = (_sequence(reading.forms, begins=isinstance(term, Prefix)) for reading in readings(term.text))
    return tuple(dict.fromkeys(found))


def _sequence(forms: list[str], *, begins: bool) -> Sequence:
    # a character of Han, kana or Hangul is a token, and what follows it does not matter anyway
    if begins and not is_cjk(forms[-1]):
        return Sequence(tuple(map(norm, forms[:-1])), spellings(forms[-1]))
    return Sequence(tuple(map(norm, forms)))


def begins_so(form: str, beginnings: tuple[str, ...]) -> bool:
    """Whether a word, in its own or in American spelling, begins in one of these ways."""
    return any(spelling.startswith(beginnings) for spelling in spellings(form))


@lru_cache(maxsize=4_096)
def exact_text(term: Phrase) -> str:
    """What an exact phrase compares with: its text from the first token to the last, as written."""
    reading = readings(term.text)[0]
    start, end = reading.place(0, len(reading.forms) - 1)
    return as_written(term.text[start:end])


def as_written(text: str) -> str:
    """A text for exact comparison: letter case kept, width and blanks evened out."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text))


def label(term: Term) -> str:
    """How evidence names a term."""
    return f"{term.text}*" if isinstance(term, Prefix) else term.text
