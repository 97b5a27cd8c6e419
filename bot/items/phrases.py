"""Which of many phrases stand in a folded text: one pass finds those that may, each of which is then looked at by itself; pure.

Latin phrases match whole words in any letter case; others stand wherever their signs do, whatever blanks are between. `…` stands for up to
twenty characters, `^` for the beginning of the text, `$` for its end.
"""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick

from bot.watch.folding import fold

_GAP = "…"


class Standing(NamedTuple):
    """A phrase of `key` that stands in a text from `start` to `end`."""

    key: str
    start: int
    end: int


class Phrases:
    """Phrases by what they say. With `plural`, a Latin phrase also matches with an s."""

    def __init__(self, table: Mapping[str, Iterable[str]], *, plural: bool = False) -> None:
        words = [(key, _GAP.join(fold(piece).text for piece in phrase.split(_GAP))) for key, phrases in table.items() for phrase in phrases]
        self._keys = [key for key, _ in words]
        self._patterns = [re.compile(_pattern(word, plural=plural)) for _, word in words]
        self._anchored = frozenset(number for number, (_, word) in enumerate(words) if word.startswith("^"))
        self._automaton = AhoCorasick([_sign(word) for _, word in words])

    def standing(self, text: str) -> list[Standing]:
        """Every place of every phrase in the folded text, in no order."""
        candidates = {number for number, _, _ in self._automaton.find_matches_as_indexes(_squeezed(text), overlapping=True)}
        return [Standing(self._keys[number], *one.span()) for number in candidates for one in self._found(number, text)]

    def _found(self, number: int, text: str) -> Iterable[re.Match[str]]:
        pattern = self._patterns[number]
        return filter(None, (pattern.match(text),)) if number in self._anchored else pattern.finditer(text)


def _squeezed(text: str) -> str:
    """The text without blanks and hyphens."""
    return "".join(text.split()).replace("-", "")


def _sign(word: str) -> str:
    """What must stand in the text without its blanks: the longest piece of the phrase without its own."""
    return max((_squeezed(piece) for piece in word.strip("^$").split(_GAP)), key=len)


def _pattern(word: str, *, plural: bool) -> str:
    plain = word.strip("^$")
    written = r".{0,20}?".join(_loose(piece.strip()) for piece in plain.split(_GAP))
    left = r"^\W{0,3}" if word.startswith("^") else ""
    if not left and _is_latin(plain[:1]):
        # Looking back only after the first letter lets the expression jump from one such letter to the next.
        left, written = rf"{plain[0]}(?<![a-z0-9]{plain[0]})", written[1:]
    right = r"\W{0,3}$" if word.endswith("$") else rf"{'s?' if plural else ''}(?![a-z0-9])" if _is_latin(plain[-1:]) else ""
    return left + written + right


def _is_latin(sign: str) -> bool:
    return sign.isascii() and sign.isalnum()


def _loose(piece: str) -> str:
    """A piece of a phrase: blanks between signs of East Asia do not matter, those between Latin words may be any."""
    if piece.isascii():
        return re.escape(piece).replace(r"\ ", r"\s+").replace(r"\-", r"[-\s]?")
    return r"\s?".join(map(re.escape, piece.replace(" ", "")))
