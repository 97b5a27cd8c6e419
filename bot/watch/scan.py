"""What was found in one item: where each term stands, and on request the evidence for it."""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property

from bot.model import Evidence, FieldName, Item
from bot.watch import senses
from bot.watch.holds import place_of
from bot.watch.nodes import TEXT_FIELDS, Near, Phrase, Sense, Term
from bot.watch.sayings import Saying, patterns_of, sayings
from bot.watch.senses import Place
from bot.watch.terms import MOST_PLACES, as_written, exact_text, label
from bot.watch.text import Reading
from bot.watch.thesaurus import covered, own_forms
from bot.watch.vocabulary import Form, vocabulary
from bot.watch.vocabulary import Key as Words

Key = tuple[int, int, int, str, str]
Keyed = dict[Key, Evidence]
Parts = list[tuple[FieldName, Reading]]
"""The readings of an item's texts, each with its field."""


class Scan:
    """An item with its parts as one `text` of a letter a word, the `patterns` that stand there, and where words begin as asked."""

    def __init__(self, item: Item, parts: Parts, text: str, patterns: set[str], begun: Mapping[Term, list[Place]]) -> None:
        self.item = item
        self.patterns = patterns
        self.begun = begun
        self._parts = parts
        self._text = text
        self._places: dict[Term, list[Place]] = {}
        self._evidence: dict[Term, Keyed] = {}
        self._senses: dict[int, tuple[Sense, Keyed]] = {}
        self._contexts: dict[str, bool] = {}

    @cached_property
    def _starts(self) -> list[int]:
        starts = [0]
        for _, reading in self._parts:
            starts.append(starts[-1] + reading.length + 1)
        return starts

    def places(self, term: Term) -> list[Place]:
        """Where a term stands, in its field and letter case if it asks for these."""
        said_by = patterns_of(term)
        if term not in self.begun and self.patterns.isdisjoint(said_by):
            return []
        if term not in self._places:
            said = (self._place(*where) for one in said_by for where in self._wheres(one))
            self._places[term] = [place for place in (*said, *self.begun.get(term, ())) if self._suits(term, place)]
        return self._places[term]

    def _wheres(self, pattern: str) -> Iterator[tuple[int, int]]:
        start = self._text.find(pattern)
        while start >= 0:
            yield start, start + len(pattern)
            start = self._text.find(pattern, start + 1)

    def _place(self, start: int, end: int) -> Place:
        part = bisect_left(self._starts, start + 1) - 1
        return Place(part, start - self._starts[part], end - self._starts[part] - 1)

    def _suits(self, term: Term, place: Place) -> bool:
        if term.field and term.field != self._parts[place.part][0]:
            return False
        return not (isinstance(term, Phrase) and term.exact) or as_written(self._written(place)) == exact_text(term)

    def span(self, place: Place) -> senses.Span:
        """The field of a place, and where in it."""
        field, reading = self._parts[place.part]
        return field, *reading.place(place.first, place.last)

    def _written(self, place: Place) -> str:
        field, start, end = self.span(place)
        text: str = getattr(self.item, field)
        return text[start:end]

    @cached_property
    def _sayings(self) -> dict[str, list[Saying]]:
        """The terms of the thesaurus that may stand there, by concept."""
        found: dict[str, list[Saying]] = {}
        for saying in self._each_saying():
            found.setdefault(saying.form.concept, []).append(saying)
        return found

    @cached_property
    def _simply(self) -> set[str]:
        """The concepts of which a term stands there that counts wherever it does."""
        languages = ("", self.item.language.split("-")[0])
        return {one.form.concept for one in self._each_saying() if one.simply and (not languages[1] or one.form.language in languages)}

    def _each_saying(self) -> Iterator[Saying]:
        firsts = sayings().firsts
        return (saying for one in firsts.keys() & self.patterns for saying in firsts[one])

    @property
    def concepts(self) -> Collection[str]:
        """The concepts that may be said there."""
        return self._sayings.keys()

    def says(self, concept: str) -> bool:
        """Whether a term of the concept counts there for whoever asks for it, if it does not stand in words that mean something else."""
        return concept in self._simply or any(
            senses.speaks(saying.form, self.item)
            and not any(map(self.patterns.isdisjoint, saying.further))
            and senses.is_beside(saying.form, self)
            and (saying.whole or senses.stands(saying.form, self))
            for saying in self._sayings[concept]
        )

    def keys(self, concept: str) -> set[Words]:
        """The terms of a concept that may stand there: one counts in any language if a query named the sense by it."""
        return {saying.form.key for saying in self._sayings[concept]}

    @cached_property
    def covered(self) -> set[str]:
        """The concepts of which words may stand there that look like a term of theirs and mean something else."""
        covers = sayings().covers
        return {concept for one in covers.keys() & self.patterns for concept in covers[one]}

    def standing(self, sense: Sense) -> Iterator[Form]:
        """The terms of a sense that may stand there."""
        for concept in covered(sense.concepts):
            yield from (one.form for one in self._sayings.get(concept, ()) if one.form.key not in sense.without)
        yield from own_forms(sense)

    def suits(self, context: str) -> bool:
        """Whether the item has the context of that name."""
        if context not in self._contexts:
            known, asked = sayings().contexts[context], vocabulary().contexts[context]
            if known.any_case.isdisjoint(self.patterns):
                self._contexts[context] = senses.suits(asked, self, known.cased)
            else:
                self._contexts[context] = not asked.but or not self.suits(asked.but)
        return self._contexts[context]

    def sense(self, sense: Sense) -> Keyed:
        """The terms that say a sense; the words as typed are not looked at."""
        # by identity, since many watchlists share one sense, and it takes long to compare
        if id(sense) not in self._senses:
            self._senses[id(sense)] = sense, {place_of(one): one for one in senses.evidence(sense, self)}
        return self._senses[id(sense)][1]

    def evidence(self, term: Term) -> Keyed:
        """The first places of a term, by field and place; empty if it stands nowhere."""
        if term not in self._evidence:
            self._evidence[term] = self._name(term, self.places(term), MOST_PLACES)
        return self._evidence[term]

    def near(self, query: Near) -> Keyed:
        """The places at which two terms are near each other."""
        left, right = self.places(query.left), self.places(query.right)
        close = self._name(query.left, _close(left, right, query.distance), 2 * MOST_PLACES)
        close |= self._name(query.right, _close(right, left, query.distance), 2 * MOST_PLACES)
        return dict(sorted(close.items(), key=lambda one: one[0])[: 2 * MOST_PLACES])

    def _name(self, term: Term, places: Iterable[Place], most: int) -> Keyed:
        named = label(term)
        spans = {(TEXT_FIELDS.index(field), start, end) for field, start, end in map(self.span, places)}
        return {(*span, named, ""): self._one(named, *span) for span in sorted(spans)[:most]}

    def _one(self, named: str, number: int, start: int, end: int) -> Evidence:
        field = TEXT_FIELDS[number]
        return Evidence(field=field, start=start, end=end, text=getattr(self.item, field)[start:end], term=named)


def _close(places: Iterable[Place], others: Iterable[Place], distance: int) -> Iterator[Place]:
    """The places that have one of the others within the distance, on either side, in the same part."""
    firsts = sorted((other.part, other.first) for other in others)
    lasts = sorted((other.part, other.last) for other in others)
    for place in places:
        after = bisect_left(firsts, (place.part, place.last + 1))
        before = bisect_left(lasts, (place.part, place.first - distance))
        follows = after < len(firsts) and firsts[after] <= (place.part, place.last + distance)
        precedes = before < len(lasts) and lasts[before] < (place.part, place.first)
        if follows or precedes:
            yield place
