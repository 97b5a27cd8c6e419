"""A chain of rows: each carries the SHA-256 of the row before and of its own content, so that no row changes unseen. Pure.

The hash of a row is the SHA-256 of the hash of the row before, a line feed and the row's content, all as UTF-8; the first row of a
chain follows GENESIS. Rows are numbered from 1 without gaps.
"""

import hashlib
import json
import re
from typing import NamedTuple

GENESIS = "0" * 64
# What no spreadsheet and no database keeps as it is; JSON's own escapes say the same.
_UNSAFE = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")


class Row(NamedTuple):
    """One row of a chain. `content` is canonical JSON."""

    number: int
    content: str
    previous: str
    hash: str


def canonical(content: object) -> str:
    """The one JSON text of these values: keys in order, no blanks, characters as they are where every program keeps them."""
    plain = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return _UNSAFE.sub(lambda one: f"\\u{ord(one.group()):04x}", plain)


def digest(text: str) -> str:
    """The SHA-256 of a text in UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def link(previous: str, content: str) -> str:
    """The hash of the row with this content that follows the row with that hash."""
    return digest(f"{previous}\n{content}")


def following(before: Row | None, content: str) -> Row:
    """The row with this content that follows another one, or begins a chain."""
    number, previous = (before.number, before.hash) if before else (0, GENESIS)
    return Row(number + 1, content, previous, link(previous, content))


class Checking:
    """A chain that is gone through row by row; with `first` it may begin anywhere, since it is a part of a longer one."""

    def __init__(self, *, part: bool = False) -> None:
        self.last: Row | None = None
        self.count = 0
        self._begins_anywhere = part

    def wrong(self, row: Row) -> list[str]:
        """What is wrong with the next row, in sentences that name it by its number; nothing if it follows from the last one."""
        found = [*self._place(row), *self._link(row)]
        if row.hash != link(row.previous, row.content):
            found.append(f"Row {row.number} was changed: its content does not give its hash.")
        self.last, self.count = row, self.count + 1
        return found

    def _place(self, row: Row) -> list[str]:
        if self.last is None:
            return [] if self._begins_anywhere or row.number == 1 else [_missing(1, row.number - 1)]
        if row.number == self.last.number + 1:
            return []
        if row.number > self.last.number:
            return [_missing(self.last.number + 1, row.number - 1)]
        return [f"Row {row.number} stands after row {self.last.number}: it was inserted, or the rows are in another order."]

    def _link(self, row: Row) -> list[str]:
        if self.last is None and self._begins_anywhere:
            return []
        before = self.last.hash if self.last else GENESIS
        after = f"row {self.last.number}" if self.last else "the beginning"
        if row.previous == before:
            return []
        return [f"Row {row.number} does not follow from {after}: a row was changed, removed, inserted or moved here."]


def _missing(first: int, last: int) -> str:
    return f"Row {first} is missing." if first == last else f"Rows {first} to {last} are missing."
