"""Microsoft Teams: hears messages, buttons, comings and goings at /api/messages, and answers them.

A message is acknowledged before any work; what follows runs by itself, once per activity, however often Teams delivers it. A pressed
button wants its answer in the response, so it is waited for, but not for ever. Private answers are messages that only one person
sees, where the tenant allows them, else they come in the personal chat.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import Any, Protocol

import structlog
from starlette.requests import Request as WebRequest
from starlette.responses import JSONResponse, Response

from bot.cards import teams as adaptive_cards
from bot.cards import teams_forms
from bot.cards.card import Card, notice
from bot.cards.form import Option
from bot.errors import StoreTrouble
from bot.messages import again, keep, mark, say, speaking, speaking_to
from bot.model import Place
from bot.store import events, places
from handlers import answering, http_request, suspension, teams_extension, teams_gate, teams_wire
from handlers.after_ack import AfterAck
from handlers.http_request import Refused
from handlers.mistakes import not_carried_out, our_fault
from handlers.reply import Context, Reply, said_at_once
from handlers.teams_gate import Activity, Registration
from handlers.teams_keys import Keys, NoKeys
from handlers.teams_wire import Heard
from handlers.welcoming import welcome

log = structlog.get_logger()

PRESS_SECONDS = 8.0  # Teams itself gives up after 15
CARD_TYPE = "application/vnd.microsoft.card.adaptive"
MESSAGE_TYPE = "application/vnd.microsoft.activity.message"
OPENING = ("task/fetch", "composeExtension/fetchTask")
SENDING = ("task/submit", "composeExtension/submitAction")
TITLES = {"success": mark("Done"), "warning": mark("Not done"), "error": mark("Not done"), "info": mark("Regwatch")}
DEAD = mark("This button does nothing any more.")
# Two threads do for whatever load; a flood of forgeries then waits for itself, and not for what else runs in threads.
_CHECKERS = 2


class Answers(Protocol):
    """Ways to answer; each says "" once the card stands where it should, else why it does not."""

    async def say(self, place: Place, card: Card, thread: str = "") -> str:
        """To everybody in the place."""

    async def whisper(self, place: Place, card: Card, user: str, thread: str = "") -> str:
        """In the place, but so that only this person sees it."""

    async def say_alone(self, place: Place, card: Card, user: str) -> str:
        """In the personal chat of this person."""


class TeamsApp:
    """Teams as heard by one bot. `start()` when the loop runs, `endpoint` in the web app, `stop()` at the end."""

    def __init__(
        self,
        context: Context,
        clock: Callable[[], datetime],
        answers: Answers,
        registration: Registration,
        keys: Keys,
        *,
        targeted: bool = True,
        press_seconds: float = PRESS_SECONDS,
    ) -> None:
        """`targeted` says that messages only one person sees are tried before the personal chat.

        A pressed button is answered in its response within `press_seconds`, afterwards by a message.
        """
        self._context, self._clock, self._answers, self._keys = context, clock, answers, keys
        self._registration, self._targeted, self._press_seconds = registration, targeted, press_seconds
        self._after_ack = AfterAck("Teams")
        self._checkers = ThreadPoolExecutor(_CHECKERS, thread_name_prefix="teams-gate")

    def start(self) -> None:
        """Microsoft's keys are being asked for."""
        if not self._registration.anonymous:
            self._keys.warm()

    async def stop(self, patience: float = 5.0) -> None:
        """Requests under way had `patience` seconds to end, then were cancelled."""
        await self._keys.close()
        await self._after_ack.stop(patience)
        self._checkers.shutdown(wait=False, cancel_futures=True)

    async def endpoint(self, request: WebRequest) -> Response:
        """The answer to a request of Teams; 4xx for what is not genuine, and 503 while Microsoft's keys cannot be had."""
        try:
            activity = await self._admitted(request)
        except Refused as refusal:
            log.warning("Refused a request to the Teams address", reason=str(refusal), status=refusal.status)
            return Response(status_code=refusal.status)
        except NoKeys:
            return Response(status_code=503, headers={"Retry-After": "10"})
        if activity.type == "invoke":
            return await self._invoked(activity)
        self._hear(activity)
        return Response(status_code=200)

    async def _admitted(self, request: WebRequest) -> Activity:
        """The activity; its token is read first, so that a stranger's body is read only to be told apart."""
        loop = asyncio.get_running_loop()
        if self._registration.anonymous:
            body = await http_request.body(request, teams_gate.MOST_BYTES)
            return await loop.run_in_executor(self._checkers, teams_gate.admit_anonymous, body, self._registration)
        token = teams_gate.bearer(http_request.single(request))
        key = await self._keys.find(teams_gate.key_id(token))
        body = await http_request.body(request, teams_gate.MOST_BYTES)
        return await loop.run_in_executor(self._checkers, teams_gate.admit, token, key, body, self._registration)

    def _hear(self, activity: Activity) -> None:
        code = teams_wire.left(activity)
        if activity.type == "message":
            heard = teams_wire.message(activity, self._clock())
            if heard is not None:
                self._after_ack.begin(self._serve(heard), lambda: self._answer(heard, said_at_once(heard.request.place, our_fault)))
        elif code:
            self._after_ack.begin(self._leave(teams_wire.place(activity), code))
        elif teams_wire.joined(activity):
            self._after_ack.begin(self._join(activity))

    async def _serve(self, heard: Heard) -> None:
        """The request is carried out, if it is the first time we hear it, announced if it changed something, and answered."""
        reply = await self._carried_out(heard)
        if reply is not None:
            await self._answer(heard, reply)

    async def _carried_out(self, heard: Heard) -> Reply | None:
        """The reply, once everybody was told what they should know; None if the request was carried out before."""
        try:
            if not await self._first_time(heard):
                return None
            back = await suspension.back(heard.request.place, self._context, heard.request.now)
            reply = await answering.run(heard.request, self._context)
        except StoreTrouble as error:
            return said_at_once(heard.request.place, partial(not_carried_out, error))
        if back is not None:  # Teams says nothing when somebody unblocks the bot; that they write to it does
            await self._say(heard.request.place, back)
        trouble = await self._say(heard.request.place, reply.announce, heard.thread) if reply.announce is not None else ""
        if not trouble:
            return reply
        with speaking(reply.language):
            return reply.with_warning(say("I could not tell the others here about this change ({trouble}).", trouble=again(trouble)))

    async def _say(self, place: Place, card: Card, thread: str = "") -> str:
        trouble = await self._answers.say(place, card, thread)
        if trouble:
            log.warning("A message could not be posted", place=place.id, reason=trouble)
        return trouble

    async def _first_time(self, heard: Heard) -> bool:
        """Whether the activity is new; its place is known from now on, at the address it has now."""
        async with self._context.store.write() as tx:
            new = not heard.key or await events.first_time(tx, f"teams:{heard.key}", heard.request.now)
            if new:
                await places.ensure(tx, heard.request.place)
            return new

    async def _answer(self, heard: Heard, reply: Reply) -> None:
        """The person has the answer, where only they see it if it is private; at the very least they know where to ask again."""
        place, thread = heard.request.place, heard.thread
        if heard.request.personal or not reply.private:
            await self._say(place, reply.card, thread)
        else:
            await self._answer_alone(heard, reply.card)

    async def _answer_alone(self, heard: Heard, card: Card) -> None:
        place, trouble = heard.request.place, keep("not tried")
        if self._targeted or heard.targeted:
            trouble = await self._answers.whisper(place, card, heard.user, heard.thread)
        if trouble:
            trouble = await self._answers.say_alone(place, card, heard.user)
        if trouble:
            log.warning("A private answer could not be given", place=place.id, reason=trouble)
            await self._say(place, said_at_once(place, partial(_unreachable, heard)).card, heard.thread)

    async def _join(self, activity: Activity) -> None:
        """The place is known, takes messages again if it was suspended, and is welcomed if it is new to us."""
        place, now = teams_wire.place(activity), self._clock()
        try:
            card = await suspension.back(place, self._context, now)
            prefix = "" if teams_wire.is_personal(activity) else teams_wire.PREFIX
            card = card or await welcome(place, self._context, now, prefix)
        except StoreTrouble as error:
            log.warning("A place could not be welcomed", place=place.id, reason=error.sentence)
            return
        if card is not None:
            await self._say(place, card)

    async def _leave(self, place: Place, code: str) -> None:
        """Nothing is sent to the place until we are let in again; what it is owed is kept."""
        try:
            async with self._context.store.write() as tx:
                await suspension.gone(tx, place, code, self._clock())
        except StoreTrouble as error:
            log.warning("A place could not be suspended", place=place.id, reason=error.sentence)

    async def _invoked(self, activity: Activity) -> Response:
        """What Teams shows in the place of what was pressed; 501 for what we do not offer."""
        name, now = activity.name or "", self._clock()
        if name == "adaptiveCard/action":
            with speaking_to("", teams_wire.place(activity).locale):
                question = teams_wire.question(activity)
            return _shown(question) if question is not None else await self._pressed(teams_wire.press(activity, now))
        if name in OPENING:
            return await self._in_dialog(teams_wire.opened(activity, now))
        if name in SENDING:
            return await self._in_dialog(teams_wire.sent_off(activity, now))
        shown = await teams_extension.answer(name, activity.value, teams_wire.asked(activity, now), self._context)
        return Response(status_code=501) if shown is None else JSONResponse(shown)

    async def _pressed(self, heard: Heard | None) -> Response:
        """The answer to a pressed button takes the place of its card."""
        reply = say(DEAD) if heard is None else await self._soon(heard)
        return _told(reply) if isinstance(reply, str) else _shown(reply.card)

    async def _in_dialog(self, heard: Heard | None) -> Response:
        """The dialog shows the next form, or what was done."""
        reply = say(DEAD) if heard is None else await self._soon(heard)
        if heard is None or isinstance(reply, str):
            return JSONResponse({"task": {"type": "message", "value": reply}})
        if reply.form is None:
            return _dialog(say(TITLES[reply.card.tone]), teams_forms.said(reply.card))
        return _dialog(reply.form.title, teams_forms.dialog(reply.form, await self._choosable(heard.request.place)))

    async def _choosable(self, place: Place) -> tuple[Option, ...]:
        """The channels and chats there are to choose from; none when the database does not say."""
        try:
            async with self._context.store.read() as tx:
                return tuple(Option(value=one.channel, label=one.name) for one in await places.beside(tx, place))
        except StoreTrouble:
            return ()

    async def _soon(self, heard: Heard) -> Reply | str:
        """The reply to what wants its answer at once; when it takes long, it comes as a message, and a sentence says so."""
        found: asyncio.Future[Reply | None] = asyncio.get_running_loop().create_future()
        work = self._after_ack.begin(self._press(heard, found), lambda: self._answer(heard, said_at_once(heard.request.place, our_fault)))
        either: set[asyncio.Future[Any]] = {work, found}
        await asyncio.wait(either, timeout=self._press_seconds, return_when=asyncio.FIRST_COMPLETED)
        if not found.done():
            found.cancel()
            with speaking_to(heard.request.place.language, heard.request.place.locale):
                return (
                    say("Something went wrong on our side.") if work.done() else say("This takes a moment; the answer comes as a message.")
                )
        return found.result() or say("This was done already.")

    async def _press(self, heard: Heard, found: "asyncio.Future[Reply | None]") -> None:
        reply = await self._carried_out(heard)
        if not found.cancelled():
            found.set_result(reply)
        elif reply is not None:
            await self._answer(heard, reply)


def _dialog(title: str, card: dict[str, Any]) -> Response:
    shown = {"contentType": CARD_TYPE, "content": card}
    return JSONResponse({"task": {"type": "continue", "value": {"title": title, "width": "medium", "height": "large", "card": shown}}})


def _shown(card: Card) -> Response:
    return JSONResponse({"statusCode": 200, "type": CARD_TYPE, "value": adaptive_cards.adaptive(card)})


def _told(sentence: str) -> Response:
    return JSONResponse({"statusCode": 200, "type": MESSAGE_TYPE, "value": sentence})


def _unreachable(heard: Heard) -> Card:
    """What everybody may read when one person cannot be answered alone: nothing of what they asked."""
    who = f"@{heard.request.actor_name}" if heard.request.actor_name else say("Someone")
    return notice(
        say("{who} asked me something that I answer only in private, and I cannot write to them alone yet.", who=who),
        say("Add me to your own apps (Apps, Regwatch, Add), and ask there, where no @Regwatch is needed."),
        tone="warning",
    )
