"""A later step of a document – its final form, a correction – is told where its earlier step was alerted, and shown by it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from bot.deliver.slack import SlackSender
from bot.model import Place
from bot.store.database import Store
from handlers.reply import Context
from schedules.deliver import Delivering
from schedules.poll import Polling
from tests.builders import place
from tests.fakes import Clock, FakeDoor, rss
from tests.loopback_slack import LoopbackSlack
from tests.test_handlers_commands import Talk, catalogue, source

KNOWN = catalogue(source("a"), source("b", jurisdiction="EU", url="https://example.org/other"))
DRAFT = "1=MDCG 2026-6 on clinical studies, draft guideline"
FINAL = "2=MDCG 2026-6 on studies of devices, guideline"
OTHER = "3=MDCG 2025-6 on studies of devices, guideline"
FIRST = datetime(2026, 6, 1, 3, tzinfo=UTC)


class Office:
    """The bot with its polling and delivery, by a clock that the test moves, and a channel that watches guidelines."""

    def __init__(self, store: Store, slack: LoopbackSlack, where: Place, door: FakeDoor) -> None:
        self.clock = Clock(FIRST)
        self.slack = slack
        self.talk = Talk(Context(store=store, catalogue=KNOWN), FIRST, place=where)
        self.polling = Polling(store, door, KNOWN)
        senders = {"slack": SlackSender(slack.bot_token, api_url=slack.api_url)}
        self.delivering = Delivering(store, senders, KNOWN, self.clock, lambda: 0.5, sleep=self.clock.sleep)  # type: ignore[arg-type]

    async def says(self, *words: str) -> str:
        self.talk.now = self.clock()
        return [await self.talk.says(one) for one in words][-1]

    async def polls(self, day: int) -> None:
        """It is that day; the sources are read and what is owed is sent."""
        self.clock.time = FIRST + timedelta(days=day)
        await self.polling.due(self.clock())
        await self.delivering.drain()

    def told(self) -> list[tuple[str, bool]]:
        """The messages in the channel, each with whether it stands in a thread."""
        return [(one["text"], "thread_ts" in one) for one in self.slack.messages() if "metadata" in one]


@pytest.fixture
async def slack() -> AsyncIterator[LoopbackSlack]:
    async with LoopbackSlack() as running:
        yield running


async def watching(store: Store, slack: LoopbackSlack, *polls: list[str], of_b: list[str] | None = None) -> Office:
    """An office whose channel was alerted of what its second poll brought."""
    door = FakeDoor(feed=[rss("Old"), *(rss("Old", *titles) for titles in polls)], other=[rss("Old"), rss("Old", *(of_b or []))])
    office = Office(store, slack, place("C1", platform="slack", workspace="T1"), door)
    await office.polls(0)
    await office.says("watch add draft as Drafts yes", "subscribe Drafts")
    await office.polls(1)
    return office


async def test_the_final_form_is_told_in_the_thread_of_the_draft_and_shown_by_its_alert(store: Store, slack: LoopbackSlack) -> None:
    office = await watching(store, slack, [DRAFT], [DRAFT, FINAL, OTHER])
    assert [in_thread for _, in_thread in office.told()] == [False]
    await office.polls(2)
    (alert, _), (step, in_thread) = office.told()
    assert in_thread
    assert "Final of the draft of 2 Jun 2026" in step
    assert "MDCG 2026-6 on studies of devices, guideline" in step
    assert "Why we believe so: both bear the number MDCG 2026-6." in step
    assert "Final of the draft of 2 Jun 2026: “MDCG 2026-6 on studies of devices, guideline”" in alert
    await office.polls(3)
    assert len(office.told()) == 2


async def test_item_and_why_say_which_steps_there_are_and_why_we_believe_so(store: Store, slack: LoopbackSlack) -> None:
    office = await watching(store, slack, [DRAFT], [DRAFT, FINAL, OTHER])
    await office.polls(2)
    shown = await office.says("item https://example.org/2")
    assert "Another step of it: draft, 2 Jun 2026 – MDCG 2026-6 on clinical studies, draft guideline" in shown
    assert "(both bear the number MDCG 2026-6)" in shown
    why = await office.says("why https://example.org/1")
    assert (
        "Document: Final of the draft of 2 Jun 2026: MDCG 2026-6 on studies of devices, guideline (both bear the number MDCG 2026-6)" in why
    )
    assert "Another step" not in await office.says("item https://example.org/3")
    assert "Document:" not in await office.says("why https://example.org/3")


async def test_another_number_another_authority_and_a_muted_source_are_not_told(store: Store, slack: LoopbackSlack) -> None:
    office = await watching(store, slack, [DRAFT], [DRAFT, OTHER], [DRAFT, OTHER, FINAL], of_b=[FINAL])
    await office.polls(2)
    assert len(office.told()) == 1
    await office.says("mute https://example.org/1")
    await office.polls(3)
    assert len(office.told()) == 1


async def test_a_place_that_speaks_korean_is_told_in_korean(store: Store, slack: LoopbackSlack) -> None:
    office = await watching(store, slack, [DRAFT], [DRAFT, FINAL])
    await office.says("settings language ko")
    await office.polls(2)
    (step, _) = office.told()[1]
    assert "최종본" in step
    assert "MDCG 2026-6" in step
