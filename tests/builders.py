"""Words of the field with everything filled in that a test does not care about: item(title=…), watchlist("a AND b").

Each call makes another one, with an id of its own, unless the test gives the id.
"""

from datetime import UTC, datetime
from itertools import count
from typing import Any

from bot.model import Delivery, Evidence, Hit, Item, Known, Place, Subscription, Watchlist

NOW = datetime(2026, 7, 2, 9, 30, tzinfo=UTC)
_numbers = count(1)


def item(title: str = "Draft guidance on decentralised trials", **more: Any) -> Item:
    """An item of the source `s`, detected at NOW."""
    number = next(_numbers)
    given = {"id": f"item-{number}", "source": "s", "key": f"key-{number}", "url": f"https://example.org/{number}", "detected": NOW}
    return Item(**(given | {"title": title, "language": "en", "country": "KR", "agency": "MFDS"} | more))


def known(of: Item, **more: Any) -> Known:
    """What is remembered of an item right after it was kept."""
    given = {"item": of.id, "key": of.key, "url": (of.url or "").removeprefix("https://"), "version": of.version}
    return Known(**(given | {"fingerprint": f"print of {of.title}", "seen": f"print of {of.title}"} | more))


def watchlist(query: str = "decentralised", **more: Any) -> Watchlist:
    """A watchlist of the workspace `W1`."""
    number = next(_numbers)
    given = {"id": f"watchlist-{number}", "workspace": "W1", "name": f"Watchlist {number}", "query": query}
    return Watchlist(**(given | {"created_by": "U1", "created": NOW} | more))


def place(channel: str = "", **more: Any) -> Place:
    """A channel on the console in the workspace `W1`."""
    channel = channel or f"channel-{next(_numbers)}"
    given = {"platform": "console", "workspace": "W1", "channel": channel, "name": channel} | more
    return Place(**({"id": f"{given['platform']}:{given['workspace']}:{channel}"} | given))


def subscription(to: Watchlist | str, here: Place | str, /, **more: Any) -> Subscription:
    """A subscription of a place to a watchlist."""
    ends = {"watchlist": to if isinstance(to, str) else to.id, "place": here if isinstance(here, str) else here.id}
    return Subscription(**({"id": f"subscription-{next(_numbers)}", "created_by": "U1", "created": NOW} | ends | more))


def delivery(of: Item | str = "item", at: Place | str = "console:W1:general", **more: Any) -> Delivery:
    """A pending delivery of an item's first version, due at NOW."""
    ends = {"item": of if isinstance(of, str) else of.id, "place": at if isinstance(at, str) else at.id}
    given = {"id": f"delivery-{next(_numbers)}", "version": 1, "kind": "new", "watchlists": (), "created": NOW, "not_before": NOW}
    return Delivery(**(given | ends | more))


def hit(to: Watchlist | str, of: Item | str, **more: Any) -> Hit:
    """A hit of an item's first version, with one word of its title as evidence when the item is given."""
    evidence: tuple[Evidence, ...] = ()
    if isinstance(of, Item):
        word = of.title.split()[0]
        evidence = (Evidence(field="title", start=0, end=len(word), text=word, term=word.casefold()),)
    ends = {"watchlist": to if isinstance(to, str) else to.id, "item": of if isinstance(of, str) else of.id}
    return Hit(**({"version": 1, "evidence": evidence} | ends | more))
