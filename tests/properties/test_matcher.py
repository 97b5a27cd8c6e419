"""The law of watchlists: the matcher says what `holds` says, and watchlists do not disturb each other."""

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model import Item
from bot.watch import query as language
from bot.watch.matcher import Matcher
from tests.query_strategies import glossaries, items, met, named_by, watchable

Queries = dict[str, language.Query]
MET = met.map(lambda pair: (pair[0], {str(number): query for number, query in enumerate(pair[1])}))


def expected(queries: Queries, item: Item) -> dict[str, object]:
    return {key: evidence for key, query in queries.items() if (evidence := language.holds(query, item)) is not None}


@settings(max_examples=300)
@given(MET)
def test_the_matcher_finds_exactly_what_holds_with_the_same_evidence(pair: tuple[Item, Queries]) -> None:
    item, queries = pair
    assert Matcher(queries).match(item) == expected(queries, item)


@given(MET, watchable)
def test_adding_a_watchlist_changes_no_other(pair: tuple[Item, Queries], another: language.Query) -> None:
    item, queries = pair
    matcher = Matcher(queries)
    before = matcher.match(item)
    matcher.add("another", another)
    after = dict(matcher.match(item))
    after.pop("another", None)
    assert after == before


@given(MET, st.integers(0, 6), st.booleans())
def test_a_matcher_changed_by_and_by_equals_one_made_at_once(pair: tuple[Item, Queries], known: int, merged: bool) -> None:
    item, queries = pair
    keys = list(queries)
    matcher = Matcher({key: queries[key] for key in keys[:known]})
    matcher.match(item)
    for key in keys[known:]:
        matcher.add(key, queries[key])
    for key in keys[::2]:
        matcher.remove(key)
    if merged:
        matcher.merge()
    assert matcher.match(item) == expected({key: queries[key] for key in keys[1::2]}, item)
    for key in keys[::2]:
        matcher.add(key, queries[key])
    assert matcher.match(item) == expected(queries, item)


@given(MET, st.lists(st.tuples(st.sampled_from(["add", "remove", "tidy", "merge"]), st.integers(0, 9)), max_size=30))
def test_whatever_comes_and_goes_the_answer_is_that_of_the_watchlists_there_are(
    pair: tuple[Item, Queries], steps: list[tuple[str, int]]
) -> None:
    item, queries = pair
    matcher, there = Matcher({}), Queries()
    for step, number in steps:
        key = str(number)
        if step == "add":
            matcher.add(key, queries[str(number % len(queries))])
            there[key] = queries[str(number % len(queries))]
        elif step == "remove" and key in there:
            matcher.remove(key)
            del there[key]
        elif step == "merge":
            matcher.merge()
        elif step == "tidy":
            matcher.tidy()
    assert matcher.match(item) == expected(there, item)


@given(MET)
def test_a_watchlist_whose_query_is_edited_matches_by_the_new_one(pair: tuple[Item, Queries]) -> None:
    item, queries = pair
    matcher = Matcher({})
    for query in queries.values():
        matcher.add("one", query)
    assert matcher.match(item) == expected({"one": list(queries.values())[-1]}, item)


@settings(max_examples=300)
@given(items, st.lists(glossaries.flatmap(named_by), min_size=1, max_size=5))
def test_own_words_of_several_workspaces_find_exactly_what_holds_and_never_mix(item: Item, asked: list[language.Query]) -> None:
    queries = {str(number): query for number, query in enumerate(asked)}
    assert Matcher(queries).match(item) == expected(queries, item)
    for key, query in queries.items():
        assert Matcher({key: query}).match(item) == expected({key: query}, item)


@given(items, glossaries.flatmap(lambda own: st.tuples(st.just(own), named_by(own))), watchable)
def test_own_words_change_nothing_for_a_workspace_that_has_none(
    item: Item, pair: tuple[language.Glossary, language.Query], plain: language.Query
) -> None:
    _, theirs = pair
    alone = Matcher({"plain": plain}).match(item)
    beside = Matcher({"theirs": theirs, "plain": plain}).match(item)
    assert beside.get("plain") == alone.get("plain")
