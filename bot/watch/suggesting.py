"""A term whose exclusion would have spared people much that they dismissed, and nothing that they kept: proposed, never applied. Pure."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.messages import count, say
from bot.model import Item
from bot.watch.glossary import Glossary
from bot.watch.nodes import Not, Phrase, Query, Where, all_of, show
from bot.watch.query import holds, parse

LEAST, SHARE = 3, 0.4
"""What an exclusion must remove to be worth proposing: so many of the dismissed items, and such a part of them."""
_TRIED = 24
_WORD = re.compile(r"[^\W\d_]{4,40}")
_FIELDS = ("country", "type", "product", "lang")
# Said of items that are what the watchlist is for, only not now.
_NOT_ABOUT_IT = re.compile(r"\b(duplicate|already|known|old news|seen|repeat)", re.IGNORECASE)


@dataclass(frozen=True)
class Judged:
    """What people made of the items a watchlist found: dismissed with a reason, kept, or not decided about."""

    dismissed: tuple[tuple[Item, str], ...] = ()
    kept: tuple[Item, ...] = ()
    undecided: tuple[Item, ...] = ()


@dataclass(frozen=True)
class Suggestion:
    """The exclusion, the query with it, and what it would have removed: so many of the dismissed and of those not decided about."""

    without: str
    query: str
    removed: int
    dismissed: int
    kept: int
    undecided: int


def suggestion(query: Query, judged: Judged, now: datetime, own: Glossary | None = None) -> Suggestion | None:
    """The exclusion that removes most of what was dismissed, at least LEAST and SHARE of it, and none of what was kept.

    None if nothing was kept to tell by, if no exclusion is good enough, or if it would take most of what nobody decided about.
    """
    dismissed = [(item, why) for item, why in judged.dismissed if not _NOT_ABOUT_IT.search(why)]
    if len(dismissed) < LEAST or not judged.kept:
        return None
    for term in _candidates(dismissed, judged.kept):
        made = _tried(query, term, dismissed, judged, now, own)
        if made is not None:
            return made
    return None


def excluding(query: Query, without: str) -> str:
    """The text of the query without what the words, or the field and its value, find."""
    field, colon, value = without.partition(":")
    part: Query = Where(field, (value,)) if colon and field in _FIELDS else Phrase(without)
    return show(all_of([query, Not(part)]))


def words(found: Suggestion) -> str:
    """`Excluding “veterinary” would have removed 11 of 13 dismissed items and none of the 9 you kept.`"""
    more = say(" It would also have removed {n} that nobody decided about.", n=found.undecided) if found.undecided else ""
    told = count(
        "Excluding “{term}” would have removed {removed} of {n} dismissed item and none of the {kept} you kept.",
        "Excluding “{term}” would have removed {removed} of {n} dismissed items and none of the {kept} you kept.",
        found.dismissed,
        term=found.without,
        removed=found.removed,
        kept=found.kept,
    )
    return told + more


def _candidates(dismissed: Sequence[tuple[Item, str]], kept: Iterable[Item]) -> list[str]:
    """What many of the dismissed items say or are and no kept one does, the most common first; what a reason names before others."""
    barred = {term for item in kept for term in _said(item)}
    counted = Counter(term for item, _ in dismissed for term in _said(item) if term not in barred)
    reasons = " ".join(why.casefold() for _, why in dismissed)
    enough = [(term, count) for term, count in counted.items() if count >= LEAST]
    ranked = sorted(enough, key=lambda one: (-one[1], one[0] not in reasons, ":" in one[0], one[0]))
    return [term for term, _ in ranked[:_TRIED]]


def _said(item: Item) -> set[str]:
    found = {one.casefold() for one in _WORD.findall(f"{item.title} {item.summary}")}
    return found | set(_fields(item))


def _fields(item: Item) -> Iterator[str]:
    values = {"country": (item.country,), "type": (item.doc_type,), "product": item.product_types, "lang": (item.language,)}
    for field, held in values.items():
        yield from (f"{field}:{one}" for one in held if one)


def _tried(
    query: Query, term: str, dismissed: Sequence[tuple[Item, str]], judged: Judged, now: datetime, own: Glossary | None
) -> Suggestion | None:
    """The exclusion held against every item with the query it makes, as the matcher would."""
    text = excluding(query, term)
    made = parse(text, limit=len(text), own=own) if own else parse(text, limit=len(text))

    def lost(items: Iterable[Item]) -> int:
        return sum(holds(made, one, now=now) is None for one in items)

    removed = lost(one for one, _ in dismissed)
    undecided = lost(judged.undecided)
    too_much = undecided > max(2, len(judged.undecided) // 2)
    if removed < max(LEAST, SHARE * len(dismissed)) or too_much or lost(judged.kept):
        return None
    return Suggestion(term, text, removed, len(dismissed), len(judged.kept), undecided)
