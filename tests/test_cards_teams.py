"""Adaptive Cards: the shape of what Teams gets, its limits, and that hostile words stay words."""

import json
from typing import Any

import pytest
from hypothesis import given

from bot.cards import teams
from bot.cards.alert import alert
from bot.cards.card import Button, Card, Section, Span, line, notice
from tests.builders import NOW, item
from tests.properties.test_cards import cards, is_visible
from tests.test_cards_hostile import TITLES

ELEMENTS = {"RichTextBlock", "ActionSet", "TextRun", "Action.OpenUrl", "Action.Execute", "Action.Submit", "task/fetch", "AdaptiveCard"}


def problems(card: dict[str, Any]) -> list[str]:
    """What Teams would refuse or obey: elements and links we never make, a size over the limit, text that is not to be seen."""
    found = [f"{one} is no element of ours" for one in kinds(card) - ELEMENTS]
    found += [f"{one} is no web address" for one in addresses(card) if not one.startswith(("http://", "https://"))]
    if len(json.dumps(card, ensure_ascii=False).encode("utf-16-le")) > 24 * 1024:
        found.append("too large")
    found += [f"{text!r} has something invisible" for text in texts(card) if not is_visible(text)]
    found += ["an empty row of buttons or run of text" for one in parts(card) if one.get("actions") == [] or one.get("inlines") == []]
    return found


def parts(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, dict):
        return [value, *(inner for one in value.values() for inner in parts(one))]
    return [inner for one in value for inner in parts(one)] if isinstance(value, list) else []


def kinds(card: dict[str, Any]) -> set[str]:
    return {one["type"] for one in parts(card) if "type" in one}


def addresses(card: dict[str, Any]) -> list[str]:
    return [one["url"] for one in parts(card) if "url" in one]


def texts(card: dict[str, Any]) -> list[str]:
    return [one[name] for one in parts(card) for name in ("text", "title", "fallbackText") if name in one]


def lines(card: dict[str, Any]) -> list[str]:
    return ["".join(run["text"] for run in block["inlines"]) for block in card["body"] if block["type"] == "RichTextBlock"]


def test_a_section_is_its_lines_and_then_its_buttons() -> None:
    made = teams.adaptive(
        notice("one", line("two ", Span(text="bold", bold=True)), buttons=(Button(label="Open", url="https://a.example/"),))
    )
    first, second, buttons = made["body"]
    assert first["inlines"] == [{"type": "TextRun", "text": "one"}]
    assert second["inlines"][1] == {"type": "TextRun", "text": "bold", "weight": "Bolder"}
    assert buttons["actions"] == [{"type": "Action.OpenUrl", "title": "Open", "url": "https://a.example/"}]
    assert (made["type"], made["version"]) == ("AdaptiveCard", "1.5")


def test_a_button_carries_what_it_runs_and_what_to_ask_first_in_its_data() -> None:
    made = teams.adaptive(notice("x", buttons=(Button(label="Remove", action="watch remove", value="DCT", confirm="It ends the alerts."),)))
    (button,) = made["body"][-1]["actions"]
    assert button["type"] == "Action.Execute"
    assert button["data"] == {"action": "watch remove", "value": "DCT", "confirm": "It ends the alerts."}


def test_links_are_actions_of_their_words_and_lead_only_to_the_web() -> None:
    made = teams.adaptive(notice(line(Span(text="FDA", url="https://fda.gov/x"), Span(text="bad", url="javascript:alert(1)"))))
    assert made["body"][0]["inlines"] == [
        {"type": "TextRun", "text": "FDA", "selectAction": {"type": "Action.OpenUrl", "url": "https://fda.gov/x"}},
        {"type": "TextRun", "text": "bad"},
    ]


def test_more_buttons_than_teams_shows_in_a_row_go_into_the_next() -> None:
    made = teams.adaptive(notice("x", buttons=tuple(Button(label=str(n), action="item", value=str(n)) for n in range(8))))
    assert [len(one["actions"]) for one in made["body"] if one["type"] == "ActionSet"] == [6, 2]


def test_a_card_that_is_too_large_ends_with_the_sentence_that_says_so() -> None:
    made = teams.adaptive(Card(sections=tuple(Section(lines=(line("규제" * 200),)) for _ in range(60))))
    assert problems(made) == []
    assert lines(made)[-1] == "… More did not fit in one message."
    assert len(lines(made)) > 10


def test_a_card_that_just_fits_is_left_whole() -> None:
    made = teams.adaptive(notice(*(f"line {n}" for n in range(100))))
    assert lines(made)[-1] == "line 99"


def test_a_line_that_is_too_long_is_cut_visibly() -> None:
    assert lines(teams.adaptive(notice("x" * 5000)))[0].endswith("…")


@pytest.mark.parametrize(("title", "shown"), TITLES.values(), ids=TITLES.keys())
def test_teams_shows_the_title_as_its_words(title: str, shown: str) -> None:
    made = teams.adaptive(alert(item(title), [("DCT", ())], now=NOW))
    assert problems(made) == []
    assert lines(made)[1] in (shown, f"{shown} (example.org)")


@given(cards)
def test_teams_accepts_every_card(card: Card) -> None:
    made = teams.adaptive(card)
    json.dumps(made, ensure_ascii=False).encode()
    assert problems(made) == []
    assert len(teams.text(card)) <= 4000
