"""What a catalogue file may say: each key, its type and its check, and the sentence for a value that is wrong."""

import re
from datetime import timedelta
from difflib import get_close_matches
from typing import Any, Literal, get_args
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from bot.model import Authority, SourceKind, Tier
from bot.sources.parse.paths import reader
from bot.sources.regions import ALSO_WRITTEN, REGION_NAMES, REGIONS

_DURATION = re.compile(r"(\d{1,5})\s*(s|m|h|d)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_IDENTITY = re.compile(r"guid|link|(query|field):\S+")
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_ALLOWED = {
    "kind": get_args(SourceKind),
    "tier": get_args(Tier),
    "method": ("GET", "POST"),
}
_EMPTY_PAGE = LexborHTMLParser("<p></p>")


class _Form(BaseModel):
    """One table of a catalogue file; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    @field_validator("jurisdiction", check_fields=False)
    @classmethod
    def _known_jurisdiction(cls, value: str) -> str:
        code = ALSO_WRITTEN.get(value.upper(), value.upper())
        if code and code not in REGIONS:
            raise ValueError(f'"{value}" is not a jurisdiction; use a two-letter country code such as KR, or EU or INT')
        return code


class AuthorityForm(_Form):
    """The `[authority]` table. `short` is the name people write in `agency:`; by default the id in capitals."""

    id: str
    name: str
    jurisdiction: str
    native_name: str = ""
    short: str = ""

    def authority(self) -> Authority:
        """The authority it describes."""
        return Authority(**{**self.model_dump(), "short": self.short or self.id.upper()})


class SourceForm(_Form):
    """A `[[source]]` table."""

    id: str
    name: str
    language: str
    tier: Tier
    kind: SourceKind
    url: str
    authority: str = ""
    jurisdiction: str = ""
    regions: tuple[str, ...] = Field((), strict=False)
    method: Literal["GET", "POST"] = "GET"
    query: dict[str, str] = Field(default_factory=dict)
    form: dict[str, str] = Field(default_factory=dict)
    headers: dict[str, str] = Field(default_factory=dict)
    items: str = ""
    rows: str = ""
    fields: dict[str, str] = Field(default_factory=dict)
    interval: timedelta | None = None
    timezone: str = "UTC"
    charset: str = ""
    identity: str = ""
    doc_type: str = ""
    credential: str = ""
    enabled: bool = True
    disabled_because: str = ""
    checked: str = ""

    @field_validator("id")
    @classmethod
    def _plain_id(cls, value: str) -> str:
        if not _ID.fullmatch(value):
            raise ValueError("use small letters, digits and hyphens, at most 64")
        return value

    @field_validator("url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        try:
            parts = urlsplit(value)
            sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            sound = False
        if not sound or re.search(r"[\x00-\x20\x7f]", value):
            raise ValueError(f'"{value}" is not a web address; it must begin with https:// or http:// and name a host')
        return value

    @field_validator("regions")
    @classmethod
    def _known_regions(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if name not in REGION_NAMES:
                raise ValueError(f'"{name}" is not a region; use {", ".join(REGION_NAMES)}')
        return value

    @field_validator("interval", mode="before")
    @classmethod
    def _duration(cls, value: object) -> object:
        found = _DURATION.fullmatch(value) if isinstance(value, str) else None
        if not found or int(found[1]) == 0:
            raise ValueError(f'{value!r} is not a duration; write for example "15m", "6h" or "1d"')
        return timedelta(**{_UNITS[found[2]]: int(found[1])})

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (OSError, ValueError, LookupError):
            raise ValueError(f'"{value}" is not a time zone; use a name such as Asia/Seoul') from None
        return value

    @field_validator("identity")
    @classmethod
    def _known_identity(cls, value: str) -> str:
        if value and not _IDENTITY.fullmatch(value):
            raise ValueError(f'"{value}" is not an identity; use guid, link, query:NAME or field:NAME')
        return value

    @field_validator("rows")
    @classmethod
    def _sound_selector(cls, value: str) -> str:
        if value:
            _check_selector(value)
        return value

    @field_validator("items")
    @classmethod
    def _sound_path(cls, value: str) -> str:
        if value:
            reader(value)
        return value

    @model_validator(mode="after")
    def _fits_its_kind(self) -> "SourceForm":
        if self.kind == "json_api":
            if not {"title", "url"} & self.fields.keys():
                raise ValueError('a json_api source needs fields with at least a title, such as fields = { title = "title", url = "link" }')
            for expression in self.fields.values():
                reader(expression)
        if self.kind == "listing":
            if not self.rows:
                raise ValueError("a listing source needs rows, the CSS selector of one row")
            for expression in self.fields.values():
                selector = expression.partition("@")[0].strip()
                if selector:
                    _check_selector(selector)
        if self.enabled and self.disabled_because:
            raise ValueError("disabled_because is given but the source is enabled; add enabled = false or take the reason out")
        return self


def _check_selector(selector: str) -> None:
    try:
        _EMPTY_PAGE.css(selector)
    except SelectolaxError:
        raise ValueError(f'"{selector}" is not a CSS selector') from None


def complaint(error: ValidationError, form: type[BaseModel]) -> tuple[str, str]:
    """The key that is wrong ("" for the table as a whole) and a sentence that says why and what is allowed."""
    faults: list[Any] = list(error.errors())
    # A misspelt key is both unknown and missing; the spelling is what the reader needs to see.
    first = next((fault for fault in faults if fault["type"] == "extra_forbidden"), faults[0])
    key = str(first["loc"][0]) if first["loc"] else ""
    if first["type"] == "extra_forbidden":
        near = get_close_matches(key, form.model_fields, n=1)
        allowed = f'Did you mean "{near[0]}"?' if near else f"Known keys are {', '.join(form.model_fields)}."
        return key, f'the key "{key}" is not known. {allowed}'
    if first["type"] == "missing":
        return "", f'the key "{key}" is missing. Add {key} = "…".'
    if key in _ALLOWED:
        allowed_values = _ALLOWED[key]
        near = get_close_matches(str(first["input"]), allowed_values, n=1)
        meant = f' Did you mean "{near[0]}"?' if near else ""
        return key, f'{key} = "{first["input"]}" is not known; use {" or ".join(allowed_values)}.{meant}'
    reason = first["msg"].removeprefix("Value error, ")
    if first["type"] != "value_error":
        reason = f"{'.'.join(str(part) for part in first['loc'])}: {reason[0].lower()}{reason[1:]}"
    return key, f"{key + ' ' if key and first['type'] == 'value_error' else ''}{reason}."
