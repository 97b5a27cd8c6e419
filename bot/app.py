"""The wiring: settings → store, fetcher, senders, handlers, timetable. The only place that reads the clock and rolls the dice."""

import asyncio
import gc
import logging
import random  # noqa: TID251 - the one place that rolls the dice
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Literal, TypedDict
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import structlog
from pydantic import SecretStr

from bot import logs, terminal
from bot.cards.console import render
from bot.deliver import workflow
from bot.deliver.console import ConsoleSender
from bot.deliver.sender import Sender
from bot.deliver.slack import SlackSender
from bot.errors import SourceTrouble
from bot.metrics import Metrics
from bot.model import Evidence, Item, Place, Platform
from bot.sealing import Seal
from bot.settings import Settings, for_sources
from bot.slack_installs import Installs, OneTimeStates, OneToken, require_openable, rotator, sealed_anew
from bot.sources import catalogue, guard
from bot.sources.catalogue import Catalogue
from bot.sources.fetch import Fetcher
from bot.stopping import told_to_stop
from bot.store import glossaries, migrate, places
from bot.store import search as index
from bot.store.address import address
from bot.store.database import Store
from bot.tracing import NO_TRACES, Traces, wanted
from bot.translating.client import Translator
from bot.translating.protocols import Service
from bot.watch.order import Order
from bot.watch.query import LONGEST, holds, parse
from bot.watch.trends import Trend
from handlers import console, pack_exchange, trends
from handlers.downloads import Downloads
from handlers.feeds import Feeds
from handlers.health import Health
from handlers.metering import Metering
from handlers.reply import Context
from handlers.slack import SlackApp
from handlers.slack_installing import Installing
from handlers.web import WebServer, web_app
from schedules.deferred import Deferred
from schedules.deliver import Delivering
from schedules.digest import Closing
from schedules.discovering import Discovering
from schedules.enriching import Enriching
from schedules.operations import Operations
from schedules.patience import Patience
from schedules.poll import Polling
from schedules.reminders import Reminding
from schedules.suggesting import Suggesting
from schedules.timetable import Timetable
from schedules.translating import Translating
from schedules.upkeep import Upkeep

if TYPE_CHECKING:
    from bot.deliver.teams_connector import Connector
    from handlers.teams import TeamsApp

log = structlog.get_logger()

Say = Callable[[str], None]
Fields = dict[str, tuple[str, ...]]
Part = Literal["schedules", "handlers"]
Senders = Mapping[Platform, Sender] | Callable[[Store], Awaitable[Mapping[Platform, Sender]]]

PATIENCE = Patience()
# Python looks for garbage that refers to itself after so many new objects, in place of 700: a poll makes many, and hardly any such.
GARBAGE_AFTER = 5_000
# Somebody in chat waits while an address is looked at.
DISCOVER_SECONDS = 0.5

# When the bot is told to stop, messages under way have this long to end by themselves, and then chat and web, in seconds.
GRACE_SECONDS = 5.0
# A poll or a search that is broken off is simply made again.
ASKING_SECONDS = 1.0
CLOSING_SECONDS = 2.5


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


class Told(TypedDict):
    """What the web app tells of a process, beside what people want of it."""

    health: Health
    metering: Metering


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
    enriching: Enriching
    reminding: Reminding
    deferred: Deferred
    suggesting: Suggesting
    translating: Translating
    context: Context
    patience: Patience
    metrics: Metrics

    async def answer(self, words: str, place: Place, actor: str, say: Say, filled: Fields | None = None) -> bool:
        """Words typed in a place of the console are answered; whether they could be carried out."""
        async with self._asked_addresses():
            request = console.request(words, place, actor, now(), filled)
            return await console.answer(request, self.context, say)

    async def converse(self, place: Place, actor: str, say: Say) -> None:
        """A prompt in a place of the console; alerts that wait for it appear between two answers."""
        async with self._asked_addresses():
            await console.converse(place, actor, self.context, now, say, between=self.delivering.drain)

    @asynccontextmanager
    async def _asked_addresses(self) -> AsyncIterator[None]:
        """Addresses asked for meanwhile are looked at, as the schedules do it where they run."""
        answered = asyncio.Event()
        looking = asyncio.create_task(self._discover(answered))
        try:
            yield
        finally:
            # Not broken off: a connection that is just being opened would tell a loop that has ended.
            answered.set()
            await asyncio.gather(looking, self.discovering.finish(0), return_exceptions=True)

    async def _discover(self, answered: asyncio.Event) -> None:
        while not answered.is_set():
            await self.discovering.begin()
            with suppress(TimeoutError):
                await asyncio.wait_for(answered.wait(), DISCOVER_SECONDS)

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
            "merge": (self.upkeep.merge, upkeep),
            "operations": (self.operations.tell, upkeep),
            "enrich": (self.enriching.begin, upkeep),
            "remind": (self.reminding.remind, upkeep),
            "return": (self.deferred.bring_back, upkeep),
            "suggest": (self.suggesting.suggest, upkeep),
            "translate": (self.translating.translate, tick),
        }
        return Timetable(works, now)

    def told_of(self, timetable: Timetable) -> Told:
        """What operators and their machines ask this process."""
        polled, token = [one.id for one in self.catalogue.enabled()], _secret(self.settings.metrics_token)
        metering = Metering(self.store, now, self.metrics, token, polled, timetable.lag)
        return {"health": Health(self.store, timetable.lag), "metering": metering}

    async def _poll(self) -> None:
        await self.polling.begin(now())


def translator_of(settings: Settings) -> Translator | None:
    """The operator's own translation service, if there is one."""
    if not settings.translate_url:
        return None
    given = (settings.translate_url, _secret(settings.translate_key), settings.translate_model, settings.translate_to)
    return Translator(Service(settings.translate_kind, *given))


def workflows_of(settings: Settings) -> dict[str, str]:
    """The addresses of Teams workflows by the names of their channels."""
    permitted = partial(guard.is_permitted, permits=guard.parse_permits(settings.fetch_allow))
    return workflow.addresses(settings.teams_workflows.get_secret_value() if settings.teams_workflows else "", permitted)


async def _posted(fetcher: Fetcher, url: str, body: bytes) -> workflow.Answer:
    try:
        await fetcher.get(url, method="POST", body=body, headers={"Content-Type": "application/json"})
    except SourceTrouble as trouble:
        return workflow.Answer(status=trouble.status, left=trouble.asked, retry_after=trouble.wait(now()), reason=trouble.sentence)
    return workflow.Answer(status=200)


@asynccontextmanager
async def assembled(settings: Settings, senders: Senders, patience: Patience = PATIENCE, traces: Traces = NO_TRACES) -> AsyncIterator[Bot]:
    """The bot over the store, catalogue and door of these settings; everything is closed again afterwards.

    `senders` are those of its platforms, or what makes them when the store is open.
    """
    gc.set_threshold(GARBAGE_AFTER)
    known = catalogue_of(settings)
    async with memory(settings) as store, door(settings) as fetcher:
        for one in workflows_of(settings):
            async with store.write() as tx:
                await places.ensure(tx, workflow.place(one, console.WORKSPACE))
        senders = await senders(store) if callable(senders) else senders
        metrics = Metrics()
        store.on_trouble = metrics.troubled
        yield Bot(
            settings=settings,
            store=store,
            catalogue=known,
            polling=Polling(store, fetcher, known, patience.ticking(settings.tick_seconds), metrics=metrics, traces=traces),
            closing=Closing(store, now, patience),
            delivering=Delivering(store, senders, known, now, chance, patience=patience, metrics=metrics, traces=traces),
            upkeep=Upkeep(store, senders, now, chance, patience=patience, traces=traces),
            discovering=Discovering(store, fetcher, known, now),
            operations=Operations(store, known, now),
            enriching=Enriching(store, known),
            reminding=Reminding(store, now),
            deferred=Deferred(store, now),
            suggesting=Suggesting(store, now),
            translating=Translating(store, translator_of(settings), now, chance, settings.translate_daily),
            context=Context(store=store, catalogue=known, web_url=settings.web_url),
            patience=patience,
            metrics=metrics,
        )


def console_sender() -> ConsoleSender:
    """The sender for places of the console: it writes on standard output, as wide as that is."""
    return ConsoleSender(sys.stdout, width=terminal.width(), color=terminal.color())


async def senders_of(settings: Settings, stack: AsyncExitStack, store: Store) -> dict[Platform, Sender]:
    """A sender for every platform there are credentials for; the console needs none. What they hold open ends with the `stack`."""
    senders: dict[Platform, Sender] = {"console": console_sender()}
    if settings.slack_bot_token or settings.slack_client_id:
        senders["slack"] = SlackSender((await tokens_of(settings, store)).token, api_url=settings.slack_api_url)
    named = workflows_of(settings)
    if named:
        senders["workflow"] = workflow.WorkflowSender(named, partial(_posted, await stack.enter_async_context(door(settings))))
    if _has_teams(settings):
        from bot.deliver.teams import TeamsSender  # noqa: PLC0415 - slow to load

        senders["teams"] = TeamsSender(_teams_connector(settings, stack))
    return senders


async def tokens_of(settings: Settings, store: Store) -> OneToken | Installs:
    """The token of the settings or, with a client id, those of all installed workspaces; SettingsError if the key is another."""
    own = _secret(settings.slack_bot_token)
    if not settings.slack_client_id:
        return OneToken(own)
    seal = Seal.of(_secret(settings.secret_key))
    await require_openable(store, seal)
    renews = rotator(settings.slack_client_id, _secret(settings.slack_client_secret), settings.slack_api_url)
    return Installs(store, seal, now, renews, own)


def _secret(value: SecretStr | None) -> str:
    return value.get_secret_value() if value else ""


async def reseal(settings: Settings) -> int:
    """Every token that is kept is sealed with the first key; how many workspaces and organisations they are of."""
    async with memory(settings) as store:
        return await sealed_anew(store, Seal.of(_secret(settings.secret_key)))


def _has_teams(settings: Settings) -> bool:
    return settings.teams_anonymous or settings.teams_client_secret is not None


def _teams_connector(settings: Settings, stack: AsyncExitStack) -> "Connector":
    from bot.deliver.teams_connector import Connector  # noqa: PLC0415 - slow to load
    from bot.deliver.teams_token import EntraToken, no_token  # noqa: PLC0415 - slow to load

    secret = settings.teams_client_secret
    token = EntraToken(settings.teams_client_id, secret.get_secret_value(), settings.teams_tenant_id) if secret else no_token
    connector = Connector(token, service_url=settings.teams_service_url)
    stack.push_async_callback(connector.close)
    return connector


def teams_of(bot: Bot, stack: AsyncExitStack) -> "TeamsApp | None":
    """Teams' ear, if there are credentials to answer with. What it holds open ends with the `stack`."""
    given = bot.settings
    if not _has_teams(given):
        return None
    from bot.deliver.teams_answers import TeamsAnswers  # noqa: PLC0415 - slow to load
    from handlers import teams, teams_gate, teams_keys  # noqa: PLC0415 - slow to load

    others = {one.strip() for one in given.teams_tenants.split(",") if one.strip()}
    registration = teams_gate.Registration(
        client_id=given.teams_client_id,
        tenants=frozenset({given.teams_tenant_id, *others}),
        origins=teams_gate.origins(given.teams_service_url, anonymous=given.teams_anonymous),
        anonymous=given.teams_anonymous,
    )
    answers = TeamsAnswers(_teams_connector(given, stack))
    return teams.TeamsApp(bot.context, now, answers, registration, teams_keys.Keys(), targeted=given.teams_targeted)


def teams_package(settings: Settings, website: str, developer: str, *, privacy: str, terms: str, slash: bool) -> bytes:
    """The app package of Teams for this registration, as the zip to upload."""
    from handlers.teams_package import Publisher, package  # noqa: PLC0415 - wanted once in the life of a bot

    publisher = Publisher(settings.teams_client_id, website, developer, privacy, terms)
    hosts = {urlsplit(one.url).hostname or "" for one in catalogue_of(settings).enabled()}
    return package(publisher, version("regwatch"), hosts - {""}, slash=slash)


async def slack_of(bot: Bot) -> SlackApp | None:
    """Slack's ear, if there are credentials to hear and to answer with."""
    given = bot.settings
    if not (given.slack_bot_token or given.slack_client_id) or not (given.slack_app_token or given.slack_signing_secret):
        return None
    return SlackApp(
        bot.context,
        now,
        token=_secret(given.slack_bot_token),
        api_url=given.slack_api_url,
        signing_secret=_secret(given.slack_signing_secret),
        app_token=_secret(given.slack_app_token),
        installs=await tokens_of(given, bot.store),
    )


async def installing_of(bot: Bot) -> Installing | None:
    """The pages where workspaces install the bot, if it has a client id."""
    given, tokens = bot.settings, await tokens_of(bot.settings, bot.store)
    if not isinstance(tokens, Installs):
        return None
    return Installing(
        tokens,
        OneTimeStates(bot.store, now),
        bot.context,
        client_id=given.slack_client_id,
        client_secret=_secret(given.slack_client_secret),
        api_url=given.slack_api_url,
        public_url=given.public_url,
    )


async def run(settings: Settings, only: Part | None, say: Say, patience: Patience = PATIENCE) -> None:
    """Runs the bot until SIGTERM or SIGINT; then what is under way ends, nothing is lost, and it returns within ten seconds."""
    logs.begin(settings.log_format, logging.INFO)
    with told_to_stop() as stop:
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
        traces = stack.enter_context(wanted(now))
        bot = await stack.enter_async_context(assembled(settings, partial(senders_of, settings, stack), patience, traces))
        timetable = bot.timetable()
        if only != "handlers":
            await stack.enter_async_context(_working(bot, timetable))
        if only != "schedules":
            await stack.enter_async_context(_answering(bot, timetable))
        if settings.health_port:
            server = WebServer(web_app(bot.store, **bot.told_of(timetable)), settings.web_host, settings.health_port)
            stack.push_async_callback(_in_time, server.stop)
            await server.start()
        say(_summary(bot, only))
        await asyncio.Event().wait()


@asynccontextmanager
async def _working(bot: Bot, timetable: Timetable) -> AsyncIterator[None]:
    """The scheduled work runs; at the end no delivery is left in the middle unless its platform hangs."""
    await asyncio.to_thread(bot.polling.make_ready)
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
async def _answering(bot: Bot, timetable: Timetable) -> AsyncIterator[None]:
    """Chat and web are served; neither makes the other wait for its end."""
    async with AsyncExitStack() as stack:
        slack, teams = await slack_of(bot), teams_of(bot, stack)
        over_http = slack if bot.settings.slack_signing_secret else None
        app = web_app(
            bot.store,
            over_http.endpoint if over_http else None,
            teams.endpoint if teams else None,
            await installing_of(bot),
            Feeds(bot.store, bot.catalogue, now),
            **bot.told_of(timetable),
            files=Downloads(bot.store, bot.catalogue, now),
        )
        server = WebServer(app, bot.settings.web_host, bot.settings.web_port)
        ends: list[Callable[[], Awaitable[None]]] = [server.stop]
        try:
            if teams is not None:
                ends.append(partial(teams.stop, CLOSING_SECONDS / 2))
                teams.start()
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


def _summary(bot: Bot, only: Part | None) -> str:
    platforms = ", ".join(sorted(bot.delivering.senders))
    part = f" ({only} only)" if only else ""
    what = f"{len(bot.catalogue.enabled())} sources, platforms {platforms}, database {address(bot.settings.database_url).name}"
    return f"Regwatch runs{part}: {what}. Stop it with Ctrl-C."


async def deliver(settings: Settings) -> int:
    """Everything whose time has come is sent once; how many messages arrived."""
    async with AsyncExitStack() as stack:
        bot = await stack.enter_async_context(assembled(settings, partial(senders_of, settings, stack)))
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


async def talk(
    settings: Settings, user: str, place: str, words: str | None, say: Say, *, filled: Fields | None = None, **allowed: Any
) -> bool:
    """One command on the console, or a conversation; whether it could be carried out, which a conversation always is.

    `filled` is what stands in the form of the command, if it comes by form. `allowed` are fields of the Context that are other than usual.
    """
    async with assembled(settings, {"console": console_sender()}) as made:
        bot = replace(made, context=replace(made.context, **allowed))
        if words is not None:
            return await bot.answer(words, console.place(place), user, say, filled)
        await bot.converse(console.place(place), user, say)
        return True


async def exported(settings: Settings, user: str, place: str, words: str) -> str:
    """Watchlists of the console's workspace as the text of a pack."""
    async with memory(settings) as store, store.read() as tx:
        return await pack_exchange.exported(tx, console.request("packs export", console.place(place), user, now()), words)


async def trend(settings: Settings, user: str, place: str, words: str) -> tuple[trends.Asked, Trend]:
    """What is asked for, as the console's workspace means it, and its counts."""
    async with memory(settings) as store, store.read() as tx:
        context = Context(store=store, catalogue=catalogue_of(settings), query_limit=LONGEST)
        return await trends.counted(tx, console.request("trends", console.place(place), user, now()), words, context)


async def search(settings: Settings, words: str, limit: int, order: Order = "newest") -> list[tuple[Item, tuple[Evidence, ...]]]:
    """The first items that words find in the store as the console's workspace means them, newest or most relevant first, and why."""
    at = now()
    async with memory(settings) as store, store.read() as tx:
        query = parse(words, limit=LONGEST, own=await glossaries.of_workspace(tx, console.WORKSPACE))
        found = await index.find(tx, query, workspace=console.WORKSPACE, limit=limit, now=at, order=order)
        return [(item, holds(query, item, now=at) or ()) for item in found]
