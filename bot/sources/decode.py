"""Bytes → clean text: the charset that is meant, inflated and repaired; pure.

Sources mislabel their bytes: EUC-KR that is CP949, UTF-8 declared as EUC-KR, no declaration at all. Valid UTF-8 is taken for what
it is, then the declared charsets are tried strictly in the order byte order mark, HTTP, document, then the charset the source is
known for. Where none fits without loss the one that loses least is taken. Python's codecs are reached by an allow list only.
"""

import codecs
import html.entities
import re
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from xml.sax.saxutils import escape

from bot.errors import SourceTrouble
from bot.messages import keep

MAX_MARKS = 400_000  # "<" signs in one document; each may cost 110 to 170 bytes of tree

# WHATWG Encoding Standard: labels as written → the codec that real bytes under that label need.
_LABELS = {
    "utf-8": "utf-8 utf8 unicode-1-1-utf-8 x-unicode20utf8",
    "cp949": "euc-kr euckr cp949 uhc ms949 korean ksc5601 ks_c_5601-1987 ks_c_5601-1989 ksc_5601 cseuckr csksc56011987 iso-ir-149"
    " windows-949",
    "gb18030": "gb18030 gbk gb2312 gb_2312 gb_2312-80 cp936 ms936 x-gbk chinese csgb2312 csiso58gb231280 iso-ir-58 windows-936",
    "cp932": "shift_jis shift-jis sjis x-sjis ms_kanji cp932 ms932 windows-31j csshiftjis",
    "euc_jp": "euc-jp eucjp x-euc-jp cseucpkdfmtjapanese",
    "iso2022_jp_ext": "iso-2022-jp csiso2022jp",
    "johab": "johab x-johab ks_c_5601-1992 cp1361 ms1361",
    "iso2022_kr": "iso-2022-kr csiso2022kr",
    "big5hkscs": "big5 big5-hkscs big-5 cn-big5 csbig5 x-x-big5 cp950 windows-950",
    "utf-16-le": "utf-16 utf-16le utf16 ucs-2 unicode csunicode iso-10646-ucs-2",
    "utf-16-be": "utf-16be unicodefffe",
    "cp1252": "iso-8859-1 iso8859-1 latin1 latin-1 l1 ascii us-ascii ansi_x3.4-1968 windows-1252 cp1252 x-cp1252 cp819",
    "iso8859-2": "iso-8859-2 latin2",
    "iso8859-5": "iso-8859-5",
    "iso8859-6": "iso-8859-6",
    "iso8859-7": "iso-8859-7",
    "iso8859-8": "iso-8859-8 iso-8859-8-i",
    "cp1254": "iso-8859-9 latin5 windows-1254",
    "iso8859-15": "iso-8859-15 latin-9",
    "cp1250": "windows-1250",
    "cp1251": "windows-1251",
    "cp1253": "windows-1253",
    "cp1255": "windows-1255",
    "cp1256": "windows-1256",
    "cp1257": "windows-1257",
    "cp1258": "windows-1258",
    "cp874": "tis-620 windows-874 iso-8859-11",
    "iso8859-3": "iso-8859-3 latin3",
    "iso8859-4": "iso-8859-4 latin4",
    "iso8859-10": "iso-8859-10 latin6",
    "iso8859-13": "iso-8859-13",
    "iso8859-14": "iso-8859-14",
    "iso8859-16": "iso-8859-16",
    "cp866": "ibm866 cp866",
    "cp850": "ibm850 cp850",
    "cp437": "ibm437 cp437",
    "mac_roman": "macintosh mac x-mac-roman",
    "mac_cyrillic": "x-mac-cyrillic x-mac-ukrainian",
    "hz": "hz-gb-2312 hz",
    "koi8-r": "koi8-r koi8",
    "koi8-u": "koi8-u",
}
_CODECS = {label: codec for codec, labels in _LABELS.items() for label in labels.split()}
_BY_LANGUAGE = {
    "ko": ("cp949",), "ja": ("euc_jp", "cp932"), "zh": ("gb18030",), "zh-Hant": ("big5hkscs",), "": ("cp1252",),
    "ru": ("cp1251",), "uk": ("cp1251",), "bg": ("cp1251",), "el": ("cp1253",), "tr": ("cp1254",), "he": ("cp1255",), "ar": ("cp1256",),
    "th": ("cp874",), "vi": ("cp1258",), "pl": ("cp1250",), "cs": ("cp1250",), "sk": ("cp1250",), "hu": ("cp1250",),
}  # fmt: skip

_NARROW = ("cp125", "iso8859", "cp4", "cp8", "mac_", "koi8")
_SAMPLE = 20_000  # bytes looked at to guess a charset
_KANA = "".join(map(chr, range(0x3041, 0x30FF)))
_EVERYDAY = {
    codec: frozenset(characters)
    for codec, characters in {
        "cp949": "이다의는에을가를은한하고도로지서기사으인자해대정시안보수어리있들부나과일전제그스라상장아원품약처식의"
        "료임험허심승고개신청관련법규칙행공무국민건강안내발표연구생산업체치구조성분분형기준위원회",
        "euc_jp": _KANA + "医薬品承認審査厚生労働省機器安全情報通知改正日年月第の治験製造販売会社者等国",
        "cp932": _KANA + "医薬品承認審査厚生労働省機器安全情報通知改正日年月第の治験製造販売会社者等国",
        "gb18030": "的一是不了在人有我他这中大来上国个到说们为子和你地出会也时要就可以对生能而自部药品监督管理局关于发布"
        "公告注册审评中心临床试验医疗器械指导原则征求意见通知年月日号疫苗生物制品技术",
        "big5hkscs": "的一是不了在人有我他這中大來上國個到說們為子和你地出會也時要就可以對生能而自部藥品監督管理局關於發布"
        "公告註冊審評中心臨床試驗醫療器材指引原則意見通知年月日號疫苗生物製劑衛福利食署",
    }.items()
}

# With less everyday characters than the first a text in that charset is nonsense, with more than the second it is none.
_NONSENSE, _SENSE = 0.1, 0.3

_FEW_LOST = 0.05  # of the characters of a text that is only damaged

_HTTP_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:+-]{2,40})", re.IGNORECASE)
_XML_CHARSET = re.compile(rb"<\?xml[^>]{0,200}?encoding\s{0,10}=\s{0,10}[\"']\s{0,10}([\w.:+-]{2,40})", re.IGNORECASE)
_META_CHARSET = re.compile(rb"<meta[^>]{0,300}?charset\s{0,10}=\s{0,10}[\"']?\s{0,10}([\w.:+-]{2,40})", re.IGNORECASE)
_DECLARATION = re.compile(rb"<\?xml\s[^>]{0,400}\?>", re.IGNORECASE)
_PROLOG = re.compile(rb"(?:\s+|<!--.*?-->|<\?.*?\?>)*", re.DOTALL)
_FIRST_ELEMENT = re.compile(rb"<[A-Za-z]")
_DOCTYPE = re.compile(rb"<!DOCTYPE", re.IGNORECASE)
_ENTITY = re.compile(rb"<!ENTITY", re.IGNORECASE)
_AMPERSAND = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,40}|#[xX][0-9a-fA-F]{1,40});)(?:([A-Za-z][A-Za-z0-9]{1,30});)?")
_REFERENCE = re.compile(rb"&#(?:x([0-9a-fA-F]{1,40})|([0-9]{1,40}));", re.IGNORECASE)
_CONTROLS = bytes(code for code in range(32) if code not in (9, 10, 13)) + b"\x7f"
_HIGH = bytes(range(128, 256))
_VENDORS = "regwatch.vendors"  # the name of our way with characters that a charset has no place for
_GZIP = b"\x1f\x8b"
_SEVEN_BIT = b"\x1b$"  # ISO-2022 says with these bytes that two-byte characters follow; it looks like ASCII otherwise
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_HALF = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")  # half a character: Java's and old Oracle's UTF-8 writes two for one


def text(body: bytes, content_type: str = "", fallback: str = "", language: str = "") -> str:
    """The body as text, its byte order mark removed; never fails. `fallback` is the charset label the source is known for."""
    for mark, codec in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(codec, "replace")
    wide = _wide(body)
    if wide:
        return body.decode(wide, "replace")
    if not is_seven_bit(body, content_type):
        try:
            return body.decode("utf-8")
        except UnicodeDecodeError:
            if _HALF.search(body) and (joined := _joined_halves(body)):
                return joined
            damaged = body.decode("utf-8", "replace")
            lost = damaged.count("\ufffd")
            if len(damaged) - len(body.translate(None, _HIGH)) > 4 * lost:
                return damaged  # most of what is not ASCII is UTF-8: a character was cut, the charset is right
    return _best(body, _candidates(body, content_type, fallback, language))


def _joined_halves(body: bytes) -> str:
    """The text of UTF-8 that writes characters in two halves, halves without another left out; "" if it is not that."""
    try:
        return body.decode("utf-8", "surrogatepass").encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    except UnicodeError:
        return ""


def xml(body: bytes, content_type: str = "", fallback: str = "", language: str = "") -> bytes:
    """The body as UTF-8 an XML parser reads: no declaration, no control characters, every ampersand sound.

    SourceTrouble if it defines entities, which no feed needs and bombs are made of, or holds more markup than memory allows.
    """
    clean = body if _is_utf8(body, content_type) else text(body, content_type, fallback, language).encode("utf-8", "replace")
    clean = clean.removeprefix(codecs.BOM_UTF8).translate(None, _CONTROLS).lstrip()
    if clean.count(b"<") > MAX_MARKS:
        raise SourceTrouble(keep("The document holds more markup than a feed should; it was not read."), fault="too_large")
    clean = _DECLARATION.sub(b"", clean[:1000], count=1) + clean[1000:]
    _refuse_entities(clean)
    clean = _AMPERSAND.sub(_sound_ampersand, clean)
    return _REFERENCE.sub(_sound_reference, clean) if b"&#" in clean else clean


def inflated(body: bytes, cap: int) -> bytes:
    """The body, inflated if it is a gzip file; SourceTrouble if it is damaged or grows over `cap` bytes."""
    if not body.startswith(b"\x1f\x8b\x08"):
        return body
    inflater = Inflater(cap)
    return inflater.feed(body) + inflater.end()


class Inflater:
    """Undoes gzip or deflate in bounded steps: never more than `cap` bytes come out, however far the input would inflate.

    Which of the two it is the bytes say, as servers mistake one for the other.
    """

    def __init__(self, cap: int) -> None:
        self._gzip = False
        self._cap = cap
        self._size = 0
        self._fresh = True
        self._head = b""
        self._engine = zlib.decompressobj(zlib.MAX_WBITS)

    def feed(self, data: bytes) -> bytes:
        """What these bytes inflate to; SourceTrouble once the sum passes the cap or the bytes are damaged."""
        data = self._head + data
        self._head = b""
        if self._fresh and len(data) < 2:
            self._head = data  # two bytes tell gzip from deflate, and whether deflate comes with its frame
            return b""
        if self._fresh and data.startswith(_GZIP):
            self._gzip, self._engine = True, zlib.decompressobj(zlib.MAX_WBITS | 16)
        parts = []
        while data:
            try:
                part = self._engine.decompress(data, self._cap + 1 - self._size)
            except zlib.error:
                data = self._again_raw(data)
                continue
            self._fresh = False
            self._size += len(part)
            if self._size > self._cap:
                raise too_large(self._cap)
            parts.append(part)
            data = self._rest()
        return b"".join(parts)

    def end(self) -> bytes:
        """The last bytes; SourceTrouble if the compressed body was cut off."""
        if self._head:
            raise SourceTrouble(keep("The compressed answer is cut off in the middle."), fault="not_a_source")
        last = self._engine.flush()
        if not self._engine.eof and not self._fresh:
            raise SourceTrouble(keep("The compressed answer is cut off in the middle."), fault="not_a_source")
        return last

    def _rest(self) -> bytes:
        if not self._engine.eof:
            return self._engine.unconsumed_tail
        rest = self._engine.unused_data
        if self._gzip and rest.startswith(_GZIP):  # a gzip file may hold several members
            self._engine = zlib.decompressobj(zlib.MAX_WBITS | 16)
            return rest
        return b""

    def _again_raw(self, data: bytes) -> bytes:
        """Some servers send `deflate` without its zlib frame: start over once, raw."""
        if self._gzip or not self._fresh:
            raise SourceTrouble(keep("The compressed answer is damaged and cannot be read."), fault="not_a_source")
        self._fresh = False
        self._engine = zlib.decompressobj(-zlib.MAX_WBITS)
        return data


def too_large(cap: int) -> SourceTrouble:
    """The trouble of a body over `cap` bytes."""
    return SourceTrouble(keep("The answer is larger than {x} MB; it was cut off and not read.", x=cap // 1_000_000), fault="too_large")


def _is_utf8(body: bytes, content_type: str) -> bool:
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or _wide(body) or is_seven_bit(body, content_type):
        return False
    if body.isascii():
        return True
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def is_seven_bit(body: bytes, content_type: str) -> bool:
    """Whether two-byte characters are written in ASCII: ISO-2022 says so in the text, HZ by its name alone."""
    return _SEVEN_BIT in body or (b"~{" in body and "hz" in _declared(body, content_type))


def _declared(body: bytes, content_type: str) -> list[str]:
    """The codecs of the charsets that HTTP, XML and HTML declare, in that order."""
    labels = [found[1] for found in (_HTTP_CHARSET.search(content_type[:500]),) if found]
    declared = (pattern.search(body[:4096]) for pattern in (_XML_CHARSET, _META_CHARSET))
    labels += [found[1].decode("ascii") for found in declared if found]
    return [codec for label in labels if (codec := _CODECS.get(label.lower().strip()))]


def _wide(body: bytes) -> str:
    """UTF-16 without a byte order mark shows in every other byte of `<?xml` or `<rss` being zero, UTF-32 in three of four."""
    head = body[:4]
    if len(head) == 4 and head.count(0) == 3 and body[4:8].count(0) == 3 and (head[0] or head[3]):
        return "utf-32-le" if head[0] else "utf-32-be"
    if len(head) == 4 and head[1] == head[3] == 0 != head[0]:
        return "utf-16-le"
    return "utf-16-be" if len(head) == 4 and head[0] == head[2] == 0 != head[1] else ""


def _candidates(body: bytes, content_type: str, fallback: str, language: str) -> list[str]:
    names = _declared(body, content_type)
    names += [codec for codec in (_CODECS.get(fallback.lower().strip()),) if codec]
    names += [codec for codec in _BY_LANGUAGE.get(language, ()) if codec not in names]
    if is_seven_bit(body, content_type):  # the other charsets would take its bytes for ASCII
        names.insert(0, "hz" if _SEVEN_BIT not in body else "iso2022_kr" if _SEVEN_BIT + b")C" in body else "iso2022_jp_ext")
    # Single-byte charsets accept nearly anything, so a multi-byte one that fits strictly is the better witness.
    narrow = [name for name in names if name.startswith(_NARROW)]
    wide = [name for name in names if name not in narrow and not name.startswith("utf-16")]
    if not language and not fallback:
        wide += _guesses(body)
    return wide + (narrow or ["cp1252"]) + ["utf-8"]


def _guesses(body: bytes) -> list[str]:
    """The East Asian charset an unknown source's bytes look like: the one that gives the most of its language's everyday characters."""
    shares = _shares(body)
    best = max(shares, key=lambda codec: shares[codec])
    return [best] if shares[best] > 0.25 else []


def _shares(body: bytes) -> dict[str, float]:
    """By East Asian charset, the share of everyday characters among those the body would hold in it."""
    sample = body[:_SAMPLE]
    shares = {}
    for codec, everyday in _EVERYDAY.items():
        odd = [char for char in sample.decode(codec, "ignore") if char > "\x7f"]
        shares[codec] = sum(char in everyday for char in odd) / max(len(odd), sum(byte > 127 for byte in sample) / 2, 1)
    return shares


def _best(body: bytes, names: list[str]) -> str:
    nearly = ""
    for name in names:
        if name.startswith(_NARROW) and nearly:
            return nearly  # a charset of single bytes fits whatever there is
        try:
            decoded = body.decode(name, _VENDORS)
        except UnicodeDecodeError:
            nearly = nearly or _nearly(body, name)
            continue
        return _unlike(body, name) or decoded
    damaged = {name: body.decode(name, "replace") for name in dict.fromkeys(names)}
    return min(damaged.values(), key=lambda decoded: decoded.count("\ufffd"))


def _nearly(body: bytes, name: str) -> str:
    """The text in this East Asian charset when all but few of its characters are sound and many of them everyday; else ""."""
    if name not in _EVERYDAY or _shares(body)[name] < _SENSE:
        return ""
    damaged = body.decode(name, "replace")
    return damaged if damaged.count("\ufffd") <= max(1, _FEW_LOST * sum(char > "\x7f" for char in damaged)) else ""


def _as_vendors_write(error: UnicodeError) -> tuple[str, int]:
    """What stands where a charset has no character, in the charset of the vendor whose programs wrote it."""
    if isinstance(error, UnicodeDecodeError) and (other := _OF_VENDORS.get(error.encoding.removesuffix("_ext"))):
        for length in (2, 1):
            written = error.object[error.start : error.start + length]
            with suppress(ValueError, LookupError):
                return other(written), error.start + length
    raise error


def _in_cp932(pair: bytes) -> str:
    """A character of NEC or IBM by its row and cell, as EUC-JP and ISO-2022-JP write them (①, ㈱, 髙)."""
    row, cell = (byte & 0x7F for byte in (pair[0], pair[1]))
    row, cell = row - 0x20, cell - 0x20
    first = (row - 1) // 2 + (0x81 if row < 63 else 0xC1)
    second = cell + (0x9E if row % 2 == 0 else 0x3F if cell < 64 else 0x40)
    return bytes((first, second)).decode("cp932")


_OF_VENDORS: Mapping[str, Callable[[bytes], str]] = {
    "euc_jp": _in_cp932,
    "iso2022_jp": _in_cp932,
    "big5hkscs": lambda written: written.decode("cp950"),
    "gb18030": lambda written: {b"\x80": "€"}[written],
}
codecs.register_error(_VENDORS, _as_vendors_write)


def _unlike(body: bytes, name: str) -> str:
    """The text in another charset, when the one that was named gives rare characters throughout and that one everyday words; else ""."""
    if name not in _EVERYDAY:
        return ""
    shares = _shares(body)
    guessed = max(shares, key=lambda codec: shares[codec])
    if shares[name] > _NONSENSE or shares[guessed] < _SENSE:
        return ""
    try:
        return body.decode(guessed)
    except UnicodeDecodeError:
        return ""


def _refuse_entities(clean: bytes) -> None:
    prolog = _PROLOG.match(clean)
    root = _FIRST_ELEMENT.search(clean, prolog.end() if prolog else 0)
    doctype = _DOCTYPE.search(clean, 0, root.start() if root else len(clean))
    if doctype and _ENTITY.search(clean, doctype.end()):
        raise SourceTrouble(keep("The document defines XML entities, which are never expanded; it was not read."), fault="not_a_source")


def _sound_reference(found: re.Match[bytes]) -> bytes:
    """Nothing for a reference to a character XML does not know, which would make parsers give up the rest."""
    code = int(found[1], 16) if found[1] else int(found[2])
    known = code in (9, 10, 13) or 32 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code <= 0x10FFFF
    return found[0] if known else b""


def _sound_ampersand(found: re.Match[bytes]) -> bytes:
    if found[1] is None:
        return b"&amp;"
    character = html.entities.html5.get(found[1].decode("ascii") + ";")
    return b"&amp;" + found[0][1:] if character is None else escape(character).encode("utf-8")
