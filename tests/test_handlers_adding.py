"""A source is added from chat: the address is looked at by the schedules, shown, saved after a yes, and seen by its workspace alone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.audience import source_id
from bot.cards.form import Filled
from bot.errors import SourceTrouble
from bot.sources.catalogue import Catalogue
from bot.store import added_sources, items, outbox, places, search, sources, stories, watchlists
from bot.store.database import Store
from bot.watch import query as language
from handlers import adding
from handlers.grammar import Request
from handlers.reply import Context
from schedules.discovering import Discovering
from schedules.poll import Polling
from tests.builders import place, subscription, watchlist
from tests.fakes import Answer, FakeDoor, rss, trouble
from tests.test_handlers_commands import Talk, catalogue, source

URL = "https://example.org/news"


@pytest.fixture
def context(store: Store) -> Context:
    return Context(store=store, catalogue=catalogue(source("kr-press")), wait_seconds=5)


@asynccontextmanager
async def schedules(
    context: Context, talk: Talk, answer: Answer | list[Answer], known: Catalogue | None = None
) -> AsyncIterator[Discovering]:
    """The schedules run beside the chat, in front of a web that gives this answer at `news`."""
    work = Discovering(context.store, FakeDoor(news=answer), known or context.catalogue, lambda: talk.now)

    async def always() -> None:
        while True:
            await work.begin()
            await asyncio.sleep(0.05)

    task = asyncio.create_task(always())
    try:
        yield work
    finally:
        task.cancel()
        await work.finish(1)


@pytest.fixture
def talk(context: Context, now: datetime) -> Talk:
    return Talk(context, now, place=place("general"))


async def added(context: Context, talk: Talk, name: str = "") -> str:
    async with schedules(context, talk, rss("1=An old recall")):
        return await talk.says(f"source add {URL}{f' as {name}' if name else ''} yes")


async def test_an_address_is_shown_before_it_is_saved(context: Context, talk: Talk) -> None:
    async with schedules(context, talk, rss("1=A recall", "2=B", "3=C", "4=D")):
        reply = await talk.reply("source add example.org/news as Example News")
        card = reply.card.sections[0]
        text = "\n".join("".join(span.text for span in one) for one in card.lines)
        assert "This is a feed: Example News." in text
        assert "read every 30 min. 4 entries, the first:\n• A recall\n• B\n• C" in text
        assert [one.url for one in card.lines[2] if one.url] == ["https://example.org/1"]
        assert f'To go on, write /reg source add {URL} as "Example News" yes' in text
        async with context.store.read() as tx:
            assert await added_sources.in_workspace(tx, "W1") == []
        pressed = await talk.reply(f"{card.buttons[0].action} {card.buttons[0].value}")
    told = "\n".join("".join(span.text for span in one) for section in pressed.card.sections for one in section.lines)
    assert "Example News is added." in told
    assert "• Example News – feed, every 30 min" in told
    assert pressed.announce is not None
    async with context.store.read() as tx:
        assert [one.name for one in await added_sources.in_workspace(tx, "W1")] == ["Example News"]
        assert await added_sources.in_workspace(tx, "W2") == []


async def test_a_query_may_name_what_the_workspace_added_and_no_other_workspace_s(context: Context, talk: Talk) -> None:
    name = source_id("W1", URL)
    assert "There is no source" in await talk.says(f"search source:{name}")
    await added(context, talk, "Example")
    assert "There is no " not in await talk.says(f"search source:{name}")
    site = source("a")
    site = site.model_copy(update={"authority": site.authority.model_copy(update={"short": "example.net"})})
    assert set(context.known([site])["agency"]) == {"AKR", "example.net"}
    assert "There is no source" in await talk.says(f"search source:{source_id('W2', URL)}")


async def test_what_is_there_already_is_not_added_twice(context: Context, talk: Talk) -> None:
    await added(context, talk, "Example")
    assert "This workspace has it already: Example." in await talk.says(f"source add {URL}")
    assert "This workspace has it already: Example." in await talk.says(f"source add {URL} yes")


@pytest.mark.parametrize(
    ("typed", "answer", "says"),
    [
        ("", rss("A"), "Which address?"),
        ("https://a.org https://b.org", rss("A"), "One address is needed."),
        (URL, trouble("It did not answer."), f"{URL} cannot be added: It did not answer.\nCheck the spelling"),
        (URL, SourceTrouble("It refuses programs.", fault="blocked"), "RSSHub"),
        (URL, rss(), "shows no entry"),
    ],
)
async def test_a_refusal_says_why_and_what_to_do(context: Context, talk: Talk, typed: str, answer: Answer, says: str) -> None:
    async with schedules(context, talk, answer):
        assert says in await talk.says(f"source add {typed}")


async def test_a_source_of_the_catalogue_is_named_in_the_place_of_a_second_one(context: Context, talk: Talk) -> None:
    known = catalogue(source("kr-press", url="http://www.example.org/news/"), source("kr-old", url=f"{URL}2", enabled=False))
    async with schedules(context, talk, rss("A"), known):
        assert "That is in the catalogue: News kr-press (kr-press). It is polled already." in await talk.says(f"source add {URL}")
        assert "It is switched off: no reason is given." in await talk.says(f"source add {URL}2")


async def test_a_bug_of_ours_is_no_endless_wait_and_the_answer_comes_later_where_it_was_asked(context: Context, now: datetime) -> None:
    hasty = Talk(replace(context, wait_seconds=0.3), now, place=place("general"))
    assert "The answer will come here." in await hasty.says(f"source add {URL} as Mine")
    async with schedules(context, hasty, rss("1=A recall")) as work:
        await asyncio.gather(*await work.begin())
        async with asyncio.timeout(10):
            while True:
                async with context.store.write() as tx:
                    claimed = await outbox.claim(tx, hasty.now, timedelta(minutes=1))
                if claimed:
                    break
                await asyncio.sleep(0.05)
    (found,) = claimed
    assert found.notice is not None
    assert found.place == hasty.place.id
    assert found.notice.lines == (
        f"{URL} can be read: Mine, 1 entry.",
        "• A recall",
        f"To see and add it, write: /reg source add {URL}",
    )
    assert "Mine is added" in await hasty.says(f"source add {URL} yes")


async def test_removing_asks_first_keeps_what_came_and_names_what_there_is(context: Context, talk: Talk) -> None:
    await added(context, talk, "Example News")
    assert "There are: Example News." in await talk.says("source remove Nothing")
    assert "Example News will be read no more" in await talk.says("source remove example news")
    told = await talk.says('source remove "Example News" yes')
    assert "Example News is removed." in told
    assert "This workspace has added no sources." in told
    assert "It has added none." in await talk.says("source remove Example News")


async def test_added_sources_are_listed_for_their_workspace_only(context: Context, talk: Talk) -> None:
    await added(context, talk, "Example News")
    stranger = Talk(context, talk.now, place=place("general", workspace="W2"))
    assert "Example News (added here) – not read yet" in await talk.says("sources")
    for typed in ("sources", "health", "source remove Example News yes"):
        assert "Example News (added" not in await stranger.says(typed)


def polling(store: Store, known: Catalogue, **scripts: Answer | list[Answer]) -> Polling:
    return Polling(store, FakeDoor(**scripts), known)


async def subscribed(store: Store, workspace: str) -> None:
    where, what = place("general", workspace=workspace), watchlist("recall", workspace=workspace)
    async with store.write() as tx:
        await places.ensure(tx, where)
        await watchlists.add(tx, what)
        await places.subscribe(tx, subscription(what, where))


async def test_what_an_added_source_brings_reaches_its_workspace_and_nobody_else(context: Context, talk: Talk, store: Store) -> None:
    """Alerts, search, counting, backtests and looking an item up: none of them tells another workspace anything."""
    await added(context, talk, "Example News")
    for workspace in ("W1", "W2"):
        await subscribed(store, workspace)
    work = polling(store, Catalogue({}, {}), news=[rss("1=An old recall"), rss("1=An old recall", "2=A secret recall")])
    (first,) = await work.due(talk.now)
    assert (first.baseline, first.owed) == (True, 0)
    (second,) = await work.due(talk.now + timedelta(hours=1))
    assert second.owed == 1
    async with store.read() as tx:
        (waiting,) = await outbox.waiting_places(tx, talk.now + timedelta(hours=1), ["console"])
        assert waiting.workspace == "W1"
        wanted, start = language.parse("recall"), talk.now - timedelta(days=90)
        for workspace, seen in (("W1", 2), ("W2", 0), (None, 2)):
            assert await search.count(tx, wanted, workspace=workspace) == seen
            assert len(await search.find(tx, wanted, workspace=workspace, limit=9)) == seen
            assert len((await search.since(tx, wanted, start, workspace=workspace, now=talk.now)).found) == seen
            assert await search.count_since(tx, start, workspace=workspace) == seen
            assert (await items.find(tx, "https://example.org/2", workspace=workspace) is not None) == bool(seen)
    stranger = Talk(context, talk.now, place=place("general", workspace="W2"))
    assert "secret" in await talk.says("search recall")
    for typed in ("search recall", "watch test recall", "watch add recall OR secret as Spy", "search secret", "share recall"):
        assert "secret recall" not in await stranger.says(typed)


async def test_an_item_of_an_added_source_names_it_as_its_workspace_does(context: Context, talk: Talk, store: Store) -> None:
    await added(context, talk, "Example News")
    await polling(store, Catalogue({}, {}), news=[rss("1=An old recall")]).due(talk.now)
    for typed in ("item https://example.org/1", "why https://example.org/1"):
        said = await talk.says(typed)
        assert "Example News" in said
        assert "added-" not in said
        assert "\n\n\n" not in said


async def test_two_workspaces_with_one_address_each_have_their_own_items(context: Context, talk: Talk, store: Store) -> None:
    await added(context, talk)
    await added(context, Talk(context, talk.now, place=place("general", workspace="W2")))
    for workspace in ("W1", "W2"):
        await subscribed(store, workspace)
    work = polling(store, Catalogue({}, {}), news=[rss("1=Old"), rss("1=Old", "2=A recall")])  # the address is asked once for both
    await work.due(talk.now + timedelta(minutes=1))
    assert [one.owed for one in await work.due(talk.now + timedelta(hours=2))] == [1, 1]
    async with store.read() as tx:
        assert await search.count(tx, language.parse("recall"), workspace="W1") == 1
        assert await stories.count(tx) == 0  # they share their links and titles, but a story would show one to the other


async def test_a_source_removed_and_added_again_alerts_nobody_of_what_came_meanwhile(context: Context, talk: Talk, store: Store) -> None:
    await added(context, talk, "Example")
    await subscribed(store, "W1")
    work = polling(
        store, Catalogue({}, {}), news=[rss("1=Old"), rss("1=Old", "2=A recall"), rss("1=Old", "2=A recall", "3=Another recall")]
    )
    await work.due(talk.now)
    await talk.says("source remove Example yes")
    assert await work.due(talk.now + timedelta(hours=1)) == []
    talk.now += timedelta(hours=2)
    await added(context, talk, "Example")
    async with store.read() as tx:
        assert len(await sources.all(tx)) == 1
    (again,) = await work.due(talk.now)
    assert (again.baseline, again.owed) == (True, 0)
    (later,) = await work.due(talk.now + timedelta(hours=1))
    assert later.owed == 1


async def test_without_an_address_a_form_asks_and_what_is_wrong_stands_beside_its_field(talk: Talk) -> None:
    request = Request(actor="console:W1:ana", place=talk.place, words="source add", now=talk.now, prefix="/reg ")
    form = await adding.form(request, "", talk.context)
    assert form is not None
    assert [one.name for one in form.fields] == ["address", "name"]
    filled = Filled(values={"address": ("not an address",), "name": ("News",)}, done=True)
    reply = await adding.filled(request, filled, talk.context)
    assert reply.form is not None
    assert reply.form.fields[0].error
