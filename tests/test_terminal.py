"""The command in a real terminal, and without one: Ctrl-C, closed streams, readers that leave, encodings without our letters."""

import json
import os
import pty
import signal
import subprocess
import sys
import time
from codecs import getincrementaldecoder
from pathlib import Path

COMMAND = [sys.executable, "-m", "bot"]
ROOT = Path(__file__).resolve().parent.parent


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("REGWATCH_")}
    return {**kept, "PYTHONPATH": str(ROOT), "TERM": "dumb", **more}


def shell(words: str, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """A line of shell in which `$R` is the command."""
    line = words.replace("$R", " ".join(COMMAND))
    run = ["bash", "-c", line]
    done = subprocess.run(run, cwd=folder, env=environment(**more), capture_output=True, text=True, check=False, timeout=60)
    assert "Traceback" not in done.stdout + done.stderr
    return done


class Terminal:
    """A process of the command in a terminal of its own."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execve(COMMAND[0], [*COMMAND, *words], environment())
        self.shown = ""
        self._read = 0
        self._letters = getincrementaldecoder("utf-8")()

    def wait_for(self, text: str) -> None:
        """Reads until the text is shown, after what was waited for before."""
        until = time.monotonic() + 30
        while text not in self.shown[self._read :] and time.monotonic() < until:
            try:
                self.shown += self._letters.decode(os.read(self._fd, 65536))
            except OSError:  # Linux says so when the other side of a terminal is closed
                break
        assert text in self.shown[self._read :]
        self._read = self.shown.index(text, self._read) + len(text)

    def type(self, text: str) -> None:
        os.write(self._fd, text.encode())

    def code(self, *, typing: str = "", each: float = 1.0) -> int:
        """The exit code, awaited for ten seconds at most, typing `each` so many seconds: Python misses a key between two of its steps."""
        until, next_key = time.monotonic() + 10, time.monotonic()
        while time.monotonic() < until:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                os.close(self._fd)
                return os.waitstatus_to_exitcode(status)
            if typing and time.monotonic() >= next_key:
                self.type(typing)
                next_key += each
            time.sleep(0.01)
        os.kill(self.pid, signal.SIGKILL)
        raise AssertionError("it did not end")


def test_a_person_sees_a_caret_under_the_mistake(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, "search", "recall agncy:MFDS")
    terminal.wait_for("^")
    first, shown, caret = terminal.shown.splitlines()[:3]
    assert first.startswith("error: There is no field")
    assert shown.index("agncy") == caret.index("^")
    assert terminal.code() == 1


def test_ctrl_c_at_the_prompt_leaves_at_once(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, "chat")
    terminal.wait_for("console> ")
    terminal.type("half a comm")
    terminal.wait_for("half a comm")
    assert terminal.code(typing="\x03") == 130


def test_ctrl_c_pressed_many_times_leaves_as_if_pressed_once(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, "chat")
    terminal.wait_for("console> ")
    assert terminal.code(typing="\x03", each=0.02) == 130
    assert "Traceback" not in terminal.shown


def test_the_end_of_input_at_the_prompt_leaves_well_and_empty_lines_ask_again(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, "chat")
    terminal.wait_for("console> ")
    terminal.type("\nwatch add “분산형 임상시험” as 임상\n")
    terminal.wait_for("is saved")
    terminal.wait_for("console> ")
    terminal.type("\x04")
    assert terminal.code() == 0
    assert "I watch regulators" not in terminal.shown


def test_a_reader_that_leaves_ends_the_output_quietly(tmp_path: Path) -> None:
    done = shell("$R sources list --json | head -1; exit ${PIPESTATUS[0]}", tmp_path)
    assert json.loads(done.stdout)["id"]
    assert (done.returncode, done.stderr) in ((141, ""), (0, ""))
    done = shell("(sleep 0.1; $R sources list) | true; exit ${PIPESTATUS[0]}", tmp_path)
    assert (done.returncode, done.stderr) == (141, "")


def test_a_full_disk_under_the_output_is_one_line(tmp_path: Path) -> None:
    done = shell("$R chat help > /dev/full", tmp_path)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "error: Standard output cannot be written: No space left on device. What was printed is not the whole."
    ]


def test_closed_streams_are_empty_ones(tmp_path: Path) -> None:
    assert shell("$R chat <&-", tmp_path).returncode == 0
    assert shell("$R chat help >&-", tmp_path).returncode == 0
    assert shell("$R fetch nonsense 2>&-", tmp_path).returncode == 1
    assert shell("$R parse - <&-", tmp_path).stderr.startswith("error: ")
    assert shell("$R match --query recall --items - <&-", tmp_path).returncode == 0


def test_where_the_encoding_lacks_our_letters_text_is_readable_and_json_whole(tmp_path: Path) -> None:
    ascii_only = {"PYTHONIOENCODING": "ascii"}
    assert "kr-mfds-press" in shell("$R sources list KR", tmp_path, **ascii_only).stdout
    records = [json.loads(line) for line in shell("$R sources list KR --json", tmp_path, **ascii_only).stdout.splitlines()]
    assert any("히트뉴스" in one["name"] for one in records)


def test_without_a_home_and_with_the_barest_environment_it_works(tmp_path: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "chat", "help"], cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True
    )
    assert "watch add" in done.stdout


def test_a_fault_of_our_own_is_told_without_its_insides(tmp_path: Path) -> None:
    code = """
import sys
from bot.__main__ import main
sys.argv = ["regwatch", "--version"]
try:
    main()
except SystemExit:
    raise ValueError("inside") from None
"""
    run = [sys.executable, "-c", code]
    done = subprocess.run(run, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("error: Regwatch itself failed (ValueError).")
    assert len(done.stderr.splitlines()) == 1
    shown = subprocess.run(run, cwd=tmp_path, env=environment(REGWATCH_TRACEBACK="1"), capture_output=True, text=True, check=False)
    assert "inside" in shown.stderr
