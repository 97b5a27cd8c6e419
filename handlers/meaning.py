"""What the words of a query stand for: the terms they also match in each language, how to leave one out, and what is related."""

from collections.abc import Iterable, Iterator

from bot.cards.card import Button, Line, Span, line, phrase
from bot.messages import ENGLISH, mark, say
from bot.messages import language as spoken
from bot.watch import backtest
from bot.watch import query as language
from bot.watch.thesaurus import OWN, Meant

TERMS = 6  # of one concept in one language
CONCEPTS = 3  # told term by term
RELATED = 3

LANGUAGES = {
    "en": mark("English"), "ko": mark("Korean"), "zh": mark("Chinese"), "ja": mark("Japanese"), "de": mark("German"), "fr": mark("French"),
    "es": mark("Spanish"), "pt": mark("Portuguese"), "": mark("in every language"), OWN: mark("added here"),
}  # fmt: skip
_FIRST = (OWN, "ko", "zh", "ja", "en")


def definition(query: language.Query) -> tuple[Line, ...]:
    """What a query finds: as it is written, in words, and in the other languages."""
    written = phrase("It finds: {query}", query=Span(text=language.show(query), code=True))
    # The sentence is made of English words; elsewhere the query and the terms it also matches say as much.
    in_words = [phrase("In words: {words}", words=language.explain(query))] if spoken() == ENGLISH else []
    return written, *in_words, *_expansion(query)


def _expansion(query: language.Query) -> Iterator[Line]:
    meant = language.expansion(query)
    for one in meant[:CONCEPTS]:
        yield phrase("Also matches, for {concept}: {terms}.", concept=Span(text=one.name, bold=True), terms="; ".join(_by_language(one)))
    if len(meant) > CONCEPTS:
        yield phrase("And the terms of {concepts}.", concepts=", ".join(one.name for one in meant[CONCEPTS:]))
    if meant:
        removable = Span(text=f'without:"{_example(meant[0])}"', code=True)
        yield phrase("To leave a term out, add it to the query: {words}", words=removable)


def _by_language(meant: Meant) -> Iterator[str]:
    for code in sorted(meant.terms, key=_rank):
        yield f"{say(LANGUAGES[code]) if code in LANGUAGES else code} {_listed(meant.terms[code])}"


def _rank(code: str) -> tuple[int, str]:
    return (_FIRST.index(code) if code in _FIRST else len(_FIRST), code)


def _listed(terms: tuple[str, ...]) -> str:
    more = say(" and {n} more", n=len(terms) - TERMS) if len(terms) > TERMS else ""
    return f"{', '.join(terms[:TERMS])}{more}"


def _example(meant: Meant) -> str:
    """A term to show how one is left out: the shortest of the first language told.

    A longer term that holds a shorter one goes on matching by that.
    """
    first = min(meant.terms, key=_rank)
    return min(meant.terms[first], key=len)


def related(query: language.Query, action: str, before: str = "") -> tuple[Button, ...]:
    """A button for each of the concepts nearest to those a query names; it runs `action` with the query stretched to that concept."""
    return tuple(
        Button(
            label=say("Also {concept}", concept=concept.name),
            action=action,
            value=f"{before}{language.show(backtest.stretched(query, concept.id))}",
        )
        for concept in language.related(query)[:RELATED]
    )


def related_line(query: language.Query) -> Iterable[Line]:
    """The related concepts as what to type."""
    found = language.related(query)[:RELATED]
    if found:
        parts = [part for concept in found for part in (", ", Span(text=f"concept:{concept.id}", code=True))][1:]
        yield phrase("Related, to add with OR: {concepts}", concepts=line(*parts))


def sample(concept: str) -> str:
    """A few terms of one of our concepts, one from each language, to recognise it by."""
    meant = language.expansion(language.parse(f"concept:{concept}"))
    terms = meant[0].terms if meant else {}
    return ", ".join(terms[code][0] for code in sorted(terms, key=_rank) if terms[code])
