"""What a store asks its database, statement by statement."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from bot.store.database import Store


@contextmanager
def asked(store: Store) -> Iterator[list[str]]:
    """The statements of the store inside, in their order."""
    heard: list[str] = []
    # On PostgreSQL both are one pool, and who listens to one hears the other.
    engines = list({one.sync_engine.pool: one.sync_engine for one in (store._readers, store._writers)}.values())

    def hear(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        heard.append(statement)

    for engine in engines:
        event.listen(engine, "before_cursor_execute", hear)
    try:
        yield heard
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", hear)
