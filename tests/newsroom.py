"""Sources that bring new items when a test says so, and Slack channels that are owed an alert for each of them."""

import textwrap
from collections import Counter
from itertools import count
from pathlib import Path
from typing import Any

from bot.store import migrate, outbox, places, watchlists
from bot.store.database import Store
from tests.bot_process import environment, regwatch
from tests.builders import place, subscription, watchlist
from tests.fakes import rss
from tests.loopback_slack import LoopbackSlack
from tests.sequence_server import Recorded, SequenceServer

MARK = "You may have this already"
# A feed shows its newest items only, as real ones do; more than any test publishes between two polls.
SHOWN = 60


class Newsroom:
    """Feeds on a SequenceServer, Slack channels subscribed to all they bring, and what became of it."""

    def __init__(self, folder: Path, slack: LoopbackSlack, server: SequenceServer, database: str = "") -> None:
        self.folder, self.slack, self.server = folder, slack, server
        self.database = database or f"sqlite:///{folder}/regwatch.db"
        self.published: dict[str, list[str]] = {name: [] for name in server.sequences}
        self._numbers = count(1)

    def env(self, **more: str) -> dict[str, str]:
        """What a bot needs to know to run here."""
        given = {
            "DATABASE_URL": self.database,
            "CATALOGUE_DIR": str(self.folder / "catalogue"),
            "CATALOGUE_ONLY": "1",
            "FETCH_ALLOW": self.server.address,
            "SLACK_BOT_TOKEN": self.slack.bot_token,
            "SLACK_APP_TOKEN": self.slack.app_token,
            "SLACK_API_URL": self.slack.api_url,
        }
        return environment(self.folder, **(given | more))

    async def open(self) -> None:
        """Every channel is subscribed, and every feed was polled for the first time."""
        self._write_catalogue()
        self.server.waits = False
        await migrate.upgrade(self.database)
        await self._subscribe()
        code, out, error = await regwatch(self.env(), "poll", "--once")
        assert code == 0, out + error

    def publish(self, feed: str, items: int = 1) -> None:
        """The feed shows so many items more from now on."""
        self.published[feed] += [f"recall {next(self._numbers)} of {feed}" for _ in range(items)]
        self.server.sequences[feed] = [Recorded(rss("The first of all", *self.published[feed][-SHOWN:]).body)]

    def expected(self) -> set[str]:
        return {title for titles in self.published.values() for title in titles}

    def arrived(self, channel: str) -> Counter[str]:
        """How often each title stands in the channel."""
        return Counter(_title(one) for one in self.slack.messages(channel) if "metadata" in one)

    def lost(self) -> list[tuple[str, str]]:
        return [(channel, title) for channel in self.slack.channels for title in self.expected() - set(self.arrived(channel))]

    def doubled(self) -> list[tuple[str, str]]:
        """Every message too many, by channel and title."""
        return [
            (channel, title) for channel in self.slack.channels for title in (self.arrived(channel) - Counter(self.expected())).elements()
        ]

    def unmarked(self) -> list[str]:
        """Titles that stand in a channel more than once without the later ones saying so."""
        found = []
        for channel in self.slack.channels:
            seen: set[str] = set()
            for one in self.slack.messages(channel):
                if "metadata" in one:
                    found += [_title(one)] if _title(one) in seen and MARK not in str(one) else []
                    seen.add(_title(one))
        return found

    def disordered(self) -> list[tuple[str, list[str]]]:
        """Feeds whose alerts do not stand in their order in a channel."""
        found = []
        for channel in self.slack.channels:
            titles = [_title(one) for one in self.slack.messages(channel) if "metadata" in one]
            for name, published in self.published.items():
                mine = [one for one in titles if one in published]
                found += [(f"{channel}: {name}", mine)] if mine != sorted(mine, key=published.index) else []
        return found

    async def states(self) -> dict[str, int]:
        """How many deliveries there are in each state."""
        store = await Store.open(self.database)
        try:
            async with store.read() as tx:
                return await outbox.counts(tx)
        finally:
            await store.close()

    async def _subscribe(self) -> None:
        store, recalls = await Store.open(self.database), watchlist("recall", workspace="T1", name="Recalls")
        try:
            async with store.write() as tx:
                await watchlists.add(tx, recalls)
                for channel in self.slack.channels:
                    where = place(channel, platform="slack", workspace="T1")
                    await places.ensure(tx, where)
                    await places.subscribe(tx, subscription(recalls, where))
        finally:
            await store.close()

    def _write_catalogue(self) -> None:
        folder = self.folder / "catalogue"
        folder.mkdir()
        for name in self.server.sequences:
            text = f"""\
                [authority]
                id = "{name}"
                name = "{name}"
                jurisdiction = "KR"

                [[source]]
                id = "{name}"
                name = "{name}"
                language = "en"
                tier = "official"
                kind = "feed"
                url = "http://{self.server.address}/{name}"
                interval = "1s"
                """
            (folder / f"{name}.toml").write_text(textwrap.dedent(text), encoding="utf-8")


def feeds(*names: str) -> dict[str, list[Recorded]]:
    """Feeds that show one old item."""
    return {name: [Recorded(rss("The first of all").body)] for name in names}


def _title(message: dict[str, Any]) -> str:
    """The title an alert is about, as `publish` made it."""
    text = str(message["text"])
    start = text.index("recall ")
    return " ".join(text[start:].split()[:4]).strip(".,;:|·")
