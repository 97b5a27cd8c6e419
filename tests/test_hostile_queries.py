"""Whatever is typed as a query is answered within a second by a result or by what to do about it, and nothing inside is shown.

Through search and watch add in chat on both databases, through the matcher, and through the commands `search`, `match` and `watch`,
which are run in this process. A second of work, not of the clock: the machine may have others to serve.
"""

import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from functools import _lru_cache_wrapper
from itertools import cycle
from pathlib import Path

import pytest

from bot.cards.console import render
from bot.errors import UserMistake
from bot.model import Item
from bot.store import index_syntax, items, narrowing, search
from bot.store.database import Store
from bot.watch import holds, senses, terms, thesaurus
from bot.watch import query as language
from bot.watch.matcher import Matcher
from handlers.reply import Context, Reply
from tests.builders import NOW, item
from tests.command_line import Regwatch
from tests.hostile_queries import HOSTILE
from tests.test_handlers_commands import Talk, catalogue, source

PATIENCE = 1.0
"""Seconds for one answer."""
INSIDE = re.compile(
    r"traceback|sqlalchemy|sqlite3|asyncpg|fts5|tsquery|syntax error|operationalerror|exception|\.py\b|0x[0-9a-f]{6}", re.IGNORECASE
)
COMMANDS = ("search --", "watch test", "match --items items.jsonl --query")
KINDS = pytest.mark.parametrize("kind", list(HOSTILE))


@pytest.fixture
async def talk(store: Store) -> AsyncIterator[Talk]:
    """Somebody in a workspace where much has been collected: short items, long ones, and odd ones."""
    async with store.write() as tx:
        await items.add_all(tx, [items.Kept(one, one.id, one.id, "new") for one in _collected()])
    Matcher({"warm": language.parse("DCT")}).match(item("reads what every query needs"))
    yield Talk(Context(store=store, catalogue=catalogue(source("kr-press")), query_limit=language.LONGEST), NOW)
    async with store.read() as tx:
        assert len(await search.find(tx, language.parse("healthy"), workspace="W1", limit=9)) == 1, "the database works as before"


def _collected() -> Iterator[Item]:
    yield item("All is healthy")
    for number in range(4):
        yield item(f"Recall of device {number}", summary="word1 word2 a b trial 임상시험 临床试验 DCT", published=NOW)
    yield item("A long one", text="recall device trial remote word1 a1 b1 " * 100)
    yield item("한 긴 글", text="임상시험 가이드라인 " * 100, language="ko")
    yield item("ﬁnal İstanbul 👨\u200d👩\u200d👧 𠮷 \u202erecall", text="e\u0301" * 300)


async def timed(answer: Callable[[], Awaitable[str]]) -> tuple[str, float]:
    """The answer and how many seconds this process worked on it."""
    begun = time.process_time()
    shown = await answer()
    return shown, time.process_time() - begun


def forget_concepts() -> None:
    """What is worked out of queries and concepts at first sight; what is read once for all, like the vocabulary, stays.

    Once for each kind of query: a concept is new to the first of them that names it.
    """
    for module in (narrowing, index_syntax, thesaurus, terms, holds, senses):
        for one in vars(module).values():
            if isinstance(one, _lru_cache_wrapper) and one.__module__ == module.__name__ and one.cache_parameters()["maxsize"] != 1:
                one.cache_clear()


def fault(query: str, shown: str, seconds: float) -> str:
    """What is wrong with an answer, "" if nothing."""
    leaked = INSIDE.search(shown)
    if leaked and leaked[0].casefold() not in query.casefold():
        return f"shows {leaked[0]!r}"
    return f"took {seconds:.2f} s" if seconds > PATIENCE else "" if shown.strip() else "says nothing"


def shown(reply: Reply) -> str:
    """The answer as a terminal shows it, which every terminal can."""
    card = render(reply.card, 100, color=False)
    card.encode()
    return card


@KINDS
@pytest.mark.parametrize("command", ["search", "watch add"])
async def test_chat_answers_whatever_is_typed(talk: Talk, kind: str, command: str) -> None:
    wrong = []
    forget_concepts()
    for query in HOSTILE[kind]:

        async def answer(query: str = query) -> str:
            return shown(await talk.reply(f"{command} {query}"))

        if found := fault(query, *await timed(answer)):
            wrong.append((query[:80], found))
    assert wrong == []


@KINDS
def test_a_query_matches_or_is_a_mistake_that_can_be_shown(kind: str) -> None:
    collected = list(_collected())
    Matcher({"warm": language.parse("DCT")}).match(collected[0])
    wrong = []
    forget_concepts()
    for query in HOSTILE[kind]:
        begun = time.process_time()
        with suppress(UserMistake):
            matcher = Matcher({"one": language.saveable(language.parse(query, limit=language.LONGEST))})
            for one in collected:
                matcher.match(one)
        if (seconds := time.process_time() - begun) > PATIENCE:
            wrong.append((query[:80], seconds))
    assert wrong == []


@KINDS
def test_the_command_line_answers_or_says_in_a_line_what_to_do(regwatch: Regwatch, tmp_path: Path, kind: str) -> None:
    lines = "".join(f"{one.model_dump_json()}\n" for one in _collected())
    (tmp_path / "items.jsonl").write_text(lines, encoding="utf-8")
    regwatch("search", "recall")  # makes the database, and reads what every command needs
    wrong = []
    forget_concepts()
    for query, command in zip(HOSTILE[kind], cycle(COMMANDS), strict=False):  # each reads a query by the same function
        begun = time.process_time()
        code, out, error = regwatch(*command.split(), query)
        found = fault(query, out + error or "nothing found", time.process_time() - begun)
        if code not in (0, 1) or (code and not error.startswith("error: ")):
            found = f"ends with {code}: {error[:200]}"
        if found:
            wrong.append((query[:80], found))
    assert wrong == []


def test_there_are_more_than_300_of_them_and_none_twice_in_a_kind() -> None:
    assert sum(map(len, HOSTILE.values())) >= 300
    assert {kind: len(queries) for kind, queries in HOSTILE.items()} == {kind: len(set(queries)) for kind, queries in HOSTILE.items()}
