"""Stories in the store, on both databases: marks find items, stories join and end, and places are known to have been told."""

from datetime import datetime, timedelta

import pytest

from bot.model import DeliveryState
from bot.store import items, outbox, places, stories
from bot.store.database import Store, Tx
from bot.store.stories import Membership
from tests.builders import delivery, item, place


async def keep(tx: Tx, *ids: str, source: str = "") -> None:
    for one in ids:
        await items.add(tx, item(f"Title {one}", id=one, key=one, source=source or f"source-{one}"), "p", link="", why="new")


async def test_an_item_is_found_by_its_marks_and_no_more_by_those_it_had(store: Store) -> None:
    async with store.write() as tx:
        await keep(tx, "a", "b")
        await stories.note(tx, {"a": ("s", {"m1", "m2"}), "b": ("t", {"m2"})})
        found = await stories.sharing(tx, {"m1", "m2", "m3"})
        assert {mark: sorted(ids) for mark, ids in found.items()} == {"m1": ["a"], "m2": ["a", "b"]}
        await stories.note(tx, {"a": ("s", {"m3"})})
        assert await stories.sharing(tx, {"m1", "m2", "m3"}) == {"m2": ["b"], "m3": ["a"]}
        assert await stories.sharing(tx, ()) == {}


async def test_of_one_mark_two_items_of_a_source_are_kept_however_many_have_it(store: Store) -> None:
    async with store.write() as tx:
        await keep(tx, *"abcd", source="s")
        await stories.note(tx, {one: ("s", {"m"}) for one in "abc"})
        await stories.note(tx, {"d": ("s", {"m"})})
        assert sorted((await stories.sharing(tx, {"m"}))["m"]) == ["a", "b"]
        await stories.note(tx, {"a": ("s", {"m"})})
        assert sorted((await stories.sharing(tx, {"m"}))["m"]) == ["a", "b"]


async def test_members_of_a_story_come_as_they_reported_with_their_reasons(store: Store, now: datetime) -> None:
    async with store.write() as tx:
        await keep(tx, "a", "b", "c")
        await stories.join(tx, [Membership("b", "b", "first", now), Membership("a", "b", "same number", now)], ())
        (found,) = (await stories.members(tx, {"b"})).values()
        assert [(one.item.id, one.why, one.joined) for one in found] == [("a", "same number", now), ("b", "first", now)]
        assert [one.item.id for one in await stories.of_item(tx, "a")] == ["a", "b"]
        assert await stories.of_item(tx, "c") == []
        assert await stories.of_items(tx, ["a", "c"]) == {"a": "b"}
        assert await stories.count(tx) == 1


async def test_a_story_that_ends_in_another_takes_its_items_along(store: Store, now: datetime) -> None:
    async with store.write() as tx:
        await keep(tx, *"abcd")
        await stories.join(tx, [Membership("a", "a", "first", now), Membership("b", "a", "link", now)], ())
        await stories.join(tx, [Membership("c", "c", "first", now), Membership("d", "c", "title", now)], ())
        await stories.join(tx, [Membership("c", "a", "number", now)], [("c", "a")])
        (found,) = (await stories.members(tx, {"a", "c"})).values()
        assert [(one.item.id, one.why) for one in found] == [("a", "first"), ("b", "link"), ("c", "number"), ("d", "title")]


@pytest.mark.parametrize(
    ("state", "reason", "expected"),
    [
        ("waiting", "", True),
        ("pending", "", True),
        ("later", "", True),
        ("gone", "is_archived", True),
        ("held", "suspended: is_archived; before: ", True),
        ("sending", "", False),
        ("sent", "", False),
        ("unclear", "", False),
        ("bundled", "", False),
        ("held", "refused: msg_too_long", None),
        ("dropped", "", None),
    ],
)
async def test_a_place_waits_for_an_alert_or_has_it_or_never_gets_it(
    store: Store, state: DeliveryState, reason: str, expected: bool | None
) -> None:
    where = place("general")
    async with store.write() as tx:
        await keep(tx, "a", "b")
        await places.ensure(tx, where)
        await outbox.owe(tx, [delivery("a", where, watchlists=("w1",), state=state, reason=reason)])
        found = await outbox.told(tx, {"a": "story", "b": "story"})
    assert [(one.place, one.story, one.watchlists, one.waits) for one in found] == (
        [] if expected is None else [(where.id, "story", ("w1",), expected)]
    )


async def test_what_follows_stands_below_the_first_message_about_the_event_in_the_same_place(store: Store, now: datetime) -> None:
    here, there = place("here"), place("there")
    async with store.write() as tx:
        await keep(tx, "a", "b", "c")
        await stories.join(tx, [Membership("a", "a", "first", now), Membership("b", "a", "link", now)], ())
        for where in (here, there):
            await places.ensure(tx, where)
        first = delivery("a", here, state="sent", reference="ts1")
        elsewhere = delivery("a", there, state="sent", reference="ts9")
        further = delivery("b", here, kind="also")
        change = delivery("a", here, kind="changed", version=2, created=now + timedelta(hours=1))
        alone = delivery("c", here, kind="changed", version=2)
        await outbox.owe(tx, [alone, elsewhere, first, further, change])
        assert await outbox.thread(tx, further) == "ts1"
        assert await outbox.thread(tx, change) == "ts1"
        assert await outbox.thread(tx, first) == ""
        assert await outbox.thread(tx, alone) == ""
