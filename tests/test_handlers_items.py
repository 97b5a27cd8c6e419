"""`item`, `diff` and `why`: what is known of an item, what changed, and what happened to it, told to one workspace only."""

from datetime import datetime, timedelta

import pytest

from bot.cards.card import as_text
from bot.model import Delivery, Place, Window
from bot.sources.catalogue import Catalogue
from bot.store import hits, items, outbox, places, stories, waiting, watchlists
from bot.store import sources as store_sources
from bot.store.database import Store
from bot.store.items import Seen
from bot.store.stories import Membership
from handlers import answering
from handlers.grammar import Request
from handlers.reply import Context
from tests.builders import delivery, hit, item, place, subscription, watchlist
from tests.test_schedules_stories import source

ID = "3f9a2c41d0e1b2a3"
LINK = "https://www.mfds.example/brd/m_99/view.do?seq=7"


async def say(store: Store, now: datetime, words: str, at: Place | None = None) -> str:
    """What the command answers, as text."""
    context = Context(
        store=store,
        catalogue=Catalogue({"mfds": source("mfds"), "off": source("off", enabled=False, disabled_because="it refuses programs")}, {}),
    )
    request = Request(actor="U1", place=at or place("general"), words=words, now=now, prefix="/reg ")
    return as_text((await answering.run(request, context)).card)


async def kept(store: Store, now: datetime, title: str = "A recall of lots", **more: object) -> None:
    """An item of the source `mfds` is kept."""
    one = item(title, **({"id": ID, "url": LINK, "source": "mfds", "detected": now, "tier": "official"} | more))
    async with store.write() as tx:
        await items.add(tx, one, "a.b.c.d", link=LINK.removeprefix("https://www."), why="not seen before")


@pytest.mark.parametrize(
    "given", [ID, ID[:8], ID[:8].upper(), LINK, f"<{LINK}>", f'"{LINK}"', LINK + "&utm_source=mail", LINK.replace("https://www.", "")]
)
async def test_an_item_is_found_by_its_id_or_the_beginning_of_it_or_its_link(store: Store, now: datetime, given: str) -> None:
    await kept(store, now)
    assert "A recall of lots" in await say(store, now, f"item {given}")


async def test_an_item_shows_its_versions_with_when_and_why_and_who_else_reports_it(store: Store, now: datetime) -> None:
    await kept(store, now, summary="Lots of X are taken back.")
    other = item("식약처 고시", id="ffff000011112222", source="board", tier="official")
    async with store.write() as tx:
        await items.add(tx, other, "e", link="", why="not seen before")
        await stories.join(
            tx, [Membership(ID, ID, "it reported the event first", now), Membership(other.id, ID, "both are 고시 제2026-12호", now)], ()
        )
    said = await say(store, now, f"item {ID}")
    for words in (
        "Lots of X are taken back.",
        "Id 3f9a2c41 · Source mfds · first seen 2 Jul 2026 09:30 UTC",
        "2 sources report this event:",
        "Source mfds – leads (this item): 3f9a2c41",
        "board: ffff0000 – both are 고시 제2026-12호",
        "1 – 2 Jul 2026 09:30 UTC – not seen before",
    ):
        assert words in said


async def test_an_item_that_changes_at_each_poll_says_that_it_alerts_no_more(store: Store, now: datetime) -> None:
    await kept(store, now)
    async with store.write() as tx:
        await items.touch(tx, [items.Seen(ID, "x", 9, "k")])
    assert "It was different at 9 polls in a row" in await say(store, now, f"item {ID}")
    assert "It was different at 9 polls in a row" in await say(store, now, f"why {ID}")


@pytest.mark.parametrize("words", ["item", "diff", "why"])
async def test_a_missing_item_is_asked_for(store: Store, now: datetime, words: str) -> None:
    assert "For example: /reg " + words in await say(store, now, words)


@pytest.mark.parametrize("given", ["abcdef12", "https://x.example/1", "nonsense", "https://[::1", "3f9a2"])
async def test_an_unknown_item_is_a_sentence_with_the_next_step(store: Store, now: datetime, given: str) -> None:
    assert "/reg why" in await say(store, now, f"item {given}")
    assert "/reg why" in await say(store, now, f"diff {given}")


async def changed(store: Store, now: datetime, **more: object) -> None:
    await kept(store, now, text="Sponsors submit within 30 days.\nViews: 3")
    two = item("A recall of lots", **({"id": ID, "url": LINK, "source": "mfds", "version": 2, "detected": now + timedelta(hours=1)} | more))
    async with store.write() as tx:
        await items.add_version(tx, two, "a.b.e.d", link="l", why="text changed")


async def test_a_difference_tells_additions_first_and_leaves_counters_out(store: Store, now: datetime) -> None:
    await changed(store, now, text="Sponsors submit within 60 days.\nViews: 99")
    lines = (await say(store, now, f"diff {ID[:8]}")).splitlines()
    assert lines == [
        "A recall of lots",
        "Version 1 (2 Jul 2026 09:30 UTC) → version 2 (2 Jul 2026 10:30 UTC)",
        "Added:",
        "Sponsors submit within 60 days.",
        "Removed:",
        "Sponsors submit within 30 days.",
    ]


async def test_versions_may_be_named_and_one_that_is_not_there_is_said(store: Store, now: datetime) -> None:
    await changed(store, now, text="Sponsors submit within 60 days.")
    assert "Added:" in await say(store, now, f"diff {ID} 1 2")
    assert "Added:" in await say(store, now, f"diff {ID} 1")
    for wrong in ("1 9", "x y", "0"):
        assert "There are the versions 1 to 2." in await say(store, now, f"diff {ID} {wrong}")


async def test_one_version_has_no_difference(store: Store, now: datetime) -> None:
    await kept(store, now)
    assert "only one version" in await say(store, now, f"diff {ID}")


async def test_a_difference_of_noise_only_says_so(store: Store, now: datetime) -> None:
    await changed(store, now, text="Sponsors submit  within 30 days.\nViews: 7")
    assert "Nothing material differs" in await say(store, now, f"diff {ID}")


async def test_why_tells_each_stage_with_times_and_reasons(store: Store, now: datetime) -> None:
    await kept(store, now)
    where, recalls = place("general"), watchlist("recall", name="Recalls")
    async with store.write() as tx:
        await store_sources.ensure(tx, ["mfds"], now)
        await places.ensure(tx, where)
        await watchlists.add(tx, recalls)
        await places.subscribe(tx, subscription(recalls, where))
        await hits.add(tx, [hit(recalls, await items.get(tx, ID) or item())], now)
        await outbox.owe(tx, [delivery(ID, where, watchlists=(recalls.id,), created=now)])
        (one,) = await outbox.claim(tx, now + timedelta(days=1), timedelta(minutes=1))
        await outbox.record(tx, one.model_copy(update={"state": "held", "reason": "refused: msg_too_long"}), one)
    said = await say(store, now, f"why {ID}")
    for words in (
        "Source: Source mfds – ",
        "Seen: version 1, 2 Jul 2026 09:30 UTC – not seen before",
        "Story: no other source reports this event",
        "Matched, version 1: For Recalls: the title has “A”",
        "Delivered: the alert to general was not sent; it is held (owed since 2 Jul 2026 09:30 UTC) – refused: msg_too_long",
    ):
        assert words in said


async def owed(store: Store, now: datetime, **more: object) -> tuple[Place, Delivery]:
    """The item is kept and a channel is owed its alert."""
    await kept(store, now)
    where = place("general")
    one = delivery(ID, where, **({"created": now, "not_before": now} | more))
    async with store.write() as tx:
        await store_sources.ensure(tx, ["mfds"], now)
        await places.ensure(tx, where)
        await outbox.owe(tx, [one])
    return where, one


async def test_why_says_until_when_an_alert_waits_and_for_what(store: Store, now: datetime) -> None:
    later = now + timedelta(hours=2)
    await owed(store, now, state="waiting", not_before=later, reason="until the quiet hours end")
    said = await say(store, now, f"why {ID}")
    assert (
        "Delivered: the alert to general waits until 2 Jul 2026 11:30 UTC (owed since 2 Jul 2026 09:30 UTC) – until the quiet hours end"
    ) in said


async def test_why_says_since_when_the_place_takes_no_messages_and_what_to_do(store: Store, now: datetime) -> None:
    where, _ = await owed(store, now)
    async with store.write() as tx:
        await places.suspend(tx, where.id, "is_archived", now + timedelta(minutes=1))
    said = await say(store, now, f"why {ID}")
    assert (
        "was not sent; it is held (owed since 2 Jul 2026 09:30 UTC) – the place takes no messages since 2 Jul 2026 09:31 UTC: "
        "it was archived (is_archived). Unarchive it and invite me, or subscribe another channel."
    ) in said
    async with store.write() as tx:
        await places.resume(tx, where.id)
    said = await say(store, now, f"why {ID}")
    assert "is about to be sent (owed since 2 Jul 2026 09:30 UTC) – missed while the place took no messages" in said
    assert "archived" not in said


async def test_why_of_what_waits_for_a_suspended_place_says_both(store: Store, now: datetime) -> None:
    where, _ = await owed(store, now, state="waiting", not_before=now + timedelta(hours=2), reason="for the daily digest")
    async with store.write() as tx:
        await places.suspend(tx, where.id, "not_in_channel", now)
    said = await say(store, now, f"why {ID}")
    assert "waits until 2 Jul 2026 11:30 UTC" in said
    assert "for the daily digest; the place takes no messages since 2 Jul 2026 09:30 UTC: I am not a member" in said


async def test_why_names_the_digest_that_tells_of_an_item_and_how_that_fares(store: Store, now: datetime) -> None:
    where, one = await owed(store, now, state="waiting", reason="for the daily digest")
    window = Window(start=now, end=now, due=now)
    bundle = Delivery(id="d" * 32, place=where.id, kind="digest", window=window, created=now, not_before=now)
    async with store.write() as tx:
        assert await waiting.bundle(tx, bundle, [one.id])
    since = "(owed since 2 Jul 2026 09:30 UTC)"
    told = f"the alert to general is told in a digest {since}, which is about to be sent {since} (/reg digest dddddddddddd there)"
    assert f"{told} – for the daily digest" in await say(store, now, f"why {ID}")
    async with store.write() as tx:
        (claimed,) = await outbox.claim(tx, now + timedelta(days=1), timedelta(minutes=1))
        done = claimed.model_copy(update={"state": "sent", "sent": now + timedelta(hours=1), "reference": "1.1"})
        await outbox.record(tx, done, claimed)
    assert "which was sent 2 Jul 2026 10:30 UTC (/reg digest dddddddddddd there)" in await say(store, now, f"why {ID}")


async def test_why_says_when_a_message_is_tried_again_and_why_it_failed(store: Store, now: datetime) -> None:
    await owed(store, now)
    async with store.write() as tx:
        (claimed,) = await outbox.claim(tx, now + timedelta(days=1), timedelta(minutes=1))
        failed = {"state": "later", "not_before": now + timedelta(minutes=5), "attempts": 2, "reason": "ratelimited"}
        await outbox.record(tx, claimed.model_copy(update=failed), claimed)
    said = await say(store, now, f"why {ID}")
    assert "could not be sent yet and is tried again, not before 2 Jul 2026 09:35 UTC" in said
    assert "after 2 attempts – ratelimited" in said


async def polled(store: Store, now: datetime, streak: int) -> None:
    """A later poll has shown the item, which had been another at so many polls in a row."""
    async with store.write() as tx:
        await store_sources.ensure(tx, ["mfds"], now)
        (state,) = await store_sources.all(tx)
        await store_sources.save(tx, state.model_copy(update={"last_success": now + timedelta(hours=1)}))
        await items.touch(tx, [Seen(ID, "x.b.c.d", streak, "key")])


async def test_why_says_that_later_polls_showed_the_same(store: Store, now: datetime) -> None:
    await kept(store, now)
    assert "Since then" not in await say(store, now, f"why {ID}")
    await polled(store, now, 0)
    same = "Since then: up to the poll of 2 Jul 2026 10:30 UTC nothing that differs materially from the version that is kept"
    assert same in await say(store, now, f"why {ID}")


async def test_why_says_what_was_seen_but_not_kept_of_an_item_that_never_holds_still(store: Store, now: datetime) -> None:
    await kept(store, now)
    await polled(store, now, 9)
    said = await say(store, now, f"why {ID}")
    assert "Not kept: what it showed since, up to the poll of 2 Jul 2026 10:30 UTC" in said
    assert "It was different at 9 polls in a row, so it alerts no more" in said


async def test_why_says_that_a_first_poll_alerts_nobody(store: Store, now: datetime) -> None:
    one = item("A recall of lots", id=ID, url=LINK, source="mfds", detected=now)
    async with store.write() as tx:
        await items.add(tx, one, "a.b.c.d", link=LINK, why="first poll of this source: kept and searchable, not alerted")
    said = await say(store, now, f"why {ID}")
    assert "version 1, 2 Jul 2026 09:30 UTC – first poll of this source: kept and searchable, not alerted" in said


async def test_why_says_when_nothing_matched_and_what_would_match_today(store: Store, now: datetime) -> None:
    await kept(store, now)
    async with store.write() as tx:
        await watchlists.add(tx, watchlist("recall", name="Later", created=now + timedelta(hours=1)))
        await watchlists.add(tx, watchlist("vaccine", name="Vaccines"))
    said = await say(store, now, f"why {ID}")
    assert "Matched: none of this workspace's 2 watchlists matched when it was found" in said
    assert "Today Later would match, but alerted nothing: it was saved after the item was found." in said
    assert "Vaccines" not in said
    assert "Delivered: nowhere in this workspace" in said


async def test_why_shows_nothing_of_another_workspace(store: Store, now: datetime) -> None:
    await kept(store, now)
    secret, where = watchlist("recall", workspace="W2", name="Secret"), place("hidden", workspace="W2")
    async with store.write() as tx:
        await places.ensure(tx, where)
        await watchlists.add(tx, secret)
        await hits.add(tx, [hit(secret, ID)], now)
        await outbox.owe(tx, [delivery(ID, where, watchlists=(secret.id,))])
    said = await say(store, now, f"why {ID}")
    assert "Secret" not in said
    assert "hidden" not in said


async def test_why_of_a_link_never_seen_names_the_sources_of_that_site_and_how_they_fare(store: Store, now: datetime) -> None:
    said = await say(store, now, "why https://mfds.example/brd/view.do?seq=99")
    assert "I have never seen https://mfds.example/brd/view.do?seq=99." in said
    assert "Source mfds – not read yet" in said
    assert "switched off: it refuses programs" in await say(store, now, "why https://off.example/x")


async def test_why_of_a_link_of_a_site_that_is_not_read_says_so(store: Store, now: datetime) -> None:
    assert "No source of the catalogue is on other.example" in await say(store, now, "why https://www.other.example/x")


@pytest.mark.parametrize("given", ["nonsense", "deadbeef", "https://[::1", "javascript:alert(1)"])
async def test_why_of_what_is_neither_link_nor_id_points_to_the_search(store: Store, now: datetime, given: str) -> None:
    assert "/reg search" in await say(store, now, f"why {given}")
