"""Fuzzing for minutes: real samples torn and mixed, and the properties of parsers and queries, each with inputs that no run had before.

    nice python -m tests.fuzz [parsers|query|all] [--minutes 5] [--atheris]

Stops at the first finding, which Hypothesis makes small and prints; make a test of it, mend it, and go on. With `--atheris` (no dependency
of the project; install it beside) coverage guides the inputs of the first property of the part, instead of chance.
"""

import argparse
import contextlib
import importlib
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot.errors import SourceTrouble, UserMistake
from bot.sources import catalogue, parse
from bot.watch import query as language
from handlers import grammar
from tests.properties import test_parse, test_query, test_query_text

SAMPLES = Path(__file__).parent / "samples"
CATALOGUE = catalogue.load()
BODIES = sorted(
    path for path in SAMPLES.glob("*/*") if path.is_file() and path.parent.name in CATALOGUE.sources and path.name != "expected.json"
)
# A poll may not stand still for longer than this over one answer of this size.
MOST_SECONDS = 5.0
slowest: dict[str, float] = {}

_EDITS = st.tuples(st.floats(0, 1), st.integers(0, 400), st.sampled_from(["cut", "double", "put", "swap"]), test_parse.PIECES)


def torn(body: bytes, edits: list[tuple[float, int, str, bytes]]) -> bytes:
    """The body with parts cut out, doubled, put in or swapped for others."""
    for where, length, how, piece in edits:
        start = int(where * len(body))
        part = body[start : start + length]
        new = {"cut": b"", "double": part * 2, "put": piece + part, "swap": piece}[how]
        body = body[:start] + new + body[start + length :]
    return body


@given(st.sampled_from(BODIES), st.sampled_from(BODIES), st.lists(_EDITS, min_size=1, max_size=12))
def a_torn_sample_ends_as_entries_or_one_trouble(sample: Path, other: Path, edits: list[tuple[float, int, str, bytes]]) -> None:
    """Read as what it is, or, if its edits are many, as what another source is."""
    source = CATALOGUE.sources[(other if len(edits) > 9 else sample).parent.name]
    began = time.process_time()
    try:
        for entry in parse.entries(source, torn(sample.read_bytes(), edits), "", source.url):
            assert entry.title.strip()
            entry.model_dump_json().encode()
    except SourceTrouble:
        pass
    took = time.process_time() - began
    slowest["parse"] = max(slowest.get("parse", 0), took)
    assert took < MOST_SECONDS


@given(st.lists(test_query.SYNTAX | st.text(max_size=4), max_size=60).map("".join))
def a_query_is_read_or_refused_with_its_place(typed: str) -> None:
    """What is read prints and parses back; a mistake points into the text."""
    began = time.process_time()
    read = test_query.read(typed)
    if isinstance(read, UserMistake):
        assert str(read)
        assert read.position is None or 0 <= read.position <= len(typed)
    else:
        assert language.parse(language.show(read), limit=100_000) == read
        assert language.explain(read)
    took = time.process_time() - began
    slowest["query"] = max(slowest.get("query", 0), took)
    assert took < MOST_SECONDS


@given(st.lists(test_query.SYNTAX | st.text(max_size=4), max_size=40).map("".join))
def words_of_a_command_are_cut_or_refused(typed: str) -> None:
    """The grammar of chat never fails in another way than with a sentence."""
    with contextlib.suppress(UserMistake):
        grammar.query_and_page(typed)


def of(module: object) -> list[Callable[[], Any]]:
    """The properties of a module of tests/properties that need nothing but what Hypothesis draws."""
    return [one for name, one in vars(module).items() if name.startswith("test_") and hasattr(one, "hypothesis")]


PARTS: dict[str, list[Callable[..., Any]]] = {
    "parsers": [a_torn_sample_ends_as_entries_or_one_trouble, *of(test_parse)],
    "query": [a_query_is_read_or_refused_with_its_place, words_of_a_command_are_cut_or_refused, *of(test_query), *of(test_query_text)],
}
_LONG = settings(
    max_examples=300, deadline=None, database=None, phases=[Phase.generate, Phase.shrink], suppress_health_check=list(HealthCheck)
)


def by_chance(part: str, minutes: float) -> None:
    """Goes through the properties of the part again and again; raises what one finds."""
    until, rounds = time.monotonic() + minutes * 60, 0
    while time.monotonic() < until:
        for one in PARTS[part]:
            one._hypothesis_internal_use_settings = _LONG  # settings() refuses to be given twice
            one()
        rounds += 1
    slow = ", ".join(f"{name} {seconds:.3f} s" for name, seconds in slowest.items())
    sys.stdout.write(f"{part}: {rounds} rounds of {len(PARTS[part])} properties, {minutes:g} minutes, nothing found; slowest: {slow}\n")


def by_coverage(part: str, minutes: float) -> None:
    """Lets atheris guide the inputs of the first property; ends the process."""
    atheris = importlib.import_module("atheris")
    atheris.instrument_all()
    atheris.Setup([sys.argv[0], f"-max_total_time={int(minutes * 60)}"], PARTS[part][0].hypothesis.fuzz_one_input)
    atheris.Fuzz()


def main() -> None:
    """Fuzzes one part or both."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("part", choices=[*PARTS, "all"], nargs="?", default="all")
    options.add_argument("--minutes", type=float, default=5)
    options.add_argument("--atheris", action="store_true")
    chosen = options.parse_args()
    for part in PARTS if chosen.part == "all" else [chosen.part]:
        (by_coverage if chosen.atheris else by_chance)(part, chosen.minutes)


if __name__ == "__main__":
    main()
