"""Every recorded answer of a real authority, through the real pipeline: what is kept is what the files hold, each time anew."""

import shutil
from fnmatch import fnmatch
from pathlib import Path

import pytest

from bot.store.database import Store
from tests.recorded import LISTS, PAYLOADS, SEQUENCES, UNREAD, Recording, needs_recordings
from tests.replay import described, replayed

EVERY = (*SEQUENCES, *LISTS)
pytestmark = needs_recordings


@pytest.mark.timeout(120)
@pytest.mark.parametrize("recording", EVERY, ids=[one.source for one in EVERY])
async def test_what_is_new_and_changed_is_what_the_files_hold_each_time(
    recording: Recording, store: Store, sqlite_made: Path, tmp_path: Path
) -> None:
    known = described(recording, tmp_path / "catalogue")
    kept = await replayed(recording, store, known)
    assert (kept.first, kept.new, kept.changed + kept.reshaped) == recording.expected()
    assert kept.entries >= recording.entries()
    shutil.copy(sqlite_made, tmp_path / "again.db")
    again = await Store.open(f"sqlite:///{tmp_path}/again.db")
    try:
        assert await replayed(recording, again, known) == kept
    finally:
        await again.close()


def test_every_recorded_file_is_replayed_or_named_with_the_reason_why_not() -> None:
    patterns = [*(one.files for one in EVERY), *UNREAD]
    files = [f"{path.parent.name}/{path.name}" for path in PAYLOADS.glob("*/*")]
    assert [file for file in files if not any(fnmatch(file, pattern) for pattern in patterns)] == []
    assert [pattern for pattern in patterns if not list(PAYLOADS.glob(pattern))] == []
