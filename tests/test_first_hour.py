"""What docs/first-hour.md tells a newcomer to type and to open is there, and its examples work."""

import re
import tomllib
from pathlib import Path

from bot.model import Source
from bot.sources import catalogue, parse
from handlers import commands

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "first-hour.md").read_text(encoding="utf-8")
MADE = {"handlers/tally.py", "tests/test_handlers_tally.py"}


def block(kind: str, number: int = 0) -> str:
    return re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)[number]


def test_every_file_it_names_exists_or_is_made_on_the_way() -> None:
    named = set(re.findall(r"(?<![\w./])((?:bot|handlers|schedules|tests)/[\w/]+(?:\.py|/))", PAGE)) | {"pyproject.toml", "CHANGELOG.md"}
    assert named >= {"handlers/commands.py", "schedules/poll.py", *MADE}
    assert {one for one in named if not (ROOT / one).exists()} == MADE


def test_the_source_it_adds_is_read_as_it_says(tmp_path: Path) -> None:
    (tmp_path / "example.toml").write_text(block("toml"), encoding="utf-8")
    source: Source = catalogue.load(tmp_path, only_own=True).get(tomllib.loads(block("toml"))["source"][0]["id"])
    (entry,) = parse.entries(source, block("xml").encode(), "", source.url)
    assert entry.title == "Draft guidance on decentralized clinical trials"


def test_what_it_changes_in_a_file_stands_there_around_the_change() -> None:
    table = (ROOT / "handlers" / "commands.py").read_text(encoding="utf-8")
    for number in range(2):
        before = [line[1:] for line in block("diff", number).splitlines() if not line.startswith("+")]
        assert "\n".join(before) in table


def test_the_command_it_adds_compiles_and_its_name_is_free() -> None:
    compile(block("python"), "handlers/tally.py", "exec")
    compile(block("python", 1), "tests/test_handlers_tally.py", "exec")
    assert "tally" not in {one.name for one in commands.TABLE}
