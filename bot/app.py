"""The wiring: settings → store, fetcher, senders, handlers, timetable. The only place that reads the clock and rolls the dice."""

import asyncio
import logging
import os
import random  # noqa: TID251 - the one place that rolls the dice
import signal
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Literal
from zoneinfo import ZoneInfo

import structlog

from bot import logs, terminal
from bot.cards.console import render
from bot.deliver.console import ConsoleSender
from bot.deliver.sender import Sender
from bot.deliver.slack import SlackSender
from bot.model import Evidence, Item, Place, Platform
from bot.settings import Settings, for_sources
from bot.sources import catalogue, guard
from bot.sources.catalogue import Catalogue
from bot.sources.fetch import Fetcher
from bot.store import glossaries, migrate
from bot.store import search as index
from bot.store.address import address
from bot.store.database import Store
from bot.watch.order import Order
from bot.watch.query import CHAT_LIMIT, LONGEST, holds, parse
from handlers import console
from handlers.reply import Context
from handlers.slack import SlackApp
from handlers.web import WebServer, web_app
from schedules.deliver import Delivering
from schedules.digest import Closing
from schedules.discovering import Discovering
from schedules.operations import Operations
from schedules.patience import Patience
from schedules.poll import Polling
from schedules.timetable import Timetable
from schedules.upkeep import Upkeep

log = structlog.get_logger()

Say = Callable[[str], None]
Part = Literal["schedules", "handlers"]

PATIENCE = Patience()
# Somebody in chat waits while an address is looked at.
DISCOVER_SECONDS = 0.5

# When the bot is told to stop, messages under way have this long to end by themselves, and then chat and web, in seconds.
GRACE_SECONDS = 5.0
# A poll or a search that is broken off is simply made again.
ASKING_SECONDS = 1.0
CLOSING_SECONDS = 2.5
# Whatever still hangs then, such as a name lookup nobody can stop, the process ends: within ten seconds it would be killed.
# Being killed loses nothing, and neither does this.
LAST_SECONDS = 9.0


def now() -> datetime:
    """The time, aware, in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - the one place


def chance() -> float:
    """A number in [0, 1), for spreading what would otherwise happen all at once."""
    return random.random()  # noqa: S311 - nothing secret hangs on it


def catalogue_of(settings: Settings) -> Catalogue:
    """The sources these settings ask for."""
    return catalogue.load(settings.catalogue_dir, settings.catalogue_only, for_sources(settings))


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
    closing: Closing
    delivering: Delivering
    upkeep: Upkeep
    discovering: Discovering
    operations: Operations
    context: Context
    patience: Patience

    async def answer(self, words: str, place: Place, actor: str, say: Say) -> bool:
        """Words typed in a place of the console are answered; whether they could be carried out."""
        async with self._asked_addresses():
            return await console.answer(words, place, actor, self.context, now, say)

    async def converse(self, place: Place, actor: str, say: Say) -> None:
        """A prompt in a place of the console; alerts that wait for it appear between two answers."""
        async with self._asked_addresses():
            await console.converse(place, actor, self.context, now, say, between=self.delivering.drain)

    @asynccontextmanager
    async def _asked_addresses(self) -> AsyncIterator[None]:
        """Addresses asked for meanwhile are looked at, as the schedules do it where they run."""
        looking = asyncio.create_task(self._discover())
        try:
            yield
        finally:
            looking.cancel()
            await asyncio.gather(looking, self.discovering.finish(0), return_exceptions=True)

    async def _discover(self) -> None:
        while True:
            await self.discovering.begin()
            await asyncio.sleep(DISCOVER_SECONDS)

    def timetable(self) -> Timetable:
        """The scheduled work of this bot."""
        tick = self.settings.tick_seconds
        upkeep = self.patience.upkeep.total_seconds()
        works = {
            "poll": (self._poll, tick),
            "digest": (self.closing.close, tick),
            "deliver": (self.delivering.begin, tick),
            "discover": (self.discovering.begin, DISCOVER_SECONDS),
            "upkeep": (self.upkeep.begin, upkeep),
            "operations": (self.operations.tell, upkeep),
        }
        return Timetable(works, now)

    async def _poll(self) -> None:
        await self.polling.begin(now())


@asynccontextmanager
async def assembled(settings: Settings, senders: Mapping[Platform, Sender], patience: Patience = PATIENCE) -> AsyncIterator[Bot]:
    """The bot over the store, catalogue and door of these settings; everything is closed again afterwards."""
    known = catalogue_of(settings)
    async with memory(settings) as store, door(settings) as fetcher:
        yield Bot(
            settings=settings,
            store=store,
            catalogue=known,
            polling=Polling(store, fetcher, known, patience),
            closing=Closing(store, now, patience),
            delivering=Delivering(store, senders, known, now, chance, patience=patience),
            upkeep=Upkeep(store, senders, now, chance, patience=patience),
            discovering=Discovering(store, fetcher, known, now),
            operations=Operations(store, known, now),
            context=Context(store=store, catalogue=known),
            patience=patience,
        )


def console_sender() -> ConsoleSender:
    """The sender for places of the console: it writes on standard output, as wide as that is."""
    return ConsoleSender(sys.stdout, width=terminal.width(), color=terminal.color())


def senders_of(settings: Settings, stack: AsyncExitStack) -> dict[Platform, Sender]:
    """A sender for every platform there are credentials for; the console needs none. What they hold open ends with the `stack`."""
    senders: dict[Platform, Sender] = {"console": console_sender()}
    if settings.slack_bot_token:
        senders["slack"] = SlackSender(settings.slack_bot_token.get_secret_value(), api_url=settings.slack_api_url)
    if settings.teams_anonymous or settings.teams_client_secret:
        senders["teams"] = _teams_sender(settings, stack)
    return senders


def _teams_sender(settings: Settings, stack: AsyncExitStack) -> Sender:
    from bot.deliver.teams import TeamsSender  # noqa: PLC0415 - slow to load
    from bot.deliver.teams_token import EntraToken, no_token  # noqa: PLC0415 - slow to load

    secret = settings.teams_client_secret
    token = EntraToken(settings.teams_client_id, secret.get_secret_value(), settings.teams_tenant_id) if secret else no_token
    sender = TeamsSender(token, service_url=settings.teams_service_url)
    stack.push_async_callback(sender.close)
    return sender


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


async def run(settings: Settings, only: Part | None, say: Say, patience: Patience = PATIENCE) -> None:
    """Runs the bot until SIGTERM or SIGINT; then what is under way ends, nothing is lost, and it returns within ten seconds."""
    logs.begin(settings.log_format, logging.INFO)
    with _told_to_stop() as stop:
        serving = asyncio.create_task(_serve(settings, only, say, patience))
        told = asyncio.create_task(stop.wait())
        # Told to stop while it still starts, perhaps waiting for a Slack that does not answer, it leaves what it began.
        await asyncio.wait({serving, told}, return_when=asyncio.FIRST_COMPLETED)
        told.cancel()
        if not serving.done():
            say("Stopping: what is under way is brought to an end.")
            serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving


async def _serve(settings: Settings, only: Part | None, say: Say, patience: Patience) -> None:
    async with AsyncExitStack() as stack:
        bot = await stack.enter_async_context(assembled(settings, senders_of(settings, stack), patience))
        if only != "handlers":
            await stack.enter_async_context(_working(bot))
        if only != "schedules":
            await stack.enter_async_context(_answering(bot))
        say(_summary(bot, only))
        await asyncio.Event().wait()


@asynccontextmanager
async def _working(bot: Bot) -> AsyncIterator[None]:
    """The scheduled work runs; at the end no delivery is left in the middle unless its platform hangs."""
    timetable = bot.timetable()
    timetable.start()
    try:
        yield
    finally:
        await asyncio.gather(
            timetable.finish(GRACE_SECONDS),
            bot.polling.finish(ASKING_SECONDS),
            bot.delivering.finish(GRACE_SECONDS),
            bot.upkeep.finish(ASKING_SECONDS),
            bot.discovering.finish(ASKING_SECONDS),
        )


@asynccontextmanager
async def _answering(bot: Bot) -> AsyncIterator[None]:
    """Chat and web are served; neither makes the other wait for its end."""
    slack = slack_of(bot)
    endpoint = slack.endpoint if slack is not None and bot.settings.slack_signing_secret else None
    server = WebServer(web_app(bot.store, endpoint), bot.settings.web_host, bot.settings.web_port)
    ends: list[Callable[[], Awaitable[None]]] = [server.stop]
    try:
        if slack is not None:
            ends.append(partial(slack.stop, CLOSING_SECONDS / 2))
            await slack.start()
        await server.start()
        yield
    finally:
        await asyncio.gather(*map(_in_time, ends))


async def _in_time(end: Callable[[], Awaitable[None]]) -> None:
    """It has ended, or its time was over."""
    with suppress(TimeoutError):
        await asyncio.wait_for(end(), CLOSING_SECONDS)


@contextmanager
def _told_to_stop() -> Iterator[asyncio.Event]:
    """Set by SIGTERM or SIGINT, however often they come; once the block has ended, a process that was told ignores them."""
    stop, loop, signals = asyncio.Event(), asyncio.get_running_loop(), (signal.SIGTERM, signal.SIGINT)

    def told() -> None:
        if not stop.is_set():
            stop.set()
            last = threading.Timer(LAST_SECONDS, _leave)
            last.daemon = True
            last.start()

    for one in signals:
        loop.add_signal_handler(one, told)
    try:
        yield stop
    finally:
        # Taking a handler away lets the signal kill for a moment; held back meanwhile, it meets what stands afterwards.
        signal.pthread_sigmask(signal.SIG_BLOCK, signals)
        for one in signals:
            loop.remove_signal_handler(one)
            if stop.is_set():
                signal.signal(one, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)


def _leave() -> None:
    log.warning("stopped_in_the_middle", reason="something could not be brought to an end; the next start goes on from what is kept")
    os._exit(0)


def _summary(bot: Bot, only: Part | None) -> str:
    platforms = ", ".join(sorted(bot.delivering.senders))
    part = f" ({only} only)" if only else ""
    what = f"{len(bot.catalogue.enabled())} sources, platforms {platforms}, database {address(bot.settings.database_url).name}"
    return f"Regwatch runs{part}: {what}. Stop it with Ctrl-C."


async def deliver(settings: Settings) -> int:
    """Everything whose time has come is sent once; how many messages arrived."""
    async with AsyncExitStack() as stack:
        bot = await stack.enter_async_context(assembled(settings, senders_of(settings, stack)))
        await bot.closing.close()
        return await bot.delivering.drain()


async def preview(settings: Settings, say: Say) -> int:
    """What would be sent, where and when, is said; nothing is sent and nothing changed. How many deliveries are owed."""
    async with assembled(settings, {}) as bot:
        owed = await bot.delivering.preview()
    for place, one, card in owed:
        when = "now" if one.not_before <= now() else f"{one.not_before.astimezone(ZoneInfo(place.timezone)):%-d %b %Y %H:%M %Z}"
        say(f"── {place.id} {place.name} · {when} · {one.kind}{f' · {one.reason}' if one.reason else ''}")
        say(render(card, terminal.width()) + "\n")
    return len(owed)


def console_place(name: str) -> Place:
    """A place of the console platform."""
    return console.place(name)


async def talk(settings: Settings, user: str, place: str, words: str | None, say: Say, *, query_limit: int = CHAT_LIMIT) -> bool:
    """One command on the console, or a conversation; whether it could be carried out, which a conversation always is.

    A query may have `query_limit` characters.
    """
    async with assembled(settings, {"console": console_sender()}) as made:
        bot = replace(made, context=replace(made.context, query_limit=query_limit))
        if words is not None:
            return await bot.answer(words, console.place(place), user, say)
        await bot.converse(console.place(place), user, say)
        return True


async def search(settings: Settings, words: str, limit: int, order: Order = "newest") -> list[tuple[Item, tuple[Evidence, ...]]]:
    """The first items that words find in the store as the console's workspace means them, newest or most relevant first, and why."""
    at = now()
    async with memory(settings) as store, store.read() as tx:
        query = parse(words, limit=LONGEST, own=await glossaries.of_workspace(tx, console.WORKSPACE))
        found = await index.find(tx, query, workspace=console.WORKSPACE, limit=limit, now=at, order=order)
        return [(item, holds(query, item, now=at) or ()) for item in found]
