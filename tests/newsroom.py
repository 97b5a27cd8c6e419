"""Sources that bring new items when a test says so, and channels of Slack and Teams that are owed an alert for each of them."""

import re
import textwrap
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from bot.model import Place, Subscription, Watchlist
from bot.store import migrate, places, tables, watchlists
from bot.store.database import Store
from tests.bot_process import environment, regwatch
from tests.builders import place, subscription, watchlist
from tests.fakes import rss
from tests.loopback_slack import LoopbackSlack
from tests.loopback_teams import LoopbackTeams
from tests.sequence_server import Recorded, SequenceServer

MARK = "You may have this already"
TENANT = "5b7d2f6e-0c1a-4f7e-9a37-2f6f5f0b1c11"
_TITLE = re.compile(r"recall \d+ of \w+")
_COUNTED = re.compile(r"(?:Many at once|Digest): (\d+) items?")
# A feed shows its newest items only, as real ones do; more than any test publishes between two polls.
SHOWN = 60


class Newsroom:
    """Feeds on a SequenceServer, channels subscribed to all they bring, and what became of it.

    The channels are all those of `slack` and the `conversations` of `teams`. They get alerts at once, or one digest when each
    of `windows` ends, which are moments within the next day.
    """

    def __init__(
        self,
        folder: Path,
        slack: LoopbackSlack,
        server: SequenceServer,
        database: str = "",
        *,
        teams: LoopbackTeams | None = None,
        conversations: Sequence[str] = (),
        windows: Sequence[datetime] = (),
    ) -> None:
        self.folder, self.slack, self.server, self.teams, self.windows = folder, slack, server, teams, windows
        self.database = database or f"sqlite:///{folder}/regwatch.db"
        self.published: dict[str, list[str]] = {name: [] for name in server.sequences}
        self.places = [place(one, platform="slack", workspace="T1") for one in slack.channels]
        self.places += [place(one, platform="teams", workspace=TENANT) for one in conversations]
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
        if self.teams is not None:
            given |= {"TEAMS_ANONYMOUS": "1", "TEAMS_SERVICE_URL": self.teams.service_url}
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

    def alerts(self, where: Place) -> list[dict[str, Any]]:
        """The messages of the place that tell of items, alone or as a digest, oldest first."""
        found = (
            self.slack.messages(where.channel) if where.platform == "slack" or self.teams is None else self.teams.messages(where.channel)
        )
        return [one for one in found if titles(one)]

    def arrived(self, where: Place) -> Counter[str]:
        """How often each title stands in the place."""
        return Counter(title for one in self.alerts(where) for title in titles(one))

    def lost(self) -> list[tuple[str, str]]:
        return [(where.id, title) for where in self.places for title in self.expected() - set(self.arrived(where))]

    def doubled(self) -> list[tuple[str, str]]:
        """Every message too many, by place and title."""
        return [(where.id, title) for where in self.places for title in (self.arrived(where) - Counter(self.expected())).elements()]

    def unmarked(self) -> list[str]:
        """Titles that stand in a place more than once without the later messages saying so."""
        found = []
        for where in self.places:
            seen: set[str] = set()
            for one in self.alerts(where):
                found += [title for title in titles(one) if title in seen and MARK not in str(one)]
                seen |= set(titles(one))
        return found

    def disordered(self) -> list[tuple[str, list[str]]]:
        """Feeds whose alerts do not stand in their order in a place."""
        found = []
        for where in self.places:
            shown = [title for one in self.alerts(where) for title in titles(one)]
            for name, published in self.published.items():
                mine = [one for one in shown if one in published]
                found += [(f"{where.id}: {name}", mine)] if mine != sorted(mine, key=published.index) else []
        return found

    async def states(self, *, alerts: bool = True) -> dict[str, int]:
        """How many alerts there are in each state; or of everything else that was owed: digests and notices."""
        ours = tables.outbox.c.item.is_not(None) if alerts else tables.outbox.c.item.is_(None)
        store = await Store.open(self.database)
        try:
            async with store.read() as tx:
                wanted = select(tables.outbox.c.state, func.count()).where(ours).group_by(tables.outbox.c.state)
                return dict((await tx.execute(wanted)).all())
        finally:
            await store.close()

    async def _subscribe(self) -> None:
        store = await Store.open(self.database)
        try:
            async with store.write() as tx:
                for where in self.places:
                    await places.ensure(tx, where)
                for workspace in sorted({one.workspace for one in self.places}):
                    for number, moment in enumerate(self.windows or [None]):
                        recalls = watchlist("recall", workspace=workspace, name=f"R{number}")
                        await watchlists.add(tx, recalls)
                        for where in self.places:
                            if where.workspace == workspace:
                                await places.subscribe(tx, _wish(recalls, where, moment))
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


def titles(message: dict[str, Any]) -> list[str]:
    """The titles a message tells of, as `publish` made them, each once; of a digest they must be all that it counts."""
    text = str(message.get("text") or message.get("summary"))
    found = list(dict.fromkeys(_TITLE.findall(text)))
    counted = _COUNTED.match(text)
    assert counted is None or int(counted[1]) == len(found), text
    return found


def _wish(wanted: Watchlist, where: Place, moment: datetime | None) -> Subscription:
    """Owned by U1: at once, or each day at that moment of UTC."""
    how = {} if moment is None else {"frequency": "daily", "at": moment.astimezone(UTC).time()}
    return subscription(wanted, where, created_by="slack:T1:U1", **how)
