"""A caret under the offending place of what a person typed."""

import unicodedata

from bot.cards.card import Line, Span, line
from bot.messages import say

WINDOW = 30  # characters shown before and after the caret
# Slack and terminals both keep a no-break space at the start of a code span; an ideographic space is as wide as a wide character.
NARROW, WIDE = "\u00a0", "\u3000"


def caret(text: str, position: int) -> tuple[Line, Line]:
    """Two code lines: at most 60 characters of `text` around `position`, and `^` under the character there."""
    flat = "".join(" " if character.isspace() or not character.isprintable() else character for character in text)
    position = min(max(position, 0), len(flat))
    start = max(0, position - WINDOW)
    end = min(len(flat), position + WINDOW)
    shown = ("…" if start else "") + flat[start:end] + ("…" if end < len(flat) else "")
    before = ("…" if start else "") + flat[start:position]
    pad = "".join(WIDE if unicodedata.east_asian_width(character) in "WF" else NARROW for character in before)
    return line(Span(text=shown, code=True)), line(Span(text=pad + "^", code=True))


def place(text: str, position: int) -> str:
    """Where `position` of `text` is, in words: `at “(device”`, or `at the end, after “recall OR”`; for where a caret cannot stand."""
    flat = " ".join(text.split()) if position >= len(text) else text
    if position >= len(text):
        return say("at the end, after “{words}”", words=flat[-WINDOW:].strip()) if flat else say("at the beginning")
    return say("at “{words}”", words=" ".join(flat[position : position + WINDOW].split()) or " ")
