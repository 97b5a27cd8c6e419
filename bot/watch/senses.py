"""Where a text says what a query means: the rules by which a term of a concept counts.

A term counts in an item of its language (typed words and acronyms in any), with its acronyms in capitals, beside a context if it needs
one, and not inside words that mean something else. Where terms overlap, the longest is the evidence.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple, Protocol

from bot.model import Evidence, FieldName, Item
from bot.watch.nodes import TEXT_FIELDS, Sense, Term
from bot.watch.terms import MOST_PLACES
from bot.watch.thesaurus import covered, unless
from bot.watch.vocabulary import Context, Form, acronyms, words_of

_MOST_TRIED = 200
"""Of a word that stands in one item more often, the places after that are not tried as parts of a term with a gap."""
Span = tuple[FieldName, int, int]


class Place(NamedTuple):
    """Where a term stands: in which part (a reading of a field), from which token to which."""

    part: int
    first: int
    last: int


class Text(Protocol):
    """An item in which phrases can be looked up."""

    item: Item

    def standing(self, sense: Sense) -> Iterable[Form]:
        """The terms of a sense that may stand in the item: at least all whose first piece does."""

    def places(self, piece: Term) -> Sequence[Place]:
        """Where the phrase stands, letter case aside."""

    def span(self, place: Place) -> Span:
        """The field, and where in it."""

    def suits(self, context: str) -> bool:
        """Whether the item has the context of that name; kept, as many terms ask."""


def evidence(sense: Sense, text: Text) -> list[Evidence]:
    """The words that say a sense, in reading order; none if nothing does."""
    covers = _covers(sense, text)
    spans: dict[tuple[Span, Form], None] = {}
    for form in text.standing(sense):
        if _may_count(form, sense, text):
            spans |= dict.fromkeys((text.span(place), form) for place in _places(form, text, covers))
    kept = [(span, form) for span, form in spans if sense.field in (None, span[0])]
    return list(_named(_longest(kept), text.item))


def says(sense: Sense, text: Text) -> bool:
    """Whether `evidence` would find anything."""
    covers = _covers(sense, text)
    return any(
        sense.field in (None, text.span(place)[0])
        for form in text.standing(sense)
        if _may_count(form, sense, text)
        for place in _places(form, text, covers)
    )


def beside(said: Iterable[Evidence], literal: Iterable[Evidence]) -> list[Evidence]:
    """The evidence for words as typed that does not stand inside a term."""
    spans = [(one.field, one.start, one.end) for one in said]
    return [one for one in literal if not any(one.field == field and start <= one.start and one.end <= end for field, start, end in spans)]


def _may_count(form: Form, sense: Sense, text: Text) -> bool:
    return (speaks(form, text.item) or form.key in sense.named) and is_beside(form, text)


def stands(form: Form, text: Text) -> bool:
    """Whether a term stands in an item as it is written, whatever is around it."""
    return any(True for _ in _places(form, text, ()))


def speaks(form: Form, item: Item) -> bool:
    """Whether an item is of a term's language, as far as is known."""
    language = item.language.split("-")[0]
    return not language or form.language in ("", language)


def is_beside(form: Form, text: Text) -> bool:
    """Whether a term has the contexts that it needs."""
    return all(text.suits(need.removeprefix("!")) != need.startswith("!") for need in form.needs)


def _places(form: Form, text: Text, covers: Sequence[Place]) -> Iterator[Place]:
    for place in _in_a_row(form, text, covers):
        if _is_as_cased(form.text, text, place):
            yield place


def _in_a_row(form: Form, text: Text, covers: Sequence[Place]) -> Iterable[Place]:
    """Where the pieces of a form follow each other within its gap, none of them covered; each beginning with its nearest end."""
    first, *rest = form.pieces
    found = _uncovered(text.places(first), covers)
    for piece in rest:
        ends = sorted(_uncovered(text.places(piece), covers))[:_MOST_TRIED]
        joined = ((start, next((end for end in ends if _follows(start, end, form.gap)), None)) for start in sorted(found)[:_MOST_TRIED])
        found = [Place(start.part, start.first, end.last) for start, end in joined if end]
    return found


def _uncovered(places: Sequence[Place], covers: Sequence[Place]) -> Sequence[Place]:
    """The places that do not stand inside words that mean something else."""
    return [place for place in places if not any(_is_inside(place, cover) for cover in covers)] if covers else places


def _is_inside(place: Place, cover: Place) -> bool:
    return cover.part == place.part and cover.first <= place.first and place.last <= cover.last


def _follows(start: Place, end: Place, gap: int) -> bool:
    return start.part == end.part and 0 <= end.first - start.last - 1 <= gap


def _covers(sense: Sense, text: Text) -> list[Place]:
    """The places of words that look like a term and mean something else."""
    return [place for one in covered(sense.concepts) for phrase in unless(one) for place in text.places(phrase)]


def suits(context: Context, text: Text, words: Iterable[Term]) -> bool:
    """Whether an item has a context: by where it comes from, or by one of the context's words, which may be narrowed to likely ones."""
    item = text.item
    if item.tier.lower() in context.tiers or item.agency.lower() in context.agencies or item.country.lower() in context.countries:
        return not _is_ended(context, text)
    return any(_is_as_cased(word.text, text, place) for word in words for place in text.places(word)) and not _is_ended(context, text)


def _is_ended(context: Context, text: Text) -> bool:
    return bool(context.but) and text.suits(context.but)


def _is_as_cased(term: str, text: Text, place: Place) -> bool:
    # what stands there is asked for only if it matters, as it takes long to tell
    return not acronyms(term) or is_as_cased(term, written(text, place))


def written(text: Text, place: Place) -> str:
    """The words at a place as the source wrote them."""
    field, start, end = text.span(place)
    return str(getattr(text.item, field))[start:end]


def is_as_cased(term: str, found: str) -> bool:
    """Whether the acronyms of a term stand there as acronyms: as it writes them or in capitals, a plural s aside."""
    wanted = acronyms(term)
    if not wanted:
        return True
    there = set(words_of(unicodedata.normalize("NFKC", found)))
    return all(there & _casings(acronym) for acronym in wanted)


@lru_cache(maxsize=8_192)
def _casings(acronym: str) -> frozenset[str]:
    base = re.sub("(?<=[A-Z])s$", "", acronym)
    return frozenset(case + ending for case in (base, base.upper()) for ending in ("", "s"))


def _longest(spans: Iterable[tuple[Span, Form]]) -> list[tuple[Span, Form]]:
    """The spans that do not stand inside a longer one; of a concept's terms for one span, the one with the fewest gaps."""
    ordered = sorted(spans, key=lambda one: (TEXT_FIELDS.index(one[0][0]), one[0][1], -one[0][2], len(one[1].pieces), one[1].text))
    kept: dict[tuple[Span, str], Form] = {}
    last: Span | None = None
    for span, form in ordered:
        if last is None or last[0] != span[0] or span[2] > last[2] or span == last:
            kept.setdefault((span, form.concept), form)
            last = span
    return [(span, form) for (span, _), form in kept.items()]


def _named(spans: Iterable[tuple[Span, Form]], item: Item) -> Iterator[Evidence]:
    counts: dict[Form, int] = {}
    for (field, start, end), form in spans:
        counts[form] = counts.get(form, 0) + 1
        if counts[form] <= MOST_PLACES:
            found = str(getattr(item, field))[start:end]
            yield Evidence(
                field=field, start=start, end=end, text=found, term=form.text, concept=form.concept, language=form.language or None
            )
