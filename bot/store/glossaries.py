"""What workspaces have added to the thesaurus, always asked for by workspace; a change moves the watchlists' revision."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import delete, select, tuple_

from bot.store import watchlists
from bot.store.database import Tx, insert, one_of
from bot.store.tables import own_terms
from bot.watch.glossary import NOTHING, Glossary
from bot.watch.nodes import OwnTerm
from bot.watch.vocabulary import key_of

_COLUMNS = [own_terms.c[name] for name in ("text", "concept", "language", "name")]


async def of_workspace(tx: Tx, workspace: str) -> Glossary:
    """The own words of a workspace, in the order they were added."""
    wanted = select(*_COLUMNS).where(own_terms.c.workspace == workspace).order_by(own_terms.c.number)
    found = tuple(OwnTerm(*row) for row in await tx.execute(wanted))
    return Glossary(found) if found else NOTHING


async def of_workspaces(tx: Tx, workspaces: Collection[str]) -> dict[str, Glossary]:
    """The own words of those of these workspaces that have some, for the matcher."""
    found: dict[str, list[OwnTerm]] = {}
    wanted = select(own_terms.c.workspace, *_COLUMNS).where(one_of(tx, own_terms.c.workspace, workspaces)).order_by(own_terms.c.number)
    for workspace, *row in await tx.execute(wanted):
        found.setdefault(workspace, []).append(OwnTerm(*row))
    return {workspace: Glossary(tuple(terms)) for workspace, terms in found.items()}


async def add(tx: Tx, workspace: str, terms: Sequence[OwnTerm], by: str, now: datetime) -> None:
    """The workspace has these terms from now on; of one that it had, the way of writing and the language are as given now."""
    rows = [_row(workspace, term) | {"created_by": by, "created": now} for term in terms]
    new = insert(tx, own_terms)
    changed = {name: new.excluded[name] for name in ("text", "language")}
    await tx.execute(new.on_conflict_do_update(index_elements=["workspace", "concept", "key"], set_=changed), rows)
    await watchlists.touch(tx, workspace)


async def remove(tx: Tx, workspace: str, terms: Iterable[OwnTerm]) -> None:
    """The workspace has these terms no longer; a concept of its own is gone with its last one."""
    gone = [(term.concept, _key(term)) for term in terms]
    mine = (own_terms.c.workspace == workspace, tuple_(own_terms.c.concept, own_terms.c.key).in_(gone))
    await tx.execute(delete(own_terms).where(*mine))
    await watchlists.touch(tx, workspace)


def _row(workspace: str, term: OwnTerm) -> dict[str, object]:
    return {
        "workspace": workspace,
        "concept": term.concept,
        "name": term.name,
        "text": term.text,
        "key": _key(term),
        "language": term.language,
    }


def _key(term: OwnTerm) -> str:
    return " ".join(key_of(term.text))
