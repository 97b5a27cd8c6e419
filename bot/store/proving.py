"""What a proof is made of: how often sources were polled, how they fare, their gaps and the hits of watchlists; one look for all."""

from collections.abc import Collection
from datetime import UTC, datetime

from bot.model import Records
from bot.store import hits, polls, sources
from bot.store.database import Tx


async def records(tx: Tx, source_ids: Collection[str], watchlist_ids: Collection[str], since: datetime) -> Records:
    """What is kept of these sources and watchlists since a moment; polls are counted by days of UTC, so from its day on."""
    return Records(
        states={state.source: state for state in await sources.all(tx)},
        polls=dict(await polls.counts(tx, source_ids, since.astimezone(UTC).date())),
        gaps=tuple(await polls.gaps_since(tx, source_ids, since)),
        hits=await hits.counts(tx, watchlist_ids, since),
    )
