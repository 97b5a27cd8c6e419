"""The database is lost and an older copy put in its place: nothing that was told is told again, and nothing is missed."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from bot.deliver.slack import SlackSender
from bot.sources.catalogue import Catalogue
from bot.store import copies, places, watchlists
from bot.store.database import Store
from schedules.deliver import Delivering
from schedules.digest import Closing
from schedules.poll import Polling
from schedules.upkeep import Upkeep
from tests.builders import place, subscription, watchlist
from tests.fakes import Clock, FakeDoor, rss
from tests.loopback_slack import LoopbackSlack
from tests.test_schedules_stories import source

KNOWN = Catalogue({"a": source("a")}, {})
HERE = place("C1", platform="slack", workspace="T1")


class Scene:
    """A bot on a file, a source that shows more and more, and a Slack that remembers what it was given."""

    def __init__(self, database: str, slack: LoopbackSlack, clock: Clock) -> None:
        self.database, self.slack, self.clock = database, slack, clock
        self.titles = ["0=Old"]

    async def begin(self, frequency: str) -> None:
        store, what = await Store.open(self.database), watchlist("recall", name="Recalls", workspace="T1")
        async with store.write() as tx:
            await places.ensure(tx, HERE)
            await watchlists.add(tx, what)
            await places.subscribe(tx, subscription(what, HERE, frequency=frequency))
        await store.close()
        await self.run()

    async def run(self, *titles: str, hours: float = 7, send: bool = True) -> None:
        """A bot runs for a while on whatever the database is now; the source shows these too."""
        self.titles += titles
        store = await Store.open(self.database)
        senders = {"slack": SlackSender(self.slack.bot_token, api_url=self.slack.api_url)}
        delivering = Delivering(store, senders, KNOWN, self.clock, lambda: 0.5, self.clock.sleep)
        upkeep = Upkeep(store, senders, self.clock, lambda: 0.5)
        await Polling(store, FakeDoor(a=rss(*self.titles)), KNOWN).due(self.clock())
        await Closing(store, self.clock).close()
        for _ in range(6 if send else 0):
            await upkeep.recover()
            await delivering.drain()
            self.clock.forward(seconds=30)
        await store.close()
        self.clock.forward(hours=hours)

    def told(self) -> list[str]:
        """How often each recall stands in the channel."""
        said = " ".join(message["text"] for message in self.slack.messages())
        return [name for name in ("recall one", "recall two", "recall three", "recall four") for _ in range(said.count(name))]


ALL = ["recall one", "recall two", "recall three", "recall four"]


@pytest.fixture
def clock(now: datetime) -> Clock:
    return Clock(now)


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_alerts_sent_after_the_copy_are_not_sent_again_and_new_ones_are(database: str, tmp_path: Path, clock: Clock) -> None:
    async with LoopbackSlack(clock=lambda: clock().timestamp()) as slack:
        scene = Scene(database, slack, clock)
        await scene.begin("now")
        await scene.run("1=A recall one")
        await scene.run("2=A recall two", send=False)
        await copies.backup(database, tmp_path / "copy.db")
        await scene.run("3=A recall three")
        assert scene.told() == ALL[:3]
        looked_for, kept = await copies.restore(database, tmp_path / "copy.db", clock())
        assert (looked_for, kept is not None) == (1, True)
        await scene.run("4=A recall four")
        await scene.run()
        assert scene.told() == ALL
        assert "may have" not in json.dumps(slack.messages())


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_without_the_history_scope_what_may_be_told_already_says_so(database: str, tmp_path: Path, clock: Clock) -> None:
    async with LoopbackSlack(clock=lambda: clock().timestamp()) as slack:
        slack.scopes -= {"channels:history"}
        scene = Scene(database, slack, clock)
        await scene.begin("now")
        await copies.backup(database, tmp_path / "copy.db")
        await scene.run("1=A recall one")
        await copies.restore(database, tmp_path / "copy.db", clock())
        await scene.run("2=A recall two")
        await scene.run("3=A recall three")
        assert sorted(scene.told()) == sorted(["recall one", *ALL[:3]])
        marked = [message["text"] for message in slack.messages() if "may have" in json.dumps(message["blocks"])]
        assert [name for name in ALL for one in marked if name in one] == ["recall one", "recall two"]


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_a_digest_that_went_out_after_the_copy_is_not_sent_again(database: str, tmp_path: Path, clock: Clock) -> None:
    async with LoopbackSlack(clock=lambda: clock().timestamp()) as slack:
        scene = Scene(database, slack, clock)
        await scene.begin("daily")
        await scene.run("1=A recall one")
        await copies.backup(database, tmp_path / "copy.db")
        clock.forward(days=1)
        await scene.run(hours=1)
        assert len(slack.messages()) == 1
        await copies.restore(database, tmp_path / "copy.db", clock())
        await scene.run(hours=1)
        assert len(slack.messages()) == 1
