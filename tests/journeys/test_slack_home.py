"""The Home tab, alerts' buttons, shortcuts and unfolded addresses in Slack, over both doors."""

from typing import Any

from bot.cards import alert, slack
from bot.store import items
from bot.store.database import Store
from tests import builders
from tests.slack_conversation import Conversation, buttons, chat, keep, words
from tests.slack_doors import pressed_in

__all__ = ["chat"]  # a fixture

Json = dict[str, Any]
ID = "3f9a2c41d0e1b2a3"
HOSTILE = "<!channel> @here <http://evil.example|FDA> *_~` \u202e\u200b\n| 회수 " + "가" * 5000


async def keep_one(store: Store, title: str = "Recall of lots", url: str = "https://www.fda.gov/recall/1") -> None:
    async with store.write() as tx:
        one = builders.item(title, id=ID, url=url)
        await items.add(tx, one, ID, link=url.removeprefix("https://www."), why="new")


async def home(chat: Conversation) -> Json:
    chat.slack.homes.clear()
    assert (await chat.door.event({"type": "app_home_opened", "user": "U1", "channel": "D1", "tab": "home"})).status == 200
    await chat.slack.until(lambda: "U1" in chat.slack.homes)
    return chat.slack.homes["U1"]


async def presses_home(chat: Conversation, shown: Json, label: str) -> None:
    (button,) = [one for one in buttons(shown) if one["text"]["text"] == label]
    sent = pressed_in(chat.slack, shown | {"id": "VH"}, button["action_id"], button.get("value", ""), {})
    assert (await chat.door.interact(sent)).status == 200


async def test_the_home_tab_shows_what_is_mine_and_leads_on(chat: Conversation, store: Store) -> None:
    await keep_one(store)
    for number in range(12):
        await chat.types(f"watch add recall{number:02} as Watch {number:02}")
    await chat.types("assign 3f9a2c41 me")
    await chat.types("status 3f9a2c41 relevant")
    first = await home(chat)
    told = words(first)
    for says in ("Watchlists – page 1 of 2", "Watch 09", "My assessments", "Recall of lots", "owner ana", "Deadlines ahead", "Sources"):
        assert says in told
    assert "Watch 11" not in told
    chat.slack.homes.clear()
    await presses_home(chat, first, "Next")
    await chat.slack.until(lambda: "U1" in chat.slack.homes)
    assert "Watch 11" in words(chat.slack.homes["U1"])
    await presses_home(chat, first, "All my assessments")
    await chat.slack.until(lambda: chat.slack.views)
    assert "You have 1 item to assess." in words(chat.slack.views[-1])


async def test_the_home_tab_is_no_dead_end_while_there_is_nothing_and_greets_once(chat: Conversation) -> None:
    shown = await home(chat)
    await home(chat)
    await presses_home(chat, shown, "New watchlist")
    await chat.slack.until(lambda: chat.slack.views)
    assert chat.slack.views[-1]["title"]["text"] == "New watchlist"
    assert len([one for one in await chat.hears("D1", 1) if "I am Regwatch" in one]) == 1


async def test_the_buttons_of_an_alert_decide_and_leave_the_alert_where_it_is(chat: Conversation, store: Store) -> None:
    await keep_one(store)
    card = alert.alert(builders.item("Recall of lots", id=ID), [], now=builders.NOW)
    posted = {"blocks": slack.blocks(card)}
    (relevant,) = [one for one in buttons(posted) if one["text"]["text"] == "Relevant"]
    chat.slack.messages("C1").append({"ts": "7.7", "text": "alert"})
    standing = {"type": "message", "channel_id": "C1", "message_ts": "7.7", "is_ephemeral": False}
    for _ in range(2):
        await chat.door.press(relevant["action_id"], relevant["value"], container=standing, trigger_id="one.press")
    await chat.slack.until(lambda: chat.slack.responses)
    assert chat.slack.responses[-1]["replace_original"] is False
    assert chat.slack.responses[-1]["response_type"] == "ephemeral"
    assert "Status: Relevant" in chat.slack.responses[-1]["text"]
    await chat.settled()
    (said,) = [one for one in chat.slack.messages("C1") if one.get("thread_ts") == "7.7"]
    assert said["text"] == "@ana: Relevant – Recall of lots"
    view = await chat.opens_by(posted, "Not relevant")
    answer = await chat.sends(view)
    assert answer.body == {"response_action": "errors", "errors": {"reason": "Why is it not relevant?"}}
    await chat.settles(view, reason="It is about food")
    assert "Status: Not relevant: It is about food" in words(view)
    owner = await chat.opens_by(posted, "Assign")
    await chat.settles(owner, person="U1")
    assert "owner ana" in words(owner)


async def test_shortcuts_log_a_known_item_and_watch_a_page(chat: Conversation, store: Store) -> None:
    await keep_one(store)
    message = {"type": "message", "user": "U2", "ts": "1.1", "text": "Look: <https://www.fda.gov/recall/1|this>"}
    more = {"type": "message_action", "message": message, "message_ts": "1.1"}
    await chat.door.press("", callback_id="log", **more)
    await chat.slack.until(lambda: chat.slack.views)
    assert chat.slack.views[-1]["title"]["text"] == "Assess an item"
    await chat.settles(chat.slack.views[-1], status="assessing")
    assert "Status: Assessing" in words(chat.slack.views[-1])


async def test_a_shortcut_finds_the_address_in_what_an_app_posted(chat: Conversation, store: Store) -> None:
    """Alerts, ours too, hold their address in blocks, others in attachments; their text has none."""
    await keep_one(store)
    (posted,) = alert.alert(builders.item("Recall of lots", id=ID, url="https://www.fda.gov/recall/1"), [], now=builders.NOW).sections
    ours = {"text": "Recall of lots", "blocks": slack.section(posted, 0)}
    fed = {"text": "", "attachments": [{"title": "Recall", "title_link": "https://www.fda.gov/recall/1"}]}
    for number, message in enumerate((ours, fed)):
        kept = {"type": "message", "bot_id": "B1", "ts": f"{number}.1"} | message
        chat.slack.views.clear()
        await chat.door.press("", callback_id="log", type="message_action", message=kept, message_ts=kept["ts"])
        await chat.slack.until(lambda: chat.slack.views)
        assert chat.slack.views[-1]["title"]["text"] == "Assess an item"
        assert "Recall of lots" in words(chat.slack.views[-1])


async def test_a_known_address_unfolds_once_in_half_an_hour_and_never_among_many(chat: Conversation, store: Store) -> None:
    await keep_one(store, HOSTILE)
    known, other = ({"domain": "fda.gov", "url": f"https://www.fda.gov/recall/{number}"} for number in (1, 2))
    event = {"type": "link_shared", "user": "U1", "channel": "C1", "message_ts": "1.1", "source": "conversations_history"}
    await chat.door.event(event | {"links": [known, other, {"domain": "fda.gov", "url": "https://www.fda.gov/3"}]})
    await chat.settled()
    assert chat.slack.unfurls == []
    for _ in range(2):
        await chat.door.event(event | {"links": [known, other]})
    await chat.slack.until(lambda: chat.slack.unfurls)
    await chat.settled()
    (shown,) = chat.slack.unfurls
    assert list(shown["unfurls"]) == ["https://www.fda.gov/recall/1"]


async def test_hostile_titles_stay_words_in_search_modals_and_home(chat: Conversation, store: Store) -> None:
    await keep_one(store, HOSTILE)
    await keep(store, *[HOSTILE] * 6)
    await chat.types("assign 3f9a2c41 me")
    await chat.types("status 3f9a2c41 relevant")
    await chat.types("watch add 회수 as <!channel>")
    for typed in ("search 회수", "share 회수", "watch show <!channel>", "triage", "item 3f9a2c41", "watch test 회수"):
        answer = await chat.types(typed)
        assert answer["problems"] == []
        assert "<!channel>" not in answer["text"]
        assert "@here" not in answer["text"]
    await home(chat)
    view = await chat.opens("watch edit <!channel>")
    assert view["type"] == "modal"
