"""Answers of JSON APIs → entries, by the JMESPath field map of the catalogue; without one, by the usual names."""

import json
import re
from collections.abc import Mapping
from typing import Any

from bot.errors import SourceTrouble
from bot.messages import keep
from bot.model import Entry
from bot.sources import decode
from bot.sources.parse import files, said
from bot.sources.parse.entry import DATES, Shape, check_count, check_values
from bot.sources.parse.guess import field_map, rows_of
from bot.sources.parse.paths import Reader, reader

_LINE = re.compile(r"[^\n]+")
_HREF = re.compile(r"href\s{0,5}=\s{0,5}[\"']([^\"'<>]{1,4000})[\"']", re.IGNORECASE)


def entries(shape: Shape, body: bytes, content_type: str) -> list[Entry]:
    """The entries in the order of the answer, maybe none; SourceTrouble if it is no JSON or has no list where one is promised."""
    if what := files.kind(body):
        raise _no_answer(keep("The source answered with {kept} instead of JSON.", kept=what))
    data = _loaded(decode.text(body, content_type, shape.source.charset, shape.source.language))
    rows = _listed(shape, data)
    check_count(len(rows))
    readers = {name: reader(path) for name, path in (shape.source.fields or field_map(rows)).items()}
    kept = [entry for row in rows if (entry := _entry(shape, row, readers)) is not None]
    if rows and not kept:
        raise _no_answer(keep("The answer lists {n} records, but none has a title where the catalogue says it should be.", n=len(rows)))
    return kept


def _loaded(text: str) -> Any:
    check_values(text)
    try:
        return json.loads(text)
    except RecursionError:
        raise _no_answer(keep("The answer is nested too deeply to be read.")) from None
    except ValueError:
        if text.lstrip()[:1] == "<":
            said.check(said.tagged(text))
        return _lines(text)


def _lines(text: str) -> Any:
    """Some exports write one JSON object a line."""
    rows = []
    for line in _LINE.finditer(text):
        if line[0].strip():
            try:
                rows.append(json.loads(line[0]))
            except (ValueError, RecursionError):
                raise _no_answer(keep("The source answered with {kept} instead of JSON.", kept=_what(text))) from None
            check_count(len(rows))
    if not rows:
        raise _no_answer(keep("The source answered with an empty body instead of JSON."))
    return rows


def _what(text: str) -> str:
    head = text.lstrip()[:1]
    return {"<": keep("a web page or XML"), "{": keep("broken JSON"), "[": keep("broken JSON")}.get(head, keep("plain text"))


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
        if shape.source.items:
            told = keep('The answer has no list where "{place}" points{kept_said}.', place=shape.source.items, kept_said=said.quoted(notes))
        else:
            told = keep("The answer has no list in it{kept_said}.", kept_said=said.quoted(notes))
        raise _no_answer(told)
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
    return SourceTrouble(sentence, fault="not_a_source", hint=keep("If this goes on, check the address, its parameters and the key."))
