"""Answers of XML APIs → entries, by the field map of the catalogue.

`items` is the path of one record (`body/items/item`, names without prefixes). A field is written `"TITLE"` or `"a/b"` (the text of
what is inside the record), `"@id"` or `"a@id"` (an attribute), `""` (all its text), or with `{…}` around such paths as part of a
longer text, which makes links of numbers: `"https://example.org/view?seq={SEQ}"`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from xml.etree import ElementTree as ET

from bot.errors import SourceTrouble
from bot.messages import keep
from bot.model import Entry
from bot.sources import decode
from bot.sources.parse import files, said
from bot.sources.parse.entry import DATES, Shape, check_count
from bot.sources.parse.guess import field_map

_HOLE = re.compile(r"\{([^{}]*)\}")


def entries(shape: Shape, body: bytes, content_type: str) -> list[Entry]:
    """The records in the order of the answer, maybe none; SourceTrouble if it is no XML, refuses us or has no such records."""
    if what := files.kind(body):
        raise _no_xml(what)
    root = _root(decode.xml(body, content_type, shape.source.charset, shape.source.language))
    rows = list(root.iterfind(f".//{shape.source.items}")) if shape.source.items else _usual_rows(root)
    check_count(len(rows))
    fields = shape.source.fields or _usual_fields(rows)
    notes = dict(_leaves(root, set(rows)))
    said.check(notes)
    kept = [entry for row in rows if (entry := _entry(shape, row, fields)) is not None]
    if not kept and not said.is_nothing(notes):
        what = (
            keep("{n} records, but none has a title", n=len(rows))
            if rows
            else keep('no record "{name}"', name=shape.source.items)
            if shape.source.items
            else keep("no records")
        )
        raise SourceTrouble(
            keep("The answer (<{tag}>) has {kept} where it should be{kept_said}.", tag=root.tag, kept=what, kept_said=said.quoted(notes)),
            fault="not_a_source",
            hint=keep("If this goes on, check the address, its parameters and the key."),
        )
    return kept


def _root(clean: bytes) -> ET.Element:
    if not clean:
        raise _no_xml(keep("an empty body"))
    try:
        root = ET.fromstring(clean)  # noqa: S314 - decode.xml refuses entities, and expat loads nothing from outside
    except ET.ParseError:
        page = clean[:2000].lstrip()[:1] == b"<" and b"<html" in clean[:2000].lower()
        raise _no_xml(keep("a web page") if page else keep("text that is not sound XML")) from None
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    if root.tag.lower() == "html":
        raise _no_xml(keep("a web page"))
    return root


def _leaves(root: ET.Element, rows: set[ET.Element]) -> Iterator[tuple[str, str]]:
    """The named texts outside the records, the outermost last so that it wins."""
    level, found = [root], []
    while level:
        found += [(one.tag.lower(), (one.text or "").strip()) for one in level if not len(one)]
        level = [inner for one in level if one not in rows for inner in one if inner not in rows]
    yield from reversed(found)


def _usual_rows(root: ET.Element) -> list[ET.Element]:
    """The longest run of equal elements with something inside: for answers that no catalogue describes."""
    groups: dict[tuple[ET.Element, str], list[ET.Element]] = {}
    for parent in root.iter():
        for child in parent:
            if len(child):
                groups.setdefault((parent, child.tag), []).append(child)
    return max(groups.values(), key=len, default=[])


def _usual_fields(rows: Sequence[ET.Element]) -> dict[str, str]:
    named = [{inner.tag: inner.text or "" for inner in row} for row in rows[:20]]
    return {name: path.strip('"') for name, path in field_map(named).items()}


def _entry(shape: Shape, row: ET.Element, fields: Mapping[str, str]) -> Entry | None:
    """The entry of one record, or None if it says nothing: one bad record never loses the others."""
    try:
        values = {name: _value(row, written) for name, written in fields.items()}
        found = {name: shape.when(values.pop(name, "")) for name in DATES}
        return shape.entry(values, published=found["published"], updated=found["updated"]) if values.get("title") else None
    except (ValueError, TypeError, LookupError):
        return None


def _value(row: ET.Element, written: str) -> str:
    if "{" not in written:
        return _found(row, written)
    parts = {hole: _found(row, hole) for hole in _HOLE.findall(written)}
    return _HOLE.sub(lambda hole: parts[hole[1]], written) if all(parts.values()) else ""


def _found(row: ET.Element, path: str) -> str:
    place, _, attribute = path.partition("@")
    node = row.find(place.strip()) if place.strip() else row
    if node is None:
        return ""
    return (node.get(attribute.strip()) or "").strip() if attribute else "".join(node.itertext()).strip()


def _no_xml(what: str) -> SourceTrouble:
    return SourceTrouble(keep("The source answered with {kept} instead of XML.", kept=what), fault="not_a_source")
