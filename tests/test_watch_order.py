"""The order of a search: how it is read off the words, and what is more relevant than what."""

import pytest

from bot.errors import UserMistake
from bot.watch import order
from bot.watch.order import Said


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


def test_a_title_says_more_than_a_text() -> None:
    assert order.by_relevance([1, 2], [Said(anywhere={1, 2}, in_title={2})]) == [2, 1]


def test_a_rare_word_says_more_than_a_common_one() -> None:
    device, recall = Said(anywhere=range(9), in_title=()), Said(anywhere={9}, in_title=())
    assert order.by_relevance(list(range(10)), [device, recall])[0] == 9


def test_all_of_the_words_say_more_than_one_of_them() -> None:
    device, recall = Said(anywhere={1, 2}, in_title={1, 2}), Said(anywhere={2}, in_title={2})
    assert order.by_relevance([1, 2], [device, recall]) == [2, 1]


def test_what_is_as_relevant_stays_in_its_order() -> None:
    assert order.by_relevance([5, 4, 3], []) == [5, 4, 3]
    assert order.by_relevance([5, 4, 3], [Said(anywhere={3, 4, 5}, in_title=())]) == [5, 4, 3]
