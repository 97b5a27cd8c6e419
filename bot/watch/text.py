"""One normal form for all text and all terms: what a person writes → tokens that can be compared.

A token is a word of letters, a number, or a single character of Han, kana or Hangul, so that a phrase of those is found whatever
the blanks and whatever particle follows. Letters and digits part (`COVID19` reads as `COVID 19`), punctuation only separates, and an
English possessive ending is dropped. A word written with a hyphen after a beginning such as de-, non-, multi- is read twice:
its parts apart, and joined. Offsets point into the text as written.
"""

import re
from functools import cached_property, lru_cache
from itertools import pairwise
from operator import add
from typing import NamedTuple

from bot.watch.folding import Folded, fold, folded_lately
from bot.watch.spelling import american, stem

_CJK = (
    "\u1100-\u11ff\u3005-\u3007\u3021-\u3029\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3105-\u312f\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7a3\ud7b0-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff"
)
_LETTERS = rf"[^\W\d_{_CJK}]"
_POSSESSIVE = rf"(?<={_LETTERS}')s(?!{_LETTERS})"
_BEGINNINGS = (
    "anti|auto|bench|bi|bio|cardio|co|counter|cross|cyber|de|data|e|extra|follow|guide|health|hyper|hypo|immuno|infra|inter|intra|life|macro"
    "|mega|meta|micro|mid|mini|mono|multi|nano|neuro|non|off|on|over|para|pharmaco|photo|poly|post|pre|pro|pseudo|psycho|quasi|radio|re|semi"
    "|sub|super|tele|trans|tri|ultra|un|under|uni|web"
)
_TOKEN = re.compile(rf"[{_CJK}]|(?!{_POSSESSIVE}){_LETTERS}+|\d+")
_JOINABLE = re.compile(rf"(?<![^\W_])(?:(?:{_BEGINNINGS})-)+{_LETTERS}{{2,}}")
_TOKEN_JOINED = re.compile(rf"{_JOINABLE.pattern}|{_TOKEN.pattern}")
_INDEXED = re.compile(_TOKEN.pattern.replace(f"[{_CJK}]|", f"[{_CJK}]+|", 1))
_INDEXED_ASCII = re.compile(r"[a-z]+|[0-9]+")
_INDEXED_JOINED = re.compile(f"{_JOINABLE.pattern}|{_INDEXED.pattern}")
_LONGEST_TERM = 64  # an index has a limit to the length of its words; longer ones meet by their beginning
_BORDER = "·"
_IS_CJK = re.compile(rf"[{_CJK}]")


class Token(NamedTuple):
    """`norm` is what is compared, `form` the folded word before stemming, `start` and `end` offsets into the text as written."""

    norm: str
    start: int
    end: int
    form: str


class Reading:
    """A text read as tokens. They and their places come only when asked for: most texts match nothing."""

    def __init__(self, folded: Folded, *, joined: bool) -> None:
        self._folded = folded
        self._joined = joined

    @cached_property
    def forms(self) -> list[str]:
        """The words as folded, each character of Han, kana or Hangul one of its own."""
        return self._found(_TOKEN_JOINED if self._joined else _TOKEN)

    @cached_property
    def runs(self) -> list[str]:
        """The words as folded, characters of Han, kana and Hangul together as long as nothing is between them."""
        return self._found(_INDEXED_JOINED if self._joined else _INDEXED)

    @cached_property
    def length(self) -> int:
        """How many tokens it has."""
        return sum(len(word) if is_cjk(word) else 1 for word in self.runs)

    def _found(self, pattern: re.Pattern[str]) -> list[str]:
        words: list[str] = pattern.findall(self._folded.text)
        return [word.replace("-", "") for word in words] if self._joined else words

    @cached_property
    def _places(self) -> list[tuple[int, int]]:
        pattern = _TOKEN_JOINED if self._joined else _TOKEN
        return [match.span() for match in pattern.finditer(self._folded.text)]

    def place(self, first: int, last: int) -> tuple[int, int]:
        """Start and end, in the text as written, of the tokens `first` to `last`, both included."""
        return self._folded.start(self._places[first][0]), self._folded.end(self._places[last][1])


def readings(text: str) -> list[Reading]:
    """The readings of a text: with hyphenated words apart, and joined if that makes a difference."""
    folded = fold(text)
    apart = Reading(folded, joined=False)
    if "-" in folded.text and _JOINABLE.search(folded.text):
        return [apart, Reading(folded, joined=True)]
    return [apart]


def tokens(text: str) -> list[Token]:
    """The tokens of a text, hyphenated words apart."""
    return _of(Reading(fold(text), joined=False))


def norms(text: str) -> tuple[str, ...]:
    """What the tokens of a text are compared by, hyphenated words apart."""
    return tuple(map(norm, Reading(fold(text), joined=False).forms))


def token_readings(text: str) -> list[list[Token]]:
    """The tokens of each reading of a text."""
    return [_of(reading) for reading in readings(text)]


def _of(reading: Reading) -> list[Token]:
    return [Token(norm(form), *reading.place(index, index), form) for index, form in enumerate(reading.forms)]


def norm(form: str) -> str:
    """What a folded word is compared by: its American spelling's English stem; everything else is itself."""
    return stem(form)


@lru_cache(maxsize=65_536)
def is_cjk(form: str) -> bool:
    """Whether a token is a single character of Han, kana or Hangul."""
    return not form.isascii() and bool(_IS_CJK.match(form))


@lru_cache(maxsize=65_536)
def spellings(form: str) -> tuple[str, ...]:
    """The spellings by which a word and the beginning of one may meet: its own, and the American one if that differs."""
    other = american(form)
    return (form,) if other == form else (form, other)


class Indexed(NamedTuple):
    """What a search index keeps of a text: its `terms` in order, and each of the `forms` in which it writes its words."""

    terms: list[str]
    forms: list[str]


def indexed(text: str) -> Indexed:
    """The terms and forms of a text. A second reading of it follows the first, after a border that no phrase reaches over.

    Terms are stems, and overlapping pairs of Han, kana or Hangul; the last character of such a run stands alone, so a single
    character is found as the beginning of a word. Forms are the words as written (folded, and in American spelling too): what the
    beginning of a word is sought in, since a stem hides it.
    """
    if not text:
        return Indexed([], [])
    folded = folded_lately(text).text
    # An expression for ASCII alone reads it in half the time; only the end of a possessive needs the whole one.
    plain = _INDEXED_ASCII if folded.isascii() and "'" not in folded else _INDEXED
    terms, words = _indexed(plain.findall(folded))
    if "-" in folded and _JOINABLE.search(folded):
        again, joined = _indexed([word.replace("-", "") for word in _INDEXED_JOINED.findall(folded)])
        terms, words = [*terms, _BORDER, *again], words | joined
    return Indexed(terms, list(dict.fromkeys(form for word in words for form in _forms(word))))


def _indexed(found: list[str]) -> tuple[list[str], dict[str, None]]:
    """Terms, and the words that are not Han, kana or Hangul. Runs of those read on across blanks and punctuation."""
    if "".join(found).isascii():
        return list(map(_term, found)), dict.fromkeys(found)
    terms: list[str] = []
    words: dict[str, None] = {}
    run = ""
    for word in found:
        if not word.isascii() and _IS_CJK.match(word):
            run += word
            continue
        if run:
            terms += _pairs(run)
            run = ""
        words[word] = None
        terms.append(_term(word))
    return terms + _pairs(run), words


def _pairs(run: str) -> list[str]:
    return [*map(add, run, run[1:]), run[-1:]] if run else []


@lru_cache(maxsize=65_536)
def _term(word: str) -> str:
    return cut(norm(word))


@lru_cache(maxsize=65_536)
def _forms(word: str) -> tuple[str, ...]:
    return tuple(map(cut, spellings(word)))


def paired(norms: list[str]) -> list[str]:
    """Tokens as an index keeps them: a character of Han, kana or Hangul together with the next one, if that is one too."""
    followed = pairwise([*norms, ""])
    return [one + after if is_cjk(one) and is_cjk(after) else cut(one) for one, after in followed]


def cut(term: str) -> str:
    """A word at the length an index can keep."""
    return term[:_LONGEST_TERM]


def is_cut(term: str) -> bool:
    """Whether an index may know several words by this one: it has the greatest length."""
    return len(term) >= _LONGEST_TERM
