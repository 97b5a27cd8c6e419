"""Each source of the catalogue has a sample shaped like its real answers, and reads it as its authority means it."""

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

import pytest

from bot.items import normalise
from bot.model import Source, SourceKind
from bot.sources import catalogue, parse
from bot.watch.fields import DOC_TYPES

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


COUNTER = re.compile(r"조회|閲覧数|浏览|点击|阅读|點閱|瀏覽|\b(?:views|hits|reads)\b", re.IGNORECASE)


@pytest.mark.parametrize("source", [one for one in CATALOGUE.sources.values() if one.kind == "listing"], ids=lambda one: one.id)
def test_a_list_that_shows_how_often_it_was_read_says_that_this_is_noise(source: Source) -> None:
    shown = re.sub(r"<[^>]*>", " ", answer(source.id).decode(source.charset or "utf-8", "replace"))
    counted = COUNTER.search(shown)
    assert counted is None or any(re.search(rule, f"{counted[0]} 1,203") for rule in source.noise)


def test_every_sample_belongs_to_a_source_and_every_source_has_one() -> None:
    assert {path.name for path in SAMPLES.iterdir() if (path / "expected.json").exists()} == set(CATALOGUE.sources)


def test_the_catalogue_covers_the_countries_and_both_tiers_we_promise() -> None:
    by_tier: dict[str, set[str]] = {"official": set(), "trade": set()}
    for source in CATALOGUE.sources.values():
        by_tier[source.tier].add(source.jurisdiction)
    assert by_tier["official"] >= {"KR", "CN", "JP", "US", "EU", "GB", "CH", "CA", "AU", "SG", "TW", "IN", "BR", "INT"}
    assert by_tier["trade"] >= {"KR", "JP", "US"}
    assert len(CATALOGUE.sources) >= 120
    assert len(CATALOGUE.enabled()) >= 100


@pytest.mark.parametrize(
    "authority",
    [
        "mfds",
        "mohw",
        "korea-kr",
        "hira",
        "kdca",
        "moleg",
        "nmpa",
        "cde",
        "cmde",
        "nhsa",
        "pmda",
        "mhlw",
        "egov",
        "fda",
        "nara",
        "ema",
        "ec",
        "mhra",
        "swissmedic",
        "hc",
        "tga",
        "hsa",
        "tfda",
        "cdsco",
        "anvisa",
        "who",
        "ich",
        "pics",
        "imdrf",
        "pink-sheet",
    ],
)
def test_each_authority_we_promise_has_a_source(authority: str) -> None:
    assert any(source.authority.id == authority for source in CATALOGUE.sources.values())


@pytest.mark.parametrize(
    ("what", "address", "least"),
    [
        ("boards of MFDS", "mfds.go.kr/www/rss/brd.do", 10),
        ("APIs of MFDS", "apis.data.go.kr/1471000", 3),
        ("MOHW", "mohw.go.kr", 2),
        ("korea.kr", "korea.kr/rss", 3),
        ("HIRA", "hira.or.kr", 2),
        ("KDCA", "kdca.go.kr", 1),
        ("comments on Japanese drafts", "e-gov.go.jp", 1),
        ("feeds of FDA", "fda.gov/about-fda/contact-fda/stay-informed/rss-feeds", 5),
        ("Federal Register", "federalregister.gov/api", 1),
        ("openFDA", "api.fda.gov", 3),
        ("index of FDA guidance", "fda.gov/files/api/datatables/static/search-for-guidance", 1),
        ("feeds of EMA", "ema.europa.eu/en/news.xml", 1),
        ("JSON of EMA", "ema.europa.eu/en/documents/report", 3),
        ("MDCG", "guidance-mdcg", 1),
        ("search of gov.uk", "gov.uk/api/search", 1),
        ("Atom of gov.uk", "gov.uk", 3),
    ],
)
def test_each_place_we_promise_has_its_sources(what: str, address: str, least: int) -> None:
    found = [one.id for one in CATALOGUE.sources.values() if address in one.url]
    assert len(found) >= least, (what, found)


# These two answers give neither a number nor an address.
BY_TITLE_AND_DAY = ("kr-mfds-recalls-api", "tw-tfda-risk-communication")


@pytest.mark.parametrize("source", CATALOGUE.sources.values(), ids=list(CATALOGUE.sources))
def test_each_entry_of_a_sample_is_known_again_by_its_number_or_address(source: Source) -> None:
    entries = parse.entries(source, answer(source.id), "", source.url)
    keys = [normalise.identity(one) for one in entries]
    assert len(set(keys)) == len(keys)
    assert any(key.startswith("sha256:") for key in keys) == (source.id in BY_TITLE_AND_DAY)
    how, _, name = source.identity.partition(":")
    assert how != "query" or all(f"{name}={one.key}" in (one.url or "") for one in entries)


def test_no_count_of_readers_of_an_api_is_taken_for_text() -> None:
    taken = {field for one in CATALOGUE.sources.values() for field in one.fields.values()}
    assert not [
        field for field in taken if re.search(r"INQ_CNT|read_?cnt|\bhits\b|\bviews\b|(?:view|read|hit)_?count", field, re.IGNORECASE)
    ]


def test_every_kind_but_none_other_is_shipped_with_a_sample() -> None:
    assert {source.kind for source in CATALOGUE.sources.values()} == set(get_args(SourceKind))


def test_every_official_source_names_its_zone_and_every_source_what_it_publishes() -> None:
    international = {source.id for source in CATALOGUE.sources.values() if source.jurisdiction == "INT"}
    assert {one.id for one in CATALOGUE.sources.values() if one.tier == "official" and one.timezone == "UTC"} <= international
    assert {source.doc_type for source in CATALOGUE.sources.values()} <= set(DOC_TYPES)


def test_every_source_says_where_its_address_was_seen_and_a_disabled_one_says_why() -> None:
    for source in CATALOGUE.sources.values():
        assert "never fetched by us" in source.checked
        assert re.search(r"\d+ public collector|RSSHub|no open feed|from memory", source.checked), source.id
        assert source.enabled != bool(source.disabled_because), source.id
