"""Items that may be other steps of a document: those whose titles hold its subject, and those that have one of its marks."""

from collections.abc import Collection, Sequence

from bot.model import Item
from bot.store import items, search, stories
from bot.store.database import Tx

_MOST = 12
_LONGEST = 400


async def candidates(tx: Tx, sought: Sequence[tuple[str, Collection[str]]], *, workspace: str | None) -> list[list[Item]]:
    """For each subject ("" for none) with its marks: such items that the workspace may see, in no order."""
    subjects = [" ".join(subject.split())[:_LONGEST] for subject, _ in sought]
    titled = await search.titled(tx, {one for one in subjects if one}, workspace=workspace, limit=_MOST)
    sharing = await stories.sharing(tx, frozenset().union(*(marks for _, marks in sought)))
    marked = [{one for mark in marks for one in sharing.get(mark, ())} for _, marks in sought]
    known = {one.id: one for found in titled.values() for one in found}
    known |= {one.id: one for one in await items.several(tx, set().union(*marked) - set(known), workspace=workspace)}
    wanted = [ids.union(one.id for one in titled.get(subject, ())) for ids, subject in zip(marked, subjects, strict=True)]
    return [[known[one] for one in sorted(ids) if one in known] for ids in wanted]
