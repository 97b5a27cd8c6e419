"""The store takes up a delivery exactly when, and exactly as, the state machine says."""

from datetime import datetime, timedelta
from typing import get_args

import pytest

from bot.deliver.outbox import begin
from bot.model import DeliveryState
from bot.store import items, outbox, places
from bot.store.database import Store
from tests.builders import delivery, item, place

LEASE = timedelta(seconds=90)


@pytest.mark.parametrize("minutes", [-1, 0, 1])
@pytest.mark.parametrize("state", get_args(DeliveryState))
async def test_the_store_claims_what_may_begin_as_it_begins(store: Store, now: datetime, state: DeliveryState, minutes: int) -> None:
    kept, there = item(), place("general")
    owed = delivery(kept, there).model_copy(update={"state": state, "not_before": now + timedelta(minutes=minutes), "attempts": 3})
    async with store.write() as tx:
        await items.add(tx, kept, "print", link="", why="new")
        await places.ensure(tx, there)
        await outbox.owe(tx, [owed])
        begun = begin(owed, now, LEASE)
        assert await outbox.claim(tx, now, LEASE) == ([] if begun is None else [begun])
