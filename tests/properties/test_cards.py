"""Whatever strangers write: both renderers stay inside their limits and nothing of it comes alive."""

import json
import re
import unicodedata
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.cards import console, plain, slack
from bot.cards.card import Button, Card, Section, Span
from tests.slack_limits import problems

HOSTILE = [
    "<!channel>",
    "@here",
    "<http://evil|FDA>",
    "*_~`",
    "\u202e",
    "\u200b",
    "\n",
    "|",
    "\x1b[31m",
    "\x9b2J",
    "&amp;",
    "\ud800",
    "한국",
    "a" * 3100,
]
texts = st.lists(st.text(st.characters(exclude_categories=()), max_size=20) | st.sampled_from(HOSTILE), max_size=4).map("".join)
urls = (
    st.none()
    | st.sampled_from(
        ["https://a.example/x", "javascript:alert(1)", "http://fda.gov@evil.example/", "https://ex ample/", "https://a/" + "x" * 3000]
    )
    | texts.map("https://a.example/".__add__)
)
spans = st.builds(Span, text=texts, bold=st.booleans(), italic=st.booleans(), code=st.booleans(), match=st.booleans(), url=urls)
buttons = st.builds(
    Button,
    label=texts,
    action=st.sampled_from(["", "watch remove"]),
    value=st.text(max_size=20),
    url=urls,
    style=st.sampled_from(["", "primary", "danger"]),
    confirm=texts,
)
lines = st.lists(spans, max_size=4).map(tuple)
sections = st.builds(Section, lines=st.lists(lines, max_size=4).map(tuple), buttons=st.lists(buttons, max_size=3).map(tuple))
cards = st.builds(Card, sections=st.lists(sections, max_size=4).map(tuple))
INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def strings(value: Any) -> list[str]:
    """Every string inside a JSON value that somebody will see; a button's value comes back to us as it was."""
    if isinstance(value, dict):
        return [one for name, inner in value.items() if name != "value" for one in strings(inner)]
    if isinstance(value, list):
        return [one for inner in value for one in strings(inner)]
    return [value] if isinstance(value, str) else []


def is_visible(text: str) -> bool:
    return not any(unicodedata.category(character) in INVISIBLE for character in text.replace("\n", ""))


@given(cards)
def test_slack_accepts_every_card(card: Card) -> None:
    made = slack.blocks(card)
    assert problems(made) == []
    assert all(is_visible(text) for text in strings(made))
    json.dumps(made, ensure_ascii=False).encode()


@given(cards)
def test_strangers_words_stand_only_where_slack_interprets_nothing(card: Card) -> None:
    made = slack.blocks(card)
    assert {block["type"] for block in made} <= {"rich_text", "actions"}
    assert '"type": "mrkdwn"' not in json.dumps(made)


@given(cards)
def test_nothing_is_live_in_the_top_level_text(card: Card) -> None:
    text = slack.text(card)
    assert len(text) <= slack.MOST_TEXT
    assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)|@(here|channel|everyone)", text, re.IGNORECASE)
    assert is_visible(text)


@given(cards, st.integers(0, 200))
def test_nothing_steers_the_terminal(card: Card, width: int) -> None:
    assert is_visible(console.render(card, width))
    coloured = re.sub(r"\x1b\[(0|1|3|33|1m\x1b\[3m)m", "", console.render(card, width, color=True))
    assert is_visible(coloured)


@given(cards)
def test_colour_changes_no_word(card: Card) -> None:
    bare = Card(
        sections=tuple(
            Section(lines=tuple(tuple(s.model_copy(update={"match": False}) for s in one) for one in each.lines)) for each in card.sections
        )
    )
    painted = console.render(bare, 80, color=True)
    assert re.sub(r"\x1b\[\d+m", "", painted) == console.render(bare, 80)


@given(texts)
def test_made_harmless_twice_is_made_harmless_once(text: str) -> None:
    once = plain.words(text)
    assert plain.words(once) == once
    assert is_visible(once)
    assert "\n" not in once


@given(urls)
def test_an_address_is_plain_ascii_http_or_nothing(url: str | None) -> None:
    made = plain.address(url)
    assert made is None or re.fullmatch(r"https?://[^\s<>|\"\\@/]+(/[!-~]*|[?#][!-~]*)?", made)
    assert made is None or plain.address(made) == made
