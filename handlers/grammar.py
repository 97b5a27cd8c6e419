"""The words a person typed after the bot's name, split into a command and its arguments; errors point at the word.

Pure. Platform escapes are decoded before the words come here; the query language itself is read by `bot.watch.query`.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from bot.cards.form import Filled
from bot.errors import UserMistake
from bot.messages import say
from bot.model import Place, Word
from bot.watch.nodes import DOUBLE_QUOTES

PAIRED_QUOTES = {"«": "»", "「": "」", "『": "』", "《": "》", "〈": "〉", "‘": "’"}
# "software as a medical device", "as well as": the word after a naming `as` is never one of these.
NOT_A_NAME = frozenset({"a", "an", "the", "well", "per", "of", "to", "if"})
_COMMAS = ",，、;；"
NAME_LIMIT = 60
_INVISIBLE = dict.fromkeys((0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x200E, 0x200F), None)
_BROKEN = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


Standing = Literal["unknown", "guest", "member", "admin"]


class Named(Word):
    """A person whom the words of a request mention, by the id behind the name."""

    actor: str
    name: str


class Request(Word):
    """One wish of one person in one place. `words` is what they typed, `prefix` what they type before it ("/reg ").

    `by_form` asks for the form of the command, begun with its argument, rather than to carry it out; `filled` is what came back from it.
    `standing` is what the platform has the person as, in this workspace; `people` are those its words mention. `option` is how yes is said
    where the words were made of a command line, such as `--yes`.
    """

    actor: str
    actor_name: str = ""
    place: Place
    words: str
    now: datetime
    prefix: str = ""
    personal: bool = False
    by_form: bool = False
    filled: Filled | None = None
    standing: Standing = "unknown"
    people: tuple[Named, ...] = ()
    option: str = ""

    @property
    def picked(self) -> Named | None:
        """Who was picked in the form that came back, if it asks for a person: by their id, after which their name may stand."""
        given = [one for one in self.filled.many("person") if one] if self.filled else []
        return Named(actor=f"{self.actor.rpartition(':')[0]}:{given[0]}", name=given[-1]) if given else None


class Token(Word):
    """A blank-separated piece of `text[start:end]`; a quoted one keeps its blanks, `text` is without the quotes."""

    text: str
    start: int
    end: int
    quoted: bool = False
    closed: bool = True


def _closers(opener: str) -> str:
    return PAIRED_QUOTES.get(opener, DOUBLE_QUOTES)


def tokens(text: str) -> tuple[Token, ...]:
    """The pieces of `text` in order. A quote opens only at the start of a piece; one left open runs to the end."""
    return tuple(_scan(text))


def _scan(text: str) -> Iterator[Token]:
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        token = _quoted(text, at) if text[at] in DOUBLE_QUOTES or text[at] in PAIRED_QUOTES else _plain(text, at)
        yield token
        at = token.end


def _quoted(text: str, start: int) -> Token:
    closers = _closers(text[start])
    end = next((at for at in range(start + 1, len(text)) if text[at] in closers), None)
    if end is None:
        return Token(text=text[start + 1 :], start=start, end=len(text), quoted=True, closed=False)
    return Token(text=text[start + 1 : end], start=start, end=end + 1, quoted=True)


def _plain(text: str, start: int) -> Token:
    """A run without blanks; quotes inside it (`title:"two words"`) keep their blanks but stay part of it."""
    at = start
    while at < len(text) and not text[at].isspace():
        if at > start and (text[at] in DOUBLE_QUOTES or text[at] in PAIRED_QUOTES):
            at = _quoted(text, at).end
        else:
            at += 1
    return Token(text=text[start:at], start=start, end=at)


def clean(words: str) -> str:
    """`words` without outer blanks and without the invisible, control and broken characters that copying leaves; each break a blank."""
    return _BROKEN.sub(" ", words.translate(_INVISIBLE)).strip()


def first_word(words: str) -> tuple[str, str]:
    """The first word, casefolded, and the rest without outer blanks."""
    parts = words.strip().split(maxsplit=1)
    return (parts[0].casefold() if parts else "", parts[1].strip() if len(parts) > 1 else "")


def name(argument: str) -> str:
    """The name in `argument`, with or without quotes, blanks made single; "" if there is none.

    Raises UserMistake where a quote is not closed, something follows the quotes, or the name is too long.
    """
    found = tokens(argument)
    if not found:
        return ""
    if not found[0].quoted:
        return _named(argument, argument, 0)
    if not found[0].closed:
        raise UserMistake(
            say("This quote is not closed."), hint=say("Write {words}.", words=f'"{found[0].text}"'), text=argument, position=found[0].start
        )
    if len(found) > 1:
        raise UserMistake(
            say("Nothing may follow the name."),
            hint=say("Write {words}.", words=f'"{found[0].text}"'),
            text=argument,
            position=found[1].start,
        )
    return _named(found[0].text, argument, found[0].start)


def _named(raw: str, argument: str, start: int) -> str:
    tidy = " ".join("".join(character for character in raw if character not in DOUBLE_QUOTES).split())
    if len(tidy) > NAME_LIMIT:
        raise UserMistake(
            say("A name has at most {most} characters; this one has {n}.", most=NAME_LIMIT, n=len(tidy)),
            text=argument,
            position=start + NAME_LIMIT,
        )
    return tidy


def query_and_name(argument: str) -> tuple[str, str]:
    """`<query> [as <name>]` apart; the name is "" when none was given.

    `as` names only outside quotes and parentheses, and not in "as a", "as the", "as well": `software as a medical device` is a query.
    Raises UserMistake when `as` has no name after it or something follows the name.
    """
    found = tokens(argument)
    for at in range(len(found) - 1, -1, -1):
        if _is_naming_as(found, at):
            return argument[: found[at].start].strip(), _name_after(argument, found[at + 1 :])
    if len(found) > 1 and _is_as(found[-1]):
        raise UserMistake(
            say("After `as` comes the name of the watchlist."),
            hint=say('For example: as "My trials".'),
            text=argument,
            position=len(argument),
        )
    return argument.strip(), ""


def _is_as(token: Token) -> bool:
    return not token.quoted and token.text.casefold() == "as"


def _is_naming_as(found: tuple[Token, ...], at: int) -> bool:
    if not _is_as(found[at]) or at + 1 == len(found):
        return False
    before = "".join(token.text for token in found[:at] if not token.quoted)
    if before.count("(") + before.count("（") != before.count(")") + before.count("）"):
        return False
    return found[at + 1].quoted or found[at + 1].text.casefold() not in NOT_A_NAME


def _name_after(argument: str, rest: tuple[Token, ...]) -> str:
    stray = next((token for token in rest if re.match(r"\w+[:：]\S", token.text) and not token.quoted), None)
    if stray is not None or (rest[0].quoted and len(rest) > 1):
        stray = stray or rest[1]
        raise UserMistake(
            say("The name comes last."),
            hint=say("Put {word} before `as`, or the whole name in quotes.", word=stray.text),
            text=argument,
            position=stray.start,
        )
    try:
        return name(argument[rest[0].start :])
    except UserMistake as mistake:
        position = None if mistake.position is None else mistake.position + rest[0].start
        raise UserMistake(mistake.sentence, hint=mistake.hint, text=argument, position=position) from None


def query_and_page(argument: str) -> tuple[str, int]:
    """`<query> [page N]` apart; the page is 1 when none was given. `"page 2"` in quotes is part of the query."""
    found = re.fullmatch(r"(.*?)(?:^|\s)page\s+(\d{1,6})\s*", argument, flags=re.IGNORECASE | re.DOTALL)
    if found is None:
        return argument.strip(), 1
    return found.group(1).strip(), max(1, int(found.group(2)))


def name_and_yes(argument: str) -> tuple[str, bool]:
    """`<name> [yes]` apart: the argument without a last word `yes`, and whether it was there."""
    words = argument.strip()
    if words.casefold().endswith(" yes"):
        return words[:-4].strip(), True
    return words, False


def listed(argument: str) -> tuple[Token, ...]:
    """What stands between commas outside quotes, without its own quotes and outer blanks; where nothing stands, nothing is listed."""
    found = []
    start = 0
    for at in (*_outside(argument, _COMMAS), len(argument)):
        inner = argument[start:at]
        text = " ".join("".join(one for one in inner.strip() if one not in DOUBLE_QUOTES).split())
        if text:
            begin = start + len(inner) - len(inner.lstrip())
            found.append(Token(text=text, start=begin, end=start + len(inner.rstrip())))
        start = at + 1
    return tuple(found)


def _outside(text: str, marks: str) -> Iterator[int]:
    """Where one of the marks stands outside quotes."""
    at = 0
    while at < len(text):
        if text[at] in DOUBLE_QUOTES:
            at = _quoted(text, at).end
            continue
        if text[at] in marks:
            yield at
        at += 1


def name_and_terms(argument: str) -> tuple[str, str]:
    """`<name>[: <term>, …]` apart; the terms are "" when none were given."""
    at = next(_outside(argument, ":："), len(argument))
    return argument[:at].strip(), argument[at + 1 :].strip()


def around(argument: str, word: str) -> list[tuple[str, str]]:
    """What stands before and after each `word` outside quotes, the first one first: `<term> to <concept>`."""
    found = [one for one in tokens(argument) if not one.quoted and one.text.casefold() == word]
    return [(argument[: one.start].strip(), argument[one.end :].strip()) for one in found]
