"""Forms in Slack: a modal is opened while its trigger lives, shows what an answer says, and says beside a field what is wrong there."""

import asyncio
from typing import Any

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.cards import slack_views
from bot.cards.card import Card
from bot.cards.slack_views import View
from bot.messages import mark, say, speaking
from handlers.reply import Reply
from handlers.slack_calls import TRANSPORT_ERRORS, code
from handlers.slack_wire import Heard, remembered

log = structlog.get_logger()

PATIENCE = 1.0  # seconds to wait for the form itself; a trigger lives 3 seconds
TITLES = {"success": mark("Done"), "warning": mark("Not done"), "error": mark("Not done"), "info": mark("Regwatch")}

Response = dict[str, Any]


class Forms:
    """The modals of one workspace."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client

    async def begin(self, heard: Heard, carrying_out: "asyncio.Task[Any]") -> str:
        """When the answer is not there in a moment, a modal that says so is open; its id, else ""."""
        await asyncio.wait({carrying_out}, timeout=PATIENCE)
        return "" if carrying_out.done() else await self._open(heard, slack_views.waiting())

    async def show(self, heard: Heard, reply: Reply, opened: str = "") -> bool:
        """Whether the answer stands in a modal: in the one that was `opened` for it, in the one it was asked in, or in a new one."""
        view = _view(heard, reply)
        asked_in = heard.view.id if heard.view and not heard.view.is_home else ""
        if opened:
            return await self._update(view, opened)
        if asked_in and heard.request.by_form and heard.view and heard.view.form and reply.form:
            return bool(await self._open(heard, view, on_top=True))
        if asked_in:
            return await self._update(view, asked_in, heard.view.hash if heard.view and heard.request.filled else "")
        if reply.form or heard.view:
            return bool(heard.trigger) and bool(await self._open(heard, view))
        return False

    async def late(self, heard: Heard, reply: Reply) -> None:
        """The modal that was told to wait shows the answer."""
        if heard.view is not None:
            await self._update(_view(heard, reply), heard.view.id)

    async def _open(self, heard: Heard, view: View, *, on_top: bool = False) -> str:
        try:
            method = self._client.views_push if on_top else self._client.views_open
            answer = await method(trigger_id=heard.trigger, view=view)
        except TRANSPORT_ERRORS as error:
            log.warning("A modal could not be opened", error=code(error))
            return ""
        return str((answer.get("view") or {}).get("id") or "")

    async def _update(self, view: View, view_id: str, version: str = "") -> bool:
        """Whether the modal shows this now, or something newer."""
        try:
            await self._client.views_update(view_id=view_id, view=view, hash=version or None)
        except TRANSPORT_ERRORS as error:
            log.warning("A modal could not be brought up to date", error=code(error))
            return code(error) == "hash_conflict"
        return True


def response(heard: Heard, reply: Reply | None, sent: dict[str, Any]) -> Response:
    """The answer to a form that was sent off as `sent`: errors beside its fields, the next form, or what was done; None closes it."""
    if reply is None:
        return {}
    if reply.form is not None:
        errors = slack_views.named(reply.form.errors, sent)
        if errors and len(errors) == len(reply.form.errors):
            return {"response_action": "errors", "errors": errors}
    return {"response_action": "update", "view": _view(heard, reply)}


def wait() -> Response:
    """The answer to a form whose work takes longer than Slack waits."""
    return {"response_action": "update", "view": slack_views.waiting()}


def said(heard: Heard, card: Card) -> View:
    """A card as a modal."""
    return slack_views.shown(card, say(TITLES[card.tone]), remembered(heard.request))


def _view(heard: Heard, reply: Reply) -> View:
    with speaking(reply.language):
        return slack_views.modal(reply.form, remembered(heard.request)) if reply.form else said(heard, reply.card)
