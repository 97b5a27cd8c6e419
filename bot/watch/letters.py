"""Words written as single characters, the same for every text and term, so that phrases are found in a text as strings.

A character of Han, kana or Hangul is its own letter. Every other word that a term has, in normal form, gets a letter beyond those in
use; the words of no term share one. A word keeps its letter for as long as the process runs.
"""

import threading
from collections.abc import Iterable

from bot.watch.text import is_cjk, norm

UNKNOWN = "\x00"
_FIRST = 0x40000  # nothing that begins there is a word of a text: no letter of any script, no Han, kana or Hangul
_KEPT_FORMS = 200_000

_letters: dict[str, str] = {}
"""The letter of each word of a term."""
_forms: dict[str, str] = {}
"""The letter of each word as texts write it; characters that are their own letter are not kept."""
_strange: dict[str, list[str]] = {}
"""The words as texts write them that no term has, by their normal form."""
_changing = threading.Lock()


def pattern(norms: Iterable[str]) -> str:
    """Words of a term in normal form, one letter each; a word that no term had gets its letter now."""
    return "".join([word if is_cjk(word) else _letters.get(word) or _learn(word) for word in norms])


def lettered(words: Iterable[str]) -> str:
    """Words of a text as folded, one letter each; runs of Han, kana or Hangul one for each character."""
    known = _forms.get
    return "".join([known(word) or _letter(word) for word in words])


def _learn(word: str) -> str:
    with _changing:
        letter = _letters.setdefault(word, chr(_FIRST + len(_letters)))
        for form in _strange.pop(word, ()):
            _forms[form] = letter
    return letter


def _letter(form: str) -> str:
    if form > "\u1100" and is_cjk(form):
        return form
    word = norm(form)
    with _changing:
        if len(_forms) > _KEPT_FORMS:
            _forms.clear()
            _strange.clear()
        if word not in _letters:
            _strange.setdefault(word, []).append(form)
        letter = _forms[form] = _letters.get(word, UNKNOWN)
    return letter
