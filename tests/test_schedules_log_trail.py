"""One id leads through the log from a poll over its items to each message, also in another process."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.sources.catalogue import Catalogue
from bot.store import places, watchlists
from bot.store.database import Store
from schedules.deliver import Delivering
from schedules.digest import Closing
from schedules.poll import Polling
from tests.builders import place, subscription, watchlist
from tests.fakes import Clock, FakeDoor, FakeSender, rss, trouble
from tests.test_schedules_stories import source


@pytest.fixture
def log() -> Iterator[list[Any]]:
    with capture_logs() as lines:
        yield lines


async def watching(store: Store, frequency: str) -> None:
    where, what = place("general"), watchlist("recall", name="Recalls")
    async with store.write() as tx:
        await places.ensure(tx, where)
        await watchlists.add(tx, what)
        await places.subscribe(tx, subscription(what, where, frequency=frequency))


async def test_the_id_of_a_poll_stands_in_the_lines_of_poll_match_and_delivery(store: Store, now: datetime, log: list[Any]) -> None:
    clock, known = Clock(now), Catalogue({"a": source("a")}, {})
    await watching(store, "now")
    polling = Polling(store, FakeDoor(a=[rss("1=Old"), rss("1=Old", "2=A recall", "3=A speech", "4=Another recall")]), known)
    await polling.due(clock())
    clock.forward(hours=7)
    log.clear()
    await polling.due(clock())
    polled, *matched = log
    assert (polled["event"], polled["source"], polled["items"]) == ("polled", "a", 3)
    assert [(one["event"], one["watchlists"], one["owed"]) for one in matched] == [("matched", 1, 1)] * 2
    # Another process sends: all it knows is in the database.
    await Delivering(store, {"console": FakeSender()}, known, clock, lambda: 0.5, clock.sleep).drain()
    sent = [one for one in log if one["event"] == "delivery"]
    assert [one["item"] for one in sent] == [one["item"] for one in matched]
    assert {one["poll"] for one in log} == {polled["poll"]}


async def test_a_digest_names_the_polls_it_tells_of(store: Store, now: datetime, log: list[Any]) -> None:
    clock, known = Clock(now), Catalogue({"a": source("a")}, {})
    await watching(store, "daily")
    polling = Polling(store, FakeDoor(a=[rss("1=Old"), rss("1=Old", "2=A recall")]), known)
    for _ in range(2):
        await polling.due(clock())
        clock.forward(hours=7)
    clock.forward(days=1)
    await Closing(store, clock).close()
    (polled,) = (one["poll"] for one in log if one["event"] == "matched")
    (closed,) = (one for one in log if one["event"] == "window_closed")
    assert closed["polls"] == [polled]


async def test_a_poll_that_fails_or_is_not_kept_leaves_no_step(store: Store, now: datetime, log: list[Any]) -> None:
    await Polling(store, FakeDoor(a=trouble()), Catalogue({"a": source("a")}, {})).due(now)
    assert [one["event"] for one in log] == ["source_trouble"]
