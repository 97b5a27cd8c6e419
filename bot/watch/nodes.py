"""A query as a tree of frozen values, and how it prints: `parse(show(q)) == q`.

Trees are made by the functions here in one form only: no AND directly inside AND, no OR inside OR, no double NOT, no group of one.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from bot.model import FieldName
from bot.watch.folding import fold

TEXT_FIELDS: tuple[FieldName, ...] = ("title", "summary", "text")
DOUBLE_QUOTES = '"“”„‟＂″〝〞〟'
_UNPRINTABLE = re.compile(rf"[{DOUBLE_QUOTES}\x00-\x1f\x7f-\x9f\ud800-\udfff\s]+")
_KEYWORD = re.compile(r"and|or|not|near/\d+")


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words in this order, adjacent in the normal form, in `field` or in any; `exact` compares them as written, letter case too."""

    text: str
    field: FieldName | None = None
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Prefix:
    """A word that begins so; of several words, the last one does."""

    text: str
    field: FieldName | None = None


@dataclass(frozen=True, slots=True)
class Near:
    """Two terms in one field, in either order, at most `distance` words on (neighbours are 1 apart)."""

    left: "Phrase | Prefix"
    right: "Phrase | Prefix"
    distance: int


@dataclass(frozen=True, slots=True)
class Where:
    """Where an item comes from or what it is: `field` has one of `values`."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class When:
    """When: `after` or `before` a day, `age` or `deadline` less (`<`) or more (`>`) than a number of days."""

    field: str
    sign: str
    value: date | int


@dataclass(frozen=True, slots=True)
class And:
    """All of the parts."""

    parts: "tuple[Query, ...]"


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of the parts."""

    parts: "tuple[Query, ...]"


@dataclass(frozen=True, slots=True)
class Not:
    """Not the part."""

    part: "Query"


@dataclass(frozen=True, slots=True)
class Without:
    """What the words of the query name does not stretch to these terms; holds for every item."""

    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OwnTerm:
    """A term that a workspace has added to a concept of ours or of its own, with the concept's `name`. No language means all."""

    text: str
    concept: str
    language: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Sense:
    """What was `typed`, and what it means: the `concepts` it names, in any language, in `field` or in any.

    Holds where `literal`, if there is one, holds as it stands, or where a term of the concepts does; `named` are the terms typed, in
    their normal form, which count in every language, and `without` those that do not count at all. `own` are the terms of these
    concepts that the workspace whose query it is has added. Made by `bot.watch.thesaurus`.
    """

    typed: "Query"
    literal: "Query | None"
    concepts: tuple[str, ...]
    named: tuple[tuple[str, ...], ...] = ()
    field: FieldName | None = None
    without: tuple[tuple[str, ...], ...] = ()
    own: tuple[OwnTerm, ...] = ()


Term = Phrase | Prefix
Leaf = Phrase | Prefix | Near | Where | When | Without | Sense
Query = Leaf | And | Or | Not


def all_of(parts: Iterable[Query]) -> Query:
    """The parts joined by AND; one part is itself. Raises ValueError for none."""
    flat = tuple(inner for part in parts for inner in (part.parts if isinstance(part, And) else (part,)))
    if not flat:
        raise ValueError("AND of nothing")
    return flat[0] if len(flat) == 1 else And(flat)


def any_of(parts: Iterable[Query]) -> Query:
    """The parts joined by OR; one part is itself. Raises ValueError for none."""
    flat = tuple(inner for part in parts for inner in (part.parts if isinstance(part, Or) else (part,)))
    if not flat:
        raise ValueError("OR of nothing")
    return flat[0] if len(flat) == 1 else Or(flat)


def negated(part: Query) -> Query:
    """NOT the part; NOT NOT is the part."""
    return part.part if isinstance(part, Not) else Not(part)


def near(left: Term, right: Term, distance: int) -> Near:
    """Two terms near each other; if one is looked for in one field, so is the other."""
    field = left.field or right.field
    return Near(replace(left, field=field), replace(right, field=field), distance)


def cleaned(text: str) -> str:
    """A term's text in one line, without what cannot stand inside quotation marks."""
    return _UNPRINTABLE.sub(" ", text).strip()


def trimmed(word: str) -> str:
    """A bare word without the punctuation around it."""
    start, end = 0, len(word)
    while start < end and unicodedata.category(word[start])[0] in "PSZC":
        start += 1
    while start < end and unicodedata.category(word[end - 1])[0] in "PSZC":
        end -= 1
    return word[start:end]


def is_keyword(word: str) -> bool:
    """Whether a bare word is an operator, in any letter case or width."""
    return bool(_KEYWORD.fullmatch(fold(word).text))


def show(query: Query) -> str:
    """The query in its printed form, which parses back to the same query."""
    match query:
        case Or(parts):
            return " OR ".join(show(part) for part in parts)
        case And(parts):
            return " ".join(_grouped(part) if isinstance(part, Or) else show(part) for part in parts)
        case Not(Sense(typed)):
            return show(Not(typed))
        case Not(part):
            return f"NOT {_grouped(part) if isinstance(part, Or | And | Near) else show(part)}"
        case _:
            return _leaf(query)


def _leaf(query: Leaf) -> str:
    match query:
        case Near(left, right, distance):
            return f"{_term(left)} NEAR/{distance} {_term(right)}"
        case Where(field, values):
            return f"{field}:{','.join(_value(value) for value in values)}"
        case When(field, sign, value):
            return f"{field}:{sign}{value if isinstance(value, date) else f'{value}d'}"
        case Without(terms):
            return f"without:{','.join(_value(term) for term in terms)}"
        case Sense(typed):
            return show(typed)
        case _:
            return _term(query)


def _grouped(query: Query) -> str:
    return f"({show(query)})"


def _value(value: str) -> str:
    return value if re.fullmatch(r"[\w-]+", value) else f'"{value}"'


def _term(term: Term) -> str:
    field = f"{term.field}:" if term.field else ""
    star = "*" if isinstance(term, Prefix) else ""
    if isinstance(term, Phrase) and term.exact:
        return f'{field}="{term.text}"'
    bare = re.fullmatch(r"\w+", term.text) and not is_keyword(term.text)
    return f"{field}{term.text}{star}" if bare else f'{field}"{term.text}{star}"'


def narrows(query: Query, *, positive: bool = True) -> bool:
    """Whether some items are ruled out for want of something; a query that does not narrow can match everything."""
    match query:
        case Not(part):
            return narrows(part, positive=not positive)
        case And(parts) | Or(parts):
            enough = any if isinstance(query, And) == positive else all
            return enough(narrows(part, positive=positive) for part in parts)
        case Without():
            return False
        case _:
            return positive
