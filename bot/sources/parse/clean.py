"""Source markup → plain text and sound links; pure. No markup, control, bidi or zero-width character of a source gets through."""

import html
import re
import unicodedata
from urllib.parse import urljoin, urlsplit

MAX_TITLE = 1_000
MAX_SUMMARY = 20_000
MAX_TEXT = 200_000
MAX_LINK = 4_000
_RAW_FACTOR = 10  # markup may be ten times as long as the text in it; what is longer is cut before it is looked at

_HIDDEN_CATEGORIES = ("Cc", "Cf", "Cs", "Co", "Cn")  # controls, formats such as bidi and zero-width, halves, private, unassigned
_SPACES = frozenset(map(ord, "\t\n\r\x0b\x0c\x85"))


class _Visible(dict[int, int | None]):
    """A table for str.translate that learns each character when it meets it."""

    def __missing__(self, code: int) -> int | None:
        kept = code if code in _SPACES or unicodedata.category(chr(code)) not in _HIDDEN_CATEGORIES else None
        self[code] = kept
        return kept


_VISIBLE = _Visible()
_PRINTABLE = bytes(range(0x20, 0x7F))
_BLOCK = re.compile(
    r"</?(?:p|div|br|li|ul|ol|tr|td|th|table|h[1-6]|section|article|dd|dt|dl|blockquote|pre|hr|option|header|footer)\b[^<>]*>",
    re.IGNORECASE,
)
_SOUND_LINK = re.compile(r"https?://[A-Za-z0-9.-]+(?:[/?#][!-~]*)?")  # as nearly all are: nothing to mend
_ADDRESS = re.compile(r"""(?<!src=["'])https?://[^\s"'<>]+[^\s"'<>.,;:!?)\]}»”]""")
_MOST_LINKS = 20
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<![^<>]*>|<\?[^<>]*>")
_HIDDEN = (("<!--", "-->"), ("<script", "</script"), ("<style", "</style"))


def title(raw: str) -> str:
    """One line of plain text, at most 1,000 characters."""
    return plain(raw, MAX_TITLE)


def summary(raw: str) -> str:
    """One run of plain text, at most 20,000 characters."""
    return plain(raw, MAX_SUMMARY)


def text(raw: str) -> str:
    """The text of a page, a line for each block that says something, or of plain text, its own lines; at most 200,000 characters."""
    cut = raw[: MAX_TEXT * _RAW_FACTOR]
    for opening, closing in _HIDDEN:
        if opening in cut:
            cut = _drop(cut, opening, closing)
    blocks = _BLOCK.sub("\n", " ".join(cut.split())) if "<" in cut else cut
    lines = (plain(line, MAX_TEXT) for line in blocks.split("\n"))
    return "\n".join(filter(None, lines))[:MAX_TEXT]


def plain(raw: str, limit: int) -> str:
    """The text a reader would see, white space squashed; an ellipsis ends it where it was cut to `limit` characters."""
    cut = raw if len(raw) <= limit else cut_off(raw, limit * _RAW_FACTOR)
    if "<" in cut:
        cut = _without_markup(cut)
    if "&" in cut:
        cut = _unescaped(cut)
    if not _is_printable(cut):
        cut = " ".join(cut.translate(_VISIBLE).split())
    elif "  " in cut:  # a blank is the only space that is printable
        cut = " ".join(cut.split())
    cut = cut.strip()
    return cut if len(cut) <= limit else cut[: limit - 1].rstrip() + "…"


def cut_off(markup: str, length: int) -> str:
    """So much of the markup from its beginning, and no half of a tag."""
    if len(markup) <= length:
        return markup
    kept = markup[:length]
    opened = kept.rfind("<")
    return kept[:opened] if opened > kept.rfind(">") else kept


def _unescaped(text: str) -> str:
    """The text with its references resolved; one to a character that does not exist leaves nothing, not the mark of a loss."""
    read = html.unescape(text)
    return read.replace("\ufffd", "") if "&#" in text and "\ufffd" in read and "\ufffd" not in text else read


def visible(text: str) -> str:
    """The text without control, format (bidi, zero-width), private, unassigned and half characters."""
    return text if _is_printable(text) else text.translate(_VISIBLE)


def _is_printable(text: str) -> bool:
    """str.isprintable, five times as fast where most text is: in ASCII."""
    return not text.encode().translate(None, _PRINTABLE) if text.isascii() else text.isprintable()


def link(raw: str, base: str) -> str | None:
    """The absolute http(s) address, joined to `base`; None if it is none, such as a script or a mail address."""
    address = raw.strip()
    if _SOUND_LINK.fullmatch(address) and len(address) <= MAX_LINK and "&amp;" not in address:
        return address
    if not address or len(address) > MAX_LINK:
        return None
    address = visible("".join(address.split())).replace("&amp;", "&")
    if not address.isascii():
        address = "".join(char for char in address if char.isprintable())
    try:
        joined = address if address.startswith(("https://", "http://")) else urljoin(base, address)
        parts = urlsplit(joined)
    except ValueError:
        return None
    return joined if parts.scheme in ("http", "https") and parts.hostname else None


def links(raw: str, own: str) -> list[str]:
    """The addresses on other sites that markup or text leads to, each once, at most 20; `own` says which site is the entry's own."""
    if ":" not in raw or "://" not in raw:  # one sign is found many times as fast as three
        return []
    site = urlsplit(own).netloc.removeprefix("www.")
    found = (link(html.unescape(one), "") for one in _ADDRESS.findall(raw[: MAX_SUMMARY * _RAW_FACTOR]))
    kept = dict.fromkeys(one for one in found if one and urlsplit(one).netloc.removeprefix("www.") != site)
    return list(kept)[:_MOST_LINKS]


def _without_markup(text: str) -> str:
    if text.startswith("<p>") and text.endswith("</p>") and text.count("<") == 2:  # one paragraph, as most summaries are
        return text[3:-4]
    for opening, closing in _HIDDEN:
        if opening in text:
            text = _drop(text, opening, closing)
    return _TAG.sub("", _BLOCK.sub(" ", text))


def _drop(text: str, opening: str, closing: str) -> str:
    """The text without what stands between these marks; from an opening that never closes, without the rest."""
    kept, at = [], 0
    while (start := text.find(opening, at)) >= 0:
        kept.append(text[at:start])
        end = text.find(closing, start)
        if end < 0:
            return "".join(kept)
        at = end + len(closing) if closing == "-->" else text.find(">", end) + 1 or len(text)
    kept.append(text[at:])
    return " ".join(kept)
