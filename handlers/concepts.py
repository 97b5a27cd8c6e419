"""Concepts as a workspace knows them: found by name, listed, shown with the terms of every language and those it has added."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from difflib import get_close_matches
from typing import NamedTuple

from bot.cards.card import Card, Line, Section, Span, line, notice
from bot.errors import UserMistake
from bot.model import Watchlist
from bot.store import watchlists
from bot.store.database import Tx
from bot.watch import thesaurus
from bot.watch.glossary import Glossary, id_of
from bot.watch.nodes import OwnTerm
from bot.watch.vocabulary import Form, key_of, vocabulary
from handlers import meaning, reading
from handlers.grammar import Request
from handlers.grammar import name as read_name
from handlers.reply import Context, Reply
from handlers.watchlists import asked

_SHOWN = 12  # of the package's terms in one language
_LISTED = 20


class Concept(NamedTuple):
    """A concept as a workspace knows it: the package's terms, and its own."""

    id: str
    name: str
    forms: tuple[Form, ...]
    own: tuple[OwnTerm, ...]


def known_as(concept: str, own: Glossary) -> Concept:
    """The concept with this id, which the package or the workspace knows."""
    ours, mine = vocabulary().concepts.get(concept), own.of([concept])
    return Concept(concept, ours.name if ours else mine[0].name, ours.forms if ours else (), mine)


async def show_all(request: Request, argument: str, context: Context) -> Reply:
    """What the workspace has added; with a word after it, every concept that says it."""
    async with context.store.read() as tx:
        own = await reading.own(tx, request)
    if argument:
        return Reply(card=notice(*_saying(read_name(argument), own, request)))
    many = len(vocabulary().concepts)
    more = (
        line(f"Besides, there are {many} concepts for everybody. To find one: ", typed(request, "concept list trial")),
        line("To add a term: ", typed(request, "term add virtual visit to decentralized clinical trial")),
        line("To add a concept: ", typed(request, "concept add our pipeline: ABC-101, zolumab")),
    )
    return Reply(card=Card(sections=(Section(lines=tuple(all_added(own))), Section(lines=more))))


def all_added(own: Glossary) -> Iterator[Line]:
    """Everything a workspace has added, by concept."""
    added = [known_as(one, own) for one in dict.fromkeys(term.concept for term in own.terms)]
    yield line("This workspace has added:" if added else "This workspace has added no terms and no concepts.")
    yield from (line(Span(text=one.name, bold=True), " – ", told(one.own)) for one in added)


def _saying(word: str, own: Glossary, request: Request) -> Iterator[Line]:
    key = " ".join(key_of(word))
    known = (known_as(one, own) for one in dict.fromkeys((*(term.concept for term in own.terms), *vocabulary().concepts)))
    found = [one for one in known if key and any(key in " ".join(said) for said in _keys(one))]
    if not found:
        raise unknown(word, word, own, request, "concept show")
    found.sort(key=lambda one: key not in " ".join(key_of(one.name)))
    yield line(f"{len(found)} concept{'s say' if len(found) > 1 else ' says'} “{word}”:")
    yield from (line(Span(text=one.name, bold=True), " – ", Span(text=f"concept:{one.id}", code=True)) for one in found[:_LISTED])
    if len(found) > _LISTED:
        yield line(f"and {len(found) - _LISTED} more.")
    yield line("To see what it stands for: ", typed(request, f"concept show {found[0].name}"))


def _keys(concept: Concept) -> Iterator[tuple[str, ...]]:
    yield key_of(concept.name)
    yield from (key_of(term.text) for term in concept.own)
    yield from (form.key for form in concept.forms)


async def show(request: Request, argument: str, context: Context) -> Reply:
    """One concept: its terms in each language, what the workspace has added, and the watchlists that mean it."""
    if not argument:
        return asked("Which concept?", "concept show decentralized clinical trial", request)
    async with context.store.read() as tx:
        own = await reading.own(tx, request)
        concept = wanted(read_name(argument), argument, own, request, "concept show")
        using = await watched_by(tx, request, concept.id, own)
    return Reply(card=notice(*whole(concept, using, request)))


def wanted(name: str, argument: str, own: Glossary, request: Request, command: str) -> Concept:
    """The concept of that name, id or term. Raises UserMistake with the nearest ones."""
    found = thesaurus.identified(name, own)
    if not found:
        raise unknown(name, argument, own, request, command)
    if len(found) > 1:
        ids = ", or ".join(f"{request.prefix}{command} {one}" for one in found)
        raise UserMistake(f"“{name}” says {len(found)} concepts.", hint=f"Say which: {ids}", text=argument, position=0)
    return known_as(found[0], own)


def unknown(name: str, argument: str, own: Glossary, request: Request, command: str) -> UserMistake:
    """That there is no such concept, with the nearest ones."""
    near = get_close_matches(id_of(name), dict.fromkeys((*own.ids, *thesaurus.ids())), n=3, cutoff=0.6)
    names = dict.fromkeys(known_as(thesaurus.identified(one, own)[0], own).name for one in near)
    meant = ", or ".join(f"{request.prefix}{command} {one}" for one in names)
    hint = (
        f"Did you mean: {meant}"
        if names
        else f"To see which there are: {request.prefix}concept list – to make it: {request.prefix}concept add {name}"
    )
    return UserMistake(f"There is no concept “{short(name)}”.", hint=hint, text=argument, position=max(argument.rfind(name), 0))


async def watched_by(tx: Tx, request: Request, concept: str, own: Glossary) -> list[Watchlist]:
    """The watchlists of the workspace that mean a concept."""
    found = []
    for one in await watchlists.in_workspace(tx, request.place.workspace):
        with suppress(UserMistake):
            senses = thesaurus.senses(thesaurus.expand(reading.of(one, own)))
            if any(concept in thesaurus.covered(sense.concepts) for sense in senses):
                found.append(one)
    return found


def whole(concept: Concept, using: Sequence[Watchlist], request: Request) -> Iterator[Line]:
    """A concept whole: whose it is, its terms, and where it is used."""
    whose = "known to everybody" if concept.forms else "this workspace's own"
    yield line(Span(text=concept.name, bold=True), " – ", Span(text=f"concept:{concept.id}", code=True), f" – {whose}.")
    for code in sorted({form.language for form in concept.forms}, key=lambda one: (one == "", one)):
        texts = [form.text for form in concept.forms if form.language == code]
        more = f" and {len(texts) - _SHOWN} more" if len(texts) > _SHOWN else ""
        yield line(f"{meaning.LANGUAGES.get(code, code).capitalize()}: {', '.join(texts[:_SHOWN])}{more}.")
    yield line(f"Added here: {told(concept.own)}." if concept.own else "Added here: nothing.")
    names = ", ".join(one.name for one in using)
    meant = f"Meant by the watchlist{'s' if len(using) > 1 else ''} {names}." if using else "No watchlist means it. To watch it: "
    yield line(meant, *([] if using else [typed(request, f"watch add concept:{concept.id}")]))


def told(terms: Sequence[OwnTerm]) -> str:
    """Terms in a row, each with its language if it has one."""
    return ", ".join(f"{one.text} ({meaning.LANGUAGES.get(one.language, one.language)})" if one.language else one.text for one in terms)


def typed(request: Request, words: str) -> Span:
    """Words to type, as cards show them."""
    return Span(text=request.prefix + words, code=True)


def short(text: str) -> str:
    """A text that fits in a sentence."""
    return text if len(text) <= 60 else f"{text[:59]}…"
