"""Bytes become the text that was meant, whatever their label says."""

import codecs
import gzip
import zlib

import pytest

from bot.errors import SourceTrouble
from bot.sources import decode

KOREAN, JAPANESE, CHINESE, TAIWANESE = "식약처 임상시험 뷁", "①㈱医薬品の承認", "药品审评中心镕𠀀", "衛生福利部食品藥物管理署"


def declared(text: str, codec: str, label: str) -> bytes:
    return f'<?xml version="1.0" encoding="{label}"?><t>{text}</t>'.encode(codec)


@pytest.mark.parametrize(
    ("text", "codec", "label"),
    [
        (KOREAN, "cp949", "euc-kr"),
        (KOREAN, "cp949", "EUC-KR"),
        (KOREAN, "cp949", "ks_c_5601-1987"),
        (JAPANESE, "cp932", "Shift_JIS"),
        (JAPANESE, "cp932", "windows-31j"),
        ("医薬品の承認", "euc_jp", "EUC-JP"),
        ("医薬品の承認", "iso2022_jp", "iso-2022-jp"),
        (CHINESE, "gb18030", "gb2312"),
        (CHINESE, "gb18030", "gbk"),
        (TAIWANESE, "big5hkscs", "Big5"),
        ("naïve “quotes” €", "cp1252", "iso-8859-1"),
        ("Příliš", "cp1250", "windows-1250"),
        (KOREAN, "utf-8", "utf-8"),
        (KOREAN, "utf-8", "euc-kr"),
        (CHINESE, "utf-8", "gb2312"),
        (KOREAN + " é", "utf-8", "iso-8859-1"),
        (KOREAN, "utf-8", "klingon-8"),
        (KOREAN, "utf-8", "rot13"),
    ],
)
def test_a_declared_charset_is_read_as_what_real_bytes_under_that_label_are(text: str, codec: str, label: str) -> None:
    body = declared(text, codec, label)
    assert text in decode.text(body)
    assert text.encode() in decode.xml(body)
    html = f'<html><head><meta http-equiv="Content-Type" content="text/html; charset={label}"></head>{text}</html>'.encode(codec)
    assert text in decode.text(html)
    assert text in decode.text(text.encode(codec) + b"\n", f"text/html; charset={label}")


@pytest.mark.parametrize(
    ("text", "codec", "fallback", "language"),
    [
        (KOREAN, "cp949", "euc-kr", "ko"),
        (KOREAN, "cp949", "", "ko"),
        (JAPANESE, "cp932", "", "ja"),
        ("医薬品の承認について", "euc_jp", "", "ja"),
        (CHINESE, "gb18030", "", "zh"),
        (TAIWANESE, "big5hkscs", "", "zh-Hant"),
        ("식약처 임상시험", "cp949", "", ""),
        ("医薬品の承認について", "euc_jp", "", ""),
        ("医薬品の承認について", "cp932", "", ""),
        ("国家药品监督管理局关于发布", "gb18030", "", ""),
        (TAIWANESE, "big5hkscs", "", ""),
        ("Über die Änderung für Ärzte", "cp1252", "", "de"),
        ("naïve café résumé", "cp1252", "", ""),
    ],
)
def test_undeclared_or_wrongly_declared_bytes_are_read_in_the_charset_of_their_source(
    text: str, codec: str, fallback: str, language: str
) -> None:
    for body in (f"<t>{text}</t>".encode(codec), declared(text, codec, "utf-8")):
        assert text in decode.text(body, "", fallback, language)
        assert text.encode() in decode.xml(body, "", fallback, language)


@pytest.mark.parametrize(
    ("mark", "codec"),
    [(codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
     (codecs.BOM_UTF32_LE, "utf-32-le"), (b"", "utf-16-le"), (b"", "utf-16-be")],
)  # fmt: skip
def test_a_byte_order_mark_or_utf16_itself_says_the_charset(mark: bytes, codec: str) -> None:
    body = mark + declared(KOREAN, codec, "utf-16")
    assert decode.text(body).startswith("<?xml")
    assert decode.xml(body) == f"<t>{KOREAN}</t>".encode()


def test_one_damaged_character_does_not_spoil_the_rest() -> None:
    body = declared("식약처" * 20, "utf-8", "utf-8").replace("약".encode(), b"\xff", 1)
    assert decode.text(body, "", "euc-kr", "ko").count("식약처") == 19


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        (b"<t>R&D approval & more</t>", "<t>R&amp;D approval &amp; more</t>"),
        (b"<t>A&nbsp;B&eacute;&unknown;&amp;&lt;&#39;</t>", "<t>A\u00a0Bé&amp;unknown;&amp;&lt;&#39;</t>"),
        (b"<t>&LT;&AMP;</t>", "<t>&lt;&amp;</t>"),
        (b"<t>a&#0;b&#xD800;c&#x1F600;&#1114112;</t>", "<t>abc&#x1F600;</t>"),
        (b"\n\n <?xml version='1.0'?>\n<t>a\x00b\x0bc</t>", "\n<t>abc</t>"),
    ],
)
def test_xml_is_repaired_where_parsers_would_lose_text(raw: bytes, clean: str) -> None:
    assert decode.xml(raw) == clean.encode()


@pytest.mark.parametrize("kind", ["SYSTEM 'file:///etc/passwd'", "'lol'"])
def test_a_document_that_defines_entities_is_refused(kind: str) -> None:
    with pytest.raises(SourceTrouble, match="entities") as caught:
        decode.xml(f"<?xml version='1.0'?><!-- x --><!DocType l [<!ENTITY a {kind}>]><rss>&a;</rss>".encode())
    assert caught.value.fault == "not_a_source"


def test_a_doctype_without_entities_or_inside_a_text_is_harmless() -> None:
    decode.xml(b'<!DOCTYPE rss PUBLIC "-//Netscape//DTD RSS 0.91//EN" "http://x/rss.dtd"><rss/>')
    decode.xml(b"<rss><![CDATA[<!DOCTYPE x [<!ENTITY a 'b'>]>]]></rss>")


def test_more_markup_than_memory_allows_is_refused() -> None:
    with pytest.raises(SourceTrouble) as caught:
        decode.xml(b"<a/>" * (decode.MAX_MARKS + 1))
    assert caught.value.fault == "too_large"


def test_a_gzip_file_is_inflated_up_to_the_cap() -> None:
    assert decode.inflated(gzip.compress(b"<rss/>"), 100) == b"<rss/>"
    assert decode.inflated(b"<rss/>", 100) == b"<rss/>"
    for body, fault in ((gzip.compress(b"\0" * 10_000_000), "too_large"), (gzip.compress(b"x" * 99)[:-9], "not_a_source")):
        with pytest.raises(SourceTrouble) as caught:
            decode.inflated(body, 1000)
        assert caught.value.fault == fault


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_an_inflater_reads_in_pieces_of_any_size(size: int) -> None:
    data = b"hello regulators " * 500
    for packed in (gzip.compress(data), zlib.compress(data), zlib.compress(data, wbits=-15)):
        inflater = decode.Inflater(100_000)
        pieces = [inflater.feed(packed[at : at + size]) for at in range(0, len(packed), size)]
        assert b"".join(pieces) + inflater.end() == data
