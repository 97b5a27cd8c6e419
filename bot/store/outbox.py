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

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, exists, func, or_, select, update

from bot.model import MISSED, Delivery, Notice, Place, Platform, Told
from bot.store.database import Tx, insert, one_of
from bot.store.tables import outbox, places, stories

FIELDS = tuple(outbox.c[name] for name in Delivery.model_fields)
_WAITING = ("pending", "later")
_UNSETTLED = ("pending", "later", "sending", "unclear")
_FINAL = ("sent", "gone", "bundled", "dropped")
_ALERTS = ("new", "changed")
_FOLLOWING = ("changed", "also")
_SUSPENDED = "suspended: "
# Between the word for a suspension and what was said of the message before, such as that it may be a repeat.
_BEFORE = "; before: "
# Clocks of two processes differ by less. An attempt further in the future than this was made before the clock went back.
SKEW = timedelta(minutes=5)


async def owe(tx: Tx, deliveries: Sequence[Delivery]) -> int:
    """Each of these is owed once, however often it is computed; how many were not owed before.

    Of one place, item, version and kind the first one counts, of notices the first with an id. What is owed to a suspended place
    is held until it resumes.
    """
    if not deliveries:
        return 0
    suspended = await _suspended(tx, {one.place for one in deliveries})
    owed = [_row(one, suspended.get(one.place, "")) for one in deliveries]
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


async def claim(tx: Tx, now: datetime, lease: timedelta, *, place: str | None = None) -> Delivery | None:
    """The next message to send, of this place or of any: from now on `sending`, its attempt counted, leased to the caller.

    None when nothing is due, or when an earlier message of the place is not settled.
    """
    wanted = _heads(now).order_by(outbox.c.number).limit(1)
    if place is not None:
        wanted = wanted.where(outbox.c.place == place)
    claimed = await _locked(tx, wanted)
    changes = {"state": "sending", "attempts": outbox.c.attempts + 1, "attempted": now, "lease_until": now + lease}
    found = await _change(tx, claimed, changes)
    return found[0] if found else None


async def is_due(tx: Tx, now: datetime, place: str) -> bool:
    """Whether a message can be claimed for this place."""
    return await tx.scalar(_heads(now).where(outbox.c.place == place).limit(1)) is not None


async def record(tx: Tx, delivery: Delivery) -> bool:
    """The delivery stands as given. False, and nothing changed, if it was settled already or has been claimed anew since.

    That it was sent is believed from whoever sent it, even when its lease had run out.
    """
    mine = [outbox.c.id == delivery.id, outbox.c.state.not_in(_FINAL)]
    if delivery.state != "sent":
        mine.append(outbox.c.attempted.is_not_distinct_from(delivery.attempted))
    names = ("state", "attempts", "not_before", "attempted", "sent", "reference", "reason")
    values = {name: getattr(delivery, name) for name in names}
    values["lease_until"] = delivery.lease_until if delivery.state == "sending" else None
    return (await tx.execute(update(outbox).where(*mine).values(values))).rowcount > 0


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
    if delivery.kind not in _FOLLOWING:
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
    mine = select(stories.c.story).where(stories.c.item == delivery.item).scalar_subquery()
    return or_(outbox.c.item == delivery.item, outbox.c.item.in_(select(stories.c.item).where(stories.c.story == mine)))


def _heads(now: datetime) -> Select[Any]:
    """The numbers of the messages that are due and not barred by an earlier one of their place."""
    earlier = outbox.alias("earlier")
    # A digest that is still gathered bars nothing: what is urgent goes before it. Nor does what only brings an alert up to date.
    begun = and_(or_(earlier.c.state != "pending", earlier.c.kind != "burst", earlier.c.not_before <= now), earlier.c.kind != "refresh")
    unsettled = and_(earlier.c.state.in_(_UNSETTLED), begun)
    barred = exists().where(earlier.c.place == outbox.c.place, unsettled, earlier.c.number < outbox.c.number)
    due: ColumnElement[bool] = and_(outbox.c.state.in_(_WAITING), _is_time(now))
    return select(outbox.c.number).join(places).where(due, places.c.suspended == "", ~barred)


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
    await tx.execute(change)
    return await rows(tx, select(*FIELDS).where(outbox.c.number.in_(numbers)).order_by(outbox.c.number))


async def _suspended(tx: Tx, ids: Collection[str]) -> dict[str, str]:
    found = await tx.execute(select(places.c.id, places.c.suspended).where(one_of(tx, places.c.id, ids), places.c.suspended != ""))
    return dict(found.all())


def _row(delivery: Delivery, code: str) -> dict[str, Any]:
    made = delivery.model_dump(mode="json", include={"watchlists", "window"})
    row = delivery.model_dump(mode="python") | made | {"item": delivery.item or None}
    # What waits anyway waits on until the place resumes.
    return row | {"state": "held", "reason": _SUSPENDED + code + _BEFORE} if code and delivery.state != "waiting" else row


async def rows(tx: Tx, wanted: Select[Any]) -> list[Delivery]:
    """The deliveries that a select of FIELDS finds, in its order."""
    return [Delivery.model_validate({**row, "item": row["item"] or ""}) for row in (await tx.execute(wanted)).mappings()]
