"""Windows part all of time, in every zone and across every change of its clock; quiet hours always end; nothing is planned away."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import example, given
from hypothesis import strategies as st

from bot.deliver import digest
from bot.deliver.digest import Plan
from bot.model import Delivery, Place, Subscription
from tests.builders import delivery, place, subscription

# Half-hour changes, odd offsets, a day left out (Samoa, December 2011), no changes, midnight changes, the far ends.
ZONES = (
    "UTC",
    "Asia/Seoul",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "Africa/Cairo",
    "America/Havana",
    "America/New_York",
    "America/St_Johns",
    "Europe/Berlin",
    "Africa/Casablanca",
    "Asia/Tehran",
)

zones = st.sampled_from(ZONES)
FIRST = datetime(2005, 1, 1, tzinfo=UTC)
moments = st.timedeltas(timedelta(), timedelta(days=31 * 365)).map(lambda since: FIRST + since)
times = st.times().map(lambda one: one.replace(second=0, microsecond=0))
days = st.lists(st.sampled_from(digest.WEEKDAYS), unique=True).map(tuple)
rhythms = st.builds(
    lambda frequency, days, at: subscription("w", "p", frequency=frequency, days=days, at=at),
    st.sampled_from(["hourly", "daily", "weekly"]),
    days,
    times,
)
DAILY = subscription("w", "p", frequency="daily", at=time(2, 30))
LEFT_OUT = datetime(2011, 12, 30, 12, tzinfo=UTC)


@given(rhythms, zones, moments)
@example(DAILY, "America/New_York", datetime(2026, 3, 8, 7, 30, tzinfo=UTC))
@example(DAILY, "America/New_York", datetime(2026, 11, 1, 6, 30, tzinfo=UTC))
@example(DAILY, "Australia/Lord_Howe", datetime(2026, 10, 3, 15, 45, tzinfo=UTC))
@example(DAILY, "Pacific/Apia", LEFT_OUT)
def test_each_moment_lies_in_one_window_and_windows_follow_without_gap(rhythm: Subscription, zone: str, moment: datetime) -> None:
    here = digest.window(rhythm, ZoneInfo(zone), moment)
    assert here.start <= moment < here.end == here.due
    for inside in (here.start, here.end - timedelta(microseconds=1)):
        assert digest.window(rhythm, ZoneInfo(zone), inside) == here
    after = digest.window(rhythm, ZoneInfo(zone), here.end)
    before = digest.window(rhythm, ZoneInfo(zone), here.start - timedelta(microseconds=1))
    assert (after.start, before.end) == (here.end, here.start)


@given(times, zones, st.dates(date(2005, 1, 3), date(2036, 1, 1)))
@example(time(2, 30), "America/New_York", date(2026, 3, 8))
@example(time(1, 30), "America/New_York", date(2026, 11, 1))
@example(time(0, 30), "America/Havana", date(2026, 3, 8))
def test_a_day_has_one_end_of_a_daily_window_whatever_its_clock_does(at: time, zone: str, day: date) -> None:
    daily = subscription("w", "p", frequency="daily", at=at)
    where = ZoneInfo(zone)
    moment = datetime.combine(day - timedelta(days=2), time(12), UTC)
    ends = []
    while (moment := digest.window(daily, where, moment).end).astimezone(where).date() <= day:
        ends.append(moment.astimezone(where).date())
    assert ends.count(day) == (0 if (zone, day) == ("Pacific/Apia", date(2011, 12, 30)) else 1)


@given(rhythms, zones, moments)
def test_a_digest_comes_only_on_its_days_and_at_its_time(rhythm: Subscription, zone: str, moment: datetime) -> None:
    end = digest.window(rhythm, ZoneInfo(zone), moment).end.astimezone(ZoneInfo(zone))
    chosen = rhythm.days or (("mon",) if rhythm.frequency == "weekly" else digest.WEEKDAYS)
    wanted = end.replace(minute=0, second=0, microsecond=0, tzinfo=None) if rhythm.frequency == "hourly" else end.replace(tzinfo=None)
    assert wanted == end.replace(tzinfo=None)
    shown = datetime.combine(end.date(), end.time() if rhythm.frequency == "hourly" else rhythm.at, ZoneInfo(zone))
    if shown.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) == shown.replace(tzinfo=None):
        # Where the clock leaves the time out, it is taken as if the clock had not been changed, which may be the next day.
        assert digest.WEEKDAYS[end.weekday()] in chosen
        assert rhythm.frequency == "hourly" or end.time() == rhythm.at or end.utcoffset() != (end - timedelta(days=1)).utcoffset()


@given(zones, times, times, moments)
def test_quiet_hours_end_within_a_day_and_are_over_at_their_end(zone: str, start: time, end: time, moment: datetime) -> None:
    quiet = place(timezone=zone, quiet_from=start, quiet_to=end)
    until = digest.quiet_until(quiet, moment)
    if until is not None:
        assert moment < until <= moment + timedelta(hours=49)
        assert start == end or digest.quiet_until(quiet, until) is None


@given(zones, st.lists(rhythms, max_size=3), st.booleans(), times, times, moments)
def test_a_find_is_planned_for_a_time_out_of_quiet_hours_and_never_for_the_past(
    zone: str, rhythms: list[Subscription], also_now: bool, start: time, end: time, found: datetime
) -> None:
    where = place(timezone=zone, quiet_from=start, quiet_to=end if end != start else None)
    subscriptions = rhythms + [subscription("n", where)] * also_now
    planned = digest.plan(where, subscriptions, found, found)
    assert planned.due >= found
    assert (planned.state == "dropped") == (not subscriptions)
    if subscriptions:
        assert digest.quiet_until(where, planned.due) is None
        assert (planned.state == "pending") == (planned.due == found)
    assert digest.plan(where, subscriptions, found, found, urgent=True) == Plan("pending", found)


@given(zones, st.lists(st.tuples(st.sampled_from(["now", "hourly", "daily", "gone"]), st.integers(0, 10_000)), max_size=60), moments)
def test_whatever_waited_goes_one_way_when_its_time_has_come(zone: str, found: list[tuple[str, int]], now: datetime) -> None:
    where: Place = place(timezone=zone)
    subscriptions = [subscription(name, where, frequency=name) for name in ("now", "hourly", "daily")]
    due = [_waiting(name, where, now - timedelta(minutes=ago)) for name, ago in found]
    closing = digest.close(where, due, subscriptions, now)
    went = [one.id for one in (*closing.alone, *closing.together, *(one for one, _ in closing.later))]
    assert sorted(went) == sorted(one.id for one in due)
    assert (closing.digest is None) == (not closing.together)
    assert len(closing.alone) <= digest.MOST_ALONE
    assert all(planned.state == ("dropped" if one.watchlists == ("gone",) else "waiting") for one, planned in closing.later)
    if closing.digest is not None and closing.digest.window is not None:
        assert closing.digest.window.start <= min(one.created for one in closing.together)
        assert closing.digest.window.end <= now
        assert digest.close(where, due, subscriptions, now) == closing


def _waiting(name: str, where: Place, created: datetime) -> Delivery:
    return delivery("item", where, state="waiting", watchlists=(name,), created=created, not_before=created)
