"""One event, one alert: what several sources report is told once in a place, and what comes after follows in its thread."""

from datetime import datetime, timedelta
from itertools import permutations

import pytest

from bot.deliver.outbox import Later, Refused, Unclear
from bot.model import Authority, Source
from bot.sources.catalogue import Catalogue
from bot.sources.door import Fetched
from bot.store import items, outbox, places, stories, watchlists
from bot.store.database import Store
from schedules.deliver import Delivering
from schedules.poll import Polling
from tests.builders import place, subscription, watchlist
from tests.fakes import Clock, FakeDoor, FakeSender

NOTICE = "https://www.mfds.example/brd/m_99/view.do?seq=50158"


def source(name: str, tier: str = "official", agency: str = "MFDS", **more: object) -> Source:
    authority = Authority(id=agency.casefold(), name=agency, short=agency, jurisdiction="KR")
    given = {"id": name, "name": f"Source {name}", "authority": authority, "jurisdiction": "KR", "language": "en", "tier": tier}
    return Source(**(given | {"kind": "feed", "url": f"https://{name}.example/{name}", "interval": timedelta(minutes=15)} | more))  # type: ignore[arg-type]


def feed(*rows: tuple[str, str, str]) -> Fetched:
    """An RSS feed of (title, link, what it says), dated today."""
    told = "".join(
        f"<item><guid>{link or title}</guid><title>{title}</title><link>{link}</link><description><![CDATA[{said}]]></description>"
        "<pubDate>Thu, 02 Jul 2026 08:00:00 GMT</pubDate></item>"
        for title, link, said in rows
    )
    body = f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>t</title>{told}</channel></rss>'
    return Fetched(status=200, body=body.encode(), url="https://feed.example/feed", content_type="application/rss+xml")


OFFICIAL = ("Recall of lots, 식약처 고시 제2026-12호", NOTICE, "")
BOARD = ("식약처 고시 제2026-12호 recall", "https://www.mfds.example/brd/m_1/view.do?seq=7", "")
ARTICLE = ("What the recall means", "https://trade.example/2026/recall", f'<p>See <a href="{NOTICE}">the notice</a>.</p>')
OTHER = ("A recall of something else", "https://trade.example/2026/else", "")


class Room:
    """A store, a place that hears of recalls, and sources which show one more entry when told to."""

    def __init__(self, store: Store, now: datetime, *of: Source) -> None:
        self.store, self.clock, self.sender = store, Clock(now), FakeSender()
        self.sources = {one.id: one for one in of or (source("mfds"), source("board"), source("trade", "trade", "Pink Sheet"))}
        catalogue = Catalogue(self.sources, {})
        self.rows = {name: [("Old", f"https://{name}.example/2026/old", "")] for name in self.sources}
        self.door = FakeDoor(**{name: feed(*rows) for name, rows in self.rows.items()})
        self.polling = Polling(store, self.door, catalogue)
        self.delivering = Delivering(store, {"console": self.sender}, catalogue, self.clock, lambda: 0.5, self.clock.sleep)

    async def open(self) -> "Room":
        where, what = place("general"), watchlist("recall", name="Recalls")
        async with self.store.write() as tx:
            await places.ensure(tx, where)
            await watchlists.add(tx, what)
            await places.subscribe(tx, subscription(what, where))
        await self.polling.due(self.clock())
        return self

    async def show(self, **rows: tuple[str, str, str]) -> None:
        """These sources show one more entry each, and everything is polled."""
        for name, row in rows.items():
            self.rows[name] = [*self.rows[name], row]
            self.door._scripts[name].append(feed(*self.rows[name]))
            self.door._scripts[name].popleft()
        self.clock.forward(hours=7)
        await self.polling.due(self.clock())

    async def send(self) -> None:
        await self.delivering.drain()

    def told(self) -> list[str]:
        return [text for _, text in self.sender.cards]

    async def partition(self) -> set[frozenset[str]]:
        """The stories, each as the titles of its items."""
        async with self.store.read() as tx:
            of = await stories.of_items(tx, [one.id for one in await items.latest(tx, 100)])
            members = await stories.members(tx, set(of.values()))
        return {frozenset(one.item.title for one in theirs) for theirs in members.values()}


async def test_a_second_source_of_an_event_follows_the_first_alert_and_is_no_second_one(store: Store, now: datetime) -> None:
    room = await Room(store, now).open()
    await room.show(mfds=OFFICIAL)
    await room.send()
    await room.show(trade=ARTICLE)
    await room.send()
    first, second = room.told()
    assert "Recall of lots" in first
    assert "Also reported" not in first
    assert "Pink Sheet · Also reported" in second
    assert "Reports the same event as Source mfds: “Recall of lots, 식약처 고시 제2026-12호”" in second
    assert "Why: Pink Sheet links to mfds.example" in second
    assert room.sender.threads == ["", "r1"]


async def test_the_official_source_leads_from_when_it_comes_after_the_press(store: Store, now: datetime) -> None:
    room = await Room(store, now).open()
    await room.show(trade=ARTICLE)
    await room.send()
    await room.show(mfds=OFFICIAL)
    await room.send()
    assert "MFDS · Now from the official source" in room.told()[1]
    assert "This official publication leads from now on." in room.told()[1]
    assert room.sender.threads == ["", "r1"]


async def test_sources_that_report_it_before_the_alert_is_sent_are_named_in_it(store: Store, now: datetime) -> None:
    room = await Room(store, now).open()
    await room.show(trade=ARTICLE, mfds=OFFICIAL)
    await room.show(board=BOARD)
    await room.send()
    (alert,) = room.told()
    assert "Recall of lots" in alert.splitlines()[1]
    assert "Also reported by Source trade, Source board" in alert or "Also reported by Source board, Source trade" in alert


async def test_an_alert_of_the_press_that_still_waits_is_led_by_the_official_publication_that_matches_too(
    store: Store, now: datetime
) -> None:
    room = await Room(store, now).open()
    await room.show(trade=ARTICLE)
    await room.show(mfds=OFFICIAL)
    await room.send()
    (alert,) = room.told()
    assert "Recall of lots" in alert.splitlines()[1]
    assert "Also reported by Source trade" in alert


async def test_an_alert_of_the_press_that_still_waits_names_the_official_publication_that_does_not_match(
    store: Store, now: datetime
) -> None:
    room = await Room(store, now).open()
    await room.show(trade=ARTICLE)
    await room.show(mfds=("회수 안내, 식약처 고시 제2026-12호", NOTICE, ""))
    await room.send()
    (alert,) = room.told()
    assert "What the recall means" in alert.splitlines()[1]
    assert "Official publication: Source mfds, “회수 안내" in alert


async def test_a_change_of_what_was_told_follows_in_the_thread(store: Store, now: datetime) -> None:
    room = await Room(store, now).open()
    await room.show(mfds=OFFICIAL)
    await room.send()
    room.rows["mfds"] = []
    await room.show(mfds=("Recall of more lots, 식약처 고시 제2026-12호", NOTICE, ""))
    await room.send()
    assert "Changed" in room.told()[1]
    assert room.sender.threads == ["", "r1"]


async def changed(room: Room, title: str = "Recall of more lots, 식약처 고시 제2026-12호") -> None:
    room.rows["mfds"] = []
    await room.show(mfds=(title, NOTICE, ""))
    await room.send()


async def test_the_first_alert_is_brought_up_to_date_after_what_follows_it(store: Store, now: datetime) -> None:
    room = await Room(store, now).open()
    await room.show(mfds=OFFICIAL)
    await room.send()
    await room.show(trade=ARTICLE)
    await room.send()
    await changed(room)
    assert [reference for reference, _ in room.sender.refreshed] == ["r1", "r1"]
    text = room.sender.refreshed[1][1]
    assert "Recall of more lots" in text.splitlines()[1]
    assert "Also reported by Source trade" in text
    assert "Brought up to date" in text
    assert len(room.told()) == 3


async def test_a_refresh_that_got_no_clear_answer_is_made_again_until_it_is_done(store: Store, now: datetime) -> None:
    room = await Room(store, now).open()
    await room.show(mfds=OFFICIAL)
    await room.send()
    room.sender.refusals = [Unclear(reason="no answer"), Later(seconds=30, reason="Slack asked us to wait")]
    await changed(room)
    for _ in range(3):
        room.clock.forward(minutes=1)
        await room.send()
    assert [reference for reference, _ in room.sender.refreshed] == ["r1"] * 3
    assert len(room.told()) == 2


async def test_an_alert_that_cannot_be_changed_any_more_stays_as_it_is_and_bars_nothing(store: Store, now: datetime) -> None:
    room = await Room(store, now).open()
    await room.show(mfds=OFFICIAL)
    await room.send()
    room.sender.refusals = [Refused(code="message_not_found")]
    await changed(room)
    await room.show(trade=OTHER)
    await room.send()
    assert len(room.told()) == 3
    assert len(room.sender.refreshed) == 1
    async with store.read() as tx:
        assert await outbox.counts(tx) == {"sent": 3, "dropped": 1}


async def test_a_place_that_wants_no_threads_gets_what_follows_by_itself(store: Store, now: datetime) -> None:
    room = await Room(store, now).open()
    await room.show(mfds=OFFICIAL)
    await room.send()
    async with store.write() as tx:
        where = await places.get(tx, "console:W1:general")
        assert where is not None
        await places.wish(tx, where.model_copy(update={"threads": "channel"}))
    await changed(room)
    assert room.sender.threads == ["", ""]


async def test_another_event_gets_an_alert_of_its_own(store: Store, now: datetime) -> None:
    room = await Room(store, now).open()
    await room.show(mfds=OFFICIAL, trade=OTHER)
    await room.send()
    assert len(room.told()) == 2
    assert room.sender.threads == ["", ""]
    assert await room.partition() == set()


async def test_a_report_that_matches_nothing_itself_still_follows_what_was_told(store: Store, now: datetime) -> None:
    room = await Room(store, now).open()
    await room.show(mfds=OFFICIAL)
    await room.send()
    await room.show(board=("회수 안내, 식약처 고시 제2026-12호", BOARD[1], ""))
    await room.send()
    assert "회수 안내" in room.told()[1]
    assert "For Recalls" not in room.told()[1]


async def test_a_place_that_ended_its_subscription_hears_no_more_of_the_event(store: Store, now: datetime) -> None:
    room = await Room(store, now).open()
    await room.show(mfds=OFFICIAL)
    await room.send()
    async with store.write() as tx:
        (held,) = await places.at_place(tx, "console:W1:general")
        await places.unsubscribe(tx, held.place, held.watchlist)
    await room.show(trade=ARTICLE)
    await room.send()
    assert len(room.told()) == 1


async def test_an_alert_that_was_refused_was_never_told_so_the_next_report_is_told_in_full(store: Store, now: datetime) -> None:
    room = await Room(store, now).open()
    await room.show(mfds=OFFICIAL)
    async with store.write() as tx:
        (one,) = await outbox.claim(tx, room.clock(), timedelta(minutes=1))
        await outbox.record(tx, one.model_copy(update={"state": "held", "reason": "refused: msg_too_long"}), one)
    await room.show(trade=ARTICLE)
    await room.send()
    assert "Also reported by Source trade" in room.told()[0]
    assert room.sender.threads == [""]


@pytest.mark.parametrize("order", [*permutations(("mfds", "board", "trade"))], ids="-".join)
async def test_the_story_is_the_same_in_whatever_order_the_sources_are_polled(store: Store, now: datetime, order: tuple[str, ...]) -> None:
    room = await Room(store, now).open()
    shown = {"mfds": OFFICIAL, "board": BOARD, "trade": ARTICLE}
    for name in order:
        await room.show(**{name: shown[name]})
        await room.send()
    assert await room.partition() == {frozenset(title for title, _, _ in shown.values())}
    assert len(room.told()) == 3
