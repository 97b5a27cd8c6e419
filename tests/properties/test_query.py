"""The query language: what is printed parses back, nothing typed breaks the parser, evidence is what stands in the text."""

from typing import get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import UserMistake
from bot.model import Item
from bot.watch import query as language
from bot.watch.nodes import narrows, negated
from bot.watch.text import token_readings
from bot.watch.thesaurus import bound, expand
from tests.query_strategies import NOW, glossaries, items, met, searchable, texts

SYNTAX = st.sampled_from(
    (
        *('"', "“", "”", "「", "」", "(", ")", "（", "）", "：", ":", "-", "!", "*", "=", "|", "&", ",", "，", " ", "\u3000", "<"),
        *("\ud800", "\x00", " OR ", " and ", "NOT ", " NEAR/3 ", "title:", "country:", "agncy:", "after:", "age:<30d", "2026-01-01"),
        *("KR", "Korea", "trial", "임상", "审查", "R&D"),
    )
)  # fmt: skip


def read(typed: str) -> language.Query | UserMistake:
    try:
        return language.parse(typed)
    except UserMistake as mistake:
        return mistake


@given(searchable.filter(narrows))
def test_a_printed_query_parses_back_to_itself(query: language.Query) -> None:
    assert language.parse(language.show(query), limit=100_000) == query


@given(searchable.filter(narrows), glossaries)
def test_a_query_with_own_words_prints_as_typed_and_parses_back_to_itself(query: language.Query, own: language.Glossary) -> None:
    mine = bound(query, own)
    assert language.show(mine) == language.show(query)
    assert language.parse(language.show(mine), limit=100_000, own=own) == mine
    assert bound(mine, own) == mine
    assert expand(expand(mine)) == expand(mine)
    assert language.explain(mine).startswith("Alerts when an item ")


@given(searchable.filter(narrows))
def test_every_query_has_words_for_it(query: language.Query) -> None:
    assert language.explain(query).startswith("Alerts when an item ")


@settings(max_examples=300)
@given(st.lists(SYNTAX, max_size=12).map("".join) | st.text(max_size=40) | texts)
def test_whatever_is_typed_is_a_query_or_a_mistake_that_points_at_it(typed: str) -> None:
    answer = read(typed)
    if isinstance(answer, UserMistake):
        assert answer.position is not None
        assert 0 <= answer.position <= len(answer.text) == len(typed)
        assert f"{answer} {answer.text}".encode()
    else:
        assert narrows(answer)
        assert language.parse(language.show(answer), limit=10_000) == answer
        assert language.show(answer).encode()


@given(met)
def test_evidence_is_what_stands_in_the_item(pair: tuple[Item, list[language.Query]]) -> None:
    item, queries = pair
    for one in (one for query in queries for one in language.holds(query, item) or ()):
        assert getattr(item, one.field)[one.start : one.end] == one.text
        assert one.text


@given(searchable, items)
def test_not_turns_the_answer(query: language.Query, item: Item) -> None:
    turned = language.holds(negated(query), item, now=NOW)
    assert (language.holds(query, item, now=NOW) is None) == (turned is not None)


@given(items, st.sampled_from([0, 1, 2]))
def test_the_words_of_a_text_are_found_in_it(item: Item, which: int) -> None:
    field = ("title", "summary", "text")[which]
    for reading in token_readings(getattr(item, field)):
        for token in reading:
            word = getattr(item, field)[token.start : token.end]
            query = language.parse(f'{field}:"{word}" OR {field}:="{word}"', limit=10_000)
            assert language.holds(query, item)


def test_every_form_of_the_language_is_tried_here() -> None:
    typed = {"Phrase", "Prefix", "Near", "Where", "When", "Without", "And", "Or", "Not"}
    assert {kind.__name__ for kind in get_args(language.Query)} == typed | {"Sense"}, "Sense is made of the others"
