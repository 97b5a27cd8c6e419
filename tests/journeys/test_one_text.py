"""One text, walked through on Slack over both its doors, on Teams and in a terminal: the same words do the same everywhere.

What differs between the platforms stands in docs/teams.md.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from bot.store.database import Store
from schedules.deliver import Delivering
from schedules.poll import Polling
from tests.fakes import FakeDoor, rss
from tests.platforms import NAMES, Shown, There, on
from tests.slack_conversation import clock
from tests.test_handlers_commands import catalogue, source

KNOWN = catalogue(source("mfds", language="ko", interval=timedelta(minutes=1)))
FIRST = "1=의약품 안전성 서한"
NEWS = "2=분산형 임상시험 가이드라인(안) 의견조회"


@pytest.fixture
def dialect() -> str:
    """What is kept is the same on both databases: one kind of them will do."""
    return "sqlite"


@dataclass
class Scene:
    """Somebody in a channel, and the bot that reads a source for them."""

    there: There
    polling: Polling
    delivering: Delivering

    async def says(self, words: str, *expected: str) -> Shown:
        """They write this; the answer has these words. `/reg ` in what is expected stands for what one types before a command."""
        return self._has(await self.there.says(words), expected)

    async def presses(self, shown: Shown, label: str, *expected: str) -> Shown:
        return self._has(await self.there.presses(shown, label), expected)

    async def reads(self, *expected: str) -> Shown:
        """Everybody in the channel reads this."""
        return self._has(await self.there.posted(expected[0]), expected)

    async def polled(self) -> None:
        """The source is read and what it brought is delivered."""
        await self.polling.ask_for(list(KNOWN.sources), clock())
        await self.polling.due(clock())
        await self.delivering.drain()

    def _has(self, shown: Shown, expected: tuple[str, ...]) -> Shown:
        for one in expected:
            assert one.replace("/reg ", self.there.prefix) in shown.text, shown.text
        return shown


@pytest.fixture(params=NAMES)
async def scene(store: Store, request: pytest.FixtureRequest) -> AsyncIterator[Scene]:
    async with on(request.param, store, KNOWN) as there:
        door = FakeDoor(feed=[rss(FIRST), rss(FIRST, NEWS)])
        delivering = Delivering(store, {there.place.split(":")[0]: there.sender}, KNOWN, clock, lambda: 0.5)
        yield Scene(there, Polling(store, door, KNOWN), delivering)


async def test_from_the_first_word_to_an_alert_that_is_decided(scene: Scene) -> None:
    await scene.says("help", "/reg watch add", "/reg subscribe")
    await scene.says("serch recall", "Did you mean: search recall")
    await scene.polled()
    added = await scene.says("watch add “decentralized trials” as DCT", "Watchlist DCT is saved", "분산형")
    await scene.reads('@ana added the watchlist DCT: "decentralized trials"')
    await scene.presses(added, "Subscribe this channel", "DCT – now")
    await scene.reads("@ana subscribed this channel to DCT.")
    await scene.says("subscriptions", "DCT – now")
    await scene.polled()
    alert = await scene.reads("분산형 임상시험 가이드라인(안) 의견조회", "decentralized clinical trial", "DCT")
    await scene.presses(alert, "Relevant", "Status: Relevant")
    await scene.reads("@ana: Relevant – 분산형 임상시험 가이드라인(안) 의견조회")
    await scene.says("assign https://example.org/2 me", "owner ana")
    await scene.says("triage mine", "분산형 임상시험", "Relevant")
    await scene.says("note https://example.org/2 legal has seen it", "legal has seen it")
    await scene.says("status https://example.org/2 not relevant because it is about food", "Not relevant: it is about food")
    await scene.presses(alert, "More", "1 version")
    await scene.says("why https://example.org/2", "For DCT", "Delivered: the alert to")
    await scene.delivering.drain()
    if scene.there.keeps_up_to_date:
        await scene.reads("Status: Not relevant: it is about food · owner ana", "분산형 임상시험 가이드라인(안) 의견조회", "DCT")


async def test_looking_things_up(scene: Scene) -> None:
    await scene.polled()
    searched = await scene.says("search safety letter OR 안전성", "1 item for")
    await scene.presses(searched, "Share to channel", "Shared with this channel")
    await scene.reads("@ana searched for", "의약품 안전성 서한")
    await scene.says("latest korea", "의약품 안전성 서한")
    await scene.says("sources korea", "News mfds")
    await scene.says("health", "ok")
    await scene.says("deadlines")
    await scene.says("debug")
    await scene.says("search recall (device", "^")


async def test_changing_what_a_channel_receives(scene: Scene) -> None:
    await scene.says("watch add recall as Recalls", "Watchlist Recalls is saved")
    await scene.says("subscribe Recalls daily at 09:00", "Recalls – daily 09:00")
    await scene.says("settings timezone Asia/Seoul", "Asia/Seoul")
    await scene.says("settings quiet 22:00-08:00", "22:00")
    await scene.says("watch edit Recalls recall OR withdrawal", "Before, it found: recall")
    await scene.says("watch pause Recalls", "matches nothing for now")
    await scene.says("watch resume Recalls", "is resumed")
    await scene.says("watch rename Recalls as Alarms", "is now called Alarms")
    await scene.says("remind 7,1 at 08:30", "7")
    await scene.says("proof", "Alarms")
    await scene.says("admin operations here")
    asked = await scene.says("watch remove Alarms", "delivered to")
    await scene.presses(asked, "Remove it", "is removed")
    await scene.reads("@ana removed the watchlist Alarms.")
    await scene.says("watch list", "no watchlists yet")
    await scene.says("unsubscribe Alarms", "no watchlist")
