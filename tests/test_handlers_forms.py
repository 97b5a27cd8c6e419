"""What has more than two options has a form: it begins with what holds, does what words would do, and says beside a field what is wrong."""

import re
from collections.abc import Mapping
from datetime import date, datetime

import pytest

from bot.cards.card import Button, as_text
from bot.cards.form import Choice, Field, Form, Ticks
from bot.model import Deadline
from bot.store import items, places, record
from bot.store.database import Store
from bot.store.items import Kept
from handlers import answering
from handlers.command import Command
from handlers.commands import TABLE
from handlers.grammar import Request
from handlers.reply import Context, Reply
from tests.builders import item, place
from tests.test_handlers_commands import catalogue, source

HERE = place("C1", platform="slack", workspace="W1", name="#alerts", timezone="Asia/Seoul")
OTHER = place("C2", platform="slack", workspace="W1", name="#safety")
ID = "3f9a2c41aaaa"
BY_BUTTONS = {"packs update"}
"""Commands with more than two options whose answers have a button for each."""


class Desk:
    """Somebody in a channel who types, opens forms and sends them off."""

    def __init__(self, context: Context, now: datetime) -> None:
        self.context, self.now = context, now

    async def reply(self, words: str, **more: object) -> Reply:
        given = {"actor": "slack:W1:U1", "actor_name": "ana", "place": HERE, "words": words, "now": self.now, "prefix": "/reg "}
        return await answering.run(Request.model_validate(given | more), self.context)

    async def says(self, words: str) -> str:
        return as_text((await self.reply(words)).card)

    async def opens(self, words: str) -> Form:
        form = (await self.reply(words, by_form=True)).form
        assert form is not None
        return form

    async def sends(self, form: Form, **values: object) -> Reply:
        filled = {"values": {one.name: _held(one) for one in form.fields} | {name: _several(one) for name, one in values.items()}}
        return await self.reply(form.action, filled=filled | {"state": form.state})


def _several(value: object) -> tuple[object, ...]:
    return tuple(value) if isinstance(value, list | tuple) else (value,) if value else ()


def _held(field: Field) -> tuple[str, ...]:
    return field.values if isinstance(field, Ticks) else (field.value,) if field.value else ()


def held(form: Form) -> Mapping[str, str]:
    return {one.name: ",".join(_held(one)) for one in form.fields}


def said(reply: Reply) -> str:
    return as_text(reply.card)


def buttons(reply: Reply) -> dict[str, Button]:
    return {one.label: one for section in reply.card.sections for one in section.buttons}


@pytest.fixture
def dialect() -> str:
    """Forms speak to the commands, and those to the store: one kind of it will do."""
    return "sqlite"


@pytest.fixture
async def desk(store: Store, now: datetime) -> Desk:
    """A channel that watches recalls; one of its items has three versions and a deadline."""
    due = Deadline(kind="comments_due", day=date(2026, 7, 20), text="20 July")
    first = item("A recall", id=ID, source="kr-press", tier="official", deadlines=(due,), published=now)
    async with store.write() as tx:
        for one in (HERE, OTHER):
            await places.ensure(tx, one)
        await items.add(tx, first, "1", link=first.url or "", why="new")
        for number in (2, 3):
            newer = first.model_copy(update={"version": number, "title": f"A recall, part {number}", "text": f"text {number}"})
            await items.add_versions(tx, [Kept(newer, f"{number}", first.url or "", "changed", 1)])
    return Desk(Context(store=store, catalogue=catalogue(source("kr-press")), wait_seconds=0.1), now)


def options(command: Command) -> int:
    """How much one can say after the name of a command, beside the page: what is named in < > or [ ], each word of a choice counted."""
    usage = re.sub(r"\[(page N|sort:relevance)\]", "", command.usage.removeprefix(command.name))
    named = set(re.findall(r"<([^<>]*)>", usage))
    choices = [word for choice in re.findall(r"\S+\|\S+", usage) for word in choice.split("|")]
    others = re.findall(r"\[[^\[\]|<>]+\]", usage)
    return len(named) + len(choices) + len(others)


@pytest.mark.parametrize("command", TABLE, ids=lambda one: str(one.name))
def test_what_has_more_than_two_options_has_a_form(command: Command) -> None:
    assert options(command) <= 2 or command.form is not None or command.name in BY_BUTTONS


def test_options_are_counted_as_people_see_them() -> None:
    counted = {one.name: options(one) for one in TABLE}
    two = ("report", "calendar", "triage", "watch rename", "note", "concept add")
    assert [counted[name] for name in (*two, "help")] == [2] * len(two) + [1]
    assert (counted["term add"], counted["packs update"], counted["remind"], counted["admin manager"]) == (3, 3, 4, 4)


OFFERING = [one for one in TABLE if one.offers]


@pytest.mark.parametrize("command", OFFERING, ids=lambda one: str(one.name))
async def test_the_answer_of_a_command_offers_its_form(desk: Desk, command: Command) -> None:
    argument = {"trends": " recall", "diff": f" {ID}"}.get(command.name, "")
    reply = await desk.reply(command.name + argument)
    assert reply.form is None
    (button,) = [one for one in buttons(reply).values() if one.form and one.action == command.name]
    form = (await desk.reply(f"{button.action} {button.value}", by_form=True)).form
    assert form is not None
    assert form.action == command.name


async def test_admins_are_named_and_unnamed_in_a_form(desk: Desk) -> None:
    form = await desk.opens("admin roles")
    assert list(held(form)) == ["person"]
    assert "@ana" in said(await desk.sends(form, person=["U1", "@ana"]))
    assert "@ben" in said(await desk.sends(await desk.opens("admin roles"), person=["U2", "ben"]))
    form = await desk.opens("admin roles")
    assert held(form)["named"] == "slack:W1:U1,slack:W1:U2"
    left = said(await desk.sends(form, named=["slack:W1:U1"]))
    assert "@ana" in left
    assert "@ben" not in left
    assert await desk.says("admin roles") == left


async def test_who_manages_a_place_is_chosen_in_a_form_which_begins_with_what_holds(desk: Desk) -> None:
    form = await desk.opens("admin manager")
    assert held(form) == {"who": "anyone", "person": ""}
    refused = await desk.sends(form, who="named")
    assert refused.form is not None
    assert refused.form.errors == {"person": "Choose somebody, or another answer above."}
    assert "anyone in it may" in await desk.says("admin roles")
    done = await desk.sends(form, who="named", person=["U2", "ben"])
    assert "only @ben and admins may" in said(done)
    assert done.announce is not None
    assert "only @ben and admins may" in as_text(done.announce)
    assert held(await desk.opens("admin manager")) == {"who": "named", "named": "slack:W1:U2", "person": ""}
    assert "only admins may" in said(await desk.sends(await desk.opens("admin manager"), who="admins"))
    assert held(await desk.opens("admin manager")) == {"who": "admins", "person": ""}
    assert "anyone in it may" in said(await desk.sends(await desk.opens("admin manager"), who="anyone"))


async def test_where_failing_sources_are_told_is_chosen_in_a_form(desk: Desk) -> None:
    form = await desk.opens("admin operations")
    assert held(form) == {"told": "nobody", "place": "C1"}
    assert "In another place it is told" in said(await desk.sends(form, told="told", place="C2"))
    assert held(await desk.opens("admin operations")) == {"told": "told", "place": "C2"}
    ended = await desk.sends(await desk.opens("admin operations"), told="nobody")
    assert "Nobody is told" in said(ended)
    assert ended.announce is not None


async def test_reminders_of_a_place_are_set_in_a_form(desk: Desk) -> None:
    form = await desk.opens("remind")
    assert held(form) == {"wanted": "off", "days": "30, 7, 1", "at": "09:00"}
    for values, field in (({"days": "soon"}, "days"), ({"days": ""}, "days"), ({"at": ""}, "at")):
        refused = (await desk.sends(form, wanted="on", **values)).form
        assert refused is not None
        assert list(refused.errors) == [field]
    assert "14, 3 days before, at 08:30 Asia/Seoul" in said(await desk.sends(form, wanted="on", days="14, 3", at="08:30"))
    assert held(await desk.opens("remind")) == {"wanted": "on", "days": "14, 3", "at": "08:30"}
    assert "is not reminded" in said(await desk.sends(await desk.opens("remind"), wanted="off"))


async def test_the_proof_is_told_as_often_as_a_form_says(desk: Desk) -> None:
    assert held(await desk.opens("proof")) == {"often": "off"}
    for often, shown in (("weekly", "each Monday"), ("monthly", "on the first of each month")):
        assert shown in said(await desk.sends(await desk.opens("proof"), often=often))
        assert held(await desk.opens("proof")) == {"often": often}
    assert "To be told this here each Monday" in said(await desk.sends(await desk.opens("proof"), often="off"))
    assert held(await desk.opens("proof")) == {"often": "off"}


async def test_a_person_is_reminded_of_an_item_that_they_name_in_a_form(desk: Desk) -> None:
    form = await desk.opens("remind me")
    assert held(form) == {"item": "", "day": "2026-07-09"}
    unknown = (await desk.sends(form, item="ffffffff")).form
    assert unknown is not None
    assert list(unknown.errors) == ["item"]
    past = (await desk.sends(form, item=ID, day="2026-07-01")).form
    assert past is not None
    assert list(past.errors) == ["day"]
    assert held(past)["item"] == ID
    assert "I remind you of A recall, part 3 on 9 Jul 2026" in said(await desk.sends(form, item=ID))


async def test_an_export_is_asked_for_by_days(desk: Desk) -> None:
    asked = await desk.reply("export")
    assert asked.form is not None
    assert held(asked.form) == {"first": "2026-04-03", "last": "2026-07-02", "file": "xlsx"}
    for values in ({"first": "2026-07-03"}, {"last": ""}):
        refused = (await desk.sends(asked.form, **values)).form
        assert refused is not None
        assert list(refused.errors) == ["last"]
    assert "--from 2026-04-03 --to 2026-06-30 --format csv" in said(await desk.sends(asked.form, last="2026-06-30", file="csv"))


async def test_deadlines_are_filtered_by_a_form(desk: Desk) -> None:
    assert held(await desk.opens("deadlines 90d country:KR")) == {"ahead": "90d", "query": "country:KR"}
    form = await desk.opens("deadlines")
    assert "1 deadline in the next 90 days for recall" in said(await desk.sends(form, ahead="90d", query="recall"))
    refused = (await desk.sends(form, query="recall (")).form
    assert refused is not None
    assert list(refused.errors) == ["query"]


async def test_a_trend_is_asked_for_by_a_form(desk: Desk) -> None:
    assert held(await desk.opens("trends recall by agency 20 weeks")) == {"query": "recall", "by": "agency", "weeks": "20"}
    asked = await desk.reply("trends")
    assert asked.form is not None
    assert "by document type: 1 item in 26 weeks" in said(await desk.sends(asked.form, query="recall", by="type", weeks="26"))
    for query in ("", "recall OR"):
        refused = (await desk.sends(asked.form, query=query)).form
        assert refused is not None
        assert list(refused.errors) == ["query"]


async def test_two_versions_are_compared_by_a_form(desk: Desk) -> None:
    form = await desk.opens(f"diff {ID}")
    assert held(form) == {"old": "2", "new": "3"}
    assert "Version 1 (" in said(await desk.sends(form, old="1", new="2"))


async def test_what_is_new_is_chosen_in_a_form(desk: Desk) -> None:
    form = await desk.opens("latest korea")
    (choice,) = form.fields
    assert isinstance(choice, Choice)
    assert [one.label for one in choice.options if one.value in ("all", "kr", "asia", "akr")] == ["All sources", "🇰🇷 KR", "Asia", "AKR"]
    assert "A recall" in said(await desk.sends(form, of="kr"))
    assert "The newest from all sources" in said(await desk.sends(form, of="all"))


async def test_a_search_is_shared_by_a_form(desk: Desk) -> None:
    asked = await desk.reply("share")
    assert asked.form is not None
    assert asked.form.action == "share"
    done = await desk.sends(asked.form, query="recall")
    assert done.announce is not None
    assert "searched for recall" in as_text(done.announce)


async def test_a_term_of_ones_own_is_added_by_a_form(desk: Desk) -> None:
    asked = await desk.reply("term add")
    assert asked.form is not None
    refused = (await desk.sends(asked.form, terms="")).form
    assert refused is not None
    assert list(refused.errors) == ["terms", "concept"]
    wanted = {"concept": "decentralized-clinical-trial", "language": "ko"}
    refused = (await desk.sends(asked.form, terms="x", **wanted)).form
    assert refused is not None
    assert list(refused.errors) == ["terms"]
    assert "decentralized clinical trial is also said by" in said(await desk.sends(asked.form, terms="가상 방문 시험", **wanted))


async def test_how_long_messages_are_kept_is_chosen_by_words_or_by_a_form_and_recorded_once(desk: Desk, store: Store) -> None:
    assert "are kept for good." in await desk.says("admin retention")
    assert "at least, or forever" in await desk.says("admin retention 30 days")
    assert "at least, or forever" in await desk.says("admin retention soon")
    assert "are kept for good." in await desk.says("admin retention")
    assert "are kept for 730 days." in await desk.says("admin retention 2 years")
    assert held(await desk.opens("admin retention")) == {"days": "730"}
    assert "are kept for 365 days." in said(await desk.sends(await desk.opens("admin retention"), days="365"))
    assert "are kept for 365 days." in said(await desk.sends(await desk.opens("admin retention")))
    assert "are kept for good." in await desk.says("admin retention forever")
    async with store.read() as tx:
        rows = [row.content async for row in record.rows(tx, "W1", 1, 9)]
    assert [re.findall(r'"(?:after|before)":{"days":(\w+)}', one) for one in rows] == [["730", "null"], ["365", "730"], ["null", "365"]]
