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
from datetime import datetime, timedelta
from typing import Literal, assert_never

from bot.model import MISSED, Delivery, DeliveryKind, Notice, Word

UnclearPolicy = Literal["repeat", "hold"]

# After an unclear answer the platform may still be working on the message; looking sooner could find it absent too early.
SETTLE = timedelta(seconds=10)
REPEAT = "possible repeat"
FINAL = ("sent", "gone", "bundled", "dropped")
NO_ANSWER = "the attempt ended without an answer"


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
    return delivery.reason.startswith(REPEAT)


def is_missed(delivery: Delivery) -> bool:
    """Whether this message waited for its place to take messages again."""
    return delivery.reason == MISSED


def may_begin(delivery: Delivery, now: datetime) -> bool:
    """Whether the delivery waits to be sent and its time has come."""
    return delivery.state in ("pending", "later") and delivery.not_before <= now


def begin(delivery: Delivery, now: datetime, lease: timedelta) -> Delivery | None:
    """The delivery as it must be stored before the platform is called; None when it must not be sent now."""
    if not may_begin(delivery, now):
        return None
    return _with(delivery, state="sending", attempts=delivery.attempts + 1, attempted=now, lease_until=now + lease)


def expire(delivery: Delivery, now: datetime) -> Delivery:
    """A delivery whose sender vanished (`sending`, lease run out) becomes unclear; any other stays as it is."""
    if delivery.state != "sending" or (delivery.lease_until is not None and delivery.lease_until > now):
        return delivery
    return _with(
        delivery, state="unclear", lease_until=None, not_before=now, reason=_marked(delivery, "the attempt ended without an answer")
    )


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
    None. Cannot look: by `policy` sent again once, marked as a possible repeat, or held. A delivery that is not unclear
    stays as it is, unless it was found.
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


def _sent(delivery: Delivery, reference: str, now: datetime) -> Delivery:
    if is_final(delivery):
        return delivery
    reason = REPEAT if is_repeat(delivery) else ""
    return _with(delivery, state="sent", sent=now, reference=reference, lease_until=None, reason=reason)


def _postponed(delivery: Delivery, outcome: Later, now: datetime, wait: timedelta | None) -> Delivery:
    """Later; an attempt that the platform asked us to put off is not counted."""
    uncounted = max(delivery.attempts - 1, 0)
    waiting = _with(delivery, state="later", lease_until=None, reason=_marked(delivery, outcome.reason))
    if outcome.seconds > 0:
        return _with(waiting, attempts=uncounted, not_before=now + asked(outcome))
    if wait is None:
        return _ended(delivery, "held", f"given up after {delivery.attempts} attempts: {outcome.reason}")
    return _with(waiting, not_before=now + wait)


def _refused(delivery: Delivery, code: str) -> Delivery:
    """A message waits for a person; an alert that cannot be brought up to date stays as it is, as what followed it says all."""
    if delivery.kind == "refresh":
        return _with(delivery, state="dropped", lease_until=None, reason=f"it cannot be changed any more: {code}")
    return _ended(delivery, "held", f"refused: {code}")


def asked(outcome: Later) -> timedelta:
    """The wait the platform asked for, zero if it named none; a day at most, so that a nonsense number does not bury a message."""
    return timedelta(seconds=min(outcome.seconds, 86_400))


def _ended(delivery: Delivery, state: Literal["gone", "held"], reason: str) -> Delivery:
    return _with(delivery, state=state, lease_until=None, reason=_marked(delivery, reason))


def _absent(delivery: Delivery, now: datetime, wait: timedelta | None) -> Delivery:
    """Not in the place, so an earlier mark is wrong too; but a message that is never taken up must not be tried for ever."""
    if wait is None:
        return _with(delivery, state="held", lease_until=None, reason=f"given up after {delivery.attempts} attempts: none arrived")
    return _with(delivery, state="pending", lease_until=None, not_before=now, reason="")


def _undecidable(delivery: Delivery, policy: UnclearPolicy, now: datetime, reason: str) -> Delivery:
    if policy == "repeat" and not is_repeat(delivery):
        return _with(delivery, state="pending", lease_until=None, not_before=now, reason=f"{REPEAT}: {reason}")
    return _ended(delivery, "held", f"it is unclear whether it arrived: {reason}")


def _marked(delivery: Delivery, reason: str) -> str:
    """The reason, still saying that the message may be a repeat if it may be."""
    return f"{REPEAT}: {reason}" if is_repeat(delivery) else reason


def _with(delivery: Delivery, **changes: object) -> Delivery:
    return delivery.model_copy(update=changes)
