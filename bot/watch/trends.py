"""How often something was published, week by week: items counted by country, agency or type, and told in words and small bars. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Literal, NamedTuple, Protocol

from bot.messages import mark, say
from bot.model import Item
from bot.watch.backtest import when
from bot.wordlist import day, kind

By = Literal["country", "agency", "type"]
BY: tuple[By, ...] = ("country", "agency", "type")
WEEKS, MOST_WEEKS = 13, 52
MOST_SERIES = 5
OTHERS, NONE = mark("others"), mark("none")
NAMES: dict[By, str] = {"country": mark("country"), "agency": mark("agency"), "type": mark("document type")}
"""What is counted by, as texts of the catalogue."""
_WEEK = timedelta(days=7)
_BARS = " ▁▂▃▄▅▆▇█"


class Kind(Protocol):
    """Whatever tells where it comes from and what it is."""

    @property
    def country(self) -> str:
        """As in an item."""

    @property
    def agency(self) -> str:
        """As in an item."""

    @property
    def doc_type(self) -> str:
        """As in an item."""


class Series(NamedTuple):
    """How many items of one country, agency or type in each week, the oldest week first."""

    name: str
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        """In all weeks."""
        return sum(self.counts)


class Trend(NamedTuple):
    """Counts of weeks of seven days, the last of which ends now; `weeks` has the first day of each. Lower bounds unless `complete`."""

    by: By
    weeks: tuple[date, ...]
    series: tuple[Series, ...]
    complete: bool = True

    @property
    def totals(self) -> tuple[int, ...]:
        """All series together, week by week."""
        return tuple(map(sum, zip(*(one.counts for one in self.series), strict=True))) if self.series else (0,) * len(self.weeks)


def start(now: datetime, weeks: int) -> datetime:
    """When the oldest of so many weeks begins."""
    return now - weeks * _WEEK


def trend(
    found: Iterable[Item], now: datetime, by: By, weeks: int = WEEKS, *, names: Mapping[str, str] | None = None, complete: bool = True
) -> Trend:
    """The items counted as of the day they were published or found: the five that have most, most first, and the others together.

    `names` has what to call an agency; its own short name where there is none.
    """
    return counted(((name_of(one, by, names or {}), when(one, now)) for one in found), now, by, weeks, complete=complete)


def counted(found: Iterable[tuple[str, datetime]], now: datetime, by: By, weeks: int = WEEKS, *, complete: bool = True) -> Trend:
    """The same for moments, each under the name it counts for."""
    counts: dict[str, Counter[int]] = {}
    for name, moment in found:
        ago = (now - moment) // _WEEK
        if ago < weeks:
            counts.setdefault(name, Counter())[max(ago, 0)] += 1
    whole = sorted(counts.items(), key=lambda one: (-one[1].total(), one[0]))
    kept = whole if len(whole) <= MOST_SERIES + 1 else whole[:MOST_SERIES]
    rest: Counter[int] = sum((one for _, one in whole[len(kept) :]), Counter())
    made = [*kept, *([(OTHERS, rest)] if rest else [])]
    series = tuple(Series(name, tuple(count[week] for week in reversed(range(weeks)))) for name, count in made)
    days = tuple((start(now, weeks) + place * _WEEK).date() for place in range(weeks))
    return Trend(by, days, series, complete)


def name_of(item: Kind, by: By, names: Mapping[str, str] = MappingProxyType({})) -> str:
    """Under which name the item counts."""
    if by == "country":
        return item.country or NONE
    if by == "agency":
        return names.get(item.agency, item.agency) or NONE
    return (item.doc_type or "other").replace("_", " ")


def bars(counts: Iterable[int], most: int) -> str:
    """The counts as block characters, the highest for `most`: ▁▂▃▅▇."""
    return "".join(_BARS[0 if not one else max(1, round(one / max(most, 1) * (len(_BARS) - 1)))] for one in counts)


def title(by: By, name: str = "", *, what: str = "Items") -> str:
    """What stands above the picture of a query or watchlist; words in other letters than Latin are left to the text beside it."""
    return f"{what} per week by {by}" + (f": {name[:50]}" if name and name.isascii() else "")


def words(found: Trend) -> str:
    """The figures in words, for who does not see the picture."""
    weeks, first = len(found.weeks), day(found.weeks[0])
    if not found.series:
        return say("No items in the {weeks} weeks from {day}.", weeks=weeks, day=first)
    each = "; ".join(f"{called(found.by, one.name)} {one.total}: {', '.join(map(str, one.counts))}" for one in found.series)
    parts = {"by": say(NAMES[found.by]), "weeks": weeks, "day": first, "n": sum(one.total for one in found.series), "each": each}
    if not found.complete:
        return say("Items per week by {by}, {weeks} weeks from {day}, at least {n} in all. {each}.", **parts)
    return say("Items per week by {by}, {weeks} weeks from {day}, {n} in all. {each}.", **parts)


def called(by: By, name: str) -> str:
    """What a series is called in the language that is spoken; agencies and countries have their own names."""
    if name in (OTHERS, NONE):
        return say(name)
    return kind(name.replace(" ", "_")) if by == "type" else name
