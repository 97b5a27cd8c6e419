"""An export: what was captured, who was alerted, what was decided and changed in a span of time, written to a file that verifies itself."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from bot import hash_chain
from bot.errors import StoreTrouble
from bot.hash_chain import Row
from bot.record import files, rows
from bot.record.files import Format, Writer
from bot.store import exports, record
from bot.store.database import Store, Tx
from bot.store.record import Fact


class Span(NamedTuple):
    """What is exported: of which workspace, from `start` on and before `end`."""

    workspace: str
    start: datetime
    end: datetime


class Sheet(NamedTuple):
    """What was written on a sheet: how many rows, and the hash of the last one."""

    rows: int = 0
    hash: str = hash_chain.GENESIS


async def write(store: Store, span: Span, path: Path, kind: Format, fact: Fact) -> dict[str, Sheet]:
    """The file holds the span as it stands in the store, and the record says so: `fact`, with what the file can be known by.

    Where that fails there is no file.
    """
    try:
        done, about = await _written(store, span, path, kind, fact)
    except BaseException:
        _remove(path)
        raise
    after = {"format": kind, "from": about["from"], "before": about["before"], "about_sha256": known_by(about)}
    async with store.write() as tx:
        await record.note(tx, span.workspace, fact._replace(after=after | {"rows": {name: one.rows for name, one in done.items()}}))
    return done


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)


def known_by(about: dict[str, str]) -> str:
    """The hash by which the record knows an export: of what its sheet `about` says, which holds the last hash of each other one."""
    return hash_chain.digest(hash_chain.canonical(about))


async def _written(store: Store, span: Span, path: Path, kind: Format, fact: Fact) -> tuple[dict[str, Sheet], dict[str, str]]:
    out = files.writer(path, kind, tuple(rows.COLUMNS))
    try:
        done, about = await _filled(store, span, out, fact)
    finally:
        await asyncio.to_thread(out.close)
    return done, about


async def _filled(store: Store, span: Span, out: Writer, fact: Fact) -> tuple[dict[str, Sheet], dict[str, str]]:
    async with store.read() as tx:
        done = {name: await _own_chain(tx, span, out, name) for name in rows.OWN_CHAINS}
        first, last = await record.between(tx, span.workspace, span.start, span.end)
        for name in rows.RECORD_PARTS:
            done[name] = await _part(tx, span, out, name, first, last)
        ends = [row async for row in record.rows(tx, span.workspace, last, last)]
    about = {
        "format": rows.FORMAT,
        "workspace": rows.cell(span.workspace),
        "from": span.start.isoformat(),
        "before": span.end.isoformat(),
        "made": fact.at.isoformat(),
        **{f"{name} rows": str(one.rows) for name, one in done.items()},
        **{f"{name} last hash": done[name].hash for name in rows.OWN_CHAINS},
        "record first row": str(first),
        "record last row": str(last),
        "record last hash": ends[0].hash if ends else hash_chain.GENESIS,
    }
    out.begin("about", ("number", *rows.COLUMNS["about"]))
    for number, pair in enumerate(about.items(), 1):
        out.row(number, pair)
    return done, about


async def _own_chain(tx: Tx, span: Span, out: Writer, name: str) -> Sheet:
    out.begin(name, rows.COLUMNS[name])
    last: Row | None = None
    async for cells in _cells(tx, span, name):
        last = hash_chain.following(last, rows.content_of(last.number + 1 if last else 1, cells))
        out.row(last.number, [*cells, last.previous, last.hash])
    return Sheet(last.number, last.hash) if last else Sheet()


async def _cells(tx: Tx, span: Span, name: str) -> AsyncIterator[list[str]]:
    if name == "captures":
        async for capture in exports.captures(tx, *span):
            yield rows.of_capture(capture)
    else:
        async for alert in exports.alerts(tx, *span):
            yield rows.of_alert(alert)


def _read(row: Row) -> tuple[str, list[str]]:
    try:
        return rows.of_record(row.content)
    except ValueError:
        raise StoreTrouble(f"Row {row.number} of the record cannot be read: it was altered.", hint="Run `regwatch record check`.") from None


async def _part(tx: Tx, span: Span, out: Writer, name: str, first: int, last: int) -> Sheet:
    """The rows of the record that belong on this sheet."""
    out.begin(name, rows.COLUMNS[name])
    done = Sheet()
    async for row in record.rows(tx, span.workspace, first, last):
        sheet, cells = _read(row)
        if sheet == name:
            out.row(row.number, [*cells, row.previous, row.hash])
            done = Sheet(done.rows + 1, row.hash)
    return done


def counted(done: dict[str, Sheet]) -> str:
    """`120 captures, 3 alerts, 2 decisions, 5 changes`."""
    return ", ".join(f"{one.rows:,} {name if one.rows != 1 else name[:-1]}" for name, one in done.items())
