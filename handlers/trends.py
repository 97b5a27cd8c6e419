"""Trends: how often what a query finds was published, week by week, as a picture and always as figures too."""

import re
import secrets
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from bot.cards.card import Button, Card, Line, Picture, Section, Span, line, phrase
from bot.errors import UserMistake
from bot.messages import count, mark, say
from bot.sources.catalogue import Catalogue
from bot.store import charts, search, watchlists
from bot.store.database import Tx
from bot.watch import query as language
from bot.watch import trends
from bot.watch.trends import By, Trend
from bot.wordlist import day
from handlers import workspace_queries
from handlers.grammar import Request, tokens
from handlers.grammar import name as read_name
from handlers.reply import Context, Reply
from handlers.watchlists import asked

_FOUND = 5_000  # items counted at most
_WIDEST = 26  # weeks whose figures fit in a line
_BY = re.compile(r"(?:^|\s)by\s+(\w+)\s*$", re.IGNORECASE)
_WEEKS = re.compile(r"(?:^|\s)(\d{1,4})\s*(?:weeks?|w|주)\s*$", re.IGNORECASE)
# A bare number after what is counted by is one of weeks.
_BY_WEEKS = re.compile(r"(\bby\s+\w+\s+\d{1,4})\s*$", re.IGNORECASE)


_PRESSED: dict[By, str] = {"country": mark("By country"), "agency": mark("By agency"), "type": mark("By type")}


class Asked(NamedTuple):
    """Of what, counted by what, over how many weeks; `name` is what the chart is called."""

    name: str
    query: language.Query
    by: By
    weeks: int


async def show(request: Request, argument: str, context: Context) -> Reply:
    """The counts of each week as a picture, if others can reach the web server under an https address, and as lines."""
    if not argument:
        return asked(say("Of what?"), 'trends "decentralized trials" by country 26 weeks', request)
    async with context.store.read() as tx:
        wish, found = await counted(tx, request, argument, context)
    picture = await _picture(request, wish, found, context) if found.series else None
    lines = (_head(wish, found), *_figures(found, bars=picture is None))
    others = [one for one in trends.BY if one != wish.by]
    typed = _typed(argument)
    buttons = tuple(Button(label=say(_PRESSED[one]), action="trends", value=f"{typed} by {one} {wish.weeks} weeks") for one in others)
    return Reply(card=Card(sections=(Section(lines=lines, picture=picture, buttons=buttons),)))


async def counted(tx: Tx, request: Request, argument: str, context: Context) -> tuple[Asked, Trend]:
    """What is asked for, and its counts."""
    wish = await _asked(tx, request, argument, context)
    since = trends.start(request.now, wish.weeks)
    workspace = request.place.workspace
    found = await search.since(tx, wish.query, since, workspace=workspace, now=request.now, limit=_FOUND)
    names = _latin_names(context.catalogue)
    items = [one for one, _ in found.found]
    return wish, trends.trend(items, request.now, wish.by, wish.weeks, names=names, complete=found.complete)


async def _asked(tx: Tx, request: Request, argument: str, context: Context) -> Asked:
    """`<query or watchlist> [by country|agency|type] [N weeks]`, the last two in either order."""
    words, by, weeks = apart(argument)
    if not words:
        raise UserMistake(say("Of what?"), hint=say("For example: {command}", command=f"trends recall by {by}"))
    named = await watchlists.get_by_name(tx, request.place.workspace, read_name(words)) if _may_be_name(words) else None
    if named is not None:
        return Asked(named.name, await workspace_queries.saved(tx, named), by, weeks)
    return Asked(words, language.saveable(await workspace_queries.typed(tx, request, words, context)), by, weeks)


def _may_be_name(words: str) -> bool:
    found = tokens(words)
    return len(words) <= 60 and (len(found) == 1 or not found[0].quoted)


def apart(argument: str) -> tuple[str, By, int]:
    """Of what, counted by what and over how many weeks, as they were typed. UserMistake for a count that cannot be."""
    words, by, weeks = _BY_WEEKS.sub(r"\1 weeks", argument.strip()), trends.BY[0], trends.WEEKS
    for _ in range(2):
        if found := _BY.search(words):
            by = _by(found[1], argument)
            words = words[: found.start()].strip()
        if found := _WEEKS.search(words):
            weeks = int(found[1])
            words = words[: found.start()].strip()
    if not 2 <= weeks <= trends.MOST_WEEKS:
        example = f"trends {words[:200]} {trends.WEEKS} weeks"
        raise UserMistake(
            say("A trend has 2 to {most} weeks.", most=trends.MOST_WEEKS), hint=say("For example: {command}", command=example)
        )
    return words, by, weeks


def _typed(argument: str) -> str:
    return apart(argument)[0]


def _by(word: str, argument: str) -> By:
    found: By | None = next((one for one in trends.BY if one == word.casefold().replace("countries", "country").rstrip("s")), None)
    if found is None:
        at = argument.casefold().rfind(word.casefold())
        raise UserMistake(
            say("I cannot count by “{word}”.", word=word),
            hint=say("Write one of: {commands}", commands=", ".join(f"by {one}" for one in trends.BY)),
            text=argument,
            position=at,
        )
    return found


def _latin_names(catalogue: Catalogue) -> Mapping[str, str]:
    """What to call an agency whose own short name is not in Latin letters: a picture has no other ones."""
    return {one.short: one.id for one in catalogue.authorities.values() if not one.short.isascii()}


def _head(wish: Asked, found: Trend) -> Line:
    total = sum(found.totals)
    items = count("{n} item", "{n} items", total)
    return phrase(
        "Items per week for {query}, by {by}: {many} in {weeks} weeks from {day}, the last week last.",
        query=Span(text=wish.name, code=True),
        by=say(trends.NAMES[wish.by]),
        many=items if found.complete else say("at least {items}", items=items),
        weeks=len(found.weeks),
        day=day(found.weeks[0]),
    )


def _figures(found: Trend, *, bars: bool) -> Iterator[Line]:
    most = max(found.totals, default=0)
    rows = [(say("all"), found.totals), *((trends.called(found.by, one.name), one.counts) for one in found.series)] if found.series else []
    for name, counts in rows:
        drawn = f" {trends.bars(counts, most)}" if bars else ""
        each = f": {' '.join(map(str, counts))}" if len(counts) <= _WIDEST else ""
        yield line(Span(text=f"{name} {sum(counts):,}", bold=True), each, drawn)
    if not found.complete:
        yield phrase("Counting stopped there; the older weeks may lack some.")


async def _picture(request: Request, wish: Asked, found: Trend, context: Context) -> Picture | None:
    """The picture under an address of its own, where others can reach one; chat platforms show none that is not https."""
    if not context.web_url.startswith("https://"):
        return None
    secret = secrets.token_urlsafe(32)
    series = [(one.name, one.counts) for one in found.series]
    async with context.store.write() as tx:
        await charts.show(tx, request.place.workspace, secret, trends.title(wish.by, wish.name), found.weeks, series, request.now)
    return Picture(url=f"{context.web_url}/chart/{secret}.png", alt=trends.words(found))
