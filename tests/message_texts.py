"""The texts that the code says to people, found in it; `python -m tests.message_texts` brings the catalogues up to date with them."""

import ast
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from bot.messages import KEPT

ROOT = Path(__file__).resolve().parent.parent
CATALOGUES = ROOT / "bot" / "languages"
SAYING = {"say": 1, "mark": 1, "phrase": 1, "keep": 1, "count": 2, "chosen": 2}
HEADER = "# What people read, by what the code says: `make messages` finds new texts. Keep every {place}; write plain sentences."
_DATED = ("POT-Creation-Date", "PO-Revision-Date", "Last-Translator", "Report-Msgid-Bugs-To", "Generated-By", "Language-Team", "Project-Id")

Text = str | tuple[str, str]


def texts() -> dict[Text, bool]:
    """Every text of the code and whether it is kept in the store: literals given to bot.messages; one with a number is a pair."""
    found: dict[Text, bool] = {}
    for module in (one for top in ("bot", "handlers", "schedules") for one in sorted((ROOT / top).rglob("*.py"))):
        for text, is_kept in _in(module):
            found[text] = found.get(text, False) or is_kept
    return found


def _in(module: Path) -> Iterator[tuple[Text, bool]]:
    tree = ast.parse(module.read_text(encoding="utf-8"))
    known = {name.asname or name.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module in
             ("bot.messages", "bot.cards.card") for name in node.names} & SAYING.keys()  # fmt: skip
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Command" and len(node.args) > 2:
            yield ast.literal_eval(node.args[2]), False  # its line of help
        if isinstance(node, ast.Call) and (name := _said_by(node, known)):
            given = [one.value for one in node.args[: SAYING[name]] if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            if len(given) == SAYING[name]:
                yield given[0] if len(given) == 1 else (given[0], given[1]), name == "keep"


def _said_by(node: ast.Call, known: set[str]) -> str:
    if isinstance(node.func, ast.Name):
        return node.func.id if node.func.id in known else ""
    attribute = node.func if isinstance(node.func, ast.Attribute) else None
    of_ours = attribute is not None and isinstance(attribute.value, ast.Name) and attribute.value.id == "messages"
    return attribute.attr if attribute is not None and of_ours and attribute.attr in SAYING else ""


def updated(language: str) -> list[str]:
    """The catalogue has exactly the texts of the code; those it has no translation for."""
    path = CATALOGUES / f"{language}.po"
    old = read_po(BytesIO(path.read_bytes()), locale=language) if path.exists() else Catalog(locale=language)
    new = Catalog(locale=language, charset="utf-8", fuzzy=False, header_comment=HEADER)
    missing = []
    for text, is_kept in sorted(texts().items(), key=str):
        known = old.get(text[0] if isinstance(text, tuple) else text)
        said = known.string if known is not None else ""
        missing += [] if said and all(said) else [str(text)]
        new.add(text, said, auto_comments=[KEPT] * is_kept)
    written = BytesIO()
    write_po(written, new, width=0, sort_output=True)
    lines = written.getvalue().decode().splitlines()
    path.write_text("\n".join(one for one in lines if not one.startswith(tuple(f'"{name}' for name in _DATED))) + "\n", encoding="utf-8")
    return missing


if __name__ == "__main__":
    for catalogue in sorted(CATALOGUES.glob("*.po")):
        print(catalogue.name, *updated(catalogue.stem), sep="\n  not translated: ")  # noqa: T201 - a script tells what it did
