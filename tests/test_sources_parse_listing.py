"""Lists on web pages, by CSS selectors."""

import pytest

from bot.errors import SourceTrouble
from bot.model import Entry, Source
from bot.sources import catalogue, parse

PAGE = catalogue.adhoc("listing", "https://h.example/brd/list.do?page=1")
TABLE = """<html><head><meta charset="euc-kr"></head><body><table>
<tr><th>제목</th><th>날짜</th></tr>
<tr><td><a href="./view.do?seq=1&amp;page=1" title=" 2026-07-01 ">첫 <em>번째</em><br>공지</a></td><td>2026. 7. 1.</td></tr>
<tr><td><a href="javascript:void(0)">스크립트</a></td><td></td></tr>
<tr><td><a href="/x"></a></td><td></td></tr>
<tr><td><a href="//other.example/2">둘째</a></td><td>조회 5</td></tr>
</table></body></html>"""


def entries(text: str | bytes, source: Source = PAGE) -> list[Entry]:
    return parse.entries(source, text if isinstance(text, bytes) else text.encode("cp949"), "", source.url)


def listing(rows: str, **fields: str) -> Source:
    return PAGE.model_copy(update={"rows": rows, "fields": fields, "timezone": "Asia/Seoul"})


def test_rows_are_read_by_their_selectors_and_decoration_is_left_out() -> None:
    read = entries(TABLE, listing("tr", title="td a", url="td a@href", published="td:nth-child(2)", tip="a@title"))
    assert [(entry.title, entry.url) for entry in read] == [
        ("첫 번째 공지", "https://h.example/brd/view.do?seq=1&page=1"),
        ("둘째", "https://other.example/2"),
    ]
    assert [entry.published.date().isoformat() if entry.published else None for entry in read] == ["2026-07-01", None]
    assert read[0].fields == {"tip": "2026-07-01"}


def test_identity_is_taken_from_the_link() -> None:
    source = listing("td a").model_copy(update={"identity": "query:seq"})
    assert [entry.key for entry in entries(TABLE, source)] == ["1", None]


def test_without_selectors_the_links_of_the_main_content_are_the_rows() -> None:
    page = '<nav><a href="/home">Home</a></nav><main><a href="a">A</a></main>'
    assert [entry.title for entry in entries(page)] == ["A"]
    assert [entry.title for entry in entries('<a href="/only">Only</a>')] == ["Only"]


def test_the_base_of_the_page_is_honoured_if_it_is_a_web_address() -> None:
    assert entries('<base href="https://cdn.example/d/"><a href="x">t</a>')[0].url == "https://cdn.example/d/x"
    assert entries('<base href="javascript:x"><a href="x">t</a>')[0].url == "https://h.example/brd/x"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "an empty body"),
        (b"[ERROR fetching https://x.example]: 403 Client Error: Forbidden", "plain text"),
        (b"<?xml version='1.0'?><rss/>", "XML"),
        (b"<html><body>The service is closed for maintenance.</body></html>", "none of the rows"),
        (b"\x00<\xff" * 50, "instead of a web page"),
    ],
)
def test_a_page_without_its_rows_is_trouble_not_an_empty_list(body: bytes, said: str) -> None:
    with pytest.raises(SourceTrouble, match=said) as caught:
        entries(body)
    assert caught.value.fault == "not_a_source"


def test_markup_beyond_memory_is_refused_and_deep_markup_is_read() -> None:
    with pytest.raises(SourceTrouble) as caught:
        entries(b"<p>" * 500_000)
    assert caught.value.fault == "too_large"
    assert entries(b"<div>" * 20_000 + b'<a href="/x">deep</a>')[0].title == "deep"
