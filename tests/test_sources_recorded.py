"""Every recorded answer of a real authority ends as entries or as one trouble; the counts are those of the files themselves."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.errors import SourceTrouble
from bot.model import Source
from bot.sources import catalogue, parse
from tests.recorded import PAYLOADS, needs_recordings

FILES = sorted(PAYLOADS.glob("*/*")) if PAYLOADS.is_dir() else []
FEED, API, PAGE = catalogue.adhoc("feed"), catalogue.adhoc("json_api"), catalogue.adhoc("listing")
TOC = API.model_copy(
    update={"items": "agencies[].document_categories[].documents[]", "fields": {"key": "document_numbers[0]", "title": "subject_1"}}
)
MDCG = catalogue.load().get("eu-mdcg-guidance")


@needs_recordings
@pytest.mark.parametrize("path", FILES, ids=[f"{path.parent.name}/{path.name[:40]}" for path in FILES])
def test_a_recorded_answer_is_entries_or_one_trouble_whatever_kind_it_is_taken_for(path: Path) -> None:
    body = path.read_bytes()
    for source in (catalogue.adhoc(parse.likely_kind(body)), FEED, API, PAGE):
        try:
            entries = parse.entries(source, body, "", source.url)
        except SourceTrouble:
            continue
        assert all(entry.title and (entry.url is None or entry.url.startswith("http")) for entry in entries)


def counted(path: Path) -> int:
    """How many entries a file holds, counted without any parser of ours."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".xml":
        return len(re.findall(r"<item>|<entry>", text))
    data = json.loads(text)
    if path.parent.name == "us-federal-register":
        return sum(len(kind["documents"]) for agency in data["agencies"] for kind in agency.get("document_categories", []))
    return len(data["items"] if isinstance(data, dict) else data)


@needs_recordings
@pytest.mark.parametrize(
    ("pattern", "source", "files"),
    [
        ("kr-mfds-press/*.json", API, 12),
        ("kr-mfds-guidance-library/*.json", API, 6),
        ("eu-ema-medicine-updates/*.xml", FEED, 12),
        ("eu-mdcg-guidance/*.links.json", API, 12),
        ("us-federal-register/*-toc.json", TOC, 1),
        ("uk-govuk-atom/*.xml", FEED, 1),
        ("us-fda-drug-recalls-rss/*.xml", FEED, 1),
        ("tw-tfda-risk-comm/*.json", API, 1),
        ("eu-ema-shortages/*.json", API, 1),
    ],
)
def test_the_entries_of_a_recording_are_as_many_as_its_file_holds(pattern: str, source: Source, files: int) -> None:
    paths = sorted(PAYLOADS.glob(pattern))
    assert len(paths) == files
    for path in paths:
        assert len(parse.entries(source, path.read_bytes(), "", source.url)) == counted(path), path.name


@needs_recordings
def test_the_recorded_guidance_pages_give_their_download_links() -> None:
    for path in sorted(PAYLOADS.glob("eu-mdcg-guidance/*.html")):
        body = path.read_bytes()
        links = re.findall(r"<a\b[^>]*href=\"([^\"]*/document/download/[^\"]*)\"", body.decode())
        assert len(parse.entries(MDCG, body, "", MDCG.url)) == len(links) > 50


@needs_recordings
def test_the_date_of_a_recorded_fda_feed_is_read_from_its_markup() -> None:
    (path,) = PAYLOADS.glob("us-fda-drug-recalls-rss/*.xml")
    (entry,) = parse.entries(catalogue.load().get("us-fda-drug-recalls"), path.read_bytes(), "", "")
    assert entry.published is not None
    assert entry.published == datetime(2019, 5, 3, 19, 21, 28, tzinfo=UTC)


@needs_recordings
@pytest.mark.parametrize("pattern", ["us-fda-blocked/*", "eu-ec-blocked/*"])
def test_a_recorded_bot_wall_is_never_entries(pattern: str) -> None:
    for path in PAYLOADS.glob(pattern):
        for source in (FEED, API, PAGE, MDCG):
            with pytest.raises(SourceTrouble):
                parse.entries(source, path.read_bytes(), "", source.url)
