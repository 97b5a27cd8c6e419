"""What stands in an export: its sheets, their columns, and the cells of each row. Pure.

Every sheet but `about` ends with the columns `previous` and `hash` of a chain (bot.hash_chain). `decisions` and `changes` are parts of the
record's own chain and hold its `content`; `captures` and `alerts` have one of their own, over the cells of the export.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot import hash_chain
from bot.store.exports import Alert, Capture
from bot.store.record import DECISION

FORMAT = "regwatch-export 1"
LINKS = ("previous", "hash")
COLUMNS: dict[str, tuple[str, ...]] = {
    "about": ("what", "value"),
    "captures": (
        *("number", "item", "version", "source", "agency", "country", "title", "address", "published", "captured", "why", "capture_sha256"),
        *LINKS,
    ),
    "alerts": (
        *("number", "item", "version", "title", "kind", "watchlists", "matched_words", "place", "place_name", "found", "sent"),
        *("message_reference", "result", "reason", *LINKS),
    ),
    "decisions": (
        *("number", "when", "who", "who_name", "place", "place_name", "item", "title", "what", "from", "to", "reason", "content"),
        *LINKS,
    ),
    "changes": (
        *("number", "when", "who", "who_name", "place", "place_name", "what", "about", "name", "before", "after", "content"),
        *LINKS,
    ),
}
OWN_CHAINS, RECORD_PARTS = ("captures", "alerts"), ("decisions", "changes")
# A cell of a spreadsheet holds 32,767 characters.
MOST_CELL = 32_000
# Characters that break a line, move the cursor or are kept by no spreadsheet.
_BROKEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]+")


def cell(value: object) -> str:
    """A value as one line of text that a spreadsheet keeps as it is."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, str):
        return _BROKEN.sub(" ", value)[:MOST_CELL]
    if value is None:
        return ""
    return cell(" | ".join(map(str, value)) if isinstance(value, Sequence) else str(value))


def of_capture(one: Capture) -> list[str]:
    """The cells of a capture between its number and its hashes."""
    return [cell(value) for value in one]


def of_alert(one: Alert) -> list[str]:
    """The cells of an alert between its number and its hashes."""
    return [cell(value) for value in one]


def content_of(number: int, cells: Sequence[str]) -> str:
    """What the hash of a row of an export's own chain is of."""
    return hash_chain.canonical([number, *cells])


def sheet_of(content: Mapping[str, Any]) -> str:
    """The sheet on which a row of the record stands."""
    return "decisions" if content.get("what") == DECISION else "changes"


def of_record(content: str) -> tuple[str, list[str]]:
    """The sheet of a row of the record, and its cells between number and hashes; ValueError if the content is none of the record."""
    try:
        said = json.loads(content)
        first = [cell(said[name]) for name in ("at", "by", "by_name", "place", "place_name")]
        own = _decided(said) if sheet_of(said) == "decisions" else _changed(said)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("no row of a record") from error
    return sheet_of(said), [*first, *own, content]


def _decided(said: Mapping[str, Any]) -> list[str]:
    before, after = said["before"], said["after"]
    what = after["what"]
    if what == "owner":
        ends = (before["owner_name"], after["owner_name"] or "nobody")
    elif what == "status":
        ends = (before["status"], f"{after['status']} until {after['until']}" if after["until"] else after["status"])
    else:
        ends = (before.get("impact", ""), after["status"]) if what == "impact" else ("", "")
    return [cell(value) for value in (said["about"], said["name"], what, *ends, after["reason"])]


def _changed(said: Mapping[str, Any]) -> list[str]:
    values = [hash_chain.canonical(one) if one is not None else "" for one in (said["before"], said["after"])]
    return [cell(value) for value in (said["what"], said["about"], said["name"], *values)]
