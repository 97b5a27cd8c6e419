"""Slack: hears commands, mentions, direct messages and buttons over Socket Mode or signed HTTP, and answers them.

Every request is acknowledged before any work. What follows runs as a task of ours: once per event, command or press, however often
Slack delivers it. Private answers go to the response_url, else as an ephemeral message, else as a direct message.
"""

import asyncio
import logging
import re
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

import aiohttp
import structlog
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.socket_mode.async_internals import send_async_response
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient
from starlette.requests import ClientDisconnect
from starlette.requests import Request as WebRequest
from starlette.responses import Response

from bot.cards import slack as block_kit
from bot.cards.card import Card, Section, line, notice
from bot.errors import PlatformTrouble, StoreTrouble
from bot.model import Place
from bot.store import events
from handlers import commands, returning, slack_gate, slack_wire
from handlers.mistakes import not_carried_out
from handlers.reply import Context, Reply
from handlers.slack_gate import Refused
from handlers.slack_wire import Heard, Payload

log = structlog.get_logger()

TIMEOUT = 10  # seconds for one call to Slack
ANYTHING = re.compile("")
TRANSPORT_ERRORS = (SlackClientError, aiohttp.ClientError, TimeoutError, ValueError)
REFUSED_TOKENS = frozenset(
    {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "no_permission", "not_allowed_token_type"}
)
SORRY = notice(
    "Something went wrong on our side, and it is not your fault.",
    "See with `watch list` and `subscriptions` what holds; then please tell the person who runs Regwatch, whose log says more.",
    tone="error",
)
NOT_IN_CHANNEL = frozenset({"not_in_channel", "channel_not_found"})


class SlackApp:
    """One workspace's Slack, heard with a bot token over Socket Mode (`app_token`), signed HTTP (`signing_secret`) or both.

    `start()` when the loop runs, `endpoint` in the web app, `stop()` at the end. Building it calls nothing.
    """

    def __init__(
        self,
        context: Context,
        clock: Callable[[], datetime],
        *,
        token: str,
        api_url: str,
        signing_secret: str = "",
        app_token: str = "",
    ) -> None:
        self._context = context
        self._clock = clock
        self._token, self._signing_secret, self._app_token = token, signing_secret, app_token
        self._quiet = _quiet_logger()
        self._client = self._web_client(token, api_url)
        self._app = self._bolt(api_url)
        self._socket: _Socket | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._work: set[asyncio.Task[None]] = set()
        self._names: dict[str, str] = {}
        self._bot_user, self._bot_name = "", "Regwatch"

    async def start(self) -> None:
        """Who we are is known and, with an app token, the socket is open or being opened. PlatformTrouble if Slack refuses a token."""
        await self._identify()
        if self._app_token:
            url = await self._first_address()
            self._socket = _Socket(self._app, self._app_token, self._client, self._quiet)
            self._socket.client.wss_uri = url
            self._connecting = asyncio.create_task(self._socket.open())

    async def stop(self, patience: float = 5.0) -> None:
        """No more requests come in; those under way had `patience` seconds to end, then were cancelled."""
        if self._connecting is not None and self._socket is not None:
            self._connecting.cancel()
            await self._socket.close()
        late: set[asyncio.Task[None]] = set()
        if self._work:
            _, late = await asyncio.wait(self._work, timeout=patience)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def endpoint(self, request: WebRequest) -> Response:
        """The answer to a request of Slack over HTTP, within milliseconds; 4xx for what is not genuine, never 5xx."""
        try:
            body = await _body(request)
            if slack_gate.is_ssl_check(body):
                return Response(status_code=200)
            payload = slack_gate.admit(_single(request), body, self._signing_secret, self._clock())
        except Refused as refusal:
            log.warning("Refused a request to the Slack address", reason=str(refusal), status=refusal.status)
            return Response(status_code=refusal.status)
        # Bolt takes a payload that is already verified and read in the form it has in Socket Mode.
        answer = await self._app.async_dispatch(AsyncBoltRequest(mode="socket_mode", body=payload))
        # Our listeners acknowledge before anything can fail: a 500 is Bolt stumbling over a payload Slack does not document.
        status = 400 if answer.status >= 500 else answer.status
        return Response(answer.body, status, headers=answer.first_headers_without_set_cookie())

    def _web_client(self, token: str | None, api_url: str) -> AsyncWebClient:
        # Only a refusal for haste is tried again by the library: after a lost answer it would post twice.
        patient = AsyncRateLimitErrorRetryHandler(max_retry_count=1)
        return AsyncWebClient(token=token, base_url=api_url, timeout=TIMEOUT, retry_handlers=[patient], logger=self._quiet)

    def _bolt(self, api_url: str) -> AsyncApp:
        app = AsyncApp(
            name="regwatch",
            logger=self._quiet,
            client=self._web_client(None, api_url),
            authorize=_always(self._token),
            request_verification_enabled=False,  # slack_gate has done it
            ssl_check_enabled=False,
        )
        app.command(ANYTHING)(self._on_command)
        app.event(ANYTHING)(self._on_event)
        app.action(ANYTHING)(self._on_action)
        for kind in (app.shortcut, app.view, app.view_closed, app.options):
            kind(ANYTHING)(self._on_other)
        return app

    async def _identify(self) -> None:
        try:
            answer = await self._client.auth_test()
        except SlackApiError as error:
            raise_if_refused(error, "bot token", "REGWATCH_SLACK_BOT_TOKEN")
            log.warning("Slack did not say who we are", error=_code(error))
        except TRANSPORT_ERRORS as error:
            log.warning("Slack cannot be reached yet", error=type(error).__name__)
        else:
            self._bot_user, self._bot_name = str(answer.get("user_id") or ""), str(answer.get("user") or "Regwatch")
            await self._renew(str(answer.get("team_id") or ""))

    async def _renew(self, team: str) -> None:
        try:
            await returning.renewed("slack", team, self._context)
        except StoreTrouble as error:
            log.warning("Places of this workspace could not be resumed", reason=error.sentence)

    async def _first_address(self) -> str | None:
        """The address of the first socket; None when Slack cannot be reached, which the socket client then tries again by itself."""
        try:
            answer = await self._client.apps_connections_open(app_token=self._app_token)
            return str(answer["url"])
        except SlackApiError as error:
            raise_if_refused(error, "app-level token", "REGWATCH_SLACK_APP_TOKEN")
            log.warning("Slack gave no address for Socket Mode yet", error=_code(error))
        except TRANSPORT_ERRORS as error:
            log.warning("Slack cannot be reached yet", error=type(error).__name__)
        return None

    async def _on_command(self, ack: AsyncAck, body: Payload) -> None:
        await ack()
        self._begin(slack_wire.command(body, self._clock()))

    async def _on_event(self, ack: AsyncAck, body: Payload) -> None:
        await ack()
        place = slack_wire.back(body, self._bot_user)
        if place is not None:
            self._run(self._welcome_back(place), _logged_bug)
        self._begin(slack_wire.message(body, self._clock(), self._bot_user))

    async def _on_action(self, ack: AsyncAck, body: Payload) -> None:
        await ack()
        self._begin(slack_wire.button(body, self._clock()))

    async def _on_other(self, ack: AsyncAck) -> None:
        await ack()

    def _begin(self, heard: Heard | None) -> None:
        if heard is not None:
            self._run(self._serve(heard), partial(self._fell, heard))

    def _run(self, work: Coroutine[Any, Any, None], ended: Callable[["asyncio.Task[None]"], object]) -> None:
        task = asyncio.create_task(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)
        task.add_done_callback(ended)

    def _fell(self, heard: Heard, task: "asyncio.Task[None]") -> None:
        """After a bug of ours the person is told; the log has its kind and place, for its text could hold what they wrote."""
        if _logged_bug(task):
            self._run(self._answer(heard, Reply(card=SORRY)), _logged_bug)

    async def _serve(self, heard: Heard) -> None:
        """The request is carried out, if it is the first time we hear it, announced if it changed something, and answered."""
        try:
            if heard.key and not await self._first_time(heard):
                return
            heard = await self._with_name(heard)
            reply = await commands.run(heard.request, self._context)
        except StoreTrouble as error:
            reply = Reply(card=not_carried_out(error))
        warning = await self._announce(heard, reply.announce) if reply.announce is not None else None
        await self._answer(heard, reply if warning is None else _with_warning(reply, warning))

    async def _welcome_back(self, place: Place) -> None:
        """A channel that takes messages again hears so, and gets what it missed; only one that was suspended, so only once."""
        try:
            card = await returning.back(place, self._context, self._clock())
        except StoreTrouble as error:
            log.warning("A channel could not be resumed", place=place.id, reason=error.sentence)
            return
        if card is not None:
            try:
                await self._client.chat_postMessage(channel=place.channel, **_content(card), unfurl_links=False, unfurl_media=False)
            except TRANSPORT_ERRORS as error:
                log.warning("A channel could not be told that alerts come again", place=place.id, error=_code(error))

    async def _first_time(self, heard: Heard) -> bool:
        async with self._context.store.write() as tx:
            return await events.first_time(tx, f"slack:{heard.key}", heard.request.now)

    async def _with_name(self, heard: Heard) -> Heard:
        """Events tell only a user's id; in a channel an announcement needs the name."""
        request = heard.request
        if request.actor_name or request.personal or not heard.user:
            return heard
        if heard.user not in self._names:
            self._names[heard.user] = await self._name_of(heard.user)
        return replace(heard, request=request.model_copy(update={"actor_name": self._names[heard.user]}))

    async def _name_of(self, user: str) -> str:
        try:
            answer = await self._client.users_info(user=user)
        except TRANSPORT_ERRORS:
            return ""
        found = answer.get("user") or {}
        return str((found.get("profile") or {}).get("display_name") or found.get("name") or "")

    async def _announce(self, heard: Heard, card: Card) -> str | None:
        """Everybody in the channel was told; a sentence for the person if we cannot post there on our own."""
        try:
            await self._client.chat_postMessage(channel=heard.channel, **_content(card), unfurl_links=False, unfurl_media=False)
        except SlackApiError as error:
            told = bool(heard.response_url) and await self._respond(heard.response_url, card, response_type="in_channel")
            log.warning("An announcement could not be posted", error=_code(error), told_otherwise=told)
            if _code(error) in NOT_IN_CHANNEL:
                return f"I am not in this channel, so I cannot post alerts here yet. Invite me: /invite @{self._bot_name}"
            return None if told else "I could not tell the channel about this change."
        except TRANSPORT_ERRORS as error:
            log.warning("An announcement could not be posted", error=type(error).__name__)
            return "I could not tell the channel about this change."
        return None

    async def _answer(self, heard: Heard, reply: Reply) -> None:
        """The person has the answer: by the response_url, else in the chat itself, else as a direct message."""
        kind = "ephemeral" if reply.private else "in_channel"
        if heard.response_url and await self._respond(heard.response_url, reply.card, response_type=kind, replace=heard.replaces):
            return
        content, thread = _content(reply.card), heard.thread or None
        ways: list[Callable[[], Coroutine[Any, Any, Any]]] = []
        if heard.request.personal or not reply.private:
            ways.append(lambda: self._client.chat_postMessage(channel=heard.channel, thread_ts=thread, **content))
        else:
            ways.append(lambda: self._client.chat_postEphemeral(channel=heard.channel, user=heard.user, thread_ts=thread, **content))
        ways.append(lambda: self._client.chat_postMessage(channel=heard.user, **content))
        for way in ways:
            try:
                await way()
            except TRANSPORT_ERRORS as error:
                log.warning("An answer could not be given this way", error=_code(error))
            else:
                return

    async def _respond(self, url: str, card: Card, *, response_type: str, replace: bool = False) -> bool:
        """Whether Slack took the answer; a response_url can be used 5 times within 30 minutes."""
        hook = AsyncWebhookClient(url, timeout=TIMEOUT, retry_handlers=[], logger=self._quiet)
        try:
            answer = await hook.send(**_content(card), response_type=response_type, replace_original=replace)
        except TRANSPORT_ERRORS as error:
            log.warning("A response_url did not work", error=type(error).__name__)
            return False
        return answer.status_code == 200


def _always(token: str) -> Callable[..., Coroutine[Any, Any, AuthorizeResult]]:
    """One token for everybody; nothing is asked of Slack, so that an acknowledgement never waits for it."""

    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token=token)

    return authorize


class _Socket(AsyncSocketModeHandler):
    """Bolt's Socket Mode handler, which here also refuses a payload of a shape Slack does not document."""

    def __init__(self, app: AsyncApp, app_token: str, client: AsyncWebClient, logger: logging.Logger) -> None:
        super().__init__(app, app_token, logger=logger, web_client=client)

    async def open(self) -> None:
        """Connected; tried again for ever while Slack cannot be reached."""
        await self.connect_async()  # type: ignore[no-untyped-call] # Bolt gives it no types

    async def close(self) -> None:
        """Nothing more is heard."""
        await self.close_async()  # type: ignore[no-untyped-call] # Bolt gives it no types

    async def handle(self, client: SocketModeClient, req: SocketModeRequest) -> None:  # type: ignore[override] # as Bolt itself does
        try:
            payload = slack_gate.shaped(req.payload)
        except Refused as refusal:
            log.warning("Refused an envelope from Slack", reason=str(refusal))
            return
        answer = await self.app.async_dispatch(AsyncBoltRequest(mode="socket_mode", body=payload))
        await send_async_response(client, req, answer, 0.0)


def raise_if_refused(error: SlackApiError, what: str, variable: str) -> None:
    """PlatformTrouble when Slack says that a token will never do."""
    if _code(error) in REFUSED_TOKENS:
        raise PlatformTrouble(
            f"Slack refused the {what}: {_code(error)}.", hint=f"Copy it again from the app's settings into {variable}."
        ) from None


def _code(error: Exception) -> str:
    """Slack's own word for what went wrong, or the kind of error; never its text."""
    if isinstance(error, SlackApiError):
        return str(error.response.get("error") or "no reason given")
    return type(error).__name__


def _content(card: Card) -> dict[str, Any]:
    return {"text": block_kit.text(card), "blocks": block_kit.blocks(card)}


def _with_warning(reply: Reply, warning: str) -> Reply:
    card = reply.card.model_copy(update={"sections": (*reply.card.sections, Section(lines=(line(warning),)))})
    return reply.model_copy(update={"card": card})


async def _body(request: WebRequest) -> bytes:
    """The body, read no further than is allowed."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > slack_gate.MOST_BYTES:
                raise Refused(413, "the body is too large")
    except ClientDisconnect:
        raise Refused(400, "the body broke off") from None
    return bytes(body)


def _single(request: WebRequest) -> Mapping[str, str]:
    """The headers; one that is given twice counts as absent, since two readers could take different ones."""
    return {name: request.headers[name] for name in request.headers if len(request.headers.getlist(name)) == 1}


def _logged_bug(task: "asyncio.Task[None]") -> bool:
    error = None if task.cancelled() else task.exception()
    if error is not None:
        log.error("A request from Slack failed by our fault", error=type(error).__name__, where=_where(error))
    return error is not None


def _where(error: BaseException) -> str:
    """File and line in our code where the error rose."""
    trace, where = error.__traceback__, ""
    while trace is not None:
        where = f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}"
        trace = trace.tb_next
    return where


class _Discreet(logging.Filter):
    """Slack's libraries log whole payloads, addresses with tickets and tracebacks; of their records only the kind and place remain."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        said = str(record.msg).split("(")[0].split(":")[0].strip()[:80]
        record.msg, record.args, record.exc_info = said + (f" ({type(error).__name__})" if error else ""), (), None
        return True


def _quiet_logger() -> logging.Logger:
    logger = logging.getLogger("regwatch.slack_library")
    logger.setLevel(logging.WARNING)
    if not logger.filters:
        logger.addFilter(_Discreet())
    return logger
