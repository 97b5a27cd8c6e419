"""What people hand to the command line, items and queries in files of JSON, made words of the field; and files written for them."""

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bot.errors import UserMistake
from bot.model import Item
from bot.watch import fields

_MORE_THAN_WORDS = re.compile(r"""["“”:()*|&=]|(^|\s)(-|or\s|and\s|not\s|near/)""", re.IGNORECASE)


def raw(file: str) -> bytes:
    """What is in a file; `-` is standard input. Raises UserMistake if it cannot be read."""
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise UserMistake(f"{file} cannot be read: {error.strerror or error}.") from None


def write(file: Path, content: bytes) -> None:
    """The file holds this. Raises UserMistake if it cannot be written."""
    try:
        file.write_bytes(content)
    except OSError as error:
        raise UserMistake(f"{file} cannot be written: {error.strerror or error}.", hint="Give another file.") from None


def _text(file: str) -> str:
    return raw(file).decode("utf-8-sig", "replace")


def _json(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserMistake(f"{where} is not JSON: {error}.") from None


def queries(file: Path | None) -> dict[str, str]:
    """The queries of a JSON array, by id. Raises UserMistake."""
    rows = _json(_text(str(file)), str(file))
    try:
        read = [(str(row["id"]), str(row["query"])) for row in rows]
    except (TypeError, KeyError):
        raise UserMistake(f'{file} must be a JSON array of objects with "id" and "query".') from None
    asked = dict(read)
    if len(asked) < len(read):
        twice = next(key for key, count in Counter(key for key, _ in read).items() if count > 1)
        raise UserMistake(f"{file} has two queries with the id {twice}.", hint="Give each an id of its own.")
    return asked


def items(file: str) -> Iterator[Item]:
    """The items of a file of JSON lines, or of a JSON array. Raises UserMistake that says where it is none."""
    text = _text(file)
    if text.lstrip().startswith("["):
        for number, record in enumerate(_json(text, file), start=1):
            yield item(record, f"{file}, number {number},")
        return
    # Not splitlines(): JSON leaves characters such as U+2028 as they are, and they end no line here.
    for number, row in enumerate(text.split("\n"), start=1):
        if row.strip():
            where = f"{file}, line {number},"
            yield item(_json(row, where), where)


def item(record: Any, where: str) -> Item:
    """The item that a record describes; UserMistake names `where` it stands."""
    if not isinstance(record, dict):
        raise UserMistake(f"{where} is no item: it must be one JSON object a line.")
    try:
        return Item.model_validate(_known(record))
    except ValidationError as error:
        wrong = error.errors()[0]
        raise UserMistake(f"{where} is no item: {'.'.join(map(str, wrong['loc']))}: {wrong['msg']}.") from None


# How a set of example sentences says when each was written.
_DAY_KNOWN = re.compile(r"(\d{4}-\d\d-\d\d)|^year (\d{4})$")


def _known(record: dict[str, Any]) -> dict[str, Any]:
    """What a record says that items have, its language and country as items write them."""
    known = {key: value for key, value in record.items() if key in Item.model_fields and value is not None}
    if "text" in known:
        known.setdefault("title", "")
    if isinstance(tongue := record.get("lang"), str):
        known.setdefault("language", tongue)
    if isinstance(context := record.get("context"), str) and (day := _DAY_KNOWN.search(context)):
        known.setdefault("published", f"{day[1]}T00:00:00Z" if day[1] else f"{day[2]}-07-01T00:00:00Z")
    if isinstance(tongue := known.get("language"), str):
        known["language"] = fields.tag_of(tongue)
    if isinstance(country := known.get("country"), str):
        known["country"] = fields.canonical("country", country, {}) or country
    return known


def one_command(words: list[str]) -> str:
    """The shell has taken quotes away: plain words in one get theirs back, unless the whole command came as one word.

    What holds more of the query language than words (`recall country:KR`) is a whole query and stays as it is.
    """
    if len(words) == 1:
        return words[0]
    return " ".join(f'"{word}"' if " " in word and not _MORE_THAN_WORDS.search(word) else word for word in words)
