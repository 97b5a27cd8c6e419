"""The fields of the query language: what may stand after `country:`, `type:` …, and the nearest form of what may not.

Sources, agencies and concepts are the catalogue's and the thesaurus' affair: their values are checked only against a list that
the caller hands in, and are otherwise taken as typed.
"""

import difflib
import json
from collections.abc import Collection, Mapping
from functools import lru_cache
from importlib.resources import files

from bot.messages import mark, say
from bot.model import Item
from bot.watch.folding import fold

DOC_TYPES = (
    "law", "regulation", "notice", "guideline", "consultation", "approval", "refusal", "safety_alert", "recall", "enforcement",
    "press_release", "speech", "report", "meeting", "application_call", "news_article", "other",
)  # fmt: skip
PRODUCT_TYPES = (
    "small_molecule", "biologic", "vaccine", "atmp", "biosimilar", "generic", "device", "ivd", "digital", "combination", "herbal",
    "quasi_otc", "vet", "cosmetic", "food", "tobacco", "blood", "herb_substance",
)  # fmt: skip
STATUSES = ("draft", "final", "corrected", "withdrawn")
REGIONS = ("asia", "europe", "americas", "north_america", "latin_america", "oceania", "middle_east", "africa", "international")
LANGUAGES = (
    "en", "ko", "zh", "zh-Hans", "zh-Hant", "ja", "de", "fr", "es", "pt", "it", "nl", "sv", "da", "fi", "nb", "no", "is", "pl", "cs",
    "sk", "hu", "ro", "bg", "el", "hr", "sl", "sr", "et", "lv", "lt", "ga", "mt", "ru", "uk", "tr", "ar", "he", "fa", "hi", "th", "vi",
    "id", "ms", "multi",
)  # fmt: skip
_LANGUAGE_NAMES = {
    "english": "en", "korean": "ko", "kr": "ko", "한국어": "ko", "chinese": "zh", "cn": "zh", "中文": "zh", "japanese": "ja", "jp": "ja",
    "日本語": "ja", "german": "de", "deutsch": "de", "french": "fr", "spanish": "es", "portuguese": "pt", "italian": "it", "dutch": "nl",
    "swedish": "sv", "traditional": "zh-Hant", "simplified": "zh-Hans", "tw": "zh-Hant", "zh-tw": "zh-Hant", "zh-cn": "zh-Hans",
}  # fmt: skip
_COUNTRY_NAMES: dict[str, list[str]] = json.loads((files("bot.watch") / "data" / "countries.json").read_text(encoding="utf-8"))["names"]

CLOSED: dict[str, tuple[str, ...]] = {
    "country": tuple(_COUNTRY_NAMES), "region": REGIONS, "lang": LANGUAGES, "tier": ("official", "trade"), "type": DOC_TYPES,
    "status": STATUSES, "product": PRODUCT_TYPES,
}  # fmt: skip
"""The fields whose values are known here."""
WHERE_FIELDS = (*CLOSED, "agency", "source", "concept")
WHEN_FIELDS = ("after", "before", "age", "deadline")
WITHOUT = "without"
ALL_FIELDS = ("title", "summary", "text", *WHERE_FIELDS, *WHEN_FIELDS, WITHOUT)

_LABELS = {
    "lang": mark("language"), "type": mark("document type"), "product": mark("product type"), "country": mark("country"),
    "region": mark("region"), "tier": mark("tier"), "status": mark("status"), "agency": mark("agency"), "source": mark("source"),
    "concept": mark("concept"),
}  # fmt: skip

_OTHER_NAMES = {
    "authority": "agency", "regulator": "agency", "language": "lang", "jurisdiction": "country", "nation": "country", "kind": "type",
    "doctype": "type", "body": "text", "content": "text", "headline": "title", "since": "after", "until": "before", "feed": "source",
    "site": "source", "state": "status", "stage": "status", "topic": "concept", "due": "deadline", "date": "after", "continent": "region",
}  # fmt: skip
_OTHER_VALUES = {
    "country": {name: code for code, names in _COUNTRY_NAMES.items() for name in names},
    "lang": _LANGUAGE_NAMES,
    "type": {
        "guidance": "guideline", "decree": "regulation", "rule": "regulation", "press": "press_release", "news": "news_article",
        "alert": "safety_alert", "act": "law",
    },
    "product": {"drug": "small_molecule", "medical_device": "device", "biological": "biologic", "diagnostic": "ivd"},
    "tier": {"regulator": "official", "news": "trade", "press": "trade"},
    "status": {"proposed": "draft", "adopted": "final"},
}  # fmt: skip
_ACCEPTED = {("country", "uk"): "GB", ("type", "guidance"): "guideline"}


def language(typed: str) -> str | None:
    """The language a person names, by code or by name, as items say it: without its script."""
    known = _tags().get(_key(typed), "multi")
    return None if known == "multi" else known.split("-")[0]


def tag_of(written: str) -> str:
    """A language as items say it, however its tag is written: `EN` → `en`, `zh_TW` → `zh-Hant`, `ko-KR` → `ko`."""
    key = _key(written)
    return _tags().get(key) or _tags().get(key.split("_")[0]) or written


@lru_cache(maxsize=1)
def _tags() -> dict[str, str]:
    return {_key(code): code for code in LANGUAGES} | {_key(name): code for name, code in _LANGUAGE_NAMES.items()}


def label(field: str) -> str:
    """What a field is called in a sentence."""
    return say(_LABELS[field]) if field in _LABELS else field


def names_of_country(code: str) -> tuple[str, ...]:
    """The names people write for a country, the usual English one first; none for a code that is not known."""
    return tuple(_COUNTRY_NAMES.get(code, ()))


def country_named(typed: str) -> str | None:
    """The country whose code or name this is, in any of its names; None if it is none's."""
    key = _key(typed)
    return canonical("country", typed, {}) or next((code for name, code in _OTHER_VALUES["country"].items() if _key(name) == key), None)


def nearest_field(name: str) -> str | None:
    """The field a person probably meant by an unknown name."""
    if name in _OTHER_NAMES:
        return _OTHER_NAMES[name]
    found = difflib.get_close_matches(name[:40], [*ALL_FIELDS, *_OTHER_NAMES], n=1, cutoff=0.6)
    return _OTHER_NAMES.get(found[0], found[0]) if found else None


def canonical(field: str, typed: str, known: Mapping[str, Collection[str]]) -> str | None:
    """A value in the form it is kept in (`kr` → `KR`), or None if this field has no such value."""
    key = _key(typed)
    if (field, key) in _ACCEPTED:
        return _ACCEPTED[field, key]
    allowed = known.get(field) or CLOSED.get(field)
    if allowed is None:
        return typed if field in ("agency", WITHOUT) else typed.lower()
    return next((value for value in allowed if _key(value) == key), None)


def nearest_value(field: str, typed: str, known: Mapping[str, Collection[str]]) -> str | None:
    """The value a person probably meant: by name (Korea → KR) or by spelling."""
    key = _key(typed)
    by_name = {_key(name): value for name, value in _OTHER_VALUES.get(field, {}).items()}
    if key in by_name:
        return by_name[key]
    choices = {_key(value): value for value in known.get(field) or CLOSED.get(field, ())} | by_name
    found = difflib.get_close_matches(key[:40], list(choices), n=1, cutoff=0.5)
    return choices[found[0]] if found else None


def _key(value: str) -> str:
    return fold(value).text.strip().replace("-", "_").replace(" ", "_")


def values_of(item: Item, field: str) -> tuple[str, ...]:
    """What an item has in a field of `WHERE_FIELDS`, each value as a query may name it, in lower case."""
    match field:
        case "country" | "agency" | "source" | "tier":
            found: tuple[str, ...] = (getattr(item, field),)
        case "region":
            found = item.regions
        case "lang":
            # zh-Hant is also zh
            found = tuple({item.language, item.language.split("-")[0]})
        case "type":
            found = (item.doc_type,)
        case "status":
            found = (item.status or "",)
        case "product":
            found = item.product_types
        case _:
            found = item.concepts
    return tuple(value.lower() for value in found if value)


def holds_value(item: Item, field: str, values: tuple[str, ...]) -> bool:
    """Whether the item has one of the values in the field; letter case aside."""
    return not {value.lower() for value in values}.isdisjoint(values_of(item, field))


def examples(field: str, known: Mapping[str, Collection[str]]) -> list[str]:
    """Some values a field can have, for a person who typed none of them."""
    return sorted(known.get(field) or CLOSED.get(field, ()))[:30]
