"""Delivery through a Teams workflow: one POST to a secret address that posts the card in a channel. It sends, and hears nothing.

For tenants that allow no custom bots: "Post to a channel when a webhook request is received" (learn.microsoft.com/microsoftteams/
platform/webhooks-and-connectors/how-to/add-incoming-webhook). A workflow gives no id of the message, cannot change it and takes no key.
"""

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from urllib.parse import urlsplit

from bot.cards import teams
from bot.cards.card import Card
from bot.deliver.outbox import Found, Gone, Later, Outcome, Refused, Sent, Unclear
from bot.errors import SettingsError
from bot.messages import keep
from bot.model import Place, Word

CARD_TYPE = "application/vnd.microsoft.card.adaptive"
MOST_BYTES = 20 * 1024
"""Of the request in UTF-8; its documented limit is 28 KB, and some tenants were seen to refuse less."""

# Where Microsoft runs workflows; a name that anybody else can register does not end like this.
_HOSTS = re.compile(r"[a-z0-9.-]+\.(logic\.azure\.com|api\.powerplatform\.com|powerautomate\.com|flow\.microsoft\.com)")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}", re.IGNORECASE)
_BUSY = {408, 412, 429}
# The workflow was deleted, switched off, or has another secret now.
_GONE = {401, 403, 404, 410}


class Answer(Word):
    """What came of a POST: `status` is that of HTTP, None if there was none; `left` says that it may have arrived nevertheless."""

    status: int | None = None
    left: bool = True
    retry_after: float = 0.0
    reason: str = ""


Post = Callable[[str, bytes], Awaitable[Answer]]
"""Posts JSON to an address, once."""


def addresses(text: str, is_permitted: Callable[[str], bool]) -> dict[str, str]:
    """The workflows' addresses by the names of their channels, from `name=address …`; SettingsError for what is none.

    Besides Microsoft's an address may be used that `is_permitted`.
    """
    found: dict[str, str] = {}
    for given in text.split():
        name, sign, url = given.partition("=")
        if not sign or not _NAME.fullmatch(name) or name.casefold() in found:
            raise SettingsError(
                "REGWATCH_TEAMS_WORKFLOWS is not usable: it wants name=address pairs with blanks between them, each name once.",
                hint="For example: regulatory=https://…logic.azure.com/… (names of letters, digits, - and _).",
            )
        if not (_is_workflow(url) or is_permitted(url)):
            raise SettingsError(
                f"The address of the workflow {name} is not one of Microsoft's.",
                hint="Copy it from the workflow: https://….logic.azure.com/… or https://….api.powerplatform.com/…",
            )
        found[name.casefold()] = url
    return found


def place(name: str, workspace: str) -> Place:
    """The channel behind the workflow of that name, as a place of the workspace; its address stays in the settings."""
    return Place(id=f"workflow:{workspace}:{name}", platform="workflow", workspace=workspace, channel=name, name=f"#{name}")


class WorkflowSender:
    """Posts cards to the workflows of these addresses, by the name of their channel."""

    def __init__(self, addresses: Mapping[str, str], post: Post) -> None:
        self._addresses, self._post = addresses, post

    async def send(self, place: Place, card: Card, delivery_id: str, thread: str = "") -> Outcome:  # noqa: ARG002 - has no threads
        """Post the card once. The reference is the delivery's own id, as a workflow gives none."""
        url = self._addresses.get(place.channel)
        if url is None:
            return Gone(code="workflow_not_set")
        answer = await self._post(url, body(card))
        if answer.status is None:
            return Unclear(reason=answer.reason) if answer.left else Later(seconds=0, reason=answer.reason)
        if 200 <= answer.status < 300:
            return Sent(reference=delivery_id)
        return _refusal(answer.status, answer)

    async def refresh(self, place: Place, card: Card, reference: str, delivery_id: str) -> Outcome:  # noqa: ARG002 - as all senders
        """Refused always: what a workflow posted stays as it was."""
        return Refused(code=keep("a workflow cannot change what it posted"))

    async def find(self, place: Place, delivery_id: str, since: datetime, thread: str = "") -> Found:  # noqa: ARG002 - as all senders
        """Unclear always: a workflow tells nothing of what it posted."""
        return Unclear(reason=keep("a workflow cannot read back what it posted"))


def body(card: Card) -> bytes:
    """The request that has the card posted: buttons that only a bot could answer are left out."""
    sections = tuple(
        one.model_copy(update={"buttons": tuple(button for button in one.buttons if button.url is not None)}) for one in card.sections
    )
    content = teams.adaptive(card.model_copy(update={"sections": sections}), most=MOST_BYTES, encoding="utf-8")
    message = {"type": "message", "summary": teams.text(card)[:200], "attachments": [{"contentType": CARD_TYPE, "content": content}]}
    return json.dumps(message, ensure_ascii=False).encode("utf-8", "replace")


def _refusal(status: int, answer: Answer) -> Outcome:
    if status in _BUSY:
        return Later(seconds=answer.retry_after, reason=keep("the workflow asked us to wait (HTTP {status})", status=status))
    if status in _GONE:
        return Gone(code=f"workflow_http_{status}")
    return (
        Refused(code=f"HTTP {status}") if status < 500 else Unclear(reason=keep("the workflow answered with HTTP {status}", status=status))
    )


def _is_workflow(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    return parts.scheme == "https" and port in (None, 443) and "@" not in parts.netloc and _HOSTS.fullmatch(host) is not None
