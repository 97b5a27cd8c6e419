"""People fill in forms in Slack: the watchlist builder from its opening to the saved watchlist, over both doors."""

import asyncio
from typing import Any

import pytest

from bot.store import places, watchlists
from bot.store.database import Store
from tests.loopback_slack import error
from tests.slack_conversation import Conversation, Held, buttons, chat, conversation, keep, words
from tests.slack_doors import submitted

__all__ = ["chat"]  # a fixture

Json = dict[str, Any]


def field(view: Json, name: str) -> Json:
    (found,) = [block for block in view["blocks"] if block["type"] == "input" and block["block_id"].partition("~")[0] == name]
    return found


async def test_a_watchlist_is_built_with_a_preview_and_delivered_where_it_was_opened(chat: Conversation, store: Store) -> None:
    await keep(store, "Decentralized trials begin")
    view = await chat.opens("watch add")
    assert (view["type"], view["title"]["text"], view["submit"]["text"]) == ("modal", "New watchlist", "Save")
    await chat.presses_in(view, "Show what it finds", query="decentralized trials")
    assert "it would have alerted on 1 item" in words(view)
    assert "Decentralized trials begin" in words(view)
    assert "분산형 임상시험" in words(view)
    answer = await chat.settles(view, query="decentralized trials", name="DCT", often="daily", at="08:30")
    assert answer.body["response_action"] == "update"
    assert "Watchlist DCT is saved." in words(view)
    assert "daily 08:30 UTC" in words(view)
    assert await chat.hears("C1", 1) == [
        "@ana added the watchlist DCT: decentralized trials – subscribed this channel to DCT, daily 08:30 UTC.",
    ]
    assert "DCT – daily 08:30 UTC" in (await chat.types("subscriptions"))["text"]


async def test_related_concepts_are_ticked_and_matched_too(chat: Conversation) -> None:
    view = await chat.opens("watch add")
    await chat.presses_in(view, "Show what it finds", query="decentralized trials")
    first = field(view, "related")["element"]["options"][0]
    assert first["description"]["text"]
    await chat.settles(view, query="decentralized trials", related=[first["value"]], name="DCT", certain=["yes"])
    assert f"concept:{first['value']}" in words(view)


@pytest.mark.parametrize(
    ("values", "wrong", "says"),
    [
        ({"query": "recall (device"}, "query", "at “"),
        ({"query": "recall OR"}, "query", "at the end, after “recall OR”"),
        ({"query": ""}, "query", "at least one word"),
        ({"query": "recall", "name": "taken"}, "name", "There is a watchlist Taken already"),
        ({"query": "recall", "often": "daily", "at": ""}, "at", "09:00"),
    ],
)
async def test_what_is_wrong_is_said_beside_its_field(chat: Conversation, values: Json, wrong: str, says: str) -> None:
    await chat.types("watch add device as Taken")
    view = await chat.opens("watch add")
    answer = await chat.settles(view, **values)
    if answer.body["response_action"] == "errors":
        assert list(answer.body["errors"]) == [wrong]
        assert says in answer.body["errors"][wrong]
    else:  # the machine was too busy to answer in time
        assert says in words(view)
    await chat.settles(view, query="recall", name="Recalls")
    assert "Watchlist Recalls is saved" in words(view)


async def test_a_doubtful_query_is_saved_once_it_is_meant(chat: Conversation, store: Store) -> None:
    await keep(store, *("Recall" for _ in range(100)))
    view = await chat.opens("watch add")
    await chat.settles(view, query="nothing of the kind", name="Rare")
    assert "tick this if you mean it" in words(view)
    assert "no watchlists yet" in (await chat.types("watch list"))["text"]
    await chat.settles(view, query="nothing of the kind", name="Rare", certain=["yes"])
    assert "Watchlist Rare is saved" in words(view)


async def test_editing_begins_with_all_that_was_set_and_keeps_it(chat: Conversation, store: Store) -> None:
    await chat.types("watch add recall as Recalls")
    await chat.types("subscribe Recalls daily on mon,thu at 17:30 urgent on")
    view = await chat.opens("watch edit Recalls")
    held = {name: field(view, name)["element"] for name in ("query", "name", "place", "often", "at", "urgent")}
    assert held["query"]["initial_value"] == "recall"
    assert held["name"]["initial_value"] == "Recalls"
    assert held["place"]["initial_conversation"] == "C1"
    assert held["often"]["initial_option"]["value"] == "daily"
    assert held["at"]["initial_time"] == "17:30"
    assert held["urgent"]["initial_options"][0]["value"] == "yes"
    await chat.settles(view, query="recall -food")
    assert "Before, it found: recall" in words(view)
    told = (await chat.types("subscriptions"))["text"]
    assert "Recalls – daily on mon, thu 17:30 UTC, recalls and safety alerts at once – recall NOT food" in told
    assert (await chat.hears("C1", 3))[-1] == "@ana changed the watchlist Recalls: recall NOT food – before: recall"


async def test_which_watchlist_is_to_be_edited_is_asked_for(chat: Conversation) -> None:
    await chat.types("watch add recall as Recalls")
    view = await chat.opens("watch edit")
    await chat.settles(view, watchlist="Recalls")
    assert field(view, "query")["element"]["initial_value"] == "recall"


async def test_a_form_delivers_to_another_channel_which_is_told(chat: Conversation, store: Store) -> None:
    view = await chat.opens("watch add")
    await chat.settles(view, query="recall", name="Recalls", place="C2", often="now")
    async with store.read() as tx:
        (taken,) = await places.of_watchlists(tx, [one.id for one in await watchlists.in_workspace(tx, "T1")])
    assert taken.place == "slack:T1:C2"


async def test_without_a_trigger_the_form_is_offered_by_a_button(chat: Conversation) -> None:
    await chat.door.event({"type": "app_mention", "user": "U1", "channel": "C1", "ts": "1.1", "text": "<@UBOT> watch add"})
    await chat.slack.until(lambda: chat.slack.ephemeral)
    answer = chat.slack.ephemeral[0] | {"response_type": "ephemeral"}
    assert "What shall the watchlist find?" in answer["text"]
    view = await chat.opens_by(answer, "Fill in a form")
    assert view["title"]["text"] == "New watchlist"


async def test_a_form_that_slack_does_not_open_is_answered_in_words(chat: Conversation) -> None:
    chat.slack.script("views.open", error("expired_trigger_id"))
    answer = await chat.types("watch add")
    assert "What shall the watchlist find?" in answer["text"]
    assert "Fill in a form" in [one["text"]["text"] for one in buttons(answer)]


async def test_a_form_that_is_sent_twice_acts_once(chat: Conversation) -> None:
    view = await chat.opens("watch add")
    sent = submitted(chat.slack, dict(view), {"query": "recall", "name": "Recalls"})
    answers = [await chat.door.interact(sent) for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 200]
    await chat.settled()
    assert len(chat.slack.messages("C1")) == 1


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.parametrize("way", ["http", "socket"])
async def test_forms_open_and_are_acknowledged_in_time_while_the_database_is_held(store: Store, way: str) -> None:
    held = Held(store)
    held.seconds = 4
    async with conversation(held, way) as chat:
        answer = await chat.door.command("watch add")
        assert answer.seconds < 1
        await chat.slack.until(lambda: chat.slack.views, seconds=3)
        (view,) = chat.slack.views
        assert "One moment" in words(view)
        await chat.slack.until(lambda: view["title"]["text"] == "New watchlist", seconds=10)
        sent = await chat.sends(view, query="recall", name="Recalls")
        assert sent.seconds < 3
        assert "One moment" in words(view)
        await chat.slack.until(lambda: "Watchlist Recalls is saved" in words(view), seconds=20)
        assert len(chat.slack.messages("C1")) == 1
        await asyncio.sleep(0)


async def test_a_place_is_subscribed_by_form_with_what_does_not_go_together_beside_its_field(chat: Conversation) -> None:
    await chat.types("watch add recall as Recalls")
    view = await chat.opens("subscribe")
    (only,) = field(view, "watchlist")["element"]["options"]
    chosen = {"watchlist": only["value"], "often": "weekly", "at": "08:00"}
    refused = await chat.sends(view, **chosen, days=["mon", "thu"])
    assert "one day" in str(refused.body)
    await chat.settles(view, **chosen, days=["thu"])
    assert "Recalls – weekly on thu 08:00 UTC" in words(view)
    assert (await chat.hears("C1", 2))[-1] == "@ana subscribed this channel to Recalls, weekly on thu 08:00 UTC."


SETTLED = {"timezone": "Seoul", "from": "22:00", "to": "08:00", "format": "compact", "threads": "both", "mentions": "off"}


async def test_the_settings_of_a_place_are_changed_by_form_which_begins_with_what_holds(chat: Conversation) -> None:
    view = await chat.opens_by(await chat.types("settings"), "Change settings")
    assert field(view, "timezone")["element"]["initial_value"] == "UTC"
    await chat.settles(view, **SETTLED)
    told = words(view)
    for says in ("Done.", "timezone – Asia/Seoul", "quiet – 22:00–08:00", "format – compact", "threads – both", "mentions – off"):
        assert says in told
    (heard,) = await chat.hears("C1", 1)
    assert heard.startswith("@ana changed settings of this channel: timezone – Asia/Seoul")
    again = await chat.opens_by(await chat.types("settings"), "Change settings")
    assert field(again, "from")["element"]["initial_time"] == "22:00"
    assert field(again, "threads")["element"]["initial_option"]["value"] == "both"


@pytest.mark.parametrize(
    ("values", "wrong", "says"),
    [
        ({"timezone": "Soul"}, "timezone", "Did you mean: Asia/Seoul"),
        ({"to": ""}, "to", "a beginning and an end"),
        ({"to": "22:00"}, "to", "another time"),
    ],
)
async def test_settings_that_cannot_be_are_refused_beside_their_field_and_change_nothing(
    chat: Conversation, values: Json, wrong: str, says: str
) -> None:
    view = await chat.opens_by(await chat.types("settings"), "Change settings")
    refused = await chat.sends(view, **(SETTLED | values))
    assert says in str(refused.body) or says in words(view)
    assert refused.body["response_action"] == "update" or list(refused.body["errors"]) == [wrong]
    assert "timezone – UTC" in (await chat.types("settings"))["text"]
