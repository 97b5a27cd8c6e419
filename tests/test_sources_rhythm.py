"""Late is what is silent for longer than it usually is; holidays, weekends and rare publishers are not."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import SourceTrouble
from bot.sources import catalogue, parse, rhythm
from tests.recorded import PAYLOADS, needs_recordings

MONDAY = date(2026, 3, 2)


def working_days(start: date, number: int, step: int = 1) -> list[date]:
    """So many working days, every `step`-th one."""
    every = (start + timedelta(days=count) for count in range(number * step * 2))
    return [day for day in every if day.weekday() < 5][::step][:number]


def first_late(days: list[date]) -> int:
    """After how many days of silence the source is late."""
    return next(number for number in range(1, 2_000) if rhythm.silence(days, days[-1] + timedelta(days=number)))


@pytest.mark.parametrize(
    ("days", "soonest", "latest"),
    [
        (working_days(MONDAY, 40), 8, 14),  # each working day: after a week and a half
        ([MONDAY + timedelta(days=number) for number in range(40)], 8, 12),  # each day, weekends too
        (working_days(MONDAY, 20, step=5), 12, 25),  # each week
        (working_days(MONDAY, 20, step=21), 50, 90),  # each month
        (working_days(MONDAY, 12, step=63), 150, 280),  # each quarter
    ],
)
def test_a_source_that_stops_is_late_within_about_twice_its_own_rhythm(days: list[date], soonest: int, latest: int) -> None:
    assert soonest <= first_late(days) <= latest


@pytest.mark.parametrize(
    ("last", "back", "what"),
    [
        (date(2025, 10, 2), date(2025, 10, 10), "Chuseok with the days around it, KR"),
        (date(2025, 9, 30), date(2025, 10, 9), "the National Day, CN"),
        (date(2026, 2, 13), date(2026, 2, 24), "Chinese New Year"),
        (date(2025, 12, 23), date(2026, 1, 5), "Christmas to New Year, EU"),
        (date(2026, 4, 28), date(2026, 5, 7), "Golden Week, JP"),
    ],
)
def test_holidays_are_no_silence_even_for_a_source_of_every_working_day(last: date, back: date, what: str) -> None:
    days = [day for day in working_days(last - timedelta(days=60), 60) if day <= last]
    assert not any(rhythm.silence(days, last + timedelta(days=number)) for number in range((back - last).days + 1)), what


def test_what_a_source_did_twice_is_its_habit() -> None:
    """It posts day by day for two weeks and then rests for three; the second rest is already known, and the third no silence."""
    days = [day for burst in range(3) for day in working_days(MONDAY + timedelta(days=35 * burst), 10)]
    assert not any(rhythm.silence(days, days[-1] + timedelta(days=number)) for number in range(26))
    assert rhythm.silence(days, days[-1] + timedelta(days=60))


@pytest.mark.parametrize("days", [[], [MONDAY], working_days(MONDAY, 5, step=60)])
def test_few_days_of_news_make_no_rhythm(days: list[date]) -> None:
    assert not rhythm.silence(days, date(2030, 1, 1))


def test_the_reason_says_how_long_and_what_is_usual() -> None:
    days = working_days(MONDAY, 30)
    assert rhythm.silence(days, days[-1] + timedelta(days=28)) == "No news for 20 working days; usually there is some within 1 working day."


def test_of_the_days_only_the_latest_are_remembered_and_none_of_long_before() -> None:
    days = [date(2010, 1, 1), *working_days(MONDAY, 80)]
    assert list(rhythm.remembered(days, [])) == days[-rhythm.MOST_DAYS :]
    assert rhythm.remembered([date(2010, 1, 1)], [MONDAY]) == (MONDAY,)


@given(st.lists(st.dates(date(2020, 1, 1), date(2026, 12, 31)), max_size=80), st.dates(date(2000, 1, 1), date(2090, 1, 1)))
def test_silence_only_grows_and_news_ends_it(seen: list[date], today: date) -> None:
    days = rhythm.remembered(seen, [])
    if rhythm.silence(days, today):
        assert rhythm.silence(days, today + timedelta(days=1))
    if days:
        assert not rhythm.silence(days, days[-1])
    assert len(days) <= rhythm.MOST_DAYS


def recorded_days() -> Iterator[tuple[str, list[date]]]:
    """The days on which the recorded sources really published, as their own answers date them."""
    for folder in sorted(path for path in PAYLOADS.iterdir() if path.is_dir()):
        days = set()
        for file in (path for path in folder.rglob("*") if path.is_file()):
            body = file.read_bytes()
            try:
                entries = parse.entries(catalogue.adhoc(parse.likely_kind(body)), body, "", "https://example.org/")
            except SourceTrouble:
                continue
            days |= {one.published.date() for one in entries if one.published}
        yield folder.name, sorted(day for day in days if date(2000, 1, 1) < day < date(2026, 11, 1))


@needs_recordings
def test_sources_that_went_on_publishing_are_almost_never_called_late() -> None:
    """Held against the history of each recorded source, day by day: false alarms in under one of a hundred gaps."""
    gaps = late = 0
    for _, days in recorded_days():
        for at in range(6, len(days)):
            gaps += 1
            late += bool(rhythm.silence(rhythm.remembered(days[:at], []), days[at] - timedelta(days=1)))
    assert gaps > 300
    assert late <= gaps / 100
