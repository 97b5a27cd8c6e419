"""How a source fares: (state, what this poll brought, now) → the next state, with when to look again, and the verdict. Pure.

Waiting follows the source: its own interval, longer when it says so (Cache-Control, Retry-After) or keeps failing. The next poll
falls on a grid that all sources share.
"""

import zlib
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from bot.errors import SourceTrouble
from bot.messages import keep
from bot.model import Gap, Item, Look, Source, SourceState, Validators, Word
from bot.sources import rhythm

LONGEST_WAIT = timedelta(hours=6)
# Polls in a row at which a watched page is missing before it counts as gone: with the waits between them, a day or more.
GONE_AFTER = 3
_BLAME_THE_CONDITION = (400, 412, 500)
# Polls of sources with one interval are spread over a tenth of it, each address always at its own point.
_SPREAD = 10
# Due times stand on a grid of this step, or of a shorter interval, whoever polls: what is due together is asked, and written, together.
GRID = timedelta(seconds=30)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A source was not looked at when so many of its waits passed without a good poll; a moment is no gap, however short the wait.
_WAITS = 3
_SHORTEST_GAP = timedelta(minutes=5)

Kind = Literal["ok", "late", "failing", "blocked", "disabled", "unread"]


class Verdict(Word):
    """How a source fares, and why, as a sentence; `why` is empty when there is nothing to say."""

    kind: Kind
    why: str = ""


def verdict(source: Source, state: SourceState | None, now: datetime) -> Verdict:
    """How the source fares now. A silence counts up to the last good poll only: what came since, nobody has looked for."""
    if not source.enabled:
        return Verdict(kind="disabled", why=source.disabled_because or keep("No reason is given."))
    if state is None or state.last_polled is None:
        return Verdict(kind="unread")
    if state.trouble:
        return Verdict(kind="blocked" if state.fault == "blocked" else "failing", why=state.trouble)
    if open_gap(state, now) is not None:
        return Verdict(kind="failing", why=keep("It was to be read again and has not been: nothing polls. Is `regwatch run` running?"))
    late = rhythm.silence(state.news, _day(source, state.last_success or now))
    return Verdict(kind="late", why=late) if late else Verdict(kind="ok")


def heard(source: Source, state: SourceState, news: Iterable[Item], now: datetime) -> SourceState:
    """The state with the days of news that a poll brought: as dated, if that is no day before the news we know of, else today."""
    today, last = _day(source, now), max(state.news, default=date.min)
    days = [_day(source, one.published) if one.published else today for one in news]
    return state.model_copy(update={"news": rhythm.remembered(state.news, [day if last <= day <= today else today for day in days])})


def look(before: SourceState, after: SourceState, now: datetime) -> Look:
    """That the source was polled now, for the proof."""
    good = after.last_success == now
    return Look(source=after.source, day=now.astimezone(UTC).date(), good=good, gap=open_gap(before, now) if good else None)


def open_gap(state: SourceState, now: datetime) -> Gap | None:
    """The time since the last good poll, if the source should have been read well before now."""
    begun = state.last_success or state.trouble_since
    if begun is None:
        return None
    wait = state.expected - begun if state.last_success and state.expected else timedelta()
    if now - begun <= max(_WAITS * wait, _SHORTEST_GAP):
        return None
    return Gap(source=state.source, begun=begun, ended=now)


def _day(source: Source, when: datetime) -> date:
    return when.astimezone(ZoneInfo(source.timezone)).date()


def went_well(
    source: Source, state: SourceState, now: datetime, validators: Validators, body_hash: str, max_age: float | None
) -> SourceState:
    """The source answered: its validators are kept, troubles are over, and it is due after its interval or what it asked for."""
    wait = source.interval if max_age is None else max(source.interval, timedelta(seconds=min(max_age, LONGEST_WAIT.total_seconds())))
    again = _due(source, now + wait)
    good = {
        "etag": validators.etag,
        "last_modified": validators.last_modified,
        "body_hash": body_hash,
        "next_poll": again,
        "expected": again,
        "failures": 0,
        "last_polled": now,
        "last_success": now,
        "trouble": "",
        "fault": "",
        "trouble_since": None,
        "polls": state.polls + 1,
    }
    return SourceState.trusted(state.__dict__ | good)


def went_wrong(source: Source, state: SourceState, trouble: SourceTrouble, now: datetime) -> SourceState:
    """The source failed: what we know stays, and it is tried again after a doubling wait, or when it asked to be."""
    backed_off = min(source.interval * 2 ** min(state.failures, 8), max(LONGEST_WAIT, source.interval))
    asked = timedelta(seconds=min(trouble.wait(now), 24 * 3600))
    # These may be about the condition it was asked with: then it would answer so for ever.
    forgotten = {"etag": "", "last_modified": ""} if trouble.status in _BLAME_THE_CONDITION else {}
    return state.model_copy(
        update={
            **forgotten,
            "next_poll": _due(source, now + max(backed_off, asked)),
            "failures": state.failures + 1,
            "last_polled": now,
            "trouble": trouble.sentence,
            "fault": trouble.fault,
            "trouble_since": state.trouble_since or now,
            "polls": state.polls + 1,
        }
    )


def is_gone(source: Source, after: SourceState, trouble: SourceTrouble) -> bool:
    """Whether a watched page is gone for good: it says so (410), or has answered 404 for the third poll in a row.

    A list that answers so is in trouble and its items stay, and so do those of a site that keeps programs out that way.
    """
    missing = source.kind == "page" and trouble.fault == "http_error"
    return missing and (trouble.status == 410 or (trouble.status == 404 and after.failures >= GONE_AFTER))


def _due(source: Source, earliest: datetime) -> datetime:
    """The first moment on the grid that is no sooner than this and the source's own jitter: nobody is asked earlier than they allow."""
    share = zlib.crc32(source.url.encode()) / 2**32
    wanted = earliest + source.interval * share / _SPREAD
    return wanted + (_EPOCH - wanted) % min(GRID, source.interval)
