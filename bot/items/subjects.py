"""What products a document is about and which country it comes from, by the words of its title and summary; pure."""

import tomllib
from functools import lru_cache
from importlib.resources import files

from bot.items.kinds import Said
from bot.items.phrases import Phrases
from bot.messages import keep
from bot.model import Item
from bot.watch.folding import folded_lately

# What a document is about is said at its beginning.
_READ = 1_500
_SPOKEN_IN = {"ko": "KR", "ja": "JP"}


@lru_cache(maxsize=2)
def _words(name: str, *, plural: bool) -> Phrases:
    """The phrases of a file of ours."""
    return Phrases(tomllib.loads((files("bot.items") / "data" / f"{name}.toml").read_text(encoding="utf-8")), plural=plural)


def _named(text: str, words: Phrases) -> dict[str, str]:
    """What is named in a text, each with its first words. A phrase inside a longer one says nothing."""
    folded = folded_lately(text)
    found: dict[str, str] = {}
    end = 0
    for one in sorted(words.standing(folded.text), key=lambda each: (each.start, -each.end)):
        if one.end > end:
            found.setdefault(one.key, text[folded.start(one.start) : folded.end(one.end)])
            end = one.end
    return found


def products(item: Item) -> tuple[Said, ...]:
    """The product types that an item names in its title or summary, each once, with its first words."""
    found: dict[str, str] = {}
    for text in (item.title, item.summary):
        found = _named(text[:_READ], _words("products", plural=True)) | found if text else found
    return tuple(Said(value, words) for value, words in found.items())


def country(item: Item) -> Said:
    """Where an item comes from: as its source says, else as its agency, its title or its language tell; "" if unsure."""
    if item.country:
        return Said(item.country, keep("where its source publishes"))
    for text in (item.agency, item.title[:_READ]):
        named = _named(text, _words("agencies", plural=False)) if text else {}
        if len(named) == 1:
            return Said(*named.popitem())
    if spoken := _SPOKEN_IN.get(item.language):
        return Said(spoken, keep("the only country whose authorities write this language"))
    return Said("", "")
