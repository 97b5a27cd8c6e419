"""Forms: what they hold, how they look as text and as a Slack modal, and what comes back."""

from typing import Any

import pytest

from bot.cards import slack_views
from bot.cards.card import Button, Span, line
from bot.cards.form import Choice, Day, Form, Notes, Option, PlacePicker, Text, Ticks, Time, as_lines
from tests.loopback_slack import LoopbackSlack
from tests.slack_doors import submitted
from tests.slack_limits import view_problems

WORST = "<!channel> @here <http://evil.example|FDA> *_~` \u202e\u200b\n| " + "가" * 5000


def form(words: str = "words", options: int = 3, **more: Any) -> Form:
    some = tuple(Option(value=f"v{number}", label=f"{number} {words}", hint=words) for number in range(options))
    parts = (
        Text(name="query", label=words, hint=words, value=words, example=words, live=True, most=500),
        Notes(lines=(line(Span(text=words, bold=True)),) * 40, buttons=(Button(label=words, action="search", value="x"),)),
        Choice(name="one", label=words, options=some, value="v1"),
        Ticks(name="many", label=words, options=some, values=("v0", "v2"), optional=True),
        PlacePicker(name="place", label=words, value="C1"),
        Time(name="at", label=words, value="09:00"),
        Day(name="day", label=words, value="2026-12-31"),
    )
    return Form(action="watch add", title=words, parts=parts, submit=words, cancel=words, update=words, state="s" * 2000, **more)


@pytest.mark.parametrize("options", [1, 10, 11, 100, 101, 900])
def test_slack_takes_every_form_whatever_strangers_wrote_in_it(options: int) -> None:
    refused = form(WORST, options).refused({"query": WORST, "many": WORST})
    view = slack_views.modal(refused, {"channel": "C1", "name": "#general", "prefix": "/reg "})
    assert view_problems(view) == []


def test_a_modal_never_loses_a_field_to_its_notes() -> None:
    notes = Notes(lines=tuple(line("x" * 2900) for _ in range(300)))
    fields = tuple(Text(name=f"f{number}", label=f"Field {number}") for number in range(40))
    view = slack_views.modal(Form(action="x", title="Long", parts=(notes, *fields)), {})
    assert view_problems(view) == []
    assert len([block for block in view["blocks"] if block["type"] == "input"]) == 40


async def test_what_is_filled_in_comes_back_by_the_names_of_the_fields() -> None:
    async with LoopbackSlack() as slack:
        view = slack_views.modal(form(), {"channel": "C1"})
        sent = submitted(slack, view, {"query": "recall", "many": ["v1"]})["view"]
    back = slack_views.filled(sent, done=True)
    assert (back.one("query"), back.one("one"), back.many("many")) == ("recall", "v1", ("v1",))
    assert (back.one("place"), back.one("at"), back.one("day")) == ("C1", "09:00", "2026-12-31")
    assert back.state == "s" * 2000
    assert slack_views.remembered(sent)["channel"] == "C1"


@pytest.mark.parametrize(
    "view",
    [{}, {"state": None}, {"state": {"values": []}}, {"state": {"values": {"a": "b"}}}, {"state": {"values": {"a": {"b": {"value": 3}}}}}],
)
def test_what_slack_does_not_document_is_read_as_nothing(view: dict[str, Any]) -> None:
    assert slack_views.filled(view | {"private_metadata": "[1]"}, done=True).one("a") == ""


def test_the_same_button_of_two_notes_has_two_ids() -> None:
    note = Notes(lines=(line("x"),), buttons=(Button(label="Go", action="search", value="x"),))
    view = slack_views.modal(Form(action="x", title="x", parts=(note, note)), {})
    assert [block["elements"][0]["action_id"] for block in view["blocks"] if block["type"] == "actions"] == ["search:0", "search:1"]


def test_other_options_are_another_block_so_that_slack_forgets_what_was_chosen_among_the_old() -> None:
    three, four = (slack_views.modal(form(options=number), {})["blocks"] for number in (3, 4))
    ids = [{block["block_id"] for block in blocks if block["type"] == "input"} for blocks in (three, four)]
    assert {"query", "place", "at", "day"} == ids[0] & ids[1]


def test_as_text_a_form_says_each_field_with_its_value_and_error_and_what_to_type() -> None:
    filled = form("words", typed="watch add <query>").refused({"query": "Wrong."})
    told = ["".join(span.text for span in one) for one in as_lines(filled)]
    assert "words: words (words)" in told
    assert "  Wrong." in told
    assert "words: 0 words, 2 words" in told
    assert told[-1] == "To do this here, write: watch add <query>"
