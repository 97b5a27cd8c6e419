"""One watchlist, every language: what words stand for, and what they do not."""

import pytest

from bot.model import Item
from bot.watch import query as language
from bot.watch.matcher import Matcher


def found(query: str, title: str, **more: str) -> list[tuple[str, str | None]]:
    """The words of the title that matched and their concepts; the matcher must say the same."""
    item = Item.model_validate({"id": "1", "title": title} | more)
    parsed = language.parse(query)
    evidence = language.holds(parsed, item)
    assert Matcher({"one": parsed}).match(item) == ({} if evidence is None else {"one": evidence})
    return [] if evidence is None else [(one.text, one.concept) for one in evidence]


DCT = "decentralized-clinical-trial"


@pytest.mark.parametrize(
    "query", ['"decentralized trials"', "decentralized trials", "분산형임상시험", "concept:dct", "concept:decentralised-trials"]
)
@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("분산형임상시험을 위한 안내", "분산형임상시험"),
        ("去中心化临床试验技术指导原则", "去中心化临床试验"),
        ("去中心化臨床試驗", "去中心化臨床試驗"),
        ("分散型臨床試験の実施", "分散型臨床試験"),
        ("de-centralised clinical trials", "de-centralised clinical trials"),
        ("Sponsors of DCTs must", "DCTs"),
    ],
)
def test_a_watchlist_in_one_language_finds_every_language(query: str, title: str, words: str) -> None:
    assert found(query, title) == [(words, DCT)]
