"""One watchlist, every language: the words of a query that name concepts → what they mean.

`expand` makes of a query as parsed what it means; everything that evaluates a query does so first, so that nobody can forget it.
A quoted phrase, or bare words side by side, that are a term of a concept stand for every term of it and of the concepts it includes, in
every language. What is quoted exactly (`="…"`), begins so (`word*`) or is measured by NEAR stands for itself.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from bot.watch.nodes import And, Not, Or, Phrase, Query, Sense, Term, Where, Without, all_of, any_of, negated
from bot.watch.terms import sequences
from bot.watch.vocabulary import Concept, Form, Key, acronyms, key_of, stands_in, vocabulary

MOST_WORDS = 12
"""A term typed in bare words has at most so many."""
MOST_RELATED = 8


class Meant(NamedTuple):
    """A concept that a query names, and its terms by language; the empty language is that of acronyms, which all languages write."""

    concept: str
    name: str
    terms: dict[str, tuple[str, ...]]


@lru_cache(maxsize=4_096)
def expand(query: Query) -> Query:
    """What the query means. What is expanded already stays as it is."""
    return _expand(query, tuple(sorted(set(map(key_of, _removed(query))))))


def _removed(query: Query) -> Iterator[str]:
    match query:
        case Without(terms):
            yield from terms
        case And(parts) | Or(parts):
            for part in parts:
                yield from _removed(part)
        case Not(part):
            yield from _removed(part)


def _expand(query: Query, without: tuple[Key, ...]) -> Query:
    match query:
        case And(parts):
            return all_of(_joined(parts, without))
        case Or(parts):
            return any_of(_expand(part, without) for part in parts)
        case Not(part):
            return negated(_expand(part, without))
        case Phrase():
            return _named((query,), without) or query
        case Where("concept", values):
            found = tuple(dict.fromkeys(concept for value in values for concept in _by_id().get(_id_key(value), ())))
            return Sense(query, query, found, without=without) if found else query
        case _:
            return query


def _joined(parts: Sequence[Query], without: tuple[Key, ...]) -> Iterator[Query]:
    """The parts of an AND, where words side by side that name a concept together are one part; the most words win."""
    at = 0
    while at < len(parts):
        together = _together(parts[at : at + MOST_WORDS])
        ends = range(len(together), 1, -1)
        end, found = next(((end, one) for end in ends if (one := _named(together[:end], without))), (1, None))
        yield found or _expand(parts[at], without)
        at += end


def _together(parts: Sequence[Query]) -> tuple[Phrase, ...]:
    """The bare words at the beginning of the parts, all looked for in the same field."""
    found: list[Phrase] = []
    for part in parts:
        if not isinstance(part, Phrase) or part.exact or " " in part.text or (found and part.field != found[0].field):
            break
        found.append(part)
    return tuple(found)


@lru_cache(maxsize=65_536)
def _named(words: tuple[Phrase, ...], without: tuple[Key, ...]) -> Sense | None:
    """What the words mean if they name a concept together."""
    if words[0].exact:
        return None
    text = " ".join(word.text for word in words)
    key = key_of(text)
    every = [form for form in _names().get(key, ()) if not _is_a_plain_word(text, form)]
    if not every:
        return None
    # a concept of which the words are a term only in some context is not meant where they are another's in all
    forms = [form for form in every if not form.needs] or every
    typed = all_of(words)
    concepts = tuple(dict.fromkeys(form.concept for form in forms))
    # words that need a context, or stand in others that mean something else, do not count by themselves
    bound = any(form.needs for form in forms) or any(stands_in(key, other) for one in concepts for other in _covers(one))
    alone = len(words) == 1 and bound
    return Sense(typed, None if alone else typed, concepts, named=(key,), field=words[0].field, without=without)


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
            found[_id_key(name)] = (concept.id,)
    return found


def _id_key(value: str) -> Key:
    return key_of(value.replace("-", " ").replace("_", " "))


def knows(concept: str) -> bool:
    """Whether `concept:` may have this value: an id, or any term written like one."""
    return _id_key(concept) in _by_id()


@lru_cache(maxsize=1)
def ids() -> tuple[str, ...]:
    """What may stand after `concept:`, the concepts' own ids first."""
    concepts = vocabulary().concepts.values()
    others = (form.text.lower().replace(" ", "-") for one in concepts for form in one.forms if form.language in ("", "en") and not form.gap)
    return tuple(dict.fromkeys((*(one.id for one in concepts), *(also for one in concepts for also in one.also), *others)))


@lru_cache(maxsize=4_096)
def _covers(concept: str) -> frozenset[Key]:
    return frozenset(key_of(phrase.text) for phrase in vocabulary().concepts[concept].unless)


@lru_cache(maxsize=1_024)
def covered(concepts: tuple[str, ...]) -> tuple[str, ...]:
    """The concepts with all they include, however deep."""
    found = dict.fromkeys(concepts)
    for one in concepts:
        found |= dict.fromkeys(covered(vocabulary().concepts[one].includes))
    return tuple(found)


@lru_cache(maxsize=4_096)
def forms_of(sense: Sense) -> tuple[Form, ...]:
    """The terms by which a sense is said: those of its concepts and what they include, save the removed ones."""
    every = (form for concept in covered(sense.concepts) for form in vocabulary().concepts[concept].forms)
    return tuple(form for form in every if form.key not in sense.without)


@lru_cache(maxsize=4_096)
def by_first_word(sense: Sense) -> dict[str, tuple[Form, ...]]:
    """The terms of a sense by the first word of each, in normal form."""
    found: dict[str, tuple[Form, ...]] = {}
    for form in forms_of(sense):
        for sequence in sequences(form.pieces[0]):
            found[sequence.norms[0]] = (*found.get(sequence.norms[0], ()), form)
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
    beside = (word for form in found.forms for need in form.needs for word in sorted(known.contexts[need.removeprefix("!")].words, key=str))
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
    for sense in senses(expand(query)):
        for form in forms_of(sense):
            if form.key not in sense.named:
                found.setdefault(form.concept, {}).setdefault(form.language, {})[form.text] = None
    concepts = vocabulary().concepts
    return [Meant(one, concepts[one].name, {language: tuple(terms) for language, terms in by.items()}) for one, by in found.items()]


def related(query: Query) -> list[Concept]:
    """Concepts that somebody with this query may want too: what is declared related, then the same group; none it covers already."""
    named = tuple(dict.fromkeys(concept for sense in senses(expand(query)) for concept in sense.concepts))
    have = set(covered(named))
    concepts = vocabulary().concepts
    declared = [other for one in named for other in concepts[one].related]
    pointing = [one.id for one in concepts.values() if {*one.related, *one.includes} & set(named)]
    groups = [one.id for name in named for one in concepts.values() if one.group == concepts[name].group]
    wanted = dict.fromkeys((*declared, *pointing, *groups))
    return [concepts[one] for one in wanted if one not in have][:MOST_RELATED]


def name_of(concept: str) -> str:
    """What people call a concept; an id that is not known, in words."""
    found = vocabulary().concepts.get(concept)
    return found.name if found else concept.replace("-", " ")
