"""Items that may be other steps of a document: those whose titles hold its subject, and those that have one of its marks."""

from collections.abc import Collection

from bot.model import Item
from bot.store import items, search, stories
from bot.store.database import Tx
from bot.watch import query as language

MOST = 12


async def candidates(tx: Tx, subject: str, marks: Collection[str], *, workspace: str | None) -> list[Item]:
    """Such items that the workspace may see, in no order; `subject` is what their titles are to hold, "" for none."""
    sharing = await stories.sharing(tx, marks)
    ids = {one for found in sharing.values() for one in found}
    named = subject.replace('"', " ").strip()[:400]
    titled = await _titled(tx, named, workspace) if named else []
    return [*titled, *(await items.several(tx, ids - {one.id for one in titled}, workspace=workspace))]


async def _titled(tx: Tx, named: str, workspace: str | None) -> list[Item]:
    return await search.find(tx, language.parse(f'title:"{named}"', limit=language.LONGEST), workspace=workspace, limit=MOST)
