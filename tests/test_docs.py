"""What can be set, typed or seen is documented, and what the documentation names exists."""

import re
import runpy
from pathlib import Path
from typing import get_args

import pytest

from bot import errors
from bot.errors import FetchFault, RegwatchError, UserMistake
from bot.metrics import Metrics
from bot.model import Authority, DeliveryState, Entry, Evidence, Poll, Source, SourceKind, Tier
from bot.settings import BY_FILE, Settings
from bot.sources import catalogue
from bot.watch import fields, query
from handlers.answering import find
from handlers.commands import TABLE

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def undocumented(words: object, name: str) -> set[str]:
    """Those of `words` that the page does not show as code."""
    assert isinstance(words, list | tuple | set | dict)
    text = page(name)
    return {word for word in words if not re.search(rf"`{re.escape(word)}[`:]", text)}


def test_generated_pages_are_up_to_date() -> None:
    wanted = runpy.run_path(str(ROOT / "docs" / "generate.py"))["pages"]()
    assert [name for name, text in wanted.items() if page(name) != text] == [], "run `make docs`"


def test_every_setting_is_documented() -> None:
    names = {f"REGWATCH_{name.upper()}" for name in Settings.model_fields}
    assert undocumented(names, "docs/operate.md") == set()
    assert {name for name in names if f"# {name}=" not in page(".env.example")} == set()


def test_every_source_the_pages_show_as_shipped_is_shipped() -> None:
    named = {one for path in PAGES for one in re.findall(r"\b((?:kr|cn|jp|us|eu|uk)-[a-z]+-[a-z-]+)\b", path.read_text(encoding="utf-8"))}
    assert named
    assert named - set(catalogue.load().sources) == set()


def test_the_machine_forms_of_the_docs_are_those_of_the_code() -> None:
    text = page("docs/commands.md")
    for form in (Entry, Evidence, Poll):
        assert "{" + ", ".join(f'"{name}"' for name in form.model_fields) + "}" in text


def test_every_metric_is_documented() -> None:
    assert undocumented([name for name, *_ in Metrics().described()], "docs/operate.md") == set()


def test_every_setting_has_a_sentence_of_help() -> None:
    assert [name for name, field in Settings.model_fields.items() if not (field.description or "").endswith(".")] == []


def test_every_setting_the_pages_name_exists() -> None:
    names = [*Settings.model_fields, *(f"{name}_file" for name in BY_FILE)]
    of_tests = re.findall(r"REGWATCH_TEST_[A-Z_]+", page("tests/conftest.py"))
    known = {f"REGWATCH_{name.upper()}" for name in names} | {"REGWATCH_TRACEBACK", *of_tests}
    named = {word for one in PAGES for word in re.findall(r"REGWATCH_[A-Z_]+[A-Z]", one.read_text(encoding="utf-8"))}
    assert named - known == set()


def test_every_error_says_in_the_docs_whose_move_it_is() -> None:
    names = {name for name, one in vars(errors).items() if isinstance(one, type) and issubclass(one, RegwatchError)}
    assert undocumented(names - {"RegwatchError"}, "docs/operate.md") == set()


def test_every_fault_of_a_fetch_is_documented() -> None:
    assert undocumented(get_args(FetchFault), "docs/sources.md") == set()


def test_every_kind_tier_and_key_of_a_source_is_documented() -> None:
    assert undocumented(get_args(SourceKind), "docs/sources.md") == set()
    assert undocumented(get_args(Tier), "docs/sources.md") == set()
    assert undocumented({**Source.model_fields, **Authority.model_fields}, "docs/sources.md") == set()


def test_every_state_of_a_delivery_is_documented() -> None:
    assert undocumented(get_args(DeliveryState), "docs/operate.md") == set()


def test_every_field_of_the_query_language_is_documented() -> None:
    text = page("docs/matching.md")
    assert [name for name in fields.ALL_FIELDS if f"`{name}:" not in text] == []
    assert undocumented({*fields.DOC_TYPES, *fields.STATUSES, *fields.REGIONS}, "docs/matching.md") == set()


def test_no_two_chat_commands_clash_and_each_has_help_and_an_example() -> None:
    names = [command.name for command in TABLE]
    assert len(names) == len(set(names))
    assert [command.name for command in TABLE if not (command.help and command.usage and command.examples)] == []


def test_every_example_of_a_chat_command_begins_with_its_name() -> None:
    assert [example for command in TABLE for example in command.examples if not example.startswith(command.name)] == []


def test_every_query_in_the_docs_is_understood() -> None:
    cells = [row.split(" | ")[0] for row in page("docs/matching.md").replace("\\|", "¦").splitlines() if row.startswith("| `")]
    written = [one.replace("¦", "|") for cell in cells for one in re.findall(r"`([^`]+)`", cell)]
    assert len(written) > 20
    for one in written:
        assert query.parse(query.show(query.parse(one))) == query.parse(one)


def test_the_mistake_the_docs_show_looks_so() -> None:
    text = 'country:Korea "innovative company"'
    with pytest.raises(UserMistake) as caught:
        query.parse(text)
    shown = f"{text}\n{' ' * (caught.value.position or 0)}^\n{caught.value}"
    assert shown in page("docs/matching.md")


def test_every_chat_command_in_the_docs_is_known() -> None:
    written = [words for one in PAGES for words in re.findall(r"(?:^ *|`)/reg ([^`\n…]+)", one.read_text(encoding="utf-8"), re.MULTILINE)]
    assert len(written) > 5
    for words in written:
        find(words)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_between_pages_leads_somewhere(path: Path) -> None:
    links = re.findall(r"\]\((?!https?://)([^)#]+)(#[^)]*)?\)", path.read_text(encoding="utf-8"))
    assert [link for link, _ in links if not (path.parent / link).exists()] == []


def headings(path: Path) -> set[str]:
    """What a link may name of a page: its headings in the form that GitHub gives them."""
    titles = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_to_a_part_of_a_page_finds_its_heading(path: Path) -> None:
    links = re.findall(r"\]\((?!https?://)([^)#]*)#([^)]*)\)", path.read_text(encoding="utf-8"))
    assert [(link, part) for link, part in links if part not in headings(path.parent / link if link else path)] == []


def test_the_readme_promises_no_more_sources_than_are_polled() -> None:
    polled = catalogue.load().enabled()
    (sources, countries) = re.findall(r"more than (\d+) sources in (\d+) countries", page("README.md"))[0]
    assert len(polled) > int(sources)
    assert len({one.jurisdiction for one in polled} - {"EU", "INT"}) >= int(countries)


def test_every_make_target_the_pages_name_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", page("Makefile"), re.MULTILINE))
    named = {word for one in PAGES for word in re.findall(r"(?:^|`)make ([a-z]+)", one.read_text(encoding="utf-8"), re.MULTILINE)}
    assert named - targets == set()


def test_every_command_the_pages_name_exists() -> None:
    usages = re.findall(r"\| `regwatch ([a-z ]+)", page("docs/commands.md"))
    known = {tuple(usage.split()) for usage in usages} | {(usage.split()[0],) for usage in usages}
    pattern = r"(?:^|`|bin/)regwatch ([a-z]+)(?: ([a-z]+)\b(?![.=:/-]))?"
    named = {(first, second) for one in PAGES for first, second in re.findall(pattern, one.read_text(encoding="utf-8"), re.MULTILINE)}
    groups = {usage[0] for usage in known if len(usage) == 2}
    assert {words for words in named if (words[0],) not in known or (words[1] and words[0] in groups and words not in known)} == set()


def test_every_decision_is_listed_and_tells_context_decision_and_consequences() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    assert [one.name for one in pages if f"]({one.name})" not in page("docs/decisions/README.md")] == []
    parts = ("## Context", "## Decision", "## Consequences")
    assert [one.name for one in pages if not all(part in one.read_text(encoding="utf-8") for part in parts)] == []
