"""Modules that are read when they are first used."""

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from bot.lazy import lazy


def test_a_module_is_read_at_its_first_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lately").mkdir()
    (tmp_path / "lately" / "__init__.py").write_text("")
    (tmp_path / "lately" / "slow.py").write_text("import lately\nlately.read = True\nanswer = 42\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    slow, package = lazy("lately.slow"), sys.modules["lately"]
    assert not hasattr(package, "read")
    assert slow.answer == 42
    assert package.read is True
    assert lazy("lately.slow") is slow is package.slow


def test_a_module_that_does_not_exist_is_missed_at_once() -> None:
    with pytest.raises(ImportError, match=r"no module bot\.nothing"):
        lazy("bot.nothing")


def test_matching_items_waits_for_no_database_and_no_platform(tmp_path: Path) -> None:
    (tmp_path / "items.jsonl").write_text('{"id": "a", "title": "Recall"}\n')
    told = "print(sorted({'sqlalchemy', 'slack_bolt', 'alembic'} & sys.modules.keys()))"
    script = f"import sys\nfrom bot.__main__ import main\ntry:\n    main()\nexcept SystemExit:\n    {told}\n"
    words = ["match", "--query", "recall", "--items", "items.jsonl"]
    done = subprocess.run([sys.executable, "-c", script, *words], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_bot_of_whom_nobody_wants_traces_reads_no_library_for_them() -> None:
    script = """
        import os, sys
        for name in [one for one in os.environ if one.startswith("OTEL_")]:
            del os.environ[name]
        from bot import app
        with app.wanted(app.now) as traces:
            traces.span("poll", "p", 0.0, {"source": "a"})
        print(sorted(one for one in sys.modules if one.startswith("opentelemetry")))
    """
    done = subprocess.run([sys.executable, "-c", dedent(script)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
