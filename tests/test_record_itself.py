"""The record also says what the bot did in a place of itself: that it suspended it, sent to it again, and reminded it of deadlines."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.record import rows
from bot.store import places, record
from bot.store.database import Store
from handlers import suspension
from handlers.reply import Context
from schedules import suspending
from tests import builders
from tests.builders import NOW
from tests.test_handlers_commands import Talk, catalogue

HERE = builders.place("C1", platform="slack", workspace="T1")


async def recorded(store: Store, workspace: str = "T1") -> list[dict[str, Any]]:
    """What the record says, oldest first; it was not altered."""
    async with store.read() as tx:
        assert await record.check(tx, workspace) == []
        number, _ = await record.head(tx, workspace)
        return [json.loads(row.content) async for row in record.rows(tx, workspace, 1, number)]


@pytest.fixture
async def context(store: Store) -> Context:
    async with store.write() as tx:
        await places.ensure(tx, HERE)
    return Context(store=store, catalogue=catalogue())


async def test_a_place_that_is_suspended_and_back_stands_in_the_record_once_each(store: Store, context: Context) -> None:
    for _ in range(2):
        async with store.write() as tx:
            await suspending.suspend(tx, HERE, "not_in_channel", NOW)
    for _ in range(2):
        await suspension.back(HERE, context, NOW)
    first, second = await recorded(store)
    assert (first["what"], first["place"], first["after"], first["by_name"]) == (
        "place suspended",
        HERE.id,
        {"code": "not_in_channel"},
        "Regwatch",
    )
    assert (second["what"], second["place"], second["at"]) == ("place resumed", HERE.id, NOW.isoformat())


async def test_a_place_we_are_taken_out_of_and_a_subscription_that_brings_us_back(store: Store, context: Context) -> None:
    talk = Talk(context, NOW, place=HERE)
    await talk.says("watch add recall as Recalls")
    async with store.write() as tx:
        await suspension.gone(tx, HERE, "removed", NOW)
    await talk.says("subscribe Recalls")
    whats = [(one["what"], one["by_name"]) for one in await recorded(store)]
    assert whats == [("watchlist added", "ana"), ("place suspended", "Regwatch"), ("place resumed", "ana"), ("subscribed", "ana")]


async def test_a_workspace_that_ends_and_renews_its_installation(store: Store, context: Context) -> None:
    await suspension.ended("slack", "T1", "token_revoked", context, NOW)
    await suspension.ended("slack", "T2", "token_revoked", context, NOW)
    await suspension.renewed("slack", "T1", context, NOW)
    await suspension.renewed("slack", "T1", context, NOW)
    told = [(one["what"], one["after"]) for one in await recorded(store)]
    assert told == [("workspace suspended", {"places": 1, "code": "token_revoked"}), ("workspace resumed", {"places": 1})]
    assert await recorded(store, "T2") == []


async def test_what_the_bot_did_stands_among_the_changes_of_an_export(store: Store, context: Context) -> None:
    async with store.write() as tx:
        await suspending.suspend(tx, HERE, "is_archived", datetime(2026, 7, 2, 9, tzinfo=UTC))
        ((sheet, cells),) = [rows.of_record(row.content) async for row in record.rows(tx, "T1", 1, 1)]
    said = dict(zip(rows.COLUMNS["changes"][1:], cells, strict=False))
    assert (sheet, said["what"], said["who_name"], said["place"], said["after"]) == (
        "changes",
        "place suspended",
        "Regwatch",
        "slack:T1:C1",
        '{"code":"is_archived"}',
    )
