"""When a source has been silent for longer than it usually is: told from the days on which it brought news. Pure.

Days are the source's own. Weekends count only for a source that publishes on them, and the days from Christmas to New Year for
none. A week of holidays is no silence, whatever the country; what a source did twice is its habit.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import pairwise

from bot.messages import keep
from bot.model import Word

MOST_DAYS = 60
"""So many days with news are remembered of a source."""
_LONG_AGO = timedelta(days=1_100)  # what it did so long before its latest news says nothing about now
_FEWEST_GAPS = 5
# The longest run of public holidays, in days that count: Chinese New Year and the National Day close offices for six working days.
_HOLIDAYS, _HOLIDAYS_WITH_WEEKENDS = 7, 10
_DAY = timedelta(days=1)


class Rhythm(Word):
    """How a source publishes: `usual` is the gap that nine of ten do not exceed, `limit` the longest that is not strange, in days.

    Where weekends do not count, days are working days.
    """

    usual: int
    limit: int
    weekends: bool


def remembered(known: Iterable[date], news: Iterable[date]) -> tuple[date, ...]:
    """The days on which the source brought news, the latest MOST_DAYS of them, in order; none of long before the last."""
    days = sorted({*known, *news})[-MOST_DAYS:]
    return tuple(day for day in days if days[-1] - day < _LONG_AGO)


def rhythm(days: Sequence[date]) -> Rhythm | None:
    """The rhythm of a source that brought news on these days; None if they are too few to tell."""
    if len(days) <= _FEWEST_GAPS:
        return None
    weekends = sum(day.weekday() >= 5 for day in days) > 0.15 * len(days)
    gaps = sorted(counted(earlier, later, weekends=weekends) for earlier, later in pairwise(days))
    median, usual, habit = gaps[len(gaps) // 2], gaps[-(-9 * len(gaps) // 10) - 1], gaps[-2]
    # Who publishes regularly may leave one out; who does not, seldom exceeds three times what is usual.
    strange = min(3 * usual, 2 * usual + 3 * (usual - median) + 2)
    floor = _HOLIDAYS_WITH_WEEKENDS if weekends else _HOLIDAYS
    return Rhythm(usual=usual, limit=round(max(floor, strange, 1.5 * habit)), weekends=weekends)


def silence(days: Sequence[date], today: date) -> str:
    """Why the source is late today, as a sentence; empty if it is not, or if nobody can tell."""
    found = rhythm(days)
    if found is None:
        return ""
    silent = counted(days[-1], today, weekends=found.weekends)
    if silent <= found.limit:
        return ""
    usual = max(found.usual, 1)
    if found.weekends:
        several = keep("No news for {silent} days; usually there is some within {usual} days.", silent=silent, usual=usual)
        return several if usual > 1 else keep("No news for {silent} days; usually there is some within 1 day.", silent=silent)
    several = keep("No news for {silent} working days; usually there is some within {usual} working days.", silent=silent, usual=usual)
    return several if usual > 1 else keep("No news for {silent} working days; usually there is some within 1 working day.", silent=silent)


def counted(after: date, until: date, *, weekends: bool) -> int:
    """How many days that count there are after one day and up to another, which is among them."""
    span = max((until - after).days, 0)
    return sum(_counts(after + number * _DAY, weekends=weekends) for number in range(1, span + 1))


def _counts(day: date, *, weekends: bool) -> bool:
    is_year_end = (day.month, day.day) >= (12, 24) or (day.month, day.day) <= (1, 2)
    return not is_year_end and (weekends or day.weekday() < 5)
