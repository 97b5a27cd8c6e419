"""Searching in chat: pages, orders, what a found item shows, and sharing a page with everybody; on both databases."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.cards.card import Button, as_text
from bot.cards.form import Filled
from bot.model import Item
from bot.store import items
from bot.store.database import Store
from bot.wordlist import day
from handlers import answering
from handlers.grammar import Request
from handlers.reply import Context, Reply
from tests import builders
from tests.builders import NOW
from tests.test_handlers_commands import Talk, catalogue, source


@pytest.fixture
def talk(store: Store) -> Talk:
    return Talk(Context(store=store, catalogue=catalogue()), NOW)


async def keep(store: Store, *kept: Item | str) -> None:
    found = [one if isinstance(one, Item) else builders.item(one, detected=NOW + timedelta(minutes=n)) for n, one in enumerate(kept)]
    async with store.write() as tx:
        await items.add_all(tx, [items.Kept(one, one.id, one.url or "", "new") for one in found])


def buttons(reply: Reply) -> dict[str, Button]:
    return {button.label: button for section in reply.card.sections for button in section.buttons}


async def press(talk: Talk, reply: Reply, label: str) -> Reply:
    button = buttons(reply)[label]
    return await talk.reply(f"{button.action} {button.value}")


async def test_search_shows_five_a_page_newest_first(talk: Talk, store: Store) -> None:
    await keep(store, *(f"Recall number {number}" for number in range(1, 13)))
    first = await talk.reply("search recall")
    shown = as_text(first.card)
    assert "12 items for recall – page 1 of 3, newest first." in shown
    assert shown.index("number 12") < shown.index("number 8")
    assert "number 7" not in shown
    assert list(buttons(first)) == ["Next", "Filter", "Save as watchlist", "Share to channel"]
    second = await press(talk, first, "Next")
    assert "page 2 of 3" in as_text(second.card)
    assert list(buttons(second))[:2] == ["Previous", "Next"]
    last = await press(talk, second, "Next")
    assert "number 1" in as_text(last.card)
    assert "Next" not in buttons(last)
    assert "There is no page 9. The last: /reg search recall page 3" in await talk.says("search recall page 9")
    assert first.private


@pytest.mark.parametrize("words", ["search recall", "item {id}", "why {id}", "watch test recall", "triage"])
async def test_a_day_is_the_one_the_authority_wrote_wherever_an_item_is_shown(store: Store, words: str) -> None:
    talk = Talk(Context(store=store, catalogue=catalogue(source("kr-news", timezone="Asia/Seoul"))), NOW)
    midnight = datetime(NOW.year, NOW.month, NOW.day, tzinfo=ZoneInfo("Asia/Seoul"))
    one = builders.item("A recall", source="kr-news", published=midnight, detected=NOW)
    await keep(store, one)
    await talk.says(f"status {one.id} relevant")
    assert f"published {day(midnight)}" in await talk.says(words.format(id=one.id))


async def test_search_marks_the_words_that_matched(talk: Talk, store: Store) -> None:
    await keep(store, "Recall of a device")
    card = (await talk.reply("search recall")).card
    assert [span.text for section in card.sections for one in section.lines for span in one if span.match] == ["Recall"]


async def test_a_search_that_finds_nothing_says_what_to_do(talk: Talk) -> None:
    shown = await talk.says("search unheard sort:relevance")
    assert "Nothing collected so far matches unheard." in shown
    assert "/reg watch add unheard" in shown


async def test_the_most_relevant_come_first_when_asked_for_on_every_page(talk: Talk, store: Store) -> None:
    await keep(store, "Recall of a device", *(builders.item(f"News {number}", text="A recall.") for number in range(6)))
    first = await talk.reply("search recall sort:relevance")
    shown = as_text(first.card)
    assert "7 items for recall – page 1 of 2, most relevant first." in shown
    assert shown.index("Recall of a device") < shown.index("News 5")
    assert buttons(first)["Next"].value == "recall sort:relevance page 2"
    second = as_text((await press(talk, first, "Next")).card)
    assert "page 2 of 2, most relevant first" in second
    assert "News 0" in second
    assert "Recall of a device" not in await talk.says("search recall sort:newest")


@pytest.mark.parametrize(
    "typed", ["search recall page 2 sort:relevance", "search sort:best recall page 2", "search recall SORT:relevance page 2"]
)
async def test_the_order_may_stand_anywhere(talk: Talk, store: Store, typed: str) -> None:
    await keep(store, *(f"Recall {number}" for number in range(7)))
    assert "7 items for recall – page 2 of 2, most relevant first." in await talk.says(typed)


async def test_an_order_there_is_not_is_pointed_at(talk: Talk) -> None:
    shown = await talk.says("search recall sort:alphabet")
    assert "sorted by newest or by relevance" in shown
    assert "recall sort:alphabet\n" in shown
    assert 'Nothing collected so far matches "sort:alphabet"' in await talk.says('search "sort:alphabet"')


async def test_a_count_that_ends_at_its_cap_says_so(talk: Talk, store: Store) -> None:
    await keep(store, *("Recall" for _ in range(1_010)))
    assert "1,000+ items for recall – page 1 of 200+, newest first." in await talk.says("search recall")
    assert "page 1 of 200, the 1,000 newest of them, most relevant first." in await talk.says("search recall sort:relevance")
    beyond = await talk.reply("search recall page 202")
    assert "page 202 of" in as_text(beyond.card)


async def test_a_search_is_saved_as_a_watchlist_by_a_button(talk: Talk, store: Store) -> None:
    await keep(store, "Recall of a device")
    found = await talk.reply("search recall device sort:relevance")
    assert "Watchlist recall device is saved" in as_text((await press(talk, found, "Save as watchlist")).card)


async def test_what_only_a_search_can_ask_has_no_such_button(talk: Talk, store: Store) -> None:
    await keep(store, "Recall of a device")
    assert "Save as watchlist" not in buttons(await talk.reply("search recall age:<30d"))


async def test_a_page_is_shared_with_everybody(talk: Talk, store: Store) -> None:
    await keep(store, *(f"Recall {number}" for number in range(7)))
    second = await talk.reply("search recall page 2")
    shared = await press(talk, second, "Share to channel")
    assert as_text(shared.card) == "Shared with this channel: recall"
    assert shared.announce is not None
    told = as_text(shared.announce)
    assert "@ana searched for recall: 7 items – page 2 of 2, newest first." in told
    assert "Recall 1" in told
    assert "To search yourself: /reg search recall" in told
    assert [button for section in shared.announce.sections for button in section.buttons] == []
    assert as_text((await press(talk, shared, "Back to the search")).card) == as_text(second.card)


async def test_in_a_personal_chat_there_is_nobody_to_share_with(talk: Talk, store: Store) -> None:
    await keep(store, "Recall")
    talk.personal = True
    assert "Share to channel" not in buttons(await talk.reply("search recall"))
    shared = await talk.reply("share recall")
    assert shared.announce is None
    assert "nobody to share it with" in as_text(shared.card)


@pytest.mark.parametrize("typed", ["share", "share page 2", "share unheard", "search", "search sort:relevance"])
async def test_nothing_is_told_to_everybody_without_a_find(talk: Talk, typed: str) -> None:
    assert (await talk.reply(typed)).announce is None


async def test_a_search_by_form_is_the_search_one_would_type(talk: Talk, store: Store) -> None:
    await keep(
        store, builders.item("Recall in Korea"), builders.item("Recall in Japan", id="jp", url="https://example.org/jp", country="JP")
    )
    asked = Request(actor="console:W1:ana", place=talk.place, words="search", now=talk.now, prefix="/reg ")
    form = (await answering.run(asked.model_copy(update={"words": "search recall", "by_form": True}), talk.context)).form
    assert form is not None
    assert [field.label for field in form.fields][1:] == ["Country", "Agency", "Document type", "Status", "Language", "Since"]
    chosen = Filled(values={"query": ("recall",), "country": ("JP",), "type": ("any",)})
    shown = as_text((await answering.run(asked.model_copy(update={"filled": chosen}), talk.context)).card)
    assert "1 item for recall country:" in shown
    assert "Japan" in shown
    assert "Korea" not in shown
    nothing = await answering.run(asked.model_copy(update={"filled": Filled(values={"type": ("any",)})}), talk.context)
    assert nothing.form is not None
    assert nothing.form.errors == {"query": "What shall I search for?"}
