"""How the items a search found are ordered: newest first, or by relevance when its words say `sort:relevance`."""

import re
from collections.abc import Collection, Sequence
from functools import partial
from math import log
from typing import Literal, NamedTuple

from bot.errors import UserMistake
from bot.messages import say
from bot.watch.nodes import DOUBLE_QUOTES

Order = Literal["newest", "relevance"]

_ORDERS: dict[str, Order] = {
    **dict.fromkeys(("newest", "new", "date", "time", "latest"), "newest"),
    **dict.fromkeys(("relevance", "relevant", "best", "score", "rank"), "relevance"),
}  # fmt: skip
_SORT = re.compile(r"(?<!\S)sort\s*[:：]\s*(\S*)", re.IGNORECASE)
_QUOTE = re.compile(f"[{DOUBLE_QUOTES}]")
_IN_TITLE = 3.0


class Said(NamedTuple):
    """A word, phrase or concept of a query: which of what was found say it `anywhere`, and which in their titles."""

    anywhere: Collection[int]
    in_title: Collection[int]


def read(text: str) -> tuple[str, Order]:
    """The words without `sort:`, and the order it asks for, newest first if none; UserMistake for an order there is not.

    Within quotation marks it is part of the query. Blanks take its place, so that positions in the words stay true.
    """
    order: Order = "newest"
    for found in _SORT.finditer(text):
        if len(_QUOTE.findall(text[: found.start()])) % 2:
            continue
        if found[1].casefold() not in _ORDERS:
            hint = say("Write sort:relevance, or leave it out for newest first.")
            raise UserMistake(say("A search is sorted by newest or by relevance."), hint=hint, text=text, position=found.start(1))
        order = _ORDERS[found[1].casefold()]
        text = text[: found.start()] + " " * len(found[0]) + text[found.end() :]
    return text, order


def by_relevance(found: Sequence[int], words: Sequence[Said]) -> list[int]:
    """What was found, most relevant first; what is as relevant stays in its order.

    A word counts for more the fewer of them say it, and for more in a title. Every term of a concept is the same word.
    """
    rarity = [log(1 + len(found) / len(word.anywhere or found)) for word in words]
    return sorted(found, key=lambda one: -sum(map(partial(_score, one), words, rarity)))


def _score(one: int, word: Said, rarity: float) -> float:
    return rarity * (_IN_TITLE if one in word.in_title else one in word.anywhere)
