"""The thesaurus' own data: what concepts there are and how each language says them, read from `data/concepts/*.toml` and checked.

A term is written as it is looked for. `…` in it stands for a few other words and `……` for any number; ` @name` after it means that it
counts only in an item where something of that context stands too, ` @!name` only where nothing of it does (`@own` is the concept's own
context words). What a concept asks for under `beside`, all its terms do. Terms under `seen` were
read in public text, those under `known` come from knowledge and nobody has checked them.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

from bot.watch.nodes import OwnTerm, Phrase
from bot.watch.text import norms

Key = tuple[str, ...]
"""A term in its normal form."""
LANGUAGES = ("en", "ko", "zh", "ja", "de", "fr", "es", "pt")
"""The languages a concept may have terms in."""
_FEW_WORDS = 6
_FEW_CHARACTERS = 14
ANY_NUMBER = 1_000_000
SHORT = 4
"""An acronym of so few letters means many things."""
_CONCEPT_KEYS = {"id", "name", "group", "also", "includes", "related", "context", "beside", "unless", "seen", "known"}
_CONTEXT_KEYS = {"words", "countries", "agencies", "tiers", "but"}


class VocabularyError(ValueError):
    """The data says something that cannot be; the sentence names the file's concept and term."""


class Form(NamedTuple):
    """One way to say a concept. `language` is empty for an acronym, which every language writes; `gap` counts words between pieces.

    `key` has the words of all pieces in normal form.
    """

    text: str
    concept: str
    language: str
    seen: bool
    pieces: tuple[Phrase, ...]
    key: Key
    gap: int = 0
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Context:
    """What must stand in an item beside a term: one of the words, or the item comes from there; places are in lower case.

    Where the context `but` is there too, this one is not.
    """

    words: frozenset[Phrase] = frozenset()
    countries: frozenset[str] = frozenset()
    agencies: frozenset[str] = frozenset()
    tiers: frozenset[str] = frozenset()
    but: str = ""


@dataclass(frozen=True, slots=True)
class Concept:
    """A thing people watch. `includes` are narrower concepts, whose forms say this one too; `unless` covers words that mean another."""

    id: str
    name: str
    group: str
    forms: tuple[Form, ...]
    also: tuple[str, ...] = ()
    includes: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    unless: tuple[Phrase, ...] = ()


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All concepts by id, all contexts by name, and the lower-case words that are no acronym (`gift`)."""

    concepts: Mapping[str, Concept]
    contexts: Mapping[str, Context]
    plain_words: frozenset[str] = frozenset()
    shared: frozenset[Key] = field(default_factory=frozenset)


@lru_cache(maxsize=1)
def vocabulary() -> Vocabulary:
    """The vocabulary that comes with the package. Raises VocabularyError if its data is wrong."""
    folder = files("bot.watch") / "data" / "concepts"
    tables = [tomllib.loads(file.read_text(encoding="utf-8")) for file in sorted(folder.iterdir(), key=lambda one: one.name)]
    return read(tables)


def read(tables: Iterable[Mapping[str, Any]]) -> Vocabulary:
    """The vocabulary that TOML tables describe, checked as a whole. Raises VocabularyError."""
    concepts: dict[str, Concept] = {}
    contexts: dict[str, Context] = {}
    words: set[str] = set()
    plain: set[str] = set()
    shared: set[Key] = set()
    for table in tables:
        _refuse_unknown(table, {"concept", "context", "acronyms", "shared"}, "a file of concepts")
        contexts |= {name: _context(name, one) for name, one in table.get("context", {}).items()}
        words |= set(table.get("acronyms", {}).get("words", ()))
        plain |= set(table.get("acronyms", {}).get("plain", ()))
        shared |= {key_of(text) for text in table.get("shared", ())}
        for one in table.get("concept", ()):
            if one.get("id") in concepts:
                raise VocabularyError(f"There are two concepts {one['id']}.")
            concepts[one["id"]] = _concept(one)
            if "context" in one:
                contexts[one["id"]] = _context(one["id"], {"words": one["context"]})
    found = Vocabulary(concepts, contexts, frozenset(words), frozenset(shared))
    _check(found, plain)
    return found


def _refuse_unknown(table: Mapping[str, Any], known: set[str], where: str) -> None:
    if unknown := set(table) - known:
        raise VocabularyError(f"{where} has {', '.join(sorted(unknown))}; it can have {', '.join(sorted(known))}.")


def _context(name: str, table: Mapping[str, Any]) -> Context:
    _refuse_unknown(table, _CONTEXT_KEYS, f"The context {name}")
    rest = {key: frozenset(map(str.lower, table.get(key, ()))) for key in ("countries", "agencies", "tiers")}
    return Context(words=frozenset(map(Phrase, table.get("words", ()))), **rest, but=table.get("but", ""))


def _concept(table: Mapping[str, Any]) -> Concept:
    _refuse_unknown(table, _CONCEPT_KEYS, f"The concept {table.get('id')}")
    forms: dict[tuple[Key, int, str], Form] = {}
    for mark in ("seen", "known"):
        for language, texts in table.get(mark, {}).items():
            if language not in LANGUAGES:
                raise VocabularyError(f"{table['id']} has terms in “{language}”; the languages are {', '.join(LANGUAGES)}.")
            for text in texts:
                form = _form(text, table["id"], language, seen=mark == "seen", beside=table.get("beside", ()))
                forms.setdefault((form.key, form.gap, form.language), form)
    lists = {key: tuple(table.get(key, ())) for key in ("also", "includes", "related")}
    unless = tuple(map(Phrase, table.get("unless", ())))
    return Concept(table["id"], table["name"], table["group"], tuple(forms.values()), unless=unless, **lists)


def _form(written: str, concept: str, language: str, *, seen: bool, beside: Iterable[str]) -> Form:
    text, *needs = written.split(" @")
    pieces = tuple(Phrase(piece.strip()) for piece in re.split("…+", text)) if "…" in text else (Phrase(text.strip()),)
    keys = [key_of(piece.text) for piece in pieces]
    if not all(keys):
        raise VocabularyError(f"{concept} has a term with nothing to look for: {written}")
    gap = 0
    if len(pieces) > 1:
        gap = ANY_NUMBER if "……" in text else _FEW_CHARACTERS if language in ("ko", "zh", "ja") else _FEW_WORDS
    spoken = "" if acronyms(text) and all(map(is_acronym, words_of(text))) else language
    key = tuple(norm for one in keys for norm in one)
    return Form(text, concept, spoken, seen, pieces, key, gap, (*(concept if need == "own" else need for need in needs), *beside))


@lru_cache(maxsize=65_536)
def form_of(term: OwnTerm) -> Form:
    """A workspace's own term as one looks for it. A short acronym asks for the context of its concept, if that has one."""
    words = words_of(term.text)
    short = len(words) == 1 and len(words[0]) <= SHORT and bool(acronyms(term.text))
    needs = (term.concept,) if short and term.concept in vocabulary().contexts else ()
    return Form(term.text, term.concept, term.language, True, (Phrase(term.text),), key_of(term.text), needs=needs)


@lru_cache(maxsize=65_536)
def key_of(text: str) -> Key:
    """The normal form of a term, as one reads it."""
    return norms(text)


def words_of(text: str) -> list[str]:
    """The words of a text as written; Latin letters part from others (`GMP省令`)."""
    return re.findall(r"[a-zA-Z\d]+|[^\W_a-zA-Z\d]+", text)


def is_acronym(word: str) -> bool:
    """Whether a word is one by its letters: `DCT`, `SaMD`, and within a longer term `S`, `E6` or `12`."""
    return sum("A" <= letter <= "Z" for letter in word) >= 2 or (word == word.upper() and word.isascii())


@lru_cache(maxsize=65_536)
def acronyms(text: str) -> tuple[str, ...]:
    """The words of a term whose letter case matters."""
    if text == text.lower():
        return ()
    return tuple(word for word in words_of(text) if sum("A" <= letter <= "Z" for letter in word) >= 2)


def _check(found: Vocabulary, plain: set[str]) -> None:
    """Raises VocabularyError at the first thing that cannot be."""
    names: dict[str, str] = {}
    said: dict[Key, str] = {}
    for name, context in found.contexts.items():
        if context.but and (context.but not in found.contexts or found.contexts[context.but].but):
            raise VocabularyError(f"The context {name} ends with {context.but}, which does not exist or ends with another.")
    words = {name: _by_first_norm(context) for name, context in found.contexts.items()}
    for concept in found.concepts.values():
        for other in (*concept.includes, *concept.related):
            if other not in found.concepts:
                raise VocabularyError(f"{concept.id} names the concept {other}, which does not exist.")
        for name in (concept.id, *concept.also):
            if names.setdefault(name, concept.id) != concept.id:
                raise VocabularyError(f"“{name}” is a name of both {names[name]} and {concept.id}.")
        for form in concept.forms:
            _check_form(form, words, plain)
            if form.gap == 0 and form.key not in found.shared and said.setdefault(form.key, concept.id) != concept.id:
                raise VocabularyError(f"“{form.text}” says both {said[form.key]} and {concept.id}; declare it as shared or drop one.")


def _by_first_norm(context: Context) -> dict[str, list[Phrase]]:
    found: dict[str, list[Phrase]] = {}
    for word in context.words:
        found.setdefault(key_of(word.text)[0], []).append(word)
    return found


def _check_form(form: Form, contexts: Mapping[str, Mapping[str, Iterable[Phrase]]], plain: set[str]) -> None:
    for need in form.needs:
        if need.removeprefix("!") not in contexts:
            raise VocabularyError(f"“{form.text}” of {form.concept} needs the context {need}, which does not exist.")
        if need.startswith("!"):
            continue
        inside = [word.text for norm in form.key for word in contexts[need].get(norm, ()) if stands_in(key_of(word.text), form.key)]
        if inside:
            raise VocabularyError(f"“{form.text}” of {form.concept} says its own context: {inside[0]}.")
    bare = words_of(form.text) if form.language == "" and not form.needs else ()
    if len(bare) == 1 and len(bare[0]) <= SHORT and form.text not in plain:
        raise VocabularyError(f"“{form.text}” of {form.concept} is a short acronym: give it a context, or list it as plain.")


def stands_in(inner: Key, outer: Key) -> bool:
    """Whether these words stand in those, in a row."""
    return any(outer[start : start + len(inner)] == inner for start in range(len(outer) - len(inner) + 1))
