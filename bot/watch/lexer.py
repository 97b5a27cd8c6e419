"""What a person types, cut into lexemes: parentheses, operators, and finished leaves such as phrases and field values.

Quotation marks, colons, parentheses and blanks are read as what they mean, in every width and every curl; punctuation that stands
alone means nothing. Positions are character indexes into the text as typed. Takes time linear in the length of the text.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import Literal, NamedTuple, NoReturn

from bot.errors import UserMistake
from bot.messages import say
from bot.watch import fields, thesaurus
from bot.watch.folding import fold
from bot.watch.nodes import DOUBLE_QUOTES, TEXT_FIELDS, Phrase, Prefix, Query, Term, When, Where, Without, cleaned, is_keyword, trimmed
from bot.watch.text import is_cjk, tokens

MAX_DISTANCE = 50
_SHOWN = 60
"""A hint repeats at most so many characters of what was typed."""
_EXAMPLE = "decentralized trials"

# one character for one, so that positions stay true
_MEANT = str.maketrans("（）：｜＆！＝＊，、；＜＞－−", "():|&!=*,,;<>--")
_CLOSERS = {**dict.fromkeys(DOUBLE_QUOTES, DOUBLE_QUOTES), "「": "」", "『": "』", "«": "»", "《": "》", "〈": "〉", "‘": "’"}
_STRAY = "」』»》〉"
_SKIP = re.compile(r"[\s\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff,;]*")
_ENDS_WORD = re.escape("()|,;" + DOUBLE_QUOTES + "「『«《〈" + _STRAY)
# R&D, Q&A and AT&T are words; between longer words & means AND
_WORD = re.compile(rf"(?:[^\W_]{{1,2}}&[^\W_]{{1,2}}(?![^\W_]))?(?:[^\s&{_ENDS_WORD}]|(?<=\d),(?=\d))*")
_FIELD = re.compile(r"([^\W\d_][\w-]{0,39}):\s*")
_VALUE = re.compile(rf"[^\s{_ENDS_WORD}]+")
_SPAN = re.compile(r"([<>])=?(\d{1,5})(d|w|m|y|days?|weeks?|months?|years?)?")
_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}
_LONGEST_SPAN = 36_500
Kind = Literal["(", ")", "and", "or", "not", "near", "field", "leaf", "end"]


class Lexeme(NamedTuple):
    """`value` is the distance of a `near`, the name of a text `field`, the query of a `leaf`."""

    kind: Kind
    at: int
    value: "Query | str | int | None" = None


def lexemes(text: str, shown: str, known: Mapping[str, Collection[str]]) -> Iterator[Lexeme]:
    """The lexemes of `text`, the last of kind `end`. Raises UserMistake showing `shown` where something cannot be read."""
    return _Lexer(text, shown, known).all()


class _Lexer:
    def __init__(self, text: str, shown: str, known: Mapping[str, Collection[str]]) -> None:
        self.text = text.translate(_MEANT)
        self.shown = shown
        self.known = known
        self.at = 0

    def all(self) -> Iterator[Lexeme]:
        self.skip()
        while self.at < len(self.text):
            found = self.one()
            if found:
                yield found
            self.skip()
        yield Lexeme("end", len(self.text))

    def fail(self, sentence: str, hint: str, at: int) -> NoReturn:
        raise UserMistake(sentence, hint=hint, text=self.shown, position=at)

    def skip(self) -> None:
        self.at = self.eat(_SKIP, self.at)[1]

    def eat(self, pattern: re.Pattern[str], at: int) -> tuple[str, int]:
        """What stands at `at` by the pattern, perhaps nothing, and where it ends."""
        match = pattern.match(self.text, at)
        return (match[0], match.end()) if match else ("", at)

    def one(self) -> Lexeme | None:
        """The lexeme here, or None for punctuation that means nothing; moves past it."""
        at, character = self.at, self.text[self.at]
        following = self.text[at + 1 : at + 2]
        if character in _STRAY:
            self.fail(
                say("This {mark} closes nothing.", mark=character), say("Remove it, or put its opening partner before the phrase."), at
            )
        if character in _CLOSERS and not (character == "‘" and "’" not in self.text[at:]):
            return Lexeme("leaf", at, self.phrase(exact=False))
        if character in "()|&":
            return self.mark(character, following)
        if character in "-!" and following.strip(" \t\u3000-!*.,;)|&"):
            self.at += 1
            return Lexeme("not", at)
        if character == "=" and following.strip():
            self.at += 1
            return Lexeme("leaf", at, self.phrase(exact=True))
        return self.word()

    def mark(self, character: str, following: str) -> Lexeme:
        at = self.at
        self.at += 2 if character in "|&" and following == character else 1
        kinds: dict[str, Kind] = {"(": "(", ")": ")", "|": "or", "&": "and"}
        return Lexeme(kinds[character], at)

    def phrase(self, *, exact: bool) -> Term:
        """A quoted phrase, whose last word may end with a star; or for `=DCT` the bare word."""
        at = self.at
        text = self.quoted()
        if not tokens(text):
            self.fail(say("There is no letter or number to look for here."), say("Put words between the quotation marks."), at)
        if text.endswith("*") and not exact:
            return self.prefix(text, at)
        return Phrase(text, exact=exact)

    def quoted(self) -> str:
        at = self.at
        closers = _CLOSERS.get(self.text[at])
        if closers:
            end = next((index for index in range(at + 1, len(self.text)) if self.text[index] in closers), None)
            if end is None:
                rest = cleaned(self.shown[at + 1 :])[:_SHOWN]
                self.fail(say("This quotation mark has no partner."), say("Close the phrase: {phrase}", phrase=f'"{rest or _EXAMPLE}"'), at)
            # the characters as typed: full-width ones are part of what is said
            self.at = end + 1
            return cleaned(self.shown[at + 1 : end])
        word, self.at = self.eat(_WORD, at)
        return trimmed(self.shown[at : at + len(word)])

    def word(self) -> Lexeme | None:
        at = self.at
        named = _FIELD.match(self.text, at)
        if named and (named[1].isascii() or fold(named[1]).text in fields.ALL_FIELDS):
            self.at = named.end()
            return self.named(fold(named[1]).text, at)
        word, self.at = self.eat(_WORD, at)
        self.at = max(self.at, at + 1)
        if is_keyword(word):
            return self.operator(fold(word).text, at)
        if "*" in word and tokens(word):
            return Lexeme("leaf", at, self.prefix(word, at))
        text = trimmed(self.shown[at : at + len(word)])
        return Lexeme("leaf", at, Phrase(text)) if tokens(text) else None

    def operator(self, word: str, at: int) -> Lexeme:
        if word in ("and", "or", "not"):
            kinds: dict[str, Kind] = {"and": "and", "or": "or", "not": "not"}
            return Lexeme(kinds[word], at)
        distance = int(word.removeprefix("near/")[:6])
        if not 1 <= distance <= MAX_DISTANCE:
            nearest = min(max(distance, 1), MAX_DISTANCE)
            self.fail(
                say("NEAR reaches from 1 to {most} words.", most=MAX_DISTANCE),
                say("Write for example: {query}", query=f"trial NEAR/{nearest} remote"),
                at,
            )
        return Lexeme("near", at, distance)

    def prefix(self, word: str, at: int) -> Prefix:
        text = trimmed(word)
        if "*" in text or not word.rstrip(".,;:?!").endswith("*"):
            nearest = text.replace("*", "")[:_SHOWN]
            self.fail(
                say("A star can stand only at the end of a word."),
                say("Write for example: {query}", query=f"{nearest}*"),
                at + word.index("*"),
            )
        found = tokens(text)
        if not found:
            self.fail(
                say("There is no letter or number to look for here."),
                say("Put a word before the star, for example: {query}", query="bio*"),
                at,
            )
        if not is_cjk(found[-1].form) and sum(len(token.form) for token in found) < 3:
            self.fail(
                say("A star needs at least 3 letters before it (1 Chinese, Japanese or Korean character)."),
                say("Write for example: {query}", query="bio*"),
                at,
            )
        return Prefix(text)

    def named(self, name: str, at: int) -> Lexeme:
        """A field and, unless it is a field of text, its values."""
        if name in TEXT_FIELDS:
            return Lexeme("field", at, name)
        if name in fields.WHERE_FIELDS:
            return Lexeme("leaf", at, Where(name, tuple(dict.fromkeys(self.values(name)))))
        if name in fields.WHEN_FIELDS:
            return Lexeme("leaf", at, self.when(name))
        if name == fields.WITHOUT:
            return Lexeme("leaf", at, Without(tuple(dict.fromkeys(self.values(name)))))
        nearest = fields.nearest_field(name)
        hint = (
            say("Did you mean {field}: ?", field=nearest) if nearest else say("Fields are {fields}.", fields=", ".join(fields.ALL_FIELDS))
        )
        quoted = say("To look for the words themselves, put them in quotation marks.")
        return self.fail(say("There is no field “{field}:”.", field=name), f"{hint} {quoted}", at)

    def values(self, name: str) -> Iterator[str]:
        """The values of a list with commas, in the form they are kept in."""
        while True:
            at = self.at
            if self.at < len(self.text) and self.text[self.at] in _CLOSERS:
                typed = self.phrase(exact=False).text
            else:
                typed, self.at = self.eat(_VALUE, at)
            yield self.value(name, cleaned(typed).rstrip("."), at)
            comma = re.compile(r"\s*,\s*").match(self.text, self.at)
            if not comma:
                return
            self.at = comma.end()

    def value(self, name: str, typed: str, at: int) -> str:
        if not typed:
            example = {"country": "KR,JP", "agency": "MFDS,FDA", "source": "kr-mfds-press", "without": "DCT"}.get(name) or ",".join(
                fields.CLOSED.get(name, ())[:2]
            )
            self.fail(
                say("{field}: needs a value.", field=name),
                say("Write for example: {query}", query=f"{name}:{example or 'decentralized-clinical-trials'}"),
                at,
            )
        known = self.known
        if name == "concept":
            known = {} if thesaurus.knows(typed) else {"concept": (*self.known.get("concept", ()), *thesaurus.ids())}
        found = fields.canonical(name, typed, known)
        if found is None:
            nearest = fields.nearest_value(name, typed, known)
            examples = ", ".join(fields.examples(name, known))
            hint = say("Did you mean {query} ?", query=f"{name}:{nearest}") if nearest else say("Write one of {values}.", values=examples)
            self.fail(say("There is no {field} “{value}”.", field=fields.label(name), value=typed), hint, at)
        return found

    def when(self, name: str) -> When:
        at = self.at
        typed, self.at = self.eat(_VALUE, at)
        typed = fold(typed).text
        if name in ("after", "before"):
            return When(name, "", self.day(name, typed, at))
        span = _SPAN.fullmatch(typed)
        days = int(span[2]) * _DAYS[(span[3] or "d")[0]] if span else 0
        if not span or not 1 <= days <= _LONGEST_SPAN:
            number = re.search(r"[1-9]\d{0,3}", typed)
            hint = say("Write for example: {query}", query=f"{name}:<{number[0] if number else 30}d")
            self.fail(say("{field}: needs a number of days, with < or >.", field=name), hint, at)
        return When(name, span[1], days)

    def day(self, name: str, typed: str, at: int) -> date:
        try:
            return date.fromisoformat(typed)
        except ValueError:
            return self.fail(
                say("{field}: needs a day as year-month-day.", field=name),
                say("Write for example: {query}", query=f"{name}:2026-01-31"),
                at,
            )
