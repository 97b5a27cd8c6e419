"""Deciding about items: status, owner and notes by words, kept as a log, seen by one workspace, shown on the alerts."""

from datetime import datetime, timedelta

import pytest

from bot.cards.card import Card, as_text
from bot.cards.form import Choice, Filled
from bot.deliver.outbox import Outcome
from bot.model import Place
from bot.sources.catalogue import Catalogue
from bot.store import assessments, items, outbox, places, record
from bot.store.database import Store
from handlers import answering, triage
from handlers.grammar import Request
from handlers.reply import Context, Reply
from schedules.deliver import Delivering
from tests.builders import delivery, item, place
from tests.fakes import Clock, FakeSender

ID = "3f9a2c41d0e1b2a3"


async def answer(store: Store, now: datetime, words: str, at: Place | None = None, actor: str = "ana", **more: object) -> Reply:
    context = Context(store=store, catalogue=Catalogue({}, {}))
    request = Request(actor=f"console:W1:{actor}", actor_name=actor, place=at or place("general"), words=words, now=now, prefix="/reg ")
    return await answering.run(request.model_copy(update=more), context)


async def say(store: Store, now: datetime, words: str, at: Place | None = None, actor: str = "ana") -> str:
    return as_text((await answer(store, now, words, at, actor)).card)


async def kept(store: Store, item_id: str = ID, title: str = "Recall of lots") -> None:
    async with store.write() as tx:
        one = item(title, id=item_id, key=item_id)
        await items.add(tx, one, item_id, link=one.url or "", why="new")


async def test_a_decision_is_answered_with_the_complete_state_and_told_to_the_channel(store: Store, now: datetime) -> None:
    await kept(store)
    await say(store, now, "status 3f9a2c41 relevant")
    await say(store, now, "assign 3f9a2c41 @ben", actor="cho")
    done = await answer(store, now, "note 3f9a2c41 legal has seen it")
    said = as_text(done.card)
    assert "Status: Relevant · owner ben" in said
    assert "2 Jul 2026 09:30 UTC – ana – Relevant" in said
    assert "cho – owner ben" in said
    assert "ana – note: legal has seen it" in said
    assert done.announce is not None
    assert as_text(done.announce) == "@ana: note: legal has seen it – Recall of lots"
    assert done.in_thread


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("not relevant because it is about food", "Not relevant: it is about food"),
        ("not_relevant: a duplicate", "Not relevant: a duplicate"),
        ("irrelevant, old news", "Not relevant: old news"),
        ("deferred until 2027-01-31 because the draft is open", "Deferred until 31 Jan 2027: the draft is open"),
        ("Assessing", "Assessing"),
        ("ACTION we file a variation", "Action: we file a variation"),
        ("done", "Closed"),
    ],
)
async def test_statuses_are_typed_with_reason_and_date(store: Store, now: datetime, words: str, says: str) -> None:
    await kept(store)
    assert f"Status: {says}\n" in await say(store, now, f"status 3f9a2c41 {words}")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("status", "Which item"),
        ("status 3f9a2c41", "There are: New, Relevant"),
        ("status 3f9a2c41 not relevant", "Why is it not relevant?"),
        ("status 3f9a2c41 deferred", "Until when"),
        ("status 3f9a2c41 lovely", "is no status"),
        ("status 3f9a2c41 deferred until 2027-02-31", "There is no day 2027-02-31"),
        ("status ffff relevant", "I know no item"),
        ("assign", "whose shall it be"),
        ("note 3f9a2c41", "what shall be noted"),
        ("triage everything", "triage mine, or triage open"),
    ],
)
async def test_what_is_missing_is_asked_for_and_nothing_is_decided(store: Store, now: datetime, words: str, says: str) -> None:
    await kept(store)
    assert says in await say(store, now, words)
    async with store.read() as tx:
        assert await assessments.of_item(tx, "W1", ID) == []


@pytest.mark.parametrize(
    "until",
    [
        "2026-08-01",
        "until 1 August 2026",
        "2026. 8. 1.까지",
        "until 2026/08/01",
        "2026년 8월 1일까지",
        "30d",
        "in 30 days",
        "next month",
        "다음 달",
    ],
)
async def test_work_is_deferred_until_a_day_as_people_write_it_with_its_reason(store: Store, now: datetime, until: str) -> None:
    await kept(store)
    assert now.date().isoformat() == "2026-07-02"
    said = await say(store, now, f"status 3f9a2c41 deferred {until} because the final text is awaited")
    assert "Status: Deferred until 1 Aug 2026: the final text is awaited" in said


@pytest.mark.parametrize("until", ["2026-07-02", "until 2020-01-01", "until 1 May 2026"])
async def test_work_is_not_deferred_to_a_day_that_is_past(store: Store, now: datetime, until: str) -> None:
    await kept(store)
    assert "a day that is ahead" in await say(store, now, f"status 3f9a2c41 deferred {until}")
    past = Filled(values={"status": ("deferred",), "until": ("2020-01-01",)}, state=ID)
    form = (await answer(store, now, "status", filled=past)).form
    assert form is not None
    assert [one.error for one in form.fields if one.name == "until"] == ["Work is deferred to a day that is ahead."]
    assert "nothing to assess" in await say(store, now, "triage")


@pytest.mark.parametrize(
    ("words", "stands"),
    [
        ("defer until 2026-08-01", "Deferred"),
        ("in progress", "Assessing"),
        ("reopened", "Relevant"),
        ("관련 없음: 식품", "Not relevant: 식품"),
    ],
)
async def test_a_status_goes_by_what_other_tools_and_people_call_it(store: Store, now: datetime, words: str, stands: str) -> None:
    await kept(store)
    assert f"Status: {stands}" in await say(store, now, f"status 3f9a2c41 {words}")


async def test_a_misspelt_status_is_met_by_the_nearest(store: Store, now: datetime) -> None:
    await kept(store)
    assert "Did you mean: Assessing" in await say(store, now, "status 3f9a2c41 asessing")


@pytest.mark.parametrize(("who", "owner"), [("to Ben", "ben"), ("@me", "ana"), ("나", "ana"), ("unassign", ""), ("없음", "")])
async def test_an_owner_is_named_as_people_name_one(store: Store, now: datetime, who: str, owner: str) -> None:
    await kept(store)
    await say(store, now, "assign 3f9a2c41 cho")
    said = (await say(store, now, f"assign 3f9a2c41 {who}")).casefold()
    assert (f"status: new · owner {owner}\n" in said) if owner else ("status: new\n" in said)


async def test_saying_it_again_adds_nothing_to_the_log(store: Store, now: datetime) -> None:
    await kept(store)
    for _ in range(2):
        last = await answer(store, now, "status 3f9a2c41 relevant")
    assert "That is so already" in as_text(last.card)
    assert last.announce is None
    async with store.read() as tx:
        assert len(await assessments.of_item(tx, "W1", ID)) == 1


async def test_triage_lists_what_is_open_and_what_is_mine_a_page_at_a_time(store: Store, now: datetime) -> None:
    for number in range(7):
        await kept(store, f"{number}f9a2c41", f"Recall {number}")
        await say(store, now + timedelta(minutes=number), f"status {number}f9a2c41 relevant")
    await say(store, now + timedelta(hours=1), "assign 2f9a2c41 me", actor="ben")
    await say(store, now + timedelta(hours=2), "status 3f9a2c41 closed")
    first = await answer(store, now, "triage")
    assert "This workspace has 6 items to assess – page 1 of 2." in as_text(first.card)
    assert "Recall 3" not in as_text(first.card)
    assert [one.label for one in first.card.sections[-1].buttons] == ["Next"]
    assert "Recall 0" in await say(store, now, "triage open page 2")
    mine = await say(store, now, "triage mine", actor="ben")
    assert "You have 1 item to assess." in mine
    assert "Recall 2" in mine
    assert "You have nothing to assess" in await say(store, now, "triage mine", actor="eve")


async def test_another_workspace_sees_nothing_of_it(store: Store, now: datetime) -> None:
    await kept(store)
    await say(store, now, "status 3f9a2c41 relevant")
    other = place("general", workspace="W2")
    assert "nothing to assess" in await say(store, now, "triage", other)
    assert "Relevant" not in await say(store, now, "item 3f9a2c41", other)
    assert "Status: Relevant" in await say(store, now, "item 3f9a2c41")


async def test_a_form_asks_for_the_reason_and_the_date_beside_their_fields(store: Store, now: datetime) -> None:
    await kept(store)
    begun = await answer(store, now, "status 3f9a2c41 not relevant", by_form=True)
    assert begun.form is not None
    values = {"status": ("not_relevant",)}
    refused = await answer(store, now, "status", filled=Filled(values=values, state=begun.form.state))
    assert refused.form is not None
    assert refused.form.errors == {"reason": "Why is it not relevant?"}
    done = await answer(store, now, "status", filled=Filled(values=values | {"reason": ("food",)}, state=begun.form.state))
    assert "Status: Not relevant: food" in as_text(done.card)


async def test_a_form_assigns_to_the_person_that_was_chosen_or_to_who_asks(store: Store, now: datetime) -> None:
    await kept(store)
    chosen = Filled(values={"person": ("U2", "ben"), "note": ("please look",)}, state=ID)
    said = as_text((await answer(store, now, "assign", filled=chosen)).card)
    assert "owner ben" in said
    assert "note: please look" in said
    assert "owner ana" in as_text((await answer(store, now, "assign", filled=Filled(state=ID))).card)


async def test_every_alert_of_the_workspace_shows_the_status_after_each_decision(store: Store, now: datetime) -> None:
    await kept(store)
    here, there, elsewhere = place("here"), place("there"), place("elsewhere", workspace="W2")
    async with store.write() as tx:
        for one in (here, there, elsewhere):
            await places.ensure(tx, one)
            await outbox.owe(tx, [delivery(ID, one)])
    clock, sender = Clock(now), FakeSender()
    work = Delivering(store, {"console": sender}, Catalogue({}, {}), clock, lambda: 0.5, clock.sleep)
    await work.drain()
    for words in ("relevant", "assessing"):
        clock.forward(seconds=60)
        await say(store, clock(), f"status 3f9a2c41 {words}", here)
        await work.drain()
    assert len(sender.ids) == 3
    assert len(sender.refreshed) == 4
    assert all("Status: Assessing" in text for _, text in sender.refreshed[2:])
    assert all("Brought up to date" not in text for _, text in sender.refreshed)


async def test_a_decision_while_the_alert_is_brought_up_to_date_is_shown_afterwards(store: Store, now: datetime) -> None:
    await kept(store)
    here, clock = place("here"), Clock(now)
    async with store.write() as tx:
        await places.ensure(tx, here)
        await outbox.owe(tx, [delivery(ID, here)])

    class Deciding(FakeSender):
        decided = False

        async def refresh(self, place: Place, card: Card, reference: str, delivery_id: str) -> Outcome:
            outcome = await super().refresh(place, card, reference, delivery_id)
            if not self.decided:
                self.decided = True
                clock.forward(seconds=1)
                await say(store, clock(), "status 3f9a2c41 closed", here)
            return outcome

    sender = Deciding()
    work = Delivering(store, {"console": sender}, Catalogue({}, {}), clock, lambda: 0.5, clock.sleep)
    await work.drain()
    await say(store, clock(), "status 3f9a2c41 relevant", here)
    await work.drain()
    assert "Status: Closed" in sender.refreshed[-1][1]


async def test_an_impact_stands_beside_the_status_with_its_reason_in_the_history(store: Store, now: datetime) -> None:
    await kept(store)
    await say(store, now, "status 3f9a2c41 assessing")
    assert "There are: none, low, medium, high, critical" in await say(store, now, "impact 3f9a2c41")
    assert "There are: none, low" in await say(store, now, "impact 3f9a2c41 huge")
    said = await say(store, now, "impact 3f9a2c41 high because two products change")
    assert "Status: Assessing · impact high" in said
    assert "ana – impact high: two products change" in said
    assert "That is so already" in await say(store, now, "impact 3f9a2c41 high")
    assert "Status: Closed: done · impact high" in await say(store, now, "status 3f9a2c41 closed because done")
    assert "impact low" in await say(store, now, "impact 3f9a2c41 low")
    async with store.read() as tx:
        assert await record.check(tx, "W1") == []


async def test_the_form_of_a_status_asks_for_the_impact_too(store: Store, now: datetime) -> None:
    await kept(store)
    context = Context(store=store, catalogue=Catalogue({}, {}))
    request = Request(actor="console:W1:ana", actor_name="ana", place=place("general"), words="", now=now, prefix="/reg ")
    filled = Filled(values={"status": ("action",), "reason": ("",), "until": ("",), "impact": ("critical",)}, state=ID)
    done = as_text((await triage.status_filled(request, filled, context)).card)
    assert "Status: Action · impact critical" in done
    again = as_text((await triage.status_filled(request, filled, context)).card)
    assert again.count("impact critical") == 2
    form = await triage.status_form(request, ID[:8], context)
    assert form is not None
    assert [part.value for part in form.parts if isinstance(part, Choice)] == ["action", "critical"]


async def test_an_impact_can_be_said_by_a_form_that_shows_the_one_it_has(store: Store, now: datetime) -> None:
    await kept(store)
    context = Context(store=store, catalogue=Catalogue({}, {}))
    request = Request(actor="console:W1:ana", actor_name="ana", place=place("general"), words="", now=now, prefix="/reg ")
    assert await triage.impact_form(request, "", context) is None
    filled = Filled(values={"impact": ("high",), "reason": ("two products change",)}, state=ID)
    done = as_text((await triage.impact_filled(request, filled, context)).card)
    assert "impact high: two products change" in done
    plain = as_text((await triage.impact_filled(request, Filled(values={"impact": ("low",), "reason": ("",)}, state=ID), context)).card)
    assert "ana – impact low\n" in plain + "\n"
    form = await triage.impact_form(request, ID[:8], context)
    assert form is not None
    assert [part.value for part in form.parts if isinstance(part, Choice)] == ["low"]
