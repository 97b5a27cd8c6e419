"""The files of an export: CSV files in a ZIP, or one XLSX; written row by row, in bounded memory, and read again as they were.

No cell is ever a formula. In CSV, what a spreadsheet could take for the beginning of one has `'` before it, as has what begins with `'`,
so that reading takes away exactly what writing added. All cells are quoted, and the files begin with the mark of UTF-8.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, Protocol

import python_calamine
import xlsxwriter

from bot.errors import UserMistake

Format = Literal["csv", "xlsx"]
SUFFIX: dict[Format, str] = {"csv": ".zip", "xlsx": ".xlsx"}
# Where a cell begins, also for a spreadsheet that parts cells at semicolons and so takes our quotes for letters.
_FORMULA = re.compile(r"((?:^|;) *)(?=[=+\-@\t\r\n＝＋－＠'])")
_GUARDED = re.compile(r"((?:^|;) *)'")
MOST_ROWS = 1_048_575
"""The rows below its head that a sheet of XLSX holds."""
_BOM = "\ufeff"


def guarded(cell: str) -> str:
    """The cell as it may stand in a CSV file."""
    return _FORMULA.sub(r"\1'", cell)


def bared(cell: str) -> str:
    """The cell that was guarded."""
    return _GUARDED.sub(r"\1", cell)


class Writer(Protocol):
    """A file that is being written: sheet after sheet, each row in its turn."""

    def begin(self, sheet: str, columns: Sequence[str]) -> None:
        """The rows that follow stand on this sheet."""

    def row(self, number: int, cells: Sequence[str]) -> None:
        """A row, its number first."""

    def close(self) -> None:
        """The file is whole."""


class CsvWriter:
    """A ZIP with a CSV file for each sheet."""

    def __init__(self, path: Path) -> None:
        self._zip = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED)
        self._text: io.TextIOWrapper | None = None

    def begin(self, sheet: str, columns: Sequence[str]) -> None:
        """The rows that follow stand in a file of this name."""
        self._end()
        opened = self._zip.open(zipfile.ZipInfo(f"{sheet}.csv", (1980, 1, 1, 0, 0, 0)), "w", force_zip64=True)
        self._text = io.TextIOWrapper(opened, encoding="utf-8", newline="")
        self._text.write(_BOM)
        self._rows = csv.writer(self._text, quoting=csv.QUOTE_ALL)
        self._rows.writerow(columns)

    def row(self, number: int, cells: Sequence[str]) -> None:
        """A row, its number first."""
        self._rows.writerow([str(number), *map(guarded, cells)])

    def close(self) -> None:
        """The file is whole."""
        self._end()
        self._zip.close()

    def _end(self) -> None:
        if self._text is not None:
            self._text.close()


class XlsxWriter:
    """A workbook with a sheet for each; what is written is kept on disk, not in memory."""

    def __init__(self, path: Path, sheets: Sequence[str]) -> None:
        plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        self._book = xlsxwriter.Workbook(str(path), {"constant_memory": True, **plain})
        self._bold = self._book.add_format({"bold": True})
        self._sheets = {name: self._book.add_worksheet(name) for name in sheets}

    def begin(self, sheet: str, columns: Sequence[str]) -> None:
        """The rows that follow stand on this sheet."""
        self._sheet, self._at = self._sheets[sheet], 0
        self._sheet.freeze_panes(1, 0)
        self._sheet.set_column(0, 0, 8)
        self._sheet.set_column(1, len(columns) - 1, 24)
        for at, column in enumerate(columns):
            self._sheet.write_string(0, at, column, self._bold)

    def row(self, number: int, cells: Sequence[str]) -> None:
        """A row, its number first; UserMistake when the sheet is full."""
        self._at += 1
        if self._at > MOST_ROWS:
            raise UserMistake(f"A sheet of XLSX holds {MOST_ROWS:,} rows, and this is more.", hint="Choose a shorter span, or csv.")
        self._sheet.write_number(self._at, 0, number)
        for at, value in enumerate(cells, 1):
            self._sheet.write_string(self._at, at, value)

    def close(self) -> None:
        """The file is whole."""
        self._book.close()


def writer(path: Path, kind: Format, sheets: Sequence[str]) -> Writer:
    """A file of this form, begun; UserMistake if it cannot be."""
    try:
        path.touch()
    except OSError as error:
        raise UserMistake(f"{path} cannot be written: {error.strerror}.", hint="Give another file.") from None
    return CsvWriter(path) if kind == "csv" else XlsxWriter(path, sheets)


def read(path: Path) -> Mapping[str, Iterator[list[str]]]:
    """The rows of each sheet, its head first, as they were written; UserMistake if the file is no export."""
    try:
        with zipfile.ZipFile(path) as opened:
            names = opened.namelist()
        if "[Content_Types].xml" in names:
            book = python_calamine.CalamineWorkbook.from_path(path)
            return {name: _of_sheet(book, name) for name in book.sheet_names}
    except FileNotFoundError:
        raise UserMistake(f"There is no file {path}.") from None
    except (OSError, zipfile.BadZipFile, python_calamine.CalamineError) as error:
        raise _no_export(path) from error
    return {name.removesuffix(".csv"): _of_csv(path, name) for name in names if name.endswith(".csv")}


def _no_export(path: Path) -> UserMistake:
    return UserMistake(f"{path} is no export of Regwatch, or it is damaged.", hint="Give the .zip or .xlsx as it was made.")


def _of_sheet(book: python_calamine.CalamineWorkbook, name: str) -> Iterator[list[str]]:
    for row in book.get_sheet_by_name(name).iter_rows():
        yield [str(int(one)) if isinstance(one, float) and one.is_integer() else str(one) for one in row]


def _of_csv(path: Path, name: str) -> Iterator[list[str]]:
    try:
        with zipfile.ZipFile(path) as opened, opened.open(name) as raw:
            for row in csv.reader(io.TextIOWrapper(raw, encoding="utf-8-sig", newline="")):
                yield [bared(one) for one in row]
    except (OSError, UnicodeDecodeError, csv.Error, zipfile.BadZipFile) as error:
        raise _no_export(path) from error
