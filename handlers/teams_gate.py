"""What Teams sends over HTTP, checked before anything acts on it: token, service, tenant, form, shape.

Pure. Microsoft's library takes tokens without an end and keys that vouch for other channels, and answers malformed requests with
HTTP 500; so requests are verified and read here (docs/decisions/025-hearing-teams.md).
https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-authentication
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import jwt
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from handlers.http_request import Refused
from handlers.teams_keys import Key

MOST_BYTES = 256 * 1024
MOST_TOKEN = 8_192
ISSUER = "https://api.botframework.com"
CHANNEL = "msteams"
LEEWAY_SECONDS = 300  # how far Microsoft's clock and ours may be apart
PUBLIC_SERVICE = "https://smba.trafficmanager.net"

_TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_JSON = re.compile(r"application/json\s*(;.*)?", re.IGNORECASE)

# Ids go into addresses of the Connector, so nothing that means something there may stand in them.
Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9:@._;=|+~!*-]{0,400}$")]


@dataclass(frozen=True)
class Registration:
    """The bot as Microsoft knows it, and whom it listens to: these tenants, through services at these origins."""

    client_id: str
    tenants: frozenset[str]
    origins: frozenset[str] = frozenset({PUBLIC_SERVICE})
    anonymous: bool = False  # a test client on this machine, which has no tokens


def origins(service_url: str, *, anonymous: bool) -> frozenset[str]:
    """Where our token may be sent: to Microsoft, and where our own setting leads; only there if we send no token."""
    ours = frozenset({_origin(service_url)})
    return ours if anonymous else ours | {PUBLIC_SERVICE}


class _Shape(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True, frozen=True, alias_generator=to_camel)


class Account(_Shape):
    """A person or a bot."""

    id: Id = ""
    name: str | None = None
    aad_object_id: Id | None = None
    is_targeted: bool | None = None


class Conversation(_Shape):
    """A channel's thread, a group chat, or a personal chat."""

    id: Id
    name: str | None = None
    conversation_type: str | None = None
    tenant_id: Id | None = None


class Named(_Shape):
    """A team, a channel or a tenant."""

    id: Id | None = None
    name: str | None = None


class ChannelData(_Shape):
    """What Teams adds to an activity of its own."""

    tenant: Named | None = None
    team: Named | None = None
    channel: Named | None = None
    event_type: str | None = None


class Entity(_Shape):
    """Something the text is about, a mention if `mentioned` is there; or, of type `clientInfo`, where it was written with its `locale`."""

    type: str | None = None
    mentioned: Account | None = None
    text: str | None = None
    locale: str | None = None


class Activity(_Shape):
    """One thing that happened in Teams: the keys we look at, with their types; other keys are free."""

    type: str
    id: Id | None = None
    name: str | None = None
    channel_id: str
    service_url: str
    sender: Account = Field(default=Account(), alias="from")
    recipient: Account = Account()
    conversation: Conversation
    channel_data: ChannelData | None = None
    text: str | None = None
    locale: str | None = None
    entities: list[Entity] | None = None
    value: Any = None
    action: str | None = None
    reply_to_id: Id | None = None
    members_added: list[Account] | None = None
    members_removed: list[Account] | None = None

    @property
    def tenant(self) -> str:
        """The tenant it happened in; "" if it does not say so."""
        told = self.channel_data and self.channel_data.tenant and self.channel_data.tenant.id
        return self.conversation.tenant_id or told or ""


def bearer(headers: Mapping[str, str]) -> str:
    """The token a request brings; Refused if it brings none, or no JSON."""
    if not _JSON.fullmatch(headers.get("content-type", "")) or headers.get("content-encoding", "identity") != "identity":
        raise Refused(415, "its content is not plain JSON")
    kind, _, token = headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or len(token) > MOST_TOKEN or not _TOKEN.fullmatch(token):
        raise Refused(401, "it brings no token")
    return token


def key_id(token: str) -> str:
    """The id of the key the token says it is signed with; Refused if it is not signed as Microsoft signs."""
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise Refused(401, "its token cannot be read") from None
    named = header.get("kid")
    if header.get("alg") != "RS256" or "crit" in header or not isinstance(named, str):
        raise Refused(401, "its token is not signed as Microsoft signs")
    return named


def admit(token: str, key: Key | None, body: bytes, registration: Registration) -> Activity:
    """The activity of a genuine request; Refused, with a 4xx status, for every other. No body is read before its token is checked."""
    claims = _claims(token, key, registration.client_id)
    activity = admit_anonymous(body, registration)
    if not _same(claims.get("serviceurl"), activity.service_url):
        raise Refused(403, "its token is for another service")
    return activity


def admit_anonymous(body: bytes, registration: Registration) -> Activity:
    """The activity, if a service and a tenant we listen to sent it; Refused for every other."""
    activity = shaped(_read(body))
    if activity.channel_id != CHANNEL:
        raise Refused(403, "it is not from Teams")
    if not _is_ours(activity.service_url, registration):
        raise Refused(403, "its service is not on the list of those we answer to")
    told = activity.channel_data and activity.channel_data.tenant and activity.channel_data.tenant.id
    tenants = {one for one in (activity.conversation.tenant_id, told) if one}
    if not registration.anonymous and (not tenants or not tenants <= registration.tenants):
        raise Refused(403, "its tenant is not on the list of those we listen to")
    return activity


def _claims(token: str, key: Key | None, client_id: str) -> dict[str, Any]:
    if key is None:
        raise Refused(401, "its token is signed with a key that Microsoft does not list")
    if CHANNEL not in key.endorsements:
        raise Refused(401, "its token is signed with a key that does not vouch for Teams")
    wanted: Any = {"require": ["exp", "iss", "aud"]}
    try:
        return jwt.decode(token, key.public, algorithms=["RS256"], audience=client_id, issuer=ISSUER, leeway=LEEWAY_SECONDS, options=wanted)
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise Refused(401, f"its token is not good: {type(error).__name__}") from None


def _read(body: bytes) -> object:
    try:
        read = json.loads(body.decode("utf-8"))
        json.dumps(read, ensure_ascii=False).encode("utf-8")  # half a character cannot be kept, shown or sent on
    except (ValueError, RecursionError):
        raise Refused(400, "its body cannot be read") from None
    return read


def shaped(read: object) -> Activity:
    """The activity if it is an object whose keys have the types Microsoft documents; else Refused."""
    try:
        return Activity.model_validate(read)
    except (ValidationError, RecursionError):
        raise Refused(400, "its body does not have the shape Microsoft documents") from None


def _same(claimed: object, url: str) -> bool:
    return isinstance(claimed, str) and claimed.rstrip("/").casefold() == url.rstrip("/").casefold()


def _is_ours(url: str, registration: Registration) -> bool:
    """Whether our token may be sent there: to an origin of the list, with nothing hidden in the address."""
    origin = _origin(url)
    path = url[len(origin) :]
    return origin in registration.origins and re.fullmatch(r"(/[A-Za-z0-9_~-][A-Za-z0-9_.~-]*)*/?", path) is not None


def _origin(url: str) -> str:
    """Scheme, host and port as they stand at the beginning of an address; "" if they do not."""
    found = re.match(r"https?://[a-z0-9.:\[\]-]+(?=/|$)", url)
    return found.group() if found else ""
