"""Trying a source live, and the report that can be pasted into an issue."""

from bot.sources import catalogue
from bot.sources.check import Checked, check, report
from tests.builders import NOW
from tests.fakes import FakeDoor, rss, trouble

FEED = catalogue.adhoc("feed", "https://h.example/feed")


async def test_a_source_that_answers_says_how_many_entries_and_the_newest() -> None:
    found = await check(FakeDoor(feed=rss("a=First", "b=Second")), FEED, NOW)
    assert (found.entries, found.trouble, found.title) == (2, "", "First")
    assert found.sentence() == "ok, 2 entries"


async def test_trouble_and_an_empty_answer_are_said_and_not_raised() -> None:
    failed = await check(FakeDoor(feed=trouble("It is gone.")), FEED, NOW)
    assert (failed.sentence(), failed.fault) == ("It is gone.", "unreachable")
    empty = await check(FakeDoor(feed=rss()), FEED, NOW)
    assert (empty.trouble, empty.fault) == ("answered, but shows no entries", "not_a_source")


def test_the_report_is_a_table_with_trouble_first_in_which_no_title_is_markup() -> None:
    other = FEED.model_copy(update={"id": "other"})
    good = Checked(source="adhoc", entries=3, title="a | b [c](http://x) <b> @all #1 " + "long " * 40)
    bad = Checked(source="other", trouble="https://h.example did not answer.", fault="timeout")
    lines = report([good, bad], [FEED, other]).splitlines()
    assert lines[0] == "### Sources checked: 1 of 2 answered with entries"
    assert [line.split(" | ")[0] for line in lines[4:]] == ["| `other`", "| `adhoc`"]
    assert all(line.replace("\\|", "").count("|") == 7 for line in lines[2:])
    assert "\\[c\\](http://x) \\<b\\> \\@all \\#1" in lines[5]
    assert len(lines[5]) < 250
