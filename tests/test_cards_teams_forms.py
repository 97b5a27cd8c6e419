"""Forms as Adaptive Cards: every kind of field, what comes back, and that none outgrows Teams."""

import json

import pytest

from bot.cards import teams_forms
from bot.cards.card import Button, line, notice
from bot.cards.form import Choice, Day, Filled, Form, Notes, Option, PersonPicker, PlacePicker, Text, Ticks, Time
from bot.cards.teams import MOST_BYTES
from tests.teams_doors import buttons_of, fields_of, words_of

OPTIONS = (Option(value="a", label="First", hint="of two"), Option(value="b", label="Second"))
HOSTILE = "<at>Ana</at> [FDA](https://evil.test) ![x](https://evil.test/x.png) *b* \u202e\nnext"


def form(*parts: object, **more: str) -> Form:
    return Form(action="watch add", title="New watchlist", parts=parts, **more)  # type: ignore[arg-type]


def test_each_kind_of_field_has_its_label_and_what_stands_in_it() -> None:
    made = teams_forms.dialog(
        form(
            Text(name="query", label="Query", value="recall", example="recall", hint="Words", several_lines=True, most=500),
            Choice(name="often", label="How often", options=OPTIONS, value="b"),
            Ticks(name="related", label="Related", options=OPTIONS, values=("a", "b", "gone")),
            PlacePicker(name="place", label="Where", value="19:a"),
            Time(name="at", label="At", value="09:00"),
            Day(name="day", label="Day", value="2026-11-24"),
            PersonPicker(name="person", label="Who", value="aad-ben"),
        ),
        [Option(value="19:a", label="Here"), Option(value="19:b", label="Safety")],
    )
    fields = fields_of(made)
    assert {name: one["type"] for name, one in fields.items()} == {
        "query": "Input.Text",
        "often": "Input.ChoiceSet",
        "related": "Input.ChoiceSet",
        "place": "Input.ChoiceSet",
        "at": "Input.Time",
        "day": "Input.Date",
        "person": "Input.ChoiceSet",
    }
    assert [one["label"] for one in fields.values()] == ["Query", "How often", "Related", "Where", "At", "Day", "Who"]
    assert [one["value"] for one in fields.values()] == ["recall", "b", "a,b", "19:a", "09:00", "2026-11-24", "aad-ben"]
    assert fields["often"]["choices"][0] == {"title": "First – of two", "value": "a"}
    assert [one["title"] for one in fields["place"]["choices"]] == ["This conversation", "Safety"]
    assert fields["related"]["isMultiSelect"]
    assert fields["person"]["choices.data"] == {"type": "Data.Query", "dataset": "graph.microsoft.com/users"}


def test_what_is_filled_in_comes_back_as_it_was_asked() -> None:
    made = teams_forms.dialog(
        form(Ticks(name="related", label="Related", options=OPTIONS), Text(name="q", label="Q"), state="w1", update="Look")
    )
    look, save = made["actions"]
    typed = {"related": "a,b", "q": "a, b", "empty": "", "number": 5}
    assert teams_forms.filled(save["data"] | typed) == Filled(values={"related": ("a", "b"), "q": ("a, b",), "empty": ()}, state="w1")
    found = teams_forms.filled(look["data"] | typed)
    assert found is not None
    assert not found.done
    assert teams_forms.action_of(save["data"]) == "watch add"


def test_an_error_stands_above_its_field() -> None:
    made = teams_forms.dialog(form(Text(name="a", label="A"), Text(name="b", label="B", error="This is wrong.")))
    assert [one.get("id", "") or words_of({"body": [one]}) for one in made["body"]] == ["a", "⚠ This is wrong.", "b"]


@pytest.mark.parametrize("text", ["word ", "규제 소식 ", "\U0001f1f0\U0001f1f7 "])
def test_notes_give_way_so_that_every_field_stays(text: str) -> None:
    notes = Notes(lines=tuple(line(text * 200) for _ in range(60)))
    made = teams_forms.dialog(form(Text(name="a", label="A"), notes, Text(name="b", label="B"), notes, Time(name="c", label="C")))
    assert len(json.dumps(made, ensure_ascii=False).encode("utf-16-le")) <= MOST_BYTES
    assert list(fields_of(made)) == ["a", "b", "c"]
    assert "did not fit" in words_of(made)


def test_words_of_strangers_are_only_text() -> None:
    choice = Choice(name="c", label=HOSTILE, options=(Option(value="a", label=HOSTILE, hint=HOSTILE),))
    text = Text(name="t", label="T", value=HOSTILE, hint=HOSTILE)
    made = teams_forms.dialog(form(Notes(lines=(line(HOSTILE),)), choice, text))
    assert {one["type"] for one in made["body"]} <= {"RichTextBlock", "Input.ChoiceSet", "Input.Text"}
    assert "\u202e" not in json.dumps(made, ensure_ascii=False)
    assert "\n" not in fields_of(made)["c"]["label"]


def test_a_choice_without_options_is_left_out() -> None:
    assert fields_of(teams_forms.dialog(form(Choice(name="a", label="A", options=()), Ticks(name="b", label="B", options=())))) == {}


def test_a_card_in_a_dialog_keeps_only_buttons_that_open_an_address() -> None:
    card = notice("Done.", buttons=(Button(label="Open", url="https://example.org"), Button(label="Next", action="search", value="x")))
    assert list(buttons_of(teams_forms.said(card))) == ["Open"]


@pytest.mark.parametrize("data", [{}, {"regwatch": 5}, {"regwatch": {}}, {"regwatch": {"action": 5}}, {"action": "watch add"}])
def test_what_is_no_form_of_ours_is_told(data: dict[str, object]) -> None:
    assert teams_forms.filled(data) is None
    assert teams_forms.action_of(data) == ""
