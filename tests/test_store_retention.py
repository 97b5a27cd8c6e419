"""What a workspace was sent is forgotten when it wishes so, and nothing else: not what is on its way, decided on, or another's."""

from datetime import datetime, timedelta

import pytest

from bot.model import Decision, Window
from bot.store import assessments, items, outbox, places, retention, waiting, watchlists
from bot.store.database import Store
from schedules.upkeep import Upkeep
from tests.builders import delivery, item, place, watchlist
from tests.fakes import Clock, FakeSender

HERE, THEIRS = place("C1", platform="slack", workspace="W1"), place("C1", platform="slack", workspace="W2")
KEPT = timedelta(days=200)


@pytest.fixture
async def filled(store: Store, now: datetime) -> Store:
    """Two workspaces were sent the same items long ago, one by one and in a digest; one of them was decided on."""
    old = now - KEPT - timedelta(days=1)
    async with store.write() as tx:
        found = [item(f"Recall {number}", id=f"item-{number}") for number in range(3)]
        for one in found:
            await items.add(tx, one, one.id, link=one.url or "", why="new")
        for where in (HERE, THEIRS):
            await places.ensure(tx, where)
            what = watchlist("recall", workspace=where.workspace)
            await watchlists.add(tx, what)
            mine = [delivery(one, where, id=f"{where.workspace} {one.id}", created=old, state="sent") for one in found]
            window = Window(start=old, end=old, due=old)
            whole = delivery("", where, id=f"{where.workspace} digest", kind="digest", version=0, window=window, created=old, state="sent")
            inside = mine[0].model_copy(
                update={"kind": "changed", "id": f"{where.workspace} inside", "state": "bundled", "digest": whole.id}
            )
            new = mine[0].model_copy(update={"kind": "also", "id": f"{where.workspace} new", "created": now})
            waits = mine[1].model_copy(update={"kind": "also", "id": f"{where.workspace} waits", "state": "held"})
            await outbox.owe(tx, [*mine, whole, inside, new, waits])
            noted = Decision(workspace=where.workspace, item="item-2", what="status", status="relevant", by="U1", at=old)
            await assessments.decide(tx, noted)
    return store


async def kept(store: Store, workspace: str) -> set[str]:
    async with store.read() as tx:
        found = [one for number in range(3) for one in await outbox.of_item(tx, f"item-{number}", workspace=workspace)]
        digest = await waiting.find_digest(tx, f"slack:{workspace}:C1", "")
    return {one.id.removeprefix(f"{workspace} ") for one in (*found, *([digest] if digest else []))}


ALL = {"item-0", "item-1", "item-2", "digest", "inside", "new", "waits"}


async def test_everything_is_kept_until_a_workspace_wishes_otherwise(filled: Store, now: datetime) -> None:
    async with filled.write() as tx:
        assert await retention.forget(tx, now) == 0
    assert await kept(filled, "W1") == ALL


async def test_what_is_old_and_done_goes_with_its_digest_and_the_rest_stays(filled: Store, now: datetime) -> None:
    async with filled.write() as tx:
        await retention.keep(tx, "W1", KEPT.days)
        assert await retention.forget(tx, now) == 4
    assert await kept(filled, "W1") == {"item-2", "new", "waits"}
    assert await kept(filled, "W2") == ALL


async def test_a_digest_stays_as_long_as_something_that_stood_in_it(filled: Store, now: datetime) -> None:
    async with filled.write() as tx:
        await assessments.decide(tx, Decision(workspace="W1", item="item-0", what="note", reason="x", by="U1", at=now))
        await retention.keep(tx, "W1", KEPT.days)
        await retention.forget(tx, now)
    assert await kept(filled, "W1") == {"item-0", "item-2", "digest", "inside", "new", "waits"}


async def test_the_upkeep_forgets_and_a_later_wish_to_keep_everything_ends_that(filled: Store, now: datetime) -> None:
    upkeep = Upkeep(filled, {"slack": FakeSender()}, Clock(now), lambda: 0.5)
    async with filled.write() as tx:
        await retention.keep(tx, "W1", KEPT.days)
        await retention.keep(tx, "W2", KEPT.days)
        await retention.keep(tx, "W2", None)
    await upkeep.recover()
    assert "item-1" not in await kept(filled, "W1")
    assert await kept(filled, "W2") == ALL
