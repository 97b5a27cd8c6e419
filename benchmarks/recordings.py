"""What the recorded answers of real authorities hold, as the pipeline keeps it: writes docs/recordings.md.

The recordings are not part of the project; whoever has them lays them beside the checkout as `../shared`. Without them nothing is written.

    python benchmarks/recordings.py
"""

import asyncio
import logging
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import structlog

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bot.store import migrate  # noqa: E402
from bot.store.database import Store  # noqa: E402
from tests.recorded import LISTS, PAYLOADS, SEQUENCES, UNREAD, Recording  # noqa: E402
from tests.replay import Kept, described, replayed  # noqa: E402

HEAD = """\
# Recorded answers

Real answers of authorities, recorded by others over time, are replayed to the pipeline in their order. `benchmarks/recordings.py`
writes this page; the recordings themselves are not part of the project. Entries are counted over all files; items of the first file
are its baseline; new and changed are what the later files brought. Changes of nearly all items at once are taken for a new form of the
source: they are kept as versions and not told. A file that lists nothing where there was something is refused as trouble. A test counts
the same in the files without any code of ours, replays each twice on SQLite and PostgreSQL, and finds the same.

| recording | files | entries | items of the first | new | changed | changed all at once | files refused |
| --- | --- | --- | --- | --- | --- | --- | --- |
"""


async def kept(recording: Recording) -> Kept:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/kept.db"
        await migrate.upgrade(url)
        store = await Store.open(url)
        try:
            return await replayed(recording, store, described(recording, Path(folder) / "catalogue"))
        finally:
            await store.close()


def spaced(name: str) -> str:
    """The name of a recording, which is none of a shipped source."""
    return name.replace("-", " ").replace("*", "…")


def page() -> Iterator[str]:
    yield HEAD
    for one in sorted((*SEQUENCES, *LISTS), key=lambda one: one.source):
        yield f"| {spaced(one.source)} | {' | '.join(map(str, asyncio.run(kept(one))))} |\n"
    yield "\nNot replayed, with the reason:\n\n"
    for files, why in sorted(UNREAD.items()):
        yield f"- {spaced(files.removesuffix('/*'))} ({len(list(PAYLOADS.glob(files)))}): {why}.\n"


def main() -> None:
    """Writes the page, if the recordings are at hand."""
    if not PAYLOADS.is_dir():
        print("The recorded answers are not beside this checkout; docs/recordings.md stays as it is.")
        return
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    text = "".join(page())
    (ROOT / "docs" / "recordings.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
