"""Search in the store, on both databases: what is found, in which order, and that nothing typed can harm it."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from bot.errors import UserMistake
from bot.model import Item
from bot.store import index_syntax, items, narrowing, search, word_index
from bot.store.database import Store
from bot.store.items import Kept
from bot.watch import query as language
from tests import builders
from tests.index_pieces import pieces_of_index

HOSTILE = [
    "trial'; DROP TABLE items; --",
    'trial" OR title:"x',
    "trial OR 1=1",
    "trial) & (x",
    "trial:*",
    "trial <-> x",
    "{title} : trial",
    "^trial",
    "trial + x",
    "trial\\",
    "trial'':*",
    "％ _ trial",
    "NEAR(trial x)",
    "trial -- x",
    "trial \x00 x",
    "trial \ud800",
    "(((((trial)))))",
    "트라이얼'",
    "=trial",
    'agency:"\'; DROP TABLE items"',
    'source:"a) OR (b"',
    "concept:*",
]


async def keep(store: Store, *kept: Item) -> None:
    async with store.write() as tx:
        await items.add_all(tx, [Kept(one, one.id, one.id, "test") for one in kept])


async def titles(store: Store, query: str, *, limit: int = 100, offset: int = 0, now: datetime | None = None) -> list[str]:
    async with store.read() as tx:
        return [one.title for one in await search.find(tx, language.parse(query), limit=limit, offset=offset, now=now, workspace="W1")]


async def test_the_newest_come_first_page_by_page(store: Store) -> None:
    await keep(store, *(builders.item(f"trial {number}") for number in range(12)), builders.item("food"))
    assert await titles(store, "trials", limit=5) == [f"trial {number}" for number in (11, 10, 9, 8, 7)]
    assert await titles(store, "trials", limit=5, offset=10) == ["trial 1", "trial 0"]
    assert await titles(store, "trials", limit=5, offset=15) == []


async def test_an_item_is_found_in_every_language_and_spelling(store: Store) -> None:
    written = ["De-centralised trials", "분산형 임상시험을 위한", "分散型臨床試験", "ＧＭＰ審査", "510(k) paediatric"]
    await keep(store, *map(builders.item, written))
    queries = ['"decentralized trial"', "분산형임상시험", "临床试验", "审查 gmp", "510k pediatric"]
    for one, query in zip(written, queries, strict=True):
        assert one in await titles(store, query)  # and what says the same in another language
    assert await titles(store, "험") == ["분산형 임상시험을 위한"]
    assert await titles(store, "decentrali*") == ["De-centralised trials"]
    assert await titles(store, "paedi*") == ["510(k) paediatric"]


async def test_fields_narrow_and_a_query_of_fields_alone_is_a_search(store: Store) -> None:
    await keep(
        store,
        builders.item("trial one", country="KR", agency="Pink Sheet", regions=("asia",)),
        builders.item("trial two", country="JP", product_types=("device",), regions=("asia",)),
        builders.item("food", country="US", summary="trial"),
    )
    assert await titles(store, "trial country:KR,JP") == ["trial two", "trial one"]
    assert await titles(store, "title:trial region:asia -product:device") == ["trial one"]
    assert await titles(store, 'agency:"pink sheet"') == ["trial one"]
    assert await titles(store, "country:US") == ["food"]


async def test_a_changed_item_is_found_as_it_is_now(store: Store) -> None:
    first = builders.item("Draft guidance on trials", country="KR")
    await keep(store, first)
    async with store.write() as tx:
        changed = first.model_copy(update={"title": "Final rule on labels", "country": "JP", "version": 2})
        await items.add_version(tx, changed, "changed", link="", why="test")
    assert [await titles(store, query) for query in ("trials", "guidance", "country:KR")] == [[], [], []]
    assert [await titles(store, query) for query in ("labels", "country:JP")] == [["Final rule on labels"]] * 2


async def test_a_time_can_be_asked_for(store: Store, now: datetime) -> None:
    await keep(
        store,
        builders.item("old trial", published=now - timedelta(days=40)),
        builders.item("new trial", published=now - timedelta(days=4)),
    )
    assert await titles(store, "trial age:<30d", now=now) == ["new trial"]
    assert await titles(store, "age:>30d", now=now) == ["old trial"]


async def test_rare_matches_among_many_candidates_are_all_found(store: Store) -> None:
    await keep(store, *(builders.item("clinical food trial" if number % 100 else "clinical trial food") for number in range(300)))
    assert len(await titles(store, "trial NEAR/1 clinical")) == 3
    assert len(await titles(store, "clinical -trial")) == 0


async def test_a_count_stops_at_its_cap(store: Store) -> None:
    await keep(store, *(builders.item("trial") for _ in range(search.COUNT_CAP + 20)))
    async with store.read() as tx:
        assert await search.count(tx, language.parse("trial"), workspace="W1") == search.COUNT_CAP
        assert await search.count(tx, language.parse("food"), workspace="W1") == 0


async def test_a_span_of_time_holds_what_was_published_in_it_or_found_undated(store: Store, now: datetime) -> None:
    day = timedelta(days=1)
    await keep(
        store,
        builders.item("trial found before", published=now + day, detected=now - 40 * day),
        builders.item("trial undated", published=None, detected=now),
        builders.item("trial of old", published=now - 40 * day, detected=now),
        builders.item("trial of late", published=now - 20 * day, detected=now),
        builders.item("food", published=now, detected=now),
    )
    async with store.read() as tx:
        recent = await search.since(tx, language.parse("trial"), now - 30 * day, now=now, workspace="W1")
        assert [item.title for item, _ in recent.found] == ["trial of late", "trial undated"]
        assert [[one.text for one in evidence] for _, evidence in recent.found] == [["trial"], ["trial"]]
        assert recent.complete
        assert await search.count_since(tx, now - 30 * day, workspace="W1") == 3
        assert await search.count_since(tx, now + day, workspace="W1") == 0


async def test_looking_through_a_span_of_time_stops_at_its_caps_and_says_so(store: Store, now: datetime) -> None:
    await keep(store, *(builders.item("trial", detected=now) for _ in range(30)))
    async with store.read() as tx:
        recent = await search.since(tx, language.parse("trial"), now - timedelta(days=1), now=now, limit=20, workspace="W1")
        assert (len(recent.found), recent.complete) == (20, False)
        recent = await search.since(
            tx, language.parse("clinical -trial OR trial"), now - timedelta(days=1), now=now, most=10, workspace="W1"
        )
        assert (len(recent.found), recent.complete) == (10, False)


async def test_by_relevance_what_says_it_in_the_title_comes_first_and_no_older_item_is_lost(store: Store) -> None:
    in_text = [builders.item(f"food {number}", text="about trial devices") for number in range(30)]
    await keep(store, builders.item("device trial"), *in_text, builders.item("food", text="food"))
    async with store.read() as tx:
        asked = language.parse("trial devices OR device -gift")
        found = [await search.find(tx, asked, limit=10, offset=page, order="relevance", workspace="W1") for page in (0, 10, 20, 30)]
    titles_found = [one.title for page in found for one in page]
    assert titles_found == ["device trial", *(f"food {number}" for number in reversed(range(30)))]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("happ*", ["happy", "happiness"]),
        ("happi*", ["happiness"]),  # the stem of happy is no beginning of it
        ("title:happi*", ["happiness"]),
        ('"a happi*"', []),
        ("审*", ["审查 of drugs", "审"]),
        ("审", ["审查 of drugs", "审"]),
        ('"审查 of"', ["审查 of drugs"]),
    ],
)
async def test_a_beginning_is_sought_in_the_words_as_written(store: Store, query: str, expected: list[str]) -> None:
    await keep(store, *map(builders.item, ("审", "审查 of drugs", "happiness", "happy")))
    assert await titles(store, query) == expected
    async with store.read() as tx:
        assert await search.count(tx, language.parse(query), workspace="W1") == len(expected)


async def test_no_phrase_reaches_from_one_reading_of_a_text_into_the_other(store: Store) -> None:
    await keep(store, builders.item("drugs for de-central trials"))
    assert await titles(store, '"trials drugs"') == []
    assert len(await titles(store, '"decentral trials"')) == 1


async def test_values_that_differ_in_punctuation_only_are_told_apart(store: Store) -> None:
    await keep(store, builders.item("one", agency="a-b"), builders.item("two", agency="a.b"), builders.item("three", agency="a·b"))
    assert [await titles(store, f'agency:"{agency}"') for agency in ("a-b", "a.b", "a·b")] == [["one"], ["two"], ["three"]]


@pytest.mark.parametrize("typed", HOSTILE)
async def test_nothing_typed_reaches_the_database_as_a_command(store: Store, typed: str) -> None:
    await keep(store, builders.item("a trial of x"))
    try:
        query = language.parse(typed)
    except UserMistake:
        return
    assert set(await titles(store, typed)) <= {"a trial of x"}, language.show(query)


async def test_the_index_can_be_built_again_from_the_items(store: Store) -> None:
    await keep(store, builders.item("a trial"), builders.item("임상시험"))
    async with store.write() as tx:
        await tx.execute(text("DROP TABLE item_words"))
        await tx.run_sync(word_index.build)
        await tx.run_sync(word_index.build)
    assert [await titles(store, query) for query in ("trial", "임상")] == [["a trial"], ["임상시험"]]


async def test_an_index_forgets_what_it_was_told_to(store: Store) -> None:
    gone = builders.item("a trial")
    await keep(store, gone)
    async with store.write() as tx:
        await word_index.remove(tx, [gone])
    assert await titles(store, "trial") == []


async def test_the_index_decides_on_a_term_that_needs_a_context(store: Store) -> None:
    written = ["附条件批准 经营者集中", "附条件批准 某药品", "附条件批准 反垄断 药品"]
    await keep(store, *(builders.item(title, language="zh") for title in written))
    asked = language.parse('"conditional approval"')
    expected = [title for title in reversed(written) if language.holds(asked, builders.item(title, language="zh"))]
    assert await titles(store, '"conditional approval"') == expected
    assert "附条件批准 某药品" in expected
    assert "附条件批准 经营者集中" not in expected
    sure = narrowing.bounds(asked, workspace="W1").surely
    assert sure is not None
    assert '"附条 条件 件批 批准"' in index_syntax.fts5(sure)


async def test_a_word_that_no_item_said_is_found_as_soon_as_one_says_it(store: Store) -> None:
    asked = language.parse('"decentralized trials"')
    async with store.write() as tx:
        assert await search.find(tx, asked, workspace="W1", limit=10) == []
        said = builders.item("분산형 임상시험 안내서", language="ko")
        await items.add_all(tx, [Kept(said, said.id, said.id, "test")])
        assert [item.title for item in await search.find(tx, asked, workspace="W1", limit=10)] == [said.title]


async def test_every_word_of_an_index_made_before_words_were_listed_is_found(store: Store) -> None:
    await keep(store, builders.item("Guidance on decentralized clinical trials", language="en"))
    if store.dialect == "sqlite":
        async with store.write() as tx:
            await tx.execute(text("DELETE FROM known_terms"))
            await tx.run_sync(word_index.list_words)
    assert await titles(store, '"decentralized trials"') == ["Guidance on decentralized clinical trials"]


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ('dossier OR "dossier fee" OR title:dossier', "dossier"),
        ('title:dossier OR "dossier fee"', '(title : "dossier" OR "dossier fee")'),
        ('dossier OR "fee of dossier*"', '("dossier" OR ("fee of" AND "¹dossier" *))'),
    ],
)
def test_words_that_stand_in_others_are_looked_up_once(typed: str, wanted: str) -> None:
    must = narrowing.bounds(language.parse(typed), workspace=None).must
    assert must
    assert index_syntax.fts5(must).strip('"') == wanted


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_the_pieces_of_the_index_come_together_step_by_step_and_the_answers_stay_the_same(store: Store) -> None:
    for number in range(40):
        await keep(store, *(builders.item(f"trial {number} of drug {place}") for place in range(5)))
    asked = ["trial", '"trial 7"', "drug -trial", "tri*", '"drug 3" OR "trial 30"']
    before, pieces = [await titles(store, one, limit=500) for one in asked], [await pieces_of_index(store)]
    more = True
    while more:
        async with store.write() as tx:
            more = await word_index.merge(tx, 1)
        assert [await titles(store, one, limit=500) for one in asked] == before
        pieces.append(await pieces_of_index(store))
    assert pieces[0] > 4, "there was something to merge"
    assert len(pieces) > 4, "it took several steps"
    assert pieces[-1] == 2, "each of the two tables is of one piece"
    async with store.write() as tx:
        assert await word_index.merge(tx, 1_000) is False, "and then there is nothing to do"


async def test_words_beyond_where_an_index_knows_places_are_found_as_anywhere(store: Store) -> None:
    """A tsvector keeps 255 places of a word, and none after the 16,383rd."""
    often = builders.item("often", text="trial phase " * 400 + "trial design")
    long = builders.item("long", text="word " * 17_000 + "trial design phase")
    apart = builders.item("apart", text="design of trial or " * 400 + "word " * 17_000 + "trial then design")
    short = builders.item("trial", text="design")
    await keep(store, often, long, apart, short)
    for query in (
        '"trial design"',
        'text:"trial design"',
        'summary:"trial design"',
        '"trial phase" -"trial design"',
        "text:design -title:trial",
        '"desi* trial"',
    ):
        asked = language.parse(query)
        expected = [one.title for one in (short, apart, long, often) if language.holds(asked, one) is not None]
        assert await titles(store, query) == expected, query
        async with store.read() as tx:
            assert await search.count(tx, asked, workspace="W1") == len(expected), query
            assert await search.count(tx, asked, workspace="W1", few=0) == len(expected), query
    assert await titles(store, '"trial design"') == ["long", "often"]
