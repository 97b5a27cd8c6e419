"""The message extension of Teams: people search beside the box they write in, and put items into any conversation."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot import audience
from bot.items.normalise import canonical
from bot.model import Item
from bot.store import items
from bot.store.database import Store
from tests import builders
from tests.teams_doors import GROUP, buttons_of, words_of
from tests.teams_world import World, world

Json = dict[str, Any]


@pytest.fixture
async def teams(store: Store) -> AsyncIterator[World]:
    async with world(store) as made:
        yield made


async def keep(store: Store, *found: Item) -> None:
    async with store.write() as tx:
        for one in found:
            await items.add(tx, one, f"print of {one.title}", link=canonical(one.url or "") or "", why="new")


def item(title: str, **more: Any) -> Item:
    return builders.item(title, detected=datetime.now(UTC) - timedelta(days=1), **more)


async def invoke(teams: World, name: str, value: object) -> Json:
    answer = await teams.door.send(teams.door.activity("invoke", GROUP, name=f"composeExtension/{name}", value=value))
    assert answer.status == 200
    shown: Json = answer.body["composeExtension"]
    return shown


async def search(teams: World, words: str, **options: int) -> Json:
    asked = {"commandId": "search", "parameters": [{"name": "query", "value": words}], "queryOptions": options or {"skip": 0, "count": 25}}
    return await invoke(teams, "query", asked)


async def test_a_search_lists_items_and_the_one_that_is_picked_becomes_a_card(teams: World, store: Store) -> None:
    await keep(store, item("A new guideline"), item("Recall of a stent"), item("Recall of a pump"))
    found = await search(teams, "recall")
    previews = [one["preview"]["content"] for one in found["attachments"]]
    assert [one["title"] for one in previews] == ["Recall of a pump", "Recall of a stent"]
    assert "MFDS" in previews[0]["text"]
    picked = found["attachments"][1]["content"]  # Teams puts it into the conversation
    assert "Recall of a stent" in words_of(picked)
    assert [one["type"] for one in buttons_of(picked).values()] == ["Action.OpenUrl"]
    assert teams.teams.calls == []


async def test_a_client_that_leaves_the_name_of_the_only_parameter_out_is_understood(teams: World, store: Store) -> None:
    await keep(store, item("Recall of a stent"))
    for nameless in ({"value": "recall"}, {"name": "", "value": "recall"}):
        (found,) = (await invoke(teams, "query", {"commandId": "", "parameters": [nameless]}))["attachments"]
        assert "Recall of a stent" in words_of(found["content"])


async def test_the_list_goes_on_where_it_ended(teams: World, store: Store) -> None:
    await keep(store, *(item(f"Recall {number}") for number in reversed(range(7))))
    pages = [await search(teams, "recall", skip=skip, count=3) for skip in (0, 3, 6, 9)]
    titles = [[one["preview"]["content"]["title"] for one in page["attachments"]] for page in pages]
    assert titles == [["Recall 0", "Recall 1", "Recall 2"], ["Recall 3", "Recall 4", "Recall 5"], ["Recall 6"], []]


@pytest.mark.parametrize(
    ("words", "told"),
    [("", "Type what to search for"), ("nothing like this", "Nothing collected so far"), ('"open', "no partner"), ("lang:xx", "lang")],
)
async def test_what_finds_nothing_is_answered_in_words(teams: World, words: str, told: str) -> None:
    found = await search(teams, words)
    assert found["type"] == "message"
    assert told in found["text"]


async def test_a_link_to_a_known_item_is_shown_as_its_card_and_another_is_left_alone(teams: World, store: Store) -> None:
    await keep(store, item("Recall of a pump", url="https://example.org/recalls/1"))
    (shown,) = (await invoke(teams, "queryLink", {"url": "https://example.org/recalls/1?utm_source=mail"}))["attachments"]
    assert "Recall of a pump" in words_of(shown["content"])
    assert (await invoke(teams, "queryLink", {"url": "https://example.org/other"}))["attachments"] == []


async def test_what_another_workspace_added_is_not_found(teams: World, store: Store) -> None:
    await keep(store, item("Recall of a secret", source=f"{audience.prefix('another')}theirs", url="https://example.org/secret"))
    assert (await search(teams, "recall"))["type"] == "message"
    assert (await invoke(teams, "queryLink", {"url": "https://example.org/secret"}))["attachments"] == []


async def test_titles_of_strangers_are_only_text(teams: World, store: Store) -> None:
    await keep(store, item("Recall <img src=https://evil.test/x.png> [FDA](https://evil.test) <at>Ana</at>"))
    (shown,) = (await search(teams, "recall"))["attachments"]
    assert "<" not in shown["preview"]["content"]["title"]
    assert {one["type"] for one in shown["content"]["body"]} <= {"RichTextBlock", "ActionSet"}


ODD = [None, 5, "text", [], {"parameters": 5}, {"parameters": [5]}, {"parameters": [{"name": "query", "value": 5}]}]


@pytest.mark.parametrize("value", ODD)
async def test_odd_questions_are_answered_and_not_failed(teams: World, value: object) -> None:
    assert (await invoke(teams, "query", value))["type"] == "message"


async def test_what_we_do_not_offer_is_said_so(teams: World) -> None:
    answer = await teams.door.send(teams.door.activity("invoke", GROUP, name="composeExtension/setting", value={}))
    assert answer.status == 501
