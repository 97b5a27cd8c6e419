"""Deferred work comes back on its day in the zone of the place that was alerted: once, in the thread of the alert, also after a rest."""

import asyncio
from datetime import UTC, datetime

import pytest

from bot.cards.card import as_text
from bot.items.assessing import returned, standing
from bot.model import Decision, Delivery
from bot.sources.catalogue import Catalogue
from bot.store import assessments, items, outbox, places
from bot.store.database import Store
from handlers import answering
from handlers.grammar import Request
from handlers.reply import Context
from schedules.deferred import Deferred
from tests.builders import NOW, delivery, item, place

ID = "3f9a2c41d0e1b2a3"
SEOUL = place("seoul", timezone="Asia/Seoul")
only_sqlite = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)


async def _said(store: Store, words: str, now: datetime = NOW) -> str:
    context = Context(store=store, catalogue=Catalogue({}, {}))
    request = Request(actor="console:W1:ana", actor_name="ana", place=SEOUL, words=words, now=now, prefix="/reg ")
    return as_text((await answering.run(request, context)).card)


async def _alerted(store: Store) -> Delivery:
    one = item("Recall of lots", id=ID, key=ID)
    told = delivery(one, SEOUL, state="sent", sent=NOW, reference="message-1")
    async with store.write() as tx:
        await places.ensure(tx, SEOUL)
        await places.wish(tx, SEOUL)
        await items.add(tx, one, ID, link=one.url or "", why="new")
        await outbox.owe(tx, [told])
    return told


async def _told(store: Store) -> list[Delivery]:
    async with store.read() as tx:
        return [one for one in await outbox.of_item(tx, ID, workspace="W1") if one.kind == "notice"]


async def _look(store: Store, now: datetime) -> None:
    await Deferred(store, lambda: now).bring_back()


async def test_it_comes_back_when_its_day_begins_where_the_alert_stands_and_once(store: Store) -> None:
    await _alerted(store)
    await _said(store, "assign 3f9a2c41 me")
    await _said(store, "status 3f9a2c41 deferred until 2026-08-01 because the draft is open")
    await _look(store, datetime(2026, 7, 31, 14, 59, tzinfo=UTC))
    assert "Deferred until 1 Aug 2026" in await _said(store, "item 3f9a2c41")
    midnight = datetime(2026, 7, 31, 15, 0, tzinfo=UTC)
    await asyncio.gather(_look(store, midnight), _look(store, midnight))
    await _look(store, midnight)
    (told,) = await _told(store)
    assert told.notice is not None
    assert told.notice.lines[0] == "Deferred until today: this is open work again."
    assert told.notice.lines[2] == "It was deferred because: the draft is open. Owner: ana."
    async with store.read() as tx:
        assert await outbox.thread(tx, told) == "message-1"
        stands = standing(await assessments.of_item(tx, "W1", ID))
    assert (stands.status, stands.owner_name, len(stands.decisions)) == ("new", "ana", 3)
    assert "You have 1 item to assess" in await _said(store, "triage mine")


@only_sqlite
async def test_after_weeks_of_rest_it_comes_back_all_the_same_and_again_when_deferred_again(store: Store) -> None:
    await _alerted(store)
    await _said(store, "status 3f9a2c41 assessing")
    await _said(store, "status 3f9a2c41 deferred until 2026-08-01")
    await _look(store, datetime(2026, 9, 20, tzinfo=UTC))
    assert "Status: Assessing" in await _said(store, "item 3f9a2c41")
    again = datetime(2026, 9, 21, tzinfo=UTC)
    await _said(store, "status 3f9a2c41 deferred until 2026-10-01", again)
    await _look(store, datetime(2026, 10, 2, tzinfo=UTC))
    assert len(await _told(store)) == 2


@only_sqlite
async def test_what_was_decided_otherwise_since_stays_as_it_is(store: Store) -> None:
    await _alerted(store)
    await _said(store, "status 3f9a2c41 deferred until 2026-08-01")
    await _said(store, "status 3f9a2c41 closed")
    await _look(store, datetime(2026, 8, 2, tzinfo=UTC))
    assert await _told(store) == []
    assert "Status: Closed" in await _said(store, "item 3f9a2c41")


def test_only_what_is_deferred_comes_back() -> None:
    one = Decision(workspace="W1", item=ID, what="status", status="relevant", by="ana", at=NOW)
    assert returned([one], NOW) is None
    assert returned([], NOW) is None
