"""The order of a search: how it is read off the words, and what is more relevant than what."""

import pytest

from bot.errors import UserMistake
from bot.model import Item
from bot.watch import order
from bot.watch import query as language


@pytest.mark.parametrize(
    ("typed", "words", "asked"),
    [
        ("recall", "recall", "newest"),
        ("recall sort:relevance", "recall", "relevance"),
        ("Sort: relevance recall", "recall", "relevance"),
        ("recall sort：best", "recall", "relevance"),
        ("recall sort:date", "recall", "newest"),
        ('"a sort:relevance b"', '"a sort:relevance b"', "newest"),
        ('"a" sort:relevance "b"', '"a" "b"', "relevance"),
        ("resort:relevance", "resort:relevance", "newest"),
    ],
)
def test_an_order_is_read_wherever_it_stands(typed: str, words: str, asked: str) -> None:
    text, found = order.read(typed)
    assert (" ".join(text.split()), found) == (words, asked)
    assert len(text) == len(typed)


def test_an_order_there_is_not_is_pointed_at() -> None:
    with pytest.raises(UserMistake) as caught:
        order.read("recall sort:size")
    assert caught.value.position == len("recall sort:")


def ranked(query: str, *items: Item) -> list[str]:
    parsed = language.parse(query)
    return [item.id for item in order.by_relevance([(item, language.holds(parsed, item) or ()) for item in items])]


def test_a_title_says_more_than_a_text() -> None:
    assert ranked("recall", Item(id="a", title="x", text="recall recall"), Item(id="b", title="recall")) == ["b", "a"]


def test_a_rare_word_says_more_than_a_common_one() -> None:
    common = [Item(id=str(number), title="device") for number in range(9)]
    assert ranked("device OR recall", *common, Item(id="rare", title="recall"))[0] == "rare"


def test_all_of_the_words_say_more_than_one_of_them() -> None:
    assert ranked("device OR recall", Item(id="a", title="device device device"), Item(id="b", title="device recall"))[0] == "b"


def test_what_is_as_relevant_stays_in_its_order() -> None:
    assert ranked("country:KR", *(Item(id=str(number), title="x", country="KR") for number in range(5))) == ["0", "1", "2", "3", "4"]
