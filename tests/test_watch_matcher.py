"""The matcher: many watchlists against one item, coming and going."""

import threading

import pytest

from bot.errors import UserMistake
from bot.model import Item
from bot.watch import query as language
from bot.watch.automaton import MANY, Automaton, Built
from bot.watch.matcher import Matcher
from bot.watch.nodes import negated

ITEM = Item(id="1", title="MFDS issues Decentralised Clinical Trials guideline", summary="분산형 임상시험을 위한 기준", country="KR")


def matcher(*queries: str) -> Matcher:
    return Matcher({query: language.parse(query) for query in queries})


def test_only_watchlists_that_hold_are_named() -> None:
    found = matcher(
        '"decentralized trial"', '"clinical trial" country:KR', "분산형임상시험", "country:JP", "country:KR", "trial -guideline"
    ).match(ITEM)
    assert set(found) == {'"decentralized trial"', '"clinical trial" country:KR', "분산형임상시험", "country:KR"}
    assert [one.text for one in found["분산형임상시험"]] == ["Decentralised Clinical Trials", "분산형 임상시험"]
    assert found["country:KR"] == ()


def test_watchlists_with_the_same_query_each_hit() -> None:
    same = Matcher({"one": language.parse("trial"), "two": language.parse("trial")})
    assert set(same.match(ITEM)) == {"one", "two"}
    same.remove("one")
    assert set(same.match(ITEM)) == {"two"}


def test_a_watchlist_matches_from_when_it_is_added_until_it_is_removed() -> None:
    changing = matcher("food")
    assert changing.match(ITEM) == {}
    changing.add("new", language.parse("clinic* OR food"))
    assert set(changing.match(ITEM)) == {"new"}
    changing.remove("new")
    changing.merge()
    assert changing.match(ITEM) == {}


def test_removing_a_watchlist_there_is_not_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        matcher("food").remove("other")


def test_many_watchlists_added_one_by_one_all_match() -> None:
    growing = matcher()
    assert growing.is_tidy
    for number in range(MANY):
        growing.add(str(number), language.parse(f"word{number} OR {number}x"))
    item = Item(id="1", title=" ".join(f"word{number}" for number in range(0, MANY, 7)))
    expected = {str(number) for number in range(0, MANY, 7)}
    assert set(growing.match(item)) == expected
    assert not growing.is_tidy
    growing.tidy()
    assert growing.is_tidy
    assert set(growing.match(item)) == expected
    growing.merge()
    assert set(growing.match(item)) == expected


def test_a_query_only_a_search_can_ask_is_refused() -> None:
    with pytest.raises(UserMistake, match="not in a watchlist"):
        matcher("trial age:<30d")


def test_a_query_that_no_word_must_fulfil_is_still_answered() -> None:
    everything = Matcher({"without": negated(language.parse("food")), "with": negated(language.parse("trial"))})
    assert set(everything.match(ITEM)) == {"without"}


def test_an_automaton_of_nothing_finds_nothing() -> None:
    assert Automaton().find("anything") == set()


def test_tidying_keeps_what_is_found_and_drops_what_was_removed() -> None:
    automaton = Automaton(Built(["old"]))
    for number in range(300):
        automaton.add([f"({number})"])
    for number in range(0, 300, 2):
        automaton.remove(f"({number})")
    automaton.tidy()
    automaton.merge()
    text = "old" + "".join(f"({number})" for number in range(300))
    assert automaton.find(text) == {"old", *(f"({number})" for number in range(1, 300, 2))}
    automaton.add(["(2)"])
    assert automaton.find("(2)") == {"(2)"}


def test_patterns_added_and_taken_back_while_another_thread_tidies_are_all_found() -> None:
    automaton = Automaton()
    stop = threading.Event()

    def tidy() -> None:
        while not stop.is_set():
            automaton.tidy()
            automaton.merge()

    beside = threading.Thread(target=tidy)
    beside.start()
    try:
        for number in range(600):
            automaton.add([f"({number})"])
            automaton.remove(f"({number})")
            automaton.add([f"({number})"])
            assert automaton.find(f"({number})") == {f"({number})"}
    finally:
        stop.set()
        beside.join()
    everything = [f"({number})" for number in range(600)]
    assert automaton.find("".join(everything)) == set(everything)


def test_a_query_of_more_alternatives_than_can_be_told_apart_at_once_is_still_answered_rightly() -> None:
    pairs = [f"(w{number} v{number})" for number in range(12)]
    query = " OR ".join(pairs)
    many = matcher(query)
    assert set(many.match(Item(id="1", title="v7 and w7"))) == {query}
    assert many.match(Item(id="1", title="v7 and w8")) == {}


def test_matches_stay_as_they_were_when_a_watchlist_goes() -> None:
    changing = matcher("trial", "guideline")
    found = changing.match(ITEM)
    changing.remove("trial")
    changing.merge()
    assert set(found) == {"trial", "guideline"}
    assert [one.text for one in found["trial"]] == ["Trials"]
    assert "trial" in found
    assert "food" not in found
