"""A mistake is shown where it is."""

from hypothesis import given
from hypothesis import strategies as st

from bot.cards.card import as_text
from bot.cards.pointer import caret
from bot.errors import StoreTrouble, UserMistake
from handlers.mistakes import mistake, not_carried_out


def test_the_caret_stands_under_the_offending_character() -> None:
    shown, mark = caret("recall AND (device", 11)
    assert shown[0].text[mark[0].text.index("^")] == "("
    assert all(span.code for span in (*shown, *mark))


def test_the_caret_of_wide_characters_is_padded_with_wide_blanks() -> None:
    _, mark = caret("임상 (", 3)
    assert mark[0].text == "\u3000\u3000\u00a0^"


def test_of_a_long_query_only_the_surroundings_are_shown() -> None:
    shown, mark = caret("x" * 50_000 + "(" + "y" * 50_000, 50_000)
    assert len(shown[0].text) < 70
    assert shown[0].text[mark[0].text.index("^")] == "("


def test_a_mistake_says_what_what_would_work_and_where_to_read_on() -> None:
    text = as_text(mistake(UserMistake("No.", hint="Write: yes", text="no", position=0), prefix="/reg "))
    assert text.splitlines() == ["No.", "no", "^", "Write: yes", "More: /reg help"]


def test_database_trouble_shows_nothing_of_the_inside() -> None:
    text = as_text(not_carried_out(StoreTrouble("The database /srv/secret.db is locked.")))
    assert "was not carried out: the database" in text
    assert "secret" not in text


@given(st.text(max_size=200), st.integers(-5, 300))
def test_any_text_and_position_can_be_shown(text: str, position: int) -> None:
    shown, mark = caret(text, position)
    assert mark[0].text.endswith("^")
    assert len(mark[0].text) <= len(shown[0].text) + 1
