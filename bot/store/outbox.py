"""The outbox: what is owed to which place, and who is sending it just now.

    owe ─▶ claim (sending, leased) ─▶ record
              └─ lease ran out ─▶ stuck ─▶ record (unclear) ─▶ claim_unclear ─▶ record

Within a place the oldest message that is not settled comes first and bars the later ones, so their order is kept whatever
fails. A claim is exclusive: SQLite has one writer, and PostgreSQL skips rows that another process has locked.
What the states mean and which follows which is decided in bot.deliver.outbox.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, exists, func, or_, select, true, update

from bot.messages import keep
from bot.model import Delivery, Notice, Place, Platform, Told
from bot.store import restores
from bot.store.database import Tx, insert, one_of
from bot.store.tables import outbox, places, stories
from bot.times import SKEW

FIELDS = tuple(outbox.c[name] for name in Delivery.model_fields)
_WAITING = ("pending", "later")
_UNSETTLED = ("pending", "later", "sending", "unclear")
_FINAL = ("sent", "gone", "bundled", "dropped")
_ALERTS = ("new", "changed")
_FOLLOWING = ("changed", "also")
MISSED = keep("missed while the place took no messages")
"""The reason of a delivery that was held until its place resumed: such ones come together."""
_SUSPENDED = "suspended: "
# Between the word for a suspension and what was said of the message before, such as that it may be a repeat.
_BEFORE = "; before: "
_DECIDED = ("state", "attempts", "not_before", "attempted", "lease_until", "sent", "reference", "reason")
_LEASED = ("state", "attempted", "lease_until")
# What becomes of a message: that it was sent stands whoever says so, all else only while the message is as it was.
_SENT = (
    update(outbox)
    # Spelled out, as a list of values cannot be given to many rows at once.
    .where(outbox.c.id == bindparam("the_id"), *(outbox.c.state != final for final in _FINAL))
    .values({name: bindparam(f"new_{name}", type_=outbox.c[name].type) for name in _DECIDED})
)
_ANSWERED = _SENT.where(*(outbox.c[name].is_not_distinct_from(bindparam(f"was_{name}", type_=outbox.c[name].type)) for name in _LEASED))


async def owe(tx: Tx, deliveries: Sequence[Delivery]) -> int:
    """Each of these is owed once, however often it is computed; how many were not owed before.

    Of one place, item, version and kind the first one counts, of notices the first with an id. What is owed to a suspended place
    is held until it resumes. What the run before a restore may have sent is looked for first.
    """
    if not deliveries:
        return 0
    suspended = await _suspended(tx, {one.place for one in deliveries})
    restore = await restores.recent(tx, min(one.created for one in deliveries))
    owed = [_row(restores.repeated(restore, one), suspended.get(one.place, "")) for one in deliveries]
    added = await tx.execute(insert(tx, outbox).on_conflict_do_nothing().returning(outbox.c.number), owed)
    return len(added.all())


async def say(tx: Tx, place_id: str, about: str, lines: tuple[str, ...], now: datetime) -> None:
    """The place is told this, once for what it is `about`."""
    name = hashlib.sha256(f"said\n{place_id}\n{about}".encode()).hexdigest()[:32]
    await owe(tx, [Delivery(id=name, place=place_id, kind="notice", notice=Notice(lines=lines), created=now, not_before=now)])


async def waiting_places(tx: Tx, now: datetime, platforms: Collection[Platform]) -> list[Place]:
    """The places of these platforms where a message can be sent now, the one that waits longest first."""
    oldest = _heads(now).where(places.c.platform.in_(sorted(platforms))).with_only_columns(outbox.c.place, outbox.c.number).subquery()
    wanted = select(*(places.c[name] for name in Place.model_fields)).join(oldest, oldest.c.place == places.c.id)
    found = await tx.execute(wanted.order_by(oldest.c.number))
    return [Place.model_validate(dict(row)) for row in found.mappings()]


async def claim(
    tx: Tx, now: datetime, lease: timedelta, *, among: Collection[str] | None = None, limit: int | None = None
) -> list[Delivery]:
    """The next message to send of each of these places, or of any: from now on `sending`, its attempt counted, leased to the caller.

    None of a place where nothing is due, or where an earlier message is not settled.
    """
    heads = _heads(now) if among is None else _heads(now).where(one_of(tx, outbox.c.place, among))
    first = heads.with_only_columns(func.min(outbox.c.number)).group_by(outbox.c.place)
    # Said of the row itself once more: PostgreSQL looks again at what it has locked, but not at what it was chosen by.
    wanted = select(outbox.c.number).where(outbox.c.number.in_(first), *_is_due(now)).order_by(outbox.c.number).limit(limit)
    claimed = await _locked(tx, wanted)
    changes = {"state": "sending", "attempts": outbox.c.attempts + 1, "attempted": now, "lease_until": now + lease}
    return await _change(tx, claimed, changes)


async def due(tx: Tx, now: datetime, ids: Collection[str]) -> set[str]:
    """The places among these for which a message can be claimed."""
    heads = _heads(now).where(one_of(tx, outbox.c.place, ids))
    return set(await tx.scalars(heads.with_only_columns(outbox.c.place).distinct()))


async def record(tx: Tx, delivery: Delivery, was: Delivery) -> bool:
    """The delivery stands as given. False, and nothing changed, unless it still stands as it `was` when that was decided.

    Whoever lost the lease meanwhile has nothing more to say, but that the message was sent is believed from everybody.
    """
    change = _SENT if delivery.state == "sent" else _ANSWERED
    return (await tx.execute(change, _outcome(delivery, was))).rowcount > 0


async def record_all(tx: Tx, decided: Sequence[tuple[Delivery, Delivery]]) -> None:
    """Of each pair the first stands as `record` says, the second being what it was."""
    sent = [_outcome(*pair) for pair in decided if pair[0].state == "sent"]
    others = [_outcome(*pair) for pair in decided if pair[0].state != "sent"]
    if sent:
        await tx.execute(_SENT, sent)
    if others:
        await tx.execute(_ANSWERED, others)


async def stuck(tx: Tx, now: datetime) -> list[Delivery]:
    """Messages that are `sending` for nobody any more: their lease ran out, or the clock went back behind their attempt.

    Their rows stay locked until the transaction ends, so two processes never recover the same one.
    """
    lost = or_(outbox.c.lease_until <= now, outbox.c.attempted > now + SKEW)
    wanted = select(*FIELDS).where(outbox.c.state == "sending", lost).order_by(outbox.c.number)
    return await rows(tx, wanted.with_for_update(skip_locked=True))


async def claim_unclear(
    tx: Tx, now: datetime, lease: timedelta, *, platforms: Collection[Platform] | None = None, limit: int = 20
) -> list[Delivery]:
    """Messages that may or may not have arrived and whose time to be looked for has come; leased to the caller, unclear still.

    Only those of `platforms`, if given: what nobody can look for must not take the turn of what can be found.
    """
    free = or_(outbox.c.lease_until.is_(None), outbox.c.lease_until <= now, outbox.c.lease_until > now + lease + SKEW)
    due = select(outbox.c.number).join(places).where(outbox.c.state == "unclear", _is_time(now), free, places.c.suspended == "")
    if platforms is not None:
        due = due.where(places.c.platform.in_(sorted(platforms)))
    claimed = await _locked(tx, due.order_by(outbox.c.number).limit(limit))
    return await _change(tx, claimed, {"lease_until": now + lease})


async def hold(tx: Tx, place_id: str, code: str) -> None:
    """What the place is owed and nobody is sending is held, because the place is suspended; an earlier reason stands behind that."""
    waiting = (outbox.c.place == place_id, outbox.c.state.in_(_WAITING))
    await tx.execute(update(outbox).where(*waiting).values(state="held", reason=_SUSPENDED + code + _BEFORE + outbox.c.reason))


def is_held_for_place(delivery: Delivery) -> bool:
    """Whether it is held because its place is suspended, so that it is owed again when the place resumes."""
    return delivery.state == "held" and delivery.reason.startswith(_SUSPENDED)


async def release(tx: Tx, place_id: str) -> int:
    """What was held because the place was suspended, and what found it gone, is owed again as MISSED; how much that is.

    What is held for another reason stays. None of it was sent, so its attempts do not count.
    """
    suspended = and_(outbox.c.state == "held", outbox.c.reason.startswith(_SUSPENDED))
    rows = await tx.execute(
        select(outbox.c.number, outbox.c.reason).where(outbox.c.place == place_id, or_(suspended, outbox.c.state == "gone"))
    )
    owed = [{"row": number, "why": reason.partition(_BEFORE)[2] or MISSED} for number, reason in rows]
    if owed:
        change = update(outbox).where(outbox.c.number == bindparam("row"))
        await tx.execute(change.values(state="pending", attempts=0, reason=bindparam("why")), owed)
    return len(owed)


async def of_item(tx: Tx, item_id: str, *, workspace: str) -> list[Delivery]:
    """Every delivery of an item to places of this workspace, in the order they came to be owed."""
    mine = select(*FIELDS).join(places).where(outbox.c.item == item_id, places.c.workspace == workspace)
    return await rows(tx, mine.order_by(outbox.c.number))


async def told(tx: Tx, story_of: Mapping[str, str]) -> list[Told]:
    """Which places are owed, or have, alerts on these items, put together by story. None of them begins to be sent meanwhile.

    An alert that was refused, given up or dropped is none: the place never got it.
    """
    if not story_of:
        return []
    alerts = select(*FIELDS).where(one_of(tx, outbox.c.item, story_of), outbox.c.kind.in_(_ALERTS)).order_by(outbox.c.number)
    found: dict[tuple[str, str], Told] = {}
    for one in await rows(tx, alerts.with_for_update()):
        held = one.state == "held"
        if one.state == "dropped" or (held and not one.reason.startswith(_SUSPENDED)):
            continue
        key = (one.place, story_of[one.item])
        mine = Told(place=key[0], story=key[1], watchlists=one.watchlists, waits=held or one.state in (*_WAITING, "waiting", "gone"))
        known = found.get(key, mine)
        both = tuple(dict.fromkeys((*known.watchlists, *mine.watchlists)))
        found[key] = known.model_copy(update={"watchlists": both, "waits": known.waits and mine.waits})
    return list(found.values())


async def thread(tx: Tx, delivery: Delivery) -> str:
    """Where the first message of the place about this item's story stands, a digest or not, if this one is to follow it; else ""."""
    if delivery.kind not in _FOLLOWING and not (delivery.kind == "notice" and delivery.item):
        return ""
    before = outbox.alias("before")
    number = select(before.c.number).where(before.c.id == delivery.id).scalar_subquery()
    digest = outbox.alias("digest")
    reference = case((outbox.c.state == "bundled", digest.c.reference), else_=outbox.c.reference)
    earlier = (outbox.c.place == delivery.place, outbox.c.state.in_(("sent", "bundled")), outbox.c.number < number, reference != "")
    wanted = select(reference).join_from(outbox, digest, digest.c.id == outbox.c.digest, isouter=True)
    return await tx.scalar(wanted.where(_same_story(delivery), *earlier).order_by(outbox.c.number).limit(1)) or ""


async def first(tx: Tx, delivery: Delivery) -> Delivery | None:
    """The alert that stands in the place by itself about this item's story: the first one that was sent there."""
    alone = (outbox.c.place == delivery.place, outbox.c.state == "sent", outbox.c.kind.in_(_ALERTS), outbox.c.reference != "")
    found = await rows(tx, select(*FIELDS).where(_same_story(delivery), *alone).order_by(outbox.c.number).limit(1))
    return found[0] if found else None


async def refresh_alerts(tx: Tx, workspace: str, item: str, now: datetime) -> None:
    """Every alert about the event of this item that stands by itself in the workspace is to be brought up to date."""
    about = Delivery(id="", place="", item=item, kind="new", created=now, not_before=now)
    mine = (places.c.workspace == workspace, outbox.c.state == "sent", outbox.c.kind.in_(_ALERTS), outbox.c.reference != "")
    standing = await rows(tx, select(*FIELDS).join(places).where(_same_story(about), *mine).order_by(outbox.c.number))
    for first in {one.place: one for one in reversed(standing)}.values():
        last = select(*FIELDS).where(outbox.c.place == first.place, outbox.c.kind == "refresh", _same_story(about))
        found = await rows(tx, last.order_by(outbox.c.number.desc()).limit(1))
        if not found:
            name = hashlib.sha256(f"refresh\n{first.id}".encode()).hexdigest()[:32]
            changes = {"id": name, "kind": "refresh", "state": "pending", "created": now, "not_before": now, "sent": None, "reference": ""}
            await owe(tx, [first.model_copy(update=changes | {"attempts": 0, "attempted": None, "reason": ""})])
        elif found[0].state in _FINAL:
            again = {"state": "pending", "attempts": 0, "not_before": now, "sent": None, "reference": "", "reason": ""}
            await tx.execute(update(outbox).where(outbox.c.id == found[0].id).values(again))


async def alerted(tx: Tx, workspace: str | None, item: str) -> list[Place]:
    """The places of the workspace that were told of the event of this item, by itself or in a digest, the first one first.

    None is whoever runs the bot, who sees those of every workspace.
    """
    mine = true() if workspace is None else places.c.workspace == workspace
    told = (mine, outbox.c.state.in_(("sent", "bundled")), outbox.c.kind.in_(_ALERTS))
    wanted = select(*(places.c[name] for name in Place.model_fields)).join(outbox).where(_same_event(item), *told)
    found = [Place.model_validate(dict(row)) for row in (await tx.execute(wanted.order_by(outbox.c.number))).mappings()]
    return list({one.id: one for one in found}.values())


async def owed_now(tx: Tx, place_id: str, now: datetime) -> int:
    """How many messages the place is owed and could get now."""
    mine = (outbox.c.place == place_id, outbox.c.state.in_(_WAITING), _is_time(now))
    return await tx.scalar(select(func.count()).select_from(outbox).where(*mine)) or 0


async def counts(tx: Tx) -> dict[str, int]:
    """How many deliveries there are in each state, over all workspaces."""
    found = await tx.execute(select(outbox.c.state, func.count()).group_by(outbox.c.state))
    return dict(found.all())


def _same_story(delivery: Delivery) -> ColumnElement[bool]:
    """Whether a delivery is about the same item, or another report of its event."""
    return _same_event(delivery.item)


def _same_event(item: str) -> ColumnElement[bool]:
    mine = select(stories.c.story).where(stories.c.item == item).scalar_subquery()
    return or_(outbox.c.item == item, outbox.c.item.in_(select(stories.c.item).where(stories.c.story == mine)))


def _heads(now: datetime) -> Select[Any]:
    """The numbers of the messages that are due and not barred by an earlier one of their place."""
    earlier = outbox.alias("earlier")
    # A digest that is still gathered, or a promise for a later day, bars nothing. Nor does what only brings an alert up to date.
    yet_to_come = and_(earlier.c.state == "pending", earlier.c.kind.in_(("burst", "notice")), earlier.c.not_before > now)
    begun = and_(~yet_to_come, earlier.c.kind != "refresh")
    unsettled = and_(earlier.c.state.in_(_UNSETTLED), begun)
    barred = exists().where(earlier.c.place == outbox.c.place, unsettled, earlier.c.number < outbox.c.number)
    return select(outbox.c.number).join(places).where(*_is_due(now), places.c.suspended == "", ~barred)


def _is_due(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (outbox.c.state.in_(_WAITING), _is_time(now))


def _is_time(now: datetime) -> ColumnElement[bool]:
    """Whether a row's time has come; also of one written before the clock went back, which else would wait until it catches up."""
    ahead = now + SKEW
    return or_(outbox.c.not_before <= now, outbox.c.created > ahead, outbox.c.attempted > ahead)


async def _locked(tx: Tx, wanted: Select[Any]) -> list[int]:
    """The numbers of rows nobody else is claiming just now; nobody else can until this transaction ends."""
    return list(await tx.scalars(wanted.with_for_update(of=outbox, skip_locked=True)))


async def _change(tx: Tx, numbers: list[int], changes: dict[str, Any]) -> list[Delivery]:
    if not numbers:
        return []
    change = update(outbox).where(outbox.c.number.in_(numbers)).values(changes)
    found = (await tx.execute(change.returning(outbox.c.number, *FIELDS))).mappings()
    return [_delivery(dict(row)) for row in sorted(found, key=lambda row: int(row["number"]))]


async def _suspended(tx: Tx, ids: Collection[str]) -> dict[str, str]:
    found = await tx.execute(select(places.c.id, places.c.suspended).where(one_of(tx, places.c.id, ids), places.c.suspended != ""))
    return dict(found.all())


def _outcome(delivery: Delivery, was: Delivery) -> dict[str, Any]:
    given = {f"new_{name}": getattr(delivery, name) for name in _DECIDED} | {"the_id": delivery.id}
    return given if delivery.state == "sent" else given | {f"was_{name}": getattr(was, name) for name in _LEASED}


def _row(delivery: Delivery, code: str) -> dict[str, Any]:
    made = delivery.model_dump(mode="json", include={"watchlists", "window"})
    row = delivery.model_dump(mode="python") | made | {"item": delivery.item or None}
    # What waits anyway waits on until the place resumes.
    return row | {"state": "held", "reason": _SUSPENDED + code + _BEFORE} if code and delivery.state != "waiting" else row


async def rows(tx: Tx, wanted: Select[Any]) -> list[Delivery]:
    """The deliveries that a select of FIELDS finds, in its order."""
    return [_delivery(dict(row)) for row in (await tx.execute(wanted)).mappings()]


def _delivery(row: dict[str, Any]) -> Delivery:
    return Delivery.model_validate({name: row[name] for name in Delivery.model_fields} | {"item": row["item"] or ""})
