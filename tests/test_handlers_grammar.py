"""The words of a command, taken apart; whatever is typed, only UserMistake comes out."""

from contextlib import suppress
from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import times
from bot.errors import UserMistake
from handlers import grammar, subscription_words

TYPED = st.text(st.sampled_from('ab as page 2 yes now daily here "“”「」()（）: \t\n\u200b\u3000#') | st.characters(), max_size=60)


@pytest.mark.parametrize(
    ("typed", "query", "name"),
    [
        ('"decentralized trials" country:KR as Korea trials', '"decentralized trials" country:KR', "Korea trials"),
        ("decentralized trials as DCT", "decentralized trials", "DCT"),
        ("“분산형 임상시험” as 「한국」", "“분산형 임상시험”", "한국"),
        ('recall AS "Recalls  of the week"', "recall", "Recalls of the week"),
        ("software as a medical device", "software as a medical device", ""),
        ("software as a medical device as SaMD", "software as a medical device", "SaMD"),
        ('title:"x as y" recall', 'title:"x as y" recall', ""),
        ("(lifted as planned) OR recall", "(lifted as planned) OR recall", ""),
        ("as DCT", "", "DCT"),
        ("", "", ""),
    ],
)
def test_a_query_and_its_name_are_told_apart(typed: str, query: str, name: str) -> None:
    assert grammar.query_and_name(typed) == (query, name)


@pytest.mark.parametrize(
    ("typed", "position", "says"),
    [
        ("recall as", 9, "comes the name"),
        ("recall as DCT country:KR", 14, "name comes last"),
        ('recall as "DCT" country:KR', 16, "name comes last"),
        ('recall as "DCT', 10, "not closed"),
        ("recall as " + "x" * 61, 70, "at most 60"),
    ],
)
def test_a_mistake_in_the_name_points_at_it(typed: str, position: int, says: str) -> None:
    with pytest.raises(UserMistake, match=says) as caught:
        grammar.query_and_name(typed)
    assert (caught.value.text, caught.value.position) == (typed, position)


@pytest.mark.parametrize(
    ("typed", "query", "page"),
    [
        ("dct page 2", "dct", 2),
        ("dct Page 12 ", "dct", 12),
        ('"page 2"', '"page 2"', 1),
        ("dct page 0", "dct", 1),
        ("page 3", "", 3),
        ("dct", "dct", 1),
    ],
)
def test_a_page_stands_at_the_end(typed: str, query: str, page: int) -> None:
    assert grammar.query_and_page(typed) == (query, page)


def test_a_yes_stands_after_the_name() -> None:
    assert grammar.name_and_yes("DCT yes") == ("DCT", True)
    assert grammar.name_and_yes("DCT") == ("DCT", False)
    assert grammar.name_and_yes("yes") == ("yes", False)


def test_quotes_of_every_kind_hold_a_name_together() -> None:
    for opener, closer in ('""', "“”", "„“", "”“", "「」", "『』", "«»"):
        assert grammar.name(f"{opener}my  list{closer}") == "my list"


def test_what_copying_leaves_behind_is_dropped() -> None:
    assert grammar.clean("\u200b help\u00a0\x00\ud800 me \ufeff") == "help\u00a0   me"


@given(TYPED)
def test_nothing_typed_raises_anything_but_a_user_mistake(typed: str) -> None:
    for read in (
        grammar.name,
        grammar.query_and_name,
        grammar.query_and_page,
        grammar.name_and_yes,
        grammar.first_word,
    ):
        with suppress(UserMistake):
            read(grammar.clean(typed))


@given(TYPED)
def test_tokens_lie_in_order_and_cover_everything_but_blanks(typed: str) -> None:
    at = 0
    for token in grammar.tokens(typed):
        assert typed[at : token.start].strip() == ""
        assert token.start < token.end
        at = token.end
    assert typed[at:].strip() == ""


@given(TYPED)
def test_how_a_watchlist_is_delivered_is_read_from_anything_that_is_typed(typed: str) -> None:
    with suppress(UserMistake):
        wish = subscription_words.read(typed)
        assert wish.name in typed
    subscription_words.suspect(typed, typed)


@pytest.mark.parametrize(
    ("said", "at"),
    [("9", time(9)), ("09:05", time(9, 5)), ("9.30pm", time(21, 30)), ("12am", time(0)), ("12pm", time(12)), ("21h", time(21))],
)
def test_a_time_of_day_is_read_as_people_write_it(said: str, at: time) -> None:
    assert times.time_of_day(said) == at


@pytest.mark.parametrize("said", ["24", "9:60", "13pm", "0am", "nine", "9:5", ""])
def test_what_is_no_time_of_day_is_none(said: str) -> None:
    assert times.time_of_day(said) is None
