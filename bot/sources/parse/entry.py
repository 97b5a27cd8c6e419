"""What a source says about one publication → Entry: clean text, sound link, aware dates, and the key its catalogue entry asks for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from hashlib import sha256
from typing import get_args
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

from bot.errors import SourceTrouble
from bot.messages import keep
from bot.model import DeadlineKind, Entry, Source
from bot.sources.parse import ago, clean, dates

DATES = ("published", "updated")
ATTRIBUTES = ("key", "title", "url", "summary", *DATES, "language")
_DEADLINES = frozenset(get_args(DeadlineKind))
_LONGEST_KEY = 500
_MOST_ENTRIES = 20_000
_MAX_COST = 64_000_000  # bytes of memory that the values of one answer in JSON may take, about
_FAR_FUTURE = timedelta(days=366)


def check_count(entries: int) -> None:
    """SourceTrouble if one body lists more entries than memory should hold; no source we know of shows a fifth of that."""
    if entries > _MOST_ENTRIES:
        raise SourceTrouble(
            keep("The answer lists more than {most_entries} entries; it was not read.", most_entries=f"{_MOST_ENTRIES:,}"),
            fault="too_large",
        )


def check_values(json: str) -> None:
    """SourceTrouble if these values, once read, would take more memory than one answer should."""
    if 60 * json.count(",") + 90 * json.count("[") + 230 * json.count("{") > _MAX_COST:
        raise SourceTrouble(keep("The answer holds more values than can be read safely; it was not read."), fault="too_large")


@dataclass(frozen=True)
class Shape:
    """How the entries of one body are read: `url` is where it came from.

    With `now`, the moment of fetching, dates told by their distance from it are read, and impossible future ones dropped.
    """

    source: Source
    url: str
    zone: tzinfo
    now: datetime | None = None
    _distant: set[datetime] = field(default_factory=set)

    @classmethod
    def of(cls, source: Source, url: str, now: datetime | None = None) -> "Shape":
        """The shape of a body of this source, fetched from `url`."""
        return cls(source, url or source.url, ZoneInfo(source.timezone), now)

    def when(self, raw: object) -> datetime | None:
        """The instant this source means by a date, in its zone and its order of day and month."""
        return self._dated(raw) or self.ago(raw)

    def ago(self, raw: object) -> datetime | None:
        """The instant of a date that is told by its distance from the moment of fetching; None if it is none or that is not known."""
        found = ago.ago(raw, self.zone, self.now) if self.now else None
        if found:
            self._distant.add(found)
        return found

    def _dated(self, raw: object) -> datetime | None:
        return dates.when(raw, self.zone, month_first=self.source.jurisdiction == "US")

    def entry(
        self,
        said: Mapping[str, str],
        *,
        published: datetime | None = None,
        updated: datetime | None = None,
        base: str = "",
    ) -> Entry | None:
        """The entry of these raw values, or None if they hold no text. Names beyond the attributes of Entry become its fields."""
        fields = {name: self._field(name, raw) for name, raw in said.items() if raw and name not in ATTRIBUTES}
        known = (said.get(name, "") for name in ("key", "title", "url", "summary", "language"))
        return self.entry_of(*known, published=published, updated=updated, base=base, fields=fields, content=said.get("text", ""))

    def entry_of(  # noqa: PLR0913 - one for each part of an entry
        self,
        key: str,
        title: str,
        url: str,
        summary: str,
        language: str = "",
        *,
        published: datetime | None = None,
        updated: datetime | None = None,
        base: str = "",
        fields: dict[str, str] | None = None,
        content: str = "",
    ) -> Entry | None:
        """The entry of these raw values and clean fields, or None if they hold no text. What summary and `content` link to is its links."""
        if not key and not url and published in self._distant:
            key = title  # without it the entry would be known by its title and day, and the day be another at each poll
        raw, summary = f"{summary}\n{content}" if content else summary, clean.plain(summary, clean.MAX_SUMMARY)
        title = clean.plain(title, clean.MAX_TITLE) or clean.plain(summary, 160)
        if not title:
            return None
        link, fields = clean.link(url, base or self.url), {} if fields is None else fields
        if leads_to := clean.links(raw, link or base or self.url):
            fields["links"] = " ".join(leads_to)
        return Entry.trusted(
            {
                "key": self._key(key, link, fields),
                "url": link,
                "title": title,
                "summary": summary,
                "published": self._possible(published) if published else None,
                "updated": self._possible(updated) if updated else None,
                "language": language or self.source.language or None,
                "fields": fields,
            }
        )

    def _field(self, name: str, raw: str) -> str:
        if name == "text":
            return clean.text(raw)
        if name in _DEADLINES:
            instant = self._dated(raw)
            return self._day(instant).isoformat() if instant else clean.summary(raw)
        return clean.summary(raw)

    def _day(self, instant: datetime) -> date:
        """The day an authority means: midnight is a day without a time, 03:59 UTC is the end of the day before in Washington."""
        return instant.date() if instant.time() == time() else instant.astimezone(self.zone).date()

    def _possible(self, instant: datetime) -> datetime | None:
        """The instant on the source's own clock, so that its day is the one the source wrote; None if it is too far in the future."""
        return None if self.now and instant > self.now + _FAR_FUTURE else instant.astimezone(self.zone)

    def _key(self, own: str, url: str | None, fields: Mapping[str, str]) -> str | None:
        """The source's id as its catalogue entry names it; where that is missing, what the body gives as id."""
        found = self._named(url, fields) if self.source.identity else ""
        key = clean.visible(found or own).strip()
        if len(key) > _LONGEST_KEY:
            return "sha256:" + sha256(key.encode()).hexdigest()
        return key or None

    def _named(self, url: str | None, fields: Mapping[str, str]) -> str:
        how, _, name = self.source.identity.partition(":")
        if how == "query" and url:
            return (parse_qs(urlsplit(url).query).get(name) or [""])[0]
        if how == "field":
            return fields.get(name, "")
        return url or "" if how == "link" else ""
