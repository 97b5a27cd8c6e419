"""What an item must have, as the word index can be asked: rows of words, two of them close, all or one of several things.

A need is taken apart, stripped of words that no item says, loosened, and tried on an item. Pure.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Union

from bot.model import FieldName


class Words(NamedTuple):
    """Index words in a row, in this field or in any; `begins` means that the last one may go on."""

    words: tuple[str, ...]
    field: FieldName | None = None
    begins: bool = False


class Close(NamedTuple):
    """Two rows of words in one field, with fewer than `distance` others between them."""

    left: Words
    right: Words
    distance: int


class All(NamedTuple):
    """All of the needs, and none of what is `unwanted`."""

    needs: "tuple[Need, ...]"
    unwanted: "tuple[Need, ...]" = ()


class Either(NamedTuple):
    """One of the needs."""

    needs: "tuple[Need, ...]"


Need = Union[Words, Close, All, Either]  # noqa: UP007  the names are not all bound yet for |


NOTHING = Either(())
"""The need that no item meets."""


def any_of(needs: Iterable[Need]) -> Need:
    """One of the needs, without those that another of them makes needless."""
    flat = dict.fromkeys(inner for one in needs for inner in (one.needs if isinstance(one, Either) else (one,)))
    kept = tuple(_shortest(flat)) if len(flat) > 1 else tuple(flat)
    return kept[0] if len(kept) == 1 else Either(kept)


def _shortest(needs: Collection[Need]) -> Iterator[Need]:
    """The needs without rows of words that have another of the rows in them: who has the longer one has the shorter one."""
    rows = {(one.words, one.field) for one in needs if isinstance(one, Words) and not one.begins}
    for one in needs:
        if not (isinstance(one, Words) and any((run, field) in rows for run, field in _within(one))):
            yield one


def _within(row: Words) -> Iterator[tuple[tuple[str, ...], FieldName | None]]:
    """The rows that an item has which has this one: the shorter ones in it, and itself in any field."""
    known = row.words[:-1] if row.begins else row.words
    for size in range(1, len(known) + 1):
        for first in range(len(known) - size + 1):
            for field in dict.fromkeys((row.field, None)):
                if size < len(row.words) or field != row.field:
                    yield known[first : first + size], field


def parts(wanted: Need) -> Iterator[Need]:
    """Everything that an item has which has what is wanted."""
    yield wanted
    if isinstance(wanted, All):
        for one in wanted.needs:
            yield from parts(one)


def asked_for(wanted: Need) -> Iterator[str]:
    """Every whole word that a need names."""
    match wanted:
        case Words(words, _, begins):
            yield from words[:-1] if begins else words
        case Close(left, right, _):
            yield from (*asked_for(left), *asked_for(right))
        case All(needs, unwanted):
            for one in (*needs, *unwanted):
                yield from asked_for(one)
        case Either(needs):
            for one in needs:
                yield from asked_for(one)


def among(wanted: Need, known: Collection[str]) -> Need:
    """What is left of a need where there are no words but the known ones."""
    match wanted:
        case All(needs, unwanted):
            found = tuple(among(one, known) for one in needs)
            others = tuple(one for other in unwanted if (one := among(other, known)) != NOTHING)
            if NOTHING in found:
                return NOTHING
            return All(found, others) if others or len(found) > 1 else found[0]
        case Either(needs):
            return any_of(one for need in needs if (one := among(need, known)) != NOTHING)
        case _:
            return wanted if all(word in known for word in asked_for(wanted)) else NOTHING


def beginnings(wanted: Need) -> Iterator[Words]:
    """Every single word of which only the beginning is said."""
    match wanted:
        case Words(words, _, begins):
            if begins and len(words) == 1:
                yield wanted
        case All(needs, unwanted):
            for one in (*needs, *unwanted):
                yield from beginnings(one)
        case Either(needs):
            for one in needs:
                yield from beginnings(one)


def spelled_out(wanted: Need, begun: Mapping[Words, Collection[str]]) -> Need:
    """The same need with these beginnings replaced by the words that begin so."""
    match wanted:
        case Words(_, field, _) if wanted in begun:
            return any_of(Words((word,), field) for word in begun[wanted])
        case All(needs, unwanted):
            return All(tuple(spelled_out(one, begun) for one in needs), tuple(spelled_out(one, begun) for one in unwanted))
        case Either(needs):
            return any_of(spelled_out(one, begun) for one in needs)
        case _:
            return wanted


def meets(wanted: Need, columns: Mapping[str, Sequence[str]]) -> bool:
    """Whether an item whose index words these are, by column, has what is wanted; how close words stand is left aside."""
    match wanted:
        case Words(_, field, _):
            return any(_stands(wanted, column) for name, column in columns.items() if field in (None, name))
        case Close(left, right, _):
            return meets(left, columns) and meets(right, columns)
        case All(needs, unwanted):
            return all(meets(one, columns) for one in needs) and not any(meets(one, columns) for one in unwanted)
        case Either(needs):
            return any(meets(one, columns) for one in needs)


def _stands(row: Words, column: Sequence[str]) -> bool:
    *known, last = row.words
    for at in range(len(column) - len(known)):
        end = column[at + len(known)]
        if (end.startswith(last) if row.begins else end == last) and list(column[at : at + len(known)]) == known:
            return True
    return False


def loosened(wanted: Need) -> Need:
    """A need for words wherever they stand that whatever meets the need meets, too."""
    match wanted:
        case Words(words, _, begins):
            each = tuple(Words((word,), begins=begins and place == len(words)) for place, word in enumerate(words, 1))
            return each[0] if len(each) == 1 else All(each)
        case Close(left, right, _):
            return All((loosened(left), loosened(right)))
        case All(needs, unwanted):
            return All(tuple(map(loosened, needs)), tuple(filter(in_any_order, unwanted)))
        case Either(needs):
            return any_of(map(loosened, needs))


def in_any_order(wanted: Need) -> bool:
    """Whether the need is for words wherever they stand."""
    match wanted:
        case Words(words, field, _):
            return len(words) == 1 and field is None
        case All(needs, unwanted):
            return all(map(in_any_order, (*needs, *unwanted)))
        case Either(needs):
            return all(map(in_any_order, needs))
        case _:
            return False
