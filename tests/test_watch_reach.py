"""Which sources could bring what a query finds; never is one left out that could."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Authority, Item
from bot.watch.holds import holds
from bot.watch.query import Query, parse
from bot.watch.reach import may_find
from tests import builders
from tests.query_strategies import about
from tests.test_schedules_poll import source

KOREAN = source("kr-mfds-press", regions=("asia",))
BRITISH = source(
    "uk-mhra",
    jurisdiction="GB",
    tier="trade",
    authority=Authority(id="mhra", name="MHRA", short="MHRA", jurisdiction="GB"),
    regions=("europe",),
)


@pytest.mark.parametrize(
    ("text", "korean", "british"),
    [
        ("recall", True, True),
        ("recall country:KR", True, False),
        ("recall country:KR OR recall country:GB", True, True),
        ("recall -country:KR", False, True),
        ("trial -(recall country:KR)", True, True),
        ("agency:MHRA", False, True),
        ("region:asia recall", True, False),
        ("source:kr-mfds-press OR tier:trade", True, True),
        ("tier:official", True, False),
        ("country:JP", False, False),
        ("recall (country:KR OR type:recall)", True, True),
        ("lang:ja recall", True, True),
    ],
)
def test_a_query_depends_on_the_sources_that_could_bring_what_it_finds(text: str, korean: bool, british: bool) -> None:
    query = parse(text)
    assert (may_find(query, KOREAN), may_find(query, BRITISH)) == (korean, british)


EXAMPLES = [
    builders.item(
        "recall of a decentralised trial",
        source=one.id,
        country=one.jurisdiction,
        agency=one.authority.short,
        tier=one.tier,
        regions=one.regions,
    )
    for one in (KOREAN, BRITISH)
]


@given(st.sampled_from(EXAMPLES).flatmap(lambda one: st.tuples(st.just(one), about(one))))
def test_a_source_whose_item_matched_was_never_left_out(found: tuple[Item, Query]) -> None:
    one, query = found
    if holds(query, one, now=builders.NOW) is not None:
        assert may_find(query, KOREAN if one.country == "KR" else BRITISH)
