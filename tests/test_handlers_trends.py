"""Trends: counts that are right, figures beside every picture, and pictures for nobody but who has their address."""

import io
from datetime import UTC, date, datetime, timedelta

import httpx
import pytest
from PIL import Image

from bot.cards import chart, slack, teams
from bot.cards.card import as_text
from bot.sources.catalogue import Catalogue
from bot.store import charts, items
from bot.store.database import Store
from bot.watch import trends
from handlers.feeds import Feeds
from handlers.reply import Context
from handlers.web import web_app
from tests.builders import item
from tests.fakes import Clock
from tests.slack_limits import problems
from tests.test_handlers_commands import Talk
from tests.test_handlers_commands import catalogue as catalogue_of

WEEK = timedelta(days=7)
only_sqlite = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)


def test_items_are_counted_in_the_week_they_were_published(now: datetime) -> None:
    found = [
        item(country=country, published=now - age * WEEK)
        for country, age in (("KR", 0.1), ("KR", 0.9), ("JP", 1.1), ("KR", 2.5), ("US", 9))
    ]
    made = trends.trend(found, now, "country", 3)
    assert made.series == (("KR", (1, 0, 2)), ("JP", (0, 1, 0)))
    assert made.totals == (1, 1, 2)
    assert made.weeks[-1] == (now - WEEK).date()
    assert trends.words(made).endswith("4 in all. KR 3: 1, 0, 2; JP 1: 0, 1, 0.")


def test_five_are_named_and_the_others_counted_together(now: datetime) -> None:
    found = [item(country=one, published=now) for place, one in enumerate(("A", "B", "C", "D", "E", "F", "G")) for _ in range(9 - place)]
    made = trends.trend(found, now, "country", 2)
    assert [one.name for one in made.series] == ["A", "B", "C", "D", "E", "others"]
    assert made.totals[-1] == len(found)


def test_small_bars_tell_none_from_few() -> None:
    assert trends.bars((0, 1, 50, 100), 100) == " ▁▄█"


def test_a_picture_reads_on_any_ground_and_in_all_letters() -> None:
    weeks = [date(2026, 1, 5) + number * WEEK for number in range(13)]
    body = chart.png("Trend 분산형", weeks, [("KR", range(13)), ("의학신문", [1] * 13)])
    picture = Image.open(io.BytesIO(body)).convert("RGBA")
    assert picture.size == (chart.WIDTH, chart.HEIGHT)
    assert picture.getpixel((0, 0))[3] == 0  # type: ignore[index] # four numbers, since it is RGBA
    assert picture.getpixel((600, 30)) == (255, 255, 255, 255)
    assert len(body) < 60_000


def test_a_chart_of_nothing_can_be_drawn() -> None:
    assert chart.png("Nothing", [], []).startswith(b"\x89PNG")


@pytest.fixture
def talk(store: Store, now: datetime) -> Talk:
    return Talk(Context(store=store, catalogue=catalogue_of()), now)


async def _keep(store: Store, now: datetime) -> None:
    async with store.write() as tx:
        for country, agency, age in (("KR", "MFDS", 1), ("KR", "MFDS", 8), ("US", "FDA", 1)):
            one = item(
                f"Recall of lots {age}",
                country=country,
                agency=agency,
                doc_type="recall",
                published=now - timedelta(days=age),
                detected=now,
            )
            await items.add(tx, one, one.id, link="", why="new")


@only_sqlite
async def test_without_a_public_address_the_answer_holds_a_chart_of_characters(talk: Talk, store: Store, now: datetime) -> None:
    await _keep(store, now)
    reply = await talk.reply("trends recall 4 weeks")
    said = as_text(reply.card)
    assert "Items per week for recall, by country: 3 items in 4 weeks" in said
    assert "\nKR 2: 0 0 1 1   ▄▄" in said
    assert reply.card.sections[0].picture is None
    assert "FDA 1: 0 0 0 1" in await talk.says("trends recall 4 weeks by agency")
    assert "recall 3" in await talk.says("trends recall by type")


@only_sqlite
async def test_with_a_public_address_the_picture_is_there_for_whoever_has_it(store: Store, now: datetime) -> None:
    await _keep(store, now)
    await Talk(Context(store=store, catalogue=catalogue_of()), now).says("watch add recall as Recalls")
    talk = Talk(Context(store=store, catalogue=catalogue_of(), web_url="https://bot.example"), now)
    reply = await talk.reply("trends Recalls by country")
    picture = reply.card.sections[0].picture
    assert picture is not None
    assert "3 in all. KR 2: " in picture.alt
    assert "KR 2: " in as_text(reply.card)
    assert problems(slack.blocks(reply.card)) == []
    assert [one["type"] for one in slack.blocks(reply.card)] == ["rich_text", "image", "actions"]
    assert {"type": "Image", "url": picture.url, "altText": picture.alt, "size": "Stretch"} in teams.adaptive(reply.card)["body"]
    clock = Clock(now)
    app = web_app(store, feeds=Feeds(store, Catalogue({}, {}), clock))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://bot.example") as client:
        answer = await client.get(picture.url)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
        assert answer.headers["x-robots-tag"] == "noindex"
        assert (await client.get(picture.url.replace("/chart/", "/chart/x"))).status_code == 404
        clock.time = now + charts.KEPT + timedelta(days=1)
        assert (await client.get(picture.url)).status_code == 404


@only_sqlite
@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("trends", "Of what?"),
        ("trends by country", "Of what?"),
        ("trends recall by weather", "I cannot count by “weather”"),
        ("trends recall 99 weeks", "2 to 52 weeks"),
        ("trends country:Korea", "country:KR"),
        ("trends nothing of the kind", "0 items in 13 weeks"),
    ],
)
async def test_slips_are_answered_in_a_sentence(talk: Talk, words: str, says: str) -> None:
    assert says in await talk.says(words)


def test_dates_of_weeks_do_not_depend_on_the_hour() -> None:
    assert trends.trend([], datetime(2026, 3, 1, tzinfo=UTC), "type", 2).weeks == (date(2026, 2, 15), date(2026, 2, 22))
