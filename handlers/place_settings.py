"""What a place wishes: its time zone, quiet hours, form of alerts, threads and mentions."""

from collections.abc import Callable, Mapping
from datetime import time
from difflib import get_close_matches
from typing import get_args
from zoneinfo import ZoneInfo, available_timezones

from bot import messages
from bot.cards.card import Line, Span, filled, line, notice, phrase
from bot.errors import UserMistake
from bot.messages import LANGUAGES, chosen, mark, say
from bot.model import Place, Threads
from bot.store import places, waiting
from bot.times import time_of_day
from handlers import mute_follow, recording
from handlers.grammar import Request, first_word
from handlers.reply import Context, Reply
from handlers.watchlists import here, news

Change = Callable[[str], Mapping[str, object]]

COMPACT = mark("what it is and its title")
THREADS: dict[Threads, str] = {
    "thread": mark("news of an alert go to its thread"),
    "channel": mark("news of an alert go to the channel"),
    "both": mark("news of an alert go to its thread and to the channel"),
}


async def settings(request: Request, argument: str, context: Context) -> Reply:
    """Everything the place wishes, after the change that was asked for, if any."""
    name, value = first_word(argument)
    if name:
        return await keep(request, _changes(name, value, argument), context)
    now = await kept(request, context)
    async with context.store.read() as tx:
        heeded = await mute_follow.lines(tx, request)
    return Reply(card=notice(phrase("How {place} is served:", place=here(request)), *_lines(now, request), *heeded))


async def kept(request: Request, context: Context) -> Place:
    """The place as it is kept."""
    async with context.store.read() as tx:
        return await places.get(tx, request.place.id) or request.place


async def keep(request: Request, changes: Mapping[str, object], context: Context) -> Reply:
    """The place wishes these things from now on; the answer is everything it wishes, and the place is told what is new."""
    async with context.store.write() as tx:
        await places.ensure(tx, request.place)
        before = await places.get(tx, request.place.id) or request.place
        after = before.model_copy(update=dict(changes))
        if after != before:
            await places.wish(tx, after)
            await waiting.reconsider(tx, after.id, request.now)
            await recording.wishes(tx, request, before, after)
    language = messages.preferred(after.language, after.locale, request.place.locale)
    with messages.speaking(language):
        return _kept(request, before, after).model_copy(update={"language": language})


def _kept(request: Request, before: Place, after: Place) -> Reply:
    lines = tuple(_lines(after, request))
    if after == before:
        return Reply(card=notice(phrase("That is so already. How {place} is served:", place=here(request)), *lines))
    new = [one for one, old in zip(lines, _lines(before, request), strict=True) if one != old]
    changes = "; ".join(_said(one) for one in new)
    many = chosen(" changed a setting of this channel: {changes}", " changed settings of this channel: {changes}", len(new))
    told = news(request, filled(many, changes=changes))
    return Reply(card=notice(phrase("Done. How {place} is served now:", place=here(request)), *lines, tone="success"), announce=told)


def _changes(name: str, value: str, argument: str) -> Mapping[str, object]:
    known = _SETTINGS.get(_OTHER_WORDS.get(name, name))
    if known is None:
        near = get_close_matches(name, [*_SETTINGS, *_OTHER_WORDS], n=1)
        of = next((setting for setting, values in _VALUES.items() if name in values), "")
        words = f"settings {of} {name}" if of else f"settings {near[0]} {value}".rstrip() if near else ""
        meant = say("Did you mean: {words}", words=words) if words else ""
        hint = meant or say("There are: {names}.", names=", ".join(_SETTINGS))
        raise UserMistake(say("There is no setting `{name}`.", name=name), hint=hint, text=argument, position=0)
    try:
        return known(value)
    except UserMistake as mistake:
        position = len(argument) - len(value)
        raise UserMistake(mistake.sentence, hint=mistake.hint, text=argument, position=position) from None


# What zones are called for short where no zone has that name, and where people say it otherwise.
_ZONES = {
    **dict.fromkeys(("kst", "korea", "서울", "한국"), "Asia/Seoul"),
    **dict.fromkeys(("jst", "도쿄", "일본", "東京"), "Asia/Tokyo"),
    "sgt": "Asia/Singapore", "hkt": "Asia/Hong_Kong", "bst": "Europe/London", "cest": "Europe/Berlin", "edt": "America/New_York",
    "cdt": "America/Chicago", "pdt": "America/Los_Angeles", "pst": "America/Los_Angeles", "aest": "Australia/Sydney",
}  # fmt: skip
# Values by which their setting is known.
_VALUES = {"format": ("compact", "full"), "threads": ("thread", "channel", "both"), "language": ("한국어", "korean", "english", "ko", "en")}


def timezone(value: str) -> Mapping[str, object]:
    """The time zone of a name or a city. UserMistake names the nearest there is."""
    wanted = value.strip().casefold().replace(" ", "_")
    zones = {one.casefold(): one for one in available_timezones()}
    cities = {key.rpartition("/")[2]: name for key, name in sorted(zones.items(), reverse=True)}
    found = zones.get(wanted) or cities.get(wanted) or _ZONES.get(wanted)
    if found is None:
        near = get_close_matches(wanted.rpartition("/")[2], cities, n=1)
        hint = say("Did you mean: {words}", words=cities[near[0]]) if near else say("Write it like Asia/Seoul or Europe/Berlin.")
        raise UserMistake(say("I know no time zone `{name}`.", name=value) if value else say("Which time zone?"), hint=hint)
    return {"timezone": found}


def _quiet(value: str) -> Mapping[str, object]:
    words = value.casefold().replace("–", "-").replace(" to ", "-").split("-")
    if value.strip().casefold() in ("off", "none", "no"):
        return {"quiet_from": None, "quiet_to": None}
    ends = [time_of_day(one.strip()) for one in words]
    if len(ends) != 2 or None in ends or ends[0] == ends[1]:
        raise UserMistake(
            say("`{words}` are no quiet hours.", words=value) if value else say("Which hours?"),
            hint=say("Write: {command}, or {off}", command="settings quiet 22:00-08:00", off="off"),
        )
    return {"quiet_from": ends[0], "quiet_to": ends[1]}


def _one_of(setting: str, choices: Mapping[str, object]) -> Callable[[str], object]:
    def read(value: str) -> object:
        if value.strip().casefold() not in choices:
            near = get_close_matches(value.casefold(), choices, n=1)
            hint = (
                say("Did you mean: {words}", words=near[0])
                if near
                else say("There are: {names}.", names=", ".join(f"`{one}`" for one in choices))
            )
            wrong = say("{setting} cannot be `{value}`.", setting=setting, value=value)
            missing = say("{setting} can be {choices}.", setting=setting, choices=say(" or ").join(choices))
            raise UserMistake(wrong if value else missing, hint=hint)
        return choices[value.strip().casefold()]

    return read


def _format(value: str) -> Mapping[str, object]:
    return {"compact": _one_of("format", {"full": False, "compact": True})(value)}


def _threads(value: str) -> Mapping[str, object]:
    return {"threads": _one_of("threads", {one: one for one in get_args(Threads)})(value)}


def _mentions(value: str) -> Mapping[str, object]:
    return {"mentions": _one_of("mentions", {"on": True, "off": False})(value)}


def _language(value: str) -> Mapping[str, object]:
    names = {"auto": "", **{code: code for code in LANGUAGES}, **{name.casefold(): code for code, name in LANGUAGES.items()}}
    return {"language": _one_of("language", names | {"korean": "ko"})(value)}


_SETTINGS: dict[str, Change] = {
    "timezone": timezone,
    "quiet": _quiet,
    "format": _format,
    "threads": _threads,
    "mentions": _mentions,
    "language": _language,
}
_OTHER_WORDS = {
    "tz": "timezone", "zone": "timezone", "time": "timezone", "form": "format", "mention": "mentions", "thread": "threads",
    "lang": "language",
}  # fmt: skip


def _said(row: Line) -> str:
    """One setting as it is, without how to change it."""
    return "".join(span.text for span in row[:-2])


def _lines(place: Place, request: Request) -> tuple[Line, ...]:
    local = request.now.astimezone(ZoneInfo(place.timezone))
    rows: tuple[tuple[str, str | Line, str], ...] = (
        ("timezone", say("{zone}, where it is {time} now", zone=place.timezone, time=f"{local:%H:%M}"), "settings timezone Asia/Seoul"),
        ("quiet", _hours(place.quiet_from, place.quiet_to), "settings quiet 22:00-08:00"),
        ("format", f"{say('compact')}: {say(COMPACT)}" if place.compact else say("full"), "settings format compact"),
        ("threads", line(Span(text=place.threads, code=True), f": {say(THREADS[place.threads])}"), "settings threads channel"),
        ("mentions", say("on") if place.mentions else say("off"), "settings mentions off"),
        ("language", LANGUAGES.get(place.language) or say("auto: {language}", language=_heard(place)), "settings language ko"),
    )
    return tuple(_row(name, said, request.prefix + example) for name, said, example in rows)


def _row(name: str, said: str | Line, example: str) -> Line:
    told = line(said) if isinstance(said, str) else said
    return line(Span(text=name, bold=True, code=True), " – ", *told, " – ", Span(text=example, code=True))


def _heard(place: Place) -> str:
    return LANGUAGES[messages.preferred("", place.locale)]


def _hours(start: time | None, end: time | None) -> str:
    if start is None or end is None:
        return say("off")
    hours = f"{start:%H:%M}–{end:%H:%M}"
    return say("{hours}; what is found meanwhile comes afterwards, urgent alerts at once", hours=hours)
