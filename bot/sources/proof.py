"""Proof that we looked, for one watchlist: sources, polls, last success, gaps with their times, and hits. Pure.

A gap is told as it was: a time in which a source had no good poll although it should have had, also when the bot itself was down.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from bot.audience import may_see
from bot.messages import count, say
from bot.model import Gap, Records, Source, SourceState, Watchlist
from bot.sources.health import open_gap
from bot.times import ago, between, moment
from bot.watch.query import Query
from bot.watch.reach import may_find

_MOST_GAPS = 8
_NAMED = 3


SPANS = {"week": timedelta(days=7), "month": timedelta(days=30)}


def start(now: datetime, span: str) -> datetime:
    """Where a span of SPANS begins: at midnight UTC, since polls are counted by days of UTC."""
    return (now - SPANS[span]).astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def lines(
    watchlist: Watchlist, query: Query, readable: Iterable[Source], records: Records, *, since: datetime, now: datetime, zone: str
) -> tuple[str, ...]:
    """The proof for a watchlist over those of the readable sources that could bring what it finds."""
    sources = [one for one in readable if may_see(watchlist.workspace, one.id) and may_find(query, one)]
    if not sources:
        return (say("{watchlist}: no source is read that could bring what it finds.", watchlist=watchlist.name),)
    asked, good = (sum(records.polls.get(one.id, (0, 0))[at] for one in sources) for at in (0, 1))
    hits = records.hits.get(watchlist.id, 0)
    paused = say(" It is paused: it matches nothing for now.") if watchlist.paused else ""
    counted = say(
        "{watchlist}: {found}. {sources}, {polls} since {since}, {good} answered well.{paused}",
        watchlist=watchlist.name,
        found=_found(hits, good),
        sources=count("{n} source", "{n} sources", len(sources)),
        polls=count("{n} poll", "{n} polls", asked),
        since=moment(since, zone),
        good=f"{good:,}",
        paused=paused,
    )
    theirs = {one.id for one in sources}
    open_now = [gap for one in theirs if (state := records.states.get(one)) and (gap := open_gap(state, now))]
    missing = [*(gap for gap in records.gaps if gap.source in theirs), *open_now]
    return counted, _last(sources, records.states, now), *_gaps(missing, sources, now, zone)


def _found(hits: int, good: int) -> str:
    if hits:
        return count("{n} hit", "{n} hits", hits)
    return say("nothing new, and we did look") if good else say("nothing was looked at")


def _last(sources: Collection[Source], states: Mapping[str, SourceState], now: datetime) -> str:
    good = [state.last_success for one in sources if (state := states.get(one.id)) and state.last_success]
    never = len(sources) - len(good)
    unread = count(" {n} was never read.", " {n} were never read.", never) if never else ""
    if not good:
        return say("Last success: none.") + unread
    told = say("Last success: {last}; of the one longest without, {first}.", last=ago(max(good), now), first=ago(min(good), now))
    return told + unread


def _gaps(missing: Collection[Gap], sources: Sequence[Source], now: datetime, zone: str) -> tuple[str, ...]:
    """The gaps, those that overlap as one, the latest first."""
    if not missing:
        return (say("No gaps."),)
    names = {one.id: one.name for one in sources}
    merged = _merged(missing)
    rows = [_gap(cluster, names, now, zone) for cluster in reversed(merged)]
    earlier = len(rows) - _MOST_GAPS
    more = (count("and {n} earlier one.", "and {n} earlier ones.", earlier),) if earlier > 0 else ()
    return count("{n} gap:", "{n} gaps:", len(rows)), *(f"• {row}" for row in rows[:_MOST_GAPS]), *more


def _merged(missing: Collection[Gap]) -> list[list[Gap]]:
    clusters: list[list[Gap]] = []
    for gap in sorted(missing, key=lambda one: one.begun):
        if clusters and gap.begun < max(one.ended for one in clusters[-1]):
            clusters[-1].append(gap)
        else:
            clusters.append([gap])
    return clusters


def _gap(cluster: Sequence[Gap], names: Mapping[str, str], now: datetime, zone: str) -> str:
    begun, ended = min(one.begun for one in cluster), max(one.ended for one in cluster)
    theirs = sorted({names.get(one.source, one.source) for one in cluster})
    many = say("{n} of {all} sources", n=f"{len(theirs):,}", all=f"{len(names):,}")
    who = ", ".join(theirs) if len(theirs) <= _NAMED else many
    still = say(", not over yet") if ended >= now else ""
    return f"{between(begun, ended, zone)}{still}: {who}"
