"""Tells the threads of alerts that a later step of their document is out – its final form, a correction – and why we believe so."""

from collections.abc import Sequence
from datetime import datetime

from bot import messages
from bot.audience import may_see
from bot.deliver import outbox as life
from bot.items import steps
from bot.items.steps import Step
from bot.messages import say
from bot.model import Delivery, Item, Notice, Place
from bot.store import heeds, outbox
from bot.store.database import Tx
from bot.store.steps import candidates

# A poll that brings more documents is a flood; none of it waits longer for the others.
AT_ONCE = 50
MOST_TITLE = 300


async def tell(tx: Tx, new: Sequence[Item], now: datetime) -> int:
    """Whoever was alerted of an earlier step of these documents is owed word of the new one, in its thread; how many messages that is."""
    told = [(place, item, step) for item, step in await _earlier(tx, new) for place in await _hearing(tx, item, step.item)]
    owed = await outbox.owe(tx, [_message(*one, now) for one in told])
    for workspace, earlier in {(place.workspace, step.item.id) for place, _, step in told}:
        await outbox.refresh_alerts(tx, workspace, earlier, now)
    return owed


async def _earlier(tx: Tx, new: Sequence[Item]) -> list[tuple[Item, Step]]:
    """The new documents, each with an earlier step of it."""
    living = [one for one in new if steps.is_living(one)][:AT_ONCE]
    alike = await candidates(tx, [steps.sought(one) for one in living], workspace=None) if living else []
    found = [(one, step) for one, others in zip(living, alike, strict=True) for step in steps.steps(one, others)]
    return [(one, step) for one, step in found if steps.when(step.item) <= steps.when(one)]


async def _hearing(tx: Tx, item: Item, earlier: Item) -> list[Place]:
    """The places that were alerted of the earlier step and are to hear of this one: they may see it, and did not mute its source."""
    alerted = [one for one in await outbox.alerted(tx, None, earlier.id) if may_see(one.workspace, item.source)]
    muted = {one.place for one in await heeds.of_news(tx, {item.source}, ())} if alerted else set()
    return [one for one in alerted if one.id not in muted]


def _message(place: Place, item: Item, step: Step, now: datetime) -> Delivery:
    with messages.speaking(messages.preferred(place.language, place.locale)):
        why = say("Why we believe so: {reason}.", reason=steps.because(step))
        lines = (steps.relation(item, step.item), " ".join(item.title.split())[:MOST_TITLE], why)
    told = life.telling(place.id, f"step {step.item.id} {item.id}", Notice(lines=lines, links=("", item.url or "")), now)
    # Of one place, item, version and kind one message is owed: each step has a number of its own.
    return told.model_copy(update={"item": step.item.id, "version": -int(item.id[:7], 16)})
