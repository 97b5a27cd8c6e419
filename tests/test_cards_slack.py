"""Block Kit: the shape of what Slack gets, and its limits on the final JSON."""

from typing import Any

from bot.cards import slack
from bot.cards.card import Button, Card, Section, Span, line, notice
from tests.slack_limits import problems


def rich(card: Card) -> list[Any]:
    return [part for block in slack.blocks(card) if block["type"] == "rich_text" for part in block["elements"]]


def test_a_section_is_one_rich_text_with_its_lines_and_then_its_buttons() -> None:
    card = notice("one", line("two ", Span(text="bold", bold=True)), buttons=(Button(label="Open", url="https://a.example/"),))
    text, actions = slack.blocks(card)
    assert text["elements"][0]["elements"] == [
        {"type": "text", "text": "one"},
        {"type": "text", "text": "\n"},
        {"type": "text", "text": "two "},
        {"type": "text", "text": "bold", "style": {"bold": True}},
    ]
    assert actions["elements"][0] == {
        "type": "button",
        "text": {"type": "plain_text", "text": "Open", "emoji": False},
        "action_id": "open:0",
        "url": "https://a.example/",
    }


def test_lines_of_code_keep_their_columns() -> None:
    card = notice("Look here:", line(Span(text="a AND (b", code=True)), line(Span(text="      ^", code=True)), "and mend it")
    kinds = [part["type"] for part in rich(card)]
    assert kinds == ["rich_text_section", "rich_text_preformatted", "rich_text_section"]
    assert "".join(one["text"] for one in rich(card)[1]["elements"]) == "a AND (b\n      ^"


def test_the_command_of_a_button_comes_back_from_its_action_id() -> None:
    pressed = Button(label="Remove", action="watch remove", value="DCT", style="danger", confirm="It ends the alerts.")
    card = Card(sections=(Section(lines=(line("x"),), buttons=(pressed,)), Section(lines=(line("y"),), buttons=(pressed,))))
    ids = [one["action_id"] for block in slack.blocks(card) if block["type"] == "actions" for one in block["elements"]]
    assert ids == ["watch remove:0", "watch remove:1"]
    assert {slack.command_of(one) for one in ids} == {"watch remove"}
    assert problems(slack.blocks(card)) == []


def test_a_button_that_slack_would_refuse_is_left_out_and_not_bent() -> None:
    card = notice("x", buttons=(Button(label="a", value="v" * 2001, action="x"), Button(label="b", url="https://a/" + "x" * 3000)))
    assert [block["type"] for block in slack.blocks(card)] == ["rich_text"]


def test_fifty_blocks_at_most_and_the_last_says_that_more_was_left_out() -> None:
    card = Card(sections=tuple(Section(lines=(line(f"number {n}"),)) for n in range(60)))
    made = slack.blocks(card)
    assert problems(made) == []
    assert len(made) == 50
    assert "More did not fit" in made[-1]["elements"][0]["elements"][0]["text"]


def test_exactly_fifty_blocks_are_left_whole() -> None:
    card = Card(sections=tuple(Section(lines=(line(f"number {n}"),)) for n in range(50)))
    assert "number 49" in str(slack.blocks(card)[-1])


def test_long_sections_are_divided_between_lines() -> None:
    card = notice(*["x" * 1000] * 7)
    made = slack.blocks(card)
    assert problems(made) == []
    assert len(made) == 4
    assert sum(str(one).count("x" * 1000) for one in made) == 7


def test_more_text_than_a_message_takes_ends_visibly() -> None:
    made = slack.blocks(notice(*["x" * 1000] * 40))
    assert problems(made) == []
    assert "More did not fit" in str(made[-1])


def test_a_line_that_fills_a_block_still_shows_that_more_was_cut() -> None:
    card = notice(line("x" * 2998, "rest"))
    assert "".join(one["text"] for one in rich(card)[0]["elements"]).endswith("…")


def test_the_text_is_cut_before_an_entity_and_not_within() -> None:
    text = slack.text(notice("&" * 2000))
    assert len(text) <= 4000
    assert text.endswith("&amp;…")


def test_empty_lines_and_spans_make_no_empty_elements() -> None:
    assert problems(slack.blocks(notice(line(""), "a", line(), "b", line("", "")))) == []
    assert slack.blocks(notice("", line())) == [] or problems(slack.blocks(notice("", line()))) == []
