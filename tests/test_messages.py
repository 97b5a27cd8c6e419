"""Messages to people: every text of the code has its Korean one, with the same places, and cards are in the language of their place."""

import re
from io import BytesIO
from string import Formatter

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from bot.cards.alert import Report, Story, alert
from bot.cards.card import as_text, phrase
from bot.messages import KEPT, again, count, keep, of_locale, preferred, say, speaking
from bot.model import Deadline, Evidence
from handlers.commands import TABLE
from tests.builders import NOW, item
from tests.message_texts import CATALOGUES, texts

KOREAN = read_po(BytesIO((CATALOGUES / "ko.po").read_bytes()), locale="ko")
KNOWN = {one.id: one for one in KOREAN if one.id}


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_the_catalogue_has_exactly_the_texts_of_the_code() -> None:
    assert {text: KEPT in one.auto_comments for text, one in KNOWN.items()} == texts(), "make messages brings the catalogue up to date"


@pytest.mark.parametrize("one", KNOWN.values(), ids=str)
def test_every_text_has_a_korean_one_with_the_same_places(one: Message) -> None:
    said = one.string if isinstance(one.string, tuple) else (one.string,)
    assert all(said)
    wanted = {frozenset(places(text)) for text in (one.id if isinstance(one.id, tuple) else (one.id,))}
    assert {frozenset(places(text)) for text in said} == {max(wanted, key=len)}


def test_a_text_without_a_language_is_english_and_the_choice_ends_with_its_block() -> None:
    with speaking("ko"):
        assert say("draft") == "초안"
        with speaking("xx"):
            assert say("draft") == "draft"
        assert count(" (in {n} day)", " (in {n} days)", 2000) == " (2,000일 후)"
    assert count(" (in {n} day)", " (in {n} days)", 1) == " (in 1 day)"


def test_words_of_strangers_in_a_place_are_not_read_as_places() -> None:
    with speaking("ko"):
        assert say("note: {words}", words="{name} {0}") == "메모: {name} {0}"
        assert "".join(one.text for one in phrase("Also for {watchlists}", watchlists="{x}")) == "다른 관심 목록: {x}"


def test_a_locale_of_a_platform_names_a_language_of_ours_or_none() -> None:
    assert [of_locale(one) for one in ("ko-KR", "ko_KR", "en-GB", "ja-JP", "", "KO")] == ["ko", "ko", "en", "", "", "ko"]
    assert [preferred("en", "ko-KR"), preferred("", "ja-JP", "ko-KR"), preferred("", "")] == ["en", "ko", "en"]


def test_an_alert_in_korean_has_no_english_word_of_ours() -> None:
    word = "임상시험"
    found = Evidence(field="title", start=0, end=len(word), text=word, term=word)
    due = Deadline(kind="comments_due", day=NOW.date(), text="", certainty="named")
    one = item(f"{word} 가이드라인", doc_type="guideline", status="draft", deadlines=(due,), published=NOW, detected=NOW)
    story = Story(others=(Report("연합", item("다른 기사", id="other", tier="trade")),), assessment="관련 있음")
    with speaking("ko"):
        card = alert(one, [("임상", (found,))], now=NOW, story=story)
    assert as_text(card).splitlines() == [
        "🇰🇷 MFDS · 가이드라인 (초안) · 2026년 7월 2일 발행",
        f"{word} 가이드라인",
        f"알림 사유 임상: 제목에 “{word}”",
        "의견 제출 마감 2026년 7월 2일 (오늘)",
        "함께 보도: 연합",
        "상태: 관련 있음",
    ]
    assert [one.label for one in card.sections[0].buttons] == ["열기", "관련 있음", "해당 없음", "담당자 지정", "더 보기"]


def test_a_korean_text_has_no_english_word_but_names_and_what_is_typed() -> None:
    typed = {word for one in TABLE for text in (one.usage, *one.examples) for word in re.findall(r"[A-Za-z]+", text)}
    said = [text for one in KNOWN.values() for text in (one.string if isinstance(one.string, tuple) else (one.string,))]
    bare = {text: re.sub(r"`[^`]*`|“[^”]*”|\{\w*\}|\S*[/:@.]\S+", " ", text) for text in said}
    found = {text: [one for one in re.findall(r"[A-Za-z]{2,}", rest) if one.islower() and one not in typed] for text, rest in bare.items()}
    assert {text: words for text, words in found.items() if words} == {}


def parts(text: str) -> dict[str, str]:
    """Something for each place of a text: a kept text where it holds one."""
    return {name: keep("a picture") if name.startswith("kept") else f"x{number}" for number, name in enumerate(sorted(places(text)))}


@pytest.mark.parametrize("text", [one for one, said in KNOWN.items() if isinstance(one, str) and KEPT in said.auto_comments])
def test_a_text_from_the_store_is_said_again_in_the_language_of_who_reads_it(text: str) -> None:
    kept = keep(text, **parts(text))
    assert again(kept) == kept
    with speaking("ko"):
        said = say(text, **{name: again(part) for name, part in parts(text).items()})
        assert again(kept) == said


def test_a_text_in_a_text_from_the_store_is_said_too_and_words_of_others_are_left_as_they_are() -> None:
    repeated = keep("{kept}: {kept_more}", kept=keep("possible repeat {number}", number=2), kept_more=keep("the search took too long"))
    with speaking("ko"):
        assert keep("the search took too long") == "the search took too long"
        assert again(repeated) == "중복 가능(2회): 검색이 너무 오래 걸림"
        assert again("it is about food") == "it is about food"
        assert again("somebody else: the search took too long") == "somebody else: the search took too long"
        assert again(keep("Slack could not be reached: {error}", error="[Errno 111] {x}")) == "Slack에 연결할 수 없음: [Errno 111] {x}"
