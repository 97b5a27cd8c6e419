"""The form of what a place wishes: its time zone, quiet hours, form of alerts, threads and mentions, begun with what holds."""

from collections.abc import Iterable, Mapping
from datetime import time

from bot.cards.form import Choice, Filled, Form, Option, Text, Time
from bot.errors import UserMistake
from bot.messages import LANGUAGES, mark, say
from bot.model import Place, Threads
from bot.times import time_of_day
from handlers import place_settings
from handlers.grammar import Request
from handlers.mistakes import beside_field
from handlers.reply import Context, Reply, refused

_PLACES: tuple[tuple[Threads, str], ...] = (("thread", mark("Thread")), ("channel", mark("Channel")), ("both", mark("Both")))
_FORMATS = (("full", mark("Full"), ""), ("compact", mark("Compact"), place_settings.COMPACT))
_THREADS = tuple((one, label, place_settings.THREADS[one]) for one, label in _PLACES)
_LANGUAGES = (("auto", mark("Automatic"), ""), *((code, name, "") for code, name in LANGUAGES.items()))
_MENTIONS = (("on", mark("On"), ""), ("off", mark("Off"), ""))


async def form(request: Request, _: str, context: Context) -> Form:
    """The form with what the place wishes now."""
    return _form(_as_filled(await place_settings.kept(request, context)))


async def filled(request: Request, given: Filled, context: Context) -> Reply:
    """The place wishes what the form says, all of it or, if something is wrong, nothing; what is wrong stands beside its field."""
    changes, wrong = _read(given)
    if wrong:
        return refused(_form(given), wrong)
    return await place_settings.keep(request, changes, context)


def _form(given: Filled) -> Form:
    quiet = say("Alerts found meanwhile come afterwards, urgent ones at once. Left empty, there are no quiet hours.")
    return Form(
        action="settings",
        title=say("Settings"),
        parts=(
            Text(
                name="timezone",
                label=say("Time zone"),
                value=given.one("timezone"),
                hint=say("A city will do."),
                example="Asia/Seoul",
                most=60,
            ),
            Time(name="from", label=say("Quiet from"), value=given.one("from"), hint=quiet, optional=True),
            Time(name="to", label=say("Quiet until"), value=given.one("to"), optional=True),
            Choice(name="format", label=say("Form of alerts"), options=_options(_FORMATS), value=given.one("format")),
            Choice(name="threads", label=say("News of an alert"), options=_options(_THREADS), value=given.one("threads")),
            Choice(name="mentions", label=say("Mentions"), options=_options(_MENTIONS), value=given.one("mentions")),
            Choice(name="language", label=say("Language"), options=_options(_LANGUAGES), value=given.one("language")),
        ),
        typed="settings <timezone|quiet|format|threads|mentions|language> <value>",
    )


def _options(known: Iterable[tuple[str, str, str]]) -> tuple[Option, ...]:
    return tuple(Option(value=value, label=say(label), hint=say(hint) if hint else "") for value, label, hint in known)


def _as_filled(place: Place) -> Filled:
    said = {
        "timezone": place.timezone,
        "from": _clock(place.quiet_from),
        "to": _clock(place.quiet_to),
        "format": "compact" if place.compact else "full",
        "threads": place.threads,
        "mentions": "on" if place.mentions else "off",
        "language": place.language or "auto",
    }
    return Filled(values={name: (value,) for name, value in said.items()})


def _clock(at: time | None) -> str:
    return f"{at:%H:%M}" if at else ""


def _read(given: Filled) -> tuple[Mapping[str, object], dict[str, str]]:
    """What the place is to wish, and what is wrong, by field."""
    wrong: dict[str, str] = {}
    zone: Mapping[str, object] = {}
    try:
        zone = place_settings.timezone(given.one("timezone"))
    except UserMistake as mistake:
        wrong["timezone"] = beside_field(mistake)
    start, end = (time_of_day(given.one(name)) for name in ("from", "to"))
    if (start is None) != (end is None):
        wrong["to" if end is None else "from"] = say("Quiet hours have a beginning and an end; leave both empty for none.")
    elif start is not None and start == end:
        wrong["to"] = say("Quiet hours end at another time than they begin.")
    for name, known in (("format", _FORMATS), ("threads", _THREADS), ("mentions", _MENTIONS), ("language", _LANGUAGES)):
        if given.one(name) not in [value for value, _, _ in known]:
            wrong[name] = say("Choose one of these.")
    changes = {"compact": given.one("format") == "compact", "threads": given.one("threads"), "mentions": given.one("mentions") == "on"}
    return {**zone, "quiet_from": start, "quiet_to": end, **changes, "language": given.one("language").removeprefix("auto")}, wrong
