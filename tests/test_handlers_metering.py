"""Metrics: only for whoever shows the token, the same from every process, and of few series whatever is watched."""

from datetime import datetime, timedelta
from typing import Never

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.deliver.outbox import Later
from bot.errors import StoreTrouble
from bot.metrics import Metrics
from bot.model import SourceState
from bot.sources.catalogue import Catalogue
from bot.store import outbox, places, sources, watchlists
from bot.store.database import Store
from handlers.metering import Metering
from handlers.web import web_app
from schedules.deliver import Delivering
from schedules.poll import Polling
from tests.builders import delivery, place, subscription, watchlist
from tests.fakes import Clock, FakeDoor, FakeSender, rss, trouble
from tests.test_schedules_stories import source

TOKEN = "a-token-of-some-length"
Page = dict[tuple[str, ...], float]


async def ask(metering: Metering, token: str = TOKEN) -> httpx.Response:
    transport = httpx.ASGITransport(web_app(metering.store, metering=metering))
    async with httpx.AsyncClient(transport=transport, base_url="http://bot") as client:
        return await client.get("/metrics", headers={"Authorization": f"Bearer {token}".encode()} if token else {})


async def page(metering: Metering) -> Page:
    """Every number of the page under its name and the values of its labels."""
    answer = await ask(metering)
    assert answer.status_code == 200
    return {(one.name, *one.labels.values()): one.value for family in text_string_to_metric_families(answer.text) for one in family.samples}


def metering(store: Store, now: datetime, *polled: str, token: str = TOKEN) -> Metering:
    return Metering(store, lambda: now, Metrics(), token, polled, lambda: {"poll": 1.5})


async def test_without_a_token_in_the_settings_there_are_no_metrics(store: Store, now: datetime) -> None:
    assert (await ask(metering(store, now, token=""))).status_code == 404


@pytest.mark.parametrize("token", ["", "another-token-of-some-length", TOKEN[:-1], "töken"])
async def test_who_does_not_show_the_token_gets_nothing_but_a_sentence(store: Store, now: datetime, token: str) -> None:
    answer = await ask(metering(store, now), token)
    assert (answer.status_code, "regwatch_" in answer.text) == (401, False)


async def test_what_the_database_knows_is_told_by_a_process_that_did_none_of_it(store: Store, now: datetime) -> None:
    ago, here, away = timedelta(hours=1), place("here"), place("away")
    async with store.write() as tx:
        for one in (here, away):
            await places.ensure(tx, one)
        await places.suspend(tx, away.id, "is_archived", now)
        await sources.ensure(tx, ["good", "bad", "walled", "new", "gone"], now - timedelta(minutes=5))
        good = SourceState(source="good", next_poll=now + ago, last_polled=now, last_success=now - 2 * ago)
        failing = {"last_polled": now, "trouble": "It is down.", "last_success": now - 9 * ago}
        bad = good.model_copy(update=failing | {"source": "bad", "fault": "timeout"})
        await sources.save(tx, good, bad, bad.model_copy(update={"source": "walled", "fault": "blocked"}))
        notice = {"kind": "notice", "created": now - ago}
        owed = [
            delivery("", here.id, id="a", not_before=now - ago, **notice),
            delivery("", here.id, id="b", not_before=now + ago, **notice),
        ]
        await outbox.owe(tx, [*owed, delivery("", away.id, id="c", not_before=now - 9 * ago, **notice)])
    found = await page(metering(store, now, "good", "bad", "walled", "new"))
    assert {state: found["regwatch_sources", state] for state in ("ok", "failing", "blocked", "unread")} == dict.fromkeys(
        ("ok", "failing", "blocked", "unread"), 1
    )
    assert (found["regwatch_poll_age_seconds", "ok"], found["regwatch_poll_age_seconds", "failing"]) == (7200, 9 * 3600)
    assert found["regwatch_poll_overdue_seconds",] == 300
    assert (found["regwatch_outbox", "pending"], found["regwatch_outbox", "held"]) == (2, 1)
    assert found["regwatch_outbox_oldest_due_seconds",] == 3600
    assert (found["regwatch_database_up",], found["regwatch_schedule_lag_seconds", "poll"]) == (1, 1.5)
    assert found["process_resident_memory_bytes",] > 0


async def test_a_database_that_is_away_leaves_no_old_numbers(store: Store, now: datetime) -> None:
    class Broken(Store):
        def __init__(self) -> None: ...

        def read(self) -> Never:  # type: ignore[override] # it only raises
            raise StoreTrouble("The database is locked.")

    clock = Clock(now)
    mine = Metering(store, clock, Metrics(), TOKEN)
    assert (await page(mine))["regwatch_database_up",] == 1
    mine.store = Broken()
    assert (await page(mine))["regwatch_database_up",] == 1, "asked again within seconds, the database is left alone"
    clock.forward(seconds=11)
    found = await page(mine)
    assert found["regwatch_database_up",] == 0
    assert ("regwatch_outbox", "pending") not in found


async def test_polls_items_matches_sends_waits_and_latency_are_counted(store: Store, now: datetime) -> None:
    clock, counts = Clock(now), Metrics()
    door = FakeDoor(a=[rss("1=Old"), rss("1=Old", "2=A recall"), rss("1=Old", "2=A recall")], b=trouble())
    known = Catalogue({one: source(one) for one in ("a", "b")}, {})
    polling = Polling(store, door, known, metrics=counts)
    sender = FakeSender([Later(seconds=5, reason="busy")])
    delivering = Delivering(store, {"console": sender}, known, clock, lambda: 0.5, clock.sleep, metrics=counts)
    where, what = place("general"), watchlist("recall", name="Recalls")
    async with store.write() as tx:
        await places.ensure(tx, where)
        await watchlists.add(tx, what)
        await places.subscribe(tx, subscription(what, where))
    for _ in range(3):
        await polling.due(clock())
        clock.forward(hours=7)
    await delivering.drain()
    clock.forward(seconds=30)
    await delivering.drain()
    found = await page(Metering(store, clock, counts, TOKEN))
    polls = {outcome: found["regwatch_polls_total", outcome] for outcome in ("read", "unchanged", "unreachable")}
    assert polls == {"read": 2, "unchanged": 1, "unreachable": 3}
    assert (found["regwatch_items_total", "new"], found["regwatch_match_seconds_count",]) == (2, 1)
    assert (found["regwatch_sends_total", "later", "console"], found["regwatch_sends_total", "sent", "console"]) == (1, 1)
    assert (found["regwatch_rate_limit_waits_total", "console"], found["regwatch_rate_limit_wait_seconds_total", "console"]) == (1, 5)
    assert found["regwatch_delivery_latency_seconds_count", "console"] == 1
    assert found["regwatch_delivery_latency_seconds_sum", "console"] == pytest.approx(14 * 3600 + 30)


async def test_the_database_s_refusals_are_counted(database: str, store: Store) -> None:
    counts = Metrics()
    store.on_trouble = counts.troubled
    with pytest.raises(StoreTrouble):
        async with store.read():
            raise StoreTrouble("The database is locked.")
    assert counts.registry.get_sample_value("regwatch_database_trouble_total") == 1
