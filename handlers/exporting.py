"""What an admin takes along: an export of a span of days, as a private address that is good for an hour."""

import re
from datetime import date, datetime, time, timedelta

from bot.cards.card import Button, Line, Span, notice, phrase
from bot.errors import UserMistake
from bot.messages import say
from bot.times import zone
from handlers import private_links
from handlers.grammar import Request
from handlers.reply import Context, Reply
from handlers.times import moment
from handlers.watchlists import asked

KEPT = timedelta(hours=1)
_DAY = re.compile(r"\d{4}-\d{1,2}-\d{1,2}")
_EXAMPLE = "export 2026-01-01 2026-03-31"


async def export(request: Request, argument: str, context: Context) -> Reply:
    """A private address of what was captured, alerted, decided and changed from one day to another; or how to get it without."""
    words = argument.split()
    if len(words) < 2:
        return asked(say("From which day to which?"), _EXAMPLE, request)
    first, last = (_day(word, argument) for word in words[:2])
    kind = words[2].casefold() if len(words) > 2 else "xlsx"
    if kind not in ("csv", "xlsx") or len(words) > 3:
        raise UserMistake(
            say("I do not know “{word}”.", word=" ".join(words[2:])[:40]),
            hint=say("Write: {command}, or {off}", command=f"{request.prefix}{_EXAMPLE} xlsx", off="csv"),
        )
    if last < first:
        raise UserMistake(
            say("The last day lies before the first."), hint=say("Write: {command}", command=f"{request.prefix}export {last} {first}")
        )
    if not private_links.is_reachable(context):
        return Reply(card=notice(*_without(request, first, last, kind)))
    start, end = (datetime.combine(day, time(), zone(request.place.timezone)) for day in (first, last + timedelta(days=1)))
    wish = {"start": start.isoformat(), "end": end.isoformat(), "format": kind}
    url = await private_links.offer(request, context, "export", wish, KEPT)
    lines = (
        phrase(
            "What was captured, alerted, decided and changed from {first} to {last} ({zone}), as {kind}.",
            first=f"{first}",
            last=f"{last}",
            zone=request.place.timezone,
            kind=kind.upper(),
        ),
        phrase("{link} – until {until}.", link=Span(text=say("Download it"), url=url), until=moment(request.now + KEPT, request)),
        phrase(
            "Whoever has the address can read it. To see later that nothing was altered: {command}",
            command=_code("regwatch export verify FILE"),
        ),
    )
    return Reply(card=notice(*lines, buttons=(Button(label=say("Download"), url=url, style="primary"),)))


def _without(request: Request, first: date, last: date, kind: str) -> tuple[Line, ...]:
    words = f"regwatch export --workspace {request.place.workspace} --from {first} --to {last} --format {kind}"
    return (
        phrase("This bot has no public web address, so I cannot give you a file here."),
        phrase("Whoever runs it gets the file with: {command}", command=_code(words)),
        phrase("With {setting} set, I answer with a private address instead.", setting=_code("REGWATCH_PUBLIC_URL")),
    )


def _code(words: str) -> Span:
    return Span(text=words, code=True)


def _day(word: str, typed: str) -> date:
    try:
        if _DAY.fullmatch(word):
            return date(*map(int, word.split("-")))
    except ValueError:
        pass
    raise UserMistake(
        say("“{words}” is no day.", words=word[:40]),
        hint=say("Write it like this: {command}", command=_EXAMPLE),
        text=typed,
        position=typed.find(word),
    )
