"""Items and their versions: what is known of a source, what is kept, and one item for a link or an id."""

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Row, RowMapping, Select, bindparam, func, insert, or_, select, text, true, update

from bot import audience
from bot.model import Item, Known, Word
from bot.store import deadlines, word_index
from bot.store.database import Tx, one_of
from bot.store.tables import items, versions

_SAID = ("doc_type", "status", "product_types", "deadlines")
_OF_ITEM = [items.c[name] for name in Item.model_fields]
# Ids are hexadecimal; so many characters of one are worth a look.
_BEGINNING = re.compile(r"[0-9a-f]{6,15}")
_KNOWN = "SELECT i.id, i.key, i.link, i.fingerprint, i.seen, i.streak, i.version, i.source FROM"
# All that a poll asks about in one parameter: CROSS JOIN has SQLite look up each pair in the index of items.
_SQLITE_KNOWN = {
    column: text(
        f"{_KNOWN} json_each(:pairs) AS pair CROSS JOIN items AS i"
        f" ON i.source = json_extract(pair.value, '$[0]') AND i.{column} = json_extract(pair.value, '$[1]')"
    )
    for column in ("key", "link")
}
_POSTGRESQL_KNOWN = {
    column: text(
        f"{_KNOWN} unnest(CAST(:sources AS text[]), CAST(:values AS text[])) AS pair (source, value)"
        f" JOIN items AS i ON i.source = pair.source AND i.{column} = pair.value"
    )
    for column in ("key", "link")
}
_TOUCH = (
    update(items)
    .where(items.c.id == bindparam("of_id"))
    .values(seen=bindparam("now_seen"), streak=bindparam("now_streak"), key=bindparam("now_key"))
)
_REREAD = (
    update(versions)
    .where(versions.c.item == bindparam("to_item"), versions.c.version == bindparam("to_version"))
    .values(content=bindparam("to_content"), fingerprint=bindparam("to_fingerprint"))
)


class Identity(NamedTuple):
    """What an item may be recognised by: its source with its key, or with the canonical form of its url."""

    source: str
    key: str
    link: str


class Seen(NamedTuple):
    """What a poll saw of an item we know by this id: its fingerprint, the polls in a row it was another, and its key now."""

    item: str
    fingerprint: str
    streak: int
    key: str


class Kept(NamedTuple):
    """An item version to keep: its fingerprint, the canonical form of its url, and why it is kept, in words.

    `edition` is that of the words lists by which it was enriched; 0 if it was not.
    """

    item: Item
    fingerprint: str
    link: str
    why: str
    edition: int = 0


class Version(Word):
    """One version of an item, whole, with when and why it was kept."""

    item: Item
    fingerprint: str
    found: datetime
    why: str


async def known(tx: Tx, wanted: Collection[Identity]) -> dict[str, list[Known]]:
    """By source, what is remembered of the items with these keys or links; the same item may be found both ways."""
    rows = [*await _with(tx, "key", wanted), *await _with(tx, "link", [one for one in wanted if one.link])]
    found: dict[str, list[Known]] = {}
    # Built without validation: a large poll asks for 10,000 of these, and the columns hold nothing else.
    for row in {row.id: row for row in rows}.values():
        found.setdefault(row.source, []).append(Known.model_construct(None, **dict(zip(Known.model_fields, row, strict=False))))
    return found


async def _with(tx: Tx, column: Literal["key", "link"], wanted: Collection[Identity]) -> Sequence[Row[Any]]:
    if not wanted:
        return ()
    named = {"sources": [one.source for one in wanted], "values": [getattr(one, column) for one in wanted]}
    if tx.dialect.name == "postgresql":
        return (await tx.execute(_POSTGRESQL_KNOWN[column], named)).all()
    pairs = json.dumps(list(zip(*named.values(), strict=True)), ensure_ascii=False)
    return (await tx.execute(_SQLITE_KNOWN[column], {"pairs": pairs})).all()


async def add(tx: Tx, item: Item, fingerprint: str, *, link: str, why: str) -> None:
    """The item is kept as its first version; `item.detected` says when it was found."""
    await add_all(tx, [Kept(item, fingerprint, link, why)])


async def add_all(tx: Tx, kept: Sequence[Kept]) -> None:
    """Every item is kept as its first version, in this order."""
    if kept:
        await tx.execute(insert(items), [_row(one) | {"streak": 0} for one in kept])
        await tx.execute(insert(versions), [_version(one) for one in kept])
        await word_index.add(tx, [one.item for one in kept])
        await deadlines.put(tx, [one.item for one in kept])


async def add_version(tx: Tx, item: Item, fingerprint: str, *, link: str, why: str) -> None:
    """`item.version` is the current version from now on; the earlier ones stay. `item.detected` is when the change was found."""
    await add_versions(tx, [Kept(item, fingerprint, link, why)])


async def add_versions(tx: Tx, kept: Sequence[Kept]) -> None:
    """Every item is at its new version; when it was first detected stays as it was."""
    if not kept:
        return
    await _replace(tx, kept)
    await tx.execute(insert(versions), [_version(one) for one in kept])


async def reread(tx: Tx, kept: Sequence[Kept]) -> None:
    """What is kept of the current version of every item is as given from now on; when and why it was kept stays as it was."""
    if not kept:
        return
    await _replace(tx, kept)
    rows = [{f"to_{name}": value for name, value in _version(one).items()} for one in kept]
    await tx.execute(_REREAD, rows)


async def _replace(tx: Tx, kept: Sequence[Kept]) -> None:
    """The items are as given, and found by it."""
    await word_index.remove(tx, await several(tx, [one.item.id for one in kept]))
    rows = [_row(one) for one in kept]
    columns = [name for name in rows[0] if name not in ("id", "detected")]
    change = update(items).where(items.c.id == bindparam("of_id")).values({name: bindparam(f"to_{name}") for name in columns})
    await tx.execute(change, [{"of_id": row["id"]} | {f"to_{name}": row[name] for name in columns} for row in rows])
    await word_index.add(tx, [one.item for one in kept])
    await deadlines.put(tx, [one.item for one in kept])


async def unenriched(tx: Tx, edition: int, limit: int) -> list[Item]:
    """Items that were enriched by an earlier edition of the word lists or not at all, the newest first."""
    wanted = select(*_OF_ITEM).where(items.c.enriched < edition).order_by(items.c.number.desc()).limit(limit)
    return of_rows((await tx.execute(wanted)).mappings())


async def mend(tx: Tx, enriched: Sequence[Item], edition: int) -> None:
    """The items are from now on what their words say, in their current version too; that is no change and nobody is told."""
    if not enriched:
        return
    await word_index.remove(tx, await several(tx, [one.id for one in enriched]))
    rows = [{"of_id": one.id, "of_version": one.version, **_said(one)} for one in enriched]
    change = update(items).where(items.c.id == bindparam("of_id")).values({name: bindparam(f"to_{name}") for name in _SAID})
    await tx.execute(change, [{"of_id": row["of_id"]} | {f"to_{name}": row[name] for name in _SAID} for row in rows])
    await tx.execute(update(items).where(one_of(tx, items.c.id, [one.id for one in enriched])).values(enriched=edition))
    current = update(versions).where(versions.c.item == bindparam("of_id"), versions.c.version == bindparam("of_version"))
    contents = [{"of_id": one.id, "of_version": one.version, "to_content": _content(one)} for one in enriched]
    await tx.execute(current.values(content=bindparam("to_content")), contents)
    await word_index.add(tx, enriched)
    await deadlines.put(tx, enriched)


async def several(tx: Tx, ids: Collection[str], *, workspace: str | None = None) -> list[Item]:
    """The items with these ids that the workspace may see as of their current versions, in no order."""
    wanted = select(*_OF_ITEM).where(one_of(tx, items.c.id, ids), visible_to(workspace))
    return of_rows((await tx.execute(wanted)).mappings())


async def touch(tx: Tx, seen: Sequence[Seen]) -> None:
    """What the last poll saw of items is remembered, without a version."""
    if seen:
        await tx.execute(
            _TOUCH, [{"of_id": one.item, "now_seen": one.fingerprint, "now_streak": one.streak, "now_key": one.key} for one in seen]
        )


async def get(tx: Tx, item_id: str, version: int | None = None) -> Item | None:
    """The item as of its current version, or of this one."""
    if version is None:
        return await _first(tx, select(*_OF_ITEM).where(items.c.id == item_id))
    content = await tx.scalar(select(versions.c.content).where(versions.c.item == item_id, versions.c.version == version))
    return None if content is None else Item.model_validate(content)


async def find(tx: Tx, link_or_id: str, link: str = "", *, workspace: str | None) -> Item | None:
    """The item that this workspace may see with this id (its beginning is enough, if no other begins so), address or canonical `link`.

    Of several it is the newest.
    """
    visible = visible_to(workspace)
    same = or_(items.c.id == link_or_id, items.c.url == link_or_id, items.c.link == (link or link_or_id))
    found = await _first(tx, select(*_OF_ITEM).where(same, visible).order_by(items.c.number.desc()).limit(1))
    if found is not None or not _BEGINNING.fullmatch(link_or_id):
        return found
    alike = (items.c.id >= link_or_id, items.c.id < link_or_id + "g", visible)
    begun = (await tx.execute(select(*_OF_ITEM).where(*alike).limit(2))).mappings().all()
    return of_rows(begun)[0] if len(begun) == 1 else None


async def settling(tx: Tx, item_id: str) -> int:
    """At how many polls in a row, up to the last one, the item was another each time; 0 when it holds still."""
    return await tx.scalar(select(items.c.streak).where(items.c.id == item_id)) or 0


async def history(tx: Tx, item_id: str) -> list[Version]:
    """Every version of an item, the first one first."""
    columns = (versions.c.content.label("item"), versions.c.fingerprint, versions.c.found, versions.c.why)
    rows = await tx.execute(select(*columns).where(versions.c.item == item_id).order_by(versions.c.version))
    return [Version.model_validate(dict(row)) for row in rows.mappings()]


async def latest(tx: Tx, limit: int, *, source: str | None = None) -> list[Item]:
    """The items kept last, newest first; of this source only, if one is named."""
    wanted = select(*_OF_ITEM).order_by(items.c.number.desc()).limit(limit)
    if source is not None:
        wanted = wanted.where(items.c.source == source)
    return of_rows((await tx.execute(wanted)).mappings())


async def count(tx: Tx) -> int:
    """How many items are kept."""
    return await tx.scalar(select(func.count()).select_from(items)) or 0


def visible_to(workspace: str | None) -> ColumnElement[bool]:
    """Whether a workspace may see an item; None is whoever runs the bot, who may see all."""
    if workspace is None:
        return true()
    return or_(~items.c.source.startswith(audience.ADDED), items.c.source.startswith(audience.prefix(workspace)))


def of_rows(rows: Iterable[Mapping[str, Any] | RowMapping]) -> list[Item]:
    """The items in rows that hold their columns, whatever else they hold."""
    return [Item.model_validate({name: row[name] for name in Item.model_fields}) for row in rows]


async def _first(tx: Tx, wanted: Select[Any]) -> Item | None:
    return next(iter(of_rows((await tx.execute(wanted)).mappings())), None)


def _row(kept: Kept) -> dict[str, Any]:
    item = kept.item
    prints = {"fingerprint": kept.fingerprint, "seen": kept.fingerprint, "link": kept.link, "enriched": kept.edition}
    return vars(item) | _said(item) | prints


def _said(item: Item) -> dict[str, Any]:
    """What the words of an item say of it, as columns."""
    dates = [one.model_dump(mode="json", exclude_defaults=True) for one in item.deadlines]
    return {"doc_type": item.doc_type, "status": item.status, "product_types": item.product_types, "deadlines": dates}


def _content(item: Item) -> dict[str, Any]:
    return item.model_dump(mode="json", exclude_defaults=True)


def _version(kept: Kept) -> dict[str, Any]:
    return {
        "item": kept.item.id,
        "version": kept.item.version,
        "content": _content(kept.item),
        "fingerprint": kept.fingerprint,
        "found": kept.item.detected,
        "why": kept.why,
    }
