"""An export holds what it says, is safe in a spreadsheet, and shows every alteration by sheet and row."""

import csv
import io
import zipfile
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from bot import hash_chain
from bot.errors import StoreTrouble, UserMistake
from bot.model import Decision
from bot.record import export, files, rows, verify
from bot.record.files import Format
from bot.store import assessments, exports, hits, items, outbox, places, record, watchlists
from bot.store.database import Store
from bot.store.record import Fact
from bot.store.record_tables import record as record_table
from tests import builders
from tests.builders import NOW

LINK = '=HYPERLINK("http://evil","x")'
HOSTILE = (LINK, "+1", "-2+3", "@SUM(A1)", "\t=1", "\r\n=1", "'=1", " =1", '";=1+1', "＝1", "_x003D_1", "; '=1;;-1", "recall\x07")
SPAN = export.Span("W1", NOW - timedelta(days=1), NOW + timedelta(days=1))
MADE = Fact(what="export made", at=NOW, by="U1", by_name="ana")


async def fill(store: Store, titles: Sequence[str] = HOSTILE) -> None:
    """A workspace with an item, an alert, a decision and a change for each title, and another workspace beside it."""
    for workspace in ("W1", "W2"):
        here, wanted = builders.place(workspace=workspace), builders.watchlist(workspace=workspace, name=f"={workspace}")
        async with store.write() as tx:
            await places.ensure(tx, here)
            await watchlists.add(tx, wanted)
            for title in titles:
                item = builders.item(title)
                await items.add(tx, item, "p", link=item.url or "", why="new")
                await hits.add(tx, [builders.hit(wanted, item)], NOW)
                sent = {"state": "sent", "sent": NOW, "reference": f"ts of {item.id}"}
                await outbox.owe(tx, [builders.delivery(item, here, watchlists=(wanted.id,), **sent)])
                decided = {"workspace": workspace, "item": item.id, "what": "status", "status": "not_relevant", "by": "U1", "at": NOW}
                await assessments.decide(tx, Decision(**decided, reason=item.title))
                await record.note(tx, workspace, MADE._replace(what="watchlist added", name=item.title, after={"query": item.title}))


async def made(store: Store, folder: Path, kind: Format) -> Path:
    path = folder / f"export{files.SUFFIX[kind]}"
    await export.write(store, SPAN, path, kind, MADE)
    return path


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
async def test_an_export_holds_what_was_captured_alerted_decided_and_changed(store: Store, tmp_path: Path, kind: Format) -> None:
    await fill(store)
    path = await made(store, tmp_path, kind)
    found = verify.verify(path)
    assert found.wrong == []
    count = len(HOSTILE)
    assert found.counts | {"about": 0} == {"about": 0, "captures": 2 * count, "alerts": count, "decisions": count, "changes": count}
    sheets = {name: list(sheet) for name, sheet in files.read(path).items()}
    assert [sheets[name][0] for name in rows.OWN_CHAINS] == [list(rows.COLUMNS[name]) for name in rows.OWN_CHAINS]
    alert = dict(zip(*sheets["alerts"][:2], strict=True))
    captured = [dict(zip(sheets["captures"][0], row, strict=True)) for row in sheets["captures"][1:]]
    capture = next(one for one in captured if one["item"] == alert["item"])
    assert (alert["watchlists"], alert["message_reference"], alert["result"]) == ("=W1", f"ts of {alert['item']}", "sent")
    async with store.read() as tx:
        stored = await exports.capture(tx, "W1", capture["item"], int(capture["version"]))
    assert stored is not None
    assert hash_chain.digest(stored) == capture["capture_sha256"]
    decided = dict(zip(*sheets["decisions"][:2], strict=True))
    assert (decided["from"], decided["to"], decided["who"], decided["item"]) == ("new", "not_relevant", "U1", alert["item"])


async def test_the_record_says_that_an_export_was_made_and_by_what_it_is_known(store: Store, tmp_path: Path) -> None:
    await fill(store, ["recall"])
    path = await made(store, tmp_path, "csv")
    async with store.read() as tx:
        last = [row async for row in record.rows(tx, "W1", 3, 3)]
        assert await record.check(tx, "W1") == []
    assert '"what":"export made"' in last[0].content
    assert f'"about_sha256":"{export.known_by(verify.verify(path).about)}"' in last[0].content


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_an_altered_record_gives_no_export_and_no_file(store: Store, tmp_path: Path) -> None:
    await fill(store, ["recall"])
    async with store.write() as tx:
        await tx.execute(update(record_table).values(content="none"))
    with pytest.raises(StoreTrouble, match="Row 1 of the record cannot be read"):
        await made(store, tmp_path, "xlsx")
    with pytest.raises(UserMistake, match="There is no file"):
        verify.verify(tmp_path / "export.xlsx")


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_no_cell_of_an_export_is_a_formula(store: Store, tmp_path: Path) -> None:
    await fill(store)
    with zipfile.ZipFile(await made(store, tmp_path, "csv")) as opened:
        texts = {name: opened.read(name) for name in opened.namelist()}
    assert all(text.startswith(b"\xef\xbb\xbf") for text in texts.values())
    for text in texts.values():
        for separator in ",;":
            cells = [one for row in csv.reader(io.StringIO(text.decode("utf-8-sig")), delimiter=separator) for one in row]
            assert [one for one in cells if one.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "＝"))] == []
    with zipfile.ZipFile(await made(store, tmp_path, "xlsx")) as opened:
        sheets = [opened.read(name) for name in opened.namelist() if "worksheets/sheet" in name]
    assert len(sheets) == 5
    assert not any(b"<f>" in one or b"hyperlink" in one.lower().replace(b"=hyperlink", b"") for one in sheets)


Alter = Callable[[list[list[str]]], list[list[str]]]


def _rewrite(path: Path, sheet: str, alter: Alter) -> None:
    """The file with one sheet altered, as somebody with an editor would."""
    sheets = {name: list(found) for name, found in files.read(path).items()}
    sheets[sheet] = [sheets[sheet][0], *alter(sheets[sheet][1:])]
    out = files.CsvWriter(path)
    for name, (head, *body) in sheets.items():
        out.begin(name, head)
        for number, *cells in body:
            out.row(int(number), cells)
    out.close()


def _with(at: int, column: int, value: str) -> Alter:
    """One cell of one row is another."""
    return lambda body: [_put(row, column, value) if row is body[at] else row for row in body]


def _put(row: list[str], column: int, value: str) -> list[str]:
    changed = list(row)
    changed[column] = value
    return changed


_changed = _with(2, 6, "another title")


def _renumbered(body: list[list[str]]) -> list[list[str]]:
    return [[str(number), *row[1:]] for number, row in enumerate([*body[:2], *body[3:]], 1)]


def _rehashed(body: list[list[str]]) -> list[list[str]]:
    """A row is changed and given the hash that its new content has."""
    row = _changed(body)[2]
    new = hash_chain.link(row[-2], rows.content_of(int(row[0]), row[1:-2]))
    return [*body[:2], [*row[:-1], new], *body[3:]]


@pytest.mark.parametrize(
    ("sheet", "alter", "says"),
    [
        ("captures", _changed, "captures: Row 3 was changed"),
        ("captures", _rehashed, "captures: Row 4 does not follow from row 3"),
        ("captures", lambda body: [*body[:2], *body[3:]], "captures: Row 3 is missing."),
        ("captures", _renumbered, "captures: Row 3 does not follow from row 2"),
        ("captures", lambda body: body[:-1], "captures: Row 25 is not the last one that was exported."),
        ("alerts", lambda body: [*body[:1], body[3], *body[1:]], "alerts: Row 2 stands after row 4"),
        ("alerts", lambda body: [body[1], body[0], *body[2:]], "alerts: Row 1 is missing."),
        ("decisions", lambda body: body[1:], "record: Its first row was 1, and now is 2."),
        ("decisions", lambda body: [*body[:3], *body[4:]], "Row 7 is missing."),
        (
            "decisions",
            lambda body: [[*row[:10], "action", *row[11:]] if row is body[0] else row for row in body],
            "decisions: Row 1 was changed: its cells",
        ),
        ("changes", lambda body: [*body[:-1]], "record: Row 25 is not the last one that was exported."),
        (
            "changes",
            lambda body: [[*row[:2], "U9", *row[3:]] if row is body[0] else row for row in body],
            "changes: Row 2 was changed: its cells",
        ),
        (
            "changes",
            lambda body: [[*row[:-3], row[-3].replace("U1", "U9"), *row[-2:]] for row in body],
            "changes: Row 2 was changed: its content",
        ),
        ("changes", lambda body: [["12", *("x" for _ in range(5))], *body], "changes: The 1. row below the head cannot be read"),
    ],
)
@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_an_alteration_is_named_by_sheet_and_row(store: Store, tmp_path: Path, sheet: str, alter: Alter, says: str) -> None:
    await fill(store)
    path = await made(store, tmp_path, "csv")
    _rewrite(path, "about", lambda body: body)
    assert verify.verify(path).wrong == []
    _rewrite(path, sheet, alter)
    assert says in " / ".join(verify.verify(path).wrong)


def test_what_is_no_export_is_said_to_be_none(tmp_path: Path) -> None:
    text = tmp_path / "some.csv"
    text.write_text("a,b\n")
    empty = tmp_path / "empty.zip"
    with zipfile.ZipFile(empty, "w") as opened:
        opened.writestr("other.csv", "a,b\n")
    for path in (text, empty, tmp_path / "missing.zip"):
        with pytest.raises(UserMistake):
            verify.verify(path)
