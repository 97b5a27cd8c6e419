"""Feeds as they come: mislabelled, unlabelled, unescaped, cut off, packed, or made to hurt. Each is read right or refused."""

import gzip
from datetime import timedelta

import pytest

from bot.errors import SourceTrouble
from bot.model import Authority, Entry, Source
from bot.sources import parse

KOREAN, CHINESE, JAPANESE = "의약품 임상시험 계획 승인", "药物临床试验技术指导原则", "治験の実施に関する留意事項"


def read(body: bytes, language: str = "en") -> list[Entry]:
    source = Source(
        id="odd",
        name="Odd",
        authority=Authority(id="odd", name="Odd", short="Odd", jurisdiction="INT"),
        jurisdiction="INT",
        language=language,
        tier="official",
        kind="feed",
        url="https://odd.example/feed",
        interval=timedelta(minutes=15),
    )
    return parse.entries(source, body, "", source.url)


def feed(title: str, label: str = "") -> str:
    declared = f' encoding="{label}"' if label else ""
    return f'<?xml version="1.0"{declared}?><rss version="2.0"><channel><title>f</title><item><title>{title}</title></item></channel></rss>'


@pytest.mark.parametrize(
    ("title", "codec", "label", "language"),
    [
        (KOREAN, "utf-8", "utf-8", "ko"),
        (KOREAN, "utf-8-sig", "utf-8", "ko"),
        (KOREAN, "utf-16", "utf-16", "ko"),
        ("Médicament “essai”", "cp1252", "windows-1252", "fr"),
        (KOREAN, "euc-kr", "euc-kr", "ko"),
        (CHINESE, "gb18030", "gb18030", "zh"),
        (JAPANESE, "shift_jis", "shift_jis", "ja"),
        (JAPANESE, "euc-jp", "euc-jp", "ja"),
        ("임상시험 뷁", "cp949", "euc-kr", "ko"),
        ("治験①㈱", "cp932", "shift_jis", "ja"),
        ("药物㐀临床", "gb18030", "gb2312", "zh"),
        (KOREAN, "euc-kr", "ks_c_5601-1987", "ko"),
        (KOREAN, "euc-kr", "", "ko"),
        (KOREAN, "euc-kr", "utf-8", "ko"),
        (KOREAN, "utf-8", "euc-kr", "ko"),
        (KOREAN, "utf-8", "iso-8859-1", "ko"),
    ],
)
def test_every_charset_is_read_whatever_the_label_says(title: str, codec: str, label: str, language: str) -> None:
    assert [entry.title for entry in read(feed(title, label).encode(codec), language)] == [title]


@pytest.mark.parametrize(
    ("written", "title"),
    [("a\x0bb", "ab"), ("R&D approval", "R&D approval"), ("A&nbsp;B", "A B"), ("&", "&"), ("A &amp; B", "A & B"), ("&copy; A", "© A")],
)
def test_what_xml_does_not_allow_is_read_as_it_was_meant(written: str, title: str) -> None:
    assert [entry.title for entry in read(feed(written).encode())] == [title]


@pytest.mark.parametrize("language", ["", "ko"])
@pytest.mark.parametrize("codec", ["euc-kr", "cp949"])
def test_a_title_in_an_unnamed_charset_is_read_also_among_forty_english_ones(codec: str, language: str) -> None:
    items = "".join(f"<item><title>{title}</title></item>" for title in (KOREAN, *(f"FDA approves drug {n}" for n in range(40))))
    found = read(f"<?xml version='1.0'?><rss version='2.0'><channel>{items}</channel></rss>".encode(codec), language)
    assert (len(found), found[0].title) == (41, KOREAN)


def test_rdf_and_json_feeds_are_read() -> None:
    rdf = "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/'><channel/><item><title>t</title></item></rdf:RDF>"
    assert [entry.title for entry in read(rdf.encode())] == ["t"]
    assert [entry.title for entry in read(b'{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "title": "t"}]}')] == [
        "t"
    ]


@pytest.mark.parametrize("body", [b"", b"<!DOCTYPE html><html><head><title>Access denied</title></head><body>&nbsp;</body></html>"])
def test_what_is_no_feed_is_refused(body: bytes) -> None:
    with pytest.raises(SourceTrouble, match=r"empty body|web page"):
        read(body)


def test_a_leading_blank_line_does_no_harm() -> None:
    assert [entry.title for entry in read(b"\n" + feed("t").encode())] == ["t"]


def test_a_body_cut_off_gives_the_entries_before_the_cut() -> None:
    items = "".join(f"<item><title>Title {number}</title></item>" for number in range(5))
    assert len(read(f"<rss><channel>{items}<item><tit".encode())) >= 5


def test_a_feed_packed_with_gzip_without_saying_so_is_read() -> None:
    assert [entry.title for entry in read(gzip.compress(feed("t").encode()))] == ["t"]


def test_deep_markup_is_read_in_time() -> None:
    deep = "<b>" * 20_000 + "t" + "</b>" * 20_000
    assert read(f"<rss><channel><item><title>A</title><description>{deep}</description></item></channel></rss>".encode())[0].title == "A"


@pytest.mark.parametrize(
    "doctype",
    [
        "<!DOCTYPE r [<!ENTITY a 'lol'>" + "".join(f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>" for n in range(9)) + "]>",
        f"<!DOCTYPE r [<!ENTITY a '{'x' * 100_000}'>]>",
        "<!DOCTYPE r [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>",
    ],
    ids=["billion laughs", "quadratic", "external"],
)
def test_a_document_that_defines_entities_is_refused(doctype: str) -> None:
    with pytest.raises(SourceTrouble, match="entities"):
        read((doctype + feed("&a;").partition("?>")[2]).encode())
