"""A workspace adds its own concepts and terms: what people type and see, and that nobody else's watchlists hear of it."""

import pytest

from bot.cards.card import as_text
from bot.model import Place
from bot.store import glossaries, watchlists
from bot.store.database import Store
from handlers.reply import Context, Reply
from tests.builders import NOW
from tests.test_handlers_commands import Talk, catalogue
from tests.test_handlers_editing import buttons, item, keep, press, queries

THERE = Place(id="console:W2:general", platform="console", workspace="W2", channel="general")
DCT = "decentralized clinical trial"


@pytest.fixture
def talk(store: Store) -> Talk:
    return Talk(Context(store=store, catalogue=catalogue()), NOW)


@pytest.fixture
def others(talk: Talk) -> Talk:
    return Talk(talk.context, NOW, place=THERE)


async def terms(store: Store, workspace: str = "W1") -> list[tuple[str, str, str]]:
    async with store.read() as tx:
        return [(one.concept, one.text, one.language) for one in (await glossaries.of_workspace(tx, workspace)).terms]


def told(reply: Reply) -> str:
    return as_text(reply.announce) if reply.announce else ""


async def test_a_concept_of_its_own_is_added_shown_whole_and_announced(talk: Talk, store: Store) -> None:
    reply = await talk.reply("concept add Moonlit review: ZQRV, “달빛 심사”, zqrv")
    shown = as_text(reply.card)
    assert "The concept Moonlit review is added, also said by ZQRV, 달빛 심사." in shown
    assert "Moonlit review – concept:moonlit-review – this workspace's own." in shown
    assert "Added here: Moonlit review, ZQRV, 달빛 심사." in shown
    assert "is added, also said by ZQRV, 달빛 심사." in told(reply)
    assert [text for _, text, _ in await terms(store)] == ["Moonlit review", "ZQRV", "달빛 심사"]
    assert await talk.says("concept show zqrv") == shown.split("\n", 1)[1]


async def test_every_way_to_name_it_finds_all_its_terms_in_search_and_watchlists(talk: Talk, store: Store) -> None:
    await keep(store, item("ZQRV begins"), item("달빛 심사 안내", language="ko"), item("Moonlit reviews"), item("Something else"))
    await talk.says("concept add moonlit review: ZQRV, 달빛 심사")
    for query in ("moonlit review", '"달빛 심사"', "ZQRV", "concept:moonlit-review", "concept:zqrv"):
        assert "3 items for" in await talk.says(f"search {query}"), query
    shown = await talk.says("watch add zqrv review NOT food OR ZQRV as R")
    assert "also matches moonlit review, 달빛 심사" in shown
    assert "Also matches, for moonlit review: added here moonlit review, 달빛 심사." in shown
    assert "would have alerted on 3 items" in shown


async def test_what_is_quoted_exactly_or_left_out_is_not_stretched(talk: Talk, store: Store) -> None:
    await keep(store, item("ZQRV begins"), item("Moonlit reviews"))
    await talk.says("concept add moonlit review: ZQRV")
    assert "1 item for" in await talk.says('search ="ZQRV"')
    assert "1 item for" in await talk.says('search "moonlit review" without:ZQRV')
    assert "2 items for" in await talk.says('search "moonlit review"')


async def test_a_term_is_added_to_a_known_concept_and_what_that_adds_is_told(talk: Talk, store: Store) -> None:
    await keep(store, item("가상 방문 안내", language="ko"), item("A decentralized trial"))
    await talk.says('watch add "decentralized trials" as DCT')
    reply = await talk.reply("term add 가상 방문 to decentralised trials")
    shown = as_text(reply.card)
    assert f"The concept {DCT} is also said by 가상 방문." in shown
    assert "Watchlist DCT: Over the last 90 days the change adds 1 item and drops none." in shown
    assert "Adds: 가상 방문 안내" in shown
    assert "Added here: 가상 방문." in shown
    assert "Meant by the watchlist DCT." in shown
    assert "@ana changed what words mean here" in told(reply)
    assert "would have alerted on 2 items" in await talk.says("watch show DCT")


async def test_a_term_of_a_language_counts_in_that_language_only(talk: Talk, store: Store) -> None:
    await keep(store, item("Zaubervisite im Labor", language="de"), item("Zaubervisite", language="en"), item("Hausbesuch", language="ko"))
    await talk.says(f"term add Zaubervisite to {DCT} in German")
    await talk.says(f"term add Hausbesuch to {DCT}")
    assert "2 items for" in await talk.says("search concept:dct")
    assert "Added here: Zaubervisite (German), Hausbesuch." in await talk.says(f"concept show {DCT}")
    await talk.says(f"term add Zaubervisite to {DCT}")
    assert "3 items for" in await talk.says("search concept:dct")
    assert [one for one in await terms(store) if one[1] == "Zaubervisite"] == [("decentralized-clinical-trial", "Zaubervisite", "")]


async def test_no_workspace_hears_of_the_words_of_another(talk: Talk, others: Talk, store: Store) -> None:
    await keep(store, item("ZQRV begins"), item("가상 방문", language="ko"))
    await talk.says("concept add moonlit review: ZQRV")
    await talk.says(f"term add 가상 방문 to {DCT}")
    assert "1 item for" in await talk.says('search "moonlit review"')
    assert "1 item for" in await talk.says("search concept:dct")
    assert "Nothing collected so far matches" in await others.says('search "moonlit review"')
    assert "Nothing collected so far matches" in await others.says("search concept:dct")
    assert "There is no concept “moonlit-review”" in await others.says("watch add concept:moonlit-review")
    assert "There is no concept “moonlit review”" in await others.says("concept show moonlit review")
    assert "has added no terms" in await others.says("concept list")
    assert "가상 방문" not in await others.says(f"concept show {DCT}")
    assert "has not added “ZQRV”" in await others.says("term remove ZQRV")
    assert len(await terms(store)) == 3
    assert "has added nothing to it" in await others.says(f"concept remove {DCT} yes")
    assert len(await terms(store)) == 3


async def test_a_term_goes_after_a_yes_if_a_watchlist_loses_by_it(talk: Talk, store: Store) -> None:
    await keep(store, item("가상 방문 안내", language="ko"))
    await talk.says('watch add "decentralized trials" as DCT')
    await talk.says(f"term add 가상 방문, home call to {DCT}")
    asked = await talk.reply(f"term remove 가상 방문 from {DCT}")
    assert "Nothing is changed yet." in as_text(asked.card)
    assert "adds none and drops 1 item." in as_text(asked.card)
    assert len(await terms(store)) == 2
    shown = as_text((await press(talk, asked, "Go on")).card)
    assert "is no longer said by 가상 방문." in shown
    assert "Added here: home call." in shown
    assert [text for _, text, _ in await terms(store)] == ["home call"]


async def test_a_concept_goes_after_a_yes_and_what_is_left_is_shown(talk: Talk, store: Store) -> None:
    await talk.says("concept add moonlit review: ZQRV")
    await talk.says(f"term add home call to {DCT}")
    assert "Nothing is changed yet." in await talk.says("concept remove moonlit review")
    shown = await talk.says("concept remove ZQRV yes")
    assert "The concept moonlit review is removed." in shown
    assert "This workspace has added:\ndecentralized clinical trial – home call" in shown
    assert "There is no concept “moonlit review”" in await talk.says("concept show moonlit review")
    assert len(await terms(store)) == 1


async def test_a_concept_that_a_watchlist_asks_for_by_name_stays(talk: Talk, store: Store) -> None:
    await talk.says("concept add moonlit review: ZQRV")
    await talk.says("watch add concept:moonlit-review as R")
    shown = await talk.says("concept remove moonlit review yes")
    assert "The watchlist R asks for it by name: concept:moonlit-review" in shown
    assert "watch edit R" in shown
    assert len(await terms(store)) == 2
    await talk.says("watch remove R")
    assert "is removed" in await talk.says("concept remove moonlit review yes")


async def test_a_term_that_would_flood_a_watchlist_is_asked_about_first(talk: Talk, store: Store) -> None:
    await keep(store, *(item(f"Bulletin {number}", number % 6) for number in range(100)))
    await talk.says('watch add "decentralized trials" as DCT yes')
    asked = await talk.reply(f"term add bulletin to {DCT}")
    assert "With this, DCT would alert more than 10 times a day." in as_text(asked.card)
    assert await terms(store) == []
    await press(talk, asked, "Go on")
    assert [text for _, text, _ in await terms(store)] == ["bulletin"]


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("concept show dezentralized trial", "Did you mean: /reg concept show decentralized clinical trial"),
        ("concept show xyzzy", "to make it: /reg concept add xyzzy"),
        ("concept add DCT trial", "The concept DCT trial is added"),
        ("concept add decentralized trials", "says the concept decentralized clinical trial already"),
        ("concept add !!", "“!!” has no letter or number to look for"),
        ("concept add x", "is a single letter"),
        ("concept add new thing: decentrali*", "has a star"),
        ("concept add " + "long " * 20, "A name has at most 60 characters"),
        (f"term add {'long ' * 30} to {DCT}", "is longer than 100 characters"),
        ("term add home call to dezentralized trials", "Did you mean: /reg term add home call to decentralized clinical trial"),
        (f"term add home call to {DCT} in Klingon", "I know no language “Klingon”"),
        (f"term add decentralised trial to {DCT} in English", "decentralised trial (English) says it already"),
        ("term add home call", "Which term, and to which concept?"),
        ("term remove", "Which term, and from which concept?"),
        ("term remove nothing", "This workspace has not added “nothing”"),
        (f"term remove virtual trial from {DCT}", 'without:"virtual trial"'),
        ("concept remove decentralized trials", "has added nothing to it"),
        ("concept", "concept add <name>"),
        ("concept rm x", "Did you mean: concept remove x"),
        ("term delete x", "Did you mean: term remove x"),
        ("concept list decentralized", "concept:decentralized-clinical-trial"),
        ("concept list zzzz", "There is no concept “zzzz”"),
    ],
)
async def test_a_slip_is_answered_with_what_works(talk: Talk, typed: str, says: str) -> None:
    assert says in await talk.says(typed)


async def test_a_caret_points_at_the_concept_that_is_not_there(talk: Talk) -> None:
    rows = (await talk.says("term add home call to xyzzy plan")).splitlines()
    assert rows[1] == "home call to xyzzy plan"
    assert rows[2].index("^") == rows[1].index("xyzzy")


async def test_words_with_to_in_them_are_parted_where_a_concept_stands(talk: Talk, store: Store) -> None:
    await talk.says("concept add road to moon: RTM access")
    await talk.says("term add access to craters, “way to moon” to road to moon")
    assert [text for _, text, _ in await terms(store)] == ["road to moon", "RTM access", "access to craters", "way to moon"]


async def test_a_workspace_adds_at_most_500_terms(talk: Talk) -> None:
    for batch in range(6):
        shown = await talk.says(f"term add {', '.join(f'word{batch}x{number}' for number in range(100))} to {DCT}")
        assert ("A workspace can add 500 terms; with these there would be 600." in shown) == (batch == 5)


async def test_a_term_that_says_another_concept_too_is_told(talk: Talk) -> None:
    shown = await talk.says("concept add moonlit review: RTOR, ZQRV")
    assert "RTOR also says expedited review: a query for it means both." in shown
    assert "“RTOR” says 2 concepts." in await talk.says("concept show RTOR")
    assert "Say which: /reg concept show expedited-review, or /reg concept show moonlit-review" in await talk.says("concept show RTOR")


async def test_a_short_acronym_of_a_known_concept_asks_for_its_context(talk: Talk, store: Store) -> None:
    await keep(store, item("VCT of the image chip"), item("VCT in a clinical trial of a drug"))
    await talk.says(f"term add VCT to {DCT}")
    assert "1 item for" in await talk.says("search concept:dct")


async def test_the_buttons_lead_on(talk: Talk, store: Store) -> None:
    reply = await talk.reply("concept add moonlit review: ZQRV")
    assert list(buttons(reply)) == ["Watch it"]
    await press(talk, reply, "Watch it")
    assert await queries(store) == {"concept:moonlit-review": "concept:moonlit-review"}


async def test_a_paused_watchlist_keeps_its_concept_too(talk: Talk, store: Store) -> None:
    await talk.says("concept add moonlit review: ZQRV")
    await talk.says("watch add concept:moonlit-review as R")
    await talk.says("watch pause R")
    assert "asks for it by name" in await talk.says("concept remove moonlit review yes")
    async with store.read() as tx:
        assert len(await watchlists.in_workspace(tx, "W1")) == 1


async def test_why_a_watchlist_holds_now_knows_the_own_words(talk: Talk, others: Talk, store: Store) -> None:
    await keep(store, item("ZQRV begins", id="zq"))
    for one in (talk, others):
        await one.says('watch add "moonlit review" as M yes')
    await talk.says("concept add moonlit review: ZQRV")
    assert "Today M would match" in await talk.says("why zq")
    assert "Today M would match" not in await others.says("why zq")
