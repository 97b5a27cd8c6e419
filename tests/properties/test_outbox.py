"""Whatever happens in whatever order: a delivery is never lost, never leaves its end, and is repeated at most once unmarked."""

from datetime import UTC, datetime, timedelta
from typing import get_args

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bot.deliver import outbox, pace
from bot.deliver.outbox import Gone, Later, Outcome, Refused, Sent, Unclear
from bot.model import Delivery, DeliveryState
from tests.builders import place

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
LEASE = timedelta(minutes=2)
WAIT = timedelta(seconds=5)

states = st.sampled_from(get_args(DeliveryState))
seconds = st.floats(0, 1e12)
words = st.text(max_size=10)
outcomes = st.one_of(
    st.builds(Sent, reference=words),
    st.builds(Later, seconds=seconds, reason=words),
    st.builds(Gone, code=words),
    st.builds(Refused, code=words),
    st.builds(Unclear, reason=words),
)
found = st.one_of(
    st.none(), st.builds(Sent, reference=words), st.builds(Later, seconds=seconds, reason=words), st.builds(Unclear, reason=words)
)
waits = st.none() | st.timedeltas(timedelta(), timedelta(hours=1))
policies = st.sampled_from(["repeat", "hold"])
moments = st.integers(0, 10**9).map(lambda offset: NOW + timedelta(seconds=offset - 5 * 10**8))
deliveries = st.builds(
    Delivery,
    id=words,
    place=st.just("p"),
    item=st.just("i"),
    version=st.just(1),
    kind=st.just("new"),
    watchlists=st.just(("w",)),
    state=states,
    attempts=st.integers(0, 200),
    created=moments,
    not_before=moments,
    attempted=st.none() | moments,
    lease_until=st.none() | moments,
    reason=words | st.just("possible repeat: timeout"),
)


def _clock_went_back(delivery: Delivery, result: Delivery, now: datetime) -> bool:
    """Then a lost message keeps a lease, so that nobody looks for it before its sender must have ended."""
    return result.state == "unclear" and delivery.attempted is not None and delivery.attempted > now


def pending() -> Delivery:
    return Delivery(id="d", place="p", item="i", version=1, kind="new", watchlists=("w",), created=NOW, not_before=NOW)


@settings(max_examples=500)
@given(deliveries, outcomes, found, waits, policies, moments)
def test_every_event_has_an_answer_in_every_state_and_the_ends_are_final(
    delivery: Delivery, outcome: Outcome, search: outbox.Found, wait: timedelta | None, policy: outbox.UnclearPolicy, now: datetime
) -> None:
    begun = outbox.begin(delivery, now, LEASE)
    results = [
        outbox.expire(delivery, now),
        outbox.after(delivery, outcome, now, wait),
        outbox.resolve(delivery, search, policy, now, wait),
    ]
    for result in results:
        assert Delivery.model_validate(result.model_dump()) == result
        assert result.state == "sending" or result == delivery or result.lease_until is None or _clock_went_back(delivery, result, now)
        if outbox.is_final(delivery):
            assert result == delivery
    assert begun is None or (not outbox.is_final(delivery) and begun.state == "sending")


@given(deliveries, outcomes, found, waits, policies, moments)
def test_nothing_is_sent_before_it_was_found_or_acknowledged(
    delivery: Delivery, outcome: Outcome, search: outbox.Found, wait: timedelta | None, policy: outbox.UnclearPolicy, now: datetime
) -> None:
    if delivery.state == "sent":
        return
    assert outbox.after(delivery, outcome, now, wait).state != "sent" or isinstance(outcome, Sent)
    assert outbox.resolve(delivery, search, policy, now, wait).state != "sent" or isinstance(search, Sent)


@given(deliveries, moments)
def test_only_waiting_deliveries_whose_time_has_come_begin(delivery: Delivery, now: datetime) -> None:
    begun = outbox.begin(delivery, now, LEASE)
    assert (begun is not None) == (delivery.state in ("pending", "later") and delivery.not_before <= now)
    if begun is not None:
        assert (begun.attempted, begun.lease_until, begun.attempts) == (now, now + LEASE, delivery.attempts + 1)


@given(deliveries, outcomes, waits, moments)
def test_a_wait_is_never_in_the_past(delivery: Delivery, outcome: Outcome, wait: timedelta | None, now: datetime) -> None:
    result = outbox.after(delivery, outcome, now, wait)
    assert result.not_before == delivery.not_before or result.not_before >= now


@given(
    st.tuples(words, words, st.integers(1, 99), st.sampled_from(["new", "changed"])),
    st.tuples(words, words, st.integers(1, 99), st.sampled_from(["new", "changed"])),
)
def test_keys_are_equal_exactly_for_equal_arguments(one: tuple[str, str, int, str], other: tuple[str, str, int, str]) -> None:
    assert (outbox.key(*one) == outbox.key(*other)) == (one == other)  # type: ignore[arg-type]
    assert len(outbox.key(*one)) == 32  # type: ignore[arg-type]


@given(st.integers(0, 300), st.floats(0, 1, exclude_max=True))
def test_waits_grow_with_failures_and_end_in_giving_up(failures: int, jitter: float) -> None:
    wait, longer = pace.wait(failures, jitter), pace.wait(failures + 1, jitter)
    assert wait is None or timedelta() < wait <= pace.LONGEST_WAIT
    assert (wait is None) == (failures >= pace.GIVE_UP_AFTER)
    assert longer is None or (wait is not None and wait <= longer)


@given(st.none() | moments, moments, st.sampled_from(["slack", "console"]))
def test_the_next_message_is_never_in_the_past_and_never_sooner_than_a_gap(last: datetime | None, now: datetime, platform: str) -> None:
    where = place("C1", platform=platform, workspace="T1")
    gap = timedelta(seconds=1) if platform == "slack" else timedelta()
    free = pace.booked(where, {}, last) if last is not None and last <= now + timedelta(minutes=5) else {}
    turn = pace.turn(where, free, now)
    # What the whole workspace has sent counts over more than its rush, which a place then waits for too.
    crowded = free.get(pace.workspace(where), now) - pace.RATES["slack"].rush
    assert now <= turn <= max(now + pace.MANY_GAPS * gap, crowded)
    assert last is None or last > now or turn >= last + gap


class LifeOfADelivery(RuleBasedStateMachine):
    """A platform that may lose answers, a bot that may die at any step, and a count of what stands in the channel."""

    def __init__(self) -> None:
        super().__init__()
        self.delivery = pending()
        self.now = NOW
        self.in_channel = 0
        self.unmarked = 0
        self.can_look = True

    def _post(self, *, arrives: bool) -> None:
        self.in_channel += arrives
        self.unmarked += arrives and not outbox.is_repeat(self.delivery)

    @rule(minutes=st.integers(0, 30))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule()
    def the_scope_comes_or_goes(self) -> None:
        self.can_look = not self.can_look

    @rule(arrives=st.booleans(), answered=st.booleans(), dies=st.booleans())
    def an_attempt(self, *, arrives: bool, answered: bool, dies: bool) -> None:
        begun = outbox.begin(self.delivery, self.now, LEASE)
        if begun is None:
            return
        self.delivery = begun
        self._post(arrives=arrives)
        if dies:
            return
        outcome: Outcome = Unclear(reason="timeout")
        if answered:
            outcome = Sent(reference="1.1") if arrives else Later(seconds=0, reason="refused")
        self.delivery = outbox.after(self.delivery, outcome, self.now, WAIT)

    @rule()
    def upkeep(self) -> None:
        self.delivery = outbox.expire(self.delivery, self.now)

    @precondition(lambda self: self.delivery.state == "unclear")
    @rule(policy=policies, busy=st.booleans())
    def a_search(self, policy: outbox.UnclearPolicy, *, busy: bool) -> None:
        answer: outbox.Found = None
        if busy:
            answer = Later(seconds=1, reason="ratelimited")
        elif not self.can_look:
            answer = Unclear(reason="missing_scope")
        elif self.in_channel:
            answer = Sent(reference="1.1")
        self.delivery = outbox.resolve(self.delivery, answer, policy, self.now, WAIT)

    @invariant()
    def what_is_marked_sent_stands_in_the_channel(self) -> None:
        assert self.delivery.state != "sent" or self.in_channel >= 1

    @invariant()
    def it_stands_there_at_most_once_and_once_more_as_a_marked_repeat(self) -> None:
        assert self.in_channel <= 2
        assert self.unmarked <= 1

    @invariant()
    def it_is_never_given_up_silently(self) -> None:
        assert self.delivery.state in ("pending", "sending", "sent", "later", "unclear") or self.delivery.reason


TestLifeOfADelivery = LifeOfADelivery.TestCase
