"""What a person changed, written into the record of their workspace in the transaction of the change."""

from collections.abc import Iterable, Mapping
from typing import Any

from bot.model import Place, Source, Subscription, Watchlist
from bot.store import record
from bot.store.database import Tx
from bot.store.record import Fact
from handlers.grammar import Request

Values = Mapping[str, Any] | None
_WISHES = {"timezone", "quiet_from", "quiet_to", "compact", "threads", "mentions", "language"}


async def note(
    tx: Tx, request: Request, what: str, about: str = "", name: str = "", *, before: Values = None, after: Values = None
) -> None:
    """It stands in the record that the person changed this, here and now."""
    here = request.place
    fact = Fact(
        what=what,
        at=request.now,
        by=request.actor,
        by_name=request.actor_name,
        place=here.id,
        place_name=here.name,
        about=about,
        name=name,
        before=before,
        after=after,
    )
    await record.note(tx, here.workspace, fact)


async def watchlist(tx: Tx, request: Request, what: str, before: Watchlist | None, after: Watchlist | None) -> None:
    """As `note`, of a watchlist: `added`, `edited`, `renamed`, `paused`, `resumed`, `removed`."""
    one = after or before
    assert one is not None, "a change is from something or to something"
    await note(tx, request, f"watchlist {what}", one.id, one.name, before=_watchlist(before), after=_watchlist(after))


def _watchlist(one: Watchlist | None) -> Values:
    return None if one is None else one.model_dump(mode="json", include={"name", "query", "paused"})


async def subscription(
    tx: Tx, request: Request, where: Place, of: Watchlist, before: Subscription | None, after: Subscription | None
) -> None:
    """As `note`, of what a place receives: begun, changed or ended."""
    what = "subscribed" if before is None else "unsubscribed" if after is None else "subscription changed"
    await note(tx, request, what, where.id, of.name, before=_subscription(of, before), after=_subscription(of, after))


def _subscription(of: Watchlist, one: Subscription | None) -> Values:
    if one is None:
        return None
    return {"watchlist": of.id} | one.model_dump(mode="json", include={"frequency", "days", "at", "urgent"})


async def wishes(tx: Tx, request: Request, before: Place, after: Place) -> None:
    """As `note`, of what a place wishes: only what is another now."""
    old, new = (one.model_dump(mode="json", include=_WISHES) for one in (before, after))
    changed = [name for name in new if new[name] != old[name]]
    values = [{name: one[name] for name in changed} for one in (old, new)]
    await note(tx, request, "settings changed", after.id, after.name, before=values[0], after=values[1])


async def source(tx: Tx, request: Request, what: str, before: Source | None, after: Source | None) -> None:
    """As `note`, of a source that a workspace added for itself: `added`, `removed`."""
    one = after or before
    assert one is not None, "a change is from something or to something"
    old, new = (None if each is None else {"url": each.url, "kind": each.kind} for each in (before, after))
    await note(tx, request, f"source {what}", one.id, one.name, before=old, after=new)


async def people(tx: Tx, request: Request, what: str, about: str, before: Iterable[str], after: Iterable[str]) -> None:
    """As `note`, of who may do what; those of before and of now, by the ids their platform knows them by."""
    await note(tx, request, what, about, before={"people": sorted(before)}, after={"people": sorted(after)})
