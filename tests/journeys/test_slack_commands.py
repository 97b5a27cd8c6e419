"""People talk to the bot in Slack: the same story over signed HTTP and over Socket Mode, on the wire."""

import asyncio
from typing import Never

import pytest

from bot.errors import PlatformTrouble
from bot.sources.catalogue import Catalogue
from bot.store.database import Store
from handlers.reply import Context
from handlers.slack import SlackApp
from tests.faults import lost_reply, page
from tests.loopback_slack import LoopbackSlack, error
from tests.slack_conversation import Conversation, Held, chat, clock, conversation, keep

__all__ = ["chat"]  # a fixture


async def test_a_team_sets_up_a_watchlist_and_takes_it_down_again(chat: Conversation, store: Store) -> None:
    await keep(store, "Decentralized trials begin")
    assert "/reg watch add" in (await chat.types("help"))["text"]
    added = await chat.types("watch add “decentralized trials” as DCT")
    assert added["response_type"] == "ephemeral"
    assert "Watchlist DCT is saved" in added["text"]
    assert "it would have alerted on 1 item" in added["text"]
    subscribed = await chat.presses(added, "Subscribe this channel")
    assert subscribed["replace_original"] is True
    assert "DCT – now" in subscribed["text"]
    assert "DCT – now" in (await chat.types("subscriptions"))["text"]
    question = await chat.types("watch remove DCT")
    assert "delivered to this channel" in question["text"]
    assert "is removed" in (await chat.presses(question, "Remove it"))["text"]
    assert "no watchlists yet" in (await chat.types("watch list"))["text"]
    assert await chat.hears("C1", 3) == [
        '@ana added the watchlist DCT: "decentralized trials"',
        "@ana subscribed this channel to DCT.",
        "@ana removed the watchlist DCT.",
    ]
    assert [one["problems"] for one in chat.slack.responses if one["problems"]] == []


async def test_a_team_tries_a_query_saves_it_and_changes_it(chat: Conversation, store: Store) -> None:
    await keep(store, "Recall of a device", "Vaccine licensed")
    tried = await chat.types("watch test recall")
    assert tried["response_type"] == "ephemeral"
    assert "it would have alerted on 1 item" in tried["text"]
    assert "Recall of a device" in tried["text"]
    assert "is saved" in (await chat.presses(tried, "Save as watchlist"))["text"]
    assert "Watchlist recall is now called Recalls" in (await chat.types("watch rename recall as Recalls"))["text"]
    changed = await chat.types("watch edit Recalls vaccine")
    assert "adds 1 item and drops 1 item" in changed["text"]
    shown = (await chat.types("watch show Recalls"))["text"]
    assert "It finds: vaccine" in shown
    assert "Vaccine licensed" in shown
    assert "matches nothing for now" in (await chat.types("watch pause Recalls"))["text"]
    assert (await chat.hears("C1", 4))[1:] == [
        "@ana renamed the watchlist recall to Recalls.",
        "@ana changed the watchlist Recalls: vaccine – before: recall",
        "@ana paused the watchlist Recalls.",
    ]
    assert [one["problems"] for one in chat.slack.responses if one["problems"]] == []


async def test_a_doubtful_watchlist_is_saved_by_pressing_a_button(chat: Conversation, store: Store) -> None:
    await keep(store, *("Recall" for _ in range(100)))
    question = await chat.types("watch add recall country:US as “US recalls”")
    assert "US recalls is not saved yet" in question["text"]
    assert "Without country:US there are 100." in question["text"]
    assert "no watchlists yet" in (await chat.types("watch list"))["text"]
    saved = await chat.presses(question, "Save it anyway")
    assert saved["replace_original"] is True
    assert "Watchlist US recalls is saved" in saved["text"]
    assert await chat.hears("C1", 1) == ["@ana added the watchlist US recalls: recall country:US"]
    assert [one["problems"] for one in chat.slack.responses if one["problems"]] == []


async def test_a_search_is_shared_with_the_channel(chat: Conversation, store: Store) -> None:
    await keep(store, "Recall of a device")
    found = await chat.types("search recall")
    assert chat.slack.messages("C1") == []
    shared = await chat.presses(found, "Share to channel")
    assert "Shared with this channel" in shared["text"]
    (said,) = await chat.hears("C1", 1)
    assert "@ana searched for recall: 1 item, newest first." in said
    assert "Recall of a device" in said
    assert "1 item for recall" in (await chat.presses(shared, "Back to the search"))["text"]


async def test_a_place_unsubscribes(chat: Conversation) -> None:
    await chat.types("watch add recall as Recalls")
    await chat.types("subscribe Recalls")
    assert "no longer receives Recalls" in (await chat.types("unsubscribe Recalls"))["text"]
    assert (await chat.hears("C1", 3))[-1] == "@ana unsubscribed this channel from Recalls."


async def test_search_is_private_and_turns_its_pages(chat: Conversation, store: Store) -> None:
    await keep(store, *(f"Recall number {number}" for number in range(1, 8)))
    first = await chat.types("search recall")
    assert first["response_type"] == "ephemeral"
    assert "7 items for recall – page 1 of 2" in first["text"]
    second = await chat.presses(first, "Next")
    assert "page 2 of 2" in second["text"]
    assert "number 1" in second["text"]
    assert second["replace_original"] is True
    assert chat.slack.messages("C1") == []


async def test_sources_are_told(chat: Conversation) -> None:
    assert "sources" in (await chat.types("sources"))["text"]


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("serch recall", "Did you mean: search recall"),
        ("", "/reg search"),
        ("search recall (device", "^"),
        ("search " + "x" * 100_000, "characters long"),
        ("subscribe <#C123|general>", "no watchlist “#general”"),
    ],
)
async def test_what_cannot_be_understood_is_answered_privately(chat: Conversation, typed: str, says: str) -> None:
    answer = await chat.types(typed)
    assert says in answer["text"]
    assert answer["response_type"] == "ephemeral"
    assert answer["problems"] == []


async def test_a_mention_is_answered_to_the_one_who_mentioned(chat: Conversation) -> None:
    event = {"type": "app_mention", "user": "U1", "channel": "C1", "ts": "1.1", "text": "<@UBOT> watch add recall as Recalls"}
    assert (await chat.door.event(event)).status == 200
    await chat.slack.until(lambda: chat.slack.ephemeral)
    (answer,) = chat.slack.ephemeral
    assert (answer["channel"], answer["user"]) == ("C1", "U1")
    assert "Watchlist Recalls is saved" in answer["text"]
    assert await chat.hears("C1", 1) == ["@ana added the watchlist Recalls: recall"]


async def test_a_direct_message_is_answered_in_the_chat(chat: Conversation) -> None:
    event = {"type": "message", "channel_type": "im", "user": "U1", "channel": "D1", "ts": "1.1", "text": "watch add recall as Recalls"}
    await chat.door.event(event)
    (said,) = await chat.hears("D1", 1)
    assert "Watchlist Recalls is saved" in said
    assert "\nsubscribe" not in said
    assert "/reg" not in said


async def test_the_talk_of_others_is_passed_over(chat: Conversation) -> None:
    for event in (
        {"type": "message", "channel_type": "channel", "user": "U1", "channel": "C1", "text": "watch add recall as A"},
        {"type": "message", "channel_type": "im", "bot_id": "B1", "user": "UBOT", "channel": "D1", "text": "watch add recall as B"},
        {"type": "message", "channel_type": "im", "subtype": "message_changed", "channel": "D1", "message": {"user": "U1", "text": "help"}},
        {"type": "team_join", "user": {"id": "U2"}},
    ):
        assert (await chat.door.event(event)).status == 200
    await chat.settled()
    assert "no watchlists yet" in (await chat.types("watch list"))["text"]
    assert chat.slack.messages("D1") == []


async def test_an_event_delivered_three_times_acts_once(chat: Conversation) -> None:
    event = {"type": "message", "channel_type": "im", "user": "U1", "channel": "D1", "ts": "1.1", "text": "watch add recall as Recalls"}
    for _ in range(3):
        assert (await chat.door.event(event, event_id="Ev-same")).status == 200
    await chat.hears("D1", 1)
    await chat.settled()
    assert len(chat.slack.messages("D1")) == 1


async def test_a_command_or_press_delivered_twice_acts_once(chat: Conversation) -> None:
    for _ in range(2):
        await chat.door.command("watch add recall as Recalls", trigger_id="same.trigger")
    await chat.hears("C1", 1)
    for _ in range(2):
        await chat.door.press("subscribe:0", '"Recalls"', trigger_id="same.press")
    await chat.hears("C1", 2)
    await chat.settled()
    assert len(chat.slack.responses) == 2
    assert len(chat.slack.messages("C1")) == 2


async def test_unknown_buttons_and_interactions_are_acknowledged(chat: Conversation) -> None:
    assert (await chat.door.press("something of tomorrow:4", "x")).status == 200
    assert (await chat.door.press("", "")).status == 200
    assert (await chat.door.press("open:0")).status == 200
    assert (await chat.door.press("", type="view_closed", view={"callback_id": "x"})).status == 200
    assert (await chat.door.press("", type="shortcut", callback_id="x")).status == 200


async def test_an_answer_finds_another_way_when_the_response_url_fails(chat: Conversation) -> None:
    await chat.door.command("help", response_url=f"http://{chat.slack.address}/used-up")
    await chat.slack.until(lambda: chat.slack.ephemeral)
    assert "/reg search" in chat.slack.ephemeral[0]["text"]


async def test_an_answer_ends_as_a_direct_message_when_nothing_else_works(chat: Conversation) -> None:
    chat.slack.script("chat.postEphemeral", error("user_not_in_channel"))
    await chat.door.command("help", response_url="")
    assert "/reg search" in (await chat.hears("U1", 1))[0]


async def test_a_channel_without_the_bot_is_told_how_to_invite_it(chat: Conversation) -> None:
    chat.slack.channels["C2"].member = False
    await chat.door.command("watch add recall as Recalls", channel="C2")
    await chat.slack.until(lambda: len(chat.slack.responses) == 2)
    told, answer = chat.slack.responses
    assert told["response_type"] == "in_channel"
    assert told["text"] == "@ana added the watchlist Recalls: recall"
    assert answer["response_type"] == "ephemeral"
    assert "/invite @regwatch" in answer["text"]


async def test_an_announcement_is_never_posted_twice(chat: Conversation) -> None:
    chat.slack.script("chat.postMessage", lost_reply())
    answer = await chat.types("watch add recall as Recalls")
    assert "could not tell the channel" in answer["text"]
    assert len(chat.slack.messages("C1")) == 1


async def test_hostile_names_stay_text(chat: Conversation) -> None:
    name = "<!channel> <@U1> *x* &lt;a&gt; @here"
    answer = await chat.types(f'watch add recall as "{name}"')
    assert answer["problems"] == []
    (said,) = await chat.hears("C1", 1)
    assert "<!" not in said
    assert "@here" not in said


@pytest.mark.parametrize("way", ["http", "socket"])
async def test_everything_is_acknowledged_at_once_while_the_database_is_held(store: Store, way: str) -> None:
    async with conversation(Held(store), way) as chat:
        mention = {"type": "app_mention", "user": "U1", "channel": "C1", "ts": "1.1", "text": "<@UBOT> help"}
        answers = [await chat.door.command("watch list"), await chat.door.event(mention), await chat.door.press("search:0", "recall")]
        assert [answer.status for answer in answers] == [200, 200, 200]
        assert max(answer.seconds for answer in answers) < 1
        await chat.slack.until(lambda: len(chat.slack.responses) == 2 and chat.slack.ephemeral, seconds=20)


async def test_a_name_slack_does_not_tell_is_no_obstacle(chat: Conversation) -> None:
    chat.slack.script("users.info", page(503))
    await chat.door.event({"type": "app_mention", "user": "U1", "channel": "C1", "ts": "1.1", "text": "<@UBOT> watch add recall"})
    assert (await chat.hears("C1", 1))[0].startswith("@someone added")


class Faulty(Catalogue):
    """A catalogue with a bug."""

    def __init__(self) -> None: ...

    def __getattr__(self, name: str) -> Never:
        raise RuntimeError("words of a person")


@pytest.mark.parametrize("way", ["http", "socket"])
async def test_after_a_fault_of_ours_the_person_is_told(store: Store, way: str, caplog: pytest.LogCaptureFixture) -> None:
    async with conversation(store, way, Faulty()) as chat:
        assert "not your fault" in (await chat.types("sources"))["text"]
    assert "words of a person" not in caplog.text


@pytest.mark.parametrize("method", ["auth.test", "apps.connections.open"])
async def test_a_token_slack_refuses_is_said_in_one_sentence(store: Store, method: str) -> None:
    async with LoopbackSlack() as slack:
        slack.script(method, error("invalid_auth"))
        context = Context(store=store, catalogue=Catalogue({}, {}))
        app = SlackApp(context, clock, token=slack.bot_token, api_url=slack.api_url, app_token=slack.app_token)
        with pytest.raises(PlatformTrouble, match=r"Slack refused the .* token: invalid_auth"):
            await app.start()
        await app.stop()


async def test_the_bot_starts_while_slack_is_away_and_stops_at_once(store: Store) -> None:
    context = Context(store=store, catalogue=Catalogue({}, {}))
    app = SlackApp(context, clock, token="xoxb-x", api_url="http://127.0.0.1:9/api/", app_token="xapp-x")
    await asyncio.wait_for(app.start(), 5)
    await asyncio.wait_for(app.stop(), 5)


async def test_a_socket_that_slack_refreshes_is_replaced(store: Store) -> None:
    async with conversation(store, "socket") as chat:
        await chat.types("help")
        await chat.slack.disconnect()
        await chat.slack.until(lambda: len(chat.slack.calls_of("apps.connections.open")) == 2 and chat.slack.sockets)
        await chat.settled()
        assert "/reg search" in (await chat.types("help"))["text"]


async def test_no_token_and_no_words_stand_in_the_logs(
    store: Store, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("INFO")
    for way in ("http", "socket"):
        async with conversation(store, way) as chat:
            await chat.types("search unspeakable")
            chat.slack.script("chat.postMessage", error("internal_error"))
            await chat.types(f"watch add unspeakable as {way}")
            await chat.door.command("search unspeakable", response_url="http://127.0.0.1:9/hook")
            await chat.settled()
    ours = (record.getMessage() for record in caplog.records if record.name != "aiohttp.access")  # the fake's own log
    logged = "\n".join(ours) + capsys.readouterr().out
    assert [word for word in ("unspeakable", "xoxb-", "xapp-", "ticket=", "signing") if word in logged] == []
