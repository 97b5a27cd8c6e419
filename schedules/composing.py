"""What a delivery says: the card of an alert, a digest or a notice, as it is now to be read."""

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.cards.alert import Zones, alert
from bot.cards.card import Card
from bot.cards.telling import told
from bot.deliver import outbox as life
from bot.model import Delivery, Place
from bot.sources.catalogue import Catalogue
from bot.store import hits, items, watchlists
from bot.store.database import Tx


async def card(tx: Tx, place: Place, delivery: Delivery, catalogue: Catalogue, clock: Callable[[], datetime]) -> Card:
    """The message this place is owed by this delivery."""
    if delivery.notice is not None:
        return told(delivery.notice, repeat=life.is_repeat(delivery))
    return await _alert(tx, place, delivery, catalogue, clock())


async def _alert(tx: Tx, place: Place, delivery: Delivery, catalogue: Catalogue, now: datetime) -> Card:
    """The item's version of this delivery, with the words each watchlist matched."""
    item = await items.get(tx, delivery.item, delivery.version)
    assert item is not None, "an outbox row points at a version that is kept"
    before = await items.get(tx, delivery.item, delivery.version - 1) if delivery.kind == "changed" else None
    evidence = {one.watchlist: one.evidence for one in await hits.of_item(tx, item.id, item.version, workspace=place.workspace)}
    names = await watchlists.by_id(tx, place.workspace, delivery.watchlists)
    named = [(names[one].name, evidence.get(one, ())) for one in delivery.watchlists if one in names]
    source = catalogue.sources.get(item.source)
    return alert(
        item,
        named,
        now=now,
        kind=delivery.kind,
        before=before.title if before else "",
        repeat=life.is_repeat(delivery),
        zones=Zones(ZoneInfo(source.timezone) if source else UTC, ZoneInfo(place.timezone)),
    )
