"""Items: kept with every version, recognised by key or link, found by id or link, newest first."""

from datetime import UTC, date, datetime, timedelta, timezone

from bot.model import Deadline, Item
from bot.store import items
from bot.store.database import Store
from bot.store.items import Identity, Kept, Seen, Version
from bot.store.tables import items as table
from tests.builders import item, known


async def keep(store: Store, *kept: Item) -> None:
    async with store.write() as tx:
        await items.add_all(tx, [Kept(one, f"print of {one.title}", known(one).url, "not seen before") for one in kept])


def test_the_table_has_a_column_for_every_field_of_an_item() -> None:
    assert set(Item.model_fields) <= set(table.columns.keys())


async def test_an_item_comes_back_with_every_field_as_it_was(store: Store, now: datetime) -> None:
    full = Item(
        id="a",
        source="kr-mfds-press",
        key="52041",
        url="https://www.mfds.go.kr/brd/m_99/view.do?seq=52041",
        title="의약품 임상시험 계획 승인에 관한 규정 😀",
        summary="line\nbreak \\ \" ' % :x {}",
        text="本文" * 5000,
        language="ko",
        country="KR",
        regions=("asia", "apac"),
        agency="MFDS",
        tier="official",
        doc_type="consultation",
        status="draft",
        product_types=("drug",),
        concepts=("dct",),
        deadlines=(Deadline(kind="comments_due", day=date(2026, 8, 1)),),
        published=datetime(2026, 7, 1, 9, 0, 0, 123456, tzinfo=timezone(timedelta(hours=9))),
        updated=datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
        detected=now,
    )
    await keep(store, full)
    async with store.read() as tx:
        found = await items.get(tx, "a")
        assert found == full
        assert await items.get(tx, "a", 1) == full
    assert found is not None
    assert found.published is not None
    assert found.published.tzinfo is UTC


async def test_what_is_not_known_is_none(store: Store) -> None:
    async with store.read() as tx:
        assert await items.get(tx, "x") is None
        assert await items.get(tx, "x", 1) is None
        assert await items.find(tx, "https://example.org/x", workspace="W1") is None
        assert await items.known(tx, [Identity("x", "x", "x")]) == {}
        assert await items.history(tx, "x") == []


async def test_an_item_is_known_by_its_key_and_by_its_link(store: Store) -> None:
    first, second, third, other = item(), item(), item(), item(source="another")
    await keep(store, first, second, third, other)
    async with store.read() as tx:
        both_ways = await items.known(tx, [Identity("s", first.key, known(first).url), Identity("another", other.key, "")])
        by_link = await items.known(tx, [Identity("s", "unheard of", known(second).url), Identity("s", "", "")])
        assert await items.known(tx, [Identity("another", third.key, known(third).url)]) == {}
        assert await items.known(tx, []) == {}
    assert both_ways == {"s": [known(first)], "another": [known(other)]}
    assert by_link == {"s": [known(second)]}


async def test_ten_thousand_items_are_kept_and_known_again(store: Store) -> None:
    many = [item(f"Notice {number}") for number in range(10_000)]
    await keep(store, *many)
    async with store.read() as tx:
        found = await items.known(tx, [Identity("s", one.key, known(one).url) for one in many])
        assert await items.count(tx) == 10_000
    assert {one.key for one in found["s"]} == {one.key for one in many}


async def test_a_new_version_is_current_and_the_old_one_stays(store: Store, now: datetime) -> None:
    draft = item("Draft", status="draft")
    await keep(store, draft)
    final = draft.model_copy(update={"title": "Final", "status": None, "version": 2, "detected": now + timedelta(days=1)})
    async with store.write() as tx:
        await items.add_version(tx, final, "print of Final", link="final", why="title and status or dates changed")
    async with store.read() as tx:
        current = await items.get(tx, draft.id)
        assert current == final.model_copy(update={"detected": now})
        assert await items.get(tx, draft.id, 1) == draft
        assert await items.history(tx, draft.id) == [
            Version(item=draft, fingerprint="print of Draft", found=now, why="not seen before"),
            Version(item=final, fingerprint="print of Final", found=final.detected, why="title and status or dates changed"),
        ]
        remembered = (await items.known(tx, [Identity("s", draft.key, "")]))["s"]
    assert [(one.fingerprint, one.seen, one.url, one.version) for one in remembered] == [("print of Final", "print of Final", "final", 2)]


async def test_touching_an_item_remembers_what_was_seen_without_a_version(store: Store) -> None:
    clock = item("Clock")
    await keep(store, clock)
    async with store.write() as tx:
        await items.touch(tx, [Seen(clock.id, "another print", 9, "moved")])
    async with store.read() as tx:
        remembered = await items.known(tx, [Identity("s", "moved", "")])
        assert len(await items.history(tx, clock.id)) == 1
    assert remembered == {"s": [known(clock, seen="another print", streak=9, key="moved")]}


async def test_an_item_is_found_by_its_id_its_address_and_its_link(store: Store) -> None:
    older, newer = item(url="https://example.org/same"), item(url="https://example.org/same")
    await keep(store, older, newer)
    async with store.read() as tx:
        assert await items.find(tx, older.id, workspace="W1") == older
        assert await items.find(tx, "https://example.org/same", workspace="W1") == newer
        assert await items.find(tx, "example.org/same", workspace="W1") == newer


async def test_the_latest_items_come_newest_first(store: Store, now: datetime) -> None:
    old, new, other = item(detected=now - timedelta(days=2)), item(), item(source="another")
    await keep(store, old, new, other)
    async with store.read() as tx:
        assert await items.latest(tx, 2) == [other, new]
        assert await items.latest(tx, 9, source="s") == [new, old]


async def test_nothing_to_keep_is_nothing_done(store: Store) -> None:
    async with store.write() as tx:
        await items.add_all(tx, [])
        await items.add_versions(tx, [])
        assert await items.count(tx) == 0
