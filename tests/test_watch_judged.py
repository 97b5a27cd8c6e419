"""How well watchlists find what they should: titles judged by us in eight languages, and the words people type for each concept."""

import tomllib
from pathlib import Path

import pytest

from benchmarks import gold
from bot.watch import query as language
from bot.watch.thesaurus import covered, expand, senses
from bot.watch.vocabulary import vocabulary

JUDGED = Path(__file__).parent / "judged"
WORDINGS: dict[str, list[str]] = tomllib.loads((JUDGED / "wordings.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("folder", [JUDGED, JUDGED / "neighbours"], ids=["judged", "neighbours"])
@pytest.mark.parametrize(("choose", "least"), [(lambda terms: terms, 0.90), (gold.first_english, 0.85)], ids=["all words", "one word"])
def test_a_watchlist_finds_what_it_should_in_every_language_and_little_else(choose: gold.Choice, least: float, folder: Path) -> None:
    items, languages, grades = gold.judged(folder)
    asked = gold.queries(folder, choose)
    found = gold.alerts(asked, items)
    for tongue in {*languages.values(), "all"}:
        some = [item for item in items if tongue in ("all", languages[item.id])]
        recall, precision, counts = gold.measured(found, grades, asked, some)
        assert recall >= least, (tongue, counts)
        assert precision >= 0.95, (tongue, counts)


@pytest.mark.parametrize(("concept", "typed"), [(concept, typed) for concept, every in WORDINGS.items() for typed in every])
def test_what_people_type_names_the_concept_with_and_without_quotes(concept: str, typed: str) -> None:
    for query in (typed, f'"{typed}"'):
        meant = senses(expand(language.parse(query)))
        assert concept in {one for sense in meant for one in covered(sense.concepts)}


def test_there_are_words_typed_for_every_concept() -> None:
    assert [one for one in vocabulary().concepts if len(WORDINGS.get(one, ())) < 2] == []
