"""Every term of the thesaurus as a pattern to look for, whoever watches for it: so no watchlist has to bring its own."""

from functools import lru_cache
from typing import NamedTuple

from bot.watch.automaton import Built
from bot.watch.letters import pattern
from bot.watch.nodes import Sense, Term
from bot.watch.terms import sequences
from bot.watch.thesaurus import by_first_piece, pieces, unless
from bot.watch.vocabulary import Context, Form, acronyms, vocabulary


class Saying(NamedTuple):
    """A term with the patterns of its further pieces; `whole` if it stands wherever its first piece does, in any letter case.

    It `simply` counts where it stands if it needs no context besides.
    """

    form: Form
    whole: bool
    simply: bool
    further: tuple[tuple[str, ...], ...]


class Beside(NamedTuple):
    """The words of a context: by pattern those of which the letter case does not matter, and the others."""

    any_case: frozenset[str]
    cased: frozenset[Term]


class Sayings(NamedTuple):
    """The terms by the pattern of their first piece, and the automaton of these and all other `patterns` that play a part.

    `covers` are the concepts by the patterns of words that look like a term of theirs and mean something else.
    """

    firsts: dict[str, tuple[Saying, ...]]
    patterns: frozenset[str]
    covers: dict[str, tuple[str, ...]]
    contexts: dict[str, Beside]
    automaton: Built


@lru_cache(maxsize=65_536)
def patterns_of(term: Term) -> tuple[str, ...]:
    """The patterns that say a term; a word that only begins so is none."""
    return tuple(pattern(sequence.norms) for sequence in sequences(term) if not sequence.beginnings)


@lru_cache(maxsize=1)
def sayings() -> Sayings:
    """Those of the vocabulary that comes with the package."""
    known = vocabulary()
    every = dict.fromkeys(
        (
            *(piece for concept in known.concepts for piece in pieces(concept)),
            *(word for context in known.contexts.values() for word in sorted(context.words, key=str)),
        )
    )
    firsts: dict[str, tuple[Saying, ...]] = {}
    for phrase in every:
        said = tuple(map(_saying, by_first_piece().get(phrase, ())))
        for one in patterns_of(phrase):
            firsts[one] = (*firsts.get(one, ()), *said)
    patterns = tuple(firsts)
    known_by = {one: said for one, said in firsts.items() if said}
    contexts = {name: _beside(context) for name, context in known.contexts.items()}
    return Sayings(known_by, frozenset(patterns), _covers(), contexts, Built(patterns))


def _saying(form: Form) -> Saying:
    whole = len(form.pieces) == 1 and not acronyms(form.text)
    return Saying(form, whole, whole and not form.needs, tuple(map(patterns_of, form.pieces[1:])))


def _beside(context: Context) -> Beside:
    cased = frozenset(word for word in context.words if acronyms(word.text))
    return Beside(frozenset(one for word in context.words - cased for one in patterns_of(word)), cased)


def _covers() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for concept in vocabulary().concepts:
        for one in (one for phrase in unless(concept) for one in patterns_of(phrase)):
            found[one] = (*found.get(one, ()), concept)
    return found


def is_plain(sense: Sense) -> bool:
    """Whether any term of its concepts says the sense: none is removed, and no field asked for."""
    return not sense.without and not sense.field
