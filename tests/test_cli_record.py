"""Exports, their verification and reports on the command line."""

import zipfile
from pathlib import Path

import pytest

from tests.command_line import Regwatch

SPAN = ("--from", "2020-01-01", "--to", "2100-01-01")


@pytest.fixture
def exported(regwatch: Regwatch, tmp_path: Path) -> Path:
    assert regwatch("watch", "add", "recall as Recalls yes").code == 0
    path = tmp_path / "all.zip"
    outcome = regwatch("export", *SPAN, "--format", "csv", "--out", str(path))
    assert (outcome.code, outcome.error) == (0, "")
    assert "0 captures, 0 alerts, 0 decisions, 1 change." in outcome.out
    return path


def test_an_export_is_written_verified_and_stands_in_the_record(regwatch: Regwatch, exported: Path) -> None:
    outcome = regwatch("export", "verify", str(exported))
    assert outcome.code == 0
    assert "Nothing in it was altered" in outcome.out
    outcome = regwatch("record", "check")
    assert outcome.code == 0
    assert "local: 2 rows, the last hash is " in outcome.out


def test_an_altered_export_fails_and_the_row_is_named(regwatch: Regwatch, exported: Path) -> None:
    with zipfile.ZipFile(exported) as opened:
        texts = {name: opened.read(name).replace(b"Recalls", b"Recall2") for name in opened.namelist()}
    with zipfile.ZipFile(exported, "w") as opened:
        for name, text in texts.items():
            opened.writestr(name, text)
    outcome = regwatch("export", "verify", str(exported))
    assert outcome.code == 1
    assert "changes: Row 1 was changed: its content does not give its hash." in outcome.out
    assert "was altered after it was made" in outcome.error


def test_what_cannot_be_written_or_read_is_said_in_a_sentence(regwatch: Regwatch, exported: Path, tmp_path: Path) -> None:
    assert "is there already" in regwatch("export", *SPAN, "--out", str(exported)).error
    assert "cannot be written" in regwatch("export", *SPAN, "--out", str(tmp_path / "none" / "x.xlsx")).error
    assert "cannot be written" in regwatch("export", *SPAN, "--format", "csv", "--out", str(tmp_path / "none" / "x.zip")).error
    assert "no version 1 of none" in regwatch("record", "capture", "none", "1").error
    assert "has no place nowhere" in regwatch("report", "--place", "nowhere", *SPAN).error
    assert regwatch("export").code == 2


def test_a_report_is_written_as_a_page(regwatch: Regwatch, tmp_path: Path) -> None:
    assert regwatch("chat", "watch add recall as Recalls yes").code == 0
    assert regwatch("chat", "subscribe Recalls").code == 0
    out = tmp_path / "report.html"
    assert regwatch("report", "--place", "console:local:console", *SPAN, "--out", str(out)).code == 0
    assert "Regulatory monitoring: console" in out.read_text(encoding="utf-8")
