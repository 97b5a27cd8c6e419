"""The life of a delivery, told in the cases that matter."""

from datetime import UTC, datetime, timedelta

from bot.deliver import outbox, pace
from bot.deliver.outbox import Gone, Later, Outcome, Refused, Sent, Unclear
from bot.model import Delivery
from tests.builders import place

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
LEASE = timedelta(minutes=2)
WAIT = timedelta(seconds=5)
PENDING = Delivery(id="d", place="p", item="i", version=1, kind="new", watchlists=("w",), created=NOW, not_before=NOW)


def sending() -> Delivery:
    begun = outbox.begin(PENDING, NOW, LEASE)
    assert begun is not None
    return begun


def answered(outcome: Outcome, wait: timedelta | None = WAIT) -> Delivery:
    return outbox.after(sending(), outcome, NOW, wait)


def test_sent_keeps_where_and_when() -> None:
    done = answered(Sent(reference="1.1"))
    assert (done.state, done.reference, done.sent, done.reason) == ("sent", "1.1", NOW, "")


def test_a_named_wait_is_followed_exactly_and_is_no_failure() -> None:
    later = answered(Later(seconds=30, reason="Slack asked us to wait"), None)
    assert (later.state, later.not_before, later.attempts) == ("later", NOW + timedelta(seconds=30), 0)


def test_a_nonsense_wait_is_a_day_at_most() -> None:
    assert answered(Later(seconds=1e300, reason="x")).not_before == NOW + timedelta(days=1)


def test_an_unnamed_wait_backs_off_and_in_the_end_is_held_with_its_reason() -> None:
    assert answered(Later(seconds=0, reason="refused")).not_before == NOW + WAIT
    held = answered(Later(seconds=0, reason="no route to Slack"), None)
    assert (held.state, held.reason) == ("held", "given up after 1 attempts: no route to Slack")


def test_gone_and_refused_keep_their_code() -> None:
    assert answered(Gone(code="is_archived")).reason == "is_archived"
    assert answered(Refused(code="invalid_blocks")).state == "held"


def test_an_unclear_answer_is_not_looked_up_before_the_platform_had_time() -> None:
    unclear = answered(Unclear(reason="timeout"))
    assert (unclear.state, unclear.not_before) == ("unclear", NOW + outbox.SETTLE)


def test_a_vanished_sender_leaves_an_unclear_delivery_once_its_lease_is_over() -> None:
    assert outbox.expire(sending(), NOW).state == "sending"
    assert outbox.expire(sending(), NOW + LEASE).state == "unclear"


def test_after_the_clock_went_back_a_message_is_looked_for_one_lease_later_and_not_when_it_has_caught_up() -> None:
    earlier = NOW - timedelta(hours=3)
    unclear = outbox.expire(sending(), earlier)
    assert (unclear.state, unclear.attempted, unclear.lease_until) == ("unclear", earlier, earlier + LEASE)


def test_the_platform_is_called_only_while_the_lease_outlasts_the_call_and_the_clock_has_not_gone_back() -> None:
    longest = timedelta(minutes=1)
    assert outbox.may_post(sending(), NOW + LEASE - longest, longest)
    assert not outbox.may_post(sending(), NOW + LEASE - longest + timedelta(seconds=1), longest)
    assert not outbox.may_post(sending(), NOW - timedelta(hours=1), longest)
    assert not outbox.may_post(PENDING, NOW, longest)


def test_found_is_sent_and_absent_is_sent_again_without_a_mark() -> None:
    unclear = answered(Unclear(reason="timeout"))
    assert outbox.resolve(unclear, Sent(reference="1.1"), "repeat", NOW, WAIT).state == "sent"
    again = outbox.resolve(unclear, None, "repeat", NOW, WAIT)
    assert again.state == "pending"
    assert not outbox.is_repeat(again)


def test_what_cannot_be_looked_up_is_repeated_with_a_mark_once_for_each_unclear_answer_and_in_the_end_held() -> None:
    unclear = answered(Unclear(reason="timeout"))
    for number in range(1, outbox.MOST_REPEATS + 1):
        again = outbox.resolve(unclear, Unclear(reason="missing_scope"), "repeat", NOW, WAIT)
        assert (again.state, outbox.repeats(again)) == ("pending", number)
        begun = outbox.begin(again, NOW, LEASE)
        assert begun is not None
        unclear = outbox.after(begun, Unclear(reason="timeout"), NOW, WAIT)
    held = outbox.resolve(unclear, Unclear(reason="missing_scope"), "repeat", NOW, WAIT)
    assert (held.state, held.reason) == ("held", "possible repeat 3: it is unclear whether it arrived: missing_scope")


def test_a_mark_outlives_every_later_answer_and_is_not_counted_up_by_one_that_is_clear() -> None:
    again = outbox.resolve(answered(Unclear(reason="timeout")), Unclear(reason="missing_scope"), "repeat", NOW, WAIT)
    begun = outbox.begin(again, NOW, LEASE)
    assert begun is not None
    for outcome in (Later(seconds=0, reason="no route"), Later(seconds=9, reason="asked to wait"), Sent(reference="1"), Gone(code="gone")):
        assert outbox.repeats(outbox.after(begun, outcome, NOW, WAIT)) == 1


def test_by_the_hold_policy_it_is_held_at_once() -> None:
    held = outbox.resolve(answered(Unclear(reason="timeout")), Unclear(reason="missing_scope"), "hold", NOW, WAIT)
    assert (held.state, held.reason) == ("held", "it is unclear whether it arrived: missing_scope")


def test_a_search_that_fails_for_now_is_made_again_until_it_is_given_up() -> None:
    unclear = answered(Unclear(reason="timeout"))
    again = outbox.resolve(unclear, Later(seconds=60, reason="ratelimited"), "hold", NOW, WAIT)
    assert (again.state, again.not_before, again.attempts) == ("unclear", NOW + timedelta(seconds=60), 2)
    assert outbox.resolve(unclear, Later(seconds=60, reason="ratelimited"), "hold", NOW, None).state == "held"


def test_a_message_that_never_arrives_is_not_tried_for_ever() -> None:
    assert outbox.resolve(answered(Unclear(reason="HTTP 500")), None, "repeat", NOW, None).state == "held"


def test_a_late_answer_is_believed_if_it_is_good_news() -> None:
    unclear = outbox.expire(sending(), NOW + LEASE)
    assert outbox.after(unclear, Sent(reference="1.1"), NOW, WAIT).state == "sent"
    assert outbox.after(unclear, Gone(code="is_archived"), NOW, WAIT) == unclear


def test_trying_goes_on_for_about_a_day() -> None:
    total = sum((pace.wait(failures, 0.5) or timedelta() for failures in range(1, pace.GIVE_UP_AFTER)), timedelta())
    assert timedelta(hours=12) < total < timedelta(hours=36)


SLACK = place("C1", platform="slack", workspace="T1")
OTHER = place("C2", platform="slack", workspace="T1")
SECOND = timedelta(seconds=1)


def test_a_slack_channel_gets_one_message_a_second_and_another_one_does_not_wait_for_it() -> None:
    free = pace.booked(SLACK, {}, NOW)
    assert pace.turn(SLACK, free, NOW) == NOW + SECOND
    assert pace.turn(SLACK, free, NOW + SECOND) == NOW + SECOND
    assert pace.turn(OTHER, free, NOW) == NOW


def test_a_channel_whose_clock_went_back_waits_seconds_and_not_until_it_has_caught_up() -> None:
    free = pace.booked(SLACK, {}, NOW + timedelta(hours=1))
    assert pace.turn(SLACK, {SLACK.id: free[SLACK.id]}, NOW) <= NOW + 10 * SECOND


def test_a_wait_that_slack_asked_for_holds_for_the_whole_workspace() -> None:
    free = pace.answered(SLACK, timedelta(seconds=30), NOW)
    assert pace.turn(OTHER, free, NOW) == NOW + timedelta(seconds=30)
    assert pace.turn(place("C1", platform="slack", workspace="T2"), free, NOW) == NOW


def test_an_answer_takes_no_booking_back_and_holds_for_the_turn_that_is_booked() -> None:
    """One message is under way while another process has booked the next second; the answer comes half a second later."""
    half = SECOND / 2
    free = pace.booked(SLACK, {}, NOW + SECOND) | pace.answered(SLACK, timedelta(), NOW + half)
    assert pace.booked_turn(SLACK, free, NOW + SECOND) == NOW + SECOND + half
    assert pace.turn(SLACK, free, NOW + SECOND + half) == NOW + 2 * SECOND
    told = free | pace.answered(SLACK, timedelta(seconds=30), NOW + half)
    assert pace.booked_turn(SLACK, told, NOW + SECOND) == NOW + timedelta(seconds=30.5)


def test_a_workspace_takes_several_hundred_messages_at_once_and_then_ten_a_second() -> None:
    free: dict[str, datetime] = {}
    turns = []
    for number in range(900):
        where = place(f"C{number}", platform="slack", workspace="T1")
        turns.append(pace.turn(where, free, NOW))
        free |= pace.booked(where, free, turns[-1])
    assert sum(one == NOW for one in turns) == 601
    assert turns[-1] - NOW == timedelta(seconds=29.8) + timedelta(seconds=0.1)


def test_the_console_has_no_pace() -> None:
    assert pace.counted(place()) == ()
    assert pace.turn(place(), {}, NOW) == NOW
    assert pace.booked(place(), {}, NOW) == pace.answered(place(), SECOND, NOW) == {}
