"""Answers of JSON APIs → entries, by the JMESPath field map of the catalogue; without one, by the usual names."""

import json
import re
from collections.abc import Mapping
from typing import Any

from bot.errors import SourceTrouble
from bot.model import Entry
from bot.sources import decode
from bot.sources.parse import said
from bot.sources.parse.entry import DATES, Shape, check_count
from bot.sources.parse.guess import field_map, rows_of
from bot.sources.parse.paths import Reader, reader

_MAX_COST = 64_000_000  # bytes of memory that the values of one answer may take, about
_HREF = re.compile(r"href\s{0,5}=\s{0,5}[\"']([^\"'<>]{1,4000})[\"']", re.IGNORECASE)


def entries(shape: Shape, body: bytes, content_type: str) -> list[Entry]:
    """The entries in the order of the answer, maybe none; SourceTrouble if it is no JSON or has no list where one is promised."""
    data = _loaded(decode.text(body, content_type, shape.source.charset, shape.source.language))
    rows = _listed(shape, data)
    check_count(len(rows))
    readers = {name: reader(path) for name, path in (shape.source.fields or field_map(rows)).items()}
    kept = [entry for row in rows if (entry := _entry(shape, row, readers)) is not None]
    if rows and not kept:
        raise _no_answer(f"The answer lists {len(rows)} records, but none has a title where the catalogue says it should be.")
    return kept


def _loaded(text: str) -> Any:
    if 60 * text.count(",") + 90 * text.count("[") + 230 * text.count("{") > _MAX_COST:
        raise SourceTrouble("The answer holds more values than can be read safely; it was not read.", fault="too_large")
    try:
        return json.loads(text)
    except RecursionError:
        raise _no_answer("The answer is nested too deeply to be read.") from None
    except ValueError:
        if text.lstrip()[:1] == "<":
            said.check(said.tagged(text))
        return _lines(text)


def _lines(text: str) -> Any:
    """Some exports write one JSON object a line."""
    rows = []
    for line in text.splitlines():
        if line.strip():
            try:
                rows.append(json.loads(line))
            except (ValueError, RecursionError):
                raise _no_answer(f"The source answered with {_what(text)} instead of JSON.") from None
    if not rows:
        raise _no_answer("The source answered with an empty body instead of JSON.")
    return rows


def _what(text: str) -> str:
    head = text.lstrip()[:1]
    return {"<": "a web page or XML", "{": "broken JSON", "[": "broken JSON"}.get(head, "plain text")


def _listed(shape: Shape, data: Any) -> list[Any]:
    notes = said.leaves(data)
    said.check(notes)
    if shape.source.items:
        found = reader(shape.source.items)(data)
        rows = [found] if isinstance(found, dict) else found
    else:
        rows = data if isinstance(data, list) else rows_of(data)
    if not isinstance(rows, list):
        if said.is_nothing(notes):
            return []
        where = f'where "{shape.source.items}" points' if shape.source.items else "in it"
        raise _no_answer(f"The answer has no list {where}{said.quoted(notes)}.")
    return rows


def _entry(shape: Shape, row: Any, readers: Mapping[str, Reader]) -> Entry | None:
    """The entry of one record, or None if it cannot be read: one bad record never loses the others."""
    try:
        found = {name: read(row) for name, read in readers.items()}
        words = {name: _text(value) for name, value in found.items() if name not in DATES}
        anchor = _HREF.search(words.get("url", "")) if "<" in words.get("url", "") else None
        if anchor:
            words["url"] = anchor[1]
        return shape.entry(words, published=shape.when(found.get("published")), updated=shape.when(found.get("updated")))
    except (ValueError, TypeError, LookupError):
        return None


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, dict):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(filter(None, map(_text, value)))
    return str(value)


def _no_answer(sentence: str) -> SourceTrouble:
    return SourceTrouble(sentence, fault="not_a_source", hint="If this goes on, check the address, its parameters and the key.")
