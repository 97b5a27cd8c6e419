"""Keeps the key of a source out of everything that is shown, logged or kept; pure.

A key leaves in the request and must not come back: servers repeat it in error texts, in links of their answers and in redirects.
"""

from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlencode, urlsplit, urlunsplit

from bot.errors import SourceTrouble
from bot.model import Entry, Source

PLACEHOLDER = "{credential}"
HIDDEN = "…"
# A shorter key is also a word, which texts are full of; it is only taken out where it is a whole value.
_SHORTEST = 8


def hidden(source: Source, text: str) -> str:
    """The text without the source's key in any spelling, for sentences we show."""
    for spelling in _spellings(source.secret):
        text = text.replace(spelling, HIDDEN)
    return text


def without(source: Source, entry: Entry) -> Entry:
    """The entry as it may be kept: no value and no link of it holds the source's key."""
    if not source.secret:
        return entry
    return entry.model_copy(
        update={
            "key": _text(source, entry.key) if entry.key else None,
            "url": link(source, entry.url) if entry.url else None,
            "title": _text(source, entry.title),
            "summary": _text(source, entry.summary),
            "fields": {name: link(source, value) for name, value in entry.fields.items()},
        }
    )


def link(source: Source, address: str) -> str:
    """The address without parameters whose value is the key, and without the key anywhere else in it."""
    if not source.secret:
        return address
    if address in _spellings(source.secret):
        return ""
    if address.startswith(("http://", "https://")) and "?" in address:
        parts = urlsplit(address)
        kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if value not in _spellings(source.secret)]
        if len(kept) < len(parse_qsl(parts.query, keep_blank_values=True)):
            address = urlunsplit(parts._replace(query=urlencode(kept)))
    return _text(source, address)


def trouble(source: Source, found: SourceTrouble) -> SourceTrouble:
    """The same trouble with nothing of the key in it; a source whose whole address is its key is called by its name."""
    sentence, place = found.sentence, found.url
    if source.url == PLACEHOLDER and place:
        sentence, place = sentence.replace(place, source.name), ""
    return SourceTrouble(
        hidden(source, sentence),
        fault=found.fault,
        status=found.status,
        url=hidden(source, place),
        retry_after=found.retry_after,
        hint=hidden(source, found.hint),
    )


def _text(source: Source, text: str) -> str:
    return hidden(source, text) if len(source.secret) >= _SHORTEST else text


def _spellings(secret: str) -> tuple[str, ...]:
    """How this key can be written, the longest first, so that no shorter one leaves a rest."""
    ways = {secret, unquote(secret), quote(secret, safe=""), quote_plus(secret), quote(unquote(secret), safe="")}
    return tuple(sorted(filter(None, ways), key=len, reverse=True))
