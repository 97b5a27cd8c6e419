"""Hostile titles in every answer, form and page that Slack gets: inside all its limits, no live mention, no disguised link."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from html import unescape
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from bot.cards import chart, plain, slack, slack_views
from bot.cards.card import Card, as_text
from bot.cards.form import Form
from bot.errors import UserMistake
from bot.model import Deadline, Decision, Window
from bot.record import page as report_page
from bot.record.report import Listed, Report, Watched
from bot.store import assessments, hits, items, outbox, places, waiting, watchlists
from bot.store.database import Store
from bot.store.items import Kept
from bot.store.reporting import Decided, Told
from bot.watch import trends
from handlers import home
from handlers.command import Command
from handlers.commands import TABLE
from handlers.grammar import Request
from handlers.reply import Context
from schedules import composing
from tests.builders import NOW, delivery, hit, item, place, subscription, watchlist
from tests.slack_limits import problems, view_problems
from tests.test_handlers_commands import Talk, catalogue, source

TITLES = (
    "recall <!channel> <!here|x> <@U123> <#C1|general> <!subteam^S1>",
    "recall @here @channel @everyone",
    "<http://evil.example|FDA> recall https://www.fda.gov/x",
    "www.fda.gov",
    "*bold* _it_ ~no~ `code` ```recall``` &lt;!channel&gt;",
    "recall " + "가" * 5000,
    "recall " + "<" * 5000,
    "recall " + "&🚨" * 3000,
    "回收 药物临床试验质量管理规范 recall",
    "recall \u202egnp.exe\u202c de\u200bcentra\u200dlized\ufeff @he\u200bre",
    "recall one\ntwo\r\nthree\u2028four\x1b[31m",
    "recall A | B |",
)
HERE = place("C1", platform="slack", workspace="W1", name="#<!channel>")
NAME = "<!channel> *recalls* <http://evil.example|FDA>"
PEOPLE = "<!here> ana"


def every(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for one in value.values():
            yield from every(one)
    if isinstance(value, list):
        for one in value:
            yield from every(one)


def dangers(made: Any) -> list[str]:
    """What in Block Kit JSON would wake somebody or lead elsewhere than it says."""
    found = []
    for one in every(made):
        kind, said = one.get("type"), str(one.get("text", ""))
        if kind in ("user", "usergroup", "channel", "broadcast"):
            found.append(f"a live {kind}")
        if kind == "mrkdwn" and any(mark in said for mark in ("<!", "<@", "<#", "<http", "@here", "@channel")):
            found.append(f"markup in {said[:80]}")
        if kind == "link" and plain.poses_as_another(said, one["url"]):
            found.append(f"{said[:80]} leads to {one['url']}")
    return found


def amiss(card: Card) -> list[str]:
    made, said = slack.blocks(card), slack.text(card)
    woken = [one for one in ("<!", "<@", "<http", "@here", "@channel", "@everyone") if one in said]
    return [*problems(made), *dangers(made), *(f"{one} in the text" for one in woken), *(["too long"] if len(said) > 4000 else [])]


@pytest.fixture
def dialect() -> str:
    """What is looked at here is the same on either database."""
    return "sqlite"


@pytest.fixture
async def talk(store: Store) -> Talk:
    """A channel whose every item, name and person is hostile."""
    what = watchlist("recall", name=NAME)
    async with store.write() as tx:
        await places.ensure(tx, HERE)
        await watchlists.add(tx, what)
        await places.subscribe(tx, subscription(what, HERE))
        for number, title in enumerate(TITLES):
            due = Deadline(kind="comments_due", day=NOW.date() + timedelta(days=9), text=title[:900])
            one = item(title, id=f"{number:08x}aaaa", source="kr-press", summary=title, text=title, agency=title[:300], deadlines=(due,))
            await items.add(tx, one, f"print {number}", link=one.url or "", why=title)
            newer = one.model_copy(update={"version": 2, "title": f"{title} again", "text": f"new {title}"})
            await items.add_versions(tx, [Kept(newer, f"again {number}", one.url or "", title, 1)])
            await hits.add(tx, [hit(what, one)], NOW)
            await outbox.owe(tx, [delivery(one, HERE, watchlists=(what.id,))])
            noted = Decision(workspace="W1", item=one.id, what="note", reason=title[:500], by="U1", by_name=PEOPLE, at=NOW)
            await assessments.decide(tx, noted)
            await assessments.decide(
                tx, noted.model_copy(update={"what": "status", "status": "relevant", "at": NOW + timedelta(seconds=1)})
            )
    return Talk(Context(store=store, catalogue=catalogue(source("kr-press")), wait_seconds=0.1), NOW, place=HERE)


ITEMS = [f"{number:08x}" for number in range(len(TITLES))]
ABOUT_ONE = ("item {}", "why {}", "diff {}", "status {} relevant", "note {} <!channel>", "follow {}", "mute {}", "remind me {} in 7d")
ABOUT_ALL = (
    "search recall", "search recall page 2", "search recall sort:relevance", "latest", "deadlines", "deadlines 30d recall",
    "triage", "report",
    "trends recall", "trends recall by agency", "trends recall by type 26 weeks", f"trends {NAME}", "trends <!channel>", "proof",
    "packs export", "packs export as <!channel>", "packs show kr-trials", "packs update", "packs recall", "packs <!channel>",
    "packs import <!channel> <http://evil.example|FDA>", "packs add <!channel>", "digest <!channel>",
    "watch list", "subscriptions", "settings", "packs", "sources", "health", "digest", "help", "debug",
    "remind me", "mute", "unmute", "unfollow", "search <!channel>", "why <http://evil.example|FDA>", "item @here", "<!channel>",
    "watch test recall", "watch add recall as <!here|x>", f"watch show {NAME}", "mute <!channel>", "concept list",
    "remind 30", "admin roles",
)  # fmt: skip


@pytest.mark.parametrize("words", ABOUT_ONE, ids=str)
async def test_an_answer_about_a_hostile_item_is_harmless(talk: Talk, words: str) -> None:
    for one in ITEMS:
        reply = await talk.reply(words.format(one))
        assert reply.card.tone != "error", words
        assert amiss(reply.card) == [], TITLES[int(one, 16)][:60]
        assert reply.announce is None or amiss(reply.announce) == []


async def test_an_answer_about_all_hostile_items_is_harmless(talk: Talk) -> None:
    assert "<http://evil.example|FDA> recall" in await talk.says("search evil")
    for words in ABOUT_ALL:
        reply = await talk.reply(words)
        assert amiss(reply.card) == [], words
        assert reply.announce is None or amiss(reply.announce) == [], words


async def test_each_form_begun_with_hostile_words_is_a_modal_slack_takes(talk: Talk) -> None:
    shown = 0
    for command in (one for one in TABLE if one.form is not None):
        for words in ("", *ITEMS, "<!channel> *x*", NAME, f'{NAME} "recall"'):
            form = await _form(command, words, talk)
            if form is not None:
                view, shown = slack_views.modal(form, {}), shown + 1
                assert view_problems(view) == [], (command.name, words)
                assert dangers(view) == [], (command.name, words)
    assert shown > 20


async def _form(command: Command, words: str, talk: Talk) -> Form | None:
    request = Request(actor="slack:W1:U1", actor_name=PEOPLE, place=HERE, words=f"{command.name} {words}", now=NOW, prefix="/reg ")
    try:
        return await command.form(request, words, talk.context) if command.form else None
    except UserMistake:
        return None


async def test_each_digest_of_hostile_items_is_harmless_by_day_and_in_a_burst(talk: Talk, store: Store) -> None:
    window = Window(start=NOW - timedelta(days=1), end=NOW, due=NOW)
    async with store.write() as tx:
        for kind in ("digest", "burst"):
            whole = delivery("", HERE, kind=kind, id=f"hostile {kind}", version=0, window=window)
            owed = [one for name in ITEMS for one in await outbox.of_item(tx, f"{name}aaaa", workspace="W1")]
            await waiting.settle(tx, [one.id for one in owed], "waiting", NOW)
            assert await waiting.bundle(tx, whole, [one.id for one in owed])
            for where in (HERE, HERE.model_copy(update={"language": "ko", "compact": True})):
                card = await composing.card(tx, where, whole, talk.context.catalogue, lambda: NOW)
                assert amiss(card) == []
                assert "<http://evil.example|FDA>" in as_text(card)


async def test_a_picture_of_hostile_agencies_is_described_in_words_and_drawn_inside_its_lines(talk: Talk) -> None:
    context = replace(talk.context, web_url="https://bot.example.org")
    found = Talk(context, NOW, place=HERE)
    for by in ("agency", "country", "type"):
        card = (await found.reply(f"trends recall by {by}")).card
        (picture,) = [one.picture for one in card.sections if one.picture]
        assert amiss(card) == []
        (shown,) = [one for one in slack.blocks(card) if one["type"] == "image"]
        assert plain.words(shown["alt_text"]) == shown["alt_text"]
        assert picture.url.startswith("https://bot.example.org/chart/")


@pytest.mark.parametrize("name", TITLES, ids=range(len(TITLES)))
def test_a_hostile_name_stays_inside_the_picture_of_a_trend(name: str) -> None:
    weeks = [date(2026, 1, 5) + number * timedelta(days=7) for number in range(13)]
    drawn = Image.open(BytesIO(chart.png(name, weeks, [(name, [1] * 13), (name, [2] * 13), ("KR", [3] * 13)])))
    ground = drawn.getpixel((chart.WIDTH // 2, 20))
    edges = [drawn.getpixel((x, y)) for x in (chart.WIDTH - 20, chart.WIDTH - 12) for y in range(30, chart.HEIGHT - 30)]
    gap = [drawn.getpixel((x, 130)) for x in range(30, chart.WIDTH - 30)]
    assert set(edges) == set(gap) == {ground}, "nothing is written beyond the right edge, or into a second line"


def test_a_report_of_hostile_titles_is_words_and_honest_links() -> None:
    told = tuple(Told(title, "https://evil.example/x", title, NOW, title) for title in TITLES)
    listed = tuple(Listed(title, title, f"https://evil.example/{number}") for number, title in enumerate(TITLES))
    decided = tuple(
        Decided(Decision(workspace="W1", item="i", what="note", reason=title[:500], by="U1", by_name=PEOPLE, at=NOW), title)
        for title in TITLES
    )
    watched = tuple(Watched(watchlist(title, name=title), 1, (title,)) for title in TITLES)
    trend = trends.counted([(title, NOW) for title in TITLES], NOW, "agency")
    sums: dict[str, int] = {}
    made = Report(HERE, NOW, NOW, NOW, 1, 1, 1, 0, watched, sums, told, decided, listed, listed, (1, "x"), (trend,))
    shown = report_page.page(made)
    assert [one for one in shown if one != "\n" and one not in plain.words(one)] == [], (
        "nothing that is not seen, or turns the reading around"
    )
    links = re.findall(r'<a href="([^"]*)"[^>]*>(.*?)</a>', shown)
    assert len(links) == 3 * len(TITLES)
    assert [one for one in links if plain.poses_as_another(unescape(one[1]), unescape(one[0]))] == []
    assert [one for one in ("<http", "<!channel", "<@U123", "<script") if one in shown] == []


async def test_the_home_page_and_each_alert_full_compact_and_brought_up_to_date_are_harmless(talk: Talk, store: Store) -> None:
    request = Request(actor="slack:W1:U1", actor_name=PEOPLE, place=HERE, words="home", now=NOW, personal=True)
    view = slack_views.home(await home.home(request, 1, talk.context), {})
    assert (view_problems(view), dangers(view)) == ([], [])
    async with store.read() as tx:
        for one in ITEMS:
            for told in await outbox.of_item(tx, f"{one}aaaa", workspace="W1"):
                for where in (HERE, HERE.model_copy(update={"compact": True, "language": "ko"})):
                    for kind in ("new", "also"):
                        owed = told.model_copy(update={"kind": kind})
                        assert amiss(await composing.card(tx, where, owed, talk.context.catalogue, lambda: NOW)) == []
                    changed = told.model_copy(update={"kind": "changed", "version": 2})
                    assert amiss(await composing.card(tx, where, changed, talk.context.catalogue, lambda: NOW)) == []
                    assert amiss(await composing.refreshed(tx, where, told, changed, talk.context.catalogue, NOW)) == []
