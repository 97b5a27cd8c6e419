"""Who may do what: guests look, members work, managers change what their place receives; a refusal says who can help."""

from datetime import datetime
from typing import Any

import pytest

from bot.cards.plain import words as plain
from bot.model import Place
from bot.sources.catalogue import Catalogue
from bot.store import installations
from bot.store.database import Store
from bot.store.installations import Installation
from handlers import answering
from handlers.command import Command
from handlers.commands import TABLE
from handlers.grammar import Named, Request
from handlers.reply import Context, Reply
from tests.test_handlers_commands import as_text

HERE = Place(id="slack:T1:C1", platform="slack", workspace="T1", channel="C1", name="#alerts")
THERE = Place(id="slack:T1:C2", platform="slack", workspace="T1", channel="C2", name="#other")
BO = Named(actor="slack:T1:U2", name="@bo")


class Workspace:
    """A Slack workspace in which people of any standing write."""

    def __init__(self, store: Store, now: datetime) -> None:
        self.context, self.now = Context(store=store, catalogue=Catalogue({}, {})), now

    async def reply(self, words: str, user: str = "U1", standing: str = "member", where: Place = HERE, **more: Any) -> Reply:
        request = Request.model_validate(
            {"actor": f"slack:T1:{user}", "actor_name": user, "place": where, "words": words, "now": self.now, "prefix": "/reg "}
            | {"standing": standing}
            | more
        )
        return await answering.run(request, self.context)

    async def says(self, words: str, user: str = "U1", standing: str = "member", where: Place = HERE, **more: Any) -> str:
        return as_text((await self.reply(words, user, standing, where, **more)).card)


@pytest.fixture
async def team(store: Store, now: datetime) -> Workspace:
    made = Workspace(store, now)
    await made.says("watch add recall as Recalls")
    return made


READING = {command.name for command in TABLE if command.who == "anyone"}
LOOKING = {
    "settings", "proof", "remind", "calendar", "mute", "unmute", "follow", "unfollow", "admin operations", "admin roles", "admin manager",
    "admin retention",
}  # fmt: skip


@pytest.mark.parametrize("command", TABLE, ids=lambda one: one.name)
async def test_a_guest_looks_and_changes_nothing(team: Workspace, command: Command) -> None:
    words = [command.name, *command.examples]
    for one in words:
        reply = await team.reply(one, "U9", "guest")
        refused = "Guests can look and search here" in as_text(reply.card)
        only_looks = command.name in READING or (command.name in LOOKING and one in (command.name, "proof month"))
        assert refused is not only_looks, one
        if refused:
            assert "Ask a member" in as_text(reply.card)
        assert reply.announce is None or command.name == "share"


async def test_by_default_anyone_in_a_channel_changes_what_it_receives(team: Workspace) -> None:
    assert "now receives Recalls" in await team.says("subscribe Recalls", "U5")
    assert "anyone in it may change it" in await team.says("admin roles", "U5")


async def test_an_admin_names_managers_and_only_they_and_admins_change_what_the_channel_receives(team: Workspace) -> None:
    named = await team.reply("admin manager @bo", "U3", "admin", people=(BO,))
    assert "only @bo and admins may change it" in as_text(named.card)
    assert named.announce is not None
    refused = await team.says("subscribe Recalls", "U5")
    assert "Only its managers may change what this channel receives" in refused
    assert "Ask @bo, or an admin of this Slack workspace" in refused
    for words in ("unsubscribe Recalls", "settings format compact", "proof weekly on", "calendar new", "calendar off"):
        assert "Only its managers" in await team.says(words, "U5")
    for words in ("settings", "subscriptions", "proof", "calendar"):
        assert "Only its managers" not in await team.says(words, "U5")
    assert "now receives Recalls" in await team.says("subscribe Recalls", "U2")
    assert "receives Recalls already" in await team.says("subscribe Recalls", "U3", "admin")
    assert "now receives" in await team.says("subscribe Recalls", "U5", where=THERE)


async def test_who_is_not_its_manager_changes_a_channel_from_another_one_no_more_than_from_inside(team: Workspace) -> None:
    await team.says("subscribe Recalls", "U3", "admin", where=THERE)
    await team.says("admin manager admins", "U3", "admin", where=THERE)
    assert "Only its managers may change what #other receives" in await team.says("subscribe Recalls daily #other", "U5")


async def test_in_a_personal_chat_everybody_manages_their_own(team: Workspace) -> None:
    await team.says("admin manager admins", "U3", "admin")
    mine = Place(id="slack:T1:D5", platform="slack", workspace="T1", channel="D5")
    assert "receive Recalls" in (await team.says("subscribe Recalls", "U5", where=mine, personal=True)).replace("receives", "receive")


async def test_the_last_manager_taken_away_leaves_it_to_the_admins_until_somebody_says_anyone(team: Workspace) -> None:
    await team.says("admin manager @bo", "U3", "admin", people=(BO,))
    assert "only admins may change it" in await team.says("admin manager remove @bo", "U3", "admin", people=(BO,))
    assert "is not a manager" in await team.says("admin manager remove @bo", "U3", "admin", people=(BO,))
    assert "Only its managers" in await team.says("subscribe Recalls", "U2")
    assert "anyone in it may change it" in await team.says("admin manager anyone", "U3", "admin")
    assert "now receives" in await team.says("subscribe Recalls", "U2")


@pytest.mark.parametrize("words", ["admin operations here", "admin manager admins", "admin roles add me"])
async def test_only_an_admin_does_what_concerns_the_workspace(team: Workspace, words: str) -> None:
    refused = await team.says(words, "U5")
    assert "Only an admin may do this." in refused
    assert "Ask an admin of this Slack workspace" in refused
    assert "Only an admin" not in await team.says(words, "U3", "admin")


async def test_an_admin_names_another_who_then_is_one_whatever_slack_says(team: Workspace) -> None:
    state = await team.says("admin roles add @bo", "U3", "admin", people=(BO,))
    assert "whom Slack has as admin or owner of the workspace, @bo." in state
    assert "Managers" in state
    assert "In this channel it is told once" in await team.says("admin operations here", "U2")
    assert "Ask @bo or an admin of this Slack workspace" in await team.says("admin operations off", "U5")
    await team.says("admin roles remove @bo", "U3", "admin", people=(BO,))
    assert "Only an admin" in await team.says("admin operations off", "U2")


async def test_who_installed_the_bot_is_an_admin(team: Workspace, store: Store, now: datetime) -> None:
    async with store.write() as tx:
        await installations.keep(tx, Installation(id="T1", team="T1", installer="U4", sealed="x", installed=now))
    assert "it is told once" in await team.says("admin operations here", "U4")
    assert "who installed Regwatch" in await team.says("admin roles", "U5")
    assert "Only an admin" in await team.says("admin operations off", "U5", "unknown")


async def test_where_nobody_is_known_to_be_an_admin_the_first_names_themselves(team: Workspace) -> None:
    assert "it is told once" in await team.says("admin operations here", "U5", "unknown")
    await team.says("admin roles add me", "U5", "unknown")
    assert "Only an admin" in await team.says("admin operations off", "U6", "unknown")
    assert "Nobody is told" in await team.says("admin operations off", "U5", "unknown")


async def test_roles_of_one_workspace_are_none_in_another(team: Workspace, store: Store) -> None:
    await team.says("admin roles add @bo", "U3", "admin", people=(BO,))
    other = Place(id="slack:T2:C1", platform="slack", workspace="T2", channel="C1")
    assert "@bo" not in await team.says("admin roles", "U5", where=other)
    assert "Only an admin" in await team.says("admin operations here", "U2", where=other)


@pytest.mark.parametrize(("words", "said"), [("admin roles add", "Whom?"), ("admin roles add nobody", "I do not know who “nobody” is")])
async def test_whom_is_asked_with_how_to_say_it(team: Workspace, words: str, said: str) -> None:
    answer = await team.says(words, "U3", "admin")
    assert said in answer
    assert "choose the name from the list" in answer


async def test_a_person_is_known_by_the_id_that_slack_gives(team: Workspace) -> None:
    assert "@U77" in await team.says("admin roles add @U77", "U3", "admin")
    assert "it is told once" in await team.says("admin operations here", "U77")


async def test_operations_may_be_told_in_a_channel_that_is_named(team: Workspace) -> None:
    await team.says("subscribe Recalls", "U5", where=THERE)
    assert "In another place it is told once" in await team.says("admin operations #other", "U3", "admin")
    assert "I do not know #nowhere yet" in await team.says("admin operations #nowhere", "U3", "admin")


async def test_debug_gives_the_ids_that_support_asks_for_and_no_secret(team: Workspace) -> None:
    said = plain(await team.says("debug", "U5"))
    for one in ("slack:T1:C1", "slack:T1:U5", "T1", "schema", "member (platform: member)"):
        assert one in said
    assert "xox" not in said
