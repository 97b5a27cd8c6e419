"""Recorded sequences of real answers, and what they hold, counted without any code of the product.

The recordings are not part of the project; whoever has them lays them beside the checkout as `../shared`.
"""

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.sequence_server import Recorded

PAYLOADS = Path(__file__).parents[2] / "shared" / "payloads"
needs_recordings = pytest.mark.skipif(not PAYLOADS.is_dir(), reason="the recorded payloads are not beside this checkout")

Titles = Mapping[str, str]


@dataclass(frozen=True)
class Recording:
    """One source's recordings in time order: the table of a catalogue file, and how to count keys and titles in a body."""

    source: str
    files: str
    table: str
    titles: Callable[[bytes], Titles]
    media: str = "application/json"

    def bodies(self) -> list[Recorded]:
        """The answers, the oldest first."""
        return [Recorded(file.read_bytes(), content_type=self.media) for file in sorted(PAYLOADS.glob(self.files))]

    def expected(self) -> tuple[int, int, int]:
        """Baseline items, later new ones, later title changes; a file without entries changes nothing."""
        news = [kind for kind, _ in self.news()]
        return len(self.titles(self.bodies()[0].body)), news.count("new"), news.count("changed")

    def entries(self) -> int:
        """How many records with a title stand in all files together, doubles aside."""
        return sum(len([title for title in self.titles(body.body).values() if title]) for body in self.bodies())

    def news(self) -> list[tuple[str, str]]:
        """What came after the first file, in order: ("new" or "changed", title)."""
        first, *later = [self.titles(body.body) for body in self.bodies()]
        known, found = dict(first), []
        for now in later:
            found += [("changed" if key in known else "new", title) for key, title in now.items() if known.get(key) != title]
            known |= now
        return found


def _squashed(text: str | None) -> str:
    return " ".join((text or "").split())


def _rss(body: bytes) -> Titles:
    found: dict[str, str] = {}
    for item in ET.fromstring(body).iter("item"):
        key = _squashed(item.findtext("guid") or item.findtext("link"))
        found.setdefault(key, _squashed(item.findtext("title")))
    return found


def _atom(body: bytes) -> Titles:
    atom = "{http://www.w3.org/2005/Atom}"
    return {
        _squashed(one.findtext(f"{atom}id")): _squashed(one.findtext(f"{atom}title")) for one in ET.fromstring(body).iter(f"{atom}entry")
    }


def _records(rows: Iterable[Mapping[str, object]], keys: Sequence[str], titles: Sequence[str]) -> Titles:
    def first(row: Mapping[str, object], names: Sequence[str]) -> str:
        return _squashed(next((str(row[name]) for name in names if row.get(name)), ""))

    return {first(row, keys): first(row, titles) for row in rows}


def _toc(body: bytes) -> Titles:
    found: dict[str, str] = {}
    for agency in json.loads(body)["agencies"]:
        for category in agency.get("document_categories", []):
            for document in category["documents"]:
                found.setdefault(document["document_numbers"][0], document["subject_1"])
    return found


def _links(body: bytes) -> Titles:
    return {link: link for link in json.loads(body) if re.search("/document/download/", link)}


SEQUENCES = (
    Recording(
        "kr-mfds-press",
        "kr-mfds-press/*.json",
        'kind = "json_api"\nfields = { key = "seq", title = "title", url = "link", published = "pubDate" }',
        lambda body: _records(json.loads(body), ["seq"], ["title"]),
    ),
    Recording(
        "kr-mfds-guidance-library",
        "kr-mfds-guidance-library/*.json",
        'kind = "json_api"\nitems = "items"\n'
        'fields = { key = "id || document_id", title = "title_ko || title", url = "official_url", published = "published_date" }',
        lambda body: _records(json.loads(body)["items"], ["id", "document_id"], ["title_ko", "title"]),
    ),
    Recording("eu-ema-medicine-updates", "eu-ema-medicine-updates/*.xml", 'kind = "feed"', _rss, "application/rss+xml"),
    Recording(
        "eu-mdcg-guidance",
        "eu-mdcg-guidance/*.links.json",
        'kind = "json_api"\nitems = "[?contains(@, \'/document/download/\')]"\nfields = { key = "@", title = "@", url = "@" }',
        _links,
    ),
    Recording(
        "us-federal-register",
        "us-federal-register/*-toc.json",
        'kind = "json_api"\nitems = "agencies[].document_categories[].documents[]"\n'
        'fields = { key = "document_numbers[0]", title = "subject_1", summary = "subject_2" }',
        _toc,
    ),
    Recording("uk-govuk-atom", "uk-govuk-atom/*.xml", 'kind = "feed"', _atom, "application/atom+xml"),
    Recording("us-fda-drug-recalls-rss", "us-fda-drug-recalls-rss/*.xml", 'kind = "feed"', _rss, "application/rss+xml"),
    Recording(
        "tw-tfda-risk-comm",
        "tw-tfda-risk-comm/*.json",
        'kind = "json_api"\nfields = { title = "藥品成分", summary = "藥品安全有關資訊分析及描述", published = "發布日期" }',
        lambda body: {f"{row['藥品成分']} {row['發布日期']}": row["藥品成分"] for row in json.loads(body)},
    ),
)


def _list(path: str, keys: Sequence[str], titles: Sequence[str]) -> Callable[[bytes], Titles]:
    """Counts the records under a name of the answer, or of the whole answer if the name is empty."""
    return lambda body: {
        key: one for key, one in _records(json.loads(body)[path] if path else json.loads(body), keys, titles).items() if one
    }


def _lines(body: bytes) -> Titles:
    return _records(map(json.loads, body.decode().splitlines()), ["code"], ["zh", "product_zh"])


def _topics(body: bytes) -> Titles:
    data = json.loads(body)
    rows = data.get("items") or [topic for series in data["series"] for topic in series["topics"]]
    return _records(rows, ["id", "document_id"], ["title_en", "title"])


def _scan(body: bytes) -> Titles:
    data = json.loads(body)
    return {
        f"{one['source']} {one['application_number']} {one['drug_name']}": one["drug_name"] for one in data["fda_new"] + data["ema_new"]
    }


def _anchors(body: bytes) -> Titles:
    found: dict[str, str] = {}
    for link, text in re.findall(r"<a\b[^>]*href=\"([^\"]+)\"[^>]*>(.*?)</a>", body.decode(), re.DOTALL):
        found.setdefault(link.strip(), _squashed(re.sub(r"<[^>]*>", " ", text)))
    return found


def _page(body: bytes) -> Titles:
    main = re.search(r"<main\b.*?</main>", body.decode(), re.DOTALL)
    return {"page": _squashed(re.sub(r"<[^>]*>", " ", main[0] if main else ""))}


def _content(body: bytes) -> Titles:
    data = json.loads(body)
    return {data["content_id"]: data["title"]}


def _library(folder: str) -> Recording:
    fields = 'key = "id", title = "title_en", url = "official_url", published = "published_date"'
    table = f'kind = "json_api"\nitems = "items"\nfields = {{ {fields} }}'
    return Recording(folder, f"{folder}/*.json", table, _list("items", ["id"], ["title_en"]))


LISTS = (
    _library("ca-hc-library"),
    _library("eu-ema-library"),
    _library("jp-pmda-library"),
    Recording(
        "int-ich-library",
        "int-ich-library/*.json",
        'kind = "json_api"\nitems = "items || series[].topics[]"\nfields = { key = "id || document_id", title = "title_en || title" }',
        _topics,
    ),
    Recording(
        "cn-nmpa-registry", "cn-nmpa-registry/domestic_S.jsonl", 'kind = "json_api"\nfields = { key = "code", title = "zh" }', _lines
    ),
    Recording(
        "cn-nmpa-registry-imports",
        "cn-nmpa-registry/import_S.jsonl",
        'kind = "json_api"\nfields = { key = "code", title = "product_zh" }',
        _lines,
    ),
    Recording(
        "eu-ema-shortages",
        "eu-ema-shortages/*.json",
        'kind = "json_api"\n'
        'fields = { key = "shortage_url", title = "medicine_affected", url = "shortage_url", updated = "last_updated_date" }',
        _list("", ["shortage_url"], ["medicine_affected"]),
    ),
    Recording(
        "int-who-publications",
        "int-who-publications/*.json",
        'kind = "json_api"\nitems = "value"\nfields = { key = "ItemDefaultUrl", title = "Title", published = "FormatedDate" }',
        _list("value", ["ItemDefaultUrl"], ["Title"]),
    ),
    Recording(
        "kr-cris-trials",
        "kr-cris-trials/*.json",
        'kind = "json_api"\nfields = { key = "trial_id", title = "scientific_title_kr", published = "date_registration" }',
        _list("", ["trial_id"], ["scientific_title_kr"]),
    ),
    Recording(
        "kr-mfds-permits",
        "kr-mfds-permits/*.json",
        'kind = "json_api"\nfields = { key = "ITEM_SEQ", title = "ITEM_NAME", published = "ITEM_PERMIT_DATE" }',
        _list("", ["ITEM_SEQ"], ["ITEM_NAME"]),
    ),
    Recording(
        "kr-mohw-prenotice",
        "kr-mohw-prenotice/*.json",
        'kind = "json_api"\nfields = { key = "number", title = "title", url = "url", text = "content" }',
        _list("", ["number"], ["title"]),
    ),
    Recording(
        "us-fda-inspections-api",
        "us-fda-inspections-api/*.json",
        'kind = "json_api"\nitems = "rows"\nfields = { key = "InspectionID", title = "LegalName", published = "InspectionEndDate" }',
        _list("rows", ["InspectionID"], ["LegalName"]),
    ),
    Recording(
        "us-fda-warning-letters",
        "us-fda-warning-letters/*.json",
        'kind = "json_api"\nitems = "letters"\nfields = { key = "document_id", title = "firm", url = "source_url", text = "wl_body_full" }',
        _list("letters", ["document_id"], ["firm"]),
    ),
    Recording(
        "uk-mhra-govuk-content",
        "uk-mhra-govuk-content/*.json",
        'kind = "json_api"\nfields = { key = "content_id", title = "title" }\nitems = "[@]"',
        _content,
    ),
    Recording(
        "us-eu-daily-scan",
        "us-eu-daily-scan/*.json",
        'kind = "json_api"\nitems = "[fda_new, ema_new][]"\n'
        'fields = { key = "join(\' \', [source, application_number, drug_name])", title = "drug_name", published = "approval_date" }',
        _scan,
    ),
    Recording("eu-gmp-vol4", "eu-gmp-vol4/*.html", 'kind = "listing"\nrows = "a"\nidentity = "link"', _anchors, "text/html"),
    Recording("eu-ec-new-regulations", "eu-ec-new-regulations/*.html", 'kind = "page"', _page, "text/html"),
    Recording("int-pics-publications", "int-pics-publications/*.html", 'kind = "listing"\nrows = "a"', _anchors, "text/html"),
)
UNREAD = {
    "cn-cmde-guidance-titles/*": "a list of file names without markup, made by the recorder; no kind reads plain text",
    "eu-ec-blocked/*": "the record of a refusal: it ends in trouble and never in an entry",
    "us-fda-blocked/*": "the record of a refusal: it ends in trouble and never in an entry",
    "eu-mdcg-guidance/*.html": "the same pages as the link lists beside them",
    "eu-mdcg-guidance/*.txt": "the text that another program drew from the same pages",
    "us-federal-register/vcr_*": "another project's cassettes in YAML, with many answers in one file",
    "us-fda-enforcement/*": "one page of running text and single records cut from it: no list and no field to hold on to",
    "us-openfda-event/*": "one safety report about one patient: it has no title and is no publication",
}
BLOCKED = ("us-fda-blocked", "eu-ec-blocked")


def blocked_bodies(folder: str) -> list[Recorded]:
    """The records of a bot wall, as pages that answer with status 200."""
    return [Recorded(file.read_bytes(), content_type="text/html") for file in sorted((PAYLOADS / folder).iterdir())]
