"""The loopback Slack with many workspaces: it gives a token for each installation, renews tokens, and forgets them when it is told to."""

import base64
import itertools
from typing import Any

from tests.loopback_slack import Json, LoopbackSlack, _no, _yes


class InstallableSlack(LoopbackSlack):
    """`code(…)` is what a person's yes in the browser gives; `tokens` says for whom each token speaks."""

    client_id = "11.22"
    client_secret = "loopback-client-secret"

    def __init__(self, *channels: str, **more: Any) -> None:
        super().__init__(*channels, **more)
        self.tokens: dict[str, str] = {}
        self.redirect_uris: list[str] = []
        self._codes: dict[str, Json] = {}
        self._refresh: dict[str, str] = {}
        self._numbers = itertools.count(1)
        self._methods |= {"oauth.v2.access": ("", self._oauth)}

    def code(self, team: str, *, enterprise: str = "", wide: bool = False, lives: int | None = None, by: str = "U1") -> str:
        """The code of an installation that a person agreed to."""
        code = f"code-{next(self._numbers)}"
        self._codes[code] = {"team": team, "enterprise": enterprise, "wide": wide, "lives": lives, "by": by}
        return code

    def revoke(self, whose: str) -> None:
        """Slack forgets the tokens of a workspace or organisation."""
        self.tokens = {token: one for token, one in self.tokens.items() if one != whose}

    def _answer(self, method: str, args: Json, token: str) -> Json:
        if method == "oauth.v2.access":
            said = "Basic " + base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
            return self._oauth(args) if token == said else _no("bad_client_secret")
        if token not in self.tokens:
            return super()._answer(method, args, token)
        answer = super()._answer(method, args, self.bot_token)
        return answer | {"team_id": self.tokens[token]} if method == "auth.test" else answer

    def _oauth(self, args: Json) -> Json:
        if args.get("grant_type") == "refresh_token":
            whose = self._refresh.pop(args["refresh_token"], "")
            # Longer than Slack's twelve hours: they are counted from the machine's clock, and the tests' are up to twelve ahead of it.
            return _yes(**self._tokens_for(whose, 86_400)) if whose else _no("invalid_refresh_token")
        asked = self._codes.pop(args.get("code", ""), None)
        if asked is None:
            return _no("invalid_code")
        self.redirect_uris.append(args.get("redirect_uri", ""))
        whose = asked["enterprise"] if asked["wide"] else asked["team"]
        return _yes(
            app_id="A1",
            authed_user={"id": asked["by"]},
            scope="chat:write,commands",
            bot_user_id="UBOT",
            team=None if asked["wide"] else {"id": asked["team"], "name": f"Team <{asked['team']}>"},
            enterprise={"id": asked["enterprise"], "name": "Org"} if asked["enterprise"] else None,
            is_enterprise_install=asked["wide"],
            **self._tokens_for(whose, asked["lives"]),
        )

    def _tokens_for(self, whose: str, lives: int | None) -> Json:
        token = f"xoxb-secret-{whose}-{next(self._numbers)}"
        self.tokens[token] = whose
        if lives is None:
            return {"token_type": "bot", "access_token": token}
        refresh = f"xoxe-1-secret-{whose}-{next(self._numbers)}"
        self._refresh[refresh] = whose
        return {"token_type": "bot", "access_token": token, "refresh_token": refresh, "expires_in": lives}
