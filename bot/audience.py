"""Who may see what a source brought: everybody, or only the workspace that added the source. Pure.

A source that a workspace added says so in its id, and everything kept of it carries that id: no table has to remember whose it is,
and what nobody asks about is seen by nobody. See docs/decisions/020-added-sources.md.
"""

import hashlib

ADDED = "added-"


def source_id(workspace: str, url: str) -> str:
    """The id of a source that this workspace adds: the same at each time, and no other workspace's."""
    return prefix(workspace) + hashlib.sha256(url.encode()).hexdigest()[:12]


def prefix(workspace: str) -> str:
    """What the ids of all sources of this workspace begin with."""
    return f"{ADDED}{hashlib.sha256(workspace.encode()).hexdigest()[:20]}-"


def may_see(workspace: str, source: str) -> bool:
    """Whether a workspace may see what came from the source with this id."""
    return is_for_all(source) or source.startswith(prefix(workspace))


def is_for_all(source: str) -> bool:
    """Whether every workspace may see what came from the source with this id."""
    return not source.startswith(ADDED)


def owner(source: str) -> str:
    """The prefix of the workspace that added the source with this id."""
    return source.rpartition("-")[0] + "-"
