"""One form for each character, with its way back: the character half of the normal form.

Full and half width, ligatures, letter case, Latin accents, traditional and Japanese Han forms, dashes and apostrophes are folded, and
so are the ways to write one katakana word (ウィルス, ウイルス; ヴァ, バ; 3ヶ月, 3か月); the long mark that may end one is not read;
zero-width, bidirectional and other invisible marks are gone. Texts that are canonically equal fold alike, however they are composed.
`Folded.start(i)` and `Folded.end(i)` are offsets into the original text.
"""

import json
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files

_AWKWARD = "\uffff"  # stands where one character does not become exactly one by itself; Unicode promises never to use it
_LONGEST_CLUSTER = 32  # normalising a longer heap of marks costs the square of its length
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0"
    "\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_DASHES = dict.fromkeys("‐‑‒–—―⁃−﹘﹣－", "-")
_APOSTROPHES = dict.fromkeys("’‘ʼ＇′`´", "'")
_SILENT = "\ufdd0"  # stands for a mark that is not read; another character that Unicode promises never to use
# サーバー is サーバ, センター is センタ: the long mark that ends a katakana word of three signs or more may be left out (JIS Z 8301).
_LONG_END = re.compile("(?<=[ァ-ヺー]{2}[ァ-ヺ])ー(?![ァ-ヺー])")
# サーヴェイランス is サーベイランス, and レヴュー レビュー.
_V = re.compile("ヴ(?:([アイエオ])|(?=(ユ)))?")
_B = dict(zip(("", *"アイエオユ"), "ブバビベボビ", strict=True))
# 3ヶ月, 3ケ月, 3ヵ月, 3カ月 and 3か月 are three months.
_COUNTED = re.compile("(?<=[0-9〇一二三四五六七八九十百数何])[ケカか](?=[月所国年条])")
# フィルム is フイルム and ジェネリック ジエネリック: whether a katakana is small is not read; ヂ is ジ, and ヷ to ヺ are ヴ with its vowel.
_KATAKANA = dict(zip("ァィゥェォッャュョヮヵヶヂヅヷヸヹヺ", "アイウエオツヤユヨワカケジズバビベボ", strict=True))
_SPECIAL_LATIN = {"ø": "o", "ł": "l", "đ": "d", "ı": "i", "ħ": "h", "ŧ": "t"}  # letters with strokes, which have no decomposition


def _han() -> dict[str, str]:
    folds: dict[str, str] = json.loads((files("bot.watch") / "data" / "han.json").read_text(encoding="utf-8"))["folds"]
    return {variant: kept for kept, variants in folds.items() for variant in variants}


_ONE_TO_ONE = {**_DASHES, **_APOSTROPHES, **_SPECIAL_LATIN, **_KATAKANA, **_han()}


class Folded:
    """A text folded: `text` is the normal form, `start` and `end` lead from its characters to the original's."""

    __slots__ = ("_ends", "_starts", "text")

    def __init__(self, text: str, starts: list[int] | None = None, ends: list[int] | None = None) -> None:
        self.text = text
        self._starts = starts
        self._ends = ends

    def start(self, index: int) -> int:
        """Where the original of the folded character at `index` begins."""
        return index if self._starts is None else self._starts[index]

    def end(self, index: int) -> int:
        """Where the original of the folded character before `index` ends, with a mark after it that is not read."""
        last = index + (self.text[index : index + 1] == _SILENT)
        return last if self._ends is None else self._ends[last - 1]


def fold(text: str) -> Folded:
    """The normal form of `text`, character by character; takes time linear in its length."""
    if text.isascii():
        return Folded(text.lower().replace("`", "'"))
    folded = "".join(map(_FOLDS.__getitem__, text))
    found = _piecewise(text, folded) if _AWKWARD in folded else Folded(folded)
    found.text = _japanese(found.text)
    return found


def folded_lately(text: str) -> Folded:
    """`fold` for those who look at the same texts one after the other: the few of an item, or the short ones of all items of a poll."""
    return _short(text) if len(text) <= _SHORT else _long(text)


_SHORT = 2_000
_short = lru_cache(maxsize=2_048)(fold)
_long = lru_cache(maxsize=16)(fold)


def _japanese(text: str) -> str:
    """The ways to write one word that take more than one character to tell; as long as before."""
    if "ヴ" in text:
        text = _V.sub(lambda found: _B[found[1] or found[2] or ""] + _SILENT * bool(found[1]), text)
    if "月" in text or "所" in text or "国" in text or "年" in text or "条" in text:
        text = _COUNTED.sub("ケ", text)
    return _LONG_END.sub(_SILENT, text) if "ー" in text else text


def _piecewise(text: str, folded: str) -> Folded:
    """Copies what folds one to one, and folds what does not together with the character it leans on."""
    pieces, starts, ends = [], list[int](), list[int]()
    done = 0
    for match in re.finditer(f"[^{_AWKWARD}]?{_AWKWARD}+", folded):
        plain = range(done, match.start())
        pieces.append(folded[done : match.start()])
        starts.extend(plain)
        ends.extend(range(plain.start + 1, plain.stop + 1))
        for start, end in _clusters(text, match.start(), match.end()):
            piece = _fold_cluster(text[start:end])
            pieces.append(piece)
            starts.extend([start] * len(piece))
            ends.extend([_visible_end(text, start, end)] * len(piece))
        done = match.end()
    pieces.append(folded[done:])
    starts.extend(range(done, len(text)))
    ends.extend(range(done + 1, len(text) + 1))
    return Folded("".join(pieces), starts, ends)


def _clusters(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Cuts into a character and the marks that lean on it, so that the pieces can be normalised one by one."""
    begin = start
    for index in range(start + 1, end):
        if index - begin >= _LONGEST_CLUSTER or not _leans(text[index]):
            yield begin, index
            begin = index
    yield begin, end


def _visible_end(text: str, start: int, end: int) -> int:
    while end > start + 1 and _UNSEEN.match(text[end - 1]):
        end -= 1
    return end


def _leans(character: str) -> bool:
    """Whether a character may combine with the one before: marks, vowels and finals of decomposed Hangul, invisible ones."""
    parts = unicodedata.normalize("NFKD", character)
    return bool(_UNSEEN.match(character)) or all(unicodedata.category(part)[0] == "M" or "\u1161" <= part <= "\u11c2" for part in parts)


def _fold_cluster(cluster: str) -> str:
    seen = "".join(map(_apart, _UNSEEN.sub("", cluster)))
    composed = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", seen).casefold())
    return "".join(_ONE_TO_ONE.get(character, character) for character in map(_bare, composed) for character in character)


def _apart(character: str) -> str:
    """Signs that stand for words or numbers, such as ™, ², ½, ㎎ and Ⅳ, do not melt into what is beside them."""
    meant = character if character.isascii() else unicodedata.normalize("NFKC", character)
    stands_alone = meant != character and (" " in meant or unicodedata.category(character) in ("No", "Nl", "So"))
    return f" {meant} " if stands_alone else character


def _bare(character: str) -> str:
    """A Latin letter without its accents; every other character as it is, save loose accents left behind by Latin letters."""
    if character.isascii() or not (base := unicodedata.normalize("NFKD", character)):
        return character
    if "a" <= base[0] <= "z" or "\u0300" <= base[0] <= "\u036f":
        return "".join(part for part in base if not unicodedata.combining(part))
    return {"æ": "ae", "œ": "oe"}.get(character, character)


class _Folds(dict[str, str]):
    """What each character becomes alone, learned as characters turn up."""

    def __missing__(self, character: str) -> str:
        folded = _fold_cluster(character)
        self[character] = folded if len(folded) == 1 and not _leans(character) else _AWKWARD
        return self[character]


_FOLDS = _Folds()
