"""Whatever a person changes in chat stands in the record: who, where, what before and after, once, and nothing for what changes nothing."""

import json
from datetime import datetime
from typing import Any

import pytest

from bot.store import record
from bot.store.database import Store
from handlers.reply import Context
from tests.test_handlers_commands import Talk, catalogue, source

TERMS = [{"text": "our pipeline", "language": ""}, {"text": "ABC-101", "language": ""}]
CHANGES = [
    ("watch add recall as Recalls", "watchlist added", None, {"name": "Recalls", "query": "recall", "paused": False}),
    ("watch edit Recalls recall OR withdrawal yes", "watchlist edited", {"query": "recall"}, {"query": "recall OR withdrawal"}),
    ("watch rename Recalls as All", "watchlist renamed", {"name": "Recalls"}, {"name": "All"}),
    ("watch pause All", "watchlist paused", {"paused": False}, {"paused": True}),
    ("watch resume All", "watchlist resumed", {"paused": True}, {"paused": False}),
    ("subscribe All", "subscribed", None, {"frequency": "now"}),
    ("subscribe All daily at 08:00", "subscription changed", {"frequency": "now"}, {"frequency": "daily", "at": "08:00:00"}),
    ("unsubscribe All", "unsubscribed", {"frequency": "daily"}, None),
    ("settings timezone Asia/Seoul", "settings changed", {"timezone": "UTC"}, {"timezone": "Asia/Seoul"}),
    ("remind 7 at 08:00", "reminders changed", None, {"days": [7]}),
    ("calendar new", "calendar made", None, None),
    ("calendar off", "calendar ended", None, None),
    ("concept add our pipeline: ABC-101 yes", "terms added", None, {"terms": TERMS}),
    ("admin roles add @ben", "admins changed", {"people": []}, {"people": ["console:ben"]}),
    ("admin manager admins", "managers changed", {"people": ["anyone"]}, {"people": ["nobody but admins"]}),
    ("admin operations here", "operations place chosen", None, {"place": "console:W1:general"}),
    ("proof weekly on", "weekly proof on", None, None),
    ("watch remove All yes", "watchlist removed", {"name": "All", "query": "recall OR withdrawal"}, None),
]


async def rows(store: Store) -> list[dict[str, Any]]:
    async with store.read() as tx:
        assert await record.check(tx, "W1") == []
        return [json.loads(row.content) async for row in record.rows(tx, "W1", 1, 999)]


def part(wanted: dict[str, Any] | None, said: dict[str, Any] | None) -> dict[str, Any] | None:
    """What was said of what is wanted."""
    return said if wanted is None or said is None else {name: said.get(name) for name in wanted}


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_every_change_stands_in_the_record_with_what_was_before_and_is_after(store: Store, now: datetime) -> None:
    talk = Talk(Context(store=store, catalogue=catalogue(source("a"))), now)
    for words, *_ in CHANGES:
        await talk.says(words)
        if words.startswith(("watch pause", "subscribe All daily", "settings", "admin manager", "remind", "admin operations")):
            await talk.says(words)  # once more changes nothing
    found = await rows(store)
    assert [one["what"] for one in found] == [what for _, what, _, _ in CHANGES]
    for one, (words, _, before, after) in zip(found, CHANGES, strict=True):
        assert (part(before, one["before"]), part(after, one["after"])) == (before, after), words
    assert {(one["by"], one["by_name"], one["place"], one["workspace"]) for one in found} == {
        ("console:W1:ana", "ana", "console:W1:general", "W1")
    }


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_who_only_looks_or_is_refused_leaves_no_row(store: Store, now: datetime) -> None:
    talk = Talk(Context(store=store, catalogue=catalogue(source("a"))), now)
    for words in (
        "watch list",
        "watch test recall",
        "watch remove Nothing",
        "settings",
        "proof",
        "report",
        "admin roles",
        "calendar",
        "health",
    ):
        await talk.says(words)
    assert await rows(store) == []
