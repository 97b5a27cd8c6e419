"""What SECURITY.md promises is held by tests that exist, and the ways of fuzzing run."""

import re
from pathlib import Path

from tests import fuzz

ROOT = Path(__file__).resolve().parent.parent


def test_every_promise_names_tests_that_exist() -> None:
    rows = re.findall(r"^\| (.+) \| (.*`test_.+) \|$", (ROOT / "SECURITY.md").read_text(encoding="utf-8"), re.MULTILINE)
    named = {name for _, tests in rows for name in re.findall(r"`(test_\w+)`", tests)}
    known = {
        name for path in (ROOT / "tests").rglob("test_*.py") for name in re.findall(r"def (test_\w+)\(", path.read_text(encoding="utf-8"))
    }
    assert len(rows) > 20
    assert named - known == set()


def test_a_sample_is_torn_as_it_was_drawn() -> None:
    assert fuzz.torn(b"0123456789", [(0.5, 2, "swap", b"ab"), (0, 1, "double", b"")]) == b"001234ab789"
    assert fuzz.torn(b"0123456789", [(0.2, 3, "cut", b""), (1, 9, "put", b"!")]) == b"0156789!"


def test_each_part_of_fuzzing_has_its_properties() -> None:
    assert {name: len(found) > 3 for name, found in fuzz.PARTS.items()} == {"parsers": True, "query": True}
