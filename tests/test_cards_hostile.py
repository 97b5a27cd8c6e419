"""Hostile titles on both renderers: shown as words, never obeyed."""

import json

import pytest

from bot.cards import console, slack
from bot.cards.alert import alert
from bot.cards.card import Card, Span, line, notice
from tests.builders import NOW, item
from tests.slack_limits import problems

TITLES = {
    "channel mention": ("Recall <!channel>", "Recall <!channel>"),
    "here": ("Recall @here now", "Recall @here now"),
    "slack link": ("<http://evil.example|FDA>", "<http://evil.example|FDA>"),
    "user mention": ("<@U123> <#C1> <!subteam^S1>", "<@U123> <#C1> <!subteam^S1>"),
    "mrkdwn": ("*bold* _it_ ~no~ `code`", "*bold* _it_ ~no~ `code`"),
    "entities": ("R&D &lt;draft&gt;", "R&D &lt;draft&gt;"),
    "direction override": ("abc \u202egnp.exe\u202c", "abc gnp.exe"),
    "isolates": ("\u2066abc\u2069\u200f", "abc"),
    "zero width": ("de\u200bcentra\u200dlized\ufeff\u2060", "decentralized"),
    "zero width in a mention": ("@he\u200bre", "@here"),
    "newlines": ("one\ntwo\r\nthree\u2028four", "one two three four"),
    "pipe": ("A | B", "A | B"),
    "colours": ("\x1b[31mred\x1b[0m", "[31mred[0m"),
    "terminal title": ("\x1b]0;owned\x07x", "]0;ownedx"),
    "c1 control": ("\x9b2Jx", "2Jx"),
    "tags": ("x\U000e0041\U000e007f", "x"),
    "hangul filler": ("a\u3164b\uffa0", "ab"),
    "nul": ("a\x00b", "ab"),
    "lone surrogate": ("a\ud800b", "a\ufffdb"),
    "korean": ("분산형 임상시험 가이드라인", "분산형 임상시험 가이드라인"),
    "chinese": ("药物临床试验质量管理规范", "药物临床试验质量管理规范"),
    "arabic": ("إرشادات", "إرشادات"),
    "emoji": ("Recall 🚨", "Recall 🚨"),
}
each_title = pytest.mark.parametrize(("title", "shown"), TITLES.values(), ids=TITLES.keys())


def of(title: str) -> Card:
    return alert(item(title), [("DCT", ())], now=NOW)


def title_of(card: Card) -> str:
    """The second line as Slack shows it."""
    parts = [one for block in slack.blocks(card) if block["type"] == "rich_text" for part in block["elements"] for one in part["elements"]]
    return "".join(one["text"] for one in parts).split("\n")[1]


@each_title
def test_slack_shows_the_title_as_its_words(title: str, shown: str) -> None:
    card = of(title)
    assert problems(slack.blocks(card)) == []
    assert title_of(card) in (shown, f"{shown} (example.org)")
    json.dumps(slack.blocks(card), ensure_ascii=False).encode()


@each_title
def test_the_text_for_screen_readers_says_the_title_and_wakes_nobody(title: str, shown: str) -> None:
    text = slack.text(of(title))
    said = shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("@here", "＠here")
    assert said in text.splitlines()


@each_title
def test_the_terminal_shows_the_title_as_its_words(title: str, shown: str) -> None:
    out = console.render(of(title), 200)
    assert f"{shown} <https://" in out
    assert "\x1b" not in out


def test_a_title_of_five_thousand_characters_ends_visibly_on_both() -> None:
    card = of("가" * 5000)
    assert problems(slack.blocks(card)) == []
    assert title_of(card).endswith("가…")
    assert "가… <https://" in console.render(card).replace("\n", "")


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "ftp://a.example/",
        "//a.example/x",
        "",
        "https://",
        "https://fda.gov@evil.example/",
        "https://fda.gov\\@evil.example/",
        "https://a b/",
        "https://[::1",
        "https://a.example:port/",
        "slack://open",
        "https://\u202e.example/",
    ],
)
def test_what_is_no_safe_address_is_not_linked_anywhere(url: str) -> None:
    card = alert(item("Title", url=url), [], now=NOW)
    made = json.dumps(slack.blocks(card))
    assert '"link"' not in made
    assert '"url"' not in made
    assert "<" not in console.render(card)


@pytest.mark.parametrize(
    ("url", "linked"),
    [
        ("https://a.example/x?y=1&z=2#f", "https://a.example/x?y=1&z=2#f"),
        ("https://a.example/한 글.pdf", "https://a.example/%ED%95%9C%20%EA%B8%80.pdf"),
        ("https://한글.kr/x", "https://xn--bj0bj06e.kr/x"),
        ("HTTP://A.example/x|y>z", "http://A.example/x%7Cy%3Ez"),
        (" https://a.example/x\n", "https://a.example/x"),
        ("https://a.example/%7Cx", "https://a.example/%7Cx"),
    ],
)
def test_an_address_is_linked_in_the_one_form_that_every_client_reads_alike(url: str, linked: str) -> None:
    made = slack.blocks(notice(line(Span(text="x", url=url))))
    assert problems(made) == []
    assert made[0]["elements"][0]["elements"][0]["url"] == linked


@pytest.mark.parametrize("words", ["https://www.fda.gov/x", "www.fda.gov", "fda.gov", "See https://fda.gov now"])
def test_words_that_pose_as_another_address_are_not_the_link(words: str) -> None:
    made = slack.blocks(notice(line(Span(text=words, url="https://evil.example/x"))))
    links = [one for one in made[0]["elements"][0]["elements"] if one["type"] == "link"]
    assert [one["text"] for one in links] == ["(evil.example)"]


def test_words_that_pose_as_an_address_are_seen_through_when_a_match_divides_them() -> None:
    divided = line(Span(text="https://www.f", url="https://evil.example/x"), Span(text="da.gov", match=True, url="https://evil.example/x"))
    links = [one for one in slack.blocks(notice(divided))[0]["elements"][0]["elements"] if one["type"] == "link"]
    assert [one["text"] for one in links] == ["(evil.example)"]


@pytest.mark.parametrize("words", ["https://www.fda.gov/x", "www.fda.gov", "ClinicalTrials.gov modernisation", "Q3.2 report"])
def test_words_that_name_the_true_host_or_none_stay_the_link(words: str) -> None:
    made = slack.blocks(notice(line(Span(text=words, url="https://www.fda.gov/y"))))
    assert made[0]["elements"][0]["elements"][0] == {"type": "link", "url": "https://www.fda.gov/y", "text": words}
