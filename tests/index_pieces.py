"""In how many pieces the search index of an SQLite store is."""

from sqlalchemy import text

from bot.store.database import Store


async def pieces_of_index(store: Store) -> int:
    """The pieces of its two tables together."""
    each = "SELECT count(DISTINCT segid) AS pieces FROM item_words_idx UNION ALL SELECT count(DISTINCT segid) FROM item_terms_idx"
    async with store.read() as tx:
        return int(await tx.scalar(text(f"SELECT sum(pieces) FROM ({each})")) or 0)
