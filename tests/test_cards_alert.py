"""The alert card: what it is, what it is called, why it came, what is due."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.cards.alert import Before, Report, Story, Zones, alert, day, flag
from bot.cards.card import Card, Line, as_text
from bot.model import Change, Deadline, Evidence, Item, Snippet
from tests.builders import NOW, item

KOREAN = "분산형 임상시험"


def evidence(of: Item, field: str, word: str, **more: str) -> Evidence:
    start = str(getattr(of, field)).index(word)
    return Evidence.model_validate({"field": field, "start": start, "end": start + len(word), "text": word, "term": word} | more)


def lines(card: Card) -> list[str]:
    return as_text(card).splitlines()


def matched(one: Line) -> list[str]:
    return [span.text for span in one if span.match]


def test_the_first_line_says_who_what_and_when() -> None:
    one = item(doc_type="press_release", status="draft", published=NOW, detected=NOW)
    assert lines(alert(one, [], now=NOW))[0] == "🇰🇷 MFDS · press release (draft) · published 2 Jul 2026"


def test_what_is_not_known_is_left_out() -> None:
    one = item(doc_type="", agency="", country="INT", detected=None)
    assert lines(alert(one, [], now=NOW))[0] == "🌐 "


def test_the_day_we_found_it_is_told_when_it_was_late_or_is_all_we_know() -> None:
    late = item(published=NOW - timedelta(days=3), detected=NOW)
    assert lines(alert(late, [], now=NOW))[0].endswith("published 29 Jun 2026, found 2 Jul 2026")
    assert lines(alert(item(published=None), [], now=NOW))[0].endswith("found 2 Jul 2026")


def test_dates_are_told_in_the_authoritys_time_zone() -> None:
    midnight_in_seoul = datetime(2026, 11, 15, 15, tzinfo=UTC)
    card = alert(item(published=midnight_in_seoul, detected=None), [], now=NOW, zones=Zones(source=ZoneInfo("Asia/Seoul")))
    assert lines(card)[0].endswith("published 16 Nov 2026")


def test_the_title_is_linked_and_its_matched_words_are_marked() -> None:
    one = item(f"{KOREAN} 가이드라인")
    card = alert(one, [("DCT", (evidence(one, "title", KOREAN),))], now=NOW)
    title = card.sections[0].lines[1]
    assert {span.url for span in title} == {one.url}
    assert matched(title) == [KOREAN]
    assert card.sections[0].buttons[0].url == one.url


def test_a_match_in_the_title_names_word_and_concept() -> None:
    one = item(f"{KOREAN} 가이드라인")
    found = evidence(one, "title", KOREAN, concept="decentralized-clinical-trial", language="ko")
    assert lines(alert(one, [("DCT", (found,))], now=NOW))[2] == f"For DCT: the title has “{KOREAN}” — decentralized clinical trial"


def test_a_match_in_the_text_is_shown_in_its_sentence() -> None:
    one = item("Notice", summary="First sentence. The rule covers remote consent in trials. Another one.")
    card = alert(one, [("Remote", (evidence(one, "summary", "remote consent"),))], now=NOW)
    assert lines(card)[2] == "For Remote: “The rule covers remote consent in trials.”"
    assert matched(card.sections[0].lines[2]) == ["remote consent"]


def test_a_foreign_word_in_the_text_is_followed_by_its_concept() -> None:
    one = item("공지", summary=f"이번 개정은 {KOREAN} 요소를 다룬다.")
    found = evidence(one, "summary", KOREAN, concept="decentralized-clinical-trial", language="ko")
    assert lines(alert(one, [("DCT", (found,))], now=NOW))[2].endswith(f"({KOREAN} — decentralized clinical trial)")


def test_a_concept_that_says_the_same_is_not_repeated() -> None:
    one = item("Gene therapy guidance")
    found = evidence(one, "title", "Gene therapy", concept="gene-therapy")
    assert lines(alert(one, [("GT", (found,))], now=NOW))[2] == "For GT: the title has “Gene therapy”"


def test_a_long_text_is_shown_around_the_match_cut_at_words() -> None:
    one = item("Notice", text="word " * 200 + "remote consent" + " word" * 200)
    shown = lines(alert(one, [("R", (evidence(one, "text", "remote consent"),))], now=NOW))[2]
    assert shown.startswith("For R: “…word ")
    assert shown.endswith(" word…”")
    assert len(shown) < 230


def test_every_watchlist_is_named_and_those_with_the_same_words_together() -> None:
    one = item("Gene therapy and cell therapy")
    gene, cell = (evidence(one, "title", word) for word in ("Gene therapy", "cell therapy"))
    hits = [("A", (gene,)), ("B", (gene,)), ("C", (cell,)), ("D", ()), ("E", (gene, cell)), ("F", (cell, gene))]
    assert lines(alert(one, hits, now=NOW))[2:] == [
        "For A, B: the title has “Gene therapy”",
        "For C: the title has “cell therapy”",
        "For D: its filters fit, no words needed",
        "Also for E, F",
    ]


def test_evidence_that_is_not_in_the_text_any_more_is_quoted_and_breaks_nothing() -> None:
    one = item("New title")
    gone = Evidence(field="summary", start=90, end=99, text="old words", term="old")
    wrong = Evidence(field="title", start=0, end=3, text="Old", term="old")
    assert lines(alert(one, [("A", (gone,))], now=NOW))[2] == "For A: “old words”"
    assert matched(alert(one, [("A", (wrong,))], now=NOW).sections[0].lines[1]) == []


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ("Old title", "Title changed: “Old title” → “New title”"),
        ("New  title", "The title is as before, its content was changed; this is its version 2."),
        ("", "The publication was changed; this is its version 2."),
    ],
)
def test_a_change_says_so_and_what_changed(before: str, said: str) -> None:
    card = alert(item("New title", version=2), [], now=NOW, kind="changed", before=Before(item(before)) if before else None)
    assert "Changed" in lines(card)[0]
    assert lines(card)[2] == said


def test_deadlines_say_the_day_and_how_far_it_is() -> None:
    days = [("comments_due", 21), ("effective", 1), ("applies_from", 0), ("expires", -4)]
    due = tuple(Deadline.model_validate({"kind": kind, "day": NOW.date() + timedelta(days=ahead)}) for kind, ahead in days)
    assert lines(alert(item(deadlines=due), [], now=NOW))[-1] == (
        "Comments close 23 Jul 2026 (in 21 days) · Effective 3 Jul 2026 (in 1 day) · Applies from 2 Jul 2026 (today) · Expires 28 Jun 2026"
    )


def test_a_possible_repeat_is_marked_in_words() -> None:
    assert "You may have this already" in lines(alert(item(), [], now=NOW, repeat=True))[-1]


def test_an_item_without_address_or_title_is_still_an_alert() -> None:
    card = alert(item(" \u200b", url=None), [], now=NOW)
    assert lines(card)[1] == "(no title)"
    assert [one.label for one in card.sections[0].buttons] == ["Relevant", "Not relevant", "Assign", "More"]


def test_white_space_of_the_source_is_squeezed() -> None:
    assert lines(alert(item("  A\n\t b  "), [], now=NOW))[1].strip() == "A b"


@pytest.mark.parametrize(("country", "shown"), [("KR", "🇰🇷"), ("EU", "🇪🇺"), ("INT", "🌐"), ("", "🌐"), ("k1", "🌐")])
def test_flags(country: str, shown: str) -> None:
    assert flag(country) == shown


def test_days_are_written_as_people_write_them() -> None:
    assert day(date(2026, 11, 6)) == "6 Nov 2026"


def other(title: str, name: str, **more: str) -> Report:
    return Report(name, item(title, url=f"https://{name.casefold().replace(' ', '-')}.example/2026/x", **more))


def test_an_alert_names_who_else_reports_the_event_five_at_most() -> None:
    two = Story((other("A", "MFDS board"), other("B", "Pink Sheet", tier="trade")))
    assert lines(alert(item(tier="official"), [], now=NOW, story=two))[-1] == "Also reported by MFDS board, Pink Sheet"
    many = Story(tuple(other("A", f"Paper {number}") for number in range(7)))
    assert lines(alert(item(tier="official"), [], now=NOW, story=many))[-1].endswith("Paper 4 and 2 more")


def test_an_alert_of_the_press_names_the_official_publication_with_its_title() -> None:
    story = Story((other("식약처 고시", "MFDS notices", tier="official"), other("B", "Endpoints", tier="trade")))
    assert lines(alert(item(tier="trade"), [], now=NOW, story=story))[-2:] == [
        "Official publication: MFDS notices, “식약처 고시”",
        "Also reported by Endpoints",
    ]


def test_a_further_report_says_of_which_event_and_why_and_whether_it_leads() -> None:
    story = Story((other("What it means", "Pink Sheet", tier="trade"),), why="Pink Sheet links to mfds.go.kr", takes_lead=True)
    said = lines(alert(item("Notice", tier="official"), [], now=NOW, kind="also", story=story))
    assert "Now from the official source" in said[0]
    assert said[2:4] == [
        "Reports the same event as Pink Sheet: “What it means”. Why: Pink Sheet links to mfds.go.kr.",
        "This official publication leads from now on.",
    ]
    assert "Also reported" in lines(alert(item(), [], now=NOW, kind="also", story=story._replace(takes_lead=False)))[0]


def test_a_withdrawal_is_said_once_and_a_later_change_of_it_is_a_change() -> None:
    before, gone = item("Old"), item("Old", status="withdrawn", version=2)
    assert "Withdrawn" in lines(alert(gone, [], now=NOW, kind="changed", before=Before(before)))[0]
    assert "Changed" in lines(alert(gone, [], now=NOW, kind="changed", before=Before(gone)))[0]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            [Change(field="text", added=(Snippet("within ", "60", " days"),), removed=(Snippet("within ", "30", " days"),))],
            "Added: within 60 days",
        ),
        ([Change(field="summary", removed=(Snippet("", "Annex 1", ""),))], "Removed: summary: Annex 1"),
        (
            [Change(field="text", added=(Snippet("", "A\nnew annex", ""), Snippet("", "B", ""), Snippet("", "C", "")))],
            "Added: A new annex – and 2 more places",
        ),
    ],
)
def test_a_change_of_the_content_shows_the_first_words_that_were_added(changes: list[Change], said: str) -> None:
    before = Before(item("Title"), tuple(changes))
    assert lines(alert(item("Title", version=2), [], now=NOW, kind="changed", before=before))[2] == said
