"""Well-formed UTF-8 RSS and Atom → rows, by the compiled reader of fastfeedparser alone; pure.

The reader refuses whatever is odd: another charset, a document type, an entity nobody defined, a control character, broken nesting. What
it takes but reads otherwise than it is meant is refused here. Refused feeds are read the careful way, at several times the cost.
A fastfeedparser that came without compiled code has no such reader: then every feed is read the careful way.
"""

import html
import re
from collections.abc import Callable
from typing import Any

import fastfeedparser.main  # type: ignore[import-untyped]

from bot.sources.parse.entry import check_count

Row = dict[str, Any]
Dating = Callable[[str], str | None]

_READER: Any = getattr(fastfeedparser.main._core, "parse_entries", None)  # noqa: SLF001 - its public function spends as much again on the rest
# What a body of this many bytes can list is bounded by its size alone.
_SMALL = 200_000
_FEW, _LARGE = 5, 20_000
_ITEM = re.compile(rb"<(?:[\w.-]{1,20}:)?(?:item|entry)[\s>]")
_ODD_TITLE = re.compile(rb"<title(?:[^<>]*>[^<]*+<(?!/title|!\[CDATA\[)|\s[^<>]*(?:base64|octet-stream))")


def rows(body: bytes, date: Dating) -> list[Row] | None:
    """The entries of the feed as the reader gives them, dates as `date` or ISO 8601 in UTC; None if the feed needs more care.

    SourceTrouble if it lists more entries than memory should hold.
    """
    if _READER is None:
        return None
    if len(body) > _SMALL:
        check_count(body.count(b"<item") + body.count(b"<entry"))
    found = _read(body, date)
    if found is None or _ODD_TITLE.search(body) or _has_lost(body, found) or _has_marked_dates(body, found):
        return None  # of a title with elements in it the reader gives only what stands before the first, and base64 as it is
    return None if any(_is_misdated(row, date) for row in found if row.get("id", "")[:1].isdigit()) else found


def _read(body: bytes, date: Dating) -> list[Row] | None:
    """The rows with their whole content, of which the description is only the start where there is no other; None if refused or empty."""
    read = _READER(body, dict, date, html.unescape, True, False, False, False)
    if isinstance(read, str) or read[2].count(b"<channel") > 1:  # it reads the first channel only
        return None
    return read[3] or None


def _has_lost(body: bytes, found: list[Row]) -> bool:
    """Whether it was no RSS but what looks like it: few entries read of a large body that marks more."""
    return len(found) < _FEW and len(body) > _LARGE and len(_ITEM.findall(body)) > len(found)


def _has_marked_dates(body: bytes, found: list[Row]) -> bool:
    """Whether dates stand in elements of their own: the reader gives none."""
    return not all(row.get("published") for row in found) and b"<time" in body


def _is_misdated(row: Row, date: Dating) -> bool:
    """Whether the reader may have taken the id for a date, as it does where there is none."""
    published = row.get("published")
    return published is not None and date(row["id"]) == published
