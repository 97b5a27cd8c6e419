"""Writes what follows from the code: docs/map.md, docs/catalogue.md, the tables of docs/commands.md and docs/operate.md, .env.example.

`python docs/generate.py` writes them; tests/test_docs.py fails when they lag behind. Text between `<!-- generated: x -->` and
`<!-- end -->` belongs to this script, everything around it to people.
"""

import ast
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

PACKAGES = ("bot", "handlers", "schedules")


def responsibility(module: Path) -> str:
    """The first line of a module's docstring, or nothing."""
    docstring = ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or ""
    return docstring.split("\n", 1)[0].rstrip(":")


def rows(folder: Path, depth: int) -> Iterator[str]:
    """One line for each file of `folder`, folders after files, each with its responsibility."""
    indent = "  " * depth
    for module in sorted(folder.glob("*.py")):
        if module.name != "__init__.py":
            yield f"{indent}- `{module.name}` {responsibility(module)}"
    for inner in sorted(path for path in folder.iterdir() if (path / "__init__.py").exists()):
        yield f"{indent}- **`{inner.name}/`** {responsibility(inner / '__init__.py')}"
        yield from rows(inner, depth + 1)


def contracts() -> Iterator[str]:
    """One line for each import contract of pyproject.toml."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for contract in config["tool"]["importlinter"]["contracts"]:
        yield f"- `{contract['id']}` {contract['name']}."


def map_page() -> str:
    """docs/map.md: every file with its one responsibility, and who may import whom."""
    tree = [line for package in PACKAGES for line in package_rows(package)]
    return "\n".join(
        [
            "# Map",
            "",
            "Made from the code by `make docs`: each file with its one responsibility.",
            "",
            *tree,
            "",
            "## Who may import whom",
            "",
            "`handlers → bot ← schedules`: people and clock never import each other, they meet in the store.",
            "Each line is a contract that `lint-imports` checks; `tests/planted.txt` holds imports that must break them.",
            "",
            *contracts(),
            "",
        ]
    )


def package_rows(package: str) -> Iterator[str]:
    """The lines of one top-level package, under its own heading line."""
    folder = ROOT / package
    yield f"- **`{package}/`** {responsibility(folder / '__init__.py')}"
    yield from rows(folder, 1)


def settings() -> Iterator[tuple[str, str, str]]:
    """(variable, default as it would be written, help) of every setting, in the order of bot/settings.py."""
    from bot.settings import Settings  # noqa: PLC0415 - the pages about imports need no installed package

    for name, field in Settings.model_fields.items():
        default = "" if field.default is None else str(field.default)
        if isinstance(field.default, bool):
            default = str(int(field.default))
        yield f"REGWATCH_{name.upper()}", default, field.description or ""


def settings_table() -> str:
    """The settings as a table for docs/operate.md."""
    lines = [f"| `{name}` | {f'`{default}`' if default else 'unset'} | {text} |" for name, default, text in settings()]
    return "\n".join(["| variable | default | what it is for |", "| --- | --- | --- |", *lines])


def metrics_table() -> str:
    """The metrics as a table for docs/operate.md."""
    from bot.metrics import Metrics  # noqa: PLC0415 - as above

    lines = [f"| `{name}` | {kind} | {', '.join(labels)} | {text} |" for name, kind, labels, text in Metrics().described()]
    return "\n".join(["| metric | kind | labels | what it tells |", "| --- | --- | --- | --- |", *lines])


def env_example() -> str:
    """.env.example: every setting commented out at its default, with its help above it."""
    head = "# Copy to .env and set what you need; everything has a default. The same names work as environment variables.\n"
    return head + "".join(f"\n# {text}\n# {name}={default}\n" for name, default, text in settings())


def command_line() -> str:
    """The commands of `regwatch` as a table for docs/commands.md."""
    from typer.main import get_command  # noqa: PLC0415 - as above

    from bot.cli import app  # noqa: PLC0415 - as above

    lines = [f"| `{usage}` | {text} |" for usage, text in commands_under(get_command(app), "regwatch")]
    return "\n".join(["| command | does |", "| --- | --- |", *lines])


def commands_under(command: Any, name: str) -> Iterator[tuple[str, str]]:
    """(usage, first sentence of help) of a command, or of every command of a group."""
    for inner in getattr(command, "commands", {}).values():
        yield from commands_under(inner, f"{name} {inner.name}")
    if not hasattr(command, "commands") or (command.invoke_without_command and len(command.params) > 1):
        usage = " ".join([name, *(words for words in map(written, command.params) if words)])
        yield usage.replace("|", "\\|"), (command.help or "").split("\n", 1)[0]


def written(parameter: Any) -> str:
    """How a parameter is written in a usage line; nothing for --help."""
    kind = parameter.type_descriptor.annotation
    choices = "|".join(get_args(kind)) if get_origin(kind) is Literal else ""
    value = parameter.metavar or choices or parameter.name.upper()
    if parameter.param_type_name == "argument":
        many = "…" if parameter.nargs == -1 else ""
        return f"{value}{many}" if parameter.required else f"[{value}{many}]"
    if parameter.name == "help":
        return ""
    words = max(parameter.opts, key=len) + ("" if parameter.is_flag else f" {value}")
    return words if parameter.required else f"[{words}]{'…' if parameter.multiple else ''}"


def chat() -> str:
    """The chat commands as a table for docs/commands.md."""
    from handlers.commands import TABLE  # noqa: PLC0415 - as above

    lines = [
        f"| `{command.usage.replace('|', chr(92) + '|')}` | {command.help} | {command.who} | `{command.examples[-1]}` |"
        for command in TABLE
    ]
    return "\n".join(["| command | does | for whom | for example |", "| --- | --- | --- | --- |", *lines])


def catalogue_page() -> str:
    """docs/catalogue.md: every shipped source, by country, with what is known of its address."""
    from bot.sources import catalogue  # noqa: PLC0415 - as above

    sources = list(catalogue.load().sources.values())
    on = sum(source.enabled for source in sources)
    head = [
        "# Shipped sources",
        "",
        "Made from the catalogue by `make docs`. What the columns mean is in [sources.md](sources.md).",
        "",
        f"{len(sources)} sources, {on} polled as they are, {len(sources) - on} off until what they need is there.",
    ]
    places = sorted({source.jurisdiction for source in sources})
    return "\n".join([*head, *(line for place in places for line in sources_of(place, sources))]) + "\n"


def sources_of(jurisdiction: str, sources: list[Any]) -> Iterator[str]:
    """The heading, the table and the reasons of one jurisdiction."""
    found = [source for source in sources if source.jurisdiction == jurisdiction]
    yield from [
        "",
        f"## {jurisdiction} ({len(found)})",
        "",
        "| source | name | kind | every | polled | address seen |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for source in sorted(found, key=lambda one: (one.tier, one.id)):
        name = f"[{cell(source.name)}]({source.url})" if source.url.startswith("http") else f"{cell(source.name)}, `{source.url}`"
        polled = "yes" if source.enabled else f"no. {cell(source.disabled_because)}"
        yield f"| `{source.id}` | {name} | {source.kind} | {every(source.interval.total_seconds())} | {polled} | {cell(source.checked)} |"


def every(seconds: float) -> str:
    """A poll interval as the catalogue writes it."""
    minutes = int(seconds // 60)
    return f"{minutes // 1440}d" if minutes % 1440 == 0 else f"{minutes // 60}h" if minutes % 60 == 0 else f"{minutes}m"


def cell(text: str) -> str:
    """Text for a cell of a table."""
    return text.replace("|", "\\|").replace("[", "\\[").replace("]", "\\]")


def between(page: str, name: str, text: str) -> str:
    """`page` with what stands between the markers of `name` replaced by `text`."""
    start = f"<!-- generated: {name} -->"
    before, rest = page.split(start)
    _, after = rest.split("<!-- end -->", 1)
    return f"{before}{start}\n{text}\n<!-- end -->{after}"


def pages() -> dict[str, str]:
    """Path → the text it should have, for every generated page."""
    operate = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
    commands = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    return {
        "docs/map.md": map_page(),
        "docs/catalogue.md": catalogue_page(),
        "docs/operate.md": between(between(operate, "settings", settings_table()), "metrics", metrics_table()),
        "docs/commands.md": between(between(commands, "command line", command_line()), "chat", chat()),
        ".env.example": env_example(),
    }


def main() -> None:
    """Write every page that is not as it should be, and say which."""
    for name, text in pages().items():
        path = ROOT / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(f"wrote {name}")


if __name__ == "__main__":
    main()
