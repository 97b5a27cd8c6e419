"""Where the people in charge are told, and the proof that we looked, in chat."""

from datetime import datetime, timedelta

import pytest

from bot.model import Gap, Look, SourceState
from bot.store import operations, polls, sources
from bot.store.database import Store
from handlers.reply import Context
from tests.builders import place
from tests.test_handlers_commands import Talk, catalogue, source


@pytest.fixture
def talk(store: Store, now: datetime) -> Talk:
    known = catalogue(source("kr-press"), source("us-news", "US"), source("us-old", "US", enabled=False))
    return Talk(Context(store=store, catalogue=known), now, place=place("general"))


async def test_the_place_of_operations_is_chosen_shown_moved_and_ended(talk: Talk, store: Store) -> None:
    assert "Nobody is told when sources fail" in await talk.says("admin operations")
    reply = await talk.reply("admin operations here")
    assert reply.announce is not None
    assert "In this channel it is told once" in await talk.says("admin operations")
    elsewhere = Talk(talk.context, talk.now, place=place("other"))
    assert "In another place it is told once" in await elsewhere.says("admin operations")
    stranger = Talk(talk.context, talk.now, place=place("general", workspace="W2"))
    assert "Nobody is told" in await stranger.says("admin operations")
    await elsewhere.says("admin operations here")
    async with store.read() as tx:
        assert [one.channel for one in await operations.chosen(tx)] == ["other"]
    assert "Nobody is told" in await talk.says("admin operations off")
    assert "here, or off" in await talk.says("admin operations nowhere")


async def test_proof_counts_only_sources_that_could_bring_something_and_tells_gaps_with_times(talk: Talk, store: Store) -> None:
    assert "receives no watchlist" in await talk.says("proof")
    await talk.says("watch add recall country:KR as Recalls")
    await talk.says("subscribe Recalls")
    assert "Recalls: nothing was looked at. 1 source, 0 polls since 25 Jun 2026 00:00 UTC" in await talk.says("proof")
    begun = talk.now.replace(hour=3, minute=0, second=0)
    async with store.write() as tx:
        gap = Gap(source="kr-press", begun=begun, ended=begun + timedelta(hours=2, minutes=30))
        day = talk.now.date()
        await polls.note(tx, [Look(source="kr-press", day=day, good=True, gap=gap), Look(source="us-news", day=day, good=True)])
        await polls.note(tx, [Look(source="kr-press", day=day, good=False)])
        await sources.ensure(tx, ["kr-press"], talk.now)
        last, expected = talk.now - timedelta(minutes=20), talk.now - timedelta(minutes=5)
        state = SourceState(source="kr-press", next_poll=talk.now, last_polled=last, last_success=last, expected=expected, polls=2)
        await sources.save(tx, state)
    shown = await talk.says("proof week")
    assert "Recalls: nothing new, and we did look. 1 source, 2 polls since 25 Jun 2026 00:00 UTC, 1 answered well." in shown
    assert "Last success: 20 min ago; of the one longest without, 20 min ago." in shown
    assert "1 gap:\n• 2 Jul 2026 03:00 UTC to 05:30 (2 h): News kr-press" in shown
    talk.now += timedelta(hours=3)  # and then the bot was down
    shown = await talk.says("proof month")
    assert "2 gaps:\n• 2 Jul 2026 09:10 UTC to 12:30 (3 h), not over yet: News kr-press" in shown
    assert "since 2 Jun 2026" in shown


async def test_the_weekly_proof_is_switched_on_and_off(talk: Talk, store: Store) -> None:
    await talk.says("watch add recall as Recalls")
    await talk.says("subscribe Recalls")
    assert "To be told this here each Monday" in await talk.says("proof")
    assert "is told this each Monday from 09:00 UTC" in await talk.says("proof weekly on")
    assert "is told this each Monday" in await talk.says("proof")
    async with store.read() as tx:
        assert [(one.channel, week) for one, week in await operations.proven(tx)] == [("general", "2026-W27")]
    assert "To be told this here each Monday" in await talk.says("proof weekly off")
    assert "is told this on the first of each month from 09:00 UTC" in await talk.says("proof monthly on")
    assert "proof monthly off" in await talk.says("proof")
    assert "To be told this here each Monday" in await talk.says("proof monthly off")
    for typed in ("proof weekly", "proof yearly", "proof week month"):
        assert "proof weekly on" in await talk.says(typed)
