"""How a source fares, with the reason; and that a gap is told truthfully, also one in which we were not there."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, strategies

from bot.errors import SourceTrouble
from bot.model import Source, SourceState, Validators
from bot.sources import health
from tests.builders import item
from tests.test_schedules_poll import source

A = source("a")
QUARTER = timedelta(minutes=15)


def well(state: SourceState, now: datetime, max_age: float | None = None) -> SourceState:
    return health.went_well(A, state, now, Validators(), "hash", max_age)


def well_of(one: Source, now: datetime) -> SourceState:
    return health.went_well(one, SourceState(source=one.id, next_poll=now), now, Validators(), "", None)


def ill(state: SourceState, now: datetime, fault: str = "http_error") -> SourceState:
    return health.went_wrong(A, state, SourceTrouble("It answered 503.", fault=fault), now)  # type: ignore[arg-type]


@pytest.fixture
def fresh(now: datetime) -> SourceState:
    return SourceState(source="a", next_poll=now)


def test_each_state_has_its_verdict_and_reason(fresh: SourceState, now: datetime) -> None:
    assert health.verdict(A, None, now) == health.verdict(A, fresh, now) == health.Verdict(kind="unread")
    assert health.verdict(A, well(fresh, now), now) == health.Verdict(kind="ok")
    assert health.verdict(A, ill(fresh, now), now) == health.Verdict(kind="failing", why="It answered 503.")
    assert health.verdict(A, ill(fresh, now, "blocked"), now).kind == "blocked"
    off = source("a", enabled=False, disabled_because="It refuses programs.")
    assert health.verdict(off, well(fresh, now), now) == health.Verdict(kind="disabled", why="It refuses programs.")


def test_a_source_that_nobody_polls_is_not_ok(fresh: SourceState, now: datetime) -> None:
    state = well(fresh, now)
    assert health.verdict(A, state, now + 2 * QUARTER).kind == "ok"
    verdict = health.verdict(A, state, now + timedelta(hours=2))
    assert verdict.kind == "failing"
    assert "Is `regwatch run` running?" in verdict.why


def test_a_silence_counts_up_to_the_last_good_poll(fresh: SourceState, now: datetime) -> None:
    days = tuple(now.date() - timedelta(days=number) for number in range(30, 0, -1))
    state = fresh.model_copy(update={"news": days})
    for after, kind in ((0, "ok"), (9, "ok"), (12, "late")):
        at = now + timedelta(days=after)
        assert health.verdict(A, well(state, at), at).kind == kind


def test_the_days_of_news_are_the_source_s_own(fresh: SourceState, now: datetime) -> None:
    seoul = source("a", timezone="Asia/Seoul")
    late = now.replace(hour=20)  # already the next day there
    dated = [item(published=now - timedelta(days=number)) for number in (3, 1)]
    state = health.heard(seoul, fresh, [*dated, item(published=late + timedelta(days=400)), item(published=None)], late)
    assert state.news == (date(2026, 6, 29), date(2026, 7, 1), date(2026, 7, 3))
    # Later, an item of long ago is news of today.
    again = health.heard(seoul, state, [item(published=now - timedelta(days=900))], late + timedelta(days=2))
    assert again.news[-1] == date(2026, 7, 5)
    assert again.news[:-1] == state.news


def test_a_time_without_a_good_poll_is_a_gap_whether_it_failed_or_we_were_away(fresh: SourceState, now: datetime) -> None:
    state = well(fresh, now)
    assert health.look(fresh, state, now).gap is None
    on_time = now + QUARTER + timedelta(minutes=2)
    assert health.look(state, well(state, on_time), on_time).gap is None
    later = now + timedelta(hours=3)
    gap = health.look(state, well(state, later), later).gap  # nobody polled in between
    assert gap is not None
    assert (gap.begun, gap.ended) == (now, later)
    failed = ill(ill(state, now + QUARTER), now + 2 * QUARTER)
    assert health.look(state, failed, now + 2 * QUARTER).gap is None  # not over yet
    gap = health.look(failed, well(failed, later), later).gap
    assert gap is not None
    assert (gap.begun, gap.ended) == (now, later)
    assert health.open_gap(failed, later) is not None


def test_a_source_that_asks_to_be_left_alone_for_hours_leaves_no_gap(fresh: SourceState, now: datetime) -> None:
    state = well(fresh, now, max_age=4 * 3600)
    later = now + timedelta(hours=5)
    assert health.look(state, well(state, later), later).gap is None


def test_a_source_that_never_answered_has_a_gap_since_the_first_try(fresh: SourceState, now: datetime) -> None:
    failed = ill(fresh, now)
    gap = health.look(failed, well(failed, now + QUARTER), now + QUARTER).gap
    assert gap is not None
    assert gap.begun == now
    assert health.open_gap(fresh, now) is None


@pytest.mark.parametrize("failures", [0, 1, 3, 8, 30])
def test_waits_double_up_to_a_limit_and_keep_each_source_at_its_own_point(fresh: SourceState, now: datetime, failures: int) -> None:
    state = fresh.model_copy(update={"failures": failures})
    wait = ill(state, now).next_poll - now
    assert min(QUARTER * 2**failures, health.LONGEST_WAIT) <= wait <= health.LONGEST_WAIT + QUARTER / 10 + health.GRID
    assert ill(state, now).next_poll == ill(state, now).next_poll


def test_sources_of_one_interval_are_spread_over_a_tenth_of_it(now: datetime) -> None:
    hours = [source(f"source-{number}", interval=timedelta(hours=6)) for number in range(200)]
    waits = [well_of(one, now).next_poll - now for one in hours]
    assert all(timedelta(hours=6) <= wait <= timedelta(hours=6.6) + health.GRID for wait in waits)
    tenth = timedelta(minutes=3.6)
    assert min(sum(part * tenth <= wait - timedelta(hours=6) < (part + 1) * tenth for wait in waits) for part in range(10)) >= 8


def test_the_polls_of_many_sources_gather_at_few_moments_however_scattered_the_last_ones_ended(now: datetime) -> None:
    named = [source(f"source-{number}") for number in range(200)]
    ended = [now + timedelta(seconds=number * 0.149) for number in range(200)]  # over half a minute
    dues = Counter(well_of(one, at).next_poll for one, at in zip(named, ended, strict=True))
    assert all(due - now >= QUARTER for due in dues)
    assert len(dues) <= (QUARTER / 10 + timedelta(seconds=30)) / health.GRID + 1
    assert max(dues.values()) < 100  # and not all at one


@given(
    seconds=strategies.floats(min_value=1.5e9, max_value=4e9),
    minutes=strategies.integers(min_value=1, max_value=2_000),
    asked=strategies.floats(min_value=0, max_value=200_000),
)
def test_no_source_is_asked_sooner_than_its_interval_or_than_it_wishes(seconds: float, minutes: int, asked: float) -> None:
    now = datetime.fromtimestamp(seconds, UTC)
    one = source("a", interval=timedelta(minutes=minutes))
    again = health.went_well(one, SourceState(source="a", next_poll=now), now, Validators(), "", asked).next_poll
    assert again - now >= max(one.interval, min(timedelta(seconds=asked), health.LONGEST_WAIT))
    later = health.went_wrong(one, SourceState(source="a", next_poll=now), SourceTrouble("No.", fault="http_error", retry_after=asked), now)
    assert later.next_poll - now >= max(one.interval, min(timedelta(seconds=asked), timedelta(days=1)))
    assert all(due.timestamp() % health.GRID.total_seconds() == 0 for due in (again, later.next_poll))


@pytest.mark.parametrize(
    ("max_age", "at_least"),
    [
        (None, QUARTER),
        (0.0, QUARTER),
        (60.0, QUARTER),
        (3600.0, timedelta(hours=1)),
        (10.0 * 86_400, health.LONGEST_WAIT),
        (1e300, health.LONGEST_WAIT),
    ],
)
def test_how_long_an_answer_stays_fresh_counts_within_bounds(
    fresh: SourceState, now: datetime, max_age: float | None, at_least: timedelta
) -> None:
    again = well(fresh, now, max_age).next_poll
    assert at_least <= again - now <= at_least + QUARTER / 10 + health.GRID


@pytest.mark.parametrize(("status", "forgotten"), [(400, True), (412, True), (500, True), (404, False), (429, False), (503, False)])
def test_a_source_that_may_stumble_over_our_condition_is_asked_without_it(
    fresh: SourceState, now: datetime, status: int, forgotten: bool
) -> None:
    state = fresh.model_copy(update={"etag": '"1"', "last_modified": "yesterday", "body_hash": "hash"})
    after = health.went_wrong(A, state, SourceTrouble("It refused.", fault="http_error", status=status), now)
    assert (after.etag, after.last_modified) == (("", "") if forgotten else ('"1"', "yesterday"))
    assert after.body_hash == "hash"


def test_a_source_may_name_the_moment_when_it_wishes_to_be_asked_again(fresh: SourceState, now: datetime) -> None:
    moment = now + timedelta(hours=5)
    trouble = SourceTrouble("It is busy.", fault="http_error", status=503, retry_after=moment)
    assert moment <= health.went_wrong(A, fresh, trouble, now).next_poll < moment + QUARTER
    assert health.went_wrong(A, fresh, trouble, moment + timedelta(days=1)).next_poll < moment + timedelta(days=1) + 2 * QUARTER


@pytest.mark.parametrize(("asked", "at_least"), [(None, QUARTER), (5.0, QUARTER), (7200.0, timedelta(hours=2)), (1e12, timedelta(days=1))])
def test_a_source_that_asks_to_be_left_alone_is_for_a_day_at_most(
    fresh: SourceState, now: datetime, asked: float | None, at_least: timedelta
) -> None:
    slow_down = SourceTrouble("It asks for time.", fault="http_error", retry_after=asked)
    again = health.went_wrong(A, fresh, slow_down, now).next_poll
    assert at_least <= again - now <= at_least + QUARTER / 10 + health.GRID
