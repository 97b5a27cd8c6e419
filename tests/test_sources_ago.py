"""Dates told by their distance from the moment of fetching: read where a date stands, and nowhere else."""

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.items import normalise
from bot.model import Entry, SourceKind
from bot.sources import catalogue, parse
from bot.sources.check import check
from bot.sources.parse.ago import ago
from tests.fakes import FakeDoor, rss

SEOUL = ZoneInfo("Asia/Seoul")
NOW = datetime(2026, 7, 5, 15, 30, 20, 5, UTC)  # half past midnight of Monday the 6th in Seoul


@pytest.mark.parametrize(
    "written",
    [
        "3 hours ago", "Posted 3 hours ago", "3 hrs ago", "about 3 hours ago", "three hours ago",
        "<span>3&nbsp;hours ago</span>",
        "등록일: 3시간 전", "3시간전", "약 3시간 전", "3小时前", "3个小时前", "3小時前", "约3小时前", "三小时之前", "3時間前", "約3時間前",
        "il y a 3 heures", "Publié il y a environ 3 heures", "vor 3 Stunden", "vor etwa 3 Std.",
        "hace 3 horas", "há 3 horas", "3 horas atrás",
        "3 ore fa", "3 uur geleden", "3 godziny temu", "3 часа назад", "3 saat önce",
        "för 3 timmar sedan", "for 3 timer siden",
        "3 tuntia sitten", "3 giờ trước", "3 ชั่วโมงที่แล้ว", "3 jam yang lalu", "před 3 hodinami",
        "2 hours and 60 minutes ago", "180 minutes ago",
    ],
)  # fmt: skip
def test_hours_are_counted_back_from_the_moment_of_fetching(written: str) -> None:
    found = ago(written, SEOUL, NOW)
    assert found == NOW.replace(microsecond=0) - timedelta(hours=3)
    assert found.tzinfo is SEOUL


@pytest.mark.parametrize(
    ("days", "written"),
    [
        (0, "today"), (0, "오늘"), (0, "今天"), (0, "本日"), (0, "aujourd’hui"), (0, "Heute"), (0, "hoy"),
        (0, "oggi"),
        (1, "Yesterday"), (1, "어제"), (1, "昨天"), (1, "昨日"), (1, "hier"), (1, "gestern"), (1, "ayer"),
        (1, "ontem"), (1, "i går"),
        (1, "вчера"), (1, "a day ago"), (1, "1 day ago"), (1, "하루 전"), (1, "1일 전"),
        (1, "vor einem Tag"), (1, "il y a un jour"),
        (2, "그저께"), (2, "前天"), (2, "一昨日"), (2, "avant-hier"), (2, "vorgestern"),
        (2, "the day before yesterday"), (2, "两天前"),
        (3, "vor 3 Tagen"), (3, "3 days ago"), (3, "3일 전"), (3, "3天前"), (3, "3日前"), (3, "사흘 전"),
        (3, "hace 3 días"), (3, "3 dni temu"),
    ],
)  # fmt: skip
def test_days_are_those_of_the_sources_own_calendar(days: int, written: str) -> None:
    assert ago(written, SEOUL, NOW) == datetime(2026, 7, 6, tzinfo=SEOUL) - timedelta(days=days)


@pytest.mark.parametrize(
    "written",
    [
        "yesterday at 14:09",
        "Yesterday, 2:09 PM",
        "어제 14:09",
        "어제 오후 2:09",
        "昨天 14:09",
        "昨日 14時09分",
        "hier à 14h09",
        "gestern, 14:09 Uhr",
    ],
)
def test_a_day_with_a_time_is_that_time_of_it(written: str) -> None:
    assert ago(written, SEOUL, NOW) == datetime(2026, 7, 5, 14, 9, tzinfo=SEOUL)


@pytest.mark.parametrize(
    "written", ["just now", "방금 전", "刚刚", "たった今", "à l'instant", "gerade eben", "a few moments ago", "0 minutes ago"]
)
def test_what_has_just_happened_happened_now(written: str) -> None:
    assert ago(written, SEOUL, NOW) == NOW.replace(microsecond=0)


@pytest.mark.parametrize(
    "written",
    [
        "", "3", "3 hours", "3시간", "ago", "in 3 hours", "tomorrow", "내일", "2 weeks ago",
        "1 month ago", "2주 전", "3个月前", "1年前", "last year",
        "999 days ago", "3 days ago in Seoul", "Yesterday's news", "How it was 3 days ago", "昨天的公告",
        "today 23:59", "3 hours agony",
        "hierarchy 10:30", "vor 3 Tagen und Nächten", "version 3 ago", "a" * 5_000,
        "1 day " * 5_000, None, [], 3,
    ],
)  # fmt: skip
def test_what_names_no_day_for_sure_is_no_date(written: object) -> None:
    assert ago(written, SEOUL, NOW) is None


def test_what_the_clock_of_a_source_is_ahead_of_ours_by_is_forgiven() -> None:
    assert ago("today 01:00", SEOUL, NOW) == datetime(2026, 7, 6, 1, tzinfo=SEOUL)


def read(kind: SourceKind, body: str, *, now: datetime | None = NOW, **more: object) -> list[Entry]:
    source = catalogue.adhoc(kind, "https://h.example/").model_copy(update={"timezone": "Asia/Seoul", **more})
    return parse.entries(source, body.encode(), "", source.url, now=now)


FEED = "<rss><channel><item><title>3 days ago</title><guid>1</guid><pubDate>{}</pubDate></item></channel></rss>"
ROW = "<html><body><li><a href='/1'>A recall of 3 days ago</a><time>어제</time></li></body></html>"
IN_XML = {"items": "item", "fields": {"title": "title", "published": "date"}}
ROWS = {"rows": "li", "fields": {"title": "a", "url": "a@href", "published": "time"}}


@pytest.mark.parametrize(
    ("kind", "body", "more"),
    [
        ("feed", FEED.format("어제"), {}),
        ("feed", FEED.format("어제").replace("<item>", "<item>&nbsp;", 1), {}),
        ("feed", json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": [{"title": "A", "date_published": "yesterday"}]}), {}),
        ("json_api", json.dumps([{"title": "A", "date": "yesterday"}]), {}),
        ("xml_api", "<r><item><title>A</title><date>hier</date></item></r>", IN_XML),
        ("listing", ROW, ROWS),
    ],
)  # fmt: skip
def test_every_kind_of_source_reads_them_when_it_was_just_fetched(kind: SourceKind, body: str, more: dict[str, object]) -> None:
    (entry,) = read(kind, body, **more)
    assert entry.published == datetime(2026, 7, 5, tzinfo=SEOUL)
    assert read(kind, body, now=None, **more)[0].published is None


def test_the_words_of_a_title_are_no_date() -> None:
    (entry,) = read("feed", FEED.format(""))
    assert (entry.title, entry.published) == ("3 days ago", None)


def test_a_deadline_is_only_what_is_written_as_a_date() -> None:
    (entry,) = read("json_api", json.dumps([{"title": "A", "due": "today"}]), fields={"title": "title", "comments_due": "due"})
    assert normalise.item(catalogue.adhoc("feed"), entry).deadlines == ()


def test_what_is_known_by_nothing_but_its_title_stays_the_same_while_its_date_moves_on() -> None:
    shown = ["3 hours ago", "yesterday", "6 days ago"]
    for body in (FEED.replace("<guid>1</guid>", ""), "<html><li><b>A notice</b><time>{}</time></li></html>"):
        rows = {} if "rss" in body else {"rows": "li", "fields": {"title": "b", "published": "time"}}
        kind: SourceKind = "listing" if rows else "feed"
        found = [read(kind, body.format(one), now=NOW + turn * timedelta(days=3), **rows)[0] for turn, one in enumerate(shown)]
        assert len({normalise.identity(one) for one in found}) == 1
        assert all(one.published for one in found)


async def test_a_poll_reads_them_against_its_own_moment() -> None:
    feed = rss("a=First")
    body = feed.body.replace(b"</item>", b"<pubDate>3 hours ago</pubDate></item>")
    found = await check(FakeDoor(feed=feed.model_copy(update={"body": body})), catalogue.adhoc("feed", "https://h.example/feed"), NOW)
    assert found.newest == (NOW - timedelta(hours=3)).date()
