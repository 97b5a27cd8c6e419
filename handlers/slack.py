"""Slack: hears commands, mentions, direct messages and buttons over Socket Mode or signed HTTP, and answers them.

Every request is acknowledged before any work. What follows runs as a task of ours: once per event, command or press, however often
Slack delivers it. Private answers go to the response_url, else as an ephemeral message, else as a direct message.
"""

import asyncio
import logging
import re
from collections.abc import Callable
from datetime import datetime
from functools import partial

import structlog
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.socket_mode.async_internals import send_async_response
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient
from starlette.requests import Request as WebRequest
from starlette.responses import Response

from bot.errors import StoreTrouble
from bot.messages import speaking
from bot.model import Place
from bot.slack_installs import OneToken, Tokens
from bot.store import events
from handlers import answering, http_request, slack_forms, slack_gate, slack_home, slack_uninstalled, slack_wire, suspension
from handlers.after_ack import AfterAck
from handlers.http_request import Refused
from handlers.mistakes import not_carried_out, not_installed, our_fault
from handlers.reply import Context, Reply, said_at_once
from handlers.slack_answers import Answering
from handlers.slack_calls import TRANSPORT_ERRORS, WorkspaceClient, code, quiet_logger, raise_if_refused, workspace
from handlers.slack_forms import Forms
from handlers.slack_home import Home
from handlers.slack_wire import Heard, Payload
from handlers.welcoming import welcome

log = structlog.get_logger()

ANYTHING = re.compile("")
SUBMISSION_PATIENCE = 1.2  # seconds; Slack waits 3 for the answer to a form, and the network has its part in them


class SlackApp:
    """Slack, heard over Socket Mode (`app_token`), signed HTTP (`signing_secret`) or both.

    It speaks in one workspace with a `token`, or wherever the bot is installed with those of `installs`.
    `start()` when the loop runs, `endpoint` in the web app, `stop()` at the end. Building it calls nothing.
    """

    def __init__(
        self,
        context: Context,
        clock: Callable[[], datetime],
        *,
        token: str = "",
        api_url: str,
        signing_secret: str = "",
        app_token: str = "",
        installs: Tokens | None = None,
    ) -> None:
        self._context = context
        self._clock = clock
        self._token, self._signing_secret, self._app_token = token, signing_secret, app_token
        self._tokens: Tokens = installs or OneToken(token)
        self._client = WorkspaceClient(self._tokens, api_url)
        self._app = self._bolt()
        self._socket: _Socket | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._after_ack = AfterAck("Slack")
        self._answering, self._forms = Answering(self._client), Forms(self._client)
        self._home = Home(self._client, context)
        self._bot_user = ""

    async def start(self) -> None:
        """Who we are is known and, with an app token, the socket is open or being opened. PlatformTrouble if Slack refuses a token."""
        if self._token:
            await self._identify()
        if self._app_token:
            url = await self._first_address()
            self._socket = _Socket(self._app, self._app_token, self._client, quiet_logger())
            self._socket.client.wss_uri = url
            self._connecting = asyncio.create_task(self._socket.open())

    async def stop(self, patience: float = 5.0) -> None:
        """No more requests come in; those under way had `patience` seconds to end, then were cancelled."""
        if self._connecting is not None and self._socket is not None:
            self._connecting.cancel()
            await self._socket.close()
        await self._after_ack.stop(patience)

    async def endpoint(self, request: WebRequest) -> Response:
        """The answer to a request of Slack over HTTP, within milliseconds; 4xx for what is not genuine, never 5xx."""
        try:
            body = await http_request.body(request, slack_gate.MOST_BYTES)
            if slack_gate.is_ssl_check(body):
                return Response(status_code=200)
            payload = slack_gate.admit(http_request.single(request), body, self._signing_secret, self._clock())
        except Refused as refusal:
            log.warning("Refused a request to the Slack address", reason=str(refusal), status=refusal.status)
            return Response(status_code=refusal.status)
        # Bolt takes a payload that is already verified and read in the form it has in Socket Mode.
        answer = await self._app.async_dispatch(AsyncBoltRequest(mode="socket_mode", body=payload))
        # Our listeners acknowledge before anything can fail: a 500 is Bolt stumbling over a payload Slack does not document.
        status = 400 if answer.status >= 500 else answer.status
        return Response(answer.body, status, headers=answer.first_headers_without_set_cookie())

    def _bolt(self) -> AsyncApp:
        app = AsyncApp(
            name="regwatch",
            logger=quiet_logger(),
            authorize=_no_token,
            request_verification_enabled=False,  # slack_gate has done it
            ssl_check_enabled=False,
        )
        app.command(ANYTHING)(self._on_command)
        app.event(ANYTHING)(self._on_event)
        app.action(ANYTHING)(self._on_action)
        app.view(ANYTHING)(self._on_submission)
        app.shortcut(ANYTHING)(self._on_shortcut)
        for kind in (app.view_closed, app.options):
            kind(ANYTHING)(self._on_other)
        return app

    async def _identify(self) -> None:
        try:
            answer = await self._client.auth_test()
        except SlackApiError as error:
            raise_if_refused(error, "bot token", "REGWATCH_SLACK_BOT_TOKEN")
            log.warning("Slack did not say who we are", error=code(error))
        except TRANSPORT_ERRORS as error:
            log.warning("Slack cannot be reached yet", error=type(error).__name__)
        else:
            self._bot_user, self._answering.bot_name = str(answer.get("user_id") or ""), str(answer.get("user") or "Regwatch")
            await self._renew(str(answer.get("team_id") or ""))

    async def _renew(self, team: str) -> None:
        try:
            await suspension.renewed("slack", team, self._context, self._clock())
        except StoreTrouble as error:
            log.warning("Places of this workspace could not be resumed", reason=error.sentence)

    async def _first_address(self) -> str | None:
        """The address of the first socket; None when Slack cannot be reached, which the socket client then tries again by itself."""
        try:
            answer = await self._client.apps_connections_open(app_token=self._app_token)
            return str(answer["url"])
        except SlackApiError as error:
            raise_if_refused(error, "app-level token", "REGWATCH_SLACK_APP_TOKEN")
            log.warning("Slack gave no address for Socket Mode yet", error=code(error))
        except TRANSPORT_ERRORS as error:
            log.warning("Slack cannot be reached yet", error=type(error).__name__)
        return None

    async def _on_command(self, ack: AsyncAck, body: Payload) -> None:
        await ack()
        self._begin(slack_wire.command(body, self._clock()))

    async def _on_event(self, ack: AsyncAck, body: Payload) -> None:
        await ack()
        word = slack_uninstalled.read(body)
        if word is not None:
            self._after_ack.begin(slack_uninstalled.act(word, self._tokens, self._context, self._clock()))
        place = slack_wire.back(body, self._bot_user)
        if place is not None:
            workspace.set(place.workspace)
            self._after_ack.begin(self._welcome(place, joined=slack_wire.is_join(body)))
        self._look(body)
        self._begin(slack_wire.message(body, self._clock(), self._bot_user))

    def _look(self, body: Payload) -> None:
        """Whoever opened the Home tab sees it; known addresses that were posted unfold."""
        opened, shared = slack_wire.home(body, self._clock()), slack_wire.shared(body, self._clock())
        if opened is not None:
            workspace.set(opened.request.place.workspace)
            self._after_ack.begin(self._home.publish(opened))
        if shared is not None:
            workspace.set(shared.request.place.workspace)
            self._after_ack.begin(self._home.unfold(shared, *slack_home.links_of(body)))

    async def _on_action(self, ack: AsyncAck, body: Payload) -> None:
        await ack()
        heard = slack_wire.changed(body, self._clock()) or slack_wire.button(body, self._clock())
        if heard is not None and heard.view and heard.view.is_home and heard.request.words.split()[0] == "home":
            workspace.set(heard.request.place.workspace)
            self._after_ack.begin(self._home.publish(heard))
            return
        self._begin(heard)

    async def _on_shortcut(self, ack: AsyncAck, body: Payload) -> None:
        await ack()
        heard = slack_wire.shortcut(body, self._clock())
        self._begin(slack_home.of_shortcut(heard, body) if heard else None)

    async def _on_submission(self, ack: AsyncAck, body: Payload) -> None:
        """A form is answered in its acknowledgement if that is in time, else in the modal itself."""
        heard = slack_wire.submission(body, self._clock())
        if heard is None:
            await ack()
            return
        workspace.set(heard.request.place.workspace)
        work = self._after_ack.keep(self._carried_out(heard))
        done, _ = await asyncio.wait({work}, timeout=SUBMISSION_PATIENCE)
        if not done:
            await ack(**slack_forms.wait())
            self._after_ack.begin(self._late(heard, work), lambda: self._sorry(heard))
        elif self._after_ack.has_fallen(work):
            await ack(**slack_forms.response(heard, said_at_once(heard.request.place, our_fault), body["view"]))
        else:
            await ack(**slack_forms.response(heard, work.result(), body["view"]))

    async def _on_other(self, ack: AsyncAck) -> None:
        await ack()

    def _begin(self, heard: Heard | None) -> None:
        if heard is not None:
            workspace.set(heard.request.place.workspace)
            self._after_ack.begin(self._serve(heard), lambda: self._sorry(heard))

    async def _serve(self, heard: Heard) -> None:
        """The request is carried out, announced if it changed something, and answered: in a modal if that is asked for."""
        work = self._after_ack.keep(self._carried_out(heard))
        opened = ""
        if heard.trigger and heard.view is None and answering.may_open_form(heard.request, self._context):
            opened = await self._forms.begin(heard, work)
        reply = await work
        if reply is not None:
            await self._tell(heard, reply, opened)

    async def _tell(self, heard: Heard, reply: Reply, opened: str) -> None:
        if not await self._forms.show(heard, reply, opened):
            await self._answering.answer(heard, reply)

    async def _sorry(self, heard: Heard) -> None:
        await self._tell(heard, said_at_once(heard.request.place, our_fault), "")

    async def _late(self, heard: Heard, work: "asyncio.Task[Reply | None]") -> None:
        """A form whose work took longer than Slack waits shows at last what came of it."""
        reply = await work
        if reply is not None:
            await self._forms.late(heard, reply)

    async def _carried_out(self, heard: Heard) -> Reply | None:
        """What came of the request, announced if it changed something; None if it was heard before."""
        try:
            # What is only looked at does no harm the second time.
            looks = heard.request.filled is not None and not heard.request.filled.done
            if heard.key and not looks and not await self._first_time(heard):
                return None
            if not await self._tokens.heard(heard.request.place.workspace, heard.enterprise):
                return said_at_once(heard.request.place, not_installed)
            heard = await self._answering.with_names(heard)
            reply = await answering.run(heard.request, self._context)
        except StoreTrouble as error:
            reply = said_at_once(heard.request.place, partial(not_carried_out, error))
        thread = heard.thread or heard.message if reply.in_thread else ""
        with speaking(reply.language):
            warning = await self._answering.announce(heard, reply.announce, thread) if reply.announce is not None else None
        return reply if warning is None else reply.with_warning(warning)

    async def _welcome(self, place: Place, *, joined: bool) -> None:
        """A channel that takes messages again hears so once, and gets what it missed; a new one that we `joined` hears how to begin."""
        try:
            card = await suspension.back(place, self._context, self._clock())
            if card is None and joined:
                card = await welcome(place, self._context, self._clock(), slack_wire.PREFIX)
        except StoreTrouble as error:
            log.warning("A channel could not be resumed", place=place.id, reason=error.sentence)
            return
        if card is not None:
            try:
                await self._answering.post(place.channel, card)
            except TRANSPORT_ERRORS as error:
                log.warning("A channel could not be told that we are here", place=place.id, error=code(error))

    async def _first_time(self, heard: Heard) -> bool:
        async with self._context.store.write() as tx:
            return await events.first_time(tx, f"slack:{heard.key}", heard.request.now)


async def _no_token(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
    """Bolt gets no token and asks nobody for one, so that an acknowledgement waits for nothing; WorkspaceClient has it."""
    return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id)


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
