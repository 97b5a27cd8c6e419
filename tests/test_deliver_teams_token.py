"""The bot's token for Teams: asked for once, kept while it is good, and a sentence when there is none."""

import json
from typing import Any

import pytest

from bot.deliver.teams_token import EntraToken
from bot.errors import PlatformTrouble


class Answer:
    def __init__(self, status: int, body: dict[str, Any]) -> None:
        self.status_code, self.text, self.headers = status, json.dumps(body), {}


class Entra:
    """What carries msal's requests: the tenant's addresses, then the token or the refusal."""

    def __init__(self, status: int, body: dict[str, Any] | OSError) -> None:
        self.asked: list[dict[str, Any]] = []
        self._answer = body if isinstance(body, OSError) else Answer(status, body)

    def get(self, url: str, **_: Any) -> Answer:
        base = "https://login.microsoftonline.com/t1/oauth2/v2.0"
        return Answer(200, {"authorization_endpoint": f"{base}/authorize", "token_endpoint": f"{base}/token", "issuer": f"{base}"})

    def post(self, url: str, *, data: dict[str, Any], **_: Any) -> Answer:
        self.asked.append(data)
        if isinstance(self._answer, OSError):
            raise self._answer
        return self._answer

    def close(self) -> None:
        pass


async def test_a_token_is_asked_for_once_and_kept_while_it_is_good() -> None:
    entra = Entra(200, {"access_token": "abc", "expires_in": 3600, "token_type": "Bearer"})
    token = EntraToken("the-bot", "the-secret", "t1", http_client=entra)
    assert [await token(), await token()] == ["abc", "abc"]
    (asked,) = entra.asked
    assert asked["client_id"] == "the-bot"
    assert asked["scope"] == "https://api.botframework.com/.default"


async def test_a_refusal_says_which_settings_to_look_at_and_not_the_secret() -> None:
    token = EntraToken("the-bot", "the-secret", "t1", http_client=Entra(401, {"error": "invalid_client"}))
    with pytest.raises(PlatformTrouble) as raised:
        await token()
    assert raised.value.sentence == "Microsoft did not give the bot a token: invalid_client."
    assert "REGWATCH_TEAMS_CLIENT_SECRET" in raised.value.hint
    assert "the-secret" not in str(raised.value)


async def test_an_entra_that_cannot_be_reached_is_a_trouble_of_the_platform() -> None:
    with pytest.raises(PlatformTrouble, match="could not be asked"):
        await EntraToken("the-bot", "the-secret", "t1", http_client=Entra(0, OSError("no route")))()
