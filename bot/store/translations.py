"""Translations of titles and summaries: which are wanted, what is known of them, and how the service that makes them fares.

They stand beside items and never among what is matched, searched or recorded.
"""

import hashlib
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import and_, exists, or_, select, update

from bot.model import Item, Translation
from bot.store import outbox as deliveries
from bot.store.database import Tx, insert, one_of
from bot.store.tables import outbox, places, versions
from bot.store.translation_tables import translations, translator

FIELDS = ("title", "summary")
_TOLD = ("new", "changed", "also")
_OWED = ("pending", "later", "sending", "unclear")
_UNDER_WAY = ("sending", "unclear")
# A message that began to be sent so shortly after may still have been written by another process without the translation.
_CLOCKS = timedelta(seconds=5)


class Made(NamedTuple):
    """What became of one field of an item's version; `text` is empty if there is nothing to show."""

    item: str
    version: int
    field: str
    digest: str
    service: str
    text: str


class Fares(NamedTuple):
    """How a service fares: its failures in a row, from when on it may be asked, and the characters it was given on `day`."""

    day: str
    characters: int
    failures: int
    not_before: datetime


def digest(text: str) -> str:
    """What a text is known by."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


async def wanted(tx: Tx, target: str, since: datetime, limit: int) -> list[Item]:
    """Versions that a place is owed by themselves, or was sent, since then, and of which it is not known what they are in `target`."""
    told = or_(outbox.c.state.in_(_OWED), and_(outbox.c.state == "sent", outbox.c.sent >= since))
    mine = (translations.c.item == versions.c.item, translations.c.version == versions.c.version, translations.c.target == target)
    done = [exists().where(*mine, translations.c.field == field) for field in FIELDS]
    owed = exists().where(outbox.c.item == versions.c.item, outbox.c.version == versions.c.version, outbox.c.kind.in_(_TOLD), told)
    asked = select(versions.c.content).where(versions.c.found >= since, owed, ~and_(*done))
    rows = await tx.scalars(asked.order_by(versions.c.found.desc(), versions.c.item).limit(limit))
    return [Item.model_validate(one) for one in rows]


async def known(tx: Tx, target: str, digests: Collection[str]) -> dict[str, tuple[str, str]]:
    """What was made of texts with these digests before, each with the service that made it."""
    columns = (translations.c.digest, translations.c.text, translations.c.service)
    rows = await tx.execute(select(*columns).where(translations.c.target == target, one_of(tx, translations.c.digest, digests)))
    return {row.digest: (row.text, row.service) for row in rows}


async def keep(tx: Tx, target: str, made: Sequence[Made], now: datetime) -> int:
    """These are known from now on, if they were not before; alerts sent without them are still to be brought up to date. How many."""
    if not made:
        return 0
    rows = [one._asdict() | {"target": target, "made": now, "shown": not one.text} for one in made]
    added = await tx.execute(insert(tx, translations).on_conflict_do_nothing().returning(translations.c.item), rows)
    return len(added.all())


async def of(tx: Tx, item: str, version: int) -> Translation | None:
    """The title and summary of a version as translated last, if there is anything to show."""
    mine = (translations.c.item == item, translations.c.version == version, translations.c.text != "")
    rows = (await tx.execute(select(translations).where(*mine).order_by(translations.c.made))).mappings().all()
    if not rows:
        return None
    texts = {row["field"]: row["text"] for row in rows}
    return Translation(rows[-1]["service"], texts.get("title", ""), texts.get("summary", ""))


async def unshown(tx: Tx) -> bool:
    """Whether alerts are to be brought up to date with a translation."""
    return await tx.scalar(select(translations.c.item).where(~translations.c.shown).limit(1)) is not None


async def show(tx: Tx, now: datetime, limit: int = 50) -> int:
    """Alerts sent without a translation that is known now are to be brought up to date, each once; how many translations that were.

    One whose message is just being sent is looked at again, as it may have been written before.
    """
    rows = (await tx.execute(select(translations.c.item, translations.c.made).where(~translations.c.shown).limit(limit))).all()
    settled = 0
    for item, made in {row.item: row.made for row in rows}.items():
        columns = (outbox.c.state, outbox.c.attempted, places.c.workspace)
        found = (await tx.execute(select(*columns).join(places).where(outbox.c.item == item))).all()
        if any(one.state in _UNDER_WAY for one in found) and made > now - timedelta(days=1):
            continue
        late = [one for one in found if one.state == "sent" and one.attempted is not None and one.attempted <= made + _CLOCKS]
        for workspace in sorted({one.workspace for one in late}):
            await deliveries.refresh_alerts(tx, workspace, item, now)
        await tx.execute(update(translations).where(translations.c.item == item).values(shown=True))
        settled += 1
    return settled


async def fares(tx: Tx, name: str, now: datetime, *, hold: bool = False) -> Fares:
    """How the service of this name fares; one that was never asked may be asked now. Nobody else changes it meanwhile, on `hold`."""
    wanted = select(translator).where(translator.c.name == name)
    row = (await tx.execute(wanted.with_for_update() if hold else wanted)).mappings().first()
    return Fares(**{one: row[one] for one in Fares._fields}) if row else Fares("", 0, 0, now)


async def fare(tx: Tx, name: str, how: Fares) -> None:
    """The service fares so from now on."""
    new = insert(tx, translator).values(name=name, **how._asdict())
    await tx.execute(new.on_conflict_do_update(index_elements=["name"], set_=how._asdict()))
