"""Packs: ready watchlists that belong together, as we ship them and as people hand them on; and what a newer edition of one changes. Pure.

`data/packs/*.toml` holds ours. People hand on packs of their own as JSON, or as TOML of the same form. docs/packs.md describes each key.
"""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache
from importlib.resources import files
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field, ValidationError

from bot.errors import UserMistake
from bot.messages import say
from bot.model import Word

MOST_PACKS, MOST_WATCHLISTS, MOST_TEXT = 20, 50, 200_000
_FILES = ("starter", "countries", "topics")
_CURLY = str.maketrans("“”„‟＂", '"' * 5)
_Id = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
_Line = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$")]


class Ready(Word):
    """A watchlist as a pack has it. `key` names it within the pack, in every edition."""

    key: _Id
    name: _Line
    query: Annotated[str, Field(min_length=1, max_length=2_000)]


class Pack(Word):
    """Watchlists that belong together. A later edition has a higher `version`; `id` stays."""

    id: _Id
    name: _Line
    version: Annotated[int, Field(ge=1, le=10**9)]
    description: Annotated[str, Field(max_length=500)] = ""
    watchlists: Annotated[tuple[Ready, ...], Field(min_length=1, max_length=MOST_WATCHLISTS)]


class Kept(NamedTuple):
    """What is remembered of a watchlist that came with a pack: its query then, and its name and query now, "" if it was removed."""

    key: str
    version: int
    query: str
    watchlist: str = ""
    name: str = ""
    now: str = ""


Fate = Literal["add", "change", "edited", "removed", "gone"]


class Step(NamedTuple):
    """What an edition makes of one watchlist: `ready` as it has it (None: no more), `kept` as it was added (None: it is new)."""

    fate: Fate
    ready: Ready | None
    kept: Kept | None


def steps(pack: Pack, kept: Mapping[str, Kept]) -> list[Step]:
    """What an edition of a pack changes for those who have another: new ones are added, changed ones changed.

    Watchlists that people edited or removed are named, so that they can be left alone. What stays as it is, is not among the steps.
    """
    there = {one.key for one in pack.watchlists}
    found = [step for one in pack.watchlists if (step := _step(one, kept.get(one.key))) is not None]
    return [*found, *(Step("gone", None, one) for key, one in kept.items() if key not in there and one.now)]


def _step(ready: Ready, kept: Kept | None) -> Step | None:
    if kept is None:
        return Step("add", ready, None)
    if ready.query in (kept.query, kept.now):
        return None
    if not kept.now:
        return Step("removed", ready, kept)
    return Step("change" if kept.now == kept.query else "edited", ready, kept)


@lru_cache(maxsize=1)
def shipped() -> dict[str, Pack]:
    """The packs that come with the program, by id, in their order."""
    folder = files("bot.watch") / "data" / "packs"
    found = [one for name in _FILES for one in _of_toml((folder / f"{name}.toml").read_text(encoding="utf-8"))]
    return {one.id: one for one in found}


def read(text: str) -> list[Pack]:
    """The packs that somebody hands us, as JSON or TOML. UserMistake says what is wrong, where, and what is allowed."""
    if len(text) > MOST_TEXT:
        raise UserMistake(
            say("That is {n} characters long; a file of packs has at most {most}.", n=f"{len(text):,}", most=f"{MOST_TEXT:,}"),
            hint=say("Divide it."),
        )
    begun = text.translate(_CURLY).strip()
    found = _of_json(begun) if begun.startswith(("{", "[")) else _of_toml(text)
    if not found:
        raise UserMistake(say("There is no pack in it."), hint=say("A pack looks like what `packs export` shows."))
    if len(found) > MOST_PACKS:
        raise UserMistake(
            say("There are {n} packs in it; at most {most} can be read at once.", n=len(found), most=MOST_PACKS), hint=say("Divide it.")
        )
    return found


def written(packs: Sequence[Pack]) -> str:
    """The packs as JSON, to be kept in a file or pasted in a chat; `read` reads it."""
    return json.dumps({"pack": [_plain(one) for one in packs]}, ensure_ascii=False)


def slug(name: str) -> str:
    """An id made of a name: `DCT in Korea` → `dct-in-korea`; of a name without Latin letters a short number."""
    made = "-".join(re.findall(r"[a-z0-9]+", name.casefold()))[:40].strip("-")
    return made or f"n{sum(ord(character) * (place + 1) for place, character in enumerate(name)) % 10**6}"


def chosen(words: str, packs: Mapping[str, Pack]) -> Pack:
    """The pack that words name: by id, name, or a part of it that no other has. UserMistake names the nearest."""
    wanted = " ".join(words.casefold().strip("\"“”'").split())
    exact = [one for one in packs.values() if wanted in (one.id, one.name.casefold())]
    found = exact or matching(wanted, packs.values())
    if len(found) == 1:
        return found[0]
    near = found or [packs[key] for key in get_close_matches(wanted.replace(" ", "-"), packs, n=3, cutoff=0.4)]
    meant = say(", or ").join(f"packs show {one.id}" for one in near[:4])
    hint = say("Did you mean: {words}", words=meant) if near else say("See them all: {command}", command="packs")
    several = say("{n} packs are called so.", n=len(found)) if found else say("There is no pack “{name}”.", name=words[:60])
    raise UserMistake(several, hint=hint)


def matching(words: str, packs: Iterable[Pack]) -> list[Pack]:
    """The packs in whose id, name, description or watchlists every one of the words stands."""
    wanted = words.casefold().split()
    return [one for one in packs if all(word in _said(one) for word in wanted)]


def _said(pack: Pack) -> str:
    return " ".join((pack.id, pack.name, pack.description, *(one.name for one in pack.watchlists))).casefold()


def _plain(pack: Pack) -> dict[str, Any]:
    said = pack.model_dump(mode="json")
    lists = said.pop("watchlists")
    return {**said, "watchlist": lists}


def _of_json(text: str) -> list[Pack]:
    try:
        body = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserMistake(
            say("This is not whole JSON: {error}.", error=_short(error)), hint=say("Paste all of what `packs export` showed.")
        ) from None
    return _packs(body)


def _of_toml(text: str) -> list[Pack]:
    try:
        body = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserMistake(
            say("This is neither JSON nor TOML: {error}.", error=_short(error)), hint=say("Paste all of what `packs export` showed.")
        ) from None
    return _packs(body)


def _short(error: Exception) -> str:
    return str(error).splitlines()[0][:120]


def _packs(body: object) -> list[Pack]:
    listed = body.get("pack") if isinstance(body, dict) else body
    if not isinstance(listed, list) or (isinstance(body, dict) and body.keys() != {"pack"}):
        raise UserMistake(say("There is no list of packs in it."), hint=say("A file of packs has `pack` on top: in TOML, [[pack]]."))
    found = [_pack(one) for one in listed]
    twice = next((one.id for place, one in enumerate(found) if one.id in {other.id for other in found[:place]}), "")
    if twice:
        raise UserMistake(say("The pack “{pack}” stands in it twice.", pack=twice), hint=say("Each pack has an `id` of its own."))
    return found


def _pack(said: object) -> Pack:
    if not isinstance(said, dict):
        raise UserMistake(say("A pack has keys: id, name, version, description and watchlist."))
    values = {("watchlists" if key == "watchlist" else key): value for key, value in said.items()}
    named = str(values.get("name") or values.get("id") or say("without a name"))[:60]
    lists = values.get("watchlists")
    if isinstance(lists, list):
        values["watchlists"] = [_tidy(one) for one in lists]
    try:
        pack = Pack.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(one) for one in first["loc"]).replace("watchlists", "watchlist")
        raise UserMistake(
            say("The pack “{pack}” is wrong at {where}: {what}.", pack=named, where=where or say("its keys"), what=first["msg"]),
            hint=say("docs/packs.md has each key."),
        ) from None
    for what in ("key", "name"):
        said_of = [getattr(one, what).casefold() for one in pack.watchlists]
        if twice := next((one for one in said_of if said_of.count(one) > 1), ""):
            raise UserMistake(
                say("The pack “{pack}” has two watchlists with the `{what}` “{value}”.", pack=named, what=what, value=twice),
                hint=say("Each has a `{what}` of its own.", what=what),
            )
    return pack


def _tidy(one: object) -> object:
    """A watchlist with its blanks made single, so that a query may stand on several lines of a file."""
    return (
        {key: " ".join(value.split()) if isinstance(value, str) else value for key, value in one.items()} if isinstance(one, dict) else one
    )
