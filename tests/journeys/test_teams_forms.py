"""People fill in forms in Teams: the watchlist builder from its opening to the saved watchlist, as a dialog."""

from collections.abc import AsyncIterator

import pytest

from bot.store import places, watchlists
from bot.store.database import Store
from tests import builders
from tests.slack_conversation import keep
from tests.teams_doors import CHANNEL, CHAT, TENANT, fields_of, words_of
from tests.teams_world import World, dialog_of, world


@pytest.fixture
def dialect() -> str:
    """How forms are asked and filled in is the same on both databases: one kind of them will do."""
    return "sqlite"


@pytest.fixture
async def teams(store: Store) -> AsyncIterator[World]:
    async with world(store) as made:
        yield made


async def test_a_watchlist_is_built_with_a_preview_and_delivered_where_it_was_opened(teams: World, store: Store) -> None:
    await keep(store, "Decentralized trials begin")
    asked = await teams.types("watch add")
    assert "What shall the watchlist find?" in words_of(asked)
    dialog = await teams.opens(asked, "Fill in a form")
    assert list(fields_of(dialog)) == ["query", "name", "place", "often", "at", "urgent"]
    assert all(one["label"] for one in fields_of(dialog).values())
    dialog = await teams.submits(dialog, "Show what it finds", query="decentralized trials")
    assert "it would have alerted on 1 item" in words_of(dialog)
    assert "분산형 임상시험" in words_of(dialog)
    assert fields_of(dialog)["query"]["value"] == "decentralized trials"
    done = await teams.submits(dialog, "Save", name="DCT", often="daily", at="08:30")
    assert "Watchlist DCT is saved." in words_of(done)
    assert "actions" not in done
    assert teams.seen_by_all() == ["@ana added the watchlist DCT: decentralized trials – subscribed this channel to DCT, daily 08:30 UTC."]
    assert "DCT – daily 08:30 UTC" in words_of(await teams.types("subscriptions"))


async def test_a_search_is_saved_as_a_watchlist_in_a_dialog_that_begins_with_it(teams: World, store: Store) -> None:
    await keep(store, "Recall of a pump")
    await teams.types("watch add device as Taken")
    dialog = await teams.opens(await teams.types("search recall"), "Save as watchlist")
    assert fields_of(dialog)["query"]["value"] == "recall"
    assert "it would have alerted on 1 item" in words_of(dialog)
    assert "Recall" not in words_of(await teams.types("watch list"))
    refused = await teams.submits(dialog, "Save", name="Taken")
    lines = [said for one in refused["body"] if (said := one.get("id") or words_of({"body": [one]}))]
    assert "There is a watchlist Taken already" in lines[lines.index("name") - 1]
    done = await teams.submits(refused, "Save", name="Recalls", often="now")
    assert "Watchlist Recalls is saved" in words_of(done)
    assert teams.seen_by_all()[-1] == "@ana added the watchlist Recalls: recall – subscribed this channel to Recalls."
    assert "Recalls – now" in words_of(await teams.types("subscriptions"))


async def test_related_concepts_are_ticked_and_matched_too(teams: World) -> None:
    dialog = await teams.opens(await teams.types("watch add"), "Fill in a form")
    dialog = await teams.submits(dialog, "Show what it finds", query="decentralized trials")
    first, second, *_ = [one["value"] for one in fields_of(dialog)["related"]["choices"]]
    done = await teams.submits(dialog, "Save", related=f"{first},{second}")
    assert f"concept:{first}" in words_of(done)
    assert f"concept:{second}" in words_of(done)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"query": "recall (device"}, "at “"),
        ({"query": "recall OR"}, "at the end, after “recall OR”"),
        ({"query": ""}, "at least one word"),
        ({"query": "recall", "name": "taken"}, "There is a watchlist Taken already"),
        ({"query": "recall", "often": "daily", "at": ""}, "09:00"),
    ],
)
async def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_lost(teams: World, values: dict[str, str], says: str) -> None:
    await teams.types("watch add device as Taken")
    dialog = await teams.opens(await teams.types("watch add"), "Fill in a form")
    dialog = await teams.submits(dialog, "Save", **values)
    assert says in words_of(dialog)
    assert fields_of(dialog)["query"].get("value", "") == values["query"]
    assert "Watchlist Recalls is saved" in words_of(await teams.submits(dialog, "Save", query="recall", name="Recalls", often="now"))


async def test_editing_begins_with_all_that_was_set_and_keeps_it(teams: World) -> None:
    await teams.types("watch add recall as Recalls")
    await teams.types("subscribe Recalls daily on mon,thu at 17:30 urgent on")
    dialog = await teams.opens(await teams.types("watch edit Recalls"), "Fill in a form")
    held = {name: one.get("value") for name, one in fields_of(dialog).items()}
    assert held | {"related": None} == {
        "query": "recall",
        "name": "Recalls",
        "place": CHANNEL,
        "often": "daily",
        "at": "17:30",
        "urgent": "yes",
        "related": None,
    }
    assert "Before, it found: recall" in words_of(await teams.submits(dialog, "Save", query="recall -food"))
    told = words_of(await teams.types("subscriptions"))
    assert "Recalls – daily on mon, thu 17:30 UTC, recalls and safety alerts at once – recall NOT food" in told


async def test_a_form_delivers_to_another_channel_that_is_known_by_name(teams: World, store: Store) -> None:
    other = "19:other@thread.tacv2"
    async with store.write() as tx:
        await places.ensure(tx, builders.place(other, platform="teams", workspace=TENANT, name="Safety"))
        await places.ensure(tx, builders.place("19:theirs@thread.tacv2", platform="teams", workspace="another", name="Theirs"))
    dialog = await teams.opens(await teams.types("watch add"), "Fill in a form")
    assert [one["title"] for one in fields_of(dialog)["place"]["choices"]] == ["This conversation", "Safety"]
    await teams.submits(dialog, "Save", query="recall", name="Recalls", place=other)
    async with store.read() as tx:
        (taken,) = await places.of_watchlists(tx, [one.id for one in await watchlists.in_workspace(tx, TENANT)])
    assert taken.place == f"teams:{TENANT}:{other}"


async def test_the_message_extension_opens_the_builder_too(teams: World) -> None:
    fetch = {"commandId": "watch", "commandContext": "compose", "context": {"theme": "default"}}
    nameless = teams.door.activity("invoke", CHAT, name="composeExtension/fetchTask", value=fetch | {"commandId": ""})
    assert [one["title"] for one in dialog_of(await teams.door.send(nameless))["actions"]][-1] == "Save"
    dialog = dialog_of(await teams.door.send(teams.door.activity("invoke", CHAT, name="composeExtension/fetchTask", value=fetch)))
    data = {"query": "recall", "name": "Recalls", "often": "now"} | dialog["actions"][-1]["data"]
    sent = {"commandId": "watch", "data": data, "context": {"theme": "default"}}
    done = dialog_of(await teams.door.send(teams.door.activity("invoke", CHAT, name="composeExtension/submitAction", value=sent)))
    assert "Watchlist Recalls is saved" in words_of(done)
    assert "Recalls – now" in words_of(await teams.types("subscriptions", CHAT))


async def test_a_dialog_that_is_sent_twice_acts_once(teams: World) -> None:
    dialog = await teams.opens(await teams.types("watch add"), "Fill in a form")
    data = {"query": "recall", "name": "Recalls", "often": "now"} | dialog["actions"][-1]["data"]
    activity = teams.door.activity("invoke", name="task/submit", value={"data": data})
    first, second = [await teams.door.send(activity) for _ in range(2)]
    assert "Watchlist Recalls is saved" in words_of(dialog_of(first))
    assert second.body == {"task": {"type": "message", "value": "This was done already."}}
    assert len(teams.seen_by_all()) == 1


@pytest.mark.parametrize("name", ["task/fetch", "task/submit", "composeExtension/fetchTask", "composeExtension/submitAction"])
@pytest.mark.parametrize("value", [None, 5, {}, {"data": 5}, {"data": {"regwatch": 5}}, {"data": {"regwatch": {"action": 5}}}])
async def test_a_dialog_that_is_not_ours_is_answered_and_not_failed(teams: World, name: str, value: object) -> None:
    answer = await teams.door.send(teams.door.activity("invoke", name=name, value=value))
    assert (answer.status, answer.body["task"]["type"]) == (200, "message")


@pytest.mark.parametrize("action", ["watch remove Recalls", "no such thing", "help", "watch add"])
async def test_what_a_dialog_claims_to_be_is_answered_by_the_command_it_names(teams: World, action: str) -> None:
    data = {"regwatch": {"action": action, "state": 5, "ticks": 5, "done": "x"}, "query": 5, "name": "x"}
    answer = await teams.door.send(teams.door.activity("invoke", name="task/submit", value={"data": data}))
    assert answer.body["task"]["type"] == "continue"


async def test_the_settings_of_a_place_are_changed_in_a_dialog_which_begins_with_what_holds(teams: World) -> None:
    dialog = await teams.opens(await teams.types("settings"), "Change settings")
    wished = {"timezone": "Seoul", "from": "22:00", "to": "08:00", "format": "compact", "threads": "both"}
    refused = await teams.submits(dialog, "Save", **wished | {"timezone": "Nowhere"})
    assert "Nowhere" in words_of(refused)
    assert "timezone – UTC" in words_of(await teams.types("settings"))
    done = await teams.submits(refused, "Save", **wished)
    assert "timezone – Asia/Seoul" in words_of(done)
    assert any("changed settings of this channel" in one for one in teams.seen_by_all())
    again = await teams.opens(await teams.types("settings"), "Change settings")
    held = {name: one["value"] for name, one in fields_of(again).items() if name in wished}
    assert held == wished | {"timezone": "Asia/Seoul"}
