"""The normal form: the same words fold alike however they are written, and offsets never drift."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from bot.watch.folding import _LONG_END, _SILENT, _clusters, _fold_cluster, fold
from bot.watch.text import indexed, token_readings, tokens
from tests.query_strategies import texts

ANYTHING = (
    texts
    | st.text(st.characters(codec="utf-8"), max_size=30)
    | st.text(st.sampled_from("e\u0301\u0327한\u1112\u1161\u11abｶﾞか\u3099ﬁ㍿\u00ad\u200d'-éÅ"), max_size=12)
)


@given(ANYTHING)
def test_offsets_stay_within_the_text_and_never_go_back(text: str) -> None:
    for reading in token_readings(text):
        starts = [token.start for token in reading]
        assert starts == sorted(starts)
        assert all(0 <= token.start < token.end <= len(text) for token in reading)


@given(ANYTHING)
def test_what_a_token_spans_says_the_same_by_itself(text: str) -> None:
    for token in tokens(text):
        alone = [one.norm for one in tokens(text[token.start : token.end])]
        assert token.norm in alone


@given(ANYTHING, st.integers(0, 30))
def test_what_stands_before_moves_every_place_by_its_length(text: str, times: int) -> None:
    before, text = "審査 e\u0301 |" * times, f"x {text}"
    moved = tokens(before + text)[3 * times :]
    assert [(one.norm, one.start - len(before), one.end - len(before)) for one in moved] == [one[:3] for one in tokens(text)]


@given(ANYTHING)
def test_canonically_equal_texts_have_the_same_words(text: str) -> None:
    written = [[one.norm for one in reading] for reading in token_readings(text)]
    for form in ("NFC", "NFD"):
        assert [[one.norm for one in reading] for reading in token_readings(unicodedata.normalize(form, text))] == written


@given(ANYTHING)
def test_the_quick_way_to_fold_agrees_with_the_careful_one(text: str) -> None:
    careful = "".join(_fold_cluster(text[start:end]) for start, end in _clusters(text, 0, len(text)) if end > start)
    assert fold(text).text == _LONG_END.sub(_SILENT, careful)


@given(ANYTHING)
def test_an_index_holds_a_word_for_every_token_and_a_border_between_two_readings(text: str) -> None:
    found = token_readings(text)
    assert len(indexed(text).terms) == sum(map(len, found)) + len(found) - 1
