"""Messages promised for a later day: notices of the outbox whose time has not come, by whom they are for; they can be taken back."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select

from bot.model import Delivery, Notice
from bot.store.database import Tx
from bot.store.outbox import FIELDS, owe, rows
from bot.store.tables import outbox


async def promise(tx: Tx, place_id: str, about: str, said: Notice, when: datetime, now: datetime) -> bool:
    """The place is told this at that time, once for what it is `about`; False if that was promised before."""
    name = hashlib.sha256(f"promised\n{place_id}\n{about}".encode()).hexdigest()[:32]
    return await owe(tx, [Delivery(id=name, place=place_id, kind="notice", notice=said, created=now, not_before=when)]) > 0


async def at_place(tx: Tx, place_id: str, now: datetime) -> Sequence[Delivery]:
    """What a place is promised and has not got yet, the soonest first."""
    mine = (outbox.c.place == place_id, outbox.c.kind == "notice", outbox.c.state == "pending", outbox.c.not_before > now)
    return await rows(tx, select(*FIELDS).where(*mine).order_by(outbox.c.not_before, outbox.c.number))


async def take_back(tx: Tx, place_id: str, delivery_id: str, now: datetime) -> bool:
    """The place is not promised this any more; False if it was not, or has it already."""
    mine = (outbox.c.place == place_id, outbox.c.id == delivery_id, outbox.c.state == "pending", outbox.c.not_before > now)
    return (await tx.execute(delete(outbox).where(*mine))).rowcount > 0
