"""What a query stands for in other languages, as people see it before they save it, and how they change that."""

import pytest

from bot.cards.card import as_text
from bot.store.database import Store
from handlers.reply import Context
from tests.builders import NOW
from tests.test_handlers_commands import Talk, catalogue
from tests.test_handlers_editing import buttons, item, keep, press, queries

DCT = '"decentralized clinical trial"'


@pytest.fixture
def talk(store: Store) -> Talk:
    return Talk(Context(store=store, catalogue=catalogue()), NOW)


@pytest.mark.parametrize("typed", [f"watch test {DCT}", f"watch add {DCT} as DCT"])
async def test_the_terms_of_every_language_are_shown_with_how_to_leave_one_out(talk: Talk, typed: str) -> None:
    shown = await talk.says(typed)
    assert "Also matches, for decentralized clinical trial: Korean 분산형 임상시험" in shown
    assert "Chinese 去中心化临床试验" in shown
    assert 'To leave a term out, add it to the query: without:"' in shown


async def test_what_is_written_in_another_language_is_found_and_shown(talk: Talk, store: Store) -> None:
    await keep(store, item("분산형 임상시험 가이드라인", language="ko"), item("Food", language="en"))
    await talk.says(f"watch add {DCT} as DCT")
    shown = await talk.says("watch show DCT")
    assert "would have alerted on 1 item" in shown
    assert "분산형 임상시험 가이드라인" in shown


async def test_a_term_is_left_out_by_an_edit_that_shows_what_it_drops(talk: Talk, store: Store) -> None:
    await keep(store, item("분산형 임상시험 가이드라인", language="ko"), item("A decentralized clinical trial"))
    await talk.says(f"watch add {DCT} as DCT")
    shown = await talk.says(f'watch edit DCT {DCT} without:"분산형 임상시험","분산형 임상"')
    assert "adds none and drops 1 item" in shown
    assert "Drops: 분산형 임상시험 가이드라인" in shown


async def test_related_concepts_are_one_press_away(talk: Talk, store: Store) -> None:
    added = await talk.reply(f"watch add {DCT} country:KR as DCT")
    assert "Related, to add with OR: concept:" in as_text(added.card)
    label = next(label for label in buttons(added) if label.startswith("Also "))
    changed = await press(talk, added, label)
    assert "is changed" in as_text(changed.card)
    assert "Subscribe this channel" in buttons(changed)
    assert (await queries(store))["DCT"].startswith('("decentralized clinical trial" OR concept:')
    assert (await queries(store))["DCT"].endswith("country:KR")


async def test_exactly_quoted_words_stand_for_themselves(talk: Talk) -> None:
    shown = await talk.says('watch test ="decentralized clinical trial"')
    assert "Also matches" not in shown
    assert "Related" not in shown
