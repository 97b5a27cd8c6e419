"""Answers of JSON APIs, by field map or by the usual names."""

import json
from typing import Any

import pytest

from bot.errors import SourceTrouble
from bot.model import Entry, Source
from bot.sources import catalogue, parse

API = catalogue.adhoc("json_api", "https://api.example/v1/list")


def entries(data: Any, source: Source = API) -> list[Entry]:
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    return parse.entries(source, body, "application/json", source.url)


def mapped(items: str = "", **fields: str) -> Source:
    return API.model_copy(update={"items": items, "fields": fields})


def test_a_field_map_says_where_everything_is_and_further_names_become_fields() -> None:
    data = {
        "a": {
            "b": [
                {
                    "n": 7,
                    "t": "<b>T</b> &amp; more",
                    "u": "/x",
                    "when": "2026-07-01",
                    "due": "Sep 4, 2026",
                    "tags": ["x", 1, None],
                    "ok": True,
                }
            ]
        }
    }
    source = mapped("a.b", key="n", title="t", url="u", published="when", comments_due="due", tags="tags", ok="ok", gone="missing")
    (entry,) = entries(data, source)
    assert (entry.key, entry.title, entry.url) == ("7", "T & more", "https://api.example/x")
    assert entry.published is not None
    assert entry.fields == {"comments_due": "2026-09-04", "tags": "x, 1", "ok": "true"}


def test_a_cell_of_html_gives_its_text_to_the_title_and_its_address_to_the_link() -> None:
    (entry,) = entries([{"cell": '<a class="x" href="/doc?a=1&amp;b=2">Guidance</a>'}], mapped(title="cell", url="cell"))
    assert (entry.title, entry.url) == ("Guidance", "https://api.example/doc?a=1&b=2")


def test_a_list_of_addresses_is_a_list_of_entries() -> None:
    for source in (API, mapped(key="@", title="@", url="@")):
        (entry,) = entries(["https://x.example/a"], source)
        assert (entry.key, entry.title, entry.url) == ("https://x.example/a",) * 3


def test_identity_can_be_a_field() -> None:
    source = mapped(title="t", number="n").model_copy(update={"identity": "field:number"})
    assert entries([{"t": "x", "n": "2026-1"}], source)[0].key == "2026-1"


def test_one_bad_record_never_loses_the_others() -> None:
    data: list[Any] = [{"title": "a"}, None, 5, "text", [], {"title": {"deep": 1}}, {"title": ["b", "c"]}, {"title": "\ud800d"}]
    assert [entry.title for entry in entries(data, mapped(title="title"))] == ["a", "b, c", "d"]


@pytest.mark.parametrize(
    "data",
    [
        [{"title": "t", "link": "https://x.example/1", "pubDate": "2026-07-01", "seq": "5"}],
        {"meta": {"results": {"total": 1}}, "results": [{"title": "t", "url": "https://x.example/1", "date": "20260701", "id": 5}]},
        {"response": {"body": {"items": [{"TITLE": "t", "URL": "https://x.example/1", "published": "2026. 7. 1.", "ID": "5"}]}}},
        {"title": "t", "url": "https://x.example/1", "created": "2026-07-01", "id": "5", "tags": ["a"]},
    ],
)
def test_without_a_field_map_the_usual_names_are_found(data: Any) -> None:
    (entry,) = entries(data)
    assert (entry.title, entry.url, entry.key) == ("t", "https://x.example/1", "5")
    assert entry.published is not None
    assert entry.published.date().isoformat() == "2026-07-01"


def test_json_lines_are_read_as_a_list() -> None:
    assert [entry.title for entry in entries(b'{"title": "a"}\n\n{"title": "b"}\n')] == ["a", "b"]


def test_an_empty_list_has_no_entries() -> None:
    assert entries([]) == entries({"results": []}) == entries({"r": []}, mapped("r", title="t")) == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "an empty body"),
        (b"<html></html>", "a web page or XML"),
        (b"<OpenAPI_ServiceResponse>", "a web page or XML"),
        (b"[ERROR fetching https://x]: 403", "broken JSON"),
        (b'{"a": ', "broken JSON"),
        (b"sorry", "plain text"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[" + b"9" * 10_000 + b"]", "broken JSON"),
        (b"12", "no list in it"),
        (b"null", "no list in it"),
        (b'{"error": {"message": "API key missing"}}', "API key missing"),
        (b'[{"x": ""}]', "none has a title"),
    ],
)
def test_what_is_no_answer_is_one_trouble_that_says_so(body: bytes, said: str) -> None:
    with pytest.raises(SourceTrouble) as caught:
        entries(body)
    assert caught.value.fault == "not_a_source"
    assert said in caught.value.sentence


def test_a_list_that_is_not_where_the_catalogue_says_is_trouble() -> None:
    with pytest.raises(SourceTrouble, match='where "results" points; it says "quota"'):
        entries({"message": "quota"}, mapped("results", title="t"))


@pytest.mark.parametrize("body", [b"[" + b"{}," * 300_000 + b"{}]", b'["' + b'","'.join([b"x"] * 30_000) + b'"]'])
def test_more_values_than_memory_allows_are_refused(body: bytes) -> None:
    with pytest.raises(SourceTrouble) as caught:
        entries(body)
    assert caught.value.fault == "too_large"
