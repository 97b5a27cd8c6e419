"""What people see before a watchlist is saved or changed, and what it does: test, add, edit, rename, pause, on both databases."""

from datetime import timedelta

import pytest

from bot.cards.card import Button, as_text
from bot.model import Item
from bot.store import items, watchlists
from bot.store.database import Store
from handlers.reply import Context, Reply
from tests import builders
from tests.builders import NOW
from tests.test_handlers_commands import Talk, catalogue, source


@pytest.fixture
def talk(store: Store) -> Talk:
    return Talk(Context(store=store, catalogue=catalogue(source("kr-press"), source("jp-press", "JP"))), NOW)


def item(title: str, days: float = 1, **more: object) -> Item:
    """An item published so many days ago."""
    when = NOW - timedelta(days=days)
    return builders.item(title, **({"source": "kr-press", "published": when, "detected": when} | more))


async def keep(store: Store, *kept: Item) -> None:
    async with store.write() as tx:
        await items.add_all(tx, [items.Kept(one, one.id, one.id, "new") for one in kept])


def buttons(reply: Reply) -> dict[str, Button]:
    return {button.label: button for section in reply.card.sections for button in section.buttons}


async def press(talk: Talk, reply: Reply, label: str) -> Reply:
    button = buttons(reply)[label]
    return await talk.reply(f"{button.action} {button.value}")


async def queries(store: Store) -> dict[str, str]:
    async with store.read() as tx:
        return {one.name: one.query for one in await watchlists.in_workspace(tx, "W1")}


async def test_a_test_tells_how_often_where_and_shows_the_five_newest(talk: Talk, store: Store) -> None:
    await keep(
        store, *(item(f"Recall {number}", 8 * number) for number in range(7)), item("Recall abroad", 3, country="JP", source="jp-press")
    )
    reply = await talk.reply("watch test recall")
    shown = as_text(reply.card)
    assert "In the last 90 days it would have alerted on 8 items: about 3 a month." in shown
    assert "Per week, the last one last: 0 0 0 0 0 0 1 1 1 1 1 1 2" in shown
    assert "By country: KR 7, JP 1" in shown
    assert "By source: News kr-press 7, News jp-press 1" in shown
    assert [title for title in ("Recall 0", "Recall abroad", "Recall 3") if title not in shown] == []
    assert "Recall 4" not in shown
    assert [span.text for section in reply.card.sections for one in section.lines for span in one if span.match] == ["Recall"] * 5
    assert await queries(store) == {}


async def test_what_was_tested_is_saved_by_a_button(talk: Talk, store: Store) -> None:
    await keep(store, item("Recall"))
    saved = await press(talk, await talk.reply("watch test recall country:KR"), "Save as watchlist")
    assert "Watchlist recall country:KR is saved" in as_text(saved.card)
    assert await queries(store) == {"recall country:KR": "recall country:KR"}


async def test_a_sane_watchlist_is_saved_at_once_with_what_it_would_have_found(talk: Talk, store: Store) -> None:
    await keep(store, item("Recall of a device"))
    shown = await talk.says("watch add recall as Recalls")
    assert "is saved" in shown
    assert "would have alerted on 1 item: less than one a month" in shown
    assert "Recall of a device" in shown


async def test_with_nothing_collected_a_watchlist_is_saved_at_once(talk: Talk) -> None:
    shown = await talk.says("watch add recall as Recalls")
    assert "is saved" in shown
    assert "Nothing of the last 90 days has been collected yet" in shown


async def test_with_little_collected_one_that_finds_nothing_is_saved_with_a_word_of_advice(talk: Talk, store: Store) -> None:
    await keep(store, item("Recall", country="JP"))
    shown = await talk.says("watch add recall country:KR as Recalls")
    assert "is saved" in shown
    assert "No item in 90 days: none of the 1 collected matches" in shown
    assert "Without country:KR there is 1." in shown


async def test_one_that_finds_nothing_among_many_is_saved_only_after_a_yes(talk: Talk, store: Store) -> None:
    await keep(store, *(item(f"Recall {number}", number / 2, country="JP") for number in range(7)), *(item("News") for _ in range(100)))
    question = await talk.reply("watch add recall country:KR as Recalls")
    shown = as_text(question.card)
    assert question.announce is None
    assert "Watchlist Recalls is not saved yet. No item in 90 days: none of the 107 collected matches." in shown
    assert "Without country:KR there are 7." in shown
    assert 'write /reg watch add recall country:KR as "Recalls" yes' in shown
    assert await queries(store) == {}
    assert "is saved" in as_text((await press(talk, question, "Save it anyway")).card)
    assert await queries(store) == {"Recalls": "recall country:KR"}


async def test_the_better_query_is_one_press_away(talk: Talk, store: Store) -> None:
    await keep(store, item("Recall", country="JP"), *(item("News") for _ in range(100)))
    question = await talk.reply("watch add recall country:KR as Recalls")
    assert "is saved" in as_text((await press(talk, question, "Without country:KR")).card)
    assert await queries(store) == {"Recalls": "recall"}


async def test_one_that_alerts_all_the_time_is_saved_only_after_a_yes(talk: Talk, store: Store) -> None:
    await keep(store, *(item("News" if number % 4 else "Recall", number % 20 / 10, text="A recall.") for number in range(100)))
    question = await talk.reply("watch add recall as Recalls")
    shown = as_text(question.card)
    assert "is not saved yet. In the last 90 days it would have alerted on 100 items: about 14 a day over the last 7 days." in shown
    assert "In titles only there would be about 4 a day." in shown
    assert set(buttons(question)) == {"In titles only", "Save it anyway"}
    assert "is saved" in await talk.says("watch add recall as Recalls yes")
    assert await queries(store) == {"Recalls": "recall"}


async def test_a_count_that_stopped_says_so(talk: Talk, store: Store) -> None:
    await keep(store, *(item("Recall", 10 + number % 79) for number in range(1_020)))
    shown = await talk.says("watch test recall")
    assert "would have alerted on 1,000+ items: at least 11 a day" in shown
    assert "Counting stopped there; what follows is about these 1,000." in shown


async def test_an_edit_shows_what_it_adds_and_drops_and_keeps_the_rest(talk: Talk, store: Store) -> None:
    await keep(store, item("Recall of a device"), item("Vaccine licensed"))
    await talk.says("watch add recall as Korea drugs")
    await talk.says("subscribe Korea drugs")
    reply = await talk.reply("watch edit Korea drugs vaccine")
    shown = as_text(reply.card)
    for said in (
        "Watchlist Korea drugs is changed",
        "Before, it found: recall",
        "the change adds 1 item and drops 1 item",
        "Adds: Vaccine licensed",
        "Drops: Recall of a device",
        "Delivered to: this channel",
    ):
        assert said in shown
    assert reply.announce is not None
    assert as_text(reply.announce) == "@ana changed the watchlist Korea drugs: vaccine – before: recall"
    assert "Korea drugs – now – vaccine" in await talk.says("subscriptions")


async def test_a_doubtful_edit_is_saved_only_after_a_yes(talk: Talk, store: Store) -> None:
    await keep(store, item("Recall"), *(item("News") for _ in range(100)))
    await talk.says("watch add recall as Recalls")
    question = await talk.reply('watch edit "Recalls" recall device')
    assert "Recalls is not saved yet" in as_text(question.card)
    assert "drops 1 item" in as_text(question.card)
    assert await queries(store) == {"Recalls": "recall"}
    assert "is changed" in as_text((await press(talk, question, "Save it anyway")).card)
    assert await queries(store) == {"Recalls": "recall device"}
    question = await talk.reply("watch edit Recalls recall device -food")
    assert "is changed" in as_text((await press(talk, question, "Without device")).card)
    assert await queries(store) == {"Recalls": "recall NOT food"}


async def test_an_edit_without_a_query_shows_the_one_there_is(talk: Talk) -> None:
    await talk.says("watch add recall as Recalls")
    assert "/reg watch edit Recalls recall" in await talk.says("watch edit Recalls")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("watch edit Recals vaccine", "Did you mean: /reg watch edit Recalls"),
        ("watch edit Recalls (vaccine", "^"),
        ("watch edit Recalls recall age:<30d", "age: can be used in a search"),
    ],
)
async def test_an_edit_that_is_not_understood_changes_nothing(talk: Talk, store: Store, typed: str, said: str) -> None:
    await talk.says("watch add recall as Recalls")
    assert said in await talk.says(typed)
    assert await queries(store) == {"Recalls": "recall"}


async def test_a_watchlist_is_shown_with_what_it_would_have_found(talk: Talk, store: Store) -> None:
    await keep(store, item("Recall of a device"))
    await talk.says("watch add recall as Recalls")
    shown = await talk.says("watch show Recalls")
    for said in ("It finds: recall", "would have alerted on 1 item", "Recall of a device", "Delivered to: nowhere yet"):
        assert said in shown


async def test_a_watchlist_is_renamed_and_keeps_the_rest(talk: Talk, store: Store) -> None:
    await talk.says("watch add recall as Recalls")
    await talk.says("watch add trial as Trials")
    await talk.says("subscribe Recalls")
    reply = await talk.reply("watch rename Recalls as Device recalls")
    assert "Watchlist Recalls is now called Device recalls" in as_text(reply.card)
    assert "Delivered to: this channel" in as_text(reply.card)
    assert reply.announce is not None
    assert "already a watchlist named Trials" in await talk.says("watch rename device recalls as trials")
    assert await queries(store) == {"Device recalls": "recall", "Trials": "trial"}


async def test_a_paused_watchlist_says_so_wherever_it_is_shown(talk: Talk, store: Store) -> None:
    await talk.says("watch add recall as Recalls")
    await talk.says("subscribe Recalls")
    paused = await talk.reply("watch pause recalls")
    assert "Watchlist Recalls is paused." in as_text(paused.card)
    assert "To go on: /reg watch resume Recalls" in as_text(paused.card)
    assert paused.announce is not None
    for typed in ("watch list", "watch show Recalls", "subscriptions"):
        assert "paused" in await talk.says(typed)
    assert (await talk.reply("watch pause Recalls")).announce is None
    async with store.read() as tx:
        assert [one.paused for one in await watchlists.in_workspace(tx, "W1")] == [True]
    resumed = await talk.reply("watch resume Recalls")
    assert "Watchlist Recalls is resumed." in as_text(resumed.card)
    assert "is not paused" in await talk.says("watch resume Recalls")
    async with store.read() as tx:
        assert [one.paused for one in await watchlists.in_workspace(tx, "W1")] == [False]
