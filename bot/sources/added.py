"""The source that a person adds: what was found at an address, and what its site and the catalogue tell about it. Pure."""

from collections.abc import Iterable
from datetime import timedelta
from urllib.parse import urlsplit

from bot.audience import source_id
from bot.model import Authority, Source
from bot.sources.discovery import Discovered
from bot.sources.regions import ALSO_WRITTEN, REGIONS

# Nobody knows what traffic such a site expects, so its pages are read no more often than a page of the catalogue.
_INTERVALS = {"feed": timedelta(minutes=30), "json_api": timedelta(minutes=30)}
_PAGE_INTERVAL = timedelta(hours=6)
_OF_STATES = {"gov": "US", "mil": "US", "eu": "EU", "int": "INT"}


def added(found: Discovered, workspace: str, known: Iterable[Source], *, name: str = "") -> Source:
    """The source as a workspace adds it. `name` is the person's own, else the site's.

    A site that the catalogue knows gives its authority, country, time zone and language; of another one the authority is its host.
    """
    host = _host(found.url)
    kin = next((one for one in known if _host(one.url) == host), None)
    jurisdiction = kin.jurisdiction if kin else _jurisdiction(host)
    return Source(
        id=source_id(workspace, found.url),
        name=name or found.title or host,
        authority=kin.authority if kin else Authority(id="added", name=host, short=host, jurisdiction=jurisdiction),
        jurisdiction=jurisdiction,
        regions=REGIONS.get(jurisdiction, ()),
        language=found.language or (kin.language if kin else ""),
        tier=kin.tier if kin else "trade",
        kind=found.kind,
        url=found.url,
        rows=found.rows,
        interval=_INTERVALS.get(found.kind, _PAGE_INTERVAL),
        timezone=kin.timezone if kin else "UTC",
        checked="added by a person",
    )


def _host(url: str) -> str:
    """The host without `www.`; empty for an address that is none, such as a route of RSSHub."""
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def _jurisdiction(host: str) -> str:
    """The country that the end of the host names; INT if it names none."""
    last = host.rpartition(".")[2]
    code = ALSO_WRITTEN.get(last.upper(), last.upper())
    return _OF_STATES.get(last) or (code if code in REGIONS else "INT")
