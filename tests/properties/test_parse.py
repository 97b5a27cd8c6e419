"""Whatever bytes come, parsing ends as sound entries or as one SourceTrouble."""

from typing import get_args
from urllib.parse import urlsplit

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import SourceTrouble
from bot.model import Source, SourceKind
from bot.sources import catalogue, decode, parse
from bot.sources.parse import clean, dates

SOURCES = [*(catalogue.adhoc(kind) for kind in get_args(SourceKind)), catalogue.load().get("kr-mfds-press")]
TAGS = ["rss", "channel", "item", "/item", "title", "/title", "link", "guid", "pubDate", "feed", "entry", "tr", "a href='/x'", "!--"]
TEXT = [
    "&",
    "&nbsp;",
    "&#0;",
    "{",
    "}",
    "[",
    "]",
    '"title"',
    ":",
    ",",
    '"x"',
    "<!DOCTYPE",
    "<!ENTITY",
    "<![CDATA[",
    "]]>",
    "2026-07-01",
    "식약처",
]
PIECES = st.sampled_from(
    [f"<{tag}>".encode() for tag in TAGS]
    + [text.encode() for text in TEXT]
    + [b"<?xml encoding='euc-kr'?>", "식약처".encode("cp949"), b"\x00", b"\xff", b"\x1b$B", b" "]
)
BODIES = st.one_of(st.binary(max_size=300), st.lists(PIECES, max_size=60).map(b"".join))


@given(BODIES, st.sampled_from(SOURCES))
@settings(deadline=None)
def test_any_bytes_end_as_sound_entries_or_one_trouble(body: bytes, source: Source) -> None:
    try:
        entries = parse.entries(source, body, "", source.url)
    except SourceTrouble:
        return
    for entry in entries:
        assert entry.title == clean.visible(" ".join(entry.title.split()))
        assert 0 < len(entry.title) <= clean.MAX_TITLE
        assert entry.url is None or urlsplit(entry.url).scheme in ("http", "https")
        assert all(date is None or date.tzinfo for date in (entry.published, entry.updated))
        entry.model_dump_json().encode()


@given(st.text(max_size=200).filter(lambda text: "\x1b" not in text), st.sampled_from(["utf-8", "utf-8-sig"]))
def test_utf8_comes_back_as_it_was_written_whatever_is_declared(text: str, codec: str) -> None:
    body = ("식약처 임상시험 " + text).encode(codec)
    assert decode.text(body, "text/html; charset=euc-kr") == "식약처 임상시험 " + text


@given(st.text(max_size=120))
def test_no_text_is_a_date_that_raises(text: str) -> None:
    found = dates.when(text)
    assert found is None or found.tzinfo is not None


@given(st.text(max_size=300))
def test_plain_text_of_plain_text_is_itself_cut(text: str) -> None:
    once = clean.plain(text.replace("<", "").replace("&", ""), 100)
    assert clean.plain(once, 100) == once
    assert len(once) <= 100
