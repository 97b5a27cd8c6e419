"""What a person did in Slack → a Request and where the answer goes; Slack's escapes are decoded here. Pure.

Payloads: https://docs.slack.dev/interactivity/implementing-slash-commands (command), …/reference/events/app_mention and
message.im (event), …/reference/interaction-payloads/block_actions-payload (button).
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.cards.slack import command_of
from bot.model import Place
from handlers.grammar import Request

Payload = dict[str, Any]

# A mention, a channel, a special word, or an address; `age:<30d deadline:>3d` is none of them.
_ESCAPE = re.compile(r"<([@#!][^<>]*|[a-zA-Z][\w+.-]*:[^<>\s][^<>]*)>|&(amp|lt|gt);")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">"}
# What Slack calls a channel whose name it does not tell.
_UNNAMED = ("directmessage", "privategroup")


@dataclass(frozen=True)
class Heard:
    """A request, what makes it this one and no other (`key`, "" if Slack gave nothing), and the ways to answer it."""

    request: Request
    key: str
    user: str
    channel: str
    response_url: str = ""
    thread: str = ""
    replaces: bool = False


def decoded(text: str) -> str:
    """What the person typed: `<#C1|general>` → #general, `<https://x|x>` → x, `&lt;` → <; each escape once."""
    return _ESCAPE.sub(_decode, text)


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
    )


def button(payload: Payload, now: datetime) -> Heard | None:
    """A pressed button that stands for a command; None for one that only opens an address or is not ours."""
    action = _first(payload.get("actions"))
    words = f"{command_of(action.get('action_id') or '')} {action.get('value') or ''}".strip()
    person, container, where = (_object(payload.get(key)) for key in ("user", "container", "channel"))
    team = _id(payload.get("team")) or person.get("team_id") or _id(payload.get("enterprise"))
    channel = _id(payload.get("channel")) or str(container.get("channel_id") or "")
    if not words or words == "open" or not channel:
        return None
    name = str(where.get("name") or "")
    request = Request(
        actor=_actor(team, person.get("id") or ""),
        actor_name=str(person.get("username") or person.get("name") or ""),
        place=_place(team, channel, "" if name in _UNNAMED else name),
        words=words,
        now=now,
        prefix="" if channel.startswith("D") else "/reg ",
        personal=name == "directmessage" or channel.startswith("D"),
    )
    return Heard(
        request=request,
        key=payload.get("trigger_id") or f"{channel}:{action.get('action_ts') or ''}".rstrip(":"),
        user=person.get("id") or "",
        channel=channel,
        response_url=payload.get("response_url") or "",
        thread=str(container.get("thread_ts") or ""),
        replaces=True,
    )


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
    team = payload.get("team_id") or _id(event.get("team"))
    request = Request(
        actor=_actor(team, user),
        place=_place(team, channel, ""),
        words=decoded(_without_mention(event.get("text") or "", told)).strip("` \n"),
        now=now,
        prefix="" if direct else "@Regwatch ",
        personal=direct,
    )
    key = payload.get("event_id") or f"{channel}:{event.get('ts') or ''}"
    return Heard(request=request, key=key, user=user, channel=channel, thread=event.get("thread_ts") or "")


def back(payload: Payload, bot_user: str) -> Place | None:
    """The channel that may take messages again, as the bot has joined it or it was unarchived; None for every other event."""
    event = payload.get("event") or {}
    channel, team = _id(event.get("channel")), payload.get("team_id") or ""
    told = str(_first(payload.get("authorizations")).get("user_id") or bot_user)
    joined = event.get("type") == "member_joined_channel" and _id(event.get("user")) == told
    unarchived = event.get("type") in ("channel_unarchive", "group_unarchive")
    return _place(team, channel, "") if channel and team and (joined or unarchived) else None


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
