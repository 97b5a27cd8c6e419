"""One watchlist, every language: the words of a query that name concepts → what they mean.

`expand` makes of a query as parsed what it means; everything that evaluates a query does so first, so that nobody can forget it.
A quoted phrase, or bare words side by side, that are a term of a concept stand for every term of it and of the concepts it includes, in
every language. What is quoted exactly (`="…"`), begins so (`word*`) or is measured by NEAR stands for itself.

What a workspace has added is in its queries from when they are read (`bound`), so that nothing here knows of workspaces.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from operator import attrgetter
from typing import NamedTuple

from bot.watch.glossary import NOTHING, Glossary, id_key
from bot.watch.nodes import And, Not, Or, Phrase, Query, Sense, Term, Where, Without, all_of, any_of, negated
from bot.watch.terms import sequences
from bot.watch.vocabulary import Concept, Form, Key, acronyms, form_of, key_of, stands_in, vocabulary
from bot.watch.wordings import worded

MOST_WORDS = 12
"""A term typed in bare words has at most so many."""
FEWEST_RELATED = 3
MOST_RELATED = 6
OWN = "own"
"""Stands among the languages for the terms a workspace has added."""


class Meant(NamedTuple):
    """A concept that a query names, and its terms by language: "" for acronyms, which all languages write, `OWN` for added ones."""

    concept: str
    name: str
    terms: dict[str, tuple[str, ...]]


@lru_cache(maxsize=4_096)
def expand(query: Query) -> Query:
    """What the query means. What is expanded already stays as it is."""
    return _read(query, _Reading(tuple(sorted(set(map(key_of, _removed(query)))))))


def bound(query: Query, own: Glossary) -> Query:
    """The query as a workspace with these own words means it: where they have a say, it is expanded; all else stays as typed."""
    return _read(query, _Reading(own=own)) if own.terms else query


class _Reading(NamedTuple):
    """How a query is read: without some terms, and `own` None: for all it means; else only for what a workspace's own words add."""

    without: tuple[Key, ...] = ()
    own: Glossary | None = None


def _removed(query: Query) -> Iterator[str]:
    match query:
        case Without(terms):
            yield from terms
        case And(parts) | Or(parts):
            for part in parts:
                yield from _removed(part)
        case Not(part):
            yield from _removed(part)


def _read(query: Query, how: _Reading) -> Query:
    match query:
        case And(parts):
            return all_of(_once(_joined(parts, how), how))
        case Or(parts):
            return any_of(_once((_read(part, how) for part in parts), how))
        case Not(part):
            return negated(_read(part, how))
        case Phrase() | Where("concept"):
            found = _named((query,), how) if isinstance(query, Phrase) else _identified(query, how)
            return _kept(found, how) or (_as_cased(query) if how.own is None else query)
        case Sense() if how.own is None:
            return replace(query, without=how.without)
        case _:
            return query


def _once(parts: Iterable[Query], how: _Reading) -> Iterable[Query]:
    """What is said twice means what it means once, and takes half as long to tell; as typed, it stays."""
    return dict.fromkeys(parts) if how.own is None else parts


def _as_cased(typed: Phrase | Where) -> Query:
    """A word in capitals that is another word without them (US, us) is meant as it was typed."""
    if isinstance(typed, Phrase) and typed.text.isupper() and typed.text.lower() in vocabulary().plain_words:
        return replace(typed, exact=True)
    return typed


def _kept(found: Sense | None, how: _Reading) -> Sense | None:
    """What was found, unless only own words are looked for and have no part in it."""
    return found if found and (how.own is None or found.own) else None


def _joined(parts: Sequence[Query], how: _Reading) -> Iterator[Query]:
    """The parts of an AND, where words side by side that name a concept together are one part; the most words win."""
    at = 0
    while at < len(parts):
        together = _together(parts[at : at + MOST_WORDS])
        ends = range(len(together), 1, -1)
        end, found = next(((end, one) for end in ends if (one := _named(together[:end], how))), (1, None))
        kept = _kept(found, how)
        if kept:
            yield kept
        else:
            yield from parts[at : at + end] if found else (_read(parts[at], how),)
        at += end


def _together(parts: Sequence[Query]) -> tuple[Phrase, ...]:
    """The bare words at the beginning of the parts, all looked for in the same field."""
    found: list[Phrase] = []
    for part in parts:
        if not isinstance(part, Phrase) or part.exact or " " in part.text or (found and part.field != found[0].field):
            break
        found.append(part)
    return tuple(found)


def _named(words: tuple[Phrase, ...], how: _Reading) -> Sense | None:
    """What the words mean if they name a concept together."""
    return _named_by_ours(words, how.without) if how.own is None else _named_by(words, how.without, how.own)


@lru_cache(maxsize=65_536)
def _named_by_ours(words: tuple[Phrase, ...], without: tuple[Key, ...]) -> Sense | None:
    return _named_by(words, without, NOTHING)


def _named_by(words: tuple[Phrase, ...], without: tuple[Key, ...], own: Glossary) -> Sense | None:
    if words[0].exact:
        return None
    text = " ".join(word.text for word in words)
    key = key_of(text)
    every = [form for form in (*_names().get(key, ()), *own.names.get(key, ())) if not _is_a_plain_word(text, form)] or _worded(words, key)
    if not every:
        return None
    # a concept of which the words are a term only in some context is not meant where they are another's in all
    forms = [form for form in every if not form.needs] or every
    typed = all_of(words)
    concepts = tuple(dict.fromkeys(form.concept for form in forms))
    # words that need a context, or stand in others that mean something else, do not count by themselves
    bound = any(form.needs for form in forms) or any(stands_in(key, other) for one in concepts for other in _covers(one))
    literal = None if len(words) == 1 and bound else typed
    return Sense(typed, literal, concepts, (key,), words[0].field, without, own.of(covered(concepts)))


def _worded(words: tuple[Phrase, ...], key: Key) -> Sequence[Form]:
    """The terms that words mean which are none; bare words that say a concept without the rest mean the rest, too."""
    found = worded(key)
    runs = [tuple(part) for size in range(1, len(key)) for start in range(len(key) - size + 1) for part in [key[start : start + size]]]
    alone = {form.concept for run in runs for form in _names().get(run, ())} if len(words) > 1 else set[str]()
    return [form for form in found if form.concept not in alone]


def _identified(query: Where, how: _Reading) -> Sense | None:
    """What concepts mean that are named by their ids."""
    own = how.own or NOTHING
    found = tuple(dict.fromkeys(concept for value in query.values for concept in identified(value, own)))
    return Sense(query, query, found, without=how.without, own=own.of(covered(found))) if found else None


def _is_a_plain_word(text: str, form: Form) -> bool:
    return bool(acronyms(form.text)) and text in vocabulary().plain_words


@lru_cache(maxsize=1)
def _names() -> dict[Key, list[Form]]:
    """The forms that a key names; those with a gap are found in texts only."""
    found: dict[Key, list[Form]] = {}
    for concept in vocabulary().concepts.values():
        for form in concept.forms:
            if form.gap == 0:
                found.setdefault(form.key, []).append(form)
    return found


@lru_cache(maxsize=1)
def _by_id() -> dict[Key, tuple[str, ...]]:
    """Concepts by id, other ids, and by any of their terms written like one (`decentralised-trials`)."""
    found: dict[Key, tuple[str, ...]] = {}
    for key, forms in _names().items():
        found[key] = tuple(dict.fromkeys(form.concept for form in forms))
    for concept in vocabulary().concepts.values():
        for name in (concept.id, *concept.also):
            found[id_key(name)] = (concept.id,)
    return found


def knows(concept: str) -> bool:
    """Whether `concept:` may have this value: an id, or any term written like one."""
    return id_key(concept) in _by_id()


def identified(value: str, own: Glossary) -> tuple[str, ...]:
    """The concepts a workspace with these own words means by an id, or by a term: one, unless a term says several."""
    key = id_key(value)
    return tuple(dict.fromkeys((*_by_id().get(key, ()), *own.by_id.get(key, ()))))


@lru_cache(maxsize=1)
def ids() -> tuple[str, ...]:
    """What may stand after `concept:`, the concepts' own ids first."""
    concepts = vocabulary().concepts.values()
    others = (form.text.lower().replace(" ", "-") for one in concepts for form in one.forms if form.language in ("", "en") and not form.gap)
    return tuple(dict.fromkeys((*(one.id for one in concepts), *(also for one in concepts for also in one.also), *others)))


@lru_cache(maxsize=4_096)
def _covers(concept: str) -> frozenset[Key]:
    return frozenset(key_of(phrase.text) for phrase in unless(concept))


def unless(concept: str) -> tuple[Phrase, ...]:
    """The words that look like the concept and mean another thing; of a workspace's own concept none are known."""
    ours = vocabulary().concepts.get(concept)
    return ours.unless if ours else ()


@lru_cache(maxsize=1_024)
def covered(concepts: tuple[str, ...]) -> tuple[str, ...]:
    """The concepts with all they include, however deep; a workspace's own include no others."""
    found = dict.fromkeys(concepts)
    for one in concepts:
        ours = vocabulary().concepts.get(one)
        found |= dict.fromkeys(covered(ours.includes) if ours else ())
    return tuple(found)


@lru_cache(maxsize=4_096)
def forms_of(sense: Sense) -> tuple[Form, ...]:
    """The terms by which a sense is said: those of its concepts and what they include, and the own ones, save the removed ones."""
    concepts = vocabulary().concepts
    ours = (form for concept in covered(sense.concepts) if concept in concepts for form in concepts[concept].forms)
    return tuple(form for form in (*ours, *map(form_of, sense.own)) if form.key not in sense.without)


def own_forms(sense: Sense) -> tuple[Form, ...]:
    """Those terms of a sense that the workspace has added; a matcher has to look for them, as nobody else does."""
    return tuple(form for form in map(form_of, sense.own) if form.key not in sense.without)


@lru_cache(maxsize=4_096)
def by_first_word(sense: Sense) -> dict[str, tuple[Form, ...]]:
    """The terms of a sense by the first word of each, in normal form."""
    found: dict[str, tuple[Form, ...]] = {}
    for form in forms_of(sense):
        for sequence in sequences(form.pieces[0]):
            found[sequence.norms[0]] = (*found.get(sequence.norms[0], ()), form)
    return found


@lru_cache(maxsize=256)
def context_by_first_word(context: str) -> dict[str, tuple[Phrase, ...]]:
    """The words of a context by the first token of each, in normal form."""
    found: dict[str, tuple[Phrase, ...]] = {}
    for word in vocabulary().contexts[context].words:
        for sequence in sequences(word):
            found[sequence.norms[0]] = (*found.get(sequence.norms[0], ()), word)
    return found


@lru_cache(maxsize=1)
def by_first_piece() -> dict[Term, tuple[Form, ...]]:
    """Every term there is by its first piece."""
    found: dict[Term, tuple[Form, ...]] = {}
    for concept in vocabulary().concepts.values():
        for form in concept.forms:
            found[form.pieces[0]] = (*found.get(form.pieces[0], ()), form)
    return found


@lru_cache(maxsize=1_024)
def pieces(concept: str) -> tuple[Phrase, ...]:
    """Every phrase one has to look for to tell whether a text says a concept."""
    known = vocabulary()
    found = known.concepts[concept]
    said = (piece for form in found.forms for piece in form.pieces)
    asked = dict.fromkeys(need.removeprefix("!") for form in found.forms for need in form.needs)
    needs = dict.fromkeys(name for need in asked for name in (need, known.contexts[need].but) if name)
    beside = (word for need in needs for word in sorted(known.contexts[need].words, key=attrgetter("text")))
    return tuple(dict.fromkeys((*said, *found.unless, *beside)))


def senses(query: Query) -> Iterator[Sense]:
    """The senses of an expanded query, in the order typed."""
    match query:
        case Sense():
            yield query
        case And(parts) | Or(parts):
            for part in parts:
                yield from senses(part)
        case Not(part):
            yield from senses(part)


def expansion(query: Query) -> list[Meant]:
    """The concepts a query names or includes, with the terms that count besides the typed ones, for people to read and to remove."""
    found: dict[str, dict[str, dict[str, None]]] = {}
    names: dict[str, str] = {}
    for sense in senses(expand(query)):
        added = own_forms(sense)
        names |= {term.concept: term.name for term in sense.own}
        for form in forms_of(sense):
            if form.key not in sense.named:
                language = OWN if form in added else form.language
                found.setdefault(form.concept, {}).setdefault(language, {})[form.text] = None
    return [
        Meant(one, names.get(one) or name_of(one), {language: tuple(terms) for language, terms in by.items()}) for one, by in found.items()
    ]


def related(query: Query) -> list[Concept]:
    """Concepts that somebody with this query may want too, none of them covered by it already.

    What is declared related comes first, then what declares this related; where that is too little, the same group.
    """
    named = tuple(dict.fromkeys(concept for sense in senses(expand(query)) for concept in sense.concepts))
    have = set(covered(named))
    concepts = vocabulary().concepts
    ours = [one for one in named if one in concepts]
    declared = [other for one in ours for other in concepts[one].related]
    pointing = [one.id for one in concepts.values() if {*one.related, *one.includes} & set(named)]
    groups = [one.id for name in ours for one in concepts.values() if one.group == concepts[name].group]
    near = [one for one in dict.fromkeys((*declared, *pointing)) if one not in have]
    wider = [one for one in dict.fromkeys((*near, *groups)) if one not in have]
    wanted = near[:MOST_RELATED] if len(near) >= FEWEST_RELATED else wider[:FEWEST_RELATED]
    return [concepts[one] for one in wanted]


def name_of(concept: str) -> str:
    """What people call a concept; an id that is not known, in words."""
    found = vocabulary().concepts.get(concept)
    return found.name if found else concept.replace("-", " ")
