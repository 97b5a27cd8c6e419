"""Stories: whatever the order in which sources are polled, the same items are together; what contradicts never is."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from bot.items import stories
from bot.items.stories import Candidate, same_event
from bot.model import Item
from tests.builders import NOW

WORDS = (
    "recall",
    "guidance",
    "trial",
    "vaccine",
    "device",
    "safety",
    "label",
    "dose",
    "adult",
    "severe",
    "asthma",
    "insulin",
    "pump",
    "review",
    "rule",
    "final",
    "notice",
    "market",
)


class Index:
    """The store's part of the work: two items at most for each mark and source, and who is in which story."""

    def __init__(self) -> None:
        self.marks: dict[tuple[str, str], list[Item]] = defaultdict(list)
        self.story_of: dict[str, str] = {}
        self.holders: dict[str, list[Item]] = {}

    def take(self, item: Item) -> None:
        for mark in stories.marks(item):
            if len(self.marks[mark, item.source]) < 2:
                self.marks[mark, item.source].append(item)
        self.story_of[item.id] = item.id
        near = {one.id: one for (mark, _), held in self.marks.items() if mark in stories.sought(item) for one in held if one.id != item.id}
        self.holders[item.id] = [item]
        joined = stories.decide(item, [Candidate(one, self.story_of[one.id]) for one in near.values()], self.holders)
        if joined is not None:
            for ended in (item.id, *(story for story, _ in joined.absorbed)):
                self.holders[joined.story] += self.holders.pop(ended)
            self.story_of |= {one.id: joined.story for one in self.holders[joined.story]}

    def partition(self) -> set[frozenset[str]]:
        return {frozenset(one.id for one in held) for held in self.holders.values()}


def told(items: Sequence[Item]) -> Index:
    index = Index()
    for one in items:
        index.take(one)
    return index


@st.composite
def events(draw: st.DrawFn) -> list[Item]:
    """Events, each an official notice with a number and an address, and reports of it by some of five other sources."""
    made: list[Item] = []
    for number in range(1, draw(st.integers(1, 5)) + 1):
        link = f"https://www.mfds.go.kr/brd/m_99/view.do?seq={number}"
        title = " ".join(draw(st.permutations(WORDS))[:8]) + f" {number}"
        said = f"식약처 고시 제2026-{number}호"
        rows = [
            {"source": "mfds", "tier": "official", "title": f"{title} {said}", "url": link},
            {"source": "board", "tier": "official", "title": f"{said} 전문", "url": f"https://www.mfds.go.kr/brd/m_1/view.do?seq={number}"},
            {"source": "news", "tier": "official", "title": title, "url": link},
            {"source": "trade-1", "tier": "trade", "title": f"View {number}", "mentions": (link,)},
            {"source": "trade-2", "tier": "trade", "title": f"Opinion {number}", "summary": f"as {said} says"},
            {"source": "trade-3", "tier": "trade", "title": f"{said}: what it means"},
        ]
        chosen = [rows[0], *(row for row in rows[1:] if draw(st.booleans()))]
        for row in chosen:
            given = {"id": f"{row['source']}-{number}", "agency": "MFDS" if row["tier"] == "official" else "Paper", "country": "KR"}
            made.append(Item(**(given | {"published": NOW + timedelta(hours=number), "detected": NOW} | row)))  # type: ignore[arg-type]
    return made


@given(events().flatmap(lambda made: st.tuples(st.just(made), st.permutations(made))))
def test_the_order_in_which_reports_come_changes_no_story(case: tuple[list[Item], list[Item]]) -> None:
    made, shuffled = case
    by_event: dict[str, set[str]] = defaultdict(set)
    for one in made:
        by_event[one.id.rpartition("-")[2]].add(one.id)
    assert told(made).partition() == told(shuffled).partition() == {frozenset(ids) for ids in by_event.values()}


@st.composite
def hostile_items(draw: st.DrawFn) -> list[Item]:
    """Items that share numbers, addresses and titles by chance, as nobody would publish them."""
    link = st.sampled_from([None, *(f"https://www.mfds.go.kr/brd/view.do?seq={number}" for number in range(3))])
    number = st.sampled_from(["", "식약처 고시 제2026-1호", "식약처 고시 제2026-2호", "정정 식약처 고시 제2026-1호"])
    title = st.sampled_from(["", "recall of insulin pumps for adults with severe asthma", "final rule on trials of a vaccine for adults"])
    made = []
    for at in range(draw(st.integers(2, 9))):
        said = f"{draw(title)} {draw(number)}"
        cited = tuple(filter(None, [draw(link)]))
        given = {"id": f"i{at}", "source": draw(st.sampled_from("abcd")), "tier": draw(st.sampled_from(["official", "trade"]))}
        made.append(Item(**given, agency="MFDS", country="KR", title=said, url=draw(link), mentions=cited, published=NOW, detected=NOW))
    return made


@given(hostile_items())
def test_whether_two_items_are_of_one_event_does_not_depend_on_which_is_asked_first(made: list[Item]) -> None:
    for one, other in combinations(made, 2):
        assert same_event(one, other) == same_event(other, one)


@given(hostile_items())
def test_no_story_holds_two_items_of_a_source_or_items_that_contradict_each_other(made: list[Item]) -> None:
    for held in told(made).holders.values():
        assert len({one.source for one in held}) == len(held)
        for one, other in combinations(held, 2):
            assert not any(word in same_event(one, other).why for word in ("other numbers", "deadlines differ", "only one of them"))


@given(hostile_items())
def test_replayed_items_join_as_before(made: list[Item]) -> None:
    assert told(made).partition() == told(made).partition()


@given(hostile_items())
def test_what_is_of_one_event_is_found_by_its_marks(made: list[Item]) -> None:
    for one, other in combinations(made, 2):
        if same_event(one, other).way is not None:
            assert stories.sought(one) & stories.marks(other)
            assert stories.sought(other) & stories.marks(one)
