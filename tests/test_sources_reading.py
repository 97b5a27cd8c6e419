"""Asking a source of the catalogue: its key, its pages, its body; and that a key leaves in the request and nowhere else."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.errors import SettingsError, SourceTrouble
from bot.model import Entry, Paging, Source
from bot.settings import Settings, for_sources
from bot.sources import catalogue, parse, secret
from bot.sources.door import Fetched
from bot.sources.fetch import Fetcher
from bot.sources.reading import read
from tests.feed_server import Asked, FeedServer, answer

KEY = "s3cret+key/of=ours=="
ENCODED = "s3cret%2Bkey%2Fof%3Dours%3D%3D"
FIELDS = {"title": "title", "url": "link"}


@pytest.fixture
async def server() -> AsyncIterator[FeedServer]:
    async with FeedServer() as running:
        yield running


@pytest.fixture
async def fetcher(server: FeedServer) -> AsyncIterator[Fetcher]:
    async with Fetcher(frozenset({server.pair}), deadline=5.0) as running:
        yield running


def api(url: str, **more: object) -> Source:
    return catalogue.adhoc("json_api", url).model_copy(update={"items": "rows", "fields": FIELDS, **more})


async def entries(fetcher: Fetcher, source: Source) -> list[Entry]:
    got = await read(fetcher, source)
    assert isinstance(got, Fetched)
    return parse.entries(source, got.body, got.content_type, got.url)


def shipped(*names: str, **settings: str) -> list[Source]:
    loaded = catalogue.load(settings=settings)
    return [loaded.get(name) for name in names]


def test_a_source_whose_setting_is_missing_is_off_and_says_what_it_needs() -> None:
    letters, hub, pink = shipped("kr-mfds-safety-letters-api", "cn-nmpa-announcements-rsshub", "trade-pink-sheet")
    assert [one.enabled for one in (letters, hub, pink)] == [False] * 3
    assert letters.disabled_because == "It needs a service key of data.go.kr (free after registering), in REGWATCH_DATA_GO_KR_KEY."
    assert hub.disabled_because == "It needs the address of your own RSSHub, in REGWATCH_RSSHUB_URL."
    assert "REGWATCH_PINK_SHEET_FEED" in pink.disabled_because


def test_with_its_setting_a_source_is_on() -> None:
    settings = {"DATA_GO_KR_KEY": KEY, "RSSHUB_URL": "https://hub.example/", "PINK_SHEET_FEED": "https://feeds.example/me"}
    letters, hub, pink = shipped("kr-mfds-safety-letters-api", "cn-nmpa-announcements-rsshub", "trade-pink-sheet", **settings)
    assert [one.enabled for one in (letters, hub, pink)] == [True] * 3
    assert (letters.secret, pink.secret) == (KEY, "https://feeds.example/me")
    assert hub.url == "https://hub.example/gov/nmpa/xxgk/ggtg"


@pytest.mark.parametrize("setting", ["RSSHUB_URL", "PINK_SHEET_FEED"])
def test_an_address_setting_that_is_none_stops_the_start_without_showing_it(setting: str) -> None:
    with pytest.raises(SettingsError, match=f"REGWATCH_{setting} is not a web address") as caught:
        catalogue.load(settings={setting: "hub.local/token"})
    assert "token" not in str(caught.value)


def test_sources_are_given_their_own_settings_and_no_token(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("REGWATCH_FROM_FILE=one\nREGWATCH_SLACK_APP_TOKEN=xapp-1\n")
    for name, value in {"ACME_KEY": "two", "SLACK_BOT_TOKEN": "xoxb-1", "DATABASE_URL": "sqlite:///x.db", "RSSHUB_URL": " "}.items():
        monkeypatch.setenv(f"REGWATCH_{name}", value)
    monkeypatch.setenv("REGWATCH_DATA_GO_KR_KEY", KEY)
    assert for_sources(Settings()) == {"FROM_FILE": "one", "ACME_KEY": "two", "DATA_GO_KR_KEY": KEY}


def test_a_key_is_in_no_dump_no_repr_and_no_comparison() -> None:
    (letters,) = shipped("kr-mfds-safety-letters-api", DATA_GO_KR_KEY=KEY)
    assert KEY not in letters.model_dump_json() + repr(letters) + str(letters)


@pytest.mark.parametrize("written", [KEY, ENCODED])
async def test_the_key_stands_where_the_catalogue_says_encoded_once(server: FeedServer, fetcher: Fetcher, written: str) -> None:
    url = server.says("/api", "200 OK", body=b'{"rows": []}')
    keyed = api(url, query={"serviceKey": "{credential}"}, headers={"X-Key": "Bearer {credential}"}).with_secret(written)
    await read(fetcher, keyed)
    assert server.asked[0].target == f"/api?serviceKey={ENCODED}"
    assert server.asked[0].headers["x-key"] == f"Bearer {KEY}"


async def test_a_key_in_a_json_body_is_written_as_json(server: FeedServer, fetcher: Fetcher) -> None:
    url = server.says("/api", "200 OK", body=b'{"rows": []}')
    await read(fetcher, api(url, method="POST", body='{"key": "{credential}", "page": 1}').with_secret('a"b'))
    assert json.loads(server.asked[0].body) == {"key": 'a"b', "page": 1}
    assert server.asked[0].headers["content-type"] == "application/json"


async def test_a_key_that_a_server_repeats_is_in_nothing_we_keep(server: FeedServer, fetcher: Fetcher) -> None:
    row = {"title": f"Your key {KEY}", "link": f"/view?OC={ENCODED}&id=7#top", "note": f"https://h.example/x?k={ENCODED}", "id": f"{KEY}-7"}
    said = json.dumps({"rows": [row, {"title": "b", "link": "?page=2"}]}).encode()
    start = server.says("/api", "307 Go", {"Location": f"/moved?again={ENCODED}"})
    server.says("/moved", "200 OK", body=said)
    fields = {**FIELDS, "note": "note", "key": "id"}
    keyed = api(start, query={"k": "{credential}"}, fields=fields).with_secret(KEY)
    got = await entries(fetcher, keyed)
    kept = json.dumps([one.model_dump(mode="json") for one in got])
    assert KEY not in kept
    assert ENCODED not in kept
    assert got[0].url == server.url("/view?id=7#top")
    answered = await read(fetcher, keyed)
    assert isinstance(answered, Fetched)
    assert answered.url == server.url("/moved")


async def test_a_short_key_is_taken_out_of_links_without_touching_words(server: FeedServer, fetcher: Fetcher) -> None:
    said = {"rows": [{"title": "A test of tests", "link": "https://h.example/v?OC=test&id=1"}]}
    url = server.says("/api", "200 OK", body=json.dumps(said).encode())
    (got,) = await entries(fetcher, api(url, query={"OC": "{credential}"}).with_secret("test"))
    assert (got.title, got.url) == ("A test of tests", "https://h.example/v?id=1")


@pytest.mark.parametrize("status", ["200 OK", "403 No", "404 No", "302 Found"])
async def test_no_trouble_shows_the_key(server: FeedServer, fetcher: Fetcher, status: str) -> None:
    said = json.dumps({"message": f"the key {KEY} ({ENCODED}) is unknown"}).encode()
    headers = {"Location": f"http://10.0.0.1/{ENCODED}"} if status.startswith("302") else {}
    keyed = api(server.says("/api", status, headers, said), query={"k": "{credential}"}).with_secret(KEY)
    with pytest.raises(SourceTrouble) as caught:
        await entries(fetcher, keyed)
    shown = f"{caught.value} {caught.value.url} {caught.value.hint} {caught.value.__cause__}"
    assert KEY not in shown
    assert ENCODED not in shown


async def test_a_source_whose_whole_address_is_secret_is_called_by_its_name(server: FeedServer, fetcher: Fetcher) -> None:
    address = server.says("/users/t0ken/feed", "404 Gone")
    (pink,) = shipped("trade-pink-sheet", PINK_SHEET_FEED=address)
    with pytest.raises(SourceTrouble) as caught:
        await read(fetcher, pink)
    assert "t0ken" not in str(caught.value) + caught.value.url
    assert caught.value.sentence.startswith("Pink Sheet")
    assert secret.link(pink, address) == ""


async def test_pages_are_read_until_one_is_empty(server: FeedServer, fetcher: Fetcher) -> None:
    async def script(asked: Asked, writer: asyncio.StreamWriter) -> None:
        page = int(asked.target.rpartition("page=")[2])
        rows = [{"title": f"{page}.{n}"} for n in range(2 if page < 3 else 0)]
        writer.write(answer("200 OK", {}, json.dumps({"rows": rows}).encode()))

    source = api(server.runs("/api", script), fields={"title": "title"}, paging=Paging(parameter="page", pages=9))
    assert [one.title for one in await entries(fetcher, source)] == ["1.0", "1.1", "2.0", "2.1"]
    assert len(server.asked) == 3


async def test_pages_are_never_more_than_the_catalogue_allows_and_a_repeated_one_is_the_last(server: FeedServer, fetcher: Fetcher) -> None:
    same = api(server.says("/same", "200 OK", body=b'{"rows": [{"title": "a"}]}'), paging=Paging(parameter="p", first=0, step=100, pages=5))
    assert len(await entries(fetcher, same)) == 1
    assert [asked.target for asked in server.asked] == ["/same?p=0", "/same?p=100"]


async def test_the_next_page_is_the_one_the_answer_names_on_the_same_host(server: FeedServer, fetcher: Fetcher) -> None:
    server.says("/two", "200 OK", body=b'{"rows": [{"title": "b"}], "next": null}')
    one = server.says("/one", "200 OK", body=b'{"rows": [{"title": "a"}], "next": "/two"}')
    source = api(one, headers={"X-Key": "{credential}"}, paging=Paging(next="next")).with_secret(KEY)
    assert [entry.title for entry in await entries(fetcher, source)] == ["a", "b"]
    away = server.says("/away", "200 OK", body=b'{"rows": [{"title": "a"}], "next": "https://elsewhere.example/"}')
    with pytest.raises(SourceTrouble, match="another host"):
        await entries(fetcher, source.model_copy(update={"url": away}))


async def test_pages_together_stay_under_the_cap(server: FeedServer, fetcher: Fetcher) -> None:
    visits = 0

    async def script(asked: Asked, writer: asyncio.StreamWriter) -> None:
        nonlocal visits
        visits += 1
        body = json.dumps({"rows": [{"title": str(visits)}], "filler": "x" * 3_000_000}).encode()
        writer.write(answer("200 OK", {}, body))

    with pytest.raises(SourceTrouble) as caught:
        await read(fetcher, api(server.runs("/api", script), paging=Paging(parameter="p", pages=9)))
    assert caught.value.fault == "too_large"
