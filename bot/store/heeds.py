"""What a place hears less or more of than its watchlists say: sources it muted and items it follows, with who chose so and when."""

from collections.abc import Collection

from sqlalchemy import Column, ForeignKey, Select, Table, Text, delete, or_, select

from bot.model import Heed
from bot.store.database import Tx, insert, one_of
from bot.store.tables import Instant, metadata, places

# `about` is a source for `mute` and an item for `follow`; `name` is what it was called when it was chosen.
heeds = Table(
    "heeds",
    metadata,
    Column("place", Text, ForeignKey("places.id"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("about", Text, primary_key=True, index=True),
    *(Column(name, Text, nullable=False) for name in ("name", "by", "by_name")),
    Column("since", Instant, nullable=False),
)
_HEED = select(*(heeds.c[name] for name in Heed.model_fields))


async def choose(tx: Tx, heed: Heed) -> bool:
    """The place mutes or follows this from now on; False, and nothing changed, if it did before."""
    new = insert(tx, heeds).values(heed.model_dump()).on_conflict_do_nothing().returning(heeds.c.about)
    return await tx.scalar(new) is not None


async def end(tx: Tx, heed: Heed) -> bool:
    """The place no longer mutes or follows this; False if it did not before."""
    mine = (heeds.c.place == heed.place, heeds.c.kind == heed.kind, heeds.c.about == heed.about)
    return (await tx.execute(delete(heeds).where(*mine))).rowcount > 0


async def at_place(tx: Tx, place_id: str) -> list[Heed]:
    """What a place mutes and follows, what was chosen first at the top."""
    return await _all(tx, _HEED.where(heeds.c.place == place_id))


async def muting(tx: Tx, source: str, *, workspace: str) -> list[Heed]:
    """The places of a workspace that muted a source."""
    mine = (heeds.c.kind == "mute", heeds.c.about == source, places.c.workspace == workspace)
    return await _all(tx, _HEED.join_from(heeds, places).where(*mine))


async def of_news(tx: Tx, sources: Collection[str], items: Collection[str]) -> list[Heed]:
    """Which places of every workspace muted one of these sources or follow one of these items; for polling."""
    muted = (heeds.c.kind == "mute") & one_of(tx, heeds.c.about, sources)
    return await _all(tx, _HEED.where(or_(muted, (heeds.c.kind == "follow") & one_of(tx, heeds.c.about, items))))


async def _all(tx: Tx, wanted: Select[tuple[object, ...]]) -> list[Heed]:
    rows = await tx.execute(wanted.order_by(heeds.c.since, heeds.c.place, heeds.c.kind, heeds.c.about))
    return [Heed.model_validate(dict(row)) for row in rows.mappings()]
