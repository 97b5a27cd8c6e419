"""Who somebody in Slack is: their name, and whether Slack has them as admin, member or guest of the workspace; asked once in a while."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from handlers import answering
from handlers.grammar import Standing
from handlers.slack_calls import TRANSPORT_ERRORS, code
from handlers.slack_wire import Heard

# So long what Slack said of a person is believed.
BELIEVED = timedelta(minutes=10)
SECONDS = 3.0  # that Slack has for an answer
# Slack does not tell us about people at all; every other failure says nothing of them.
_UNTOLD = frozenset({"missing_scope", "unknown_method", "user_not_found", "not_allowed_token_type"})


@dataclass(frozen=True)
class Person:
    """`name` and `locale` are "" when Slack did not tell them."""

    name: str
    standing: Standing
    locale: str = ""


class People:
    """The people of all workspaces, as Slack's users.info tells them."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._known: dict[tuple[str, str], tuple[Person, datetime]] = {}

    async def known(self, heard: Heard) -> Heard:
        """The request with the name and standing of its person, where either matters: in a channel, or for what not everybody may."""
        request = heard.request
        matters = answering.demand(request) != "anyone"
        if not heard.user or not (matters or not (request.actor_name or request.personal)):
            return heard
        person = await self._person(heard, request.now)
        place = request.place.model_copy(update={"locale": person.locale})
        told = {"actor_name": request.actor_name or person.name, "standing": person.standing, "place": place}
        return replace(heard, request=request.model_copy(update=told))

    async def name_of(self, user: str, heard: Heard) -> str:
        """The name of a person of the workspace; "" when Slack does not tell it."""
        return (await self._person(replace(heard, user=user), heard.request.now)).name

    async def _person(self, heard: Heard, now: datetime) -> Person:
        key = (heard.request.place.workspace, heard.user)
        found, until = self._known.get(key, (None, now))
        if found is None or until <= now:
            found = await self._asked(heard)
            self._known[key] = (found, now + BELIEVED)
        return found

    async def _asked(self, heard: Heard) -> Person:
        try:
            async with asyncio.timeout(SECONDS):
                answer = await self._client.users_info(user=heard.user, include_locale=True)
        except TRANSPORT_ERRORS as error:
            untold: Standing = "unknown" if code(error) in _UNTOLD else "member"
            return Person("", "guest" if _is_foreign(heard, {}) or code(error) == "user_not_visible" else untold)
        found = answer.get("user") or {}
        name = str((found.get("profile") or {}).get("display_name") or found.get("name") or "")
        return Person(name, _standing(heard, found), str(found.get("locale") or ""))


def _standing(heard: Heard, user: dict[str, Any]) -> Standing:
    if any(user.get(one) for one in ("is_restricted", "is_ultra_restricted", "is_stranger")) or _is_foreign(heard, user):
        return "guest"
    if not any(one in user for one in ("is_admin", "is_owner", "is_primary_owner", "enterprise_user")):
        return "unknown"
    org = user.get("enterprise_user") or {}
    rights = [user.get("is_admin"), user.get("is_owner"), user.get("is_primary_owner"), org.get("is_admin"), org.get("is_owner")]
    return "admin" if any(rights) else "member"


def _is_foreign(heard: Heard, user: dict[str, Any]) -> bool:
    """Whether the person is of another workspace, as in a channel shared with others, and of another organisation."""
    home = str(user.get("team_id") or heard.home)
    org = str((user.get("enterprise_user") or {}).get("enterprise_id") or "")
    same_org = bool(heard.enterprise) and org in (heard.enterprise, "")
    return bool(home) and home != heard.request.place.workspace and not same_org
