"""A workspace's own concepts and terms come and go.

Before a change is saved it is told what it does to the workspace's watchlists; one that makes a watchlist alert all the time, or takes
away from one, is saved only after a `yes`.
"""

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from typing import NamedTuple

from bot.cards.card import Button, Card, Line, Section, Span, line, notice, phrase
from bot.errors import UserMistake
from bot.messages import count, say
from bot.model import Watchlist
from bot.store import glossaries, watchlists
from bot.store.database import Tx
from bot.watch import backtest, fields, thesaurus
from bot.watch import query as language
from bot.watch.glossary import Glossary, id_of
from bot.watch.nodes import OwnTerm, cleaned
from bot.watch.vocabulary import Key, key_of
from handlers import concepts, confirming, preview, recording, workspace_queries
from handlers.concepts import Concept
from handlers.grammar import Request, Token, around, listed, name_and_terms, name_and_yes, tokens
from handlers.grammar import name as read_name
from handlers.reply import Context, Reply
from handlers.watchlists import asked, bold, news

TERM_LIMIT = 100
MOST_TERMS = 500
"""How many terms a workspace may have added: each is looked for in every item."""
_TRIED = 3  # watchlists of which it is told what a change adds and drops
_LOOKED_AT = 2_000  # items each of them looks at


class _Change(NamedTuple):
    """Terms of a concept that come or go, and how it is told: what is done, and what one types to do it."""

    concept: Concept
    before: Glossary
    after: Glossary
    terms: tuple[OwnTerm, ...]
    done: str
    typed: str


class _Effect(NamedTuple):
    """What a change means to the watchlists of the workspace: to how many, in lines, and which would alert all the time."""

    concerned: int
    lines: tuple[Line, ...] = ()
    too_broad: tuple[str, ...] = ()


async def add(request: Request, argument: str, context: Context) -> Reply:
    """A concept of the workspace's own, said by its name and by the terms given with it."""
    words, certain = name_and_yes(argument)
    given, rest = name_and_terms(words)
    if not given:
        return asked(
            say("What shall the concept be called, and how else is it said?"), "concept add our pipeline: ABC-101, zolumab, 졸루맙", request
        )
    async with context.store.read() as tx:
        own = await workspace_queries.own(tx, request)
        new = _new_concept(read_name(given), argument, own, request)
        terms = _terms((Token(text=new.name, start=0, end=len(given)), *listed(rest)), argument, new, "")
        others = say(", also said by {terms}", terms=concepts.told(terms[1:])) if terms[1:] else ""
        change = _Change(new, own, _joined(own, terms), terms, say("is added{others}", others=others), f"concept add {words}")
        effect = await _effect(tx, request, change)
    return await _carried_out(request, context, change, effect, certain=certain or not effect.too_broad)


def _new_concept(name: str, argument: str, own: Glossary, request: Request) -> Concept:
    known = thesaurus.identified(name, own)
    if known:
        said = concepts.known_as(known[0], own).name
        raise UserMistake(
            say("“{name}” says the concept {said} already.", name=name, said=said),
            hint=say("To add terms to that one: {command} – or give yours another name.", command=f"{request.prefix}term add … to {said}"),
            text=argument,
            position=0,
        )
    return Concept(id_of(name), name, (), ())


async def remove(request: Request, argument: str, context: Context) -> Reply:
    """Everything the workspace has added to a concept is gone; a concept of its own is gone with it. Asks first."""
    if not argument:
        return asked(say("Which of your concepts shall go?"), "concept remove our pipeline", request)
    words, certain = name_and_yes(argument)
    async with context.store.read() as tx:
        own = await workspace_queries.own(tx, request)
        concept = concepts.wanted(read_name(words), argument, own, request, "concept remove")
        if not concept.own:
            raise UserMistake(
                say("{concept} is known to everybody, and this workspace has added nothing to it.", concept=concept.name),
                hint=say('To leave it out of a query, quote the words exactly: ="{concept}"', concept=concept.name),
            )
        done = say("has lost what was added here") if concept.forms else say("is removed")
        change = _Change(concept, own, _without(own, concept.own), concept.own, done, f"concept remove {words}")
        effect = await _effect(tx, request, change)
    return await _carried_out(request, context, change, effect, certain=certain)


async def add_terms(request: Request, argument: str, context: Context) -> Reply:
    """The terms say the concept from now on, in the language given or in every one."""
    words, certain = name_and_yes(argument)
    async with context.store.read() as tx:
        own = await workspace_queries.own(tx, request)
        text, name, code = _parted(words, own)
        if not text or not name:
            return asked(say("Which term, and to which concept?"), "term add 가상 방문 to decentralized clinical trial in Korean", request)
        concept = concepts.wanted(name, argument, own, request, f"term add {text} to")
        terms = _terms(listed(text), argument, concept, code)
        fresh = tuple(one for one in terms if not _is_known(one, concept))
        if not fresh:
            state = concepts.whole(concept, await concepts.watched_by(tx, request, concept.id, own), request)
            return Reply(card=notice(phrase("{told} says it already.", told=concepts.told(terms)), *state))
        change = _Change(
            concept, own, _joined(own, fresh), fresh, say("is also said by {terms}", terms=concepts.told(fresh)), f"term add {words}"
        )
        effect = await _effect(tx, request, change)
    return await _carried_out(request, context, change, effect, certain=certain or not effect.too_broad)


async def remove_terms(request: Request, argument: str, context: Context) -> Reply:
    """The terms, which the workspace had added, say the concept no longer."""
    words, certain = name_and_yes(argument)
    if not words:
        return asked(say("Which term, and from which concept?"), "term remove 가상 방문 from decentralized clinical trial", request)
    async with context.store.read() as tx:
        own = await workspace_queries.own(tx, request)
        text, name, _ = _parted(words, own, "from")
        gone = _to_remove(listed(text), name, argument, own, request)
        concept = concepts.known_as(gone[0].concept, own)
        last = len(gone) == len(concept.own) and not concept.forms
        names = concepts.told(gone)
        done = say("is removed with its last term, {terms}", terms=names) if last else say("is no longer said by {terms}", terms=names)
        change = _Change(concept, own, _without(own, gone), gone, done, f"term remove {words}")
        effect = await _effect(tx, request, change)
    return await _carried_out(request, context, change, effect, certain=certain or not effect.concerned)


def _to_remove(texts: Sequence[Token], name: str, argument: str, own: Glossary, request: Request) -> tuple[OwnTerm, ...]:
    """The workspace's own terms that are meant, all of one concept."""
    among = concepts.wanted(name, argument, own, request, "term remove … from").own if name else own.terms
    gone = [term for text in texts for term in among if key_of(term.text) == key_of(text.text)]
    missing = next((text for text in texts if all(key_of(term.text) != key_of(text.text) for term in gone)), None)
    if missing or not gone:
        word = missing.text if missing else ""
        raise UserMistake(
            say("This workspace has not added “{word}” to {concept}.", word=word, concept=name)
            if name
            else say("This workspace has not added “{word}”.", word=word),
            hint=say(
                'A term that everybody has is left out of a watchlist with without:"{word}". See: {command}',
                word=word,
                command=f"{request.prefix}concept list",
            ),
            text=argument,
            position=missing.start if missing else 0,
        )
    several = dict.fromkeys(term.name for term in gone)
    if len(several) > 1:
        raise UserMistake(
            say("“{name}” was added to several concepts: {names}.", name=texts[0].text, names=", ".join(several)),
            hint=say("Say from which: {command}", command=f"{request.prefix}term remove {texts[0].text} from {next(iter(several))}"),
        )
    return tuple(gone)


def _parted(words: str, own: Glossary, joint: str = "to") -> tuple[str, str, str]:
    """`<terms> to <concept> [in <language>]` apart: at the first `to` after which a concept stands, else at the last."""
    cuts = around(words, joint)
    if not cuts:
        return words, "", ""
    parted = [(terms, *_in_language(_unquoted(rest), own, words)) for terms, rest in cuts]
    return next((one for one in parted if thesaurus.identified(one[1], own)), parted[-1])


def _unquoted(rest: str) -> str:
    found = tokens(rest)
    return f"{found[0].text} {rest[found[0].end :]}".strip() if found and found[0].quoted else rest


def _in_language(rest: str, own: Glossary, words: str) -> tuple[str, str]:
    """`<concept> [in <language>]` apart; the language as a code, "" for every one."""
    found = tokens(rest)
    if len(found) < 3 or found[-2].text.casefold() != "in" or thesaurus.identified(rest, own):
        return rest, ""
    name, code = rest[: found[-2].start].strip(), fields.language(found[-1].text)
    if code is None and thesaurus.identified(name, own):
        raise UserMistake(
            say("I know no language “{name}”.", name=found[-1].text),
            hint=say("Write for example `in Korean` or `in de`; without it the term counts in every language."),
            text=words,
            position=words.rindex(found[-1].text),
        )
    return (name, code) if code else (rest, "")


def _terms(given: Iterable[Token], argument: str, concept: Concept, code: str) -> tuple[OwnTerm, ...]:
    """The terms a person typed, without repetitions. Raises UserMistake for what cannot be looked for."""
    found: dict[Key, OwnTerm] = {}
    for one in given:
        text = cleaned(one.text)
        key = key_of(text)
        if wrong := _unfit(text, key):
            raise UserMistake(
                say("“{term}” {wrong}.", term=concepts.short(one.text), wrong=wrong),
                hint=say("Write a word or a phrase."),
                text=argument,
                position=one.start,
            )
        found.setdefault(key, OwnTerm(text, concept.id, code, concept.name))
    return tuple(found.values())


def _unfit(text: str, key: Key) -> str:
    """Why a term cannot be looked for; "" if it can."""
    if not key or not id_of(text):
        return say("has no letter or number to look for")
    if len("".join(key)) < 2:
        return say("is a single letter, which stands everywhere")
    if len(text) > TERM_LIMIT:
        return say("is longer than {n} characters", n=TERM_LIMIT)
    return say("has a star: a term is looked for as it stands") if "*" in text else ""


def _is_known(term: OwnTerm, concept: Concept) -> bool:
    ours = any(form.key == key_of(term.text) and not form.gap and form.language in ("", term.language) for form in concept.forms)
    return ours or any(key_of(one.text) == key_of(term.text) and one.language == term.language for one in concept.own)


def _joined(own: Glossary, terms: Sequence[OwnTerm]) -> Glossary:
    """The own words with these terms too; one that is given again is as it is given now."""
    again = {(term.concept, key_of(term.text)) for term in terms}
    joined = (*(one for one in own.terms if (one.concept, key_of(one.text)) not in again), *terms)
    if len(joined) > MOST_TERMS:
        raise UserMistake(
            say("A workspace can add {most} terms; with these there would be {n}.", most=MOST_TERMS, n=len(joined)),
            hint=say("Remove some first: {command}", command="concept list"),
        )
    return Glossary(joined)


def _without(own: Glossary, gone: Sequence[OwnTerm]) -> Glossary:
    return Glossary(tuple(one for one in own.terms if one not in gone))


async def _effect(tx: Tx, request: Request, change: _Change) -> _Effect:
    """What the change does to the watchlists, the first ones held against what was collected."""
    concerned = [one async for one in _concerned(tx, request, change)]
    lines: list[Line] = []
    too_broad = []
    for one, old, new in concerned[:_TRIED]:
        before, after = [await preview.backtested(tx, query, request, _LOOKED_AT) for query in (old, new)]
        first, *rest = preview.change(backtest.difference(before, after, old, new))
        lines += [line(*phrase("Watchlist {name}: ", name=bold(one)), *first), *rest]
        too_broad += [one.name] if after.is_too_broad and not before.is_too_broad else []
    if concerned[_TRIED:]:
        lines.append(phrase("It also concerns {names}.", names=", ".join(one.name for one, _, _ in concerned[_TRIED:])))
    return _Effect(len(concerned), tuple(lines), tuple(too_broad))


async def _concerned(tx: Tx, request: Request, change: _Change) -> AsyncIterator[tuple[Watchlist, language.Query, language.Query]]:
    """The watchlists that will mean something else, with what they mean before and after. Raises UserMistake if one will mean nothing."""
    for one in await watchlists.in_workspace(tx, request.place.workspace):
        old, new = _meant(one, change.before), _meant(one, change.after)
        if old and not new:
            raise UserMistake(
                say("The watchlist {name} asks for it by name: {query}", name=one.name, query=one.query),
                hint=say("Give that one another query first: {command} – or remove it.", command=f"{request.prefix}watch edit {one.name}"),
            )
        if old and new and old != new:
            yield one, old, new


def _meant(watchlist: Watchlist, own: Glossary) -> language.Query | None:
    try:
        return workspace_queries.of(watchlist, own)
    except UserMistake:
        return None


async def _carried_out(request: Request, context: Context, change: _Change, effect: _Effect, *, certain: bool) -> Reply:
    """The change is saved and the concept shown as it is now; or, if a person should say that they mean it, they are asked."""
    if not certain:
        return Reply(card=_question(change, effect, request))
    workspace, is_added = request.place.workspace, len(change.after.terms) >= len(change.before.terms)
    async with context.store.write() as tx:
        if is_added:
            await glossaries.add(tx, workspace, change.terms, request.actor, request.now)
        else:
            await glossaries.remove(tx, workspace, change.terms)
        terms = {"terms": [{"text": one.text, "language": one.language} for one in change.terms]}
        said = ("terms added", None, terms) if is_added else ("terms removed", terms, None)
        await recording.note(tx, request, said[0], change.concept.id, change.concept.name, before=said[1], after=said[2])
        own = await workspace_queries.own(tx, request)
        known = change.concept.forms or own.of([change.concept.id])
        using = await concepts.watched_by(tx, request, change.concept.id, own) if known else []
    name = Span(text=change.concept.name, bold=True)
    state = concepts.whole(concepts.known_as(change.concept.id, own), using, request) if known else concepts.all_added(own)
    watch = Button(label=say("Watch it"), action="watch add", value=f"concept:{change.concept.id}", style="primary")
    lines = (phrase("The concept {name} {done}.", name=name, done=change.done), *(_shared(change, own) if is_added else ()), *effect.lines)
    first = Section(lines=lines, buttons=(watch,) if known and not using else ())
    told = news(request, phrase(" changed what words mean here: the concept {name} {done}.", name=name, done=change.done))
    return Reply(card=Card(sections=(first, Section(lines=tuple(state))), tone="success"), announce=told)


def _shared(change: _Change, own: Glossary) -> Iterator[Line]:
    """Which of the new terms say another concept too."""
    for term in change.terms:
        others = [concepts.known_as(one, own).name for one in thesaurus.identified(term.text, own) if one != change.concept.id]
        if others:
            yield line(
                count(
                    "{term} also says {others}: a query for it means both.",
                    "{term} also says {others}: a query for it means all of them.",
                    len(others),
                    term=term.text,
                    others=", ".join(others),
                )
            )


def _question(change: _Change, effect: _Effect, request: Request) -> Card:
    verb = " ".join(change.typed.split()[:2])
    names = ", ".join(effect.too_broad)
    broad = say(" With this, {names} would alert more than 10 times a day.", names=names) if effect.too_broad else ""
    lines = (
        phrase(
            "Nothing is changed yet. On your word the concept {name} {done}.{broad}",
            name=Span(text=change.concept.name, bold=True),
            done=change.done,
            broad=broad,
        ),
        *effect.lines,
        confirming.how(request, f"{change.typed} yes"),
    )
    go_on = Button(label=say("Go on"), action=verb, value=f"{change.typed.removeprefix(verb).strip()} yes", style="danger")
    return notice(*lines, tone="warning", buttons=(go_on,))
