"""Joins the items of a poll into stories, inside the transaction that keeps them; only what an index finds is compared."""

import asyncio
from collections.abc import Sequence

from bot.items import steps
from bot.items import stories as decider
from bot.items.stories import Candidate
from bot.messages import keep
from bot.model import Item
from bot.store import items, stories
from bot.store.database import Tx
from bot.store.stories import Membership

# So many are worked on beside the event loop, so that chat is acknowledged meanwhile.
_MANY = 50


async def join(tx: Tx, seen: Sequence[Item]) -> None:
    """Each of these items, which are kept already, is of the story of those that report the same event, if there are any."""
    if not seen:
        return
    await stories.take_turn(tx)
    held, sought = await asyncio.to_thread(_marks, seen) if len(seen) >= _MANY else _marks(seen)
    await stories.note(tx, held)
    sharing = await stories.sharing(tx, frozenset().union(*sought.values()))
    near = {item: {other for mark in marks for other in sharing.get(mark, ())} - {item} for item, marks in sought.items()}
    known = await _Known.of(tx, set(near) | set().union(*near.values())) if any(near.values()) else None
    if known is None:
        return
    for one in seen:
        if near[one.id]:
            known.decide(one, near[one.id])
    await stories.join(tx, known.found, known.ended)


def _marks(seen: Sequence[Item]) -> tuple[dict[str, tuple[str, frozenset[str]]], dict[str, frozenset[str]]]:
    """By item, its source with the marks it has, and the marks it looks for."""
    return {one.id: (one.source, decider.marks(one) | steps.marks(one)) for one in seen}, {one.id: decider.sought(one) for one in seen}


class _Known:
    """The items that share marks, and which story each is of; what is decided of one item is known for the next."""

    def __init__(self, by_id: dict[str, Item], story_of: dict[str, str], holders: dict[str, list[Item]]) -> None:
        self._by_id = by_id
        self._story_of = story_of
        self._holders = holders
        self.found: list[Membership] = []
        self.ended: list[tuple[str, str]] = []

    @classmethod
    async def of(cls, tx: Tx, ids: set[str]) -> "_Known":
        """What the store knows of these items and their stories."""
        by_id = {one.id: one for one in await items.several(tx, ids)}
        story_of = await stories.of_items(tx, ids)
        members = await stories.members(tx, set(story_of.values()))
        holders = {story: [one.item for one in theirs] for story, theirs in members.items()}
        return cls(by_id, story_of, holders)

    def decide(self, item: Item, near: set[str]) -> None:
        """The item is in a story from now on if it reports the event of one of the items near it; one that is in a story stays there."""
        if item.id in self._story_of:
            return
        candidates = [Candidate(self._by_id[one], self._story(one)) for one in sorted(near)]
        joined = decider.decide(item, candidates, self._holders)
        if joined is None:
            return
        if joined.story not in self._story_of.values():
            self._take(joined.story, joined.story, keep("it reported the event first"), item)
        self._take(item.id, joined.story, joined.why, item)
        for ended, why in joined.absorbed:
            self._absorb(ended, joined.story, why, item)

    def _absorb(self, ended: str, into: str, why: str, by: Item) -> None:
        """The reports of a story that has ended are of the other one; the one it was named after says why."""
        self.ended.append((ended, into))
        held = self._holders.pop(ended)
        self._story_of |= {one.id: into for one in held}
        self._holders[into] += held
        self.found.append(Membership(ended, into, why, by.detected))

    def _story(self, item: str) -> str:
        story = self._story_of.get(item, item)
        if story not in self._holders:
            self._holders[story] = [self._by_id[item]]
        return story

    def _take(self, item: str, story: str, why: str, by: Item) -> None:
        self._story_of[item] = story
        held = self._holders[story]
        held += [self._by_id[item]] if all(one.id != item for one in held) else []
        self.found.append(Membership(item, story, why, by.detected))
