"""Properties of backtests: counts add up, and an edit is exactly the symmetric difference."""

from datetime import timedelta

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from bot.model import Item
from bot.watch import backtest as subject
from bot.watch.backtest import Backtest
from bot.watch.nodes import Query, narrows
from bot.watch.query import expansion, holds, parse, show
from tests.query_strategies import NOW, about, items, watchable

# the first query of all loads the vocabulary
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def aged(item: Item, days: int) -> Item:
    return item.model_copy(update={"published": NOW - timedelta(days=days)})


kept = st.lists(st.builds(aged, items, st.integers(-3, 100)), max_size=8, unique_by=lambda item: item.id)
asked = kept.flatmap(lambda found: st.tuples(st.just(found), *[st.one_of(*map(about, found), watchable)] * 2))


def backtested(query: Query, found: list[Item]) -> Backtest:
    return subject.backtest([(item, evidence) for item in found if (evidence := holds(query, item)) is not None], NOW)


@unhurried
@given(asked)
def test_the_weeks_the_countries_and_the_sources_add_up(drawn: tuple[list[Item], Query, Query]) -> None:
    found = backtested(drawn[1], drawn[0])
    total = len(found.found)
    assert len(found.weeks()) == subject.WEEKS
    assert sum(found.weeks()) == sum(count for _, count in found.countries()) == sum(count for _, count in found.sources()) == total
    assert found.rate[0] >= total / subject.DAYS
    whens = [subject.when(one.item, NOW) for one in found.found]
    assert whens == sorted(whens, reverse=True)
    assert all(when > NOW - subject.SPAN for when in whens)


@unhurried
@given(asked)
def test_an_edit_is_the_symmetric_difference(drawn: tuple[list[Item], Query, Query]) -> None:
    found, old, new = drawn
    before, after = backtested(old, found), backtested(new, found)
    edit = subject.difference(before, after, old, new)
    one, other = {each.item.id for each in before.found}, {each.item.id for each in after.found}
    assert {each.item.id for each in edit.added} == other - one
    assert {each.item.id for each in edit.dropped} == one - other


@unhurried
@given(watchable.filter(narrows))
def test_a_looser_query_can_be_typed_and_saved(query: Query) -> None:
    for change in subject.looser(query):
        assert narrows(change.query)
        assert parse(show(change.query), limit=100_000) == change.query


@unhurried
@given(items.flatmap(lambda item: st.tuples(st.just(item), about(item) | watchable)))
def test_a_looser_query_finds_at_least_what_the_query_finds(drawn: tuple[Item, Query]) -> None:
    item, query = drawn
    assume(holds(query, item) is not None)
    # where words name a concept, words apart mean something else
    literal = [change.query for change in subject.looser(query) if not expansion(query) and not expansion(change.query)]
    assert [show(one) for one in literal if holds(one, item) is None] == []
