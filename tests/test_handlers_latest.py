"""What is new, by country, region, agency or source."""

from datetime import timedelta

import pytest

from bot.store import items
from bot.store.database import Store
from handlers.reply import Context
from tests import builders
from tests.builders import NOW
from tests.test_handlers_commands import Talk, catalogue, source
from tests.test_handlers_search import buttons, press


@pytest.fixture
def dialect() -> str:
    """How items are found is tried on both databases where search is."""
    return "sqlite"


@pytest.fixture
async def talk(store: Store) -> Talk:
    rows = [
        ("Recall in Seoul", {"country": "KR", "agency": "MFDS", "regions": ("asia",)}),
        ("Notice in Tokyo", {"country": "JP", "agency": "PMDA", "regions": ("asia",)}),
        ("Letter in Silver Spring", {"country": "US", "agency": "FDA", "regions": ("americas", "north_america")}),
        ("Story of the press", {"country": "GB", "agency": "Pink Sheet", "tier": "trade", "source": "pink-sheet"}),
    ]
    given = [{"tier": "official", "detected": NOW + timedelta(minutes=n)} | more for n, (_, more) in enumerate(rows)]
    kept = [builders.item(title, **more) for (title, _), more in zip(rows, given, strict=True)]
    async with store.write() as tx:
        await items.add_all(tx, [items.Kept(one, one.id, one.url or "", "new") for one in kept])
    known = catalogue(source("kr-press", regions=("asia",)), source("pink-sheet", "GB"), source("us-news", "US"))
    return Talk(Context(store=store, catalogue=known), NOW)


async def test_latest_alone_shows_the_newest_of_all_sources(talk: Talk) -> None:
    shown = await talk.says("latest")
    assert shown.startswith("The newest from all sources:")
    order = [shown.index(title) for title in ("Story of the press", "Letter in Silver Spring", "Notice in Tokyo", "Recall in Seoul")]
    assert order == sorted(order)


@pytest.mark.parametrize(
    ("words", "titles"),
    [
        ("latest korea", ["Recall in Seoul"]),
        ("latest 한국", ["Recall in Seoul"]),
        ("latest uk", ["Story of the press"]),
        ("latest Asia", ["Notice in Tokyo", "Recall in Seoul"]),
        ("latest north america", ["Letter in Silver Spring"]),
        ("latest pink-sheet", ["Story of the press"]),
        ("latest country:JP", ["Notice in Tokyo"]),
    ],
)
async def test_latest_of_a_country_a_region_or_a_source(talk: Talk, words: str, titles: list[str]) -> None:
    shown = await talk.says(words)
    every = ("Recall in Seoul", "Notice in Tokyo", "Letter in Silver Spring", "Story of the press")
    assert sorted(one for one in every if one in shown) == sorted(titles)


async def test_latest_of_an_agency_that_has_published_nothing_says_where_to_look(talk: Talk) -> None:
    assert await talk.says("latest AKR") == (
        "Nothing has been collected from AKR yet.\nWhether it is read, and how it fares: /reg sources AKR"
    )


async def test_a_name_nobody_knows_is_answered_with_the_nearest(talk: Talk) -> None:
    shown = await talk.says("latest koera")
    assert "I know no country, region, agency or source “koera”." in shown
    assert "Did you mean: latest korea" in shown
    assert "To search for the words: search decentralized trials" in await talk.says("latest decentralized trials")


async def test_latest_turns_its_pages_and_can_be_kept_as_a_watchlist(talk: Talk, store: Store) -> None:
    more = [builders.item(f"Notice {number}", country="KR", detected=NOW + timedelta(hours=number + 1)) for number in range(6)]
    async with store.write() as tx:
        await items.add_all(tx, [items.Kept(one, one.id, one.url or "", "new") for one in more])
    first = await talk.reply("latest korea")
    assert list(buttons(first)) == ["Next", "Save as watchlist", "Choose"]
    second = await press(talk, first, "Next")
    assert "The newest from South Korea, page 2 of 2:" in "".join(span.text for span in second.card.sections[0].lines[0])
    assert "The last: /reg latest korea page 2" in await talk.says("latest korea page 9")
    assert "country:KR" in "\n".join(
        "".join(span.text for span in row) for one in (await press(talk, first, "Save as watchlist")).card.sections for row in one.lines
    )
