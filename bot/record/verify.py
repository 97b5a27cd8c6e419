"""Whether an export is as it was made: its chains are gone through, and every row is compared with what its content says."""

import heapq
from collections.abc import Iterator, Mapping
from itertools import chain as joined
from pathlib import Path
from typing import NamedTuple

from bot import hash_chain
from bot.errors import UserMistake
from bot.hash_chain import Row
from bot.record import files, rows
from bot.record.export import known_by


class Verified(NamedTuple):
    """What was found in a file: what its first sheet says, the rows of each sheet, and what is wrong, in sentences."""

    about: dict[str, str]
    counts: dict[str, int]
    wrong: list[str]


class _Found:
    """The rows of a file on their way through the checks."""

    def __init__(self, sheets: Mapping[str, Iterator[list[str]]]) -> None:
        self._sheets = sheets
        self.counts: dict[str, int] = {}
        self.wrong: list[str] = []

    def say(self, sheet: str, *sentences: str) -> None:
        self.wrong += [f"{sheet}: {one}" for one in sentences]

    def body(self, sheet: str) -> Iterator[list[str]]:
        """The rows below the head, numbered; one that cannot be read is said to be wrong."""
        rows_of = self._sheets.get(sheet, iter(()))
        columns = list(rows.COLUMNS[sheet])
        head = [one.strip() for one in next(rows_of, [])]
        if head != (["number", *columns] if sheet == "about" else columns):
            self.say(sheet, "The sheet is missing, or its columns are not those of an export.")
            return
        self.counts[sheet] = 0
        for at, row in enumerate(rows_of, 1):
            self.counts[sheet] += 1
            if len(row) != len(head) or not row[0].isdecimal():
                self.say(sheet, f"The {at}. row below the head cannot be read: it was changed or inserted.")
            else:
                yield row


def verify(path: Path) -> Verified:
    """What the file holds and what is wrong with it; UserMistake if it is no export."""
    found = _Found(files.read(path))
    about = {row[1]: row[2] for row in found.body("about")}
    if about.get("format") != rows.FORMAT:
        raise UserMistake(f"{path} does not say that it is an export of Regwatch.", hint="Give the .zip or .xlsx as it was made.")
    for name in rows.OWN_CHAINS:
        _check_own(found, name, about)
    _check_record(found, about)
    for name, count in found.counts.items():
        if name != "about" and about.get(f"{name} rows") != str(count):
            found.say(name, f"There are {count} rows, and there were {about.get(f'{name} rows')} when it was made.")
    return Verified(about, found.counts, found.wrong)


def _check_own(found: _Found, name: str, about: Mapping[str, str]) -> None:
    checking = hash_chain.Checking()
    for row in found.body(name):
        number, cells = int(row[0]), row[1:-2]
        found.say(name, *checking.wrong(Row(number, rows.content_of(number, cells), row[-2], row[-1])))
    _check_end(found, name, checking, about.get(f"{name} last hash", ""))


def _check_record(found: _Found, about: Mapping[str, str]) -> None:
    checking = hash_chain.Checking(part=True)
    parts = [_numbered(found, name) for name in rows.RECORD_PARTS]
    for number, name, row in heapq.merge(*parts, key=lambda one: one[0]):
        found.say(name, *checking.wrong(Row(number, row[-3], row[-2], row[-1])), *_unlike_content(name, row))
        if checking.count == 1 and about.get("record first row") != str(number):
            found.say("record", f"Its first row was {about.get('record first row')}, and now is {number}.")
    _check_end(found, "record", checking, about.get("record last hash", ""))


def _numbered(found: _Found, name: str) -> Iterator[tuple[int, str, list[str]]]:
    return ((int(row[0]), name, row) for row in found.body(name))


def _unlike_content(name: str, row: list[str]) -> list[str]:
    """What is wrong with the cells for people beside the content that the hash is of."""
    try:
        same = (name, row[1:-2]) == rows.of_record(row[-3]) and f'"number":{row[0]},' in row[-3]
    except ValueError:
        same = False
    return [] if same else [f"Row {row[0]} was changed: its cells are not what its content says."]


def _check_end(found: _Found, name: str, checking: hash_chain.Checking, last: str) -> None:
    if last != (checking.last.hash if checking.last else hash_chain.GENESIS):
        number = checking.last.number if checking.last else 0
        found.say(name, f"Row {number} is not the last one that was exported.")


def told(one: Verified) -> Iterator[str]:
    """The outcome, line by line."""
    spans = f"workspace {one.about.get('workspace')}, {one.about.get('from')} to before {one.about.get('before')}"
    yield f"Export of {spans}, made {one.about.get('made')}."
    counts = ", ".join(f"{count:,} {name}" for name, count in one.counts.items() if name != "about")
    yield f"It holds {counts}."
    yield f"The record knows it by about_sha256 {known_by(one.about)}."
    yield from joined(one.wrong, [] if one.wrong else ["Nothing in it was altered: every hash is that of its row and the row before."])
