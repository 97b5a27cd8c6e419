"""News of an alert that stands in a place: where it goes, and that the alert itself is brought up to date after it."""

from datetime import datetime

from bot.deliver import outbox as life
from bot.model import Delivery, Place
from bot.store import assessments, outbox
from bot.store.database import Tx

_FOLLOWING = ("changed", "also")


async def thread(tx: Tx, place: Place, delivery: Delivery) -> str:
    """The message that this one stands below, as the place wishes; "" for one that stands in the channel by itself."""
    return "" if place.threads == "channel" else await outbox.thread(tx, delivery)


async def refresh_again(tx: Tx, place: Place, sent: Delivery, now: datetime) -> None:
    """If people decided something about the item while its alert was being brought up to date, it is to be done once more."""
    if sent.kind != "refresh" or sent.attempted is None or sent.sent is None:
        return
    if await assessments.changed_between(tx, place.workspace, sent.item, sent.attempted, sent.sent):
        await outbox.refresh_alerts(tx, place.workspace, sent.item, now)


async def owe_refresh(tx: Tx, sent: Delivery, now: datetime) -> None:
    """If this was sent and follows an alert that stands by itself, that one is to be brought up to date; told once, done till it is."""
    if sent.state != "sent" or sent.kind not in _FOLLOWING:
        return
    first = await outbox.first(tx, sent)
    if first is None or first.id == sent.id:
        return
    name = life.key(sent.place, sent.item, sent.version, "refresh")
    about = {"place": sent.place, "item": sent.item, "version": sent.version, "watchlists": sent.watchlists}
    await outbox.owe(tx, [Delivery(id=name, kind="refresh", created=now, not_before=now, **about)])
