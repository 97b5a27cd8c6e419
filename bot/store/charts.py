"""Charts that chat shows: their figures, each to be had for a while under an address nobody can guess, of which only a digest is kept."""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Column, Table, Text, delete, select

from bot.store.database import Tx, insert
from bot.store.tables import Instant, Json, metadata

# How long a message can show its picture; chat platforms keep a copy of their own, for as long as they like.
KEPT = timedelta(days=90)

# The figures of a chart, under the SHA-256 of the secret that its address holds.
charts = Table(
    "charts",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("workspace", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("figures", Json, nullable=False),
    Column("expires", Instant, nullable=False, index=True),
)


class Chart(NamedTuple):
    """What is to be drawn: the first day of each week, and for each series its name and its counts."""

    title: str
    weeks: tuple[date, ...]
    series: tuple[tuple[str, tuple[int, ...]], ...]


async def show(
    tx: Tx, workspace: str, secret: str, title: str, weeks: Sequence[date], series: Sequence[tuple[str, Sequence[int]]], now: datetime
) -> None:
    """The chart can be had with this secret for KEPT; what was kept so long already is forgotten."""
    await tx.execute(delete(charts).where(charts.c.expires < now))
    figures = {"weeks": [one.isoformat() for one in weeks], "series": [[name, list(counts)] for name, counts in series]}
    row = {"digest": _digest(secret), "workspace": workspace, "title": title, "figures": figures, "expires": now + KEPT}
    await tx.execute(insert(tx, charts).values(row))


async def shown(tx: Tx, secret: str, now: datetime) -> Chart | None:
    """The chart that is to be had with this secret."""
    wanted = select(charts.c.title, charts.c.figures).where(charts.c.digest == _digest(secret), charts.c.expires >= now)
    row = (await tx.execute(wanted)).first()
    if row is None:
        return None
    weeks = tuple(map(date.fromisoformat, row.figures["weeks"]))
    return Chart(row.title, weeks, tuple((name, tuple(counts)) for name, counts in row.figures["series"]))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
