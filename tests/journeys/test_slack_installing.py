"""Any workspace installs the bot from a browser; it speaks there with that workspace's token, until it is uninstalled."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import asyncpg
import pytest
import structlog

from bot import logs
from bot.cards.card import notice
from bot.deliver.outbox import Gone, Later, Sent
from bot.deliver.slack import SlackSender
from bot.errors import SettingsError
from bot.model import Place
from bot.sealing import Seal
from bot.slack_installs import Installs, OneTimeStates, require_openable, rotator, sealed_anew
from bot.sources.catalogue import Catalogue
from bot.store import installations, places, watchlists
from bot.store.database import Store
from handlers.reply import Context
from handlers.slack import SlackApp
from handlers.slack_installing import Installing
from handlers.web import WebServer, web_app
from tests.faults import reset
from tests.installable_slack import InstallableSlack
from tests.loopback_slack import error
from tests.slack_doors import HttpDoor

Json = dict[str, Any]
KEY = "a key of the tests that is long enough"
CARD = notice("Something was published.")


@dataclass
class Page:
    status: int
    text: str
    cookie: str


@dataclass
class Bot:
    """A bot over HTTP that any workspace can install, its Slack, and a clock that can be put forward."""

    slack: InstallableSlack
    store: Store
    address: str
    installs: Installs
    ahead: timedelta = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    async def page(self, path: str, cookie: str = "", method: str = "GET") -> Page:
        headers = {"Cookie": cookie} if cookie else {}
        async with aiohttp.ClientSession() as session, session.request(method, self.address + path, headers=headers) as answer:
            return Page(answer.status, await answer.text(), answer.headers.get("Set-Cookie", "").partition(";")[0])

    async def begun(self) -> tuple[str, str]:
        """The state and the cookie of an installation that was begun."""
        page = await self.page("/slack/install")
        assert page.status == 200
        link = unescape(page.text.split('class="button" href="')[1].split('"')[0])
        asked = parse_qs(urlsplit(link).query)
        assert asked["redirect_uri"] == [f"{self.address}/slack/oauth_redirect"]
        assert asked["client_id"] == [self.slack.client_id]
        assert "chat:write" in asked["scope"][0].split(",")
        assert urlsplit(link).netloc == self.slack.address
        return asked["state"][0], page.cookie

    async def install(self, team: str, **how: Any) -> Page:
        state, cookie = await self.begun()
        return await self.page(f"/slack/oauth_redirect?code={self.slack.code(team, **how)}&state={state}", cookie)

    async def types(self, words: str, team: str, enterprise: str = "") -> str:
        """A slash command of somebody in that workspace; the answer's text."""
        seen = len(self.slack.responses)
        more = {"enterprise_id": enterprise} if enterprise else {}
        assert (await HttpDoor(self.slack, f"{self.address}/slack/events").command(words, team_id=team, **more)).status == 200
        await self.slack.until(lambda: len(self.slack.responses) > seen)
        return str(self.slack.responses[-1]["text"])

    async def hears(self, kind: str, team: str, enterprise: str = "", *, wide: bool = False, **event: Any) -> None:
        body = {
            "type": "event_callback",
            "team_id": team,
            "enterprise_id": enterprise or None,
            "event_id": f"Ev{time.monotonic_ns()}",
            "event_time": int(time.time()),
            "event": {"type": kind} | event,
            "authorizations": [{"enterprise_id": enterprise or None, "team_id": team or None, "is_enterprise_install": wide}],
        }
        door = HttpDoor(self.slack, f"{self.address}/slack/events")
        assert (await door.post(json.dumps(body), content_type="application/json")).status == 200
        await asyncio.sleep(0.2)  # what is to change nothing had the time to

    def sender(self) -> SlackSender:
        return SlackSender(self.installs.token, api_url=self.slack.api_url)

    async def subscribed(self, team: str) -> Place:
        """A place of that workspace that receives a watchlist."""
        await self.types("watch add recall as Recalls", team)
        await self.types("subscribe Recalls", team)
        async with self.store.read() as tx:
            found = await places.get(tx, f"slack:{team}:C1")
        assert found is not None
        return found

    async def becomes(self, place: Place, code: str) -> None:
        """Slack's word is carried out after it was acknowledged: at last it is why the place is told nothing, "" if it is told again."""
        async with asyncio.timeout(30):
            while await self.asleep(place) != code:  # noqa: ASYNC110 - the bot tells nobody when it has carried it out
                await asyncio.sleep(0.02)

    async def asleep(self, place: Place) -> str:
        async with self.store.read() as tx:
            return (await places.at_place(tx, place.id))[0].suspended


@pytest.fixture
async def bot(store: Store) -> AsyncIterator[Bot]:
    async with InstallableSlack("C1") as slack:
        made = Bot(slack, store, "", None)  # type: ignore[arg-type] # known below
        made.installs = Installs(store, Seal.of(KEY), made.now, rotator(slack.client_id, slack.client_secret, slack.api_url))
        context = Context(store=store, catalogue=Catalogue({}, {}))
        app = SlackApp(context, made.now, api_url=slack.api_url, signing_secret=slack.signing_secret, installs=made.installs)
        pages = Installing(
            made.installs,
            OneTimeStates(store, made.now),
            context,
            client_id=slack.client_id,
            client_secret=slack.client_secret,
            api_url=slack.api_url,
        )
        server = WebServer(web_app(store, app.endpoint, installing=pages), "127.0.0.1", 0)
        await app.start()
        await server.start()
        made.address = server.address
        yield made
        await server.stop()
        await app.stop()


async def test_two_workspaces_install_it_and_each_is_spoken_to_with_its_own_token(bot: Bot) -> None:
    done = await bot.install("T2")
    assert done.status == 200
    assert "Regwatch is installed in Team &lt;T2&gt;" in done.text
    assert "/invite @Regwatch" in done.text
    await bot.install("T3")
    assert "Watchlist Ours is saved" in await bot.types("watch add trial as Ours", "T2")
    assert "Ours" not in await bot.types("watch list", "T3")
    posted = bot.slack.calls_of("chat.postMessage")
    assert [bot.slack.tokens[call.token] for call in posted] == ["T2"]
    for team in ("T2", "T3"):
        place = Place(id=f"slack:{team}:C1", platform="slack", workspace=team, channel="C1")
        assert isinstance(await bot.sender().send(place, CARD, f"d-{team}"), Sent)
    assert [bot.slack.tokens[call.token] for call in bot.slack.calls_of("chat.postMessage")] == ["T2", "T2", "T3"]


async def test_slack_is_not_asked_who_we_are_for_each_request(bot: Bot) -> None:
    await bot.install("T2")
    asked = len(bot.slack.calls_of("auth.test"))
    for _ in range(3):
        await bot.types("help", "T2")
    assert len(bot.slack.calls_of("auth.test")) == asked


async def test_a_state_is_good_once(bot: Bot) -> None:
    state, cookie = await bot.begun()
    first = await bot.page(f"/slack/oauth_redirect?code={bot.slack.code('T2')}&state={state}", cookie)
    again = await bot.page(f"/slack/oauth_redirect?code={bot.slack.code('T3')}&state={state}", cookie)
    assert (first.status, again.status) == (200, 401)
    assert "used already" in again.text
    assert "Begin again" in again.text
    assert set(bot.slack.tokens.values()) == {"T2"}


async def test_of_two_at_once_with_one_state_one_is_refused(bot: Bot) -> None:
    state, cookie = await bot.begun()
    paths = [f"/slack/oauth_redirect?code={bot.slack.code(team)}&state={state}" for team in ("T2", "T3")]
    assert sorted([one.status for one in await asyncio.gather(*(bot.page(path, cookie) for path in paths))]) == [200, 401]


async def test_a_state_is_good_for_ten_minutes(bot: Bot) -> None:
    state, cookie = await bot.begun()
    bot.ahead = timedelta(minutes=10, seconds=1)
    late = await bot.page(f"/slack/oauth_redirect?code={bot.slack.code('T2')}&state={state}", cookie)
    assert late.status == 401
    assert bot.slack.tokens == {}


async def test_a_state_is_good_in_the_browser_it_was_given_to(bot: Bot) -> None:
    state, _ = await bot.begun()
    _, other = await bot.begun()
    for cookie in ("", other):
        page = await bot.page(f"/slack/oauth_redirect?code={bot.slack.code('T2')}&state={state}", cookie)
        assert page.status == 400
        assert "another browser" in page.text
    assert bot.slack.tokens == {}


HOSTILE: dict[str, Callable[[str], str]] = {
    "nothing": lambda _: "",
    "no code": lambda state: f"?state={state}",
    "a code Slack does not know": lambda state: f"?code=no&state={state}",
    "no state": lambda _: "?code=x",
    "an invented state": lambda _: "?code=x&state=invented",
    "an empty state": lambda _: "?code=x&state=",
    "a state of 20,000 characters": lambda _: "?code=x&state=" + "s" * 20_000,
    "a state that is no text": lambda _: "?code=x&state=%ff%00%fe",
    "a code that is no text": lambda state: f"?code=%ff%00&state={state}",
    "an error Slack does not document": lambda _: "?error=%3Cscript%3E",
    "a thousand fields": lambda _: "?" + "&".join(f"k{number}=v" for number in range(1_000)),
    "only signs": lambda _: "?&&==&%&%zz",
}


@pytest.mark.parametrize("query", HOSTILE.values(), ids=HOSTILE.keys())
async def test_what_slack_does_not_send_back_installs_nothing(bot: Bot, query: Callable[[str], str]) -> None:
    state, cookie = await bot.begun()
    page = await bot.page("/slack/oauth_redirect" + query(state), cookie)
    assert 400 <= page.status < 500
    assert "<script>" not in page.text
    async with bot.store.read() as tx:
        assert await installations.all(tx) == []


@pytest.mark.parametrize("path", ["/slack/install", "/slack/oauth_redirect"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
async def test_the_pages_are_only_looked_at(bot: Bot, path: str, method: str) -> None:
    assert (await bot.page(path, method=method)).status == 405


async def test_the_install_page_takes_nothing_from_its_address(bot: Bot) -> None:
    page = await bot.page("/slack/install?team=%22%3E%3Cscript%3E&scope=admin")
    assert page.status == 200
    assert "<script>" not in page.text
    assert "scope=admin" not in page.text


async def test_a_cancelled_installation_says_so(bot: Bot) -> None:
    page = await bot.page("/slack/oauth_redirect?error=access_denied")
    assert (page.status, "Nothing was installed" in page.text) == (200, True)


async def test_when_slack_is_away_nothing_is_installed_and_the_page_says_to_try_again(bot: Bot) -> None:
    state, cookie = await bot.begun()
    bot.slack.script("oauth.v2.access", reset())
    page = await bot.page(f"/slack/oauth_redirect?code={bot.slack.code('T2')}&state={state}", cookie)
    assert page.status == 503
    assert "try again" in page.text


async def test_the_cookie_goes_only_to_https_where_the_bot_is_reached_by_it(bot: Bot) -> None:
    headers = {"Host": "regwatch.example.org"}
    async with aiohttp.ClientSession() as session, session.get(f"{bot.address}/slack/install", headers=headers) as answer:
        assert "Secure" in answer.headers["Set-Cookie"]
        assert "HttpOnly" in answer.headers["Set-Cookie"]


async def test_after_uninstalling_nothing_of_the_token_is_kept_and_places_sleep_until_it_is_installed_again(bot: Bot) -> None:
    await bot.install("T2")
    place = await bot.subscribed("T2")
    bot.slack.revoke("T2")
    await bot.hears("tokens_revoked", "T2", tokens={"oauth": [], "bot": ["UBOT"]})
    await bot.becomes(place, "token_revoked")
    await bot.hears("app_uninstalled", "T2")
    async with bot.store.read() as tx:
        assert await installations.all(tx) == []
    assert await bot.asleep(place) == "token_revoked"
    assert await bot.sender().send(place, CARD, "d1") == Gone(code="app_not_installed")
    assert "not installed in this workspace any more" in await bot.types("watch add fraud as Fraud", "T2")
    await bot.install("T2")
    assert await bot.asleep(place) == ""
    assert isinstance(await bot.sender().send(place, CARD, "d2"), Sent)
    assert "Recalls" in await bot.types("subscriptions", "T2")
    async with bot.store.read() as tx:
        assert [one.name for one in await watchlists.in_workspace(tx, "T2")] == ["Recalls"]


async def test_another_workspace_does_not_notice_an_uninstallation(bot: Bot) -> None:
    await bot.install("T2")
    await bot.install("T3")
    place = await bot.subscribed("T3")
    await bot.hears("app_uninstalled", "T2")
    assert await bot.asleep(place) == ""
    assert isinstance(await bot.sender().send(place, CARD, "d1"), Sent)


async def test_tokens_of_persons_do_not_concern_the_bot(bot: Bot) -> None:
    await bot.install("T2")
    place = await bot.subscribed("T2")
    await bot.hears("tokens_revoked", "T2", tokens={"oauth": ["U1"]})
    assert await bot.asleep(place) == ""


async def test_an_uninstallation_that_arrives_after_the_next_installation_takes_nothing_away(bot: Bot) -> None:
    bot.ahead = timedelta(minutes=1)
    await bot.install("T2")
    place = await bot.subscribed("T2")
    await bot.hears("app_uninstalled", "T2")
    assert await bot.asleep(place) == ""


async def test_installed_again_the_new_token_is_used(bot: Bot) -> None:
    await bot.install("T2")
    bot.slack.revoke("T2")
    await bot.install("T2")
    place = Place(id="slack:T2:C1", platform="slack", workspace="T2", channel="C1")
    assert isinstance(await bot.sender().send(place, CARD, "d1"), Sent)
    async with bot.store.read() as tx:
        assert [one.id for one in await installations.all(tx)] == ["T2"]


async def test_an_organisation_installs_it_for_all_its_workspaces(bot: Bot) -> None:
    assert "Regwatch is installed in Org" in (await bot.install("", enterprise="E1", wide=True)).text
    assert "Watchlist Recalls is saved" in await bot.types("watch add recall as Recalls", "T7", "E1")
    await bot.types("subscribe Recalls", "T7", "E1")
    assert "Recalls" not in await bot.types("watch list", "T8", "E1")
    place = Place(id="slack:T7:C1", platform="slack", workspace="T7", channel="C1")
    assert isinstance(await bot.sender().send(place, CARD, "d1"), Sent)
    assert {bot.slack.tokens[call.token] for call in bot.slack.calls_of("chat.postMessage")} == {"E1"}
    await bot.hears("team_access_revoked", "T7", "E1", wide=True, team_ids=["T7"])
    await bot.becomes(place, "team_access_not_granted")
    await bot.hears("team_access_granted", "T7", "E1", wide=True, team_ids=["T7"])
    await bot.becomes(place, "")
    await bot.hears("app_uninstalled", "T7", "E1", wide=True)
    await bot.becomes(place, "app_not_installed")
    await bot.install("", enterprise="E1", wide=True)
    assert await bot.asleep(place) == ""


async def test_a_workspace_of_an_organisation_may_have_an_installation_of_its_own(bot: Bot) -> None:
    await bot.install("", enterprise="E1", wide=True)
    await bot.install("T7", enterprise="E1")
    await bot.types("watch add recall as Recalls", "T7", "E1")
    assert {bot.slack.tokens[call.token] for call in bot.slack.calls_of("chat.postMessage")} == {"T7"}


async def test_a_token_that_ends_soon_is_renewed_once_for_posts_outside_a_request(bot: Bot) -> None:
    await bot.install("T2", lives=43_200)
    place = Place(id="slack:T2:C1", platform="slack", workspace="T2", channel="C1")
    old = next(iter(bot.slack.tokens))
    assert await bot.installs.token("T2") == old
    bot.ahead = timedelta(hours=11, minutes=45)
    sent = await asyncio.gather(*(bot.sender().send(place, CARD, f"d{number}") for number in range(5)))
    assert all(isinstance(one, Sent) for one in sent)
    renewals = [call for call in bot.slack.calls_of("oauth.v2.access") if call.args.get("grant_type") == "refresh_token"]
    assert len(renewals) == 1
    assert await bot.installs.token("T2") != old


async def test_a_token_that_cannot_be_renewed_is_used_until_its_end_and_then_messages_wait(bot: Bot) -> None:
    await bot.install("T2", lives=43_200)
    place = Place(id="slack:T2:C1", platform="slack", workspace="T2", channel="C1")
    bot.slack.script("oauth.v2.access", reset(), error("invalid_refresh_token"))
    bot.ahead = timedelta(hours=11, minutes=45)
    assert isinstance(await bot.sender().send(place, CARD, "d1"), Sent)
    bot.ahead = timedelta(hours=12, minutes=1)
    assert isinstance(await bot.sender().send(place, CARD, "d2"), Later)
    bot.ahead = timedelta(hours=12, minutes=3)
    assert isinstance(await bot.sender().send(place, CARD, "d3"), Sent)


async def test_keys_change_without_anybody_installing_again(bot: Bot) -> None:
    await bot.install("T2")
    new = Seal.of(f"another key that is long enough,{KEY}")
    assert await sealed_anew(bot.store, new) == 1
    only = Seal.of("another key that is long enough")
    await require_openable(bot.store, only)
    with pytest.raises(SettingsError, match="cannot be opened"):
        await require_openable(bot.store, Seal.of(KEY))
    again = Installs(bot.store, only, bot.now, rotator("", "", bot.slack.api_url))
    assert await again.token("T2") in bot.slack.tokens


async def test_no_token_is_in_the_database_the_log_or_an_error(bot: Bot, capsys: pytest.CaptureFixture[str], database: str) -> None:
    logs.begin("text", logging.DEBUG)
    await bot.install("T2", lives=43_200)
    bot.slack.script("oauth.v2.access", error("invalid_code"))
    state, cookie = await bot.begun()
    await bot.page(f"/slack/oauth_redirect?code=code-secret&state={state}", cookie)
    await bot.subscribed("T2")
    bot.slack.script("oauth.v2.access", error("invalid_refresh_token"))
    bot.ahead = timedelta(hours=11, minutes=45)
    place = Place(id="slack:T2:C1", platform="slack", workspace="T2", channel="C1")
    bot.slack.script("chat.postMessage", error("invalid_auth"), error("fatal_error"), reset())
    outcome = [await bot.sender().send(place, CARD, f"d{number}") for number in range(4)]
    first = await bot.installs.token("T2")
    bot.ahead = timedelta(hours=12, minutes=3)
    outcome.append(await bot.sender().send(place, CARD, "d4"))
    renewed = await bot.installs.token("T2")
    assert renewed != first
    structlog.get_logger().error("planted", value=f"{next(iter(bot.slack.tokens))} and xoxe-1-secret-T2")
    said = "".join(capsys.readouterr())
    assert "planted" in said
    secrets = [
        first,
        renewed,
        *bot.slack.tokens,
        *bot.slack._refresh,
        "xoxe-1-secret",
        bot.slack.client_secret,
        "code-secret",
        bot.slack.signing_secret,
        state,
    ]
    kept = await _everything_kept(database)
    assert "Recalls" in kept
    for secret in secrets:
        assert secret not in said
        assert secret not in repr(outcome)
        assert secret not in kept


async def _everything_kept(database: str) -> str:
    """Every byte of an SQLite file and its log, or every row of a PostgreSQL database."""
    if database.startswith("sqlite"):
        return await asyncio.to_thread(_bytes_of, database.removeprefix("sqlite:///"))
    connection = await asyncpg.connect(database)
    tables = await connection.fetch("select tablename from pg_tables where schemaname = 'public'")
    rows = [await connection.fetch(f'select t::text from "{one["tablename"]}" t') for one in tables]
    await connection.close()
    return str(rows)


def _bytes_of(file: str) -> str:
    return "".join(Path(file + end).read_bytes().decode("latin-1") for end in ("", "-wal") if Path(file + end).exists())
