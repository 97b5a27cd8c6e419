"""Concepts as a workspace knows them: found by name, listed, shown with the terms of every language and those it has added."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from difflib import get_close_matches
from typing import NamedTuple

from bot.cards.card import Card, Line, Section, Span, line, notice, phrase
from bot.errors import UserMistake
from bot.messages import count, say
from bot.model import Watchlist
from bot.store import watchlists
from bot.store.database import Tx
from bot.watch import thesaurus
from bot.watch.glossary import Glossary, id_of
from bot.watch.nodes import OwnTerm
from bot.watch.vocabulary import Form, key_of, vocabulary
from handlers import meaning, workspace_queries
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
        own = await workspace_queries.own(tx, request)
    if argument:
        return Reply(card=notice(*_saying(read_name(argument), own, request)))
    many = len(vocabulary().concepts)
    more = (
        phrase(
            "Besides, there are {n} concepts for everybody. To find one: {command}",
            n=str(many),
            command=typed(request, "concept list trial"),
        ),
        phrase("To add a term: {command}", command=typed(request, "term add virtual visit to decentralized clinical trial")),
        phrase("To add a concept: {command}", command=typed(request, "concept add our pipeline: ABC-101, zolumab")),
    )
    return Reply(card=Card(sections=(Section(lines=tuple(all_added(own))), Section(lines=more))))


def all_added(own: Glossary) -> Iterator[Line]:
    """Everything a workspace has added, by concept."""
    added = [known_as(one, own) for one in dict.fromkeys(term.concept for term in own.terms)]
    yield phrase("This workspace has added:") if added else phrase("This workspace has added no terms and no concepts.")
    yield from (line(Span(text=one.name, bold=True), " – ", told(one.own)) for one in added)


def _saying(word: str, own: Glossary, request: Request) -> Iterator[Line]:
    key = " ".join(key_of(word))
    known = (known_as(one, own) for one in dict.fromkeys((*(term.concept for term in own.terms), *vocabulary().concepts)))
    found = [one for one in known if key and any(key in " ".join(said) for said in _keys(one))]
    if not found:
        raise unknown(word, word, own, request, "concept show")
    found.sort(key=lambda one: key not in " ".join(key_of(one.name)))
    yield line(count("{n} concept says “{word}”:", "{n} concepts say “{word}”:", len(found), word=word))
    yield from (line(Span(text=one.name, bold=True), " – ", Span(text=f"concept:{one.id}", code=True)) for one in found[:_LISTED])
    if len(found) > _LISTED:
        yield phrase("and {n} more.", n=str(len(found) - _LISTED))
    yield phrase("To see what it stands for: {command}", command=typed(request, f"concept show {found[0].name}"))


def _keys(concept: Concept) -> Iterator[tuple[str, ...]]:
    yield key_of(concept.name)
    yield from (key_of(term.text) for term in concept.own)
    yield from (form.key for form in concept.forms)


async def show(request: Request, argument: str, context: Context) -> Reply:
    """One concept: its terms in each language, what the workspace has added, and the watchlists that mean it."""
    if not argument:
        return asked(say("Which concept?"), "concept show decentralized clinical trial", request)
    async with context.store.read() as tx:
        own = await workspace_queries.own(tx, request)
        concept = wanted(read_name(argument), argument, own, request, "concept show")
        using = await watched_by(tx, request, concept.id, own)
    return Reply(card=notice(*whole(concept, using, request)))


def wanted(name: str, argument: str, own: Glossary, request: Request, command: str) -> Concept:
    """The concept of that name, id or term. Raises UserMistake with the nearest ones."""
    found = thesaurus.identified(name, own)
    if not found:
        raise unknown(name, argument, own, request, command)
    if len(found) > 1:
        ids = say(", or ").join(f"{request.prefix}{command} {one}" for one in found)
        raise UserMistake(
            say("“{name}” says {n} concepts.", name=name, n=len(found)),
            hint=say("Say which: {commands}", commands=ids),
            text=argument,
            position=0,
        )
    return known_as(found[0], own)


def unknown(name: str, argument: str, own: Glossary, request: Request, command: str) -> UserMistake:
    """That there is no such concept, with the nearest ones."""
    near = get_close_matches(id_of(name), dict.fromkeys((*own.ids, *thesaurus.ids())), n=3, cutoff=0.6)
    names = dict.fromkeys(known_as(thesaurus.identified(one, own)[0], own).name for one in near)
    meant = say(", or ").join(f"{request.prefix}{command} {one}" for one in names)
    hint = (
        say("Did you mean: {words}", words=meant)
        if names
        else say(
            "To see which there are: {list} – to make it: {add}",
            list=f"{request.prefix}concept list",
            add=f"{request.prefix}concept add {name}",
        )
    )
    return UserMistake(
        say("There is no concept “{name}”.", name=short(name)), hint=hint, text=argument, position=max(argument.rfind(name), 0)
    )


async def watched_by(tx: Tx, request: Request, concept: str, own: Glossary) -> list[Watchlist]:
    """The watchlists of the workspace that mean a concept."""
    found = []
    for one in await watchlists.in_workspace(tx, request.place.workspace):
        with suppress(UserMistake):
            senses = thesaurus.senses(thesaurus.expand(workspace_queries.of(one, own)))
            if any(concept in thesaurus.covered(sense.concepts) for sense in senses):
                found.append(one)
    return found


def whole(concept: Concept, using: Sequence[Watchlist], request: Request) -> Iterator[Line]:
    """A concept whole: whose it is, its terms, and where it is used."""
    whose = say("known to everybody") if concept.forms else say("this workspace's own")
    yield line(Span(text=concept.name, bold=True), " – ", Span(text=f"concept:{concept.id}", code=True), f" – {whose}.")
    for code in sorted({form.language for form in concept.forms}, key=lambda one: (one == "", one)):
        texts = [form.text for form in concept.forms if form.language == code]
        more = say(" and {n} more terms", n=len(texts) - _SHOWN) if len(texts) > _SHOWN else ""
        language = _language(code)
        yield line(f"{language[:1].upper()}{language[1:]}: {', '.join(texts[:_SHOWN])}{more}.")
    yield phrase("Added here: {terms}.", terms=told(concept.own)) if concept.own else phrase("Added here: nothing.")
    yield _used(concept, using, request)


def _used(concept: Concept, using: Sequence[Watchlist], request: Request) -> Line:
    if not using:
        return phrase("No watchlist means it. To watch it: {command}", command=typed(request, f"watch add concept:{concept.id}"))
    names = ", ".join(one.name for one in using)
    return line(count("Meant by the watchlist {names}.", "Meant by the watchlists {names}.", len(using), names=names))


def _language(code: str) -> str:
    return say(meaning.LANGUAGES[code]) if code in meaning.LANGUAGES else code


def told(terms: Sequence[OwnTerm]) -> str:
    """Terms in a row, each with its language if it has one."""
    return ", ".join(f"{one.text} ({_language(one.language)})" if one.language else one.text for one in terms)


def typed(request: Request, words: str) -> Span:
    """Words to type, as cards show them."""
    return Span(text=request.prefix + words, code=True)


def short(text: str) -> str:
    """A text that fits in a sentence."""
    return text if len(text) <= 60 else f"{text[:59]}…"
