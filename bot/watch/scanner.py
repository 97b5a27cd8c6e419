"""All terms of all watchlists found in an item at once, and what that makes true of it.

Words are single letters (`bot.watch.letters`), so that one automaton finds whole words and phrases, those of the thesaurus too. After one
pass an item is known by facts: patterns that stand in it, where it comes from (`country:kr`), and the numbers of such leaves of queries
as take more than words in a row.
"""

from collections.abc import Iterable, Iterator
from itertools import count

from bot.model import Item
from bot.watch import senses
from bot.watch.automaton import Automaton
from bot.watch.clauses import Fact
from bot.watch.fields import values_of
from bot.watch.letters import lettered
from bot.watch.nodes import TEXT_FIELDS, Leaf, Near, Phrase, Prefix, Sense, Term, Where, Without
from bot.watch.sayings import is_plain, patterns_of, sayings
from bot.watch.scan import Parts, Scan
from bot.watch.senses import Place
from bot.watch.terms import Sequence, sequences
from bot.watch.text import norm, readings, spellings
from bot.watch.thesaurus import covered, own_forms
from bot.watch.vocabulary import Key

_BORDER = "\x01"
_KEPT_WORDS = 200_000
_Begun = tuple[Prefix, Sequence]


class Scanner:
    """Knows leaves of queries; `scan` tells which are true of an item. Leaves are counted, so each one added wants its `remove`."""

    def __init__(self) -> None:
        self._uses: dict[Leaf, int] = {}
        self._facts: dict[Leaf, tuple[Fact, ...]] = {}
        self._leaves: dict[int, Leaf] = {}
        self._numbers = count()
        self._needed: dict[str, int] = {}
        self._fields: dict[str, int] = {}
        self._waiting: dict[str | Term, dict[int, None]] = {}
        self._plain: dict[str, dict[int, Sense]] = {}
        self._other: dict[str, dict[int, Sense]] = {}
        self._named: dict[Key, dict[int, None]] = {}
        self._prefixes = _Prefixes()
        self.automaton = Automaton(sayings().automaton)

    def add(self, leaves: Iterable[Leaf]) -> None:
        """What makes these leaves true is seen from now on."""
        fresh: list[str] = []
        for leaf in leaves:
            self._uses[leaf] = self._uses.get(leaf, 0) + 1
            if self._uses[leaf] == 1:
                self._learn(leaf)
                fresh += _patterns(leaf)
        for one in fresh:
            self._needed[one] = self._needed.get(one, 0) + 1
        self.automaton.add(fresh)

    def remove(self, leaf: Leaf) -> None:
        """The leaf is not looked for any longer, unless it was added more than once."""
        self._uses[leaf] -= 1
        if self._uses[leaf]:
            return
        del self._uses[leaf]
        self._forget(leaf)
        for one in _patterns(leaf):
            self._needed[one] -= 1
            if not self._needed[one]:
                del self._needed[one]
                if one not in sayings().patterns:
                    self.automaton.remove(one)

    def facts_of(self, leaf: Leaf) -> tuple[Fact, ...]:
        """The facts of which one makes a leaf true that was added; of a sense, besides its literal words."""
        return self._facts[leaf]

    def _learn(self, leaf: Leaf) -> None:
        match leaf:
            case Where(field, values):
                self._facts[leaf] = tuple(f"{field}:{value.lower()}" for value in values)
                self._fields[field] = self._fields.get(field, 0) + 1
            case Phrase(field=None, exact=False):
                self._facts[leaf] = patterns_of(leaf)
            case Without():
                self._facts[leaf] = ()
            case _:
                self._number(leaf, next(self._numbers))

    def _number(self, leaf: Leaf, number: int) -> None:
        self._facts[leaf] = (number,)
        self._leaves[number] = leaf
        for prefix in _prefixes(leaf):
            self._prefixes.add(prefix)
        for trigger in _triggers(leaf):
            self._waiting.setdefault(trigger, {})[number] = None
        if isinstance(leaf, Sense):
            for concept in covered(leaf.concepts):
                self._rooms(leaf).setdefault(concept, {})[number] = leaf
            for key in leaf.named:
                self._named.setdefault(key, {})[number] = None

    def _forget(self, leaf: Leaf) -> None:
        facts = self._facts.pop(leaf)
        if isinstance(leaf, Where):
            self._fields[leaf.field] -= 1
        if not facts or not isinstance(number := facts[0], int):
            return
        del self._leaves[number]
        for prefix in _prefixes(leaf):
            self._prefixes.remove(prefix)
        for trigger in dict.fromkeys(_triggers(leaf)):
            del self._waiting[trigger][number]
            if not self._waiting[trigger]:
                del self._waiting[trigger]
        if isinstance(leaf, Sense):
            for concept in covered(leaf.concepts):
                del self._rooms(leaf)[concept][number]
            for key in leaf.named:
                self._named[key].pop(number, None)

    def _rooms(self, sense: Sense) -> dict[str, dict[int, Sense]]:
        """Where a sense waits for its concepts."""
        return self._plain if is_plain(sense) else self._other

    def scan(self, item: Item) -> tuple[Scan, set[Fact]]:
        """The item with every place of every term, and what is true of it."""
        parts: Parts = [(field, reading) for field in TEXT_FIELDS if (text := getattr(item, field)) for reading in readings(text)]
        letters = _BORDER.join([lettered(reading.runs) for _, reading in parts])
        scan = Scan(item, parts, letters, self.automaton.find(letters), self._prefixes.find(parts))
        facts: set[Fact] = set(scan.patterns)
        facts.update(f"{field}:{value}" for field, uses in self._fields.items() if uses for value in values_of(item, field))
        for trigger in (*(self._waiting.keys() & scan.patterns), *scan.begun):
            facts.update(number for number in self._waiting.get(trigger, ()) if self._is_true(number, scan))
        if self._plain or self._other:
            self._add_said(scan, facts)
        return scan, facts

    def _add_said(self, scan: Scan, facts: set[Fact]) -> None:
        """The senses an item says. Most are said by one concept or not, whoever asks; the others are looked at one by one."""
        for concept in scan.concepts:
            unsure = [*self._other.get(concept, ())]
            if plain := self._plain.get(concept):
                if not scan.says(concept):
                    unsure += [number for key in scan.keys(concept) for number in self._named.get(key, ()) if number in plain]
                elif scan.covered:
                    doubtful = [number for number, sense in plain.items() if not scan.covered.isdisjoint(covered(sense.concepts))]
                    facts.update(plain.keys() - doubtful)
                    unsure += doubtful
                else:
                    facts.update(plain)
            facts.update([number for number in unsure if number not in facts and self._is_true(number, scan)])

    def _is_true(self, number: int, scan: Scan) -> bool:
        leaf = self._leaves[number]
        match leaf:
            case Sense():
                return senses.says(leaf, scan)
            case Near():
                return bool(scan.near(leaf))
            case Phrase() | Prefix():
                return bool(scan.places(leaf))
            case _:
                raise TypeError(f"a watchlist cannot have {leaf}")


def _terms(leaf: Leaf) -> tuple[Term, ...]:
    """The terms one has to look for to tell whether a leaf holds, besides those of the thesaurus."""
    match leaf:
        case Phrase() | Prefix():
            return (leaf,)
        case Near(left, right):
            return left, right
        case Sense():
            return tuple(form.pieces[0] for form in own_forms(leaf))
        case _:
            return ()


def _patterns(leaf: Leaf) -> list[str]:
    return [one for term in _terms(leaf) for one in patterns_of(term)]


def _prefixes(leaf: Leaf) -> list[Prefix]:
    return [term for term in _terms(leaf) if isinstance(term, Prefix)]


def _triggers(leaf: Leaf) -> Iterator[str | Term]:
    """What must stand in an item, one of them, for a leaf to be worth looking at."""
    for term in (leaf.left,) if isinstance(leaf, Near) else _terms(leaf):
        yield from dict.fromkeys(patterns_of(term))
        if isinstance(term, Prefix):
            yield term


class _Prefixes:
    """Beginnings of words, looked up for each distinct word of an item."""

    def __init__(self) -> None:
        self._begun: dict[str, dict[_Begun, int]] = {}
        self._lengths: list[int] = []
        self._words: dict[str, tuple[_Begun, ...]] = {}

    def add(self, prefix: Prefix) -> None:
        for sequence, beginning in _beginnings(prefix):
            uses = self._begun.setdefault(beginning, {})
            uses[prefix, sequence] = uses.get((prefix, sequence), 0) + 1
        self._changed()

    def remove(self, prefix: Prefix) -> None:
        for sequence, beginning in _beginnings(prefix):
            uses = self._begun[beginning]
            uses[prefix, sequence] -= 1
            if not uses[prefix, sequence]:
                del uses[prefix, sequence]
            if not uses:
                del self._begun[beginning]
        self._changed()

    def _changed(self) -> None:
        self._words.clear()
        self._lengths = sorted(set(map(len, self._begun)))

    def find(self, parts: Parts) -> dict[Term, list[Place]]:
        """The prefixes that stand there, and where."""
        found: dict[Term, list[Place]] = {}
        for part, (_, reading) in enumerate(parts) if self._begun else ():
            if any(map(self._of, set(reading.runs))):
                for prefix, place in self._places(part, reading.forms):
                    found.setdefault(prefix, []).append(place)
        return found

    def _places(self, part: int, forms: list[str]) -> Iterator[tuple[Prefix, Place]]:
        for last, form in enumerate(forms):
            for prefix, sequence in self._of(form):
                first = last - len(sequence.norms)
                if first >= 0 and tuple(map(norm, forms[first:last])) == sequence.norms:
                    yield prefix, Place(part, first, last)

    def _of(self, form: str) -> tuple[_Begun, ...]:
        """The prefixes of a word."""
        found = self._words.get(form)
        if found is None:
            if len(self._words) > _KEPT_WORDS:
                self._words.clear()
            cuts = dict.fromkeys(spelling[:length] for spelling in spellings(form) for length in self._lengths)
            found = self._words[form] = tuple(dict.fromkeys(one for cut in cuts for one in self._begun.get(cut, ())))
        return found


def _beginnings(prefix: Prefix) -> list[tuple[Sequence, str]]:
    return [(sequence, beginning) for sequence in sequences(prefix) for beginning in sequence.beginnings]
