"""What people read, in the language of who reads it: texts of the catalogue `languages/*.po`, under their English wording.

The language is chosen at the edge – for an answer, for a message to a place – by `speaking`; what makes cards says its texts with `say`
and `count`, and stays a function of its arguments and that one choice. English where nothing was chosen or no text is known.
A text stands in the code as a literal, so that the catalogue can be held against all of them; one that is data is marked with `mark`.
What goes into the store is no text of one reader: it is made by `keep`, in English, and said `again` to whoever reads it.
"""

import gettext
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from importlib.resources import files
from io import BytesIO
from string import Formatter

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ENGLISH = "en"
LANGUAGES = {ENGLISH: "English", "ko": "한국어"}
"""Every language there is a catalogue for, by its own name."""
KEPT = "kept"
"""The remark in a catalogue on a text that stands in the store."""
_speaking: ContextVar[str] = ContextVar("language", default=ENGLISH)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Inside, texts are in this language, or in English if there is no catalogue of it."""
    before = _speaking.set(language)
    try:
        yield
    finally:
        _speaking.reset(before)


@contextmanager
def speaking_to(chosen: str, *locales: str) -> Iterator[None]:
    """Inside, texts are in the language of a place: what was `preferred` there."""
    with speaking(preferred(chosen, *locales)):
        yield


def language() -> str:
    """The language that is spoken now."""
    return _speaking.get()


def of_locale(locale: str) -> str:
    """The language of ours for a platform's locale, such as `ko-KR`; "" if we speak none."""
    begun = locale.replace("_", "-").partition("-")[0].casefold()
    return begun if begun in LANGUAGES else ""


def preferred(chosen: str, *locales: str) -> str:
    """The language that was chosen, else that of the first of the locales that is one of ours, else English."""
    return next((one for one in (chosen, *map(of_locale, locales)) if one), ENGLISH)


def say(text: str, /, **parts: object) -> str:
    """The text in the language that is spoken, with these parts in their places."""
    template = _catalogue(_speaking.get()).gettext(text)
    return template.format_map(parts) if parts else template


def chosen(one: str, many: str, number: int, /) -> str:
    """The text for this number, its places still open."""
    return _catalogue(_speaking.get()).ngettext(one, many, number)


def count(one: str, many: str, number: int, /, **parts: object) -> str:
    """The text for this number, which stands at `{n}`, with these parts in their places."""
    return chosen(one, many, number).format_map({"n": f"{number:,}"} | parts)


def mark(text: str) -> str:
    """The text itself, which is a message of the catalogue; it is said later, when a language is chosen."""
    return text


def keep(text: str, /, **parts: object) -> str:
    """The text in English, whatever is spoken, for the store; `again` says it. A place named `{kept…}` holds such a text itself."""
    return text.format_map(parts) if parts else text


def again(kept: str) -> str:
    """A text that `keep` made, now or by an earlier edition, in the language that is spoken; any other text as it is."""
    return _again(kept) or kept


def _again(kept: str) -> str:
    """The text as it is said now; "" if `keep` did not make it, or not a text it is to hold."""
    for form, text in _kept(_speaking.get()):
        if found := form.fullmatch(kept):
            parts = {name: _again(part) if name.startswith("kept") else part for name, part in found.groupdict().items()}
            if all(said or not found[name] for name, said in parts.items()):
                return say(text, **parts)
    return ""


@lru_cache(maxsize=len(LANGUAGES) + 1)
def _kept(language: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """The forms of what `keep` makes, with the texts they are of; those that leave least to others' words come first."""
    texts = [str(one.id) for one in _read(language) if KEPT in one.auto_comments] if _is_ours(language) else []
    return tuple((_form(text), text) for text in sorted(texts, key=_looseness))


def _looseness(text: str) -> tuple[bool, int]:
    """Whether a text has room for words of others, and how little it says itself."""
    pieces = [(literal, name) for literal, name, _, _ in Formatter().parse(text)]
    return any(name and not name.startswith("kept") for _, name in pieces), -sum(len(literal) for literal, _ in pieces)


def _form(text: str) -> re.Pattern[str]:
    pattern, named = "", set[str]()
    for literal, name, _, _ in Formatter().parse(text):
        pattern += re.escape(literal)
        if name:
            pattern += f"(?P={name})" if name in named else f"(?P<{name}>.*?)"
            named.add(name)
    return re.compile(pattern, re.DOTALL)


def _is_ours(language: str) -> bool:
    return language != ENGLISH and language in LANGUAGES


def _read(language: str) -> Catalog:
    with (files("bot.languages") / f"{language}.po").open("rb") as source:
        return read_po(source, locale=language)


@lru_cache(maxsize=len(LANGUAGES) + 1)
def _catalogue(language: str) -> gettext.NullTranslations:
    if not _is_ours(language):
        return gettext.NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, _read(language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
