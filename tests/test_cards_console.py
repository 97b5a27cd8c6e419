"""Cards in a terminal: readable without colour, wrapped by columns, addresses whole."""

from bot.cards.card import Button, Card, Section, Span, line, notice
from bot.cards.console import render


def test_matches_are_quoted_without_colour_and_coloured_with_it() -> None:
    card = notice(line("a ", Span(text="match", match=True), " b"))
    assert render(card) == "a «match» b"
    assert render(card, color=True) == "a \x1b[1m\x1b[33mmatch\x1b[0m b"


def test_lines_are_wrapped_at_spaces_by_columns_not_characters() -> None:
    assert render(notice("한국 식약처 가이드라인 개정"), 20).splitlines() == ["한국 식약처", "가이드라인 개정"]
    assert render(notice("word " * 7 + "word"), 20).splitlines() == ["word word word word"] * 2


def test_text_without_spaces_is_wrapped_too() -> None:
    rows = render(notice("药物临床试验质量管理规范征求意见稿"), 20).splitlines()
    assert [len(row) for row in rows] == [10, 7]


def test_addresses_are_never_broken_and_follow_their_words_once() -> None:
    url = "https://a.example/" + "x" * 100
    card = notice(line(Span(text="one ", url=url), Span(text="two", url=url, match=True)), buttons=(Button(label="Open", url=url),))
    assert render(card, 40).splitlines() == ["one «two»", f"<{url}>"]


def test_an_address_that_is_not_shown_yet_stands_with_its_button() -> None:
    assert render(notice("x", buttons=(Button(label="Open", url="https://a.example/"),))) == "x\n  Open: https://a.example/"


def test_a_button_says_what_to_type() -> None:
    card = notice("x", buttons=(Button(label="Remove", action="watch remove", value="DCT"),))
    assert render(card).splitlines()[1] == "  Remove: watch remove DCT"


def test_code_keeps_its_columns() -> None:
    card = notice(line(Span(text="a " * 60, code=True)), line(Span(text=" " * 60 + "^", code=True)))
    assert render(card, 40).splitlines() == ["a " * 60, " " * 60 + "^"]


def test_sections_stand_apart() -> None:
    card = Card(sections=(Section(lines=(line("a"),)), Section(lines=(line("b"),))))
    assert render(card) == "a\n\nb"


def test_the_tone_colours_the_lines() -> None:
    assert render(notice("no", tone="error"), color=True) == "\x1b[31mno\x1b[0m"
