"""An address in, something that can be polled out: the feed, the list or the page; or a refusal that says what to do."""

import json
from pathlib import Path

import pytest

from bot.errors import SettingsError, SourceTrouble
from bot.sources import addresses, catalogue
from bot.sources.added import added
from bot.sources.discovery import Discovered, discover
from bot.sources.door import Fetched
from tests.builders import NOW
from tests.fakes import rss
from tests.test_schedules_poll import source

SITE = "https://news.example.kr"
LIST = "".join(
    f'<li class="row n{number}"><a href="/view?seq={number}">의약품 안전성 서한 제{number}호 안내</a></li>' for number in range(8)
)
NAV = "<nav>" + "".join(f'<a href="/menu/{number}">A long enough menu entry {number}</a>' for number in range(30)) + "</nav>"


class Site:
    """A web site of paths; what is not there is a 404. `asked` keeps the paths that were asked for."""

    def __init__(self, **pages: str | Fetched | SourceTrouble) -> None:
        self.pages = {"/" + path.replace("__", "/").replace("_", "."): page for path, page in pages.items()}
        self.asked: list[str] = []

    async def get(self, url: str, **_: object) -> Fetched:
        path = url.removeprefix(SITE) or "/"
        self.asked.append(path)
        page = self.pages.get(path, SourceTrouble(f"{url} has no such page now (HTTP 404).", fault="http_error", status=404))
        if isinstance(page, SourceTrouble):
            raise page
        if isinstance(page, Fetched):
            return page.model_copy(update={"url": url})
        return Fetched(status=200, body=page.encode(), url=url, content_type="text/html; charset=utf-8")


def html(head: str = "", body: str = "<h1>News</h1>", language: str = "ko") -> str:
    return f'<!doctype html><html lang="{language}"><head><title>식약처 소식</title>{head}</head><body>{NAV}{body}</body></html>'


def link(href: str, media: str = "application/rss+xml") -> str:
    return f'<link rel="alternate" type="{media}" href="{href}">'


async def test_the_address_of_a_feed_is_that_feed() -> None:
    found = await discover(Site(rss=rss("1=A recall", "2=B")), f"{SITE}/rss", NOW)
    assert (found.kind, found.url, found.total, found.title) == ("feed", f"{SITE}/rss", 2, "t")
    assert [one.title for one in found.entries] == ["A recall", "B"]


@pytest.mark.parametrize(
    "head",
    [
        link("/x/news.xml"),
        link("x/news.xml", "application/atom+xml"),
        link("https://news.example.kr/x/news.xml") + link("/comments/feed"),
        link("/gone.xml") + link("/x/news.xml"),
        '<base href="https://news.example.kr/x/">' + link("news.xml"),
    ],
)
async def test_a_page_that_names_its_feed(head: str) -> None:
    found = await discover(Site(news=html(head), x__news_xml=rss("A recall")), f"{SITE}/news", NOW)
    assert (found.kind, found.url) == ("feed", f"{SITE}/x/news.xml")


async def test_a_page_that_only_shows_a_link_to_its_feed() -> None:
    page = html(body='<a href="/board/rss.do?id=7">RSS</a>')
    site = Site(news=page)
    site.pages["/board/rss.do?id=7"] = rss("A recall")
    assert (await discover(site, f"{SITE}/news", NOW)).url == f"{SITE}/board/rss.do?id=7"


@pytest.mark.parametrize(
    "path", ["feed", "rss", "rss.xml", "atom.xml", "feed.xml", "index.xml", "feeds", "feed.json", "en/news/feed", "en/news/rss.xml"]
)
async def test_feeds_are_looked_for_where_they_usually_are(path: str) -> None:
    site = Site(en__news=html())
    body = {"version": "https://jsonfeed.org/version/1.1", "title": "t", "items": [{"id": "1", "url": f"{SITE}/1", "title": "A recall"}]}
    site.pages[f"/{path}"] = Fetched(status=200, body=json.dumps(body).encode(), url="") if path.endswith("json") else rss("A recall")
    found = await discover(site, f"{SITE}/en/news", NOW)
    assert (found.kind, found.url, found.total) == ("feed", f"{SITE}/{path}", 1)


async def test_a_page_without_a_feed_that_lists_publications_is_a_list() -> None:
    found = await discover(Site(board=html(body=f'<div id="main"><ul class="list">{LIST}</ul></div>')), f"{SITE}/board", NOW)
    assert (found.kind, found.total, found.title, found.language) == ("listing", 8, "식약처 소식", "ko")
    assert found.entries[0].title == "의약품 안전성 서한 제0호 안내"
    assert found.entries[0].url == f"{SITE}/view?seq=0"
    assert "menu" not in found.rows
    assert "n0" not in found.rows  # a class that is one row's own


async def test_a_page_without_a_list_is_watched_itself() -> None:
    text = "<main><h1>Guidance</h1><p>This page holds one text that is changed from time to time, and nothing else.</p></main>"
    found = await discover(Site(page=html(body=text)), f"{SITE}/page", NOW)
    assert (found.kind, found.total, found.entries[0].title) == ("page", 1, "Guidance")


async def test_an_api_that_answers_with_records_is_read_as_one() -> None:
    body = {"results": [{"id": 1, "title": "A recall", "url": f"{SITE}/1"}]}
    found = await discover(Site(api=Fetched(status=200, body=json.dumps(body).encode(), url="")), f"{SITE}/api", NOW)
    assert (found.kind, found.entries[0].title) == ("json_api", "A recall")


@pytest.mark.parametrize(
    ("page", "says", "advice"),
    [
        (SourceTrouble("It asks for a login or a key (HTTP 401).", fault="http_error", status=401), "a key", "belongs in the catalogue"),
        (SourceTrouble("It refuses programs (HTTP 403).", fault="blocked", status=403), "refuses programs", "RSSHub"),
        (SourceTrouble("It was not fetched: port 22 is not a web port.", fault="refused"), "port 22", "REGWATCH_FETCH_ALLOW"),
        (SourceTrouble("It is larger than 8 MB.", fault="too_large"), "8 MB", "lists only what is new"),
        (SourceTrouble("It cannot be reached.", fault="unreachable"), "reached", "spelling"),
        (Fetched(status=200, body=b"%PDF-1.7 binary", url="", content_type="application/pdf"), "application/pdf", "a page that lists"),
        (Fetched(status=200, body=b'{"status": "down"}', url=""), "", "a page that lists"),
        (rss(), "shows no entry", "a page that lists"),
    ],
)
async def test_what_cannot_be_polled_is_refused_with_what_to_do(page: Fetched | SourceTrouble, says: str, advice: str) -> None:
    with pytest.raises(SourceTrouble) as caught:
        await discover(Site(x=page), f"{SITE}/x", NOW)
    assert says in caught.value.sentence
    assert advice in caught.value.hint


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("https://a.org/x", "https://a.org/x"),
        (" <https://a.org/x> ", "https://a.org/x"),
        ("a.org/x", "https://a.org/x"),
        ("feed://a.org/x", "https://a.org/x"),
        ("feed:https://a.org/x", "https://a.org/x"),
        ("http://a.org", "http://a.org"),
        ("file:///etc/passwd", "file:///etc/passwd"),
    ],
)
def test_an_address_is_taken_as_people_type_it(typed: str, meant: str) -> None:
    assert addresses.typed(typed) == meant


@pytest.mark.parametrize(
    ("host", "jurisdiction"),
    [("a.go.kr", "KR"), ("fda.gov", "US"), ("a.gov.uk", "GB"), ("ema.europa.eu", "EU"), ("who.int", "INT"), ("a.com", "INT")],
)
def test_the_country_of_an_unknown_site_is_that_of_its_name(host: str, jurisdiction: str) -> None:
    made = added(Discovered(kind="feed", url=f"https://www.{host}/rss"), "W1", [])
    assert (made.jurisdiction, made.name, made.authority.short, made.tier) == (jurisdiction, host, host, "trade")


def test_a_site_the_catalogue_knows_gives_its_authority_and_time_zone() -> None:
    known = source("a", url="https://www.mfds.go.kr/rss", timezone="Asia/Seoul")
    found = Discovered(kind="listing", url="https://mfds.go.kr/other", title="Other board", rows="ul a")
    made = added(found, "W1", [known], name="Mine")
    assert (made.name, made.authority, made.timezone, made.tier, made.rows) == ("Mine", known.authority, "Asia/Seoul", "official", "ul a")
    assert made.id != added(found, "W2", [known]).id
    assert made.id == added(found, "W1", []).id


def test_no_catalogue_file_may_use_the_ids_of_added_sources(tmp_path: Path) -> None:
    text = '[authority]\nid = "a"\nname = "A"\njurisdiction = "KR"\n[[source]]\nid = "added-x"\nname = "X"\nlanguage = "ko"\n'
    text += 'tier = "official"\nkind = "feed"\nurl = "https://example.org/"\n'
    (tmp_path / "a.toml").write_text(text)
    with pytest.raises(SettingsError, match="sources added in chat"):
        catalogue.load(tmp_path, True)
