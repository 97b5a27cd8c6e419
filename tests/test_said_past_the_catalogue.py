"""No sentence reaches people past the catalogue of texts: in the files that speak to them, each literal one is given to bot.messages."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from handlers.commands import TABLE
from tests.message_texts import ROOT, SAYING

# Who speaks with these words speaks to people in chat, or of what they may be told.
SPEAKING = {"bot.messages", "bot.cards.card", "bot.cards.form", "bot.errors"}
OF_ERRORS = {"UserMistake", "SourceTrouble"}
# The command line, the settings, what another program reads, and the record, which is one for all languages.
NOT_IN_CHAT = {
    "bot/__main__.py", "bot/app.py", "bot/cli_record.py", "bot/cli.py", "bot/doctor.py", "bot/cli_input.py", "bot/cli_manifest.py",
    "bot/cli_packs.py", "bot/cli_sources.py",
    "bot/record/verify.py", "bot/record/files.py", "bot/sources/catalogue.py", "bot/sources/catalogue_form.py",
    "bot/sources/check.py", "bot/sources/wire.py", "bot/doctor_surroundings.py", "bot/slack_manifest.py", "handlers/recording.py",
    "handlers/slack_installing.py", "handlers/slack_calls.py", "handlers/teams_package.py", "handlers/teams_gate.py",
    "bot/watch/matcher.py",
}  # fmt: skip
# What is none of a sentence for people though it looks like one, and why.
BY_RIGHT = {
    "{} per week by {}": "the title of a picture, which has Latin letters only",
    "added by a person": "how a source came into the catalogue, as its file would say",
    "Regwatch/0.1 (regulatory change alerts; asks only for what is new)": "what a site is told of us",
}
SENTENCE = re.compile(r"[A-Za-z]['a-z]*[,;:]? ['a-z]{2,}")
SMALL = re.compile(
    r"(?<![-\w])(?:a|an|the|is|are|was|were|has|have|no|not|and|or|of|it|its|this|that|there|you|your|for|with|in|on|at|from|by|be|been)(?![-\w])"
)
# What these are given is no text for people: log lines, patterns, keys, facts of the record, errors of our own making. What is compared
# is what people typed.
QUIET = {
    "compile", "sub", "text", "Command", "Literal", "telling", "first_ever", "first_time", "happened", "key", "Fact", "note", "_note",
    "info", "warning", "error", "exception", "TypeError", "ValueError", "RuntimeError", "SettingsError", "StoreTrouble",
}  # fmt: skip
# So are the values of buttons and what is shown as typed.
TYPED_IN = {"value", "action", "typed", "example", "command", "query", "default"}
USED = {word for one in TABLE for text in (one.usage, *one.examples) for word in re.findall(r"[a-z]+", text)} | {"regwatch"}


def modules() -> list[str]:
    found = (one for top in ("bot", "handlers", "schedules") for one in sorted((ROOT / top).rglob("*.py")))
    names = (str(one.relative_to(ROOT)) for one in found if _speaks(one))
    return [one for one in names if one not in NOT_IN_CHAT and not one.startswith("bot/demo/")]


def _speaks(module: Path) -> bool:
    imports = [one for one in ast.walk(ast.parse(module.read_text(encoding="utf-8"))) if isinstance(one, ast.ImportFrom)]
    named = {name.name for one in imports if one.module == "bot.errors" for name in one.names}
    return any(one.module in SPEAKING - {"bot.errors"} for one in imports) or bool(named & OF_ERRORS)


def called(node: ast.AST) -> str:
    """The name of what is called."""
    what = node.func if isinstance(node, ast.Call) else None
    return what.id if isinstance(what, ast.Name) else what.attr if isinstance(what, ast.Attribute) else ""


def is_code(text: str) -> bool:
    """Whether it is a pattern or a style sheet."""
    return "|" in text or "\\b" in text or ("{" in text and ";" in text)


def literals(node: ast.AST) -> Iterator[tuple[int, str]]:
    """The texts below a node, with their lines, that are given to nobody who says them in a language."""
    is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    if called(node) in QUIET or is_docstring or isinstance(node, ast.Compare):
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.lineno, node.value
    if isinstance(node, ast.JoinedStr):
        yield node.lineno, "".join(str(one.value) if isinstance(one, ast.Constant) else "{}" for one in node.values)
    for child in _children(node):
        yield from literals(child)


def _children(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.JoinedStr):
        yield from (one.value for one in node.values if isinstance(one, ast.FormattedValue))
        return
    said = {id(one) for one in node.args[: SAYING.get(called(node), 0)]} if isinstance(node, ast.Call) else set()
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "msg") or (isinstance(node, ast.keyword) and node.arg in TYPED_IN):
            continue
        yield from (one for one in (value if isinstance(value, list) else [value]) if isinstance(one, ast.AST) and id(one) not in said)


def is_sentence(text: str) -> bool:
    """Whether people would read it: words in a row with a small one among them, that are not those of the commands."""
    bare = re.sub(r"<[^>]*>|`[^`]*`|“[^”]*”|\{[^}]*\}", " ", text)
    words = re.findall(r"[A-Za-z']+", bare)
    is_typed = all(one in USED for one in words) or text.startswith(("regwatch ", *(f"{one.name} " for one in TABLE)))
    return bool(SENTENCE.search(bare) and SMALL.search(bare)) and not is_typed and not is_code(text) and text not in BY_RIGHT


@pytest.mark.parametrize("module", modules())
def test_every_sentence_of_a_file_that_speaks_to_people_is_said_through_the_catalogue(module: str) -> None:
    found = literals(ast.parse((ROOT / module).read_text(encoding="utf-8")))
    assert [f"{module}:{line}: {text}" for line, text in found if is_sentence(text)] == []


def test_a_sentence_that_forgets_the_catalogue_is_found_and_what_is_typed_or_said_is_not() -> None:
    code = """
def f():
    '''It is a docstring.'''
    notice("Nothing is open.", say("It is so."))
    line(f"{n} of {m} are here")
    go("watch add a trial")
"""
    assert [text for _, text in literals(ast.parse(code)) if is_sentence(text)] == ["Nothing is open.", "{} of {} are here"]
