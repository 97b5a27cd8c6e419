"""Installed, spoken to, installed again and uninstalled in an emulator of Slack that others wrote, npm `emulate`.

Where it does otherwise than Slack, as of 0.12.2, the test plays Slack's part or looks away:

- It knows no revocation (auth.revoke, apps.uninstall are answered 404) and sends no app_uninstalled or tokens_revoked: the test does.
  A token of before is therefore still good there, and the one of a second installation is always another.
- It sends no slash commands and no buttons and has no response_url: the test signs commands, and a loopback hears the private answers.
- One workspace, no organisations, no tokens that end; nobody can decline on its page.
- To a token it does not know it answers `not_authed`, Slack `invalid_auth`; both mean the same to us.
- In a public channel it takes messages of who is not a member; Slack says `not_in_channel`. It does say so of a private one.
- It answers users.info and conversations.history by POST alone, and Slack's library asks them by GET: bot/slack_client.py.
- A history does not stop at `oldest`, and holds the metadata of messages without being asked.
"""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from bot.cards.card import notice
from bot.deliver.outbox import Gone, Sent
from bot.deliver.slack import SlackSender
from bot.model import Place
from bot.sealing import Seal
from bot.slack_installs import Installs, OneTimeStates, rotator
from bot.sources.catalogue import Catalogue
from bot.store import installations, items, outbox, places
from bot.store.database import Store
from handlers.reply import Context
from handlers.slack import SlackApp
from handlers.slack_installing import Installing
from handlers.web import WebServer, web_app
from schedules.deliver import Delivering
from tests import builders
from tests.loopback_slack import LoopbackSlack
from tests.playground import free_port
from tests.slack_doors import HttpDoor
from tests.slack_emulator import ANA, CLIENT, SECRET, Emulator, emulator

Json = dict[str, Any]
CARD = notice("Something was published.")


@dataclass
class Scene:
    """A bot that anybody in the emulator installs; `ears` hears its private answers."""

    slack: Emulator
    ears: LoopbackSlack
    address: str
    store: Store
    installs: Installs

    async def page(self, url: str, cookie: str = "") -> tuple[int, str, str]:
        headers = {"Cookie": cookie} if cookie else {}
        async with self.slack.session.get(url, headers=headers, allow_redirects=False) as answer:
            return answer.status, await answer.text(), answer.headers.get("Set-Cookie", "").partition(";")[0]

    async def agreed(self, name: str = "ana") -> tuple[str, str]:
        """Somebody began an installation and agreed in Slack: the address they are sent on to, and their cookie."""
        _, page, cookie = await self.page(f"{self.address}/slack/install")
        return await self.slack.says_yes(unescape(page.split('class="button" href="')[1].split('"')[0]), name), cookie

    async def install(self) -> str:
        """The workspace whose page says that the bot is installed there."""
        status, page, _ = await self.page(*await self.agreed())
        assert (status, "Regwatch is installed in Emulated" in page) == (200, True), page
        async with self.store.read() as tx:
            (kept,) = await installations.all(tx)
        return kept.id

    @property
    def door(self) -> HttpDoor:
        return HttpDoor(self.ears, f"{self.address}/slack/events")

    async def types(self, words: str, name: str, place: Place) -> str:
        """Somebody's slash command in a channel; what only they see of the answer."""
        seen, user = len(self.ears.responses), (await self.slack.ids())[name]
        answer = await self.door.command(words, user=user, user_name=name, channel=place.channel, team_id=place.workspace)
        assert answer.status == 200
        await self.ears.until(lambda: len(self.ears.responses) > seen)
        return str(self.ears.responses[-1]["text"])

    async def hears(self, team: str, **event: Any) -> None:
        body = {
            "type": "event_callback",
            "team_id": team,
            "event_id": f"Ev{time.monotonic_ns()}",
            "event_time": int(time.time()),
            "event": event,
            "authorizations": [{"enterprise_id": None, "team_id": team, "is_enterprise_install": False}],
        }
        assert (await self.door.post(json.dumps(body), content_type="application/json")).status == 200

    def sender(self) -> SlackSender:
        return SlackSender(self.installs.token, api_url=self.slack.api_url)

    async def asleep(self, place: Place) -> str:
        async with self.store.read() as tx:
            return (await places.at_place(tx, place.id))[0].suspended

    async def reads(self, words: str, place: Place) -> Json:
        """The message with these words, once it stands in the channel."""

        async def found() -> Json | None:
            return next((one for one in await self.slack.messages(place.channel) if words in json.dumps(one, ensure_ascii=False)), None)

        message: Json = await soon(found)
        return message


async def soon(found: Callable[[], Awaitable[Any]], seconds: float = 20.0) -> Any:
    """What `found` gives, once it gives anything."""
    async with asyncio.timeout(seconds):
        while not (got := await found()):  # noqa: ASYNC110 - another process has it
            await asyncio.sleep(0.05)
    return got


def clock() -> datetime:
    return datetime.now(UTC)


@pytest.fixture(params=["sqlite"])
def dialect(request: pytest.FixtureRequest) -> str:
    """One database is enough to speak to an emulator; tests/journeys/test_slack_installing.py takes both."""
    chosen: str = request.param
    return chosen


@pytest.fixture
async def scene(store: Store, tmp_path: Path) -> AsyncIterator[Scene]:
    ours = free_port()
    address = f"http://127.0.0.1:{ours}"
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(emulator(free_port(), f"{address}/slack/oauth_redirect", tmp_path))
        ears = await stack.enter_async_context(LoopbackSlack())
        installs = Installs(store, Seal.of("a key that is long enough"), clock, rotator(CLIENT, SECRET, slack.api_url))
        context = Context(store=store, catalogue=Catalogue({}, {}))
        app = SlackApp(context, clock, api_url=slack.api_url, signing_secret=ears.signing_secret, installs=installs)
        states = OneTimeStates(store, clock)
        pages = Installing(installs, states, context, client_id=CLIENT, client_secret=SECRET, api_url=slack.api_url)
        server = WebServer(web_app(store, app.endpoint, installing=pages), "127.0.0.1", ours)
        await app.start()
        stack.push_async_callback(app.stop)
        await server.start()
        stack.push_async_callback(server.stop)
        yield Scene(slack, ears, address, store, installs)


async def place_of(scene: Scene, team: str, name: str = "general") -> Place:
    channel = (await scene.slack.ids())[name]
    return Place(id=f"slack:{team}:{channel}", platform="slack", workspace=team, channel=channel)


async def test_it_is_installed_posts_is_installed_again_and_uninstalled(scene: Scene) -> None:
    team = await scene.install()
    place = await place_of(scene, team)
    assert "Watchlist Recalls is saved" in await scene.types("watch add recall as Recalls", "ana", place)
    assert "now receives Recalls" in await scene.types("subscribe Recalls", "ana", place)
    first = await scene.installs.token(team)
    assert first is not None
    assert (await scene.slack.calls("auth.test", first))["team_id"] == team
    assert isinstance(await scene.sender().send(place, CARD, "d1"), Sent)
    bot = (await scene.slack.calls("auth.test", first))["user_id"]
    assert (await scene.reads("Something was published.", place))["user"] == bot

    assert await scene.install() == team
    second = await scene.installs.token(team)
    assert second not in (None, "", first)
    assert isinstance(await scene.sender().send(place, CARD, "d2"), Sent)
    assert await scene.asleep(place) == ""

    await scene.hears(team, type="tokens_revoked", tokens={"oauth": [], "bot": [bot]})
    await scene.hears(team, type="app_uninstalled")

    async def suspended() -> bool:
        return await scene.asleep(place) != ""

    await soon(suspended)
    assert await scene.installs.token(team) is None
    assert await scene.sender().send(place, CARD, "d3") == Gone(code="app_not_installed")
    for method in ("auth.revoke", "apps.uninstall"):
        assert await scene.slack.status(method, second or "") == 404, "the emulator has learnt it: let it play its part"
    assert "not installed in this workspace any more" in await scene.types("subscriptions", "ana", place)

    assert await scene.install() == team
    assert await scene.asleep(place) == ""
    assert "Recalls" in await scene.types("subscriptions", "ana", place)
    assert isinstance(await scene.sender().send(place, CARD, "d4"), Sent)


async def test_a_state_is_good_once_and_a_changed_one_or_another_browsers_never(scene: Scene) -> None:
    where, cookie = await scene.agreed()
    assert (await scene.page(where.replace("state=", "state=x"), cookie))[0] == 400
    assert (await scene.page(where))[0] == 400
    assert (await scene.page(where, cookie))[0] == 200
    token = await _token(scene)
    status, page, _ = await scene.page(where, cookie)
    assert (status, "used already" in page) == (401, True)
    fresh, cookie = await scene.agreed()
    replayed = re.sub(r"state=[\w-]+", re.findall(r"state=[\w-]+", where)[0], fresh)
    assert (await scene.page(replayed, cookie))[0] == 400
    assert await _token(scene) == token


async def _token(scene: Scene) -> str | None:
    async with scene.store.read() as tx:
        (kept,) = await installations.all(tx)
    return await scene.installs.token(kept.id)


@pytest.mark.parametrize("wrong", ["unknown", "used"])
async def test_a_code_that_slack_does_not_take_installs_nothing(scene: Scene, wrong: str) -> None:
    where, cookie = await scene.agreed()
    code = re.findall(r"code=(\w+)", where)[0]
    if wrong == "used":
        spent = {"client_id": CLIENT, "client_secret": SECRET, "code": code}
        assert (await scene.slack.calls("oauth.v2.access", "", **spent))["ok"]
    status, page, _ = await scene.page(where if wrong == "used" else where.replace(code, "unknown"), cookie)
    assert (status, "Slack did not accept the installation" in page) == (401, True)
    async with scene.store.read() as tx:
        assert await installations.all(tx) == []


async def test_what_it_may_do_is_enough_to_search_post_find_its_post_and_know_people(scene: Scene) -> None:
    team = await scene.install()
    place, ana = await place_of(scene, team, "closed"), (await scene.slack.ids())["ana"]
    assert await scene.sender().send(place, CARD, "d0") == Gone(code="not_in_channel")
    bot = (await scene.slack.calls("auth.test", await _token(scene) or ""))["user_id"]
    assert (await scene.slack.calls("conversations.invite", ANA, channel=place.channel, users=bot))["ok"]

    old, new = builders.item("Recall of a stent", detected=clock()), builders.item("Recall of a pump", detected=clock())
    async with scene.store.write() as tx:
        await items.add(tx, old, "print of a stent", link=old.url or "", why="new")
    assert "1 item for recall" in await scene.types("search recall", "cleo", place)
    await scene.types("watch add recall as Recalls", "cleo", place)
    await scene.types("subscribe Recalls", "cleo", place)
    await scene.reads("cleo subscribed this channel to Recalls", place)
    assert "Only an admin may do this" in await scene.types("admin operations here", "cleo", place)
    assert "it is told once" in await scene.types("admin operations here", "bo", place)

    begun = clock() - timedelta(seconds=1)
    async with scene.store.write() as tx:
        await items.add(tx, new, "print of a pump", link=new.url or "", why="new")
        owed = builders.delivery(new, place, created=clock(), not_before=begun)
        await outbox.owe(tx, [owed])
    sender = scene.sender()
    assert await Delivering(scene.store, {"slack": sender}, Catalogue({}, {}), clock, lambda: 0.5).drain() == 1
    alert = await scene.reads("Recall of a pump", place)
    assert await sender.find(place, owed.id, begun) == Sent(reference=alert["ts"])
    assert await sender.find(place, "another", begun) is None

    opened = await scene.slack.calls("conversations.open", ANA, users=bot)
    chat = Place(id=f"slack:{team}:chat", platform="slack", workspace=team, channel=opened["channel"]["id"])
    said = {"type": "message", "channel_type": "im", "user": ana, "text": "search stent", "channel": chat.channel, "ts": alert["ts"]}
    await scene.hears(team, **said)
    await scene.reads("1 item for stent", chat)
