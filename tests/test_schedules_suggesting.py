"""Exclusions proposed from what people dismissed: only such as cost nothing that was kept, once a month, and made on approval only."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.cards.card import as_text
from bot.cards.telling import told
from bot.model import Decision, Item, Status
from bot.sources.catalogue import Catalogue
from bot.store import assessments, hits, items, places, waiting, watchlists
from bot.store.database import Store
from bot.watch import suggesting
from bot.watch.query import holds, parse
from bot.watch.suggesting import Judged
from handlers.reply import Context
from schedules.suggesting import Suggesting
from tests.builders import NOW, hit, item, place, subscription, watchlist
from tests.statements import asked
from tests.test_handlers_commands import Talk

QUERY = parse("recall")
HERE = place("general", timezone="Asia/Seoul")
ANIMAL = tuple(item(f"Recall of a veterinary vaccine number {number}") for number in range(11))
OTHER = (item("Recall of soup"), item("Recall of a toy"))
KEPT = tuple(item(f"Recall of tablets, lot {number}") for number in range(4))
only_sqlite = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)


def judged(why: str = "it is about animals", **more: tuple[Item, ...]) -> Judged:
    return Judged(tuple((one, why) for one in (*ANIMAL, *OTHER)), more.get("kept", KEPT), more.get("undecided", ()))


def test_the_term_that_removes_most_of_what_was_dismissed_and_nothing_kept_is_proposed() -> None:
    found = suggesting.suggestion(QUERY, judged(why="veterinary"), NOW)
    assert found is not None
    assert suggesting.words(found) == "Excluding “veterinary” would have removed 11 of 13 dismissed items and none of the 4 you kept."
    made = parse(found.query)
    assert [holds(made, one, now=NOW) is None for one in (*ANIMAL, *OTHER)] == [True] * 11 + [False] * 2
    assert all(holds(made, one, now=NOW) for one in KEPT)


@pytest.mark.parametrize(
    "people",
    [
        Judged(),
        judged(kept=()),
        judged(kept=(*KEPT, item("Recall of a veterinary vaccine number 1, also for people"))),
        judged(why="already known"),
        judged(undecided=ANIMAL),
        Judged(tuple((one, "no") for one in ANIMAL[:2]), KEPT),
    ],
    ids=["nothing", "nothing kept", "kept one says it too", "known already", "takes most of the rest", "too few"],
)
def test_nothing_is_proposed_where_it_would_cost_something_or_spare_little(people: Judged) -> None:
    assert suggesting.suggestion(QUERY, people, NOW) is None


def test_what_items_are_is_proposed_where_their_words_have_nothing_in_common() -> None:
    foreign = tuple((item(title, country="JP", language="ja"), "other market") for title in ("回収 一", "回収 二", "回収 三", "回収 四"))
    found = suggesting.suggestion(parse("recall OR 回収"), Judged(foreign, KEPT), NOW)
    assert found is not None
    assert (found.without, found.query) == ("country:JP", "(recall OR 回収) NOT country:JP")


async def _decided(store: Store) -> None:
    mine = watchlist("recall", name="Recalls", id="w-recalls")
    async with store.write() as tx:
        await places.ensure(tx, HERE)
        await places.wish(tx, HERE)
        await watchlists.add(tx, mine)
        await places.subscribe(tx, subscription(mine, HERE))
        for one in (*ANIMAL, *OTHER, *KEPT):
            await items.add(tx, one, one.id, link="", why="new")
            await hits.add(tx, [hit(mine, one)], NOW)
            status: Status = "relevant" if one in KEPT else "not_relevant"
            said = {"status": status, "reason": "" if one in KEPT else "veterinary", "by": "ana", "at": NOW}
            await assessments.decide(tx, Decision.model_validate({"workspace": "W1", "item": one.id, "what": "status"} | said))


@only_sqlite
async def test_a_place_is_told_once_a_month_with_a_button_that_excludes_on_approval(store: Store) -> None:
    await _decided(store)

    async def look(now: datetime) -> list[str]:
        await Suggesting(store, lambda: now).suggest()
        async with store.read() as tx:
            owed = await waiting.ahead(tx)
        return [as_text(told(one.notice, repeat=False)) for one in owed if one.notice]

    assert await look(datetime(2026, 7, 31, 23, 59, tzinfo=UTC)) == []  # 08:59 on 1 August in Seoul
    for now in (datetime(2026, 8, 1, 0, 0, tzinfo=UTC), datetime(2026, 8, 20, tzinfo=UTC)):
        (said,) = await look(now)
        assert "removed 11 of 13 dismissed items and none of the 4 you kept" in said
    assert len(await look(datetime(2026, 9, 3, tzinfo=UTC))) == 2
    async with store.read() as tx:
        (notice, _) = [one.notice for one in await waiting.ahead(tx)]
        assert [one.query for one in await watchlists.in_workspace(tx, "W1")] == ["recall"]
    assert notice is not None
    (label, action, value), _ = notice.buttons
    assert (label, action) == ("Exclude “veterinary”", "watch suggest")
    talk = Talk(Context(store=store, catalogue=Catalogue({}, {})), NOW + timedelta(days=40), place=HERE)
    reply = await talk.reply(f"{action} {value}")
    assert "Watchlist Recalls is changed" in as_text(reply.card)
    async with store.read() as tx:
        assert [one.query for one in await watchlists.in_workspace(tx, "W1")] == ["recall NOT veterinary"]


async def test_what_it_asks_the_database_does_not_grow_with_watchlists_that_dismissed_nothing(store: Store) -> None:
    await _decided(store)
    few = await _statements(store, datetime(2026, 8, 3, tzinfo=UTC))
    many = [watchlist(f"word{number}", name=f"W{number}", id=f"w-{number}") for number in range(40)]
    rooms = [place(f"room{number}", timezone="Asia/Seoul") for number in range(40)]
    async with store.write() as tx:
        for one, room in zip(many, rooms, strict=True):
            await places.ensure(tx, room)
            await watchlists.add(tx, one)
            await places.subscribe(tx, subscription(one, room))
    assert await _statements(store, datetime(2026, 9, 3, tzinfo=UTC)) <= few + 2
    assert await _statements(store, datetime(2026, 9, 4, tzinfo=UTC)) <= 4  # told already: one look, and the marks of its transaction
    async with store.read() as tx:
        assert len(await waiting.ahead(tx)) == 2


async def _statements(store: Store, now: datetime) -> int:
    """How many statements one look at all places takes."""
    with asked(store) as heard:
        await Suggesting(store, lambda: now).suggest()
    return len(heard)


@only_sqlite
async def test_it_can_be_asked_for_at_any_time(store: Store) -> None:
    await _decided(store)
    talk = Talk(Context(store=store, catalogue=Catalogue({}, {})), NOW + timedelta(days=1), place=HERE)
    assert "Excluding “veterinary” would have removed 11 of 13" in await talk.says("watch suggest Recalls")
    await talk.says("watch add soup as Soup")
    assert "No exclusion for Soup would have spared you much" in await talk.says("watch suggest Soup")
    assert "For which watchlist?" in await talk.says("watch suggest")
