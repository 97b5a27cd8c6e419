"""What the words of a query stand for: the terms they also match in each language, how to leave one out, and what is related."""

from collections.abc import Iterable, Iterator

from bot.cards.card import Button, Line, Span, line
from bot.watch import backtest
from bot.watch import query as language
from bot.watch.thesaurus import OWN, Meant

TERMS = 6  # of one concept in one language
CONCEPTS = 3  # told term by term
RELATED = 3

LANGUAGES = {
    "en": "English", "ko": "Korean", "zh": "Chinese", "ja": "Japanese", "de": "German", "fr": "French", "es": "Spanish",
    "": "in every language", OWN: "added here",
}  # fmt: skip
_FIRST = (OWN, "ko", "zh", "ja", "en")


def definition(query: language.Query) -> tuple[Line, ...]:
    """What a query finds: as it is written, in words, and in the other languages."""
    written = line("It finds: ", Span(text=language.show(query), code=True))
    return written, line("In words: ", language.explain(query)), *_expansion(query)


def _expansion(query: language.Query) -> Iterator[Line]:
    meant = language.expansion(query)
    for one in meant[:CONCEPTS]:
        yield line("Also matches, for ", Span(text=one.name, bold=True), ": ", "; ".join(_by_language(one)), ".")
    if len(meant) > CONCEPTS:
        yield line(f"And the terms of {', '.join(one.name for one in meant[CONCEPTS:])}.")
    if meant:
        removable = Span(text=f'without:"{_example(meant[0])}"', code=True)
        yield line("To leave a term out, add it to the query: ", removable)


def _by_language(meant: Meant) -> Iterator[str]:
    for code in sorted(meant.terms, key=lambda one: (_FIRST.index(one) if one in _FIRST else len(_FIRST), one)):
        yield f"{LANGUAGES.get(code, code)} {_listed(meant.terms[code])}"


def _listed(terms: tuple[str, ...]) -> str:
    more = f" and {len(terms) - TERMS} more" if len(terms) > TERMS else ""
    return f"{', '.join(terms[:TERMS])}{more}"


def _example(meant: Meant) -> str:
    """A term to show how one is left out: the shortest of the first language told.

    A longer term that holds a shorter one goes on matching by that.
    """
    first = min(meant.terms, key=lambda one: (_FIRST.index(one) if one in _FIRST else len(_FIRST), one))
    return min(meant.terms[first], key=len)


def related(query: language.Query, action: str, before: str = "") -> tuple[Button, ...]:
    """A button for each of the concepts nearest to those a query names; it runs `action` with the query stretched to that concept."""
    return tuple(
        Button(label=f"Also {concept.name}", action=action, value=f"{before}{language.show(backtest.stretched(query, concept.id))}")
        for concept in language.related(query)[:RELATED]
    )


def related_line(query: language.Query) -> Iterable[Line]:
    """The related concepts as what to type."""
    found = language.related(query)[:RELATED]
    if found:
        parts = [part for concept in found for part in (", ", Span(text=f"concept:{concept.id}", code=True))][1:]
        yield line("Related, to add with OR: ", *parts)
