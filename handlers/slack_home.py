"""The Home tab in Slack, and what is done from messages of others: known addresses unfold, shortcuts keep an item or watch a page."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.cards import alert, slack_views
from bot.cards import slack as block_kit
from bot.cards.card import Card, Section
from bot.errors import StoreTrouble
from bot.items.assessing import said, standing
from bot.store import assessments, events
from handlers import home, welcoming
from handlers.items import known
from handlers.mistakes import not_carried_out
from handlers.reply import Context, said_at_once
from handlers.slack_calls import TRANSPORT_ERRORS, code
from handlers.slack_wire import Heard, Payload, remembered

log = structlog.get_logger()

PAUSE = timedelta(minutes=30)
"""So long a known item is not unfolded again in a channel."""
MOST_LINKS = 2
_LINK = re.compile(r"<(https?://[^|>\s]+)(?:\|[^>]*)?>")


class Home:
    """The Home tabs and unfolded addresses of one installation."""

    def __init__(self, client: AsyncWebClient, context: Context) -> None:
        self._client, self._context = client, context

    async def publish(self, heard: Heard) -> None:
        """The person's Home tab shows what holds now; the request's last word is the page. Who opens it first is welcomed in their chat."""
        page = heard.request.words.rpartition(" ")[2]
        try:
            card = await home.home(heard.request, int(page) if page.isdecimal() else 1, self._context)
            greeting = await welcoming.welcome(heard.request.place, self._context, heard.request.now, "")
        except StoreTrouble as error:
            card, greeting = said_at_once(heard.request.place, partial(not_carried_out, error)).card, None
        try:
            await self._client.views_publish(user_id=heard.user, view=slack_views.home(card, remembered(heard.request)))
        except TRANSPORT_ERRORS as error:
            log.warning("A Home tab could not be shown", error=code(error))
        if greeting is not None:
            await self._greet(heard.channel, greeting)

    async def _greet(self, channel: str, card: Card) -> None:
        try:
            await self._client.chat_postMessage(channel=channel, text=block_kit.text(card), blocks=block_kit.blocks(card))
        except TRANSPORT_ERRORS as error:
            log.warning("A person could not be welcomed", error=code(error))

    async def unfold(self, heard: Heard, links: list[str], message: str) -> None:
        """Below a message with one or two addresses of known items stands what is known of them; not again within half an hour."""
        if len(links) > MOST_LINKS:
            return
        try:
            shown = {link: {"blocks": slack_views.blocks(card)} for link in links if (card := await self._of(heard, link)) is not None}
        except StoreTrouble as error:
            log.warning("An address could not be unfolded", reason=error.sentence)
            return
        if not shown:
            return
        try:
            await self._client.chat_unfurl(channel=heard.channel, ts=message, unfurls=shown)
        except TRANSPORT_ERRORS as error:
            log.warning("An address could not be unfolded", error=code(error))

    async def _of(self, heard: Heard, link: str) -> Card | None:
        request = heard.request
        async with self._context.store.write() as tx:
            item = await known(tx, link, request)
            if item is None or not await events.again(tx, f"unfolded:{request.place.id}:{item.id}", request.now, PAUSE):
                return None
            stands = said(standing(await assessments.of_item(tx, request.place.workspace, item.id)))
        status = (alert.status_line(stands),) if stands else ()
        return Card(sections=(Section(lines=(*alert.found(item, (), self._context.zones(item, request)), *status)),))


def links_of(payload: Payload) -> tuple[list[str], str]:
    """The addresses of a link_shared event, and the message that holds them."""
    event = payload.get("event") or {}
    given = event.get("links")
    links = [str(one.get("url")) for one in given if isinstance(one, dict) and one.get("url")] if isinstance(given, list) else []
    return list(dict.fromkeys(links)), str(event.get("message_ts") or "")


def of_shortcut(heard: Heard, payload: Payload) -> Heard:
    """The shortcut as the command it stands for, with the first address of the message."""
    message: Any = payload.get("message")
    text = str(message.get("text") or "") if isinstance(message, dict) else ""
    found = _LINK.search(text)
    link = found.group(1).replace("&amp;", "&") if found else next(_links_in(message), "")
    words = f"{heard.request.words} {link}".strip()
    return replace(heard, request=heard.request.model_copy(update={"words": words, "by_form": bool(link) and words.startswith("status")}))


def _links_in(part: Any) -> Iterator[str]:
    """The addresses in the blocks and attachments of a message, as apps post them, in their order; those of pictures are none."""
    for key, inner in part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ():
        if (
            key in ("url", "title_link", "from_url", "original_url")
            and isinstance(inner, str)
            and inner.startswith(("https://", "http://"))
        ):
            yield inner
        elif isinstance(inner, str):
            yield from (one.group(1).replace("&amp;", "&") for one in _LINK.finditer(inner))
        else:
            yield from _links_in(inner)
