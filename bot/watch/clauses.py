"""A query → what must be true of an item for it to hold: clauses over facts, which a set can answer.

A fact is something found in an item at once: that words stand there, that it comes from somewhere, that it says a sense. The query holds
if each clause does, and a clause does if one of its facts is true, or one of those it lacks is not.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from bot.watch.nodes import And, Leaf, Not, Or, Query, Sense, Without

Fact = str | int
MOST = 32
"""Queries that say the same in more clauses than this are told by fewer, necessary but not enough."""


class Clause(NamedTuple):
    """True where one of `some` is, or one of `lacking` is not."""

    some: tuple[Fact, ...] = ()
    lacking: tuple[Fact, ...] = ()


class Clauses(NamedTuple):
    """What must all be true; `enough` tells whether the query then holds, or may only."""

    clauses: tuple[Clause, ...] = ()
    enough: bool = True


FactsOf = Callable[[Leaf], tuple[Fact, ...]]
"""The facts of which one makes a leaf hold; of a sense, besides its literal words."""


def clauses(query: Query, facts_of: FactsOf, *, wanted: bool = True) -> Clauses:
    """The clauses of an expanded query, or of its contrary if that is `wanted`: no."""
    match query:
        case Not(part):
            return clauses(part, facts_of, wanted=not wanted)
        case And(parts) | Or(parts):
            choices = [clauses(part, facts_of, wanted=wanted) for part in parts]
            return _both(choices) if isinstance(query, And) == wanted else _either(choices)
        case Sense(_, literal):
            said = _leaf(facts_of(query), wanted=wanted)
            choices = [said] if literal is None else [said, clauses(literal, facts_of, wanted=wanted)]
            return _either(choices) if wanted else _both(choices)
        case Without():
            return Clauses() if wanted else Clauses((Clause(),))
        case _:
            return _leaf(facts_of(query), wanted=wanted)


def _leaf(facts: tuple[Fact, ...], *, wanted: bool) -> Clauses:
    return Clauses((Clause(some=facts),) if wanted else tuple(Clause(lacking=(fact,)) for fact in facts))


def _both(choices: Iterable[Clauses]) -> Clauses:
    found = tuple(choices)
    return Clauses(tuple(dict.fromkeys(one for choice in found for one in choice.clauses)), all(choice.enough for choice in found))


def _either(choices: Sequence[Clauses]) -> Clauses:
    joined, enough = [Clause()], True
    for choice in choices:
        these = choice.clauses
        if len(these) * len(joined) > MOST:
            these, enough = (min(these, key=_looseness),), False
        joined = [_joined(one, other) for one in joined for other in these]
        enough = enough and choice.enough
    return Clauses(tuple(dict.fromkeys(joined)), enough)


def _joined(one: Clause, other: Clause) -> Clause:
    return Clause(tuple(dict.fromkeys((*one.some, *other.some))), tuple(dict.fromkeys((*one.lacking, *other.lacking))))


def _looseness(clause: Clause) -> tuple[bool, int]:
    return bool(clause.lacking), len(clause.some)
