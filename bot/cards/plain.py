"""Words of strangers made harmless: one line, nothing invisible, nothing that steers a terminal or the reading direction.

Titles come from web pages; they may hold line breaks, escape sequences, direction overrides and zero-width characters.
"""

import re
import unicodedata
from urllib.parse import quote, urlsplit

# Letters by category, yet nothing to see: Hangul fillers, the grapheme joiner.
_BLANK = "\u115f\u1160\u3164\uffa0\u034f"
_SUSPECT = re.compile(r"[^ -~가-힣一-鿿ぁ-ヺ]")
_LOOKS_LIKE_ADDRESS = re.compile(r"(?:https?://|www\.)[^\s/|]+|^\s*[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}\s*$", re.IGNORECASE)


def words(text: str) -> str:
    """The text on one line: controls and line breaks become spaces, formatting characters vanish, all else stays."""
    return _SUSPECT.sub(_harmless, text)


def _harmless(match: re.Match[str]) -> str:
    character = match.group()
    category = unicodedata.category(character)
    if category in ("Zl", "Zp") or (category == "Cc" and character.isspace()):
        return " "
    if category in ("Cc", "Cf") or character in _BLANK:
        return ""
    return "\ufffd" if category == "Cs" else character


def clip(text: str, most: int) -> str:
    """The text if it has at most `most` characters (1 or more), else its beginning and `…`, `most` in all."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def address(url: str | None) -> str | None:
    """The address as it may be linked (ASCII, http or https), or None when it must not be: other schemes, user names in it, odd hosts."""
    try:
        parts = urlsplit((url or "").strip())
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc or re.search(r"[\s\\<>\"|]", parts.netloc):
        return None
    return _ascii(parts.geturl(), parts.netloc)


def _ascii(url: str, netloc: str) -> str | None:
    """The address in ASCII: the host as IDNA, the rest percent-encoded; None when the host has no such form."""
    try:
        plain_netloc = netloc.encode("idna").decode()
        scheme, rest = url.split("://", 1)
        beyond = re.sub("[\ud800-\udfff]", "\ufffd", rest[len(netloc) :])
        return f"{scheme}://{plain_netloc}" + quote(beyond, safe="/?#[]@!$&'()*+,;=:%~-._")
    except UnicodeError:
        return None


def host_of(url: str) -> str:
    """The host of a linkable address, without `www.`."""
    return (urlsplit(url).hostname or "").removeprefix("www.")


def poses_as_another(text: str, url: str) -> bool:
    """Whether a link's words look like an address on another host than the one it leads to."""
    host = host_of(url)
    return any(_host_in(found.group()) != host for found in _LOOKS_LIKE_ADDRESS.finditer(text))


def _host_in(text: str) -> str:
    bare = re.sub(r"^https?://", "", text.strip().lower()).removeprefix("www.")
    return re.split(r"[:/?#]", bare, maxsplit=1)[0].rstrip(".,;)»”")


def squeezed(text: str) -> str:
    """The text with every run of white space as one space."""
    return re.sub(r"\s+", " ", text)
