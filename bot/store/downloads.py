"""Files to be had for a while under an address nobody can guess, of which only a digest is kept; made when they are fetched."""

import hashlib
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import delete, insert, select

from bot.model import Word
from bot.store.database import Tx
from bot.store.record_tables import downloads


class Download(Word):
    """A file for people of a workspace: an `export` of a span, or the `report` of a place; `wish` says what exactly."""

    workspace: str
    kind: Literal["export", "report"]
    made_by: str
    made_by_name: str = ""
    place: str = ""
    wish: dict[str, Any]
    expires: datetime


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


async def offer(tx: Tx, secret: str, download: Download, now: datetime) -> None:
    """The file can be had with this secret until it expires; those that have expired are forgotten."""
    await tx.execute(delete(downloads).where(downloads.c.expires <= now))
    await tx.execute(insert(downloads).values(download.model_dump() | {"digest": _digest(secret)}))


async def offered(tx: Tx, secret: str, now: datetime) -> Download | None:
    """What can be had with this secret now; None for any other."""
    columns = (downloads.c[name] for name in Download.model_fields)
    row = (await tx.execute(select(*columns).where(downloads.c.digest == _digest(secret), downloads.c.expires > now))).mappings().first()
    return None if row is None else Download.model_validate(dict(row))
