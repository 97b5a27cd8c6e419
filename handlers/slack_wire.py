"""What a person did in Slack → a Request and where the answer goes; Slack's escapes are decoded here. Pure.

Payloads: https://docs.slack.dev/interactivity/implementing-slash-commands (command), …/reference/events/app_mention and
message.im (event), …/reference/interaction-payloads/block_actions-payload (button).
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.cards import slack_views
from bot.cards.form import Filled
from bot.cards.slack import asks_for_form, command_of
from bot.model import Place
from handlers.grammar import Named, Request

Payload = dict[str, Any]

# A mention, a channel, a special word, or an address; `age:<30d deadline:>3d` is none of them.
_ESCAPE = re.compile(r"<([@#!][^<>]*|[a-zA-Z][\w+.-]*:[^<>\s][^<>]*)>|&(amp|lt|gt);")
_PERSON = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^<>]*)?>")
PREFIX = "/reg "
SHORTCUTS = {"log": "status", "watch-page": "source add"}
"""What each message shortcut stands for."""
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">"}
# What Slack calls a channel whose name it does not tell.
_UNNAMED = ("directmessage", "privategroup")


@dataclass(frozen=True)
class View:
    """The modal, or the Home tab, in which something was done. `form` is the command it is a form of, "" if it is none."""

    id: str
    hash: str
    is_home: bool
    form: str


@dataclass(frozen=True)
class Heard:
    """A request, what makes it this one and no other (`key`, "" if Slack gave nothing), and the ways to answer it.

    `message` is the one for everybody whose button was pressed; `trigger` opens a modal, once and within 3 seconds; `replaces` says
    that the answer takes the place of the message it came from.
    `enterprise` is the organisation it comes through, `home` the person's own workspace; "" where Slack does not say.
    """

    request: Request
    key: str
    user: str
    channel: str
    response_url: str = ""
    thread: str = ""
    replaces: bool = False
    enterprise: str = ""
    trigger: str = ""
    view: View | None = None
    home: str = ""
    message: str = ""


def decoded(text: str) -> str:
    """What the person typed: `<#C1|general>` → #general, `<https://x|x>` → x, `&lt;` → <; each escape once."""
    return _ESCAPE.sub(_decode, text)


def people(team: str, text: str) -> tuple[Named, ...]:
    """Whom a text mentions, under the names that `decoded` gives them."""
    return tuple(Named(actor=_actor(team, one[1]), name=decoded(one[0])) for one in _PERSON.finditer(text))


def _decode(found: re.Match[str]) -> str:
    inside, entity = found.groups()
    if entity is not None:
        return _ENTITIES[entity]
    target, _, label = inside.partition("|")
    label = re.sub(r"&(amp|lt|gt);", lambda one: _ENTITIES[one.group(1)], label)
    if target[:1] in ("@", "#"):
        return target[0] + (label.lstrip("@#") or target[1:])
    if target[:1] == "!":
        return label or "@" + re.split(r"[\^|]", target[1:])[0]
    return label or target.replace("&amp;", "&")


def command(payload: Payload, now: datetime) -> Heard:
    """A slash command."""
    team = payload.get("team_id") or payload.get("enterprise_id") or ""
    channel, name = payload.get("channel_id") or "", payload.get("channel_name") or ""
    request = Request(
        actor=_actor(team, payload.get("user_id") or ""),
        actor_name=payload.get("user_name") or "",
        place=_place(team, channel, "" if name in _UNNAMED else name),
        words=decoded(payload.get("text") or ""),
        people=people(team, payload.get("text") or ""),
        now=now,
        prefix=f"{payload.get('command') or '/reg'} ",
        personal=name == "directmessage" or channel.startswith("D"),
    )
    return Heard(
        request=request,
        key=payload.get("trigger_id") or "",
        user=payload.get("user_id") or "",
        channel=channel,
        response_url=payload.get("response_url") or "",
        enterprise=payload.get("enterprise_id") or "",
        trigger=payload.get("trigger_id") or "",
    )


def button(payload: Payload, now: datetime) -> Heard | None:
    """A pressed button that stands for a command; None for one that only opens an address or is not ours."""
    action = _first(payload.get("actions"))
    action_id = str(action.get("action_id") or "")
    words = f"{command_of(action_id)} {_value(action)}".strip()
    if not words or words == "open":
        return None
    if isinstance(payload.get("view"), dict):
        return _in_view(payload, words, now, by_form=asks_for_form(action_id))
    person, container, where = (_object(payload.get(key)) for key in ("user", "container", "channel"))
    team = _team(payload)
    channel = _id(payload.get("channel")) or str(container.get("channel_id") or "")
    if not channel:
        return None
    name = str(where.get("name") or "")
    request = Request(
        actor=_actor(team, person.get("id") or ""),
        actor_name=_name(person),
        place=_place(team, channel, "" if name in _UNNAMED else name),
        words=words,
        now=now,
        prefix="" if channel.startswith("D") else PREFIX,
        personal=name == "directmessage" or channel.startswith("D"),
        by_form=asks_for_form(action_id),
    )
    return Heard(
        request=request,
        key=payload.get("trigger_id") or f"{channel}:{action.get('action_ts') or ''}".rstrip(":"),
        user=person.get("id") or "",
        channel=channel,
        response_url=payload.get("response_url") or "",
        thread=str(container.get("thread_ts") or ""),
        enterprise=_id(payload.get("enterprise")),
        # Anything else may be an alert, which stands there for everybody; a search is asked for by its own pages only.
        message="" if container.get("is_ephemeral") is True else str(container.get("message_ts") or ""),
        replaces=container.get("is_ephemeral") is True or command_of(action_id) == "search",
        trigger=payload.get("trigger_id") or "",
        home=str(person.get("team_id") or ""),
    )


def changed(payload: Payload, now: datetime) -> Heard | None:
    """A wish to see the form anew with what is filled in so far; None if something else was done."""
    view, action_id = payload.get("view"), str(_first(payload.get("actions")).get("action_id") or "")
    command = slack_views.action_of(str(view.get("callback_id") or "")) if isinstance(view, dict) else ""
    if not command or not slack_views.is_field(action_id):
        return None
    return _in_view(payload, command, now, filled=slack_views.filled(_object(view), done=False))


def submission(payload: Payload, now: datetime) -> Heard | None:
    """A form that was sent off; None for a view that is no form of ours."""
    view = _object(payload.get("view"))
    command = slack_views.action_of(str(view.get("callback_id") or ""))
    return _in_view(payload, command, now, filled=slack_views.filled(view, done=True)) if command else None


def remembered(request: Request) -> dict[str, str]:
    """What a view keeps of the request it was opened for, so that what is done in it is done in the same place."""
    personal = {"personal": "yes"} if request.personal else {}
    return {"channel": request.place.channel, "name": request.place.name, "prefix": request.prefix} | personal


def _in_view(payload: Payload, words: str, now: datetime, *, by_form: bool = False, filled: Filled | None = None) -> Heard:
    """Something done in a view: in the place it was opened for; in the Home tab, in the person's own chat with us."""
    view, person = _object(payload.get("view")), _object(payload.get("user"))
    team, kept, user = _team(payload), slack_views.remembered(view), _id(payload.get("user"))
    channel = kept.get("channel") or user
    request = Request(
        actor=_actor(team, user),
        actor_name=_name(person),
        place=_place(team, channel, kept.get("name", "").removeprefix("#")),
        words=words,
        now=now,
        prefix=kept.get("prefix", ""),
        personal="personal" in kept or channel == user,
        by_form=by_form,
        filled=filled,
    )
    shown = View(
        id=str(view.get("id") or ""),
        hash=str(view.get("hash") or ""),
        is_home=view.get("type") == "home",
        form=slack_views.action_of(str(view.get("callback_id") or "")),
    )
    trigger = str(payload.get("trigger_id") or "")
    return Heard(
        request=request,
        key=trigger,
        user=user,
        channel=channel,
        enterprise=_id(payload.get("enterprise")),
        home=str(person.get("team_id") or ""),
        trigger=trigger,
        view=shown,
    )


def _team(payload: Payload) -> str:
    return _id(payload.get("team")) or str(_object(payload.get("user")).get("team_id") or "") or _id(payload.get("enterprise"))


def _name(person: dict[str, Any]) -> str:
    return str(person.get("username") or person.get("name") or "")


def _value(action: dict[str, Any]) -> str:
    """What a pressed button or a chosen option stands for."""
    chosen = action.get("selected_option")
    return str((chosen.get("value") if isinstance(chosen, dict) else action.get("value")) or "")


def message(payload: Payload, now: datetime, bot_user: str = "") -> Heard | None:
    """A mention of the bot or a direct message to it; None for everything else: other bots, edits, channels' talk, our own words."""
    event = payload.get("event") or {}
    direct = event.get("type") == "message" and (event.get("channel_type") == "im" or _id(event.get("channel")).startswith("D"))
    user, channel = _id(event.get("user")), _id(event.get("channel"))
    if not (direct or event.get("type") == "app_mention") or event.get("bot_id") or event.get("subtype") or not user or not channel:
        return None
    told = str(_first(payload.get("authorizations")).get("user_id") or bot_user)
    if user == told:
        return None
    team = _workspace(payload)
    request = Request(
        actor=_actor(team, user),
        place=_place(team, channel, ""),
        words=decoded(_without_mention(event.get("text") or "", told)).strip("` \n"),
        people=people(team, event.get("text") or ""),
        now=now,
        prefix="" if direct else "@Regwatch ",
        personal=direct,
    )
    key = payload.get("event_id") or f"{channel}:{event.get('ts') or ''}"
    enterprise = str(_first(payload.get("authorizations")).get("enterprise_id") or payload.get("enterprise_id") or "")
    home = str(event.get("user_team") or event.get("source_team") or "")
    thread = event.get("thread_ts") or ""
    return Heard(request=request, key=key, user=user, channel=channel, thread=thread, enterprise=enterprise, home=home)


def home(payload: Payload, now: datetime) -> Heard | None:
    """That a person opened our Home tab, whose buttons act in their own chat with us; None for every other event."""
    event = payload.get("event") or {}
    if event.get("type") != "app_home_opened" or event.get("tab", "home") != "home" or not _id(event.get("user")):
        return None
    return _told(payload, event, "home", now, personal=True)


def shared(payload: Payload, now: datetime) -> Heard | None:
    """That addresses we know the hosts of were posted; None for every other event, and while a message is only being written."""
    event = payload.get("event") or {}
    channel = _id(event.get("channel"))
    return (
        _told(payload, event, "", now, personal=False) if event.get("type") == "link_shared" and channel not in ("", "COMPOSER") else None
    )


def shortcut(payload: Payload, now: datetime) -> Heard | None:
    """A shortcut of a message, as the command it stands for; None for one that is not ours."""
    words = SHORTCUTS.get(str(payload.get("callback_id") or ""))
    heard = button(payload | {"actions": [{"action_id": f"{words}:0"}]}, now) if words else None
    return replace(heard, message="", replaces=False) if heard else None


def _told(payload: Payload, event: dict[str, Any], words: str, now: datetime, *, personal: bool) -> Heard:
    team, user = str(payload.get("team_id") or ""), _id(event.get("user"))
    channel = _id(event.get("channel")) or user
    place = _place(team, channel, "")
    prefix = "" if personal else PREFIX
    request = Request(actor=_actor(team, user), place=place, words=words, now=now, prefix=prefix, personal=personal)
    return Heard(request=request, key=str(payload.get("event_id") or ""), user=user, channel=channel)


def back(payload: Payload, bot_user: str) -> Place | None:
    """The channel that may take messages again, as the bot has joined it or it was unarchived; None for every other event."""
    event = payload.get("event") or {}
    channel, team = _id(event.get("channel")), _workspace(payload)
    told = str(_first(payload.get("authorizations")).get("user_id") or bot_user)
    joined = is_join(payload) and _id(event.get("user")) == told
    unarchived = event.get("type") in ("channel_unarchive", "group_unarchive")
    return _place(team, channel, "") if channel and team and (joined or unarchived) else None


def is_join(payload: Payload) -> bool:
    """Whether somebody, perhaps the bot, has joined a channel."""
    return bool((payload.get("event") or {}).get("type") == "member_joined_channel")


def _workspace(payload: Payload) -> str:
    """The workspace that an event comes to us through: in a channel shared with others, it is not always that of its author."""
    through = _first(payload.get("authorizations")).get("team_id") or payload.get("context_team_id")
    return str(through or payload.get("team_id") or _id((payload.get("event") or {}).get("team")))


def _without_mention(text: str, bot_user: str) -> str:
    """What was said to the bot: the text after its mention, or before when nothing follows; any mention when we do not know who we are."""
    parts = re.split(rf"<@{re.escape(bot_user) or '[^<>|]+'}(?:\|[^<>]*)?>[:,]?", text, maxsplit=1)
    return parts[-1] if parts[-1].strip() else parts[0]


def _object(value: object) -> dict[str, Any]:
    """The value if it is an object; a bare id becomes one."""
    return value if isinstance(value, dict) else {"id": value or ""}


def _first(values: object) -> dict[str, Any]:
    return _object(values[0]) if isinstance(values, list) and values else {}


def _id(value: object) -> str:
    """The id in a key that Slack gives as text in some payloads and as an object in others."""
    return str(value.get("id") or "") if isinstance(value, dict) else str(value or "")


def _actor(team: str, user: str) -> str:
    return f"slack:{team}:{user}"


def _place(team: str, channel: str, name: str) -> Place:
    return Place(id=f"slack:{team}:{channel}", platform="slack", workspace=team, channel=channel, name=f"#{name}" if name else "")
