"""What a catalogue file may say: each key, its type and its check, and the sentence for a value that is wrong."""

import json
import re
from datetime import timedelta
from difflib import get_close_matches
from typing import Any, Literal, get_args
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator, model_validator
from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from bot.audience import ADDED
from bot.model import Authority, Paging, SourceKind, Tier
from bot.sources.parse.paths import reader
from bot.sources.regions import ALSO_WRITTEN, REGION_NAMES, REGIONS
from bot.sources.secret import PLACEHOLDER

_DURATION = re.compile(r"(\d{1,5})\s*(s|m|h|d)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_IDENTITY = re.compile(r"guid|link|(query|field):\S+")
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_SETTING = re.compile(r"[A-Z][A-Z0-9_]{2,59}")
_MOST_PAGES = 10
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


class PagingForm(_Form):
    """The `paging` of a source."""

    next: str = ""
    parameter: str = ""
    pages: int = 3
    first: int = 1
    step: int = 1

    def paging(self) -> Paging:
        """The paging it describes."""
        return Paging(**self.model_dump())


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
    body: str = ""
    headers: dict[str, str] = Field(default_factory=dict)
    paging: PagingForm | None = None
    items: str = ""
    rows: str = ""
    fields: dict[str, str] = Field(default_factory=dict)
    noise: tuple[str, ...] = Field((), strict=False)
    interval: timedelta | None = None
    timezone: str = "UTC"
    charset: str = ""
    identity: str = ""
    doc_type: str = ""
    credential: str = ""
    credential_help: str = ""
    enabled: bool = True
    disabled_because: str = ""
    checked: str = ""

    @field_validator("id")
    @classmethod
    def _plain_id(cls, value: str) -> str:
        if not _ID.fullmatch(value):
            raise ValueError("use small letters, digits and hyphens, at most 64")
        if value.startswith(ADDED):
            raise ValueError(f'ids that begin with "{ADDED}" are those of sources added in chat')
        return value

    @field_validator("url")
    @classmethod
    def _web_address(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("kind") == "rsshub":
            if not value.startswith("/") or re.search(r"[\x00-\x20\x7f]", value):
                raise ValueError(f'"{value}" is not a route of RSSHub; it must begin with a slash, such as "/gov/nmpa/xxgk/ggtg"')
        elif value != PLACEHOLDER and not is_web_address(value):
            raise ValueError(f'"{value}" is not a web address; it must begin with https:// or http:// and name a host')
        return value

    @field_validator("noise")
    @classmethod
    def _sound_patterns(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in value:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f'"{pattern}" is not a regular expression ({error})') from None
        return value

    @field_validator("credential")
    @classmethod
    def _setting_name(cls, value: str) -> str:
        if value and not _SETTING.fullmatch(value):
            raise ValueError(f'"{value}" is not the name of a setting; use capitals, such as "ACME_KEY" for REGWATCH_ACME_KEY')
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
    def _sound_path(cls, value: str, info: ValidationInfo) -> str:
        if value and info.data.get("kind") == "xml_api":
            _check_path(value)
        elif value:
            reader(value)
        return value

    @model_validator(mode="after")
    def _fits_its_kind(self) -> "SourceForm":
        check = {"json_api": self._check_json_api, "xml_api": self._check_xml_api, "listing": self._check_listing}.get(self.kind)
        if check:
            check()
        if self.kind in ("listing", "page"):
            for expression in self.fields.values():
                selector = expression.partition("@")[0].strip()
                if selector:
                    _check_selector(selector)
        if self.enabled and self.disabled_because:
            raise ValueError("disabled_because is given but the source is enabled; add enabled = false or take the reason out")
        return self

    def _check_json_api(self) -> None:
        if not {"title", "url"} & self.fields.keys():
            raise ValueError('a json_api source needs fields with at least a title, such as fields = { title = "title", url = "link" }')
        for expression in self.fields.values():
            reader(expression)

    def _check_xml_api(self) -> None:
        if not self.items or "title" not in self.fields:
            raise ValueError(
                'an xml_api source needs items and fields with a title, such as items = "item" and fields = { title = "name" }'
            )
        paths = [path for written in self.fields.values() for path in (re.findall(r"\{([^{}]*)\}", written) or [written])]
        for path in paths:
            _check_path(path.partition("@")[0].strip())

    def _check_listing(self) -> None:
        if not self.rows:
            raise ValueError("a listing source needs rows, the CSS selector of one row")

    @model_validator(mode="after")
    def _asks_soundly(self) -> "SourceForm":
        if self.body and (self.method != "POST" or self.form):
            raise ValueError('body is what a POST sends instead of a form; add method = "POST" and leave form out')
        if self.body.lstrip()[:1] in ("{", "["):
            _check_json(self.body)
        if self.paging:
            self._check_paging(self.paging)
        named = PLACEHOLDER in " ".join((self.url, self.body, *self.query.values(), *self.form.values(), *self.headers.values()))
        if named != bool(self.credential):
            raise ValueError(
                f'credential names the setting whose value stands where query, form, headers, body or url say "{PLACEHOLDER}"; give both'
            )
        return self

    def _check_paging(self, paging: PagingForm) -> None:
        if self.kind not in ("json_api", "xml_api", "listing"):
            raise ValueError(f"a source of kind {self.kind} has no pages; leave paging out")
        if bool(paging.next) == bool(paging.parameter):
            raise ValueError('paging needs either next = "path to the address" or parameter = "name of the page number"')
        if not 2 <= paging.pages <= _MOST_PAGES:
            raise ValueError(f"paging.pages must be from 2 to {_MOST_PAGES}")
        if paging.next:
            reader(paging.next)


def is_web_address(value: str) -> bool:
    """Whether this is an absolute http or https address that names a host."""
    try:
        parts = urlsplit(value)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return sound and not re.search(r"[\x00-\x20\x7f]", value)


def _check_path(path: str) -> None:
    try:
        ET.Element("record").find(path or ".")
    except (SyntaxError, KeyError, TypeError):
        raise ValueError(f'"{path}" is not a path of an XML answer; write names with slashes between them, such as "body/item"') from None


def _check_json(body: str) -> None:
    try:
        json.loads(body.replace("{page}", "1").replace(PLACEHOLDER, "x"))
    except ValueError as error:
        raise ValueError(f"body begins like JSON but is none ({error})") from None


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
    if len(first["loc"]) > 1 and key == "paging":
        allowed = f"Known keys of paging are {', '.join(PagingForm.model_fields)}."
        return key, f"paging.{first['loc'][1]}: {first['msg'][0].lower()}{first['msg'][1:]}. {allowed}"
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
