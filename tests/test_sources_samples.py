"""Each source of the catalogue has a sample shaped like its real answers, and reads it as its authority means it."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from bot.model import Source
from bot.sources import catalogue, parse

SAMPLES = Path(__file__).parent / "samples"
CATALOGUE = catalogue.load()


def expected(source_id: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = json.loads((SAMPLES / source_id / "expected.json").read_text(encoding="utf-8"))
    return entries


def as_instants(entry: dict[str, Any]) -> dict[str, Any]:
    return entry | {name: datetime.fromisoformat(entry[name]) if entry[name] else None for name in ("published", "updated")}


def answer(source_id: str) -> bytes:
    (path,) = (SAMPLES / source_id).glob("response.*")
    return path.read_bytes()


@pytest.mark.parametrize("source", CATALOGUE.sources.values(), ids=list(CATALOGUE.sources))
def test_a_source_reads_its_sample_as_expected(source: Source) -> None:
    got = [entry.model_dump(mode="json") for entry in parse.entries(source, answer(source.id), "", source.url)]
    assert [as_instants(one) for one in got] == [as_instants(one) for one in expected(source.id)]


def test_every_sample_belongs_to_a_source_and_every_source_has_one() -> None:
    assert {path.name for path in SAMPLES.iterdir() if (path / "expected.json").exists()} == set(CATALOGUE.sources)


def test_the_catalogue_covers_the_countries_and_both_tiers_we_promise() -> None:
    by_tier: dict[str, set[str]] = {"official": set(), "trade": set()}
    for source in CATALOGUE.sources.values():
        by_tier[source.tier].add(source.jurisdiction)
    assert by_tier["official"] >= {"KR", "CN", "JP", "US", "EU", "GB"}
    assert by_tier["trade"] >= {"KR", "JP", "US"}
    assert len(CATALOGUE.enabled()) >= 30


def test_every_source_says_where_its_address_was_seen_and_a_disabled_one_says_why() -> None:
    for source in CATALOGUE.sources.values():
        assert "never fetched by us" in source.checked
        assert source.enabled != bool(source.disabled_because), source.id
