"""What Slack sends over HTTP, checked before anything acts on it: signature, age, size, form, shape.

Pure. Bolt alone answers some forged requests with HTTP 500 (a time stamp that is no number, a signature that is not ASCII, JSON that
is no object) and loses a slash command whose text holds the word "payload"; so requests are verified and read here, and
Bolt gets the payload. https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict, ValidationError

from handlers.http_request import Refused

MOST_BYTES = 1_000_000
WINDOW = 300  # seconds a request may be old, or ahead of our clock
MOST_FIELDS = 100

Payload = dict[str, Any]


class _Named(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True)
    id: str | None = None
    name: str | None = None
    username: str | None = None
    team_id: str | None = None
    enterprise_id: str | None = None


class _Action(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True)
    action_id: str | None = None
    value: str | None = None


class _Shape(BaseModel):
    """The types of every key that Bolt or we look at, at any depth; other keys are free."""

    model_config = ConfigDict(extra="allow", strict=True)
    type: str | None = None
    subtype: str | None = None
    command: str | None = None
    text: str | None = None
    challenge: str | None = None
    event_id: str | None = None
    trigger_id: str | None = None
    response_url: str | None = None
    callback_id: str | None = None
    ts: str | None = None
    thread_ts: str | None = None
    bot_id: str | None = None
    team_id: str | None = None
    user_id: str | None = None
    user_name: str | None = None
    channel_id: str | None = None
    channel_name: str | None = None
    channel_type: str | None = None
    enterprise_id: str | None = None
    team: str | _Named | None = None
    user: str | _Named | None = None
    channel: str | _Named | None = None
    enterprise: str | _Named | None = None
    authorizations: "list[_Shape] | None" = None
    actions: list[_Action] | None = None
    event: "_Shape | None" = None
    message: "_Shape | str | None" = None
    previous_message: "_Shape | None" = None
    item: "_Shape | str | None" = None
    view: "_Shape | None" = None
    assistant_thread: "_Shape | None" = None
    function_data: "_Shape | None" = None


def admit(headers: Mapping[str, str], body: bytes, secret: str, now: datetime) -> Payload:
    """The payload of a genuine request; Refused, with a 4xx status, for every other. No body is read before its signature is checked."""
    if not secret:
        raise Refused(404, "no signing secret is set, so nothing is heard over HTTP")
    if len(body) > MOST_BYTES:
        raise Refused(413, "the body is too large")
    _verify(headers, body, secret, now)
    return shaped(_read(headers.get("content-type", ""), body))


def is_ssl_check(body: bytes) -> bool:
    """Whether this is Slack looking at our certificate: `ssl_check=1`, a token and nothing to act on; it is not always signed."""
    if len(body) > 1_000 or not body.startswith((b"ssl_check=1", b"token=")):
        return False
    fields = dict(parse_qsl(body.decode("ascii", errors="replace")))
    return fields.get("ssl_check") == "1" and set(fields) <= {"ssl_check", "token"}


def _verify(headers: Mapping[str, str], body: bytes, secret: str, now: datetime) -> None:
    stamp = headers.get("x-slack-request-timestamp", "")
    signature = headers.get("x-slack-signature", "")
    if not re.fullmatch(r"[0-9]{10}", stamp) or not re.fullmatch(r"v0=[0-9a-f]{64}", signature):
        raise Refused(401, "it is not signed as Slack signs")
    if abs(now.timestamp() - int(stamp)) > WINDOW:
        raise Refused(401, "its time stamp is too far from now")
    wanted = "v0=" + hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(wanted, signature):
        raise Refused(401, "its signature is wrong")


def _read(content_type: str, body: bytes) -> object:
    kind = content_type.partition(";")[0].strip().lower()
    try:
        text = body.decode("utf-8")
        if kind == "application/json":
            return json.loads(text)
        if kind == "application/x-www-form-urlencoded":
            fields = dict(parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict"))
            return json.loads(fields["payload"]) if "payload" in fields and "command" not in fields else fields
    except (ValueError, RecursionError):
        raise Refused(400, "its body cannot be read") from None
    raise Refused(415, "its content type is neither JSON nor a form")


def shaped(payload: object) -> Payload:
    """The payload if it is an object whose keys have the types Slack documents; else Refused. Empty keys are left out, as Bolt expects."""
    try:
        _Shape.model_validate(payload)
    except (ValidationError, RecursionError):
        raise Refused(400, "its payload does not have the shape Slack documents") from None
    assert isinstance(payload, dict)
    # Bolt fails on a payload with several response_urls, which only modals have.
    return {key: value for key, value in payload.items() if value is not None and key != "response_urls"}
