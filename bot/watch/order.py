"""How the items a search found are ordered: newest first, or by relevance when its words say `sort:relevance`."""

import re
from collections import Counter
from collections.abc import Sequence
from math import log
from typing import Literal

from bot.errors import UserMistake
from bot.model import Evidence, FieldName, Item
from bot.watch.nodes import DOUBLE_QUOTES

Order = Literal["newest", "relevance"]

_ORDERS: dict[str, Order] = {
    **dict.fromkeys(("newest", "new", "date", "time", "latest"), "newest"),
    **dict.fromkeys(("relevance", "relevant", "best", "score", "rank"), "relevance"),
}  # fmt: skip
_SORT = re.compile(r"(?<!\S)sort\s*[:：]\s*(\S*)", re.IGNORECASE)
_QUOTE = re.compile(f"[{DOUBLE_QUOTES}]")
_WEIGHTS: dict[FieldName, float] = {"title": 4.0, "summary": 2.0, "text": 1.0}


def read(text: str) -> tuple[str, Order]:
    """The words without `sort:`, and the order it asks for, newest first if none; UserMistake for an order there is not.

    Within quotation marks it is part of the query. Blanks take its place, so that positions in the words stay true.
    """
    order: Order = "newest"
    for found in _SORT.finditer(text):
        if len(_QUOTE.findall(text[: found.start()])) % 2:
            continue
        if found[1].casefold() not in _ORDERS:
            hint = "Write sort:relevance, or leave it out for newest first."
            raise UserMistake("A search is sorted by newest or by relevance.", hint=hint, text=text, position=found.start(1))
        order = _ORDERS[found[1].casefold()]
        text = text[: found.start()] + " " * len(found[0]) + text[found.end() :]
    return text, order


def by_relevance(found: Sequence[tuple[Item, tuple[Evidence, ...]]]) -> list[Item]:
    """The items, most relevant first; those that are as relevant stay in their order.

    A word counts for more in a title than in a summary or text, and the fewer of the items have it; saying it again adds little.
    """
    having = Counter(word for _, evidence in found for word in {_word(one) for one in evidence})
    rarity = {word: log(1 + len(found) / count) for word, count in having.items()}
    scored = sorted(found, key=lambda pair: -_score(pair[1], rarity))
    return [item for item, _ in scored]


def _score(evidence: tuple[Evidence, ...], rarity: dict[str, float]) -> float:
    said = Counter((_word(one), one.field) for one in evidence)
    return sum(rarity[word] * _WEIGHTS[field] * (1 + 0.25 * log(times)) for (word, field), times in said.items())


def _word(one: Evidence) -> str:
    """What was meant: every term of a concept is the same word."""
    return one.concept or one.term
