"""The words of the field as frozen values: every part of the bot speaks in these.

All instants are timezone-aware datetimes. Language codes are BCP 47 primary tags (`ko`, `en`, `ja`, `zh`, `zh-Hant`);
countries are ISO 3166-1 alpha-2, with `EU` for the Union and `INT` for international bodies.
"""

from datetime import date, datetime, time, timedelta
from datetime import time as clock
from typing import Any, ClassVar, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, SecretStr

Tier = Literal["official", "trade"]
SourceKind = Literal["feed", "json_api", "xml_api", "listing", "page", "rsshub"]
Frequency = Literal["now", "hourly", "daily", "weekly"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Threads = Literal["thread", "channel", "both"]
Platform = Literal["slack", "teams", "workflow", "console"]
FieldName = Literal["title", "summary", "text"]
# The status of an item that its source has taken back.
WITHDRAWN = "withdrawn"
Status = Literal["new", "relevant", "not_relevant", "assessing", "action", "deferred", "closed"]
Impact = Literal["none", "low", "medium", "high", "critical"]
DeadlineKind = Literal["comments_due", "effective", "applies_from", "expires", "event"]
# How a deadline is known: its source names it in a field; its words state it; they leave its year to be told; it is counted from a day.
Certainty = Literal["named", "stated", "inferred", "computed"]


class Word(BaseModel):
    """A frozen value of the domain; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    _all_fields: ClassVar[set[str]] = set()

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        cls._all_fields = set(cls.model_fields)

    @classmethod
    def trusted(cls, values: dict[str, Any]) -> Self:
        """The word with these values, one for each of its fields in their order, which nobody checks again.

        For thousands of words at a time made of what the code has checked itself; four times as fast as the constructor.
        """
        made = object.__new__(cls)
        object.__setattr__(made, "__dict__", values)
        object.__setattr__(made, "__pydantic_fields_set__", cls._all_fields)
        object.__setattr__(made, "__pydantic_extra__", None)
        object.__setattr__(made, "__pydantic_private__", None)
        return made


class Authority(Word):
    """A regulator or publisher, such as MFDS. `short` is the name people write in `agency:`."""

    id: str
    name: str
    short: str
    jurisdiction: str
    native_name: str = ""


class Paging(Word):
    """How an answer goes on: at the address its `next` names, or under the next number of `parameter`; at most `pages` in all.

    Numbers begin at `first` and grow by `step`. In a body they stand where it says `{page}`.
    """

    next: str = ""
    parameter: str = ""
    pages: int = 3
    first: int = 1
    step: int = 1


class Source(Word):
    """One place an authority publishes, as the catalogue describes it; see docs/sources.md for each key.

    The value of its `credential` is no field: it is in no dump, no log and no comparison. Ask `secret` for it.
    """

    _secret: SecretStr = PrivateAttr(SecretStr(""))

    id: str
    name: str
    authority: Authority
    jurisdiction: str
    regions: tuple[str, ...] = ()
    language: str
    tier: Tier
    kind: SourceKind
    url: str
    method: Literal["GET", "POST"] = "GET"
    query: dict[str, str] = Field(default_factory=dict)
    form: dict[str, str] = Field(default_factory=dict)
    body: str = ""
    headers: dict[str, str] = Field(default_factory=dict)
    paging: Paging | None = None
    items: str = ""
    rows: str = ""
    fields: dict[str, str] = Field(default_factory=dict)
    noise: tuple[str, ...] = ()
    interval: timedelta
    timezone: str = "UTC"
    charset: str = ""
    identity: str = ""
    doc_type: str = ""
    credential: str = ""
    credential_help: str = ""
    enabled: bool = True
    disabled_because: str = ""
    checked: str = ""

    @property
    def secret(self) -> str:
        """The value of its credential, empty if it has none or none is set."""
        return self._secret.get_secret_value()

    def with_secret(self, value: str) -> "Source":
        """The same source with the value of its credential at hand."""
        keyed = self.model_copy()
        keyed._secret = SecretStr(value)  # noqa: SLF001 - its own class
        return keyed


class Entry(Word):
    """What a source shows at one poll, before we know whether we have seen it.

    `key` is the source's own id (guid, document number) if it gives one; `fields` holds further named values.
    """

    key: str | None = None
    url: str | None = None
    title: str
    summary: str = ""
    published: datetime | None = None
    updated: datetime | None = None
    language: str | None = None
    fields: dict[str, str] = Field(default_factory=dict)


class Deadline(Word):
    """A typed date of an item, such as the last day for comments; `day` is a day in the authority's own calendar.

    `first` is the day on which a period that ends on `day` begins. `text` is `item.<field>[start:end]`, the words that say so. `partial`
    says that it holds for an exception only. Without a `time` the whole day is meant.
    """

    kind: DeadlineKind
    day: date
    first: date | None = None
    time: clock | None = None
    certainty: Certainty = "named"
    partial: bool = False
    field: FieldName | None = None
    start: int = 0
    end: int = 0
    text: str = ""


class Item(Word):
    """A publication we keep, as of its current version. `key` identifies it within its source, `id` everywhere.

    `mentions` holds what its source gives with it: document numbers and dockets, and the addresses its text leads to.
    """

    id: str
    source: str = ""
    key: str = ""
    url: str | None = None
    title: str
    summary: str = ""
    text: str = ""
    language: str = ""
    country: str = ""
    regions: tuple[str, ...] = ()
    agency: str = ""
    tier: str = ""
    doc_type: str = ""
    status: str | None = None
    product_types: tuple[str, ...] = ()
    concepts: tuple[str, ...] = ()
    deadlines: tuple[Deadline, ...] = ()
    mentions: tuple[str, ...] = ()
    published: datetime | None = None
    updated: datetime | None = None
    detected: datetime | None = None
    version: int = 1


class Translation(NamedTuple):
    """What a service of the operator's made of an item's title and summary; empty where there is nothing to show."""

    service: str
    title: str = ""
    summary: str = ""


class Known(Word):
    """What we remember of an item for telling new from changed. Fingerprints are of `bot.items.normalise.fingerprint`.

    `fingerprint` belongs to the current version, `seen` to the last poll; they differ only while an item is noisy.
    `streak` counts the polls in a row at which the content was another than at the poll before.
    """

    item: str
    key: str
    url: str
    fingerprint: str
    seen: str
    streak: int = 0
    version: int = 1


class Snippet(NamedTuple):
    """Words that were added to a text or removed from it, with those before and after them."""

    before: str
    words: str
    after: str


class Change(Word):
    """How one field of an item differs between two versions: what it has now and had not, and what it had and has not."""

    field: str
    added: tuple[Snippet, ...] = ()
    removed: tuple[Snippet, ...] = ()


class Validators(Word):
    """What a server gave us to ask with whether anything is new: sent back word for word."""

    etag: str = ""
    last_modified: str = ""


class SourceState(Word):
    """How a source fares and what its server gave us to ask again with. `last_rows` is the entries of the last good poll.

    `trouble` is the sentence of the last failure, empty while all is well; `fault` its kind; `failures` counts in a row.
    `expected` is when, at the last good poll, the next one was to be; `news` are the source's days on which it brought any.
    """

    source: str
    next_poll: datetime
    etag: str = ""
    last_modified: str = ""
    body_hash: str = ""
    failures: int = 0
    last_polled: datetime | None = None
    last_success: datetime | None = None
    last_rows: int = 0
    trouble: str = ""
    fault: str = ""
    trouble_since: datetime | None = None
    polls: int = 0
    expected: datetime | None = None
    news: tuple[date, ...] = ()


class Discovery(Word):
    """An address that somebody in a place wants read, and what came of it: a source with its first entries, or a refusal.

    `name` is the one they chose, `prefix` what they type before a command. `late` says that nobody waits for the answer any more.
    """

    id: str
    workspace: str
    place: str
    url: str
    name: str = ""
    prefix: str = ""
    asked: datetime
    done: bool = False
    late: bool = False
    found: "Found | None" = None
    refusal: str = ""
    hint: str = ""


class Found(Word):
    """What can be polled at an address: the source as it would be added, and the first of its entries, of `total`."""

    source: Source
    entries: tuple[Entry, ...]
    total: int


class Poll(Word):
    """What one poll of one source brought. `trouble` is empty when it went well; `unchanged` when nothing had to be parsed."""

    source: str
    entries: int = 0
    baseline: bool = False
    unchanged: bool = False
    new: tuple[Item, ...] = ()
    changed: tuple[Item, ...] = ()
    noisy: int = 0
    owed: int = 0
    trouble: str = ""


class Gap(Word):
    """A time in which a source was not looked at, though it should have been: between two good polls, or up to now."""

    source: str
    begun: datetime
    ended: datetime


class Alarm(Word):
    """That a workspace was told of a source that fails `since` then; `widespread` if as one of most."""

    workspace: str
    source: str
    since: datetime
    widespread: bool = False


class Look(Word):
    """That a source was polled, as proof keeps it: on which day (UTC), whether it answered, and the gap that this ended."""

    source: str
    day: date
    good: bool
    gap: Gap | None = None


class Records(Word):
    """What is kept of a span of time: how sources fare now, their polls (all, good) and gaps, and the hits of watchlists."""

    states: dict[str, SourceState]
    polls: dict[str, tuple[int, int]]
    gaps: tuple[Gap, ...]
    hits: dict[str, int]


class Evidence(Word):
    """The words that matched: `text` is `item.<field>[start:end]` exactly as written by the source."""

    field: FieldName
    start: int
    end: int
    text: str
    term: str
    concept: str | None = None
    language: str | None = None


class Hit(Word):
    """One item version matching one watchlist, with its evidence."""

    watchlist: str
    item: str
    version: int
    evidence: tuple[Evidence, ...] = ()


class Watchlist(Word):
    """A named query owned by a workspace; names are unique in their workspace, letter case aside. A paused one does not match."""

    id: str
    workspace: str
    name: str
    query: str
    created_by: str
    created: datetime
    paused: bool = False


class Place(Word):
    """A channel or personal chat on a platform, with what it wishes. `id` is `platform:workspace:channel`.

    Between `quiet_from` and `quiet_to`, in its time zone, only urgent alerts are sent; both or neither are set. `threads` says
    where news of an alert that stands there already go. `address` is where the platform takes messages for it, if it said so.
    It is spoken to in its `language`, or if that is "", in the one of the `locale` that the platform told first.
    """

    id: str
    platform: Platform
    workspace: str
    channel: str
    name: str = ""
    timezone: str = "UTC"
    quiet_from: time | None = None
    quiet_to: time | None = None
    compact: bool = False
    threads: Threads = "thread"
    mentions: bool = True
    address: str = ""
    language: str = ""
    locale: str = ""


class Subscription(Word):
    """A watchlist delivered to a place. A suspended one keeps its `code`, the platform's word for why.

    A digest comes on `days` (none: every day; weekly: Mondays) `at` a time, both in the time zone of the place. With `urgent`,
    recalls and safety alerts come at once, past digests and quiet hours.
    """

    id: str
    watchlist: str
    place: str
    frequency: Frequency = "now"
    days: tuple[Weekday, ...] = ()
    at: time = time(9)
    urgent: bool = False
    created_by: str
    created: datetime
    suspended: str = ""


DeliveryState = Literal["waiting", "pending", "sending", "sent", "later", "held", "gone", "unclear", "bundled", "dropped"]
# `also`: another source reports an event that the place was told of.
DeliveryKind = Literal["new", "changed", "also", "refresh", "digest", "burst", "notice"]


class Window(Word):
    """The time whose finds a digest tells, from `start` up to but without `end`; it may be sent from `due` on."""

    start: datetime
    end: datetime
    due: datetime


class Notice(Word):
    """What a place is told that is no alert: plain text, a line each, the first one saying what it is about.

    `links` are where lines lead, in their order; a line without one, or with "", leads nowhere. `buttons` are what can be done at once:
    a label, a command and its argument each.
    """

    lines: tuple[str, ...]
    links: tuple[str, ...] = ()
    buttons: tuple[tuple[str, str, str], ...] = ()


class Reminders(Word):
    """What a place is reminded of, from the moment `since` on: deadlines, so many `days` before each, `at` a time of its own zone."""

    place: str
    days: tuple[int, ...] = (30, 7, 1)
    at: clock = clock(9)
    since: datetime


class Bundled(Word):
    """One item as a digest tells it: the item without its text, and the watchlists of the place that it came for.

    `reporters` are the agencies of other reports of its event that do not stand in the digest themselves.
    """

    item: Item
    kind: DeliveryKind
    watchlists: tuple[str, ...]
    urgent: bool = False
    reporters: tuple[str, ...] = ()


class Delivery(Word):
    """One message owed to one place: a row of the outbox. `reference` is where the platform put the message.

    A `refresh` brings an alert that stands in the place up to date, and is no message of its own.
    It tells of a version of an item, of a `window` (kinds `digest` and `burst`), or a `notice`; without an item `item` is empty
    and `version` 0. An item that goes out in a digest and not by itself is `bundled`, and `digest` is the id of that delivery.
    """

    id: str
    place: str
    item: str = ""
    version: int = 0
    kind: DeliveryKind
    watchlists: tuple[str, ...] = ()
    window: Window | None = None
    notice: Notice | None = None
    digest: str = ""
    poll: str = ""
    urgent: bool = False
    state: DeliveryState = "pending"
    attempts: int = 0
    created: datetime
    not_before: datetime
    attempted: datetime | None = None
    lease_until: datetime | None = None
    sent: datetime | None = None
    reference: str = ""
    reason: str = ""


class Crowd(NamedTuple):
    """How many alerts a place is `owed` now, how many of these are urgent, and how many it missed before."""

    owed: int
    urgent: int
    missed: int


class Heed(Word):
    """A place mutes a source or follows an item (`about`, by its id) from `since` on; `name` is how that was called then."""

    place: str
    kind: Literal["mute", "follow"]
    about: str
    name: str
    by: str
    by_name: str = ""
    since: datetime


class Told(Word):
    """A place is owed, or has, an alert on a story, for these watchlists; it `waits` while nobody has begun to send it."""

    place: str
    story: str
    watchlists: tuple[str, ...]
    waits: bool


class Decision(Word):
    """One thing that a person of a workspace decided about an item: its status, its impact, its owner, or a note, which stands in `reason`.

    `status` is what the item stands at from then on; of a decision about its impact, how great that is.

    `owner` is a person as a platform names them, or empty with the name for one that is known by name only; both empty for nobody.
    """

    workspace: str
    item: str
    what: Literal["status", "owner", "note", "impact"]
    status: Status | Impact = "new"
    owner: str = ""
    owner_name: str = ""
    reason: str = ""
    until: date | None = None
    by: str
    by_name: str = ""
    at: datetime


class Assessment(Word):
    """Where an item stands in a workspace, and the decisions that led there, the oldest first."""

    status: Status = "new"
    owner: str = ""
    owner_name: str = ""
    reason: str = ""
    until: date | None = None
    impact: Impact | Literal[""] = ""
    decisions: tuple[Decision, ...] = ()
