"""What a person types → a query, or a UserMistake that points at the character and says the nearest valid form.

Recursive descent over lexemes. Length is checked before anything else, depth as it grows.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import NoReturn

from bot.errors import UserMistake
from bot.messages import say
from bot.model import FieldName
from bot.watch.glossary import NOTHING, Glossary
from bot.watch.lexer import Kind, Lexeme, lexemes
from bot.watch.nodes import Near, Phrase, Prefix, Query, Term, Without, all_of, any_of, narrows, near, negated
from bot.watch.thesaurus import bound

CHAT_LIMIT = 500
"""How many characters a query typed in chat may have."""
LONGEST = 2_000
"""How many characters any query may have."""
MAX_DEPTH = 20
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def parse(text: str, *, limit: int = CHAT_LIMIT, known: Mapping[str, Collection[str]] | None = None, own: Glossary = NOTHING) -> Query:
    """The query a text means to a workspace with these `own` words.

    `known` lists the values there are for fields such as `agency` and `source`, to refuse misspelt ones.

    Raises only UserMistake, with the text and the position (a character index) of what is wrong.
    """
    shown = _CONTROL.sub(" ", text[:limit])
    more = say("; on the command line it may have {most}", most=f"{LONGEST:,}") if limit == CHAT_LIMIT else ""
    if len(text) > limit:
        raise UserMistake(
            say("This query is {n} characters long; at most {most} can be read.", n=f"{len(text):,}", most=f"{limit:,}"),
            hint=say("Shorten it, or split it into several watchlists{more}.", more=more),
            text=shown + "…",
            position=limit,
        )
    choices = {**(known or {}), "concept": own.ids}
    return bound(_Parser(shown, list(lexemes(shown, shown, choices))).whole(), own)


class _Parser:
    """`here` is the lexeme we stand at; `field` the field of text that a group such as `title:(a OR b)` sets for its terms."""

    def __init__(self, shown: str, found: list[Lexeme]) -> None:
        self.shown = shown
        self.rest = found[::-1]
        self.depth = 0
        self.field: FieldName | None = None

    @property
    def here(self) -> Lexeme:
        return self.rest[-1]

    def take(self, kind: Kind) -> Lexeme | None:
        """Moves past a lexeme of this kind, if we stand at one."""
        return self.rest.pop() if self.here.kind == kind else None

    def fail(self, sentence: str, hint: str, at: int) -> NoReturn:
        raise UserMistake(sentence, hint=hint, text=self.shown, position=at)

    def whole(self) -> Query:
        if self.here.kind == "end":
            self.fail(say("There is nothing to look for."), say("Type some words, for example: {query}", query="decentralized trials"), 0)
        found = self.either()
        if self.rest[1:]:
            self.fail(say("This closing parenthesis has no partner."), say("Remove it, or put “(” before it."), self.here.at)
        if not narrows(found):
            self.fail(
                say("This query can match everything."), say("Say also what to look for, for example: {query}", query="vaccine NOT food"), 0
            )
        return found

    def either(self) -> Query:
        parts = [self.both()]
        while self.take("or"):
            parts.append(self.both())
        return any_of(parts)

    def both(self) -> Query:
        parts = [self.pair()]
        while self.take("and") or self.here.kind in ("(", "not", "field", "leaf"):
            parts.append(self.pair())
        return all_of(parts)

    def pair(self) -> Query:
        turned = False
        while self.take("not"):
            turned = not turned
        left = self.single()
        joint = self.take("near")
        if joint:
            left = self.joined(left, joint)
        if turned and isinstance(left, Without):
            self.fail(
                say("without: takes a term out of what your words stand for; it cannot be negated."), say("Leave NOT out."), self.here.at
            )
        return negated(left) if turned else left

    def joined(self, left: Query, joint: Lexeme) -> Near:
        right = self.single()
        if not isinstance(left, Term) or not isinstance(right, Term) or self.here.kind == "near":
            self.fail(say("NEAR joins two words or phrases."), say("Write for example: {query}", query="trial NEAR/5 remote"), joint.at)
        if left.field and right.field and left.field != right.field:
            self.fail(say("NEAR looks within one field."), say("Use {field}: on both sides, or on neither.", field=left.field), joint.at)
        return near(left, right, joint.value if isinstance(joint.value, int) else 1)

    def single(self) -> Query:
        if group := self.take("("):
            return self.group(group)
        if named := self.take("field"):
            return self.within(named)
        if leaf := self.take("leaf"):
            return self.placed(leaf)
        words: dict[Kind, str] = {
            "and": "AND",
            "or": "OR",
            "near": "NEAR",
        }
        if self.here.kind in ("end", ")"):
            ends = say("The query ends here, and something is missing.")
            missing = ends if self.here.kind == "end" else say("The group ends here, and something is missing.")
            return self.fail(missing, say("Put a word or a phrase here, or remove what asks for one."), self.here.at)
        word = words.get(self.here.kind, "This")
        hint = say("Put a word or a phrase before it; to look for the word itself, quote it: {word}", word=f'"{word.lower()}"')
        return self.fail(say("{word} needs something on both sides.", word=word), hint, self.here.at)

    def group(self, opening: Lexeme) -> Query:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.fail(
                say("Parentheses go at most {most} deep.", most=MAX_DEPTH), say("Remove some; most queries need one or two."), opening.at
            )
        found = self.either()
        if not self.take(")"):
            self.fail(say("This opening parenthesis has no partner."), say("Close it with “)”, or remove it."), opening.at)
        self.depth -= 1
        return found

    def within(self, named: Lexeme) -> Query:
        """A term or a group in one field of text."""
        if self.field:
            self.fail(say("A field cannot stand inside another field."), say("Close {field}:(…) before it.", field=self.field), named.at)
        if self.here.kind != "(" and not isinstance(self.here.value, Phrase | Prefix):
            self.fail(
                say("{field}: needs a word, a phrase or a group.", field=named.value),
                say("Write for example: {query}", query=f'{named.value}:"clinical trial"'),
                named.at,
            )
        self.field = named.value  # type: ignore[assignment]  # the lexer gives only names of text fields
        found = self.single()
        self.field = None
        return found

    def placed(self, leaf: Lexeme) -> Query:
        """The leaf, in the field of the group around it."""
        if isinstance(leaf.value, Phrase | Prefix):
            return replace(leaf.value, field=self.field)
        if isinstance(leaf.value, Query):
            return leaf.value
        raise TypeError(f"a leaf without a query: {leaf}")
