"""Tries one source live and says what it found; stores nothing."""

from bot.errors import SourceTrouble
from bot.model import Source, Validators, Word
from bot.sources import fetch, parse
from bot.sources.fetch import Fetcher, NotModified


class Checked(Word):
    """What a source answered: how many entries, or the trouble in a sentence."""

    source: str
    entries: int = 0
    trouble: str = ""

    def sentence(self) -> str:
        """For people: `ok, 20 entries`, or what went wrong."""
        return self.trouble or f"ok, {self.entries} entries"


async def check(fetcher: Fetcher, source: Source) -> Checked:
    """The source was asked once, with no memory of earlier answers."""
    try:
        answer = await fetch.source(fetcher, source, Validators())
        if isinstance(answer, NotModified):
            return Checked(source=source.id, trouble="answered 304 although it was not asked for changes only")
        entries = parse.entries(source, answer.body, answer.content_type, answer.url)
    except SourceTrouble as trouble:
        return Checked(source=source.id, trouble=trouble.sentence)
    return Checked(source=source.id, entries=len(entries), trouble="" if entries else "answered, but shows no entries")
