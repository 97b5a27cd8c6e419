"""The log serves the work it tells of, and never stops it."""

import subprocess
import sys
from pathlib import Path

SAYING = "import structlog; from bot import logs; logs.begin(); structlog.get_logger().warning('told'); print('the work goes on')"


def _with_stderr(path: Path) -> str:
    with path.open("w") as stderr:
        done = subprocess.run([sys.executable, "-c", SAYING], stdout=subprocess.PIPE, stderr=stderr, text=True, check=False)
    return done.stdout


def test_a_line_that_cannot_be_written_is_lost_and_nothing_else() -> None:
    assert _with_stderr(Path("/dev/full")) == "the work goes on\n"


def test_a_line_that_can_be_written_is(tmp_path: Path) -> None:
    assert _with_stderr(tmp_path / "log") == "the work goes on\n"
    assert "told" in (tmp_path / "log").read_text()
