"""A consultation with a deadline: the alert, the reminder at the hour of the place, the deadline moves, thread and calendar follow."""

import io
import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime

import httpx
import icalendar
import pytest

from bot.deliver.console import ConsoleSender
from bot.deliver.sender import Sender
from bot.deliver.slack import SlackSender
from bot.deliver.teams import TeamsSender
from bot.deliver.teams_connector import Connector
from bot.deliver.teams_token import no_token
from bot.model import Place
from bot.store import deadlines, record
from bot.store.database import Store
from handlers.feeds import Feeds
from handlers.reply import Context
from handlers.web import web_app
from schedules.deliver import Delivering
from schedules.poll import Polling
from schedules.reminders import Reminding
from tests.builders import place
from tests.fakes import Clock, FakeDoor, rss
from tests.loopback_slack import LoopbackSlack
from tests.loopback_teams import LoopbackTeams
from tests.teams_doors import CHANNEL, TENANT, words_of
from tests.test_handlers_commands import Talk, catalogue, source

CONSULTATION = "1=Consultation on trial sites; comments close on {day} July 2026"
KNOWN = catalogue(source("a", timezone="Asia/Seoul"))


class Office:
    """The bot with everything that runs unattended, by a clock that the test moves."""

    def __init__(self, store: Store, slack: LoopbackSlack, where: Place, **senders: Sender) -> None:
        self.clock = Clock(datetime(2026, 6, 1, 3, tzinfo=UTC))
        self.screen = io.StringIO()
        self.store = store
        self.talk = Talk(Context(store=store, catalogue=KNOWN, web_url="http://bot"), self.clock.time, place=where)
        door = FakeDoor(feed=[rss("Old"), rss("Old", CONSULTATION.format(day=15)), rss("Old", CONSULTATION.format(day=29))])
        self.polling = Polling(store, door, KNOWN)
        senders |= {"slack": SlackSender(slack.bot_token, api_url=slack.api_url), "console": ConsoleSender(self.screen)}
        self.delivering = Delivering(store, senders, KNOWN, self.clock, lambda: 0.5, sleep=self.clock.sleep)  # type: ignore[arg-type]
        self.reminding = Reminding(store, self.clock)

    async def says(self, words: str) -> str:
        self.talk.now = self.clock()
        return await self.talk.says(words)

    async def passes(self, until: datetime, *, poll: bool = False) -> None:
        """It is that moment; what is due then is done."""
        self.clock.time = until
        if poll:
            await self.polling.due(until)
        await self.reminding.remind()
        await self.delivering.drain()

    async def calendar(self, path: str) -> list[icalendar.Component]:
        app = web_app(self.store, feeds=Feeds(self.store, KNOWN, self.clock))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bot") as client:
            return list(icalendar.Calendar.from_ical((await client.get(path)).content).walk("VEVENT"))


@pytest.fixture
async def slack() -> AsyncIterator[LoopbackSlack]:
    async with LoopbackSlack() as running:
        yield running


async def prepared(office: Office) -> str:
    """The place watches consultations in Seoul's time, is reminded at nine, and has a calendar: the path of its address."""
    await office.passes(office.clock(), poll=True)
    assert "Asia/Seoul" in await office.says("settings timezone Asia/Seoul")
    for words in ("watch add type:consultation as Consultations yes", "subscribe Consultations", "remind 7 at 09:00"):
        await office.says(words)
    found = re.search(r"/calendar/[\w-]+\.ics", await office.says("calendar new"))
    assert found is not None
    return found[0]


def told(slack: LoopbackSlack) -> list[tuple[str, bool]]:
    """The messages in the channel, each with whether it stands in a thread."""
    return [(one["text"], "thread_ts" in one) for one in slack.messages() if "metadata" in one]


async def test_a_consultation_from_alert_to_reminder_to_another_deadline_on_slack(store: Store, slack: LoopbackSlack) -> None:
    office = Office(store, slack, place("C1", platform="slack", workspace="T1"))
    path = await prepared(office)
    await office.passes(datetime(2026, 6, 2, 3, tzinfo=UTC), poll=True)
    (alert, _), *none = told(slack)
    assert none == []
    assert "consultation (draft)" in alert
    assert "Comments close 15 Jul 2026 (in 43 days)" in alert
    assert "Comments close 15 Jul 2026 (in 43 days)" in await office.says("deadlines 60d")
    await office.passes(datetime(2026, 7, 7, 23, 59, tzinfo=UTC))  # 08:59 of the 8th in Seoul
    assert len(told(slack)) == 1
    await office.passes(datetime(2026, 7, 8, 0, 0, tzinfo=UTC))
    await office.passes(datetime(2026, 7, 8, 5, 0, tzinfo=UTC))
    reminder, in_thread = told(slack)[1]
    assert "In 7 days: Comments close 15 Jul 2026" in reminder
    assert (len(told(slack)), in_thread) == (2, False)
    (before,) = await office.calendar(path)
    await office.passes(datetime(2026, 7, 9, 3, tzinfo=UTC), poll=True)
    change, in_thread = told(slack)[2]
    assert "Deadline changed: Comments close 15 Jul 2026 → 29 Jul 2026" in change
    assert in_thread
    assert "Comments close 29 Jul 2026 (in 20 days)" in told(slack)[0][0]
    (after,) = await office.calendar(path)
    assert (before["uid"], before["sequence"], before.decoded("dtstart")) == (after["uid"], 0, date(2026, 7, 15))
    assert (after["sequence"], after.decoded("dtstart")) == (1, date(2026, 7, 29))
    await office.passes(datetime(2026, 7, 14, 23, 59, tzinfo=UTC))
    await office.passes(datetime(2026, 7, 22, 0, 0, tzinfo=UTC))
    assert ["In 7 days: Comments close 29 Jul 2026" in text for text, _ in told(slack)] == [False, False, False, True]


async def test_the_same_on_teams(store: Store, slack: LoopbackSlack) -> None:
    async with LoopbackTeams() as teams:
        connector = Connector(no_token, service_url=teams.service_url)
        where = place(CHANNEL, platform="teams", workspace=TENANT).model_copy(update={"address": teams.service_url})
        office = Office(store, slack, where, teams=TeamsSender(connector))

        def told() -> list[tuple[str, bool]]:
            return [(words_of(one["attachments"][0]["content"]), bool(one.get("thread"))) for one in teams.messages(CHANNEL)]

        path = await prepared(office)
        await office.passes(datetime(2026, 6, 2, 3, tzinfo=UTC), poll=True)
        ((alert, _),) = told()
        assert "Comments close 15 Jul 2026 (in 43 days)" in alert
        await office.passes(datetime(2026, 7, 7, 23, 59, tzinfo=UTC))
        assert len(told()) == 1
        await office.passes(datetime(2026, 7, 8, 0, 0, tzinfo=UTC))
        reminder, in_thread = told()[1]
        assert "In 7 days: Comments close 15 Jul 2026" in reminder
        assert not in_thread
        await office.passes(datetime(2026, 7, 9, 3, tzinfo=UTC), poll=True)
        change, in_thread = told()[2]
        assert "Deadline changed: Comments close 15 Jul 2026 → 29 Jul 2026" in change
        assert in_thread
        assert "Comments close 29 Jul 2026 (in 20 days)" in told()[0][0]
        (moved,) = await office.calendar(path)
        assert (moved["sequence"], moved.decoded("dtstart")) == (1, date(2026, 7, 29))
        await connector.close()


async def test_the_record_says_of_what_the_place_was_reminded(store: Store, slack: LoopbackSlack) -> None:
    office = Office(store, slack, place("C1", platform="slack", workspace="T1"))
    await prepared(office)
    await office.passes(datetime(2026, 6, 2, 3, tzinfo=UTC), poll=True)
    await office.passes(datetime(2026, 7, 8, 0, 0, tzinfo=UTC))
    await office.passes(datetime(2026, 7, 8, 5, 0, tzinfo=UTC))
    async with store.read() as tx:
        number, _ = await record.head(tx, "T1")
        kept = [json.loads(row.content) async for row in record.rows(tx, "T1", 1, number)]
        assert await record.check(tx, "T1") == []
    (reminder,) = [one for one in kept if one["what"] == "reminder"]
    assert (reminder["place"], reminder["by_name"], reminder["at"]) == ("slack:T1:C1", "Regwatch", "2026-07-08T00:00:00+00:00")
    assert reminder["after"] == {"kind": "comments_due", "day": "2026-07-15", "days_before": 7}
    assert reminder["name"].startswith("Consultation on trial sites")


async def test_the_same_on_the_console(store: Store, slack: LoopbackSlack) -> None:
    office = Office(store, slack, place("desk"))
    await prepared(office)
    await office.passes(datetime(2026, 6, 2, 3, tzinfo=UTC), poll=True)
    await office.passes(datetime(2026, 7, 8, 0, 0, tzinfo=UTC))
    await office.passes(datetime(2026, 7, 9, 3, tzinfo=UTC), poll=True)
    shown = " ".join(office.screen.getvalue().split())
    order = ["Comments close 15 Jul 2026 (in 43 days)", "In 7 days: Comments close 15 Jul 2026", "Comments close 15 Jul 2026 → 29 Jul 2026"]
    assert sorted(order, key=shown.index) == order
    async with store.read() as tx:
        assert [one.day for one in await deadlines.between(tx, date(2026, 7, 1), date(2026, 7, 31))] == [date(2026, 7, 29)]
    said = " ".join((await office.says("why " + re.findall(r"[0-9a-f]{8}", await office.says("deadlines"))[0])).split())
    assert "Read: type consultation (Consultation on); status draft (Consultation on)" in said
