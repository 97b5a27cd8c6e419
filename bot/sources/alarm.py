"""Who is told of failing sources, and when: once when a source fails for three polls, once when it is back. Pure.

When most of what is read fails at once, it is our own network and not fifty sources: that is told once, as one thing, and its end
too. Sources that fail meanwhile are counted in; those that still fail at its end are tried again before anybody is told of them.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from bot.messages import again, count, say
from bot.model import Alarm, Notice, Source, SourceState, Word
from bot.times import ahead, moment, span

POLLS = 3
"""A source that failed for so many polls in a row is told of."""
_FEWEST = 5  # fewer failing sources can be a coincidence
_LISTED = 10


class Change(Word):
    """What changes for a workspace, by the ids of sources: told of as failing, or as back; noted without a word; tried again at once.

    `widespread` says that those in `down` fail as most do; `over`, that this has come to its end.
    """

    down: tuple[str, ...] = ()
    back: tuple[str, ...] = ()
    noted: tuple[str, ...] = ()
    again: tuple[str, ...] = ()
    widespread: bool = False
    over: bool = False


def is_widespread(states: Collection[SourceState]) -> bool:
    """Whether most of the sources that are read fail."""
    read = [state for state in states if state.last_polled is not None]
    failing = sum(state.failures > 0 for state in read)
    return failing >= _FEWEST and 2 * failing > len(read)


def decide(states: Mapping[str, SourceState], alarms: Mapping[str, Alarm], *, widespread: bool) -> Change:
    """What a workspace is told, given how the sources it depends on fare and what it has been told of them."""
    failing = {one for one, state in states.items() if state.failures > 0}
    fresh = sorted(one for one in failing if states[one].failures >= POLLS and one not in alarms)
    as_one = {one for one, alarm in alarms.items() if alarm.widespread}
    if widespread:
        told = bool(as_one)
        first = sorted(failing - alarms.keys()) if fresh and not told else []
        return Change(down=tuple(first), noted=tuple(fresh) if told else (), widespread=True)
    back = sorted(one for one in alarms if one in states and one not in failing)
    return Change(down=tuple(fresh), back=tuple(back), again=tuple(sorted(as_one & failing)), over=bool(as_one))


def down(change: Change, sources: Mapping[str, Source], states: Mapping[str, SourceState], zone: str, now: datetime) -> Notice:
    """What is told of sources that fail."""
    named = [one for one in change.down if one in sources]
    if change.widespread:
        since = min(states[one].trouble_since or now for one in named)
        return Notice(
            lines=(
                say("Most sources cannot be read since {when}: {n} of those you depend on.", when=moment(since, zone), n=len(named)),
                say("So many at once point to the network that Regwatch runs in. The first: {reason}", reason=_reason(states[named[0]])),
                say("Nothing is lost: what appears meanwhile is found when they answer again. You will be told once that is so."),
            )
        )
    rows = [_failing(sources[one], states[one], zone, now) for one in named]
    if len(rows) == 1:
        return Notice(
            lines=(
                say("A source cannot be read: {source}", source=rows[0]),
                say("What appears there meanwhile is found when it answers again."),
            )
        )
    return Notice(lines=(count("{n} source cannot be read:", "{n} sources cannot be read:", len(rows)), *_few(rows)))


def back(change: Change, sources: Mapping[str, Source], alarms: Mapping[str, Alarm], now: datetime) -> Notice:
    """What is told of sources that answer again."""
    named = [one for one in change.back if one in sources]
    silent = len(change.again)
    rest = [count("{n} other does not answer yet and is tried again now.", "{n} others do not answer yet and are tried again now.", silent)]
    if change.over:
        told = say("Sources can be read again: {n} of {all} that failed together.", n=len(named), all=len(named) + silent)
        return Notice(lines=(told, *(rest if silent else ())))
    rows = [say("{source}, after {length}", source=_name(sources[one]), length=span(now - alarms[one].since)) for one in named]
    if len(rows) == 1:
        return Notice(lines=(say("A source can be read again: {source}.", source=rows[0]),))
    return Notice(lines=(say("{n} sources can be read again:", n=len(rows)), *_few(rows)))


def _failing(source: Source, state: SourceState, zone: str, now: datetime) -> str:
    since = moment(state.trouble_since or now, zone)
    soon = ahead(state.next_poll, now)
    return say("{source}, since {since}: {reason} Next try {soon}.", source=_name(source), since=since, reason=_reason(state), soon=soon)


def _reason(state: SourceState) -> str:
    return again(state.trouble) or say("It gave no reason.")


def _name(source: Source) -> str:
    return f"{source.name} ({source.jurisdiction})"


def _few(rows: Sequence[str]) -> list[str]:
    more = [say("and {n} more: see `health`.", n=len(rows) - _LISTED)] if len(rows) > _LISTED else []
    return [f"• {row}" for row in rows[:_LISTED]] + more
