"""Entry → item: identity, canonical link, one language, clean values, and the fingerprint that tells changed from same."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import get_args
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

from bot.items import printed
from bot.items.printed import Writer
from bot.model import WITHDRAWN, Deadline, DeadlineKind, Entry, Item, Source
from bot.watch.folding import fold

# How entries are read, counted up whenever the same bytes are read into another title, summary, text, status or deadline than before:
# what differs then may be our doing. 1: fingerprints that do not say. 2: the whole content is the text; more forms of dates are read.
# 3: characters of vendors, damaged East Asian text and HZ are read as they are meant; so are dates in more languages.
# 4: a summary made of the content has no blanks where tags were; short years, eras and years said twice are read.
READING = 4
DEADLINE_FIELDS = get_args(DeadlineKind)
_UNSAID = {name: field.default for name, field in Item.model_fields.items()}
# Fields of a catalogue entry under which a source gives the numbers of a publication.
NUMBER_FIELDS = ("number", "docket")
_TRACKING = re.compile(
    r"^(utm_\w+|fbclid|gclid|dclid|msclkid|yclid|_ga|_gl|mc_cid|mc_eid|jsessionid|sessionid|session_id|phpsessid|aspsessionid\w*|cftoken)$",
    re.IGNORECASE,
)
_VISIT = re.compile(r";jsessionid=[^/?#;]*", re.IGNORECASE)  # Java writes the number of the visit into the path
# View counters stand in the text of Korean, Chinese, Japanese and English boards and move at every visit.
_COUNTERS = re.compile(
    r"(?:조회수|浏览(?:次数|量)|点击(?:次数|量|数)|阅读(?:次数|量|数)|瀏覽人次|閲覧(?:数|回数))\s*:?\s*\d[\d,]*|(?:조회|浏览|点击|阅读)\s*:\s*\d[\d,]*"
)
_VIEWS = re.compile(r"[vV][iI][eE][wW][sS]?\s*:\s*\d[\d,]*")
# A text without any of these holds no counter; looking for plain words costs a tenth of the expression.
_COUNTER_SIGNS = ("조회", "浏览", "点击", "阅读", "瀏覽", "閲覧")
_TAKEN_BACK = (
    r"withdrawn|rescinded|revoked|repealed|no longer in force|폐지|철회|게시\s*중단"
    r"|(?:已)?废止|已失效|失效|(?:已)?撤回|廃止|取下げ"
)
_WITHDRAWN_STATUS = re.compile(_TAKEN_BACK, re.IGNORECASE)
_WITHDRAWN_TITLE = re.compile(
    rf"^\s*(?:[\[【(（〔<]\s*(?:{_TAKEN_BACK})\s*[\]】)）〕>]|(?:withdrawn|rescinded|revoked)\s*[:：–—-]\s)"
    rf"|[\[【(（〔<]\s*(?:{_TAKEN_BACK})\s*[\]】)）〕>]\s*$",
    re.IGNORECASE,
)
# What East Asian text holds most of that NFKC writes otherwise; looking for it costs a tenth of normalising all of it.
_WIDE = tuple((chr(code), unicodedata.normalize("NFKC", chr(code))) for code in map(ord, "　（），：；！？～％／０１２３４５６７８９"))
_DAY = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})(?!\d)")


def items(source: Source, entries: Iterable[Entry], detected: datetime | None = None) -> list[Item]:
    """The entries of one poll as items, each identity once: of doubles the later dated stays, else the first."""
    kept: dict[str, Item] = {}
    for entry in entries:
        one = item(source, entry, detected)
        rival = kept.get(one.key)
        if rival is None or _dated(one) > _dated(rival):
            kept[one.key] = one
    return list(kept.values())


def item(source: Source, entry: Entry, detected: datetime | None = None) -> Item:
    """The entry as a publication of this source, with what the catalogue knows about it filled in."""
    key, said = identity(entry), entry.fields
    return Item.trusted(
        _UNSAID
        | {
            "id": item_id(source.id, key),
            "source": source.id,
            "key": key,
            "url": entry.url,
            "title": entry.title,
            "summary": "" if entry.summary == entry.title else entry.summary,
            "text": said.get("text", ""),
            "language": entry.language or source.language,
            "country": source.jurisdiction,
            "regions": source.regions,
            "agency": source.authority.short,
            "tier": source.tier,
            "doc_type": said.get("doc_type", source.doc_type),
            "status": WITHDRAWN if _is_withdrawn(entry) else said.get("status") or None,
            "deadlines": deadlines(entry) if said else (),
            "mentions": (*filter(None, [said.get(name, "") for name in NUMBER_FIELDS]), *said.get("links", "").split()) if said else (),
            "published": entry.published,
            "updated": entry.updated,
            "detected": detected,
        }
    )


def placed(item: Item, source: Source) -> Item:
    """An item that names its source, with what the catalogue knows about it where it says nothing itself."""
    known = {
        "language": source.language,
        "country": source.jurisdiction,
        "agency": source.authority.short,
        "tier": source.tier,
        "doc_type": source.doc_type,
    }
    return item.model_copy(update={name: value for name, value in known.items() if not getattr(item, name)})


def _is_withdrawn(entry: Entry) -> bool:
    """Whether the source says that it has taken this publication back: as its status, or as a mark before or after its title.

    A notice about the repeal of something else says so inside its title, and is not meant.
    """
    return bool(_WITHDRAWN_STATUS.fullmatch(entry.fields.get("status", "").strip()) or _WITHDRAWN_TITLE.search(entry.title))


def identity(entry: Entry) -> str:
    """What makes this entry one and the same at each poll: its own key, else its link, else its title and day."""
    if entry.key:
        return entry.key
    link = canonical(entry.url)
    if link:
        return link
    day = entry.published.date().isoformat() if entry.published else ""
    return "sha256:" + hashlib.sha256(f"{folded(entry.title)}\n{day}".encode()).hexdigest()[:32]


def item_id(source_id: str, key: str) -> str:
    """A short id that is the same on every replica: 16 hexadecimal characters of SHA-256 over source and key."""
    return hashlib.sha256(f"{source_id}\n{key}".encode()).hexdigest()[:16]


@lru_cache(maxsize=4_096)
def canonical(url: str | None) -> str:
    """The link without what does not change where it leads: scheme, letter case of the host, fragment, tracking words, the visit."""
    if not url:
        return ""
    parts = urlsplit(url)
    host = parts.netloc.lower() if parts.netloc.isascii() and ":" not in parts.netloc and "@" not in parts.netloc else _host(parts)
    path = _VISIT.sub("", parts.path) if ";" in parts.path else parts.path
    place = host.removeprefix("www.") + path.rstrip("/")
    return f"{place}?{query}" if parts.query and (query := _kept(parts.query)) else place


def _host(parts: SplitResult) -> str:
    port = f":{parts.port}" if parts.port not in (None, 80, 443) else ""
    return (parts.hostname or "") + port


def _kept(query: str) -> str:
    return urlencode([(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if not _TRACKING.match(name)])


def deadlines(entry: Entry) -> tuple[Deadline, ...]:
    """The typed dates that the source itself names in its fields; what holds no one day is left alone."""
    found = ((kind, _day(entry.fields.get(kind, ""))) for kind in DEADLINE_FIELDS)
    return tuple(Deadline(kind=kind, day=day) for kind, day in found if day)


def fingerprint(item: Item, noise: Sequence[str] = ()) -> str:
    """Who read it, then four short hashes (title, summary, text, status and deadlines) joined by dots; equal when nothing material differs.

    White space, letter forms (NFKC) and view counters do not count, nor does what the expressions of `noise` match.
    """
    facts = f"{item.status or ''} {' '.join(f'{d.kind}={d.day}' for d in item.deadlines)}"
    parts = (hashlib.sha256(folded(part, noise).encode()).hexdigest()[:10] for part in (item.title, item.summary, item.text, facts))
    return f"{READING}:{'.'.join(parts)}"


def folded(text: str, noise: Sequence[str] = ()) -> str:
    """The text without what is no material difference: letter forms, blanks, view counters, what `noise` matches."""
    for pattern in noise:
        text = re.sub(pattern, " ", text)
    plain = text if text.isascii() else _without_counters(normal(text))
    if ":" in plain:  # also what was a wide one
        plain = _VIEWS.sub(" ", plain)
    return " ".join(plain.split())


def _without_counters(text: str) -> str:
    return _COUNTERS.sub(" ", text) if any(sign in text for sign in _COUNTER_SIGNS) else text


def normal(text: str) -> str:
    """The text in NFKC."""
    if unicodedata.is_normalized("NFKC", text):
        return text
    for wide, plain in _WIDE:
        if wide in text:
            text = text.replace(wide, plain)
    return text if unicodedata.is_normalized("NFKC", text) else unicodedata.normalize("NFKC", text)


def _dated(item: Item) -> float:
    moment = item.updated or item.published
    return moment.timestamp() if moment else float("-inf")


def _day(text: str) -> date | None:
    """The day that a field holds: `2026-03-09`, `20260309`, or as people print it, of a period the last; None where it holds no one day."""
    found = _DAY.match(text)
    try:
        if found:
            return date(*map(int, found.groups()))
    except ValueError:
        return None
    days = printed.days(fold(text).text, Writer()) if text else []
    return days[0].day if len(days) == 1 and days[0].whole else None
