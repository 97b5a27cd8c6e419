"""The terms that a wording means which is none itself: `approval of clinical trials`, `pharma firm`, `Korean fast track`.

A wording means a term if both have the same words, whatever their order, but for little words, and taking words that mean the same here
(`drug`, `medicine`) for one. A term that asks for a country may be worded with it. Only English is read so, and only in queries: what
stands in a text is a term as it is written.
"""

import tomllib
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

from bot.watch.text import is_cjk
from bot.watch.vocabulary import Form, Key, key_of, vocabulary

_FEWEST_WORDS = 2
_Words = frozenset[str]


class _Habits(NamedTuple):
    """Words that do not matter, and for words that mean the same the one that stands for all; all as they are compared."""

    little: _Words
    alike: dict[str, str]


@lru_cache(maxsize=1)
def _habits() -> _Habits:
    table = tomllib.loads((files("bot.watch") / "data" / "wordings.toml").read_text(encoding="utf-8"))
    alike = {word: key_of(group[0])[0] for group in table["alike"] for other in group for word in key_of(other)}
    return _Habits(frozenset(word for little in table["little"] for word in key_of(little)), alike)


@lru_cache(maxsize=65_536)
def worded(key: Key) -> tuple[Form, ...]:
    """The terms that a wording, in its normal form, means; none if they say more than one concept."""
    if any(map(is_cjk, key)):
        return ()
    found = _by_words().get(_words(key), ())
    return found if len({form.concept for form in found}) == 1 else ()


def _words(key: Key) -> _Words:
    little, alike = _habits()
    return frozenset(alike.get(word, word) for word in key if word not in little)


@lru_cache(maxsize=1)
def _by_words() -> dict[_Words, tuple[Form, ...]]:
    found: dict[_Words, tuple[Form, ...]] = {}
    for concept in vocabulary().concepts.values():
        for form in concept.forms:
            for words in _wordings(form) if form.language in ("", "en") else ():
                found[words] = (*found.get(words, ()), form)
    return {words: forms for words, forms in found.items() if len(words) >= _FEWEST_WORDS}


def _wordings(form: Form) -> Iterator[_Words]:
    words = _words(form.key)
    yield words
    contexts = (vocabulary().contexts[need] for need in form.needs if not need.startswith("!"))
    yield from (words | _words(key_of(word.text)) for context in contexts if context.countries for word in context.words)
