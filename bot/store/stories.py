"""Stories: which items report one event, why each was joined, and the marks by which others are found."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from pydantic_core import to_json
from sqlalchemy import TextClause, delete, func, select, text, update

from bot.model import Item, Word
from bot.store import items as kept
from bot.store.database import Tx, insert, one_of
from bot.store.tables import items, marks, stories

# Any number, always the same: who holds it is the only one that tells stories together.
_TURN = text("SELECT pg_advisory_xact_lock(20260702)")

# A row costs a fifth of what it costs with parameters of its own.
_SQLITE_NOTE = text(
    "INSERT INTO marks (mark, source, place, item) SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), :place,"
    " json_extract(value, '$[2]') FROM json_each(:rows) WHERE true ON CONFLICT DO NOTHING"
)
_POSTGRESQL_NOTE = text(
    "INSERT INTO marks (mark, source, place, item) SELECT mark, source, :place, item"
    " FROM unnest(CAST(:marks AS text[]), CAST(:sources AS text[]), CAST(:items AS text[])) AS new (mark, source, item)"
    " ON CONFLICT DO NOTHING"
)


class Membership(NamedTuple):
    """An item is of a story since `joined`, because of `why`."""

    item: str
    story: str
    why: str
    joined: datetime | None


class Member(Word):
    """An item of a story, with why and when it was joined."""

    item: Item
    why: str
    joined: datetime


async def take_turn(tx: Tx) -> None:
    """Until the transaction ends nobody else joins items, so that two processes that see one event at once see each other."""
    if tx.dialect.name == "postgresql":
        await tx.execute(_TURN)


async def note(tx: Tx, found: Mapping[str, tuple[str, Collection[str]]]) -> None:
    """Each item, with its source, can be found by these marks and by no others it had; two items of a source and mark are kept."""
    if not found:
        return
    await tx.execute(delete(marks).where(one_of(tx, marks.c.item, found)))
    rows = [(mark, source, item) for item, (source, held) in found.items() for mark in sorted(held)]
    for place in (0, 1):
        if rows:
            await tx.execute(*_noted(tx, rows, place))


def _noted(tx: Tx, rows: Sequence[tuple[str, str, str]], place: int) -> tuple[TextClause, dict[str, Any]]:
    """The statement that keeps these marks in this place where it is free, all of them in one parameter, and its parameters."""
    if tx.dialect.name == "postgresql":
        mark, source, item = map(list, zip(*rows, strict=True))
        return _POSTGRESQL_NOTE, {"marks": mark, "sources": source, "items": item, "place": place}
    return _SQLITE_NOTE, {"rows": to_json(rows).decode(), "place": place}


async def sharing(tx: Tx, wanted: Collection[str]) -> dict[str, list[str]]:
    """By mark, the ids of the items that have it."""
    if not wanted:
        return {}
    found: dict[str, list[str]] = {}
    for mark, item in await tx.execute(select(marks.c.mark, marks.c.item).where(one_of(tx, marks.c.mark, wanted))):
        found.setdefault(mark, []).append(item)
    return found


async def of_items(tx: Tx, ids: Collection[str]) -> dict[str, str]:
    """The story of each of these items that is of one."""
    return dict((await tx.execute(select(stories.c.item, stories.c.story).where(one_of(tx, stories.c.item, ids)))).all()) if ids else {}


async def join(tx: Tx, found: Sequence[Membership], absorbed: Iterable[tuple[str, str]]) -> None:
    """The items are of these stories, and each of the `absorbed` stories has ended in another; whom a story is named after is of it."""
    for ended, into in absorbed:
        await tx.execute(update(stories).where(stories.c.story == ended).values(story=into))
    if not found:
        return
    rows = [one._asdict() for one in found]
    new = insert(tx, stories)
    told = new.on_conflict_do_update(index_elements=["item"], set_={name: new.excluded[name] for name in ("story", "why", "joined")})
    await tx.execute(told, rows)


async def members(tx: Tx, story_ids: Collection[str]) -> dict[str, list[Member]]:
    """By story, its items as they are now with why they were joined; who reported first comes first."""
    columns = [items.c[name] for name in Item.model_fields]
    wanted = select(*columns, stories.c.story, stories.c.why, stories.c.joined).join_from(items, stories, stories.c.item == items.c.id)
    rows = (await tx.execute(wanted.where(one_of(tx, stories.c.story, story_ids)).order_by(items.c.number))).mappings() if story_ids else ()
    found: dict[str, list[Member]] = {}
    for row in rows:
        (item,) = kept.of_rows([row])
        found.setdefault(row["story"], []).append(Member(item=item, why=row["why"], joined=row["joined"]))
    return found


async def of_item(tx: Tx, item_id: str) -> list[Member]:
    """The story of an item, who reported first coming first; nothing when the item is alone."""
    story = await tx.scalar(select(stories.c.story).where(stories.c.item == item_id))
    return (await members(tx, [story])).get(story, []) if story else []


async def count(tx: Tx) -> int:
    """How many stories of several items there are."""
    return await tx.scalar(select(func.count(stories.c.story.distinct()))) or 0
