"""How a watchlist is delivered to a place, in the words people type and read: `daily on mon,thu at 09:00 urgent on #channel`. Pure."""

import re
from datetime import datetime, time
from difflib import get_close_matches
from typing import get_args
from zoneinfo import ZoneInfo

from bot import wordlist
from bot.errors import UserMistake
from bot.messages import say
from bot.model import Frequency, Subscription, Weekday, Word
from bot.times import time_of_day

FREQUENCIES: tuple[Frequency, ...] = get_args(Frequency)
DAYS: tuple[Weekday, ...] = get_args(Weekday)
_SPANS: dict[str, tuple[Weekday, ...]] = {"weekdays": DAYS[:5], "workdays": DAYS[:5], "weekends": DAYS[5:]}
_LONG = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_BOTH = tuple(zip(DAYS, _LONG, strict=True))
_CLAUSES = re.compile(
    r"\s+(?:(?P<where>here|#\S+)|urgent(?:\s+(?P<urgent>on|off))?|at\s+(?P<at>\d\S*(?:\s?[ap]m)?)|on\s+(?P<days>\S.*?)|(?P<often>\w+))$",
    re.IGNORECASE,
)


class SubscriptionWish(Word):
    """What was typed after `subscribe`: the name, and what was said of how it is delivered; None or empty where nothing was."""

    name: str
    frequency: Frequency | None = None
    days: tuple[Weekday, ...] = ()
    at: time | None = None
    urgent: bool | None = None
    channel: str = ""

    def of(self, before: Subscription) -> Subscription:
        """The subscription as it was, but for what was said; a digest that had no time or days said has the usual ones."""
        frequency = self.frequency or ("daily" if (self.days or self.at) and before.frequency in ("now", "hourly") else before.frequency)
        timed = bool(self.frequency or self.days or self.at)
        changes = {
            "frequency": frequency,
            "days": self.days if timed else before.days,
            "at": (self.at or time(9)) if timed else before.at,
            "urgent": before.urgent if self.urgent is None else self.urgent,
        }
        return before.model_copy(update=changes)


def read(argument: str) -> SubscriptionWish:
    """`<watchlist> [now|hourly|daily|weekly] [on mon,thu] [at 09:00] [urgent on|off] [here|#channel]`, the parts in any order.

    UserMistake points at a time that is none, and at parts that do not go together. What cannot be such a part belongs to the name.
    """
    words = argument.rstrip()
    found: dict[str, tuple[str, int]] = {}
    while (clause := _clause(words)) is not None:
        part, said, start = clause
        if part in found:
            break
        found[part] = (said, start)
        words = words[:start].rstrip()
    if not words.strip():
        return SubscriptionWish(name=argument.strip())
    return _checked(argument, words.strip(), found)


def _clause(words: str) -> tuple[str, str, int] | None:
    """The last part: which it is, what it says, where it begins; None where the name ends."""
    last_on = max(words.casefold().rfind(" on "), 0)
    for start in (last_on, *(match.start() for match in re.finditer(r"\s+(?=(?:at|urgent)\s)|\s+(?=\S+$)", words, re.IGNORECASE))):
        match = _CLAUSES.match(words, start)
        if match is None:
            continue
        part = match.lastgroup or "urgent"
        said = match.group(part) or "on"
        if (part == "days" and not _days(said)) or (part == "often" and said.casefold() not in FREQUENCIES):
            continue
        return part, said, match.end() - len(match.group().lstrip())
    return None


def _checked(argument: str, name: str, found: dict[str, tuple[str, int]]) -> SubscriptionWish:
    often = next((one for one in FREQUENCIES if one == found.get("often", ("", 0))[0].casefold()), None)
    at = _time(argument, *found["at"]) if "at" in found else None
    days = _days(found["days"][0]) if "days" in found else ()
    _refuse(argument, often, days, found)
    where = found.get("where", ("here", 0))[0]
    urgent = found["urgent"][0].casefold() == "on" if "urgent" in found else None
    return SubscriptionWish(
        name=name, frequency=often, days=days, at=at, urgent=urgent, channel="" if where.casefold() == "here" else where
    )


def _refuse(argument: str, often: Frequency | None, days: tuple[Weekday, ...], found: dict[str, tuple[str, int]]) -> None:
    """UserMistake for parts that do not go together."""
    when = {"now": say("What is `now` comes as soon as it is found."), "hourly": say("What is `hourly` comes at each full hour.")}
    for part, refusing in (("at", ("now", "hourly")), ("days", ("now",))):
        if often is not None and part in found and often in refusing:
            hint = say("Leave this out, or write `daily` instead of `{often}`.", often=often)
            raise UserMistake(when[often], hint=hint, text=argument, position=found[part][1])
    if often == "weekly" and len(days) > 1:
        hint = say("Write: {command}", command=f"`daily on {','.join(days)}`")
        raise UserMistake(say("A weekly digest has one day."), hint=hint, text=argument, position=found["days"][1])


def _days(said: str) -> tuple[Weekday, ...]:
    """The days that are named, in the order of the week; none if anything else is said."""
    chosen: set[Weekday] = set()
    for word in re.split(r"[\s,;/+&]+|\band\b", said.casefold()):
        if word in _SPANS:
            chosen.update(_SPANS[word])
        elif word:
            day = next((short for short, long in _BOTH if len(word) > 2 and long.startswith(word.rstrip("s"))), None)
            if day is None:
                return ()
            chosen.add(day)
    return tuple(day for day in DAYS if day in chosen)


def _time(argument: str, said: str, start: int) -> time:
    at = time_of_day(said)
    if at is None:
        position = argument.index(said, start)
        raise UserMistake(
            say("`{word}` is no time of day.", word=said), hint=say("Write it like 09:00 or 17:30."), text=argument, position=position
        )
    return at


def suspect(argument: str, name: str) -> UserMistake | None:
    """What may have been meant when no watchlist has this name: one of its words looks like a part that was misspelt."""
    for match in reversed(list(re.finditer(r"\S+", name))[1:]):
        word = match.group().casefold().strip(",")
        found = _misspelt(word, name[: match.start()].rsplit(maxsplit=1)[-1].casefold())
        if found is not None:
            sentence, hint = found
            return UserMistake(sentence, hint=hint, text=argument, position=argument.index(match.group(), match.start()))
    return None


def _misspelt(word: str, before: str) -> tuple[str, str] | None:
    """What is wrong with a word after that one, and what would be right; None if it may well belong to a name."""
    if before == "at" and time_of_day(word) is None:
        return say("`{word}` is no time of day.", word=word), say("Write it like 09:00 or 17:30.")
    if before == "on":
        near = get_close_matches(word, [*DAYS, *_LONG, *_SPANS], n=1, cutoff=0.5)
        hint = say("Did you mean: {words}", words=f"on {near[0]}") if near else say("Write them like mon,thu.")
        return say("`{word}` is no day of the week.", word=word), hint
    if before == "at" or word in FREQUENCIES:
        example = say("For example: {command}", command="subscribe DCT weekly on mon at 09:00")
        return say("What stands after `{word}` does not belong there.", word=word), example
    near = get_close_matches(word, FREQUENCIES, n=1, cutoff=0.7)
    if not near:
        return None
    wrong = say("`{word}` is not how often I can deliver: {often}.", word=word, often=", ".join(FREQUENCIES))
    return wrong, say("Did you mean: {words}", words=near[0])


def told(one: Subscription, zone: ZoneInfo, now: datetime) -> str:
    """`now`, `hourly`, `daily 09:00 KST`, `daily on mon, thu 09:00 KST`, `weekly on mon 09:00 KST`; with `, urgent at once`."""
    urgent = say(", recalls and safety alerts at once") if one.urgent else ""
    days = one.days or (("mon",) if one.frequency == "weekly" else ())
    on = say(" on {days}", days=", ".join(map(wordlist.weekday, days))) if days else ""
    often = wordlist.frequency(one.frequency)
    if one.frequency in ("now", "hourly"):
        return f"{often}{on}{urgent}"
    return f"{often}{on} {one.at:%H:%M} {zone_name(zone, now)}{urgent}"


def zone_name(zone: ZoneInfo, now: datetime) -> str:
    """What people call the zone now: KST; its full name where it has no short one."""
    short = now.astimezone(zone).tzname() or ""
    return short if short.isalpha() else zone.key
