"""All terms of all watchlists found in an item at once.

Words become single characters (one for each distinct word of any term), so that an automaton over these finds whole words and
phrases only, and a text is as long as it has words. A term's beginning (`decentrali*`) is looked up for each distinct word once.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, lru_cache

from bot.model import Evidence, FieldName, Item
from bot.watch import senses
from bot.watch.automaton import Automaton
from bot.watch.holds import place_of
from bot.watch.nodes import TEXT_FIELDS, Near, Phrase, Sense, Term
from bot.watch.senses import Place
from bot.watch.terms import MOST_PLACES, Sequence, as_written, exact_text, label, sequences
from bot.watch.text import Reading, norm, readings, spellings
from bot.watch.thesaurus import by_first_piece, covered, own_forms, pieces
from bot.watch.vocabulary import Form, vocabulary

_UNKNOWN = "\x00"
_BORDER = "\x01"
_FIRST_WORD = 2
_SURROGATES = range(0xD800, 0xE000)
_KEPT_FORMS = 200_000

Key = tuple[int, int, int, str, str]
Keyed = dict[Key, Evidence]
Parts = list[tuple[FieldName, Reading]]
"""The readings of an item's texts, each with its field."""


class _Letters(dict[str, str]):
    """The character that stands for a word as folded; words of no term share one."""

    def __init__(self, vocabulary: dict[str, str]) -> None:
        super().__init__()
        self.vocabulary = vocabulary

    def __missing__(self, form: str) -> str:
        if len(self) > _KEPT_FORMS:
            self.clear()
        letter = self[form] = self.vocabulary.get(norm(form), _UNKNOWN)
        return letter


class Scanner:
    """Knows the terms; `scan` finds them in an item. Terms are counted, so each `add` wants its `remove`."""

    def __init__(self, terms: Iterable[Term] = ()) -> None:
        self._vocabulary: dict[str, str] = {}
        self._letters = _Letters(self._vocabulary)
        self._uses: dict[Term, int] = {}
        self._terms_of: dict[str, dict[Term, None]] = {}
        self._begun: dict[str, dict[tuple[Term, Sequence], None]] = {}
        self._lengths: list[int] = []
        self._begins: dict[str, tuple[tuple[Term, Sequence], ...]] = {}
        self._automaton = Automaton()
        for term in terms:
            self._uses[term] = self._uses.get(term, 0) + 1
            if self._uses[term] == 1:
                self._learn(term)
        self._automaton.merge(self._terms_of)

    def add(self, term: Term) -> None:
        """The term is found from now on."""
        self._uses[term] = self._uses.get(term, 0) + 1
        if self._uses[term] == 1:
            for pattern in self._learn(term):
                self._automaton.add(pattern)

    def remove(self, term: Term) -> None:
        """The term is found no longer, unless it was added more than once."""
        self._uses[term] -= 1
        if self._uses[term] == 0:
            del self._uses[term]
            self._forget(term)

    def merge(self) -> None:
        """Terms added since the start cost no more than the others."""
        self._terms_of = {pattern: terms for pattern, terms in self._terms_of.items() if terms}
        self._automaton.merge(self._terms_of)

    def _learn(self, term: Term) -> list[str]:
        """Takes in a new term; returns the patterns that the automaton does not know yet."""
        fresh = []
        for sequence in sequences(term):
            if sequence.beginnings:
                for beginning in sequence.beginnings:
                    self._begun.setdefault(beginning, {})[term, sequence] = None
                self._begins.clear()
                self._lengths = sorted({len(beginning) for beginning in self._begun})
            else:
                pattern = "".join(map(self._letter, sequence.norms))
                if pattern not in self._terms_of:
                    self._terms_of[pattern] = {}
                    fresh.append(pattern)
                self._terms_of[pattern][term] = None
        return fresh

    def _forget(self, term: Term) -> None:
        for sequence in sequences(term):
            for beginning in sequence.beginnings:
                self._begun[beginning].pop((term, sequence))
                self._begins.clear()
            if not sequence.beginnings:
                self._terms_of["".join(map(self._letter, sequence.norms))].pop(term)

    def _letter(self, word: str) -> str:
        """The character of a word, a new one for a new word; Unicode has room for 1.1 million words."""
        if word not in self._vocabulary:
            code = len(self._vocabulary) + _FIRST_WORD
            self._vocabulary[word] = chr(code if code < _SURROGATES.start else code + len(_SURROGATES))
            self._letters.clear()
        return self._vocabulary[word]

    def scan(self, item: Item) -> "Scan":
        """Every place of every term in the item."""
        parts = [(field, reading) for field in TEXT_FIELDS if (text := getattr(item, field)) for reading in readings(text)]
        scan = Scan(item, parts)
        for term, place in self.find(parts):
            scan.note(term, place)
        return scan

    def find(self, parts: Parts) -> Iterator[tuple[Term, Place]]:
        """Every place of the words of every term, whatever their field and letter case."""
        starts = [0]
        coded = []
        for _, reading in parts:
            coded.append("".join(map(self._letters.__getitem__, reading.forms)))
            starts.append(starts[-1] + len(reading.forms) + 1)
        for pattern, start, end in self._automaton.find(_BORDER.join(coded)):
            part = bisect_left(starts, start + 1) - 1
            place = Place(part, start - starts[part], end - starts[part] - 1)
            yield from ((term, place) for term in self._terms_of.get(pattern, ()))
        if self._begun:
            for part, (_, reading) in enumerate(parts):
                yield from self._beginnings(part, reading.forms)

    def _beginnings(self, part: int, forms: list[str]) -> Iterator[tuple[Term, Place]]:
        for last, form in enumerate(forms):
            for term, sequence in self._beginning(form):
                first = last - len(sequence.norms)
                if first >= 0 and tuple(map(norm, forms[first:last])) == sequence.norms:
                    yield term, Place(part, first, last)

    def _beginning(self, form: str) -> tuple[tuple[Term, Sequence], ...]:
        """The terms a word begins like."""
        found = self._begins.get(form)
        if found is None:
            if len(self._begins) > _KEPT_FORMS:
                self._begins.clear()
            cuts = dict.fromkeys(spelling[:length] for spelling in spellings(form) for length in self._lengths)
            found = self._begins[form] = tuple(dict.fromkeys(one for cut in cuts for one in self._begun.get(cut, ())))
        return found


@lru_cache(maxsize=1)
def _every_term() -> Scanner:
    """Knows the pieces of every term of the thesaurus, whoever watches for it: so no watchlist has to bring its own."""
    return Scanner(dict.fromkeys(piece for concept in vocabulary().concepts for piece in pieces(concept)))


class _Said:
    """What an item says of the thesaurus: the text of which `bot.watch.senses` decides. `own` is where the watchlists' terms stand."""

    def __init__(self, item: Item, parts: Parts, own: Mapping[Term, list[Place]]) -> None:
        self.item = item
        self._own = own
        self._parts = parts
        self._found: dict[Term, list[Place]] = {}
        self._standing: dict[str, list[Form]] = {}
        self._contexts: dict[str, bool] = {}
        for term, place in _every_term().find(parts):
            self._found.setdefault(term, []).append(place)
        known = by_first_piece()
        for form in (form for term in self._found for form in known.get(term, ())):
            self._standing.setdefault(form.concept, []).append(form)

    @property
    def concepts(self) -> Iterable[str]:
        """The concepts that may be said."""
        return self._standing

    def standing(self, sense: Sense) -> Iterator[Form]:
        for concept in covered(sense.concepts):
            yield from (form for form in self._standing.get(concept, ()) if form.key not in sense.without)
        yield from own_forms(sense)

    def places(self, piece: Term) -> list[Place]:
        return self._found.get(piece) or self._own.get(piece, [])

    def span(self, place: Place) -> senses.Span:
        field, reading = self._parts[place.part]
        return field, *reading.place(place.first, place.last)

    def suits(self, context: str) -> bool:
        if context not in self._contexts:
            wanted = vocabulary().contexts[context]
            self._contexts[context] = senses.suits(wanted, self, self._found.keys() & wanted.words)
        return self._contexts[context]


class Scan:
    """What was found in one item: the places of each term, and on request the evidence."""

    def __init__(self, item: Item, parts: Parts) -> None:
        self.item = item
        self.found: dict[Term, list[Place]] = {}
        self._parts = parts
        self._evidence: dict[Term, Keyed] = {}
        self._senses: dict[int, tuple[Sense, Keyed]] = {}

    @cached_property
    def said(self) -> _Said:
        """What the item says of the thesaurus."""
        return _Said(self.item, self._parts, self.found)

    def note(self, term: Term, place: Place) -> None:
        """The term stands there, if its field and its letter case allow."""
        if term.field and term.field != self._parts[place.part][0]:
            return
        if isinstance(term, Phrase) and term.exact and as_written(self._written(place)) != exact_text(term):
            return
        self.found.setdefault(term, []).append(place)

    def sense(self, sense: Sense) -> Keyed:
        """The terms that say a sense; the words as typed are not looked at."""
        # by identity, since many watchlists share one sense, and it takes long to compare
        if id(sense) not in self._senses:
            self._senses[id(sense)] = sense, {place_of(one): one for one in senses.evidence(sense, self.said)}
        return self._senses[id(sense)][1]

    def _span(self, place: Place) -> tuple[FieldName, int, int]:
        field, reading = self._parts[place.part]
        return field, *reading.place(place.first, place.last)

    def _written(self, place: Place) -> str:
        field, start, end = self._span(place)
        text: str = getattr(self.item, field)
        return text[start:end]

    def evidence(self, term: Term) -> Keyed:
        """The first places of a term, by field and place; empty if it stands nowhere."""
        if term not in self._evidence:
            self._evidence[term] = self._name(term, self.found.get(term, ()), MOST_PLACES)
        return self._evidence[term]

    def near(self, query: Near) -> Keyed:
        """The places at which two terms are near each other."""
        left, right = self.found.get(query.left, ()), self.found.get(query.right, ())
        close = self._name(query.left, _close(left, right, query.distance), 2 * MOST_PLACES)
        close |= self._name(query.right, _close(right, left, query.distance), 2 * MOST_PLACES)
        return dict(sorted(close.items(), key=lambda one: one[0])[: 2 * MOST_PLACES])

    def _name(self, term: Term, places: Iterable[Place], most: int) -> Keyed:
        named = label(term)
        spans = {(TEXT_FIELDS.index(field), start, end) for field, start, end in map(self._span, places)}
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
