"""The catalogue: reads and checks the TOML files that say where news comes from.

Every mistake in a file ends as one SettingsError that names the file, the line where it can be found, the source, the key, and
what is allowed there. `load` is pure but for reading files; nothing is fetched. docs/sources.md describes each key.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from bot.errors import SettingsError, UserMistake
from bot.model import Authority, Source, SourceKind
from bot.sources.catalogue_form import AuthorityForm, SourceForm, complaint, is_web_address
from bot.sources.regions import REGION_NAMES, REGIONS
from bot.sources.secret import PLACEHOLDER

__all__ = ["REGIONS", "REGION_NAMES", "Catalogue", "adhoc", "load"]

RSSHUB = "RSSHUB_URL"  # the setting with the address of a user's own RSSHub
_PREFIX = "REGWATCH_"
_INTERVALS = {"official": timedelta(minutes=15), "trade": timedelta(minutes=30)}
_PAGE_INTERVAL = timedelta(hours=6)


class Catalogue:
    """Every source and authority by id, the disabled ones too."""

    def __init__(self, sources: Mapping[str, Source], authorities: Mapping[str, Authority]) -> None:
        self.sources = dict(sources)
        self.authorities = dict(authorities)

    def enabled(self) -> list[Source]:
        """The sources that are polled, in catalogue order."""
        return [source for source in self.sources.values() if source.enabled]

    def get(self, source_id: str) -> Source:
        """The source of this id; UserMistake names the nearest ids when there is none."""
        try:
            return self.sources[source_id]
        except KeyError:
            near = get_close_matches(source_id, self.sources, n=3, cutoff=0.5)
            hint = f"Did you mean {', '.join(near)}?" if near else "List them with: regwatch sources list."
            raise UserMistake(f'There is no source "{source_id}".', hint=hint) from None

    def zone(self, source_id: str) -> ZoneInfo:
        """The time zone in which a source writes its days; UTC for one that is not of the catalogue."""
        source = self.sources.get(source_id)
        return ZoneInfo(source.timezone if source else "UTC")


@dataclass(frozen=True)
class _File:
    """One catalogue file as read: `name` is what messages call it."""

    name: str
    text: str
    authority: dict[str, Any] | None
    sources: tuple[dict[str, Any], ...]

    def line(self, number: int | None, key: str = "") -> str:
        """Where the source of this number (from 0; None = the authority) or one of its keys stands: `, line 12`, or nothing."""
        head, wanted = ("[authority]", 0) if number is None else ("[[source]]", number)
        seen, found = -1, 0
        for at, raw in enumerate(self.text.splitlines(), start=1):
            row = raw.strip()
            if row.startswith("["):
                seen += row.startswith(head)
                found = at if row.startswith(head) and seen == wanted else found
            elif seen == wanted and key and row.partition("=")[0].strip(" \"'") == key:
                return f", line {at}"
        return f", line {found}" if found else ""


def load(own: Path | None = None, only_own: bool = False, settings: Mapping[str, str] | None = None) -> Catalogue:
    """The shipped catalogue with the files of folder `own` laid over it; `only_own` leaves the shipped sources out.

    An entry of `own` that has both `kind` and `url` replaces the shipped source of its id; one without changes only the keys it
    names. Files are read in the order of their names. `settings` are the values that sources may name, by their names without
    REGWATCH_; a source whose setting is not there is off and says what it needs. SettingsError if any file is wrong.
    """
    shipped = _Layer(_read(files("bot.sources") / "data"))
    authorities = dict(shipped.authorities)
    raw = {} if only_own else dict(shipped.sources)
    if own is not None:
        if not own.is_dir():
            raise SettingsError(
                f"The catalogue folder {own} does not exist or is not a folder.",
                hint="Point REGWATCH_CATALOGUE_DIR at a folder of *.toml files, or unset it.",
            )
        mine = _Layer(_read(own), below=shipped)
        authorities |= mine.authorities
        raw |= mine.sources
    elif only_own:
        raise SettingsError(
            "REGWATCH_CATALOGUE_ONLY is set but there is no folder of your own sources.",
            hint="Set REGWATCH_CATALOGUE_DIR too, or unset REGWATCH_CATALOGUE_ONLY.",
        )
    sources = {source_id: _equipped(_source(*place, authorities), settings or {}) for source_id, place in raw.items()}
    return Catalogue(sources, authorities)


def _equipped(source: Source, settings: Mapping[str, str]) -> Source:
    """The source with the settings it names: its key at hand, its route under the user's RSSHub; off while they are not there."""
    if source.kind == "rsshub":
        base = settings.get(RSSHUB, "").rstrip("/")
        if not base:
            return _off(source, "the address of your own RSSHub", RSSHUB)
        _check_address(base, RSSHUB)
        source = source.model_copy(update={"url": base + source.url})
    if not source.credential:
        return source
    value = settings.get(source.credential, "")
    if not value:
        return _off(source, source.credential_help or "a key", source.credential)
    if source.url == PLACEHOLDER:
        _check_address(value, source.credential)
    return source.with_secret(value)


def _off(source: Source, needs: str, setting: str) -> Source:
    if not source.enabled:
        return source
    return source.model_copy(update={"enabled": False, "disabled_because": f"It needs {needs}, in {_PREFIX}{setting}."})


def _check_address(value: str, setting: str) -> None:
    if not is_web_address(value):
        raise SettingsError(f"{_PREFIX}{setting} is not a web address.", hint="It must begin with https:// or http:// and name a host.")


def adhoc(kind: SourceKind, url: str = "https://example.org/") -> Source:
    """A source for bytes at hand that no catalogue describes: fields and rows are found by their usual names."""
    authority = Authority(id="adhoc", name="No authority", short="ADHOC", jurisdiction="INT")
    return Source(
        id="adhoc",
        name="Bytes at hand",
        authority=authority,
        jurisdiction="INT",
        language="",
        tier="official",
        kind=kind,
        url=url,
        interval=timedelta(minutes=15),
    )


class _Layer:
    """The authorities and raw source entries of one folder, ids checked to be unique in it."""

    def __init__(self, read: Iterable[_File], below: "_Layer | None" = None) -> None:
        self.authorities: dict[str, Authority] = {}
        self.sources: dict[str, tuple[dict[str, Any], _File, int]] = {}
        for file in read:
            home = self._authority(file)
            for number, entry in enumerate(file.sources):
                self._add({"authority": home, **entry} if home else dict(entry), file, number, below)

    def _authority(self, file: _File) -> str:
        if file.authority is None:
            return ""
        try:
            form = AuthorityForm.model_validate(file.authority)
        except ValidationError as error:
            key, sentence = complaint(error, AuthorityForm)
            raise SettingsError(f"{file.name}{file.line(None, key)}: [authority] {sentence}") from None
        self.authorities[form.id] = form.authority()
        return form.id

    def _add(self, entry: dict[str, Any], file: _File, number: int, below: "_Layer | None") -> None:
        source_id = entry.get("id")
        if not isinstance(source_id, str) or not source_id:
            raise SettingsError(f'{file.name}{file.line(number)}: a [[source]] has no id. Give it one, such as id = "kr-mfds-press".')
        if source_id in self.sources:
            other = self.sources[source_id][1].name
            where = "twice in this file" if other == file.name else f"in {other} too"
            raise SettingsError(f'{file.name}{file.line(number)}: the id "{source_id}" stands {where}. Ids must be unique.')
        if below is not None and source_id in below.sources and not {"kind", "url"} <= entry.keys():
            entry = _laid_over(below.sources[source_id][0], entry)
        self.sources[source_id] = (entry, file, number)


def _laid_over(shipped: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """The shipped entry with the keys of `own`; in the tables of parameters single ones are replaced, so a key can be added."""
    merged = {**shipped, **own}
    for name in ("query", "form", "headers"):
        if isinstance(own.get(name), dict):
            merged[name] = {**shipped.get(name, {}), **own[name]}
    if own.get("enabled") is True:
        merged.pop("disabled_because", None)
    if "credential" in shipped and "credential" not in own and PLACEHOLDER not in _asked(merged):
        merged = {key: value for key, value in merged.items() if key not in ("credential", "credential_help")}
    return merged


def _asked(entry: Mapping[str, Any]) -> str:
    """Everything of an entry that is sent to its source, as one text."""
    tables = [value for name in ("query", "form", "headers") for value in dict(entry.get(name, {})).values()]
    return " ".join(map(str, (entry.get("url", ""), entry.get("body", ""), *tables)))


def _read(folder: Traversable) -> list[_File]:
    paths = sorted((path for path in folder.iterdir() if path.name.endswith(".toml")), key=lambda path: path.name)
    return [_parsed(path) for path in paths]


def _parsed(path: Traversable) -> _File:
    name = str(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
        body = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{name} is not valid TOML: {error}.", hint="Mend that line; strings need quotes.") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{name} is not written in UTF-8.", hint="Save it as UTF-8 and start again.") from None
    except OSError as error:
        raise SettingsError(f"{name} cannot be read: {error.strerror or error}.") from None
    return _shaped(name, text, body)


def _shaped(name: str, text: str, body: dict[str, Any]) -> _File:
    for key in body:
        if key not in ("authority", "source"):
            near = " Write [[source]] with two brackets." if key == "sources" else ""
            raise SettingsError(f'{name}: "{key}" is not known here; a catalogue file has [authority] and [[source]].{near}')
    authority, sources = body.get("authority"), body.get("source", [])
    if authority is not None and not isinstance(authority, dict):
        raise SettingsError(f"{name}: [authority] must be one table, written with single brackets.")
    if not isinstance(sources, list) or not all(isinstance(entry, dict) for entry in sources):
        raise SettingsError(f"{name}: sources are written as [[source]], with two brackets.")
    return _File(name, text, authority, tuple(sources))


def _source(entry: dict[str, Any], file: _File, number: int, authorities: Mapping[str, Authority]) -> Source:
    source_id = entry["id"]
    try:
        form = SourceForm.model_validate(entry)
    except ValidationError as error:
        key, sentence = complaint(error, SourceForm)
        raise SettingsError(f'{file.name}{file.line(number, key)}: source "{source_id}": {sentence}') from None
    authority = authorities.get(form.authority)
    if authority is None:
        raise SettingsError(
            f'{file.name}{file.line(number, "authority")}: source "{source_id}": {_no_authority(form.authority, authorities)}'
        )
    jurisdiction = form.jurisdiction or authority.jurisdiction
    values = form.model_dump(exclude={"authority", "jurisdiction", "regions", "interval", "paging"})
    return Source(
        **values,
        authority=authority,
        jurisdiction=jurisdiction,
        regions=form.regions or REGIONS[jurisdiction],
        interval=form.interval or (_PAGE_INTERVAL if form.kind in ("listing", "page") else _INTERVALS[form.tier]),
        paging=form.paging and form.paging.paging(),
    )


def _no_authority(name: str, known: Iterable[str]) -> str:
    if not name:
        return 'no authority is named. Add an [authority] table to the file, or authority = "fda" to the source.'
    near = get_close_matches(name, known, n=1)
    return f'there is no authority "{name}".' + (f' Did you mean "{near[0]}"?' if near else " Add an [authority] table for it.")
