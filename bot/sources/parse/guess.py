"""Which list of a JSON answer holds the publications, and which names hold what: for bytes that no catalogue describes."""

from collections.abc import Mapping, Sequence
from typing import Any

_LISTS = ("results", "items", "data", "records", "value", "rows", "entries", "documents", "articles", "studies", "list", "response", "body")
_NAMES: Mapping[str, tuple[str, ...]] = {
    "title": (
        "title", "title_ko", "title_native", "name", "headline", "subject", "subject_1", "title_en", "brief_title", "scientific_title_kr",
        "name_of_medicine", "medicine_affected", "drug_name", "item_name", "product_description", "product", "medicine_name", "code",
        "제목", "标题", "標題", "主旨", "件名", "タイトル", "藥品成分",
    ),
    "url": (
        "url", "link", "html_url", "official_url", "href", "permalink", "web_url", "itemdefaulturl", "medicine_url", "shortage_url",
        "detail_url", "api_path", "base_path",
    ),
    "key": (
        "id", "guid", "key", "seq", "document_number", "number", "uuid", "document_id", "trial_id", "item_seq", "recall_number", "nid",
        "application_number", "inspectionid", "content_id",
    ),
    "summary": ("summary", "description", "abstract", "excerpt", "content_text", "content", "body", "subject_2", "indication"),
    "published": (
        "published", "pubdate", "publication_date", "published_date", "date_published", "first_published_date", "public_timestamp",
        "first_published_at", "date", "issued", "created", "created_at", "report_date", "formateddate", "date_registration",
        "item_permit_date", "approval_date", "inspectionenddate", "發布日期", "发布日期", "등록일", "公開日",
    ),
    "updated": ("updated", "updated_at", "modified", "last_updated_date", "date_modified", "date_updated", "public_updated_at", "changed"),
}  # fmt: skip
_DEEPEST = 4


def rows_of(data: Any) -> list[Any] | None:
    """The list of records in this answer: the one under a usual name, else the longest; an object with a title is one record."""
    if not isinstance(data, dict):
        return None
    named = {name.lower(): value for name, value in data.items()}
    for name in _LISTS:
        value = named.get(name)
        if isinstance(value, list) and _is_records(value):
            return value
        if isinstance(value, dict) and (inner := rows_of(value)):
            return inner
    if "title" in named:
        return [data]
    lists = [value for value in _lists_in(data, _DEEPEST) if _is_records(value)]
    if lists:
        return max(lists, key=len)
    return [] if any(isinstance(named.get(name), list) for name in _LISTS) else None


def field_map(rows: Sequence[Any]) -> dict[str, str]:
    """Which name holds what in these records, as a field map of the catalogue; text rows are their own title and link."""
    first = next((row for row in rows if row), None)
    if isinstance(first, str):
        return {"key": "@", "title": "@", "url": "@"}
    if not isinstance(first, dict):
        return {}
    names = {str(name).lower(): str(name) for row in rows[:20] if isinstance(row, dict) for name in row}
    found = {}
    for attribute, usual in _NAMES.items():
        name = next((names[one] for one in usual if one in names), "")
        if name:
            found[attribute] = _quoted(name)
    if "title" not in found:
        found["title"] = _quoted(_first_text(first))
    return found


def _first_text(row: Mapping[str, Any]) -> str:
    return next((str(name) for name, value in row.items() if isinstance(value, str) and value.strip()), str(next(iter(row))))


def _quoted(name: str) -> str:
    return name if name.isidentifier() and name.isascii() else '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _is_records(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value[:5])


def _lists_in(data: Any, depth: int) -> list[list[Any]]:
    if depth == 0 or not isinstance(data, dict | list):
        return []
    found = [data] if isinstance(data, list) else []
    for value in data.values() if isinstance(data, dict) else data[:5]:
        found += _lists_in(value, depth - 1)
    return found
