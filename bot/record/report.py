"""The report of a place on a span of time: that was looked, what was found and told, what was decided, what is open and due."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from bot import wordlist
from bot.audience import may_see
from bot.errors import UserMistake
from bot.items.assessing import OPEN, STATUSES, said, standing
from bot.messages import count, say
from bot.model import Place, Records, Source, Watchlist
from bot.sources import proof
from bot.store import assessments, deadlines, glossaries, items, places, record, reporting, sources, watchlists
from bot.store.database import Tx
from bot.store.reporting import Decided, Told
from bot.times import zone
from bot.watch import trends
from bot.watch.glossary import Glossary
from bot.watch.query import Query, parse
from bot.watch.reach import may_find
from bot.watch.trends import Trend

AHEAD = timedelta(days=30)
MOST = 100


class Watched(NamedTuple):
    """A watchlist that the place receives: how many items it found, and the proof that its sources were looked at."""

    watchlist: Watchlist
    hits: int
    proof: tuple[str, ...]


class Listed(NamedTuple):
    """An item with what is to be said of it: where it stands, or what is due."""

    what: str
    title: str
    url: str


class Report(NamedTuple):
    """Everything a report says. `head` is the number and hash of the last row of the record, to be compared with it later."""

    place: Place
    start: datetime
    end: datetime
    made: datetime
    sources: int
    polls: int
    good: int
    gaps: int
    watched: tuple[Watched, ...]
    results: dict[str, int]
    alerts: tuple[Told, ...]
    decided: tuple[Decided, ...]
    open: tuple[Listed, ...]
    ahead: tuple[Listed, ...]
    head: tuple[int, str]
    trends: tuple[Trend, ...] = ()

    @property
    def hits(self) -> int:
        """Hits of all watchlists together."""
        return sum(one.hits for one in self.watched)

    @property
    def sent(self) -> int:
        """Alerts that arrived, by themselves or in a digest."""
        return self.results.get("sent", 0) + self.results.get("bundled", 0)

    @property
    def statuses(self) -> dict[str, int]:
        """How often each status was decided on, by what it is called in the catalogue of messages."""
        counted = Counter(one.decision.status for one in self.decided if one.decision.what == "status")
        return {name: counted[status] for status, name in STATUSES.items() if counted[status]}


async def gather(tx: Tx, place: Place, readable: Sequence[Source], start: datetime, end: datetime, now: datetime) -> Report:
    """The report on what lies from `start` on and before `end`; what is open and due is as of `now`."""
    watched, counted = await _watched(tx, place, readable, start, end, now)
    zoned = now.astimezone(zone(place.timezone)).date()
    return Report(
        place=place,
        start=start,
        end=end,
        made=now,
        **counted,
        watched=watched,
        results=await reporting.results(tx, place.id, start, end),
        alerts=tuple(await reporting.told(tx, place.id, start, end)),
        decided=tuple(await reporting.decided(tx, place.workspace, start, end)),
        open=await _open(tx, place.workspace),
        ahead=await _ahead(tx, place, zoned),
        head=await record.head(tx, place.workspace),
        trends=await _trends(tx, place, end),
    )


async def _watched(
    tx: Tx, place: Place, readable: Sequence[Source], start: datetime, end: datetime, now: datetime
) -> tuple[tuple[Watched, ...], dict[str, int]]:
    taken = await watchlists.by_id(tx, place.workspace, [one.watchlist for one in await places.at_place(tx, place.id)])
    own = await glossaries.of_workspace(tx, place.workspace)
    queries = {one.id: _query(one.query, own) for one in taken.values()}
    seen = [one for one in readable if may_see(place.workspace, one.id) and any(q and may_find(q, one) for q in queries.values())]
    ids = [one.id for one in seen]
    records = Records(
        states={one.source: one for one in await sources.all(tx)},
        polls=await reporting.polls(tx, ids, start.astimezone(UTC).date(), (end - timedelta(seconds=1)).astimezone(UTC).date()),
        gaps=await reporting.gaps_between(tx, ids, start, end),
        hits=await reporting.found(tx, place.id, start, end),
    )
    watched = tuple(
        Watched(one, records.hits.get(one.id, 0), proof.lines(one, query, seen, records, since=start, now=now, zone=place.timezone))
        for one in sorted(taken.values(), key=lambda one: one.name.casefold())
        if (query := queries[one.id]) is not None
    )
    polls = [sum(one[at] for one in records.polls.values()) for at in (0, 1)]
    return watched, {"sources": len(seen), "polls": polls[0], "good": polls[1], "gaps": len(records.gaps)}


async def _trends(tx: Tx, place: Place, end: datetime) -> tuple[Trend, ...]:
    """Hits per week in the thirteen weeks before the end, by country, by agency and by document type."""
    found = await reporting.matched(tx, place.id, trends.start(end, trends.WEEKS), end)
    return tuple(trends.counted(((trends.name_of(one, by), one.found) for one in found), end, by) for by in trends.BY)


def _query(text: str, own: Glossary) -> Query | None:
    """None for one that this version does not understand."""
    try:
        return parse(text, limit=len(text), own=own)
    except UserMistake:
        return None


async def _open(tx: Tx, workspace: str) -> tuple[Listed, ...]:
    decided = await assessments.decided_about(tx, workspace)
    stands = {log[-1].item: one for log in decided.values() if (one := standing(log)).status in OPEN}
    known = {one.id: one for one in await items.several(tx, list(stands), workspace=workspace)}
    found = [Listed(said(one), known[item].title, known[item].url or "") for item, one in stands.items() if item in known]
    return tuple(found[:MOST])


async def _ahead(tx: Tx, place: Place, today: date) -> tuple[Listed, ...]:
    days = [one.day for one in await deadlines.at_place(tx, place.id, today, today + AHEAD)]
    known = {one.id: one for one in await items.several(tx, {one.item for one in days}, workspace=place.workspace)}
    return tuple(
        Listed(f"{wordlist.day(one.day)}: {wordlist.deadline(one.kind)}", known[one.item].title, known[one.item].url or "")
        for one in days[:MOST]
        if one.item in known
    )


def lines(one: Report) -> tuple[str, ...]:
    """The report in a few lines, as a card or a notice shows it."""
    decided = ", ".join(say("{n} {status}", n=number, status=say(name).lower()) for name, number in one.statuses.items())
    return (
        say(
            "Looked: {sources}, {polls}, {good} answered well, {gaps}.",
            sources=count("{n} source", "{n} sources", one.sources),
            polls=count("{n} poll", "{n} polls", one.polls),
            good=f"{one.good:,}",
            gaps=count("{n} gap", "{n} gaps", one.gaps),
        ),
        say(
            "Found: {hits} of {watchlists}; {alerts} delivered here.",
            hits=count("{n} hit", "{n} hits", one.hits),
            watchlists=count("{n} watchlist", "{n} watchlists", len(one.watched)),
            alerts=count("{n} alert", "{n} alerts", one.sent),
        ),
        say("Decided in this workspace: {decided}. Open: {open}.", decided=decided or say("nothing"), open=f"{len(one.open):,}"),
        count("Ahead in 30 days: {n} deadline.", "Ahead in 30 days: {n} deadlines.", len(one.ahead)),
        count(
            "The record has {n} row; the last hash is {hash}…",
            "The record has {n} rows; the last hash is {hash}…",
            one.head[0],
            hash=one.head[1][:16],
        ),
    )
