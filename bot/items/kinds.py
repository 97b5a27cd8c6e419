"""What a document is and how far it has come, by the words of its title and by where it stands; pure.

The words stand in data/kinds.toml. A draft mark beats the final form of the same word. What the press writes is an article, whatever it is
about: the draft it tells of is another document.
"""

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

from bot.items.phrases import Phrases, Standing
from bot.messages import keep
from bot.model import Item
from bot.watch.fields import DOC_TYPES
from bot.watch.folding import folded_lately

ARTICLE = "news_article"
# The words of statuses in the order in which they decide.
_STATUSES = ("withdrawn", "corrected", "draft", "final")
_TITLE = 400


class Said(NamedTuple):
    """A value, and the words that say so: `text` is a part of the title, or a sentence of ours where no words say it."""

    value: str
    text: str


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind, and the kinds of a source that its words outweigh. Its words are told by its `name`, those it is none of by `unless`."""

    type: str
    over: frozenset[str]
    name: str
    unless: str


@dataclass(frozen=True, slots=True)
class _Kinds:
    phrases: Phrases
    kinds: tuple[_Kind, ...]
    final_by_itself: frozenset[str]


@lru_cache(maxsize=1)
def _kinds() -> _Kinds:
    table = tomllib.loads((files("bot.items") / "data" / "kinds.toml").read_text(encoding="utf-8"))
    phrases: dict[str, list[str]] = {name: table["status"][name] for name in _STATUSES}
    kinds = []
    for number, one in enumerate(table["kind"]):
        kind = _Kind(one["type"], frozenset(one["over"]), f"{number} words", f"{number} unless")
        phrases |= {kind.name: one["words"], kind.unless: one.get("unless", [])}
        kinds.append(kind)
    return _Kinds(Phrases(phrases), tuple(kinds), frozenset(table["final_by_itself"]))


class Title:
    """A title, read once for all that its words may say."""

    def __init__(self, title: str) -> None:
        self._text = title[:_TITLE]
        self._folded = folded_lately(self._text)
        self._said: dict[str, Standing] = {}
        for one in _kinds().phrases.standing(self._folded.text):
            known = self._said.get(one.key)
            if known is None or one.end - one.start > known.end - known.start:
                self._said[one.key] = one

    def says(self, name: str) -> str:
        """The longest words of that name in the title; "" if there are none."""
        found = self._said.get(name)
        return self._text[self._folded.start(found.start) : self._folded.end(found.end)] if found else ""


def kind(item: Item, title: Title) -> Said:
    """What an item is. Its source's own kind is what it is without better words; "" if nothing says it."""
    own = item.doc_type
    if item.tier == "trade" or own == ARTICLE:
        return Said(ARTICLE, keep("published by the trade press"))
    for one in _kinds().kinds:
        if (own not in DOC_TYPES or own in one.over) and (words := title.says(one.name)) and not title.says(one.unless):
            return Said(one.type, words)
    return Said(own, keep("what its source publishes")) if own else Said("", "")


def status(doc_type: str, title: Title) -> Said:
    """How far an item of this kind has come: `draft`, `final`, `corrected`, `withdrawn`, or "" where that is no question."""
    if doc_type == ARTICLE:
        return Said("", "")
    finite = doc_type in _kinds().final_by_itself
    for name in _STATUSES:
        words = title.says(name)
        if words and (name != "final" or finite or doc_type == "law"):
            return Said(name, words)
    return Said("final", keep("its title has no mark of a draft")) if finite else Said("", "")
