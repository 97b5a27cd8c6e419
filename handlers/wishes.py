"""What a place wishes: its time zone, quiet hours, form of alerts, threads and mentions."""

from collections.abc import Callable, Mapping
from datetime import time
from difflib import get_close_matches
from typing import get_args
from zoneinfo import ZoneInfo, available_timezones

from bot.cards.card import Line, Span, line, notice
from bot.errors import UserMistake
from bot.model import Place, Threads
from bot.store import places, waiting
from handlers import manner
from handlers.grammar import Request, first_word
from handlers.reply import Context, Reply
from handlers.watchlists import here, news

Change = Callable[[str], Mapping[str, object]]

_TALK: dict[bool, str] = {True: "on", False: "off"}
_THREADS = {
    "thread": "news of an alert go to its thread",
    "channel": "news of an alert go to the channel",
    "both": "news of an alert go to its thread and to the channel",
}


async def settings(request: Request, argument: str, context: Context) -> Reply:
    """Everything the place wishes, after the change that was asked for, if any."""
    name, value = first_word(argument)
    async with context.store.write() as tx:
        await places.ensure(tx, request.place)
        before = await places.get(tx, request.place.id) or request.place
        after = before.model_copy(update=dict(_changes(name, value, argument))) if name else before
        if after != before:
            await places.wish(tx, after)
            await waiting.reconsider(tx, after.id, request.now)
    lines = tuple(_lines(after, request))
    if not name:
        return Reply(card=notice(line(f"How {here(request)} is served:"), *lines))
    if after == before:
        return Reply(card=notice(line("That is so already. How ", f"{here(request)} is served:"), *lines))
    told = news(request, line(" changed a setting of this channel: ", _said(name, after, request)))
    return Reply(card=notice(line(f"Done. How {here(request)} is served now:"), *lines, tone="success"), announce=told)


def _changes(name: str, value: str, argument: str) -> Mapping[str, object]:
    known = _SETTINGS.get(_OTHER_WORDS.get(name, name))
    if known is None:
        near = get_close_matches(name, [*_SETTINGS, *_OTHER_WORDS], n=1)
        hint = f"Did you mean: settings {near[0]} {value}".rstrip() if near else f"There are: {', '.join(_SETTINGS)}."
        raise UserMistake(f"There is no setting `{name}`.", hint=hint, text=argument, position=0)
    try:
        return known(value)
    except UserMistake as mistake:
        position = len(argument) - len(value)
        raise UserMistake(mistake.sentence, hint=mistake.hint, text=argument, position=position) from None


def _timezone(value: str) -> Mapping[str, object]:
    wanted = value.strip().casefold().replace(" ", "_")
    zones = {one.casefold(): one for one in available_timezones()}
    cities = {key.rpartition("/")[2]: name for key, name in sorted(zones.items(), reverse=True)}
    found = zones.get(wanted) or cities.get(wanted)
    if found is None:
        near = get_close_matches(wanted.rpartition("/")[2], cities, n=1)
        hint = f"Did you mean: {cities[near[0]]}" if near else "Write it like Asia/Seoul or Europe/Berlin."
        raise UserMistake(f"I know no time zone `{value}`." if value else "Which time zone?", hint=hint)
    return {"timezone": found}


def _quiet(value: str) -> Mapping[str, object]:
    words = value.casefold().replace("–", "-").replace(" to ", "-").split("-")
    if value.strip().casefold() in ("off", "none", "no"):
        return {"quiet_from": None, "quiet_to": None}
    ends = [manner.clock(one.strip()) for one in words]
    if len(ends) != 2 or None in ends or ends[0] == ends[1]:
        raise UserMistake(f"`{value}` are no quiet hours." if value else "Which hours?", hint="Write: settings quiet 22:00-08:00, or off")
    return {"quiet_from": ends[0], "quiet_to": ends[1]}


def _one_of(setting: str, choices: Mapping[str, object]) -> Callable[[str], object]:
    def read(value: str) -> object:
        if value.strip().casefold() not in choices:
            near = get_close_matches(value.casefold(), choices, n=1)
            hint = f"Did you mean: {near[0]}" if near else f"There are: {', '.join(choices)}."
            raise UserMistake(f"{setting} cannot be `{value}`." if value else f"{setting} can be {' or '.join(choices)}.", hint=hint)
        return choices[value.strip().casefold()]

    return read


def _format(value: str) -> Mapping[str, object]:
    return {"compact": _one_of("format", {"full": False, "compact": True})(value)}


def _threads(value: str) -> Mapping[str, object]:
    return {"threads": _one_of("threads", {one: one for one in get_args(Threads)})(value)}


def _mentions(value: str) -> Mapping[str, object]:
    return {"mentions": _one_of("mentions", {"on": True, "off": False})(value)}


_SETTINGS: dict[str, Change] = {
    "timezone": _timezone,
    "quiet": _quiet,
    "format": _format,
    "threads": _threads,
    "mentions": _mentions,
}
_OTHER_WORDS = {"tz": "timezone", "zone": "timezone", "time": "timezone", "form": "format", "mention": "mentions", "thread": "threads"}


def _said(name: str, place: Place, request: Request) -> Span:
    """One setting as it is now."""
    number = list(_SETTINGS).index(_OTHER_WORDS.get(name, name))
    return Span(text="".join(span.text for span in list(_lines(place, request))[number][:2]).strip())


def _lines(place: Place, request: Request) -> tuple[Line, ...]:
    local = request.now.astimezone(ZoneInfo(place.timezone))
    rows = (
        ("timezone", f"{place.timezone}, where it is {local:%H:%M} now", "settings timezone Asia/Seoul"),
        ("quiet", _hours(place.quiet_from, place.quiet_to), "settings quiet 22:00-08:00"),
        ("format", "compact: what it is and its title" if place.compact else "full", "settings format compact"),
        ("threads", f"{place.threads}: {_THREADS[place.threads]}", "settings threads channel"),
        ("mentions", _TALK[place.mentions], "settings mentions off"),
    )
    return tuple(_row(name, said, request.prefix + example) for name, said, example in rows)


def _row(name: str, said: str, example: str) -> Line:
    return line(Span(text=name, bold=True), f" – {said} – ", Span(text=example, code=True))


def _hours(start: time | None, end: time | None) -> str:
    if start is None or end is None:
        return "off"
    return f"{start:%H:%M}–{end:%H:%M}; what is found meanwhile comes afterwards, urgent alerts at once"
