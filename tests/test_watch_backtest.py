"""A backtest: what it counts, when it finds a query too broad, and which other query it would try."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest

from bot.model import Item
from bot.watch import backtest as subject
from bot.watch import query as language
from bot.watch.backtest import Backtest
from tests import builders


def old(days: float, now: datetime, title: str = "Recall of a device", **more: object) -> Item:
    """An item published so many days ago."""
    when = now - timedelta(days=days)
    return builders.item(title, **({"published": when, "detected": when} | more))


def backtested(query: str, items: Iterable[Item], now: datetime, *, complete: bool = True) -> Backtest:
    pairs = ((item, language.holds(language.parse(query), item)) for item in items)
    return subject.backtest([(item, evidence) for item, evidence in pairs if evidence is not None], now, complete=complete)


def changes(query: str) -> dict[str, str]:
    return {change.words: language.show(change.query) for change in subject.looser(language.parse(query))}


def test_items_are_counted_by_week_country_and_source(now: datetime) -> None:
    kept = [old(0.5, now), old(1, now, country="JP", source="b"), old(8, now), old(89.5, now), old(91, now)]
    found = backtested("recall", kept, now)
    assert found.weeks() == [1, *[0] * 10, 1, 2]
    assert found.countries() == [("KR", 3), ("JP", 1)]
    assert found.sources() == [("s", 3), ("b", 1)]
    assert [one.item for one in found.found] == kept[:4]
    assert [one.text for one in found.found[0].evidence] == ["Recall"]


def test_an_item_counts_when_it_was_published_or_found_whichever_was_first(now: datetime) -> None:
    month = timedelta(days=30)
    assert subject.when(builders.item(published=now - month, detected=now), now) == now - month
    assert subject.when(builders.item(published=now + month, detected=now - month), now) == now - month
    assert subject.when(builders.item(published=None, detected=now - month), now) == now - month
    assert subject.when(Item(id="x", title="x"), now) == now


def test_more_than_ten_a_day_is_too_broad_over_90_days_or_over_the_last_week(now: datetime) -> None:
    assert not backtested("recall", [old(n % 90, now) for n in range(900)], now).is_too_broad
    assert backtested("recall", [old(n % 90, now) for n in range(901)], now).is_too_broad
    lately = backtested("recall", [old(n % 7, now) for n in range(71)], now)
    assert lately.is_too_broad
    assert lately.rate == (pytest.approx(71 / 7), 7)


def test_undated_items_of_a_first_poll_do_not_make_a_query_too_broad(now: datetime) -> None:
    assert not backtested("recall", [old(0, now, published=None) for _ in range(300)], now).is_too_broad


def test_an_edit_shows_what_it_adds_and_drops(now: datetime) -> None:
    recall, both, vaccine = old(1, now), old(2, now, "Recall and vaccine"), old(3, now, "Vaccine")
    kept = [recall, both, vaccine]
    edit = subject.difference(
        backtested("recall", kept, now), backtested("vaccine", kept, now), language.parse("recall"), language.parse("vaccine")
    )
    assert [one.item for one in edit.added] == [vaccine]
    assert [one.item for one in edit.dropped] == [recall]
    assert edit.complete


def test_an_edit_of_a_query_that_was_not_counted_to_the_end_adds_only_what_is_new(now: datetime) -> None:
    kept = [old(number, now) for number in range(10)]
    before = backtested("recall", kept[:5], now, complete=False)
    edit = subject.difference(
        before, backtested("recall OR device", kept, now), language.parse("recall"), language.parse("recall OR device")
    )
    assert edit == ((), (), False)


def test_a_query_that_found_nothing_is_tried_without_each_of_its_parts() -> None:
    assert changes("recall device country:KR -food") == {
        "without recall": "device country:KR NOT food",
        "without device": "recall country:KR NOT food",
        "without country:KR": "recall device NOT food",
        "without NOT food": "recall device country:KR",
    }


def test_no_try_gives_up_all_the_words_or_all_that_narrows() -> None:
    assert changes("recall country:KR") == {"without country:KR": "recall"}
    assert changes("country:KR type:recall") == {"without country:KR": "type:recall", "without type:recall": "country:KR"}
    assert changes("recall") == {}
    assert changes("recall -food") == {"without NOT food": "recall"}


def test_a_phrase_is_tried_as_separate_words() -> None:
    assert changes('"clinical trial"') == {'with the words of "clinical trial" anywhere': "clinical trial"}
    assert changes("a NEAR/3 b") == {"with the words of a NEAR/3 b anywhere": "a b"}
    assert changes('="clinical trial"') == {}


def test_a_query_that_is_too_broad_is_offered_a_narrower_one_that_still_finds_much(now: datetime) -> None:
    kept = [old(n % 20 * 0.1, now, "Recall" if n % 4 else "News", text="A recall.", country="KR") for n in range(100)]
    found = subject.tighter(language.parse("recall"), backtested("recall", kept, now))
    assert found is None
    kept = [old(n % 20 * 0.1, now, "News" if n % 4 else "Recall", text="A recall.", country="KR") for n in range(100)]
    found = subject.tighter(language.parse("recall"), backtested("recall", kept, now))
    assert found is not None
    assert (found[0].words, language.show(found[0].query)) == ("in titles only", "title:recall")
    assert found[1] == pytest.approx(25 / 7)


def test_a_country_is_offered_unless_the_query_says_where(now: datetime) -> None:
    kept = [old(n % 20 * 0.1, now, country="US" if n % 3 else "KR") for n in range(90)]
    found = subject.tighter(language.parse("title:recall"), backtested("recall", kept, now))
    assert found is not None
    assert language.show(found[0].query) == "title:recall country:US"
    assert subject.tighter(language.parse("title:recall agency:MFDS"), backtested("recall", kept, now)) is None


def test_words_side_by_side_are_offered_as_a_phrase(now: datetime) -> None:
    kept = [old(n % 20 * 0.1, now, "Recall device" if n % 2 else "Device recall") for n in range(90)]
    found = subject.tighter(language.parse("device recall"), backtested("device recall", kept, now))
    assert found is not None
    assert language.show(found[0].query) == '"device recall"'


@pytest.mark.parametrize(
    ("query", "stretched"),
    [
        ("recall", "recall OR concept:x"),
        ("recall device country:KR -food", "(recall device OR concept:x) country:KR NOT food"),
        ("recall OR vaccine", "recall OR vaccine OR concept:x"),
        ("country:KR", "concept:x country:KR"),
    ],
)
def test_a_query_is_stretched_to_a_concept_under_its_own_filters(query: str, stretched: str) -> None:
    assert language.show(subject.stretched(language.parse(query), "x")) == stretched


def test_only_words_of_a_phrase_that_say_something_are_tried_apart() -> None:
    assert changes('"recall <-> device"') == {'with the words of "recall <-> device" anywhere': "recall device"}
    assert changes('"recall <->"') == {}
