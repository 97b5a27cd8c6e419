"""Work with what was alerted, packs and trends, walked through on Slack over both its doors, on Teams and in a terminal."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.record import export, files, verify
from bot.record.export import Span
from bot.store import places, record
from bot.store.database import Store
from schedules.deliver import Delivering
from schedules.poll import Polling
from tests.fakes import FakeDoor, rss
from tests.journeys.test_one_text import Scene
from tests.platforms import NAMES, on
from tests.slack_conversation import clock, conversation
from tests.test_handlers_commands import catalogue, source

KNOWN = catalogue(source("mfds", language="ko", interval=timedelta(minutes=1)))
NEWS = "2=주사제 회수 조치"


@pytest.fixture
def dialect() -> str:
    """What is kept is the same on both databases: one kind of them will do."""
    return "sqlite"


@pytest.fixture(params=NAMES)
async def scene(store: Store, request: pytest.FixtureRequest) -> AsyncIterator[Scene]:
    async with on(request.param, store, KNOWN) as there:
        door = FakeDoor(feed=[rss("1=의약품 안전성 서한"), rss("1=의약품 안전성 서한", NEWS)])
        delivering = Delivering(store, {there.place.split(":")[0]: there.sender}, KNOWN, clock, lambda: 0.5)
        yield Scene(there, Polling(store, door, KNOWN), delivering)


async def exported(store: Store, place: str, path: Path) -> dict[str, list[dict[str, str]]]:
    """An export of what happened in the place's workspace, which verifies, by sheet."""
    async with store.read() as tx:
        found = await places.get(tx, place)
    assert found is not None
    span = Span(found.workspace, clock() - timedelta(days=1), clock() + timedelta(days=1))
    await export.write(store, span, path, "xlsx", record.Fact(what="export made", at=clock(), by="test"))
    assert verify.verify(path).wrong == []
    tables = {name: list(rows) for name, rows in files.read(path).items()}
    return {name: [dict(zip(head, row, strict=True)) for row in rows] for name, (head, *rows) in tables.items()}


async def test_from_alert_to_owner_to_assessment_to_its_end_and_the_export_shows_it(scene: Scene, store: Store, tmp_path: Path) -> None:
    await scene.polled()
    await scene.says("watch add 회수 as Recalls", "Watchlist Recalls is saved")
    await scene.says("subscribe Recalls", "Recalls – now")
    await scene.polled()
    alert = await scene.reads("주사제 회수 조치", "Recalls")
    await scene.presses(alert, "Relevant", "Status: Relevant")
    await scene.says("assign https://example.org/2 me", "owner ana")
    await scene.says("status https://example.org/2 assessing", "Assessing")
    await scene.says("impact https://example.org/2 high because lot 7 is ours", "Assessing · impact high")
    await scene.says("note https://example.org/2 lot 7 is ours", "lot 7 is ours")
    await scene.says("triage mine", "주사제 회수 조치")
    await scene.says("status https://example.org/2 closed because the lot was destroyed", "Closed: the lot was destroyed")
    told = await exported(store, scene.there.place, tmp_path / "export.xlsx")
    (alerted,) = told["alerts"]
    assert (alerted["place"], alerted["result"], alerted["watchlists"]) == (scene.there.place, "sent", "Recalls")
    assert alerted["matched_words"].startswith("회수")
    assert [(one["what"], one["from"], one["to"], one["reason"]) for one in told["decisions"]] == [
        ("status", "new", "relevant", ""),
        ("owner", "", "ana", ""),
        ("status", "relevant", "assessing", ""),
        ("impact", "", "high", "lot 7 is ours"),
        ("note", "", "", "lot 7 is ours"),
        ("status", "assessing", "closed", "the lot was destroyed"),
    ]
    assert {one["who_name"] for one in told["decisions"]} == {"ana"}
    assert [one["what"] for one in told["changes"]] == ["watchlist added", "subscribed"]
    assert {one["item"] for one in told["decisions"]} == {alerted["item"]}


async def test_a_pack_is_looked_at_taken_and_handed_on(scene: Scene) -> None:
    await scene.says("packs japan", "Japan: priority vaccines")
    await scene.says("packs show kr-trials", "kr-trials")
    added = await scene.says("packs add kr-trials")
    if "Not saved yet" in added.text:
        await scene.says("packs add kr-trials yes", "saved")
    await scene.says("packs add kr-trials", "is here already")
    await scene.says("packs kr-trials", "added")
    await scene.says("packs export as Ours", "Ours")
    await scene.says("packs update kr-trials", "nothing is to be changed")


async def test_a_trend_is_told_in_figures_and_counted_another_way_by_a_button(scene: Scene) -> None:
    await scene.polled()
    shown = await scene.says("trends 안전성 4 weeks", "by country: 1 item in 4 weeks", "KR 1: 0 0 0 1")
    await scene.presses(shown, "By agency", "by agency: 1 item in 4 weeks", "AKR 1: 0 0 0 1")
    await scene.says("trends 안전성 by moon", "I cannot count by “moon”")


@pytest.mark.parametrize("way", ["http", "socket"])
async def test_a_picture_that_slack_cannot_fetch_is_left_out_and_the_figures_come(store: Store, way: str) -> None:
    async with conversation(store, way, KNOWN, web_url="https://bot.internal") as chat:
        await Polling(store, FakeDoor(feed=[rss("1=의약품 안전성 서한")]), KNOWN).due(clock())
        shown = await chat.types("trends 안전성 4 weeks")
        assert [one["type"] for one in shown["blocks"]] == ["rich_text", "image", "actions"]
        chat.slack.unreachable = "https://bot.internal/"
        refused = await chat.types("trends 안전성 4 weeks")
        assert [one["type"] for one in refused["blocks"]] == ["rich_text", "actions"]
        assert "KR 1: 0 0 0 1" in refused["text"]
        again = await chat.presses(refused, "By type")
        assert "by document type: 1 item in 4 weeks" in again["text"]
