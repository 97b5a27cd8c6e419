"""What changed between two versions: words and characters, additions and removals, and never what only moved or is noise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.items.changes import changes
from bot.model import Deadline, Snippet
from tests.builders import NOW, item


def words(before: str, now: str, noise: tuple[str, ...] = ()) -> tuple[list[str], list[str]]:
    """What was added and what was removed in a text."""
    found = changes(item(text=before, title="T"), item(text=now, title="T"), noise)
    return [one.words.strip() for each in found for one in each.added], [one.words.strip() for each in found for one in each.removed]


@pytest.mark.parametrize(
    ("before", "now", "added", "removed"),
    [
        ("Submit within 30 days of the notice.", "Submit within 60 days of the notice.", ["60"], ["30"]),
        ("Submit within 30 days.", "Submit within 30 working days.", ["working"], []),
        ("임상시험 계획을 승인받아야 한다.", "임상시험 변경 계획을 승인받아야 한다.", ["변경"], []),
        ("30일 이내에 보고한다.", "15일 이내에 보고한다.", ["15"], ["30"]),
        ("申请人应当在三十日内提交。", "申请人应当在六十日内提交。", ["六"], ["三"]),
        ("治験届は三十日前に提出する。", "治験届は二週間前に提出する。", ["二週間"], ["三十日"]),
        ("One.\nTwo.", "One.\nTwo.\nA new annex was added.", ["A new annex was added."], []),
        ("One.\nTwo.\nThree.", "One.\nThree.", [], ["Two."]),
        ("", "All new.", ["All new."], []),
        ("All gone.", "", [], ["All gone."]),
    ],
)
def test_only_the_words_that_differ_are_told(before: str, now: str, added: list[str], removed: list[str]) -> None:
    assert words(before, now) == (added, removed)


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ("One.\nTwo.\nThree.", "Three.\nOne.\nTwo."),
        ("A  text.", "A text."),
        ("조회수 12\n공지", "조회수 99\n공지"),
        ("Ｇuideline", "Guideline"),
        ("Text. Views: 1", "Text. Views: 2"),
    ],
)
def test_what_only_moved_or_is_noise_is_no_change(before: str, now: str) -> None:
    assert words(before, now) == ([], [])


def test_the_noise_of_a_source_is_left_out() -> None:
    assert words("Text\nas of 10:30", "Text\nas of 11:45", (r"as of \d\d:\d\d",)) == ([], [])


def test_a_change_carries_the_words_around_it() -> None:
    (change,) = changes(item(text="Submit within 30 days.", title="T"), item(text="Submit within 60 days.", title="T"))
    assert change.added == (Snippet("Submit within ", "60", " days."),)


def test_a_blank_beside_a_word_is_no_part_of_what_changed() -> None:
    (change,) = changes(item("A recall of tablets"), item("A new recall of tablets"))
    assert change.added == (Snippet("A ", "new", " recall of tablets"),)
    (change,) = changes(item("A recall"), item("A recall of all tablets"))
    assert change.added == (Snippet("A recall ", "of all tablets", ""),)


def test_title_status_and_dates_are_told_too() -> None:
    before = item("Draft guidance", status="draft", deadlines=(Deadline(kind="comments_due", day=NOW.date()),))
    found = {one.field: one for one in changes(before, item("Final guidance", status="final"))}
    assert [one.words for one in found["title"].added] == ["Final"]
    assert ([one.words for one in found["status"].added], [one.words for one in found["status"].removed]) == (["final"], ["draft"])
    assert [one.words for one in found["dates"].removed] == ["Comments close 2 Jul 2026"]


def test_two_texts_that_have_little_in_common_are_told_whole() -> None:
    assert words("The cat sat on the mat today.", "Sponsors submit a plan to the agency.") == (
        ["Sponsors submit a plan to the agency."],
        ["The cat sat on the mat today."],
    )


def test_a_very_long_text_is_compared_in_time() -> None:
    before = "\n".join(f"Line {number} of the guideline says something." for number in range(3_000))
    added, removed = words(before, before.replace("Line 1500 of", "Line 1500 in"))
    assert (added, removed) == (["in"], ["of"])
    one_line = "word " * 30_000
    assert words(one_line, one_line + "more")[0]


@given(st.text("ab 가나\n.", max_size=60), st.text("ab 가나\n.", max_size=60))
def test_what_differs_there_differs_back_and_nothing_differs_from_itself(before: str, now: str) -> None:
    assert any(words(before, now)) == any(words(now, before))
    assert words(before, before) == ([], [])
