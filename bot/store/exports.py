"""What an export shows beside the record: what was captured, and who was alerted of what; always by workspace, in pages."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, case, literal, select, tuple_

from bot import hash_chain
from bot.store.database import Tx, one_of
from bot.store.items import visible_to
from bot.store.tables import Instant, hits, items, outbox, places, versions, watchlists

PAGE = 500
_ALERTS = ("new", "changed", "also")
# What its source gave of an item. What our word lists say of it (type, dates, products) is read anew when they grow, and is no capture.
_CAPTURED = ("id", "source", "key", "url", "title", "summary", "text", "language", "published", "updated", "detected", "version")


class Capture(NamedTuple):
    """A version of an item, as it was captured; `digest` is the SHA-256 of what `capture` gives."""

    item: str
    version: int
    source: str
    agency: str
    country: str
    title: str
    url: str
    published: str
    captured: datetime
    why: str
    digest: str


class Alert(NamedTuple):
    """A message that a place was owed about a version of an item, and what became of it.

    `matched` are the words for which each watchlist found it; `reference` is where the platform put the message, that of the digest for
    what went out in one.
    """

    item: str
    version: int
    title: str
    kind: str
    watchlists: tuple[str, ...]
    matched: tuple[str, ...]
    place: str
    place_name: str
    found: datetime
    sent: datetime | None
    reference: str
    result: str
    reason: str


def captured(content: Mapping[str, Any]) -> str:
    """What its source gave of an item version, as one line of canonical JSON that ends with a line feed: what the hash is of."""
    return hash_chain.canonical({name: content[name] for name in _CAPTURED if name in content}) + "\n"


async def capture(tx: Tx, workspace: str, item: str, version: int) -> str | None:
    """What is stored of this version of an item that the workspace may see; None if there is none."""
    wanted = select(versions.c.content).join(items, items.c.id == versions.c.item)
    found = await tx.scalar(wanted.where(versions.c.item == item, versions.c.version == version, visible_to(workspace)))
    return None if found is None else captured(found)


async def captures(tx: Tx, workspace: str, start: datetime, end: datetime) -> AsyncIterator[Capture]:
    """Every version captured from `start` on and before `end` that the workspace may see, in the order in which they were."""
    place = (versions.c.found, versions.c.item, versions.c.version)
    columns = (versions.c.content, versions.c.found, versions.c.why, versions.c.item, versions.c.version)
    wanted = select(*columns).join(items, items.c.id == versions.c.item).where(visible_to(workspace), versions.c.found < end)
    wanted = wanted.order_by(*place).limit(PAGE)
    page = (await tx.execute(wanted.where(versions.c.found >= start))).all()
    while page:
        for row in page:
            yield _capture(row.content, row.found, row.why)
        last = page[-1]
        after = tuple_(literal(last.found, Instant()), last.item, last.version)
        page = (await tx.execute(wanted.where(tuple_(*place) > after))).all()


def _capture(content: Mapping[str, Any], found: datetime, why: str) -> Capture:
    names = ("source", "agency", "country", "title", "url", "published")
    source, agency, country, title, url, published = (str(content.get(name) or "") for name in names)
    version, digest = content.get("version", 1), hash_chain.digest(captured(content))
    return Capture(content["id"], version, source, agency, country, title, url, published, found, why, digest)


async def alerts(tx: Tx, workspace: str, start: datetime, end: datetime) -> AsyncIterator[Alert]:
    """Every alert that came to be owed to a place of the workspace from `start` on and before `end`, in that order."""
    number = 0
    while True:
        rows = (await tx.execute(_page_of_alerts(workspace, start, end, number))).mappings().all()
        names = await _names(tx, workspace, rows)
        words = await _words(tx, rows)
        for row in rows:
            theirs = row["watchlists"]
            matched = tuple(word for one in theirs for word in words.get((row["item"], row["version"], one), ()))
            told = (row["item"], row["version"], row["title"], row["kind"], tuple(names.get(one, one) for one in theirs))
            state = (row["created"], row["sent_at"], row["stands"] or "", row["state"], row["reason"])
            yield Alert(*told, tuple(dict.fromkeys(matched)), row["place"], row["place_name"], *state)
        if len(rows) < PAGE:
            return
        number = rows[-1]["number"]


def _page_of_alerts(workspace: str, start: datetime, end: datetime, number: int) -> Select[Any]:
    digest = outbox.alias("digest")
    bundled = outbox.c.state == "bundled"
    told = (
        *(outbox.c[name] for name in ("number", "item", "version", "kind", "watchlists", "place", "created", "reason")),
        case((and_(bundled, digest.c.state == "sent"), "sent in a digest"), else_=outbox.c.state).label("state"),
        case((bundled, digest.c.sent), else_=outbox.c.sent).label("sent_at"),
        case((bundled, digest.c.reference), else_=outbox.c.reference).label("stands"),
        *(items.c.title, places.c.name.label("place_name")),
    )
    joined = outbox.join(places, places.c.id == outbox.c.place).join(items, items.c.id == outbox.c.item)
    wanted = select(*told).select_from(joined.outerjoin(digest, digest.c.id == outbox.c.digest))
    mine = (places.c.workspace == workspace, outbox.c.created >= start, outbox.c.created < end, outbox.c.kind.in_(_ALERTS))
    return wanted.where(*mine, outbox.c.number > number).order_by(outbox.c.number).limit(PAGE)


async def _names(tx: Tx, workspace: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    ids = {one for row in rows for one in row["watchlists"]}
    mine = (watchlists.c.workspace == workspace, one_of(tx, watchlists.c.id, ids))
    return dict((await tx.execute(select(watchlists.c.id, watchlists.c.name).where(*mine))).all())


async def _words(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> dict[tuple[str, int, str], Collection[str]]:
    """The words that matched, by item, version and watchlist."""
    wanted = select(hits.c.item, hits.c.version, hits.c.watchlist, hits.c.evidence)
    theirs = one_of(tx, hits.c.watchlist, {one for row in rows for one in row["watchlists"]})
    found = await tx.execute(wanted.where(one_of(tx, hits.c.item, {row["item"] for row in rows}), theirs))
    return {(row.item, row.version, row.watchlist): tuple(dict.fromkeys(str(one["text"]) for one in row.evidence)) for row in found}
