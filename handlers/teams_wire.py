"""What a person did in Teams → a Request and where the answer goes; mentions and entities are taken out here. Pure.

Activities: https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/conversation-basics (messages),
…/conversations/subscribe-to-conversation-events (comings and goings), …/cards/universal-actions-for-adaptive-cards (buttons).
"""

import html
import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.cards import plain, teams_forms
from bot.cards.card import Button, Card, notice
from bot.messages import say
from bot.model import Place
from handlers.grammar import Request
from handlers.teams_gate import Activity

PREFIX = "@Regwatch "
# The commands of the message extension that open a dialog, and what they stand for.
ONLY_FORM = "watch add"
FROM_EXTENSION = {"watch": ONLY_FORM}
# What stands in the text where a person named someone.
_AT = re.compile(r"<at(?:\s[^<>]*)?>(.*?)</at>", re.IGNORECASE | re.DOTALL)

_LOCALE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}")


@dataclass(frozen=True)
class Heard:
    """A request, what makes it this one and no other (`key`, "" if Teams gave nothing), and where its answer goes.

    `thread` is the message it stands below, which only channels have. `targeted` says that only this person saw what they wrote.
    """

    request: Request
    key: str
    user: str
    thread: str = ""
    targeted: bool = False


def message(activity: Activity, now: datetime) -> Heard | None:
    """A message to the bot, or what a form on a card sends as one; None for what holds neither."""
    if not activity.sender.id or activity.sender.id == activity.recipient.id:
        return None
    pressed = _words(activity.value)
    if pressed or activity.text is not None:
        return _heard(activity, pressed or _typed(activity), now)
    return None


def press(activity: Activity, now: datetime) -> Heard | None:
    """A pressed button that stands for a command; None for one that is not ours."""
    return _by(activity, _words(_data(activity)), now)


def _by(activity: Activity, words: str, now: datetime) -> Heard | None:
    return _heard(activity, words, now) if words and activity.sender.id else None


def asked(activity: Activity, now: datetime) -> Request:
    """Who asks for something beside the conversation, and where; there are no words in it."""
    return _heard(activity, "", now).request


def opened(activity: Activity, now: datetime) -> Heard | None:
    """A wish for the dialog of a command, by its button or from the message extension; None for one that is not ours."""
    value = activity.value if isinstance(activity.value, dict) else {}
    words = FROM_EXTENSION.get(_text(value, "commandId"), "") or _words(value.get("data"))
    if not words and value.get("commandContext") and not value.get("commandId"):
        words = ONLY_FORM  # Microsoft's test client leaves the name of the command out; there is one with a form
    return replace(heard, request=heard.request.model_copy(update={"by_form": True})) if (heard := _by(activity, words, now)) else None


def sent_off(activity: Activity, now: datetime) -> Heard | None:
    """A dialog that was sent off, or asked for anew with what is filled in so far; None for one that is not ours."""
    value = activity.value if isinstance(activity.value, dict) else {}
    data = value.get("data")
    given = data if isinstance(data, dict) else {}
    filled, heard = teams_forms.filled(given), _by(activity, teams_forms.action_of(given), now)
    return replace(heard, request=heard.request.model_copy(update={"filled": filled})) if heard and filled else None


def question(activity: Activity) -> Card | None:
    """What to ask before a button that cannot be taken back is obeyed, as Teams has no question of its own; None for every other."""
    data = _data(activity)
    asked, words = _text(data, "confirm"), _text(data, "action")
    if not asked or not words:
        return None
    yes = Button(label=say("Yes, go on"), action=words, value=_text(data, "value"), style="danger")
    return notice(asked, say("To leave everything as it is, do nothing."), tone="warning", buttons=(yes,))


def place(activity: Activity) -> Place:
    """Where it happened: the channel without the thread, the group chat, or the personal chat, with the address of its service."""
    channel, tenant = _root(activity)[0], activity.tenant
    return Place(
        id=f"teams:{tenant}:{channel}",
        platform="teams",
        workspace=tenant,
        channel=channel,
        name=_name(activity),
        address=activity.service_url,
        locale=_locale(activity),
    )


def _locale(activity: Activity) -> str:
    """The locale of who acted, such as `ko-KR`; "" if Teams did not tell one."""
    told = activity.locale or next((one.locale for one in activity.entities or () if one.type == "clientInfo" and one.locale), "")
    return told if _LOCALE.fullmatch(told) else ""


def joined(activity: Activity) -> bool:
    """Whether the bot has just been let into the place."""
    added = any(one.id == activity.recipient.id for one in activity.members_added or ())
    back = activity.channel_data is not None and activity.channel_data.event_type in ("channelRestored", "teamUnarchived")
    return _installation(activity) in ("add", "add-upgrade") or (activity.type == "conversationUpdate" and (added or back))


def left(activity: Activity) -> str:
    """The code under which the place is suspended, as the bot was taken out of it or it is gone; "" for everything else."""
    removed = any(one.id == activity.recipient.id for one in activity.members_removed or ())
    if _installation(activity) in ("remove", "remove-upgrade") or (activity.type == "conversationUpdate" and removed):
        return "BotNotInConversationRoster"
    gone = activity.channel_data is not None and activity.channel_data.event_type in ("channelDeleted", "teamDeleted", "teamArchived")
    return "ConversationNotFound" if activity.type == "conversationUpdate" and gone else ""


def _installation(activity: Activity) -> str:
    return activity.action or "" if activity.type == "installationUpdate" else ""


def is_personal(activity: Activity) -> bool:
    """Whether nobody but this person and the bot is there."""
    return activity.conversation.conversation_type == "personal"


def _heard(activity: Activity, words: str, now: datetime) -> Heard:
    personal = is_personal(activity)
    sender = activity.sender
    request = Request(
        actor=f"teams:{activity.tenant}:{sender.aad_object_id or sender.id}",
        actor_name=plain.words(sender.name or ""),
        place=place(activity),
        words=words,
        now=now,
        prefix="" if personal else PREFIX,
        personal=personal,
    )
    channel, thread = _root(activity)
    key = f"{channel}:{activity.id}" if activity.id else ""
    return Heard(request, key, sender.id, thread, targeted=bool(activity.recipient.is_targeted))


def _root(activity: Activity) -> tuple[str, str]:
    """The conversation itself, and the message that began the thread it is in."""
    channel, _, thread = activity.conversation.id.partition(";messageid=")
    return channel, thread


def _typed(activity: Activity) -> str:
    """What was said to the bot: its own mention is taken out, others become @name, entities become characters, once."""
    text = activity.text or ""
    for entity in activity.entities or ():
        if entity.mentioned is not None and entity.mentioned.id == activity.recipient.id and entity.text:
            text = text.replace(entity.text, " ", 1)
    text = _AT.sub(lambda found: "@" + found.group(1), text)
    return html.unescape(text).replace("\xa0", " ").strip("` \r\n\t").removeprefix("/")


def _data(activity: Activity) -> Any:
    """What a pressed Action.Execute carries."""
    action = activity.value.get("action") if isinstance(activity.value, dict) else None
    return action.get("data") if isinstance(action, dict) else None


def _words(data: Any) -> str:
    """The command that a button's data stand for; "" for none."""
    action = _text(data, "action")
    return f"{action} {_text(data, 'value')}".strip() if action else ""


def _text(data: Any, name: str) -> str:
    found = data.get(name) if isinstance(data, dict) else None
    return found if isinstance(found, str) else ""


def _name(activity: Activity) -> str:
    """What people call the place; Teams tells it on some occasions only, and never for a personal chat."""
    if is_personal(activity):
        return ""
    data = activity.channel_data
    channel, team = (data.channel, data.team) if data is not None else (None, None)
    if channel is not None and channel.name:
        return plain.words(channel.name)
    if team is not None and team.name and team.id == _root(activity)[0]:
        return plain.words(f"{team.name} (General)")
    return plain.words(activity.conversation.name or "")
