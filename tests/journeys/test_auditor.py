"""The walk of an auditor: from a row of an export to the stored capture, to the decisions, and to the message in the channel."""

import io
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from bot import hash_chain
from bot.cards.card import as_text
from bot.deliver.console import ConsoleSender
from bot.deliver.slack import SlackSender
from bot.model import Place
from bot.record import files, verify
from bot.sources.fetch import Fetcher
from bot.sources.guard import parse_permits
from bot.store import exports, items, record
from bot.store.database import Store
from handlers import answering
from handlers.downloads import Downloads
from handlers.grammar import Request
from handlers.reply import Context
from handlers.web import web_app
from schedules.deliver import Delivering
from schedules.poll import Polling
from tests.builders import place
from tests.fakes import Clock, rss
from tests.feed_server import FeedServer
from tests.loopback_slack import LoopbackSlack
from tests.test_handlers_commands import Talk, catalogue, source

pytestmark = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)


class Company:
    """A bot with one served source, a place that watches it, and its web app."""

    def __init__(self, store: Store, server: FeedServer, slack: LoopbackSlack, where: Place) -> None:
        self.store, self.server, self.slack, self.where = store, server, slack, where
        self.clock = Clock(datetime(2026, 6, 1, 3, tzinfo=UTC))
        self.screen = io.StringIO()
        self.known = catalogue(source("a", url=server.says("/feed", "200 OK", body=rss("Old").body)))
        self.talk = Talk(Context(store=store, catalogue=self.known, web_url="https://bot.example"), self.clock.time, place=where)
        senders = {"slack": SlackSender(slack.bot_token, api_url=slack.api_url), "console": ConsoleSender(self.screen)}
        self.delivering = Delivering(store, senders, self.known, self.clock, lambda: 0.5, sleep=self.clock.sleep)  # type: ignore[arg-type]

    async def polls(self) -> None:
        async with Fetcher(parse_permits(self.server.pair)) as door:
            await Polling(self.store, door, self.known).due(self.clock())
        await self.delivering.drain()

    async def says(self, words: str) -> str:
        self.clock.forward(seconds=2)
        self.talk.now = self.clock()
        return await self.talk.says(words)

    async def downloads(self, words: str, folder: Path) -> Path:
        """What the address in the answer gives to a browser, as a file."""
        answer = await self.get(await self.address(words))
        assert answer.status_code == 200, answer.text
        name = re.findall(r'filename="([^"]+)"', answer.headers["content-disposition"])[0]
        (folder / name).write_bytes(answer.content)
        return folder / name

    async def address(self, words: str) -> str:
        self.clock.forward(seconds=2)
        self.talk.now = self.clock()
        reply = await self.talk.reply(words)
        assert reply.private
        urls = [button.url for section in reply.card.sections for button in section.buttons if button.url]
        assert urls, await self.says(words)
        return urls[0].removeprefix("https://bot.example")

    async def get(self, path: str) -> httpx.Response:
        app = web_app(self.store, files=Downloads(self.store, self.known, self.clock))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bot") as client:
            return await client.get(path)


@pytest.fixture
async def slack() -> AsyncIterator[LoopbackSlack]:
    async with LoopbackSlack() as running:
        yield running


@pytest.fixture
async def server() -> AsyncIterator[FeedServer]:
    async with FeedServer() as running:
        yield running


async def worked(company: Company) -> str:
    """An alert came, was assigned, assessed and closed: the id of its item."""
    await company.polls()
    for words in ("watch add recall as Recalls yes", "subscribe Recalls", "watch edit Recalls recall OR withdrawal yes"):
        await company.says(words)
    company.clock.time += timedelta(days=1)
    company.server.says("/feed", "200 OK", body=rss("Old", "1=Recall of eye drops =1+1").body)
    await company.polls()
    async with company.store.read() as tx:
        (item,) = [one for one in await items.latest(tx, 9) if "eye drops" in one.title]
    for words in ("assign {} @ben", "status {} assessing", "note {} batch 7 is ours", "status {} closed because the batch was destroyed"):
        assert "There is no" not in await company.says(words.format(item.id[:8]))
    return item.id


def table(path: Path, sheet: str) -> list[dict[str, str]]:
    head, *body = list(files.read(path)[sheet])
    return [dict(zip(head, row, strict=True)) for row in body]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
async def test_an_auditor_walks_from_an_export_to_the_capture_and_to_the_message(
    store: Store, server: FeedServer, slack: LoopbackSlack, tmp_path: Path, kind: str
) -> None:
    company = Company(store, server, slack, place("C1", platform="slack", workspace="T1"))
    item = await worked(company)
    path = await company.downloads(f"export 2026-06-01 2026-06-30 {kind}", tmp_path)
    assert verify.verify(path).wrong == []
    (alert,) = [one for one in table(path, "alerts") if one["item"] == item]
    assert (alert["watchlists"], alert["matched_words"], alert["result"], alert["place"]) == ("Recalls", "Recall", "sent", "slack:T1:C1")
    (message,) = [one for one in slack.messages("C1") if "eye drops" in one["text"] and "thread_ts" not in one]
    assert alert["message_reference"] == message["ts"]
    (captured,) = [one for one in table(path, "captures") if (one["item"], one["version"]) == (item, alert["version"])]
    async with store.read() as tx:
        stored = await exports.capture(tx, "T1", item, int(captured["version"])) or ""
        assert await record.check(tx, "T1") == []
    assert hash_chain.digest(stored) == captured["capture_sha256"]
    assert "Recall of eye drops =1+1" in stored
    assert [(one["what"], one["from"], one["to"], one["reason"]) for one in table(path, "decisions")] == [
        ("owner", "", "ben", ""),
        ("status", "new", "assessing", ""),
        ("note", "", "", "batch 7 is ours"),
        ("status", "assessing", "closed", "the batch was destroyed"),
    ]
    assert {one["who_name"] for one in table(path, "decisions")} == {"ana"}
    changes = [(one["what"], one["name"]) for one in table(path, "changes")]
    assert changes == [("watchlist added", "Recalls"), ("subscribed", "Recalls"), ("watchlist edited", "Recalls")]
    assert '"query":"recall"' in table(path, "changes")[2]["before"]


async def test_the_same_work_on_the_console_and_its_report(store: Store, server: FeedServer, slack: LoopbackSlack) -> None:
    company = Company(store, server, slack, place("desk", workspace="local"))
    await worked(company)
    assert "eye drops" in company.screen.getvalue()
    said = await company.says("report week")
    for row in ("1 source, 2 polls, 2 answered well, 1 gap", "1 hit of 1 watchlist; 1 alert delivered", "1 assessing, 1 closed", "7 rows"):
        assert row in said
    answer = await company.get(await company.address("report"))
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert "Recall of eye drops =1+1" in answer.text
    assert "Closed: the batch was destroyed" in answer.text
    assert (await company.get("/download/guessed")).status_code == 404


async def test_an_address_ends_after_an_hour_and_is_for_admins(store: Store, server: FeedServer, slack: LoopbackSlack) -> None:
    company = Company(store, server, slack, place("C1", platform="slack", workspace="T1"))
    address = await company.address("export 2026-06-01 2026-06-30")
    company.clock.time += timedelta(minutes=59)
    assert (await company.get(address)).status_code == 200
    company.clock.time += timedelta(minutes=2)
    assert (await company.get(address)).status_code == 404
    await company.says("admin roles add me")
    refused = Request(actor="slack:T1:U2", actor_name="ben", place=company.where, words="export 2026-06-01 2026-06-30", now=company.clock())
    assert "Only an admin may do this." in as_text((await answering.run(refused, company.talk.context)).card)


async def test_without_a_public_address_the_command_line_is_named(store: Store, now: datetime) -> None:
    talk = Talk(Context(store=store, catalogue=catalogue()), now)
    assert "regwatch export --workspace W1 --from 2026-06-01 --to 2026-06-30 --format csv" in await talk.says(
        "export 2026-06-01 2026-06-30 csv"
    )
    assert "is no day" in await talk.says("export June July")
    assert "lies before" in await talk.says("export 2026-06-30 2026-06-01")
