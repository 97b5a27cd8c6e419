"""What is owed to whom: the news of a poll and what places were told before → the messages each place gets. Pure.

A place gets one alert for an event. What other sources report of it afterwards follows as a short message on the first one; while
the first one still waits to be sent it will name them itself, so nothing more is owed. What comes from a source that a place muted is
not owed to it, unless it follows the item; a follower gets every change of the item, whichever watchlists match.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from bot.deliver import outbox
from bot.model import Delivery, DeliveryKind, Evidence, Heed, Hit, Item, Subscription, Told


class News(NamedTuple):
    """An item version that is new or changed: its story (its own id while alone), and the watchlists it matched with what words."""

    item: Item
    kind: DeliveryKind
    story: str
    matched: Mapping[str, tuple[Evidence, ...]]


def hits(news: Iterable[News]) -> list[Hit]:
    """Each item version with each watchlist that holds for it."""
    return [
        Hit(watchlist=watchlist, item=one.item.id, version=one.item.version, evidence=evidence)
        for one in news
        for watchlist, evidence in one.matched.items()
    ]


def owed(
    news: Sequence[News], subscriptions: Sequence[Subscription], told: Iterable[Told], now: datetime, heeds: Collection[Heed] = ()
) -> list[Delivery]:
    """The messages owed, at most one for each place and item, naming every watchlist of the place that matched.

    `subscriptions` are those of every watchlist that matched or is named in `told`, `heeds` what places muted and follow of the news.
    A message owed to a follower alone names no watchlist.
    """
    before = {(one.place, one.story): one for one in told}
    deliveries = []
    for one in sorted(news, key=lambda each: each.item.tier != "official"):
        for place, watchlists in _heeded(one, _places(one, subscriptions, before.values()), heeds).items():
            earlier = before.get((place, one.story))
            kind: DeliveryKind = "also" if one.kind == "new" and earlier else one.kind
            if kind != "also" or (earlier and not earlier.waits):
                deliveries.append(_delivery(one.item, kind, place, watchlists, now))
            if one.kind == "new" and not earlier:
                before[place, one.story] = Told(place=place, story=one.story, watchlists=watchlists, waits=True)
    return deliveries


def _places(news: News, subscriptions: Sequence[Subscription], told: Iterable[Told]) -> dict[str, tuple[str, ...]]:
    """Who is to hear of it, for which watchlists: those it matched, and for a further report those the event was told for."""
    wanted: dict[str, set[str]] = {}
    if news.kind == "new":
        wanted = {one.place: set(one.watchlists) for one in told if one.story == news.story}
    found: dict[str, list[str]] = {}
    for one in subscriptions:
        if one.watchlist in news.matched or one.watchlist in wanted.get(one.place, ()):
            found.setdefault(one.place, []).append(one.watchlist)
    return {place: tuple(watchlists) for place, watchlists in found.items()}


def _heeded(news: News, found: dict[str, tuple[str, ...]], heeds: Collection[Heed]) -> dict[str, tuple[str, ...]]:
    """The places without those that muted its source, and with those that follow the item, if it changed."""
    followers = {one.place for one in heeds if (one.kind, one.about) == ("follow", news.item.id)} if news.kind == "changed" else set()
    muted = {one.place for one in heeds if (one.kind, one.about) == ("mute", news.item.source)} - followers
    kept = {place: watchlists for place, watchlists in found.items() if place not in muted}
    return kept | dict.fromkeys(sorted(followers - kept.keys()), ())


def _delivery(item: Item, kind: DeliveryKind, place: str, watchlists: tuple[str, ...], now: datetime) -> Delivery:
    return Delivery(
        id=outbox.key(place, item.id, item.version, kind),
        place=place,
        item=item.id,
        version=item.version,
        kind=kind,
        watchlists=watchlists,
        created=now,
        not_before=now,
    )
