"""A place mutes a source and follows an item: from then on it is owed less, or more, and everybody can see and undo it."""

import json
from datetime import datetime, timedelta

import pytest

from bot.cards.card import as_text
from bot.model import Poll
from bot.store import items, outbox, places, record, watchlists
from bot.store.database import Store
from handlers.reply import Context
from schedules import composing
from schedules.poll import Polling
from tests.builders import place, subscription, watchlist
from tests.fakes import FakeDoor, rss
from tests.test_handlers_commands import Talk, catalogue
from tests.test_schedules_poll import source

HERE, OTHER = place("general"), place("other")
KNOWN = catalogue(source("a"))
SINCE = "by @ana since 2 Jul 2026 09:30 UTC"


@pytest.fixture
async def talk(store: Store, now: datetime) -> Talk:
    """Two channels receive recalls, weekly in the one that is talked in."""
    what = watchlist("recall", name="Recalls")
    async with store.write() as tx:
        await watchlists.add(tx, what)
        for one, often in ((HERE, "weekly"), (OTHER, "now")):
            await places.ensure(tx, one)
            await places.subscribe(tx, subscription(what, one, frequency=often))
    return Talk(Context(store=store, catalogue=KNOWN), now, place=HERE)


def polling(store: Store, *titles: tuple[str, ...]) -> Polling:
    return Polling(store, FakeDoor(a=[rss(*one) for one in titles]), KNOWN)


async def poll(pipeline: Polling, now: datetime, turn: int) -> Poll:
    (one,) = await pipeline.due(now + turn * timedelta(hours=7))
    return one


async def found(store: Store, key: str) -> str:
    async with store.read() as tx:
        return next(one.id for one in await items.latest(tx, 9) if one.key == key)


async def test_a_muted_source_owes_nothing_to_this_place_and_all_to_others_and_why_says_so(talk: Talk, store: Store, now: datetime) -> None:
    reply = await talk.reply("mute Source a")
    assert "This channel gets no alerts of Source a from now on." in as_text(reply.card)
    assert reply.announce is not None
    assert as_text(reply.announce) == "@ana muted the source Source a in this channel."
    assert (await talk.reply("mute a")).announce is None
    pipeline = polling(store, ("Old",), ("Old", "A recall"))
    await poll(pipeline, now, 0)
    assert (await poll(pipeline, now, 1)).owed == 1
    said = await talk.says(f"why {await found(store, 'A recall')}")
    assert f"Not owed: muted here {SINCE}" in said
    assert "Delivered: the alert to other" in said
    for command in ("subscriptions", "settings", "unmute"):
        assert f"Muted: Source a, {SINCE}. To undo: /reg unmute a" in await talk.says(command), command


async def test_what_was_muted_by_an_item_is_heard_again_and_both_stand_in_the_record(talk: Talk, store: Store, now: datetime) -> None:
    await poll(polling(store, ("Old",)), now, 0)
    await talk.says(f"mute {await found(store, 'Old')}")
    assert "This channel gets alerts of Source a again." in await talk.says("unmute source a")
    assert "Muted" not in await talk.says("subscriptions")
    assert "Nothing changed." in await talk.says("unmute a")
    async with store.read() as tx:
        kept = [json.loads(one.content)["what"] async for one in record.rows(tx, HERE.workspace, 1, 9)]
    assert kept == ["source muted", "source unmuted"]
    assert "I know no source and no item “nowhere”." in await talk.says("mute nowhere")


async def test_a_followed_item_brings_its_changes_at_once_though_no_watchlist_matches(talk: Talk, store: Store, now: datetime) -> None:
    pipeline = polling(store, ("Old",), ("Old", "n=A notice"), ("Old", "n=A notice, extended"), ("Old", "n=A notice, withdrawn"))
    await poll(pipeline, now, 0)
    await poll(pipeline, now, 1)
    of = await found(store, "n")
    assert "This channel gets every change of A notice from now on." in await talk.says(f"follow {of}")
    assert "Follow no more" in str((await talk.reply(f"item {of}")).card)
    await talk.says("mute a")
    assert (await poll(pipeline, now, 2)).owed == 1
    async with store.write() as tx:
        (owed,) = await outbox.claim(tx, now + timedelta(days=1), timedelta(minutes=1), limit=9)
        card = await composing.card(tx, HERE, owed, KNOWN, lambda: now)
    assert (owed.place, owed.kind) == (HERE.id, "changed")
    assert "You get this because this place follows the item." in as_text(card)
    assert "This channel gets" not in await talk.says(f"unfollow {of}")
    assert (await poll(pipeline, now, 3)).owed == 0
