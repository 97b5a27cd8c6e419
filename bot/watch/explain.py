"""A query in plain words: "Alerts when an item says “decentralized trial” and comes from KR, and does not say “food”."."""

from datetime import date

from bot.model import FieldName
from bot.watch.nodes import And, Leaf, Near, Not, Or, Phrase, Prefix, Query, Sense, Term, When, Where, Without
from bot.watch.thesaurus import expand, forms_of

_WHERE = {
    "country": ("comes from", "does not come from"),
    "region": ("comes from", "does not come from"),
    "lang": ("is written in", "is not written in"),
    "tier": ("comes from a source that is", "does not come from a source that is"),
    "type": ("is of the type", "is not of the type"),
    "status": ("has the status", "does not have the status"),
    "product": ("is about products of the type", "is not about products of the type"),
    "agency": ("is published by", "is not published by"),
    "source": ("comes from the source", "does not come from the source"),
    "concept": ("is about", "is not about"),
}


def explain(query: Query) -> str:
    """One sentence that says when a watchlist with this query alerts."""
    meant = expand(query)
    removed = [f"“{term}”" for term in _removed(meant)]
    left_out = f" The words do not stand for {_listed(removed)}." if removed else ""
    return f"Alerts when an item {_clause(meant, holds=True)}.{left_out}"


def _removed(query: Query) -> list[str]:
    match query:
        case Without(terms):
            return list(terms)
        case And(parts) | Or(parts):
            return [term for part in parts for term in _removed(part)]
        case _:
            return []


def _clause(query: Query, *, holds: bool) -> str:
    match query:
        case Not(part):
            return _clause(part, holds=not holds)
        case And(parts) | Or(parts):
            # not all of them = one of them not
            return _joined(parts, holds=holds, all_of=isinstance(query, And) == holds)
        case Sense(typed):
            return f"{_clause(typed, holds=holds)}{_also(query, holds=holds)}"
        case _:
            return _leaf(query, holds=holds)


def _leaf(query: Leaf, *, holds: bool) -> str:
    match query:
        case Where(field, values):
            return f"{_WHERE[field][0 if holds else 1]} {_listed([value.replace('_', ' ') for value in values])}"
        case When():
            return _time(query, holds=holds)
        case Near(left, right, distance):
            near = f"{_quoted(left)} within {distance} word{'s'[: distance > 1]} of {_quoted(right)}{_place(left.field)}"
            return f"{'says' if holds else 'does not say'} {near}"
        case Phrase() | Prefix():
            return f"{'says' if holds else 'does not say'} {_quoted(query)}{_place(query.field)}"
        case _:
            return "is anything"


def _joined(parts: tuple[Query, ...], *, holds: bool, all_of: bool) -> str:
    # what must not be reads better last
    ordered = sorted((part for part in parts if not isinstance(part, Without)), key=lambda part: isinstance(part, Not))
    return _listed([_nested(part, holds=holds) for part in ordered], "and" if all_of else "or")


def _also(sense: Sense, *, holds: bool) -> str:
    """The first terms in other languages, and how many more there are."""
    others = [form for form in forms_of(sense) if form.key not in sense.named]
    first = {form.language: form for form in reversed(others) if form.language not in ("", "en")}
    shown = [first[language].text for language in ("ko", "zh", "ja") if language in first] or [form.text for form in others[:3]]
    more = len(others) - len(shown)
    told = f"{', '.join(shown)}{f' and {more} more' if more else ''}"
    return f" ({'also matches' if holds else 'nor'} {told})" if others else ""


def _nested(query: Query, *, holds: bool) -> str:
    inner = query.part if isinstance(query, Not) else query
    clause = _clause(query, holds=holds)
    return f"({clause})" if isinstance(inner, And | Or) else clause


def _quoted(term: Term) -> str:
    if isinstance(term, Prefix):
        return f"a word beginning with “{term.text}”"
    return f"exactly “{term.text}”" if term.exact else f"“{term.text}”"


def _place(field: FieldName | None) -> str:
    return f" in its {field}" if field else ""


def _time(query: When, *, holds: bool) -> str:
    be = "is" if holds else "is not"
    if isinstance(query.value, date):
        return f"{be} from {query.value} or later" if query.field == "after" else f"{be} from before {query.value}"
    compared = f"{'less' if query.sign == '<' else 'more'} than {query.value} day{'s'[: query.value > 1]}"
    if query.field == "age":
        return f"{be} {compared} old"
    return f"{'has' if holds else 'does not have'} a deadline in {compared}"


def _listed(values: list[str], joint: str = "or") -> str:
    return values[0] if len(values) == 1 else f"{', '.join(values[:-1])} {joint} {values[-1]}"
