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
    known = {(one.words, one.field) for one in needs if isinstance(one, Words) and not one.begins}
    sizes: dict[str, set[int]] = {}
    for words, _ in known:
        sizes.setdefault(words[0], set()).add(len(words))
    for one in needs:
        if not (isinstance(one, Words) and any(row in known for row in _within(one, sizes))):
            yield one


def _within(row: Words, sizes: Mapping[str, Collection[int]]) -> Iterator[tuple[tuple[str, ...], FieldName | None]]:
    """The rows that an item has which has this one: itself in any field, and shorter ones in it, of the sizes there are by first word."""
    known = whole(row)
    for first, word in enumerate(known):
        for size in sizes.get(word, ()):
            if size < len(row.words):
                yield known[first : first + size], row.field
            if size < len(row.words) or row.field:
                yield known[first : first + size], None


def parts(wanted: Need) -> Iterator[Need]:
    """Everything that an item has which has what is wanted."""
    yield wanted
    if isinstance(wanted, All):
        for one in wanted.needs:
            yield from parts(one)


def rows(*wanted: Need) -> Iterator[Words]:
    """Every row of words that the needs name; what several of them share is gone through once."""
    seen: set[int] = set()
    waiting = [*wanted]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Words):
            yield one
        elif id(one) not in seen:
            seen.add(id(one))
            waiting += one[:2] if isinstance(one, Close) else (*one.needs, *one.unwanted) if isinstance(one, All) else one.needs


def whole(row: Words) -> tuple[str, ...]:
    """The words of a row of which not the beginning alone is said."""
    return row.words[:-1] if row.begins else row.words


def among(wanted: Need, known: Collection[str], begun: Mapping[Words, Collection[str]]) -> Need:
    """What is left of a need where there are no words but the known ones, and those that begin so for beginnings."""
    match wanted:
        case All(needs, unwanted):
            found = tuple(among(one, known, begun) for one in needs)
            others = tuple(one for other in unwanted if (one := among(other, known, begun)) != NOTHING)
            if NOTHING in found:
                return NOTHING
            return All(found, others) if others or len(found) > 1 else found[0]
        case Either(needs):
            return any_of(one for need in needs if (one := among(need, known, begun)) != NOTHING)
        case Words(_, field, True) if wanted in begun:
            return any_of(Words((word,), field) for word in begun[wanted])
        case _:
            return wanted if all(word in known for row in rows(wanted) for word in whole(row)) else NOTHING


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
