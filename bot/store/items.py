"""Items and their versions: what is known of a source, what is kept, and one item for a link or an id."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import RowMapping, Select, bindparam, func, insert, or_, select, update

from bot.model import Item, Known, Word
from bot.store import word_index
from bot.store.database import Tx, one_of
from bot.store.tables import items, versions

_OF_ITEM = [items.c[name] for name in Item.model_fields]
_KNOWN = select(items.c.id, items.c.key, items.c.link, items.c.fingerprint, items.c.seen, items.c.streak, items.c.version)


class Kept(NamedTuple):
    """An item version to keep: its fingerprint, the canonical form of its url, and why it is kept, in words."""

    item: Item
    fingerprint: str
    link: str
    why: str


class Version(Word):
    """One version of an item, whole, with when and why it was kept."""

    item: Item
    fingerprint: str
    found: datetime
    why: str


async def known(tx: Tx, source: str, keys: Collection[str] | None = None, links: Collection[str] = ()) -> list[Known]:
    """What is remembered of a source's items: of those with one of these keys or canonical links, or of all without `keys`."""
    of_source = _KNOWN.where(items.c.source == source)
    if keys is None:
        rows = list(await tx.execute(of_source))
    else:
        rows = list(await tx.execute(of_source.where(one_of(tx, items.c.key, keys))))
        # The same item may be found both ways. Nothing is an item's empty link.
        wanted = [link for link in links if link]
        rows += await tx.execute(of_source.where(one_of(tx, items.c.link, wanted))) if wanted else ()
    # Built without validation: a large source asks for 10,000 of these at each poll, and the columns hold nothing else.
    found = {row.id: row for row in rows}.values()
    return [Known.model_construct(None, **dict(zip(Known.model_fields, row, strict=True))) for row in found]


async def add(tx: Tx, item: Item, fingerprint: str, *, link: str, why: str) -> None:
    """The item is kept as its first version; `item.detected` says when it was found."""
    await add_all(tx, [Kept(item, fingerprint, link, why)])


async def add_all(tx: Tx, kept: Sequence[Kept]) -> None:
    """Every item is kept as its first version, in this order."""
    if kept:
        await tx.execute(insert(items), [_row(one) | {"streak": 0} for one in kept])
        await tx.execute(insert(versions), [_version(one) for one in kept])
        await word_index.add(tx, [one.item for one in kept])


async def add_version(tx: Tx, item: Item, fingerprint: str, *, link: str, why: str) -> None:
    """`item.version` is the current version from now on; the earlier ones stay. `item.detected` is when the change was found."""
    await add_versions(tx, [Kept(item, fingerprint, link, why)])


async def add_versions(tx: Tx, kept: Sequence[Kept]) -> None:
    """Every item is at its new version; when it was first detected stays as it was."""
    if not kept:
        return
    await word_index.remove(tx, await _stored(tx, [one.item.id for one in kept]))
    rows = [_row(one) for one in kept]
    columns = [name for name in rows[0] if name not in ("id", "detected")]
    change = update(items).where(items.c.id == bindparam("of_id")).values({name: bindparam(f"to_{name}") for name in columns})
    await tx.execute(change, [{"of_id": row["id"]} | {f"to_{name}": row[name] for name in columns} for row in rows])
    await tx.execute(insert(versions), [_version(one) for one in kept])
    await word_index.add(tx, [one.item for one in kept])


async def _stored(tx: Tx, ids: Collection[str]) -> list[Item]:
    return of_rows((await tx.execute(select(*_OF_ITEM).where(one_of(tx, items.c.id, ids)))).mappings())


async def touch(tx: Tx, item_id: str, *, seen: str, streak: int, key: str) -> None:
    """What the last poll saw of an item is remembered, without a version."""
    await tx.execute(update(items).where(items.c.id == item_id).values(seen=seen, streak=streak, key=key))


async def get(tx: Tx, item_id: str, version: int | None = None) -> Item | None:
    """The item as of its current version, or of this one."""
    if version is None:
        return await _first(tx, select(*_OF_ITEM).where(items.c.id == item_id))
    content = await tx.scalar(select(versions.c.content).where(versions.c.item == item_id, versions.c.version == version))
    return None if content is None else Item.model_validate(content)


async def find(tx: Tx, link_or_id: str) -> Item | None:
    """The item with this id, address or canonical link; the newest where several share a link."""
    same = or_(items.c.id == link_or_id, items.c.url == link_or_id, items.c.link == link_or_id)
    return await _first(tx, select(*_OF_ITEM).where(same).order_by(items.c.number.desc()).limit(1))


async def history(tx: Tx, item_id: str) -> list[Version]:
    """Every version of an item, the first one first."""
    columns = (versions.c.content.label("item"), versions.c.fingerprint, versions.c.found, versions.c.why)
    rows = await tx.execute(select(*columns).where(versions.c.item == item_id).order_by(versions.c.version))
    return [Version.model_validate(dict(row)) for row in rows.mappings()]


async def latest(tx: Tx, limit: int, *, since: datetime | None = None, source: str | None = None) -> list[Item]:
    """The items kept last, newest first: detected at or after `since`, of this source only."""
    wanted = select(*_OF_ITEM).order_by(items.c.number.desc()).limit(limit)
    if since is not None:
        wanted = wanted.where(items.c.detected >= since)
    if source is not None:
        wanted = wanted.where(items.c.source == source)
    return of_rows((await tx.execute(wanted)).mappings())


async def count(tx: Tx) -> int:
    """How many items are kept."""
    return await tx.scalar(select(func.count()).select_from(items)) or 0


def of_rows(rows: Iterable[RowMapping]) -> list[Item]:
    """The items in rows that hold their columns, whatever else they hold."""
    return [Item.model_validate({name: row[name] for name in Item.model_fields}) for row in rows]


async def _first(tx: Tx, wanted: Select[Any]) -> Item | None:
    return next(iter(of_rows((await tx.execute(wanted)).mappings())), None)


def _row(kept: Kept) -> dict[str, Any]:
    lists = kept.item.model_dump(mode="json", include={"regions", "product_types", "concepts", "deadlines"})
    row = {name: getattr(kept.item, name) for name in Item.model_fields} | lists
    return row | {"fingerprint": kept.fingerprint, "seen": kept.fingerprint, "link": kept.link}


def _version(kept: Kept) -> dict[str, Any]:
    return {
        "item": kept.item.id,
        "version": kept.item.version,
        "content": kept.item.model_dump(mode="json", exclude_defaults=True),
        "fingerprint": kept.fingerprint,
        "found": kept.item.detected,
        "why": kept.why,
    }
