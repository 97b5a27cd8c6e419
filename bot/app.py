"""The wiring: settings → store, fetcher, senders, handlers, timetable. The only place that reads the clock and rolls the dice."""

import asyncio
import logging
import random  # noqa: TID251 - the one place that rolls the dice
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from bot import logs, terminal
from bot.deliver.console import ConsoleSender
from bot.deliver.sender import Sender
from bot.deliver.slack import SlackSender
from bot.model import Evidence, Item, Place, Platform
from bot.settings import Settings
from bot.sources import catalogue, guard
from bot.sources.catalogue import Catalogue
from bot.sources.fetch import Fetcher
from bot.store import migrate
from bot.store import search as index
from bot.store.address import address
from bot.store.database import Store
from bot.watch.query import Query, holds
from handlers import console
from handlers.reply import Context
from handlers.slack import SlackApp
from handlers.web import WebServer, web_app
from schedules.deliver import Delivering
from schedules.poll import Polling
from schedules.timetable import Timetable
from schedules.upkeep import Upkeep

Say = Callable[[str], None]
Part = Literal["schedules", "handlers"]

# How often lost work is looked for, in seconds; with the leases it bounds the time of a recovery.
UPKEEP_SECONDS = 15.0
# What runs when the bot is told to stop has this long to end by itself, in seconds; being killed is allowed after ten.
GRACE_SECONDS = 6.0


def now() -> datetime:
    """The time, aware, in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - the one place


def chance() -> float:
    """A number in [0, 1), for spreading what would otherwise happen all at once."""
    return random.random()  # noqa: S311 - nothing secret hangs on it


def catalogue_of(settings: Settings) -> Catalogue:
    """The sources these settings ask for."""
    return catalogue.load(settings.catalogue_dir, settings.catalogue_only)


def door(settings: Settings) -> Fetcher:
    """The one way out to sources."""
    return Fetcher(guard.parse_permits(settings.fetch_allow))


@asynccontextmanager
async def memory(settings: Settings) -> AsyncIterator[Store]:
    """The store, made or upgraded if need be."""
    await migrate.upgrade(settings.database_url)
    store = await Store.open(settings.database_url)
    try:
        yield store
    finally:
        await store.close()


@dataclass(frozen=True)
class Bot:
    """The parts, put together around one store."""

    settings: Settings
    store: Store
    catalogue: Catalogue
    polling: Polling
    delivering: Delivering
    upkeep: Upkeep
    context: Context

    async def answer(self, words: str, place: Place, actor: str, say: Say) -> bool:
        """Words typed in a place of the console are answered; whether they could be carried out."""
        return await console.answer(words, place, actor, self.context, now, say)

    async def converse(self, place: Place, actor: str, say: Say) -> None:
        """A prompt in a place of the console; alerts that wait for it appear between two answers."""
        await console.converse(place, actor, self.context, now, say, between=self.delivering.drain)

    def timetable(self) -> Timetable:
        """The scheduled work of this bot."""
        tick = self.settings.tick_seconds
        works = {"poll": (self._poll, tick), "deliver": (self.delivering.begin, tick), "upkeep": (self.upkeep.recover, UPKEEP_SECONDS)}
        return Timetable(works)

    async def _poll(self) -> None:
        await self.polling.due(now())


@asynccontextmanager
async def assembled(settings: Settings, senders: Mapping[Platform, Sender]) -> AsyncIterator[Bot]:
    """The bot over the store, catalogue and door of these settings; everything is closed again afterwards."""
    known = catalogue_of(settings)
    async with memory(settings) as store, door(settings) as fetcher:
        yield Bot(
            settings=settings,
            store=store,
            catalogue=known,
            polling=Polling(store, fetcher, known),
            delivering=Delivering(store, senders, known, now, chance),
            upkeep=Upkeep(store, senders, now, chance),
            context=Context(store=store, catalogue=known),
        )


def console_sender() -> ConsoleSender:
    """The sender for places of the console: it writes on standard output, as wide as that is."""
    return ConsoleSender(sys.stdout, width=terminal.width(), color=terminal.color())


def senders_of(settings: Settings) -> dict[Platform, Sender]:
    """A sender for every platform there are credentials for; the console needs none."""
    senders: dict[Platform, Sender] = {"console": console_sender()}
    if settings.slack_bot_token:
        senders["slack"] = SlackSender(settings.slack_bot_token.get_secret_value(), api_url=settings.slack_api_url)
    return senders


def slack_of(bot: Bot) -> SlackApp | None:
    """Slack's ear, if there are credentials to hear with."""
    given = bot.settings
    if given.slack_bot_token is None or (given.slack_app_token is None and given.slack_signing_secret is None):
        return None
    return SlackApp(
        bot.context,
        now,
        token=given.slack_bot_token.get_secret_value(),
        api_url=given.slack_api_url,
        signing_secret=given.slack_signing_secret.get_secret_value() if given.slack_signing_secret else "",
        app_token=given.slack_app_token.get_secret_value() if given.slack_app_token else "",
    )


async def run(settings: Settings, only: Part | None, say: Say) -> None:
    """Runs the bot until SIGTERM or SIGINT; then what is under way ends, nothing is lost, and it returns within ten seconds."""
    logs.begin(settings.log_format, logging.INFO)
    stop = _told_to_stop()
    async with AsyncExitStack() as stack:
        bot = await stack.enter_async_context(assembled(settings, senders_of(settings)))
        if only != "schedules":
            await stack.enter_async_context(_answering(bot))
        if only != "handlers":
            await stack.enter_async_context(_working(bot))
        say(_summary(bot, only))
        await stop.wait()
        say("Stopping: what is under way is brought to an end.")


@asynccontextmanager
async def _working(bot: Bot) -> AsyncIterator[None]:
    """The scheduled work runs; at the end no delivery is left in the middle unless its platform hangs."""
    timetable = bot.timetable()
    timetable.start(now())
    try:
        yield
    finally:
        await timetable.stop(GRACE_SECONDS / 2)
        with suppress(TimeoutError):
            await asyncio.wait_for(bot.delivering.finish(), GRACE_SECONDS / 2)


@asynccontextmanager
async def _answering(bot: Bot) -> AsyncIterator[None]:
    """Chat and web are served."""
    slack = slack_of(bot)
    async with AsyncExitStack() as stack:
        if slack is not None:
            await slack.start()
            stack.push_async_callback(slack.stop, 2.0)
        endpoint = slack.endpoint if slack is not None and bot.settings.slack_signing_secret else None
        server = WebServer(web_app(bot.store, endpoint), bot.settings.web_host, bot.settings.web_port)
        await server.start()
        stack.push_async_callback(server.stop)
        yield


def _told_to_stop() -> asyncio.Event:
    stop = asyncio.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(one, stop.set)
    return stop


def _summary(bot: Bot, only: Part | None) -> str:
    platforms = ", ".join(sorted(bot.delivering.senders))
    part = f" ({only} only)" if only else ""
    what = f"{len(bot.catalogue.enabled())} sources, platforms {platforms}, database {address(bot.settings.database_url).name}"
    return f"Regwatch runs{part}: {what}. Stop it with Ctrl-C."


def console_place(name: str) -> Place:
    """A place of the console platform."""
    return console.place(name)


async def talk(settings: Settings, user: str, place: str, words: str | None, say: Say) -> bool:
    """One command on the console, or a conversation; whether it could be carried out, which a conversation always is."""
    async with assembled(settings, {"console": console_sender()}) as bot:
        if words is not None:
            return await bot.answer(words, console.place(place), user, say)
        await bot.converse(console.place(place), user, say)
        return True


async def search(settings: Settings, query: Query, limit: int) -> list[tuple[Item, tuple[Evidence, ...]]]:
    """The newest items a query finds in the store, with what matched."""
    at = now()
    async with memory(settings) as store, store.read() as tx:
        return [(item, holds(query, item, now=at) or ()) for item in await index.find(tx, query, limit=limit, now=at)]
