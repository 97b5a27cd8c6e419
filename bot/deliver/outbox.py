"""The life of a delivery: a pure state machine from `pending` to `sent`, in which nothing is lost and nothing doubled.

    pending ──begin──▶ sending ──after──▶ sent       the platform has it (final)
    later   ──begin──▶         ──after──▶ later      not sent; again at `not_before`
                               ──after──▶ gone       the place takes no messages any more (final, unless the place resumes: then owed anew)
                               ──after──▶ held       needs a person: refused, or given up
                               ──after──▶ unclear    may or may not have arrived
    sending ──expire──▶ unclear ──resolve──▶ sent | pending | unclear (looked in vain) | held
    waiting ──close───▶ pending | bundled            for its digest, or until the quiet hours end; bundled: a digest tells it (final)
    dropped                                          nobody wants it any more, and the reason says why (final)

`sending` is stored before the platform is called. Every function has an answer for every state; a word that comes too late
changes nothing, except that `Sent` is believed in every state that is not final.
"""

import hashlib
import json
import re
from datetime import datetime, timedelta
from typing import Literal, assert_never

from bot.messages import keep
from bot.model import Delivery, DeliveryKind, Notice, Word
from bot.times import SKEW

UnclearPolicy = Literal["repeat", "hold"]

# After an unclear answer the platform may still be working on the message; looking sooner could find it absent too early.
SETTLE = timedelta(seconds=10)
REPEAT = keep("possible repeat")
# So often a message is sent again whose fate nobody can find out, marked each time. One that takes all and answers nothing gets no more.
MOST_REPEATS = 3
FINAL = ("sent", "gone", "bundled", "dropped")
_REPEATED = re.compile(rf"{REPEAT}(?: (\d+))?(?=:|$)")
NO_ANSWER = keep("the attempt ended without an answer")


class Sent(Word):
    """The platform has the message; `reference` is where it put it."""

    reference: str


class Later(Word):
    """Certainly not sent, or not found out yet. `seconds` is what the platform asked us to wait; 0 if it named no time."""

    seconds: float
    reason: str


class Gone(Word):
    """Certainly not sent, and no later message to this place will be; `code` is the platform's word for why."""

    code: str


class Refused(Word):
    """Certainly not sent, for a reason in this message or in how we call: a person has to look."""

    code: str


class Unclear(Word):
    """Perhaps sent. As the answer of a search: we cannot look."""

    reason: str


Outcome = Sent | Later | Gone | Refused | Unclear
Found = Sent | Later | Unclear | None


def key(place: str, item: str, version: int, kind: DeliveryKind) -> str:
    """The idempotency key of a delivery, 32 hex characters: equal for equal arguments and only for those."""
    parts = json.dumps([place, item, version, kind])
    return hashlib.sha256(parts.encode()).hexdigest()[:32]


def telling(place: str, topic: str, notice: Notice, now: datetime) -> Delivery:
    """The delivery of a notice, due at once. A place is told once of each `topic`."""
    return Delivery(id=key(place, topic, 0, "notice"), place=place, kind="notice", notice=notice, created=now, not_before=now)


def is_repeat(delivery: Delivery) -> bool:
    """Whether this message may already stand in the place, so that the card has to say so."""
    return repeats(delivery) > 0


def repeats(delivery: Delivery) -> int:
    """How often the message was sent again, or is to be, although it may have arrived."""
    number = _REPEATED.match(delivery.reason)
    return int(number[1] or 1) if number else 0


def may_begin(delivery: Delivery, now: datetime) -> bool:
    """Whether the delivery waits to be sent and its time has come."""
    return delivery.state in ("pending", "later") and delivery.not_before <= now


def begin(delivery: Delivery, now: datetime, lease: timedelta) -> Delivery | None:
    """The delivery as it must be stored before the platform is called; None when it must not be sent now."""
    if not may_begin(delivery, now):
        return None
    return _with(delivery, state="sending", attempts=delivery.attempts + 1, attempted=now, lease_until=now + lease)


def may_post(delivery: Delivery, now: datetime, longest: timedelta) -> bool:
    """Whether the platform may be called now, for so long at the longest: the lease must outlast the call.

    A process that was frozen after it began does not know that another one may have settled its message meanwhile.
    """
    return delivery.state == "sending" and not _is_ahead(delivery, now) and _lease_end(delivery, now) >= now + longest


def expire(delivery: Delivery, now: datetime) -> Delivery:
    """A delivery whose sender vanished (`sending`, lease run out) becomes unclear; any other stays as it is.

    When the clock went back behind the attempt, nobody knows how much of the lease is left: for a whole lease nobody looks for it.
    """
    if delivery.state != "sending":
        return delivery
    unclear = _with(delivery, state="unclear", lease_until=None, not_before=now, reason=_marked(delivery, NO_ANSWER))
    if _is_ahead(delivery, now) and delivery.attempted is not None:
        lease = _lease_end(delivery, now) - delivery.attempted
        return _with(unclear, attempted=now, lease_until=now + lease)
    return delivery if _lease_end(delivery, now) > now else unclear


def after(delivery: Delivery, outcome: Outcome, now: datetime, wait: timedelta | None, *, settle: timedelta = SETTLE) -> Delivery:
    """The delivery once the platform has answered.

    `wait` is the back-off of `pace.wait`; None gives up: the delivery is held. A wait the platform itself named is
    followed exactly and never gives up, because being asked to wait is not a failure.
    """
    if isinstance(outcome, Sent):
        return _sent(delivery, outcome.reference, now)
    if delivery.state != "sending":
        return delivery
    if delivery.kind == "refresh" and isinstance(outcome, Unclear):
        # Doing it again changes nothing more, so there is no doubt to clear.
        outcome = Later(seconds=0, reason=outcome.reason)
    match outcome:
        case Later():
            return _postponed(delivery, outcome, now, wait)
        case Gone(code=code):
            return _ended(delivery, "gone", code)
        case Refused(code=code):
            return _refused(delivery, code)
        case Unclear(reason=reason):
            not_before = now + max(settle, wait or settle)
            return _with(delivery, state="unclear", lease_until=None, not_before=not_before, reason=_marked(delivery, reason))
        case _:
            assert_never(outcome)


def resolve(delivery: Delivery, found: Found, policy: UnclearPolicy, now: datetime, wait: timedelta | None) -> Delivery:
    """An unclear delivery after the place was searched for it.

    Found: sent. Absent (None): pending again, as if never tried. Later: unclear still, to be searched again, until `wait` is
    None. Cannot look: by `policy` sent again, marked as a possible repeat, MOST_REPEATS times at most and once for each attempt
    whose fate is unclear; or held. A delivery that is not unclear stays as it is, unless it was found.
    """
    if isinstance(found, Sent):
        return _sent(delivery, found.reference, now)
    if delivery.state != "unclear":
        return delivery
    if found is None:
        return _absent(delivery, now, wait)
    if isinstance(found, Later) and wait is not None:
        pause = asked(found) if found.seconds > 0 else wait
        again = _with(delivery, attempts=delivery.attempts + 1, lease_until=None, not_before=now + pause)
        return _with(again, reason=_marked(delivery, found.reason))
    return _undecidable(delivery, policy, now, found.reason)


def is_final(delivery: Delivery) -> bool:
    """Whether nothing can happen to this delivery any more."""
    return delivery.state in FINAL


def _is_ahead(delivery: Delivery, now: datetime) -> bool:
    """Whether the clock went back since the attempt began."""
    return delivery.attempted is not None and delivery.attempted > now + SKEW


def _lease_end(delivery: Delivery, now: datetime) -> datetime:
    return now if delivery.lease_until is None else delivery.lease_until


def _sent(delivery: Delivery, reference: str, now: datetime) -> Delivery:
    if is_final(delivery):
        return delivery
    reason = _mark(repeats(delivery)) if is_repeat(delivery) else ""
    return _with(delivery, state="sent", sent=now, reference=reference, lease_until=None, reason=reason)


def _postponed(delivery: Delivery, outcome: Later, now: datetime, wait: timedelta | None) -> Delivery:
    """Later; an attempt that the platform asked us to put off is not counted."""
    uncounted = max(delivery.attempts - 1, 0)
    waiting = _with(delivery, state="later", lease_until=None, reason=_marked(delivery, outcome.reason))
    if outcome.seconds > 0:
        return _with(waiting, attempts=uncounted, not_before=now + asked(outcome))
    if wait is None:
        return _ended(delivery, "held", keep("given up after {n} attempts: {kept}", n=delivery.attempts, kept=outcome.reason))
    return _with(waiting, not_before=now + wait)


def _refused(delivery: Delivery, code: str) -> Delivery:
    """A message waits for a person; an alert that cannot be brought up to date stays as it is, as what followed it says all."""
    if delivery.kind == "refresh":
        return _with(delivery, state="dropped", lease_until=None, reason=keep("it cannot be changed any more: {code}", code=code))
    return _ended(delivery, "held", keep("refused: {code}", code=code))


def asked(outcome: Later) -> timedelta:
    """The wait the platform asked for, zero if it named none; a day at most, so that a nonsense number does not bury a message."""
    return timedelta(seconds=min(outcome.seconds, 86_400))


def _ended(delivery: Delivery, state: Literal["gone", "held"], reason: str) -> Delivery:
    return _with(delivery, state=state, lease_until=None, reason=_marked(delivery, reason))


def _absent(delivery: Delivery, now: datetime, wait: timedelta | None) -> Delivery:
    """Not in the place, so an earlier mark is wrong too; but a message that is never taken up must not be tried for ever."""
    if wait is None:
        return _with(
            delivery, state="held", lease_until=None, reason=keep("given up after {n} attempts: none arrived", n=delivery.attempts)
        )
    return _with(delivery, state="pending", lease_until=None, not_before=now, reason="")


def _undecidable(delivery: Delivery, policy: UnclearPolicy, now: datetime, reason: str) -> Delivery:
    if policy == "repeat" and repeats(delivery) < MOST_REPEATS:
        return _with(
            delivery,
            state="pending",
            lease_until=None,
            not_before=now,
            reason=keep("{kept}: {kept_more}", kept=_mark(repeats(delivery) + 1), kept_more=reason),
        )
    return _ended(delivery, "held", keep("it is unclear whether it arrived: {kept}", kept=reason))


def _marked(delivery: Delivery, reason: str) -> str:
    """The reason, still saying that the message may be a repeat if it may be."""
    return keep("{kept}: {kept_more}", kept=_mark(repeats(delivery)), kept_more=reason) if is_repeat(delivery) else reason


def _mark(number: int) -> str:
    return keep("possible repeat {number}", number=number)


def _with(delivery: Delivery, **changes: object) -> Delivery:
    return delivery.model_copy(update=changes)
