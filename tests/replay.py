"""Replays recorded answers to the real pipeline and counts what it keeps."""

import textwrap
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from bot.sources import catalogue
from bot.sources.catalogue import Catalogue
from bot.sources.door import Fetched
from bot.store.database import Store
from schedules.poll import Polling
from tests.fakes import FakeDoor
from tests.recorded import Recording

START = datetime(2026, 7, 1, tzinfo=UTC)


class Kept(NamedTuple):
    """What a sequence of answers brought: entries in all its files, items of the first, later new ones and changed ones.

    `reshaped` are changes of nearly all items at once, which are kept and not told; `refused` are files that ended in trouble.
    """

    files: int
    entries: int
    first: int
    new: int
    changed: int
    reshaped: int
    refused: int


def described(recording: Recording, folder: Path) -> Catalogue:
    """A catalogue of this source alone, read from a file in a new folder as a user would write it."""
    text = f"""\
        [authority]
        id = "{recording.source}"
        name = "{recording.source}"
        jurisdiction = "{recording.source[:2].upper()}"

        [[source]]
        id = "{recording.source}"
        name = "{recording.source}"
        language = "en"
        tier = "official"
        url = "https://recorded.example/{recording.source}"
        """
    folder.mkdir()
    (folder / "own.toml").write_text(textwrap.dedent(text) + recording.table + "\n", encoding="utf-8")
    return catalogue.load(folder, only_own=True)


async def replayed(recording: Recording, store: Store, known: Catalogue) -> Kept:
    """Every recorded answer of this source is polled in its order, a day apart."""
    url = known.get(recording.source).url
    answers = [Fetched(status=200, body=one.body, url=url, content_type=one.content_type) for one in recording.bodies()]
    pipeline = Polling(store, FakeDoor(**{recording.source: answers}), known)
    polls = [(await pipeline.due(START + timedelta(days=day)))[0] for day in range(len(answers))]
    return Kept(
        len(polls),
        sum(one.entries for one in polls),
        len(polls[0].new),
        sum(len(one.new) for one in polls[1:]),
        sum(len(one.changed) for one in polls),
        sum(one.noisy for one in polls),
        sum(bool(one.trouble) for one in polls),
    )
