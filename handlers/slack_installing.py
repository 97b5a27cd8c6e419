"""Installing the bot from a browser: /slack/install leads to Slack, /slack/oauth_redirect takes what Slack sends back.

Bolt's OAuth flow, with pages of ours. A state is good once, for ten minutes, and only in the browser it was given to.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from html import escape
from urllib.parse import urlencode, urlsplit

import aiohttp
import structlog
from slack_bolt.oauth.async_callback_options import AsyncCallbackOptions, AsyncFailureArgs, AsyncSuccessArgs
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackClientError
from slack_sdk.oauth import OAuthStateUtils
from slack_sdk.oauth.installation_store import Installation
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from bot.errors import StoreTrouble
from bot.slack_installs import TIMEOUT, Installs, OAuthClient, OneTimeStates
from bot.slack_manifest import SCOPES
from handlers import suspension
from handlers.reply import Context
from handlers.slack_calls import quiet_logger

log = structlog.get_logger()

INSTALL_PATH = "/slack/install"
REDIRECT_PATH = "/slack/oauth_redirect"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_AGAIN = f'<p><a href="{INSTALL_PATH}">Begin again</a></p>'
# What Bolt says went wrong, in words for the person in front of the browser.
_FAILURES = {
    "access_denied": (200, "Nothing was installed", "The installation was cancelled in Slack. Nothing has changed."),
    "invalid_browser": (
        400,
        "This page was opened in another browser",
        "An installation ends in the browser, and at the address, where it began.",
    ),
    "invalid_state": (401, "This link was used already, or is too old", "Each link is good once, for ten minutes."),
    "missing_code": (400, "Something is missing in the address", "Slack sends a code with it; this address has none."),
    "invalid_code": (
        401,
        "Slack did not accept the installation",
        "If it happens again, whoever runs Regwatch finds Slack's reason in the log.",
    ),
}
_UNKNOWN = (400, "Slack sent something else than an installation", "Nothing has changed.")
_AWAY = (503, "It could not be finished just now", "Nothing has changed. Please try again in a minute.")


class Installing:
    """The two pages. `public_url` is how the bot is reached from outside; without it the address in the browser counts."""

    def __init__(
        self,
        installs: Installs,
        states: OneTimeStates,
        context: Context,
        *,
        client_id: str,
        client_secret: str,
        api_url: str,
        public_url: str = "",
    ) -> None:
        self._installs, self._states, self._context, self._logger = installs, states, context, quiet_logger()
        self._client_id, self._client_secret, self._api_url = client_id, client_secret, api_url
        self._public_url = public_url.rstrip("/")

    async def begin(self, request: Request) -> Response:
        """The page with the way to Slack."""
        return await self._answer(request, lambda flow, asked: flow.handle_installation(asked))

    async def finish(self, request: Request) -> Response:
        """What Slack sent back is taken: the bot is installed and what was asleep there wakes, or the page says why not."""
        return await self._answer(request, lambda flow, asked: flow.handle_callback(asked))

    async def _answer(self, request: Request, handle: Callable[[AsyncOAuthFlow, AsyncBoltRequest], Awaitable[BoltResponse]]) -> Response:
        asked = AsyncBoltRequest(
            body="", query=request.url.query, headers={name: request.headers.getlist(name) for name in request.headers}
        )
        try:
            answer = await handle(self._flow(request), asked)
        except (StoreTrouble, SlackClientError, aiohttp.ClientError, TimeoutError) as error:
            log.warning("An installation could not be finished", error=type(error).__name__)
            answer = _failure(*_AWAY)
        page = HTMLResponse(answer.body, answer.status, headers=_HEADERS)
        for cookie in answer.headers.get("set-cookie", []):
            page.headers.append("Set-Cookie", cookie)
        return page

    def _flow(self, request: Request) -> AsyncOAuthFlow:
        origin = self._public_url or f"{request.url.scheme}://{request.url.netloc}"
        there = urlsplit(self._api_url)
        settings = AsyncOAuthSettings(
            client_id=self._client_id,
            client_secret=self._client_secret,
            scopes=sorted(SCOPES),
            user_scopes=[],
            redirect_uri=origin + REDIRECT_PATH,
            install_path=INSTALL_PATH,
            redirect_uri_path=REDIRECT_PATH,
            authorization_url=f"{there.scheme}://{there.netloc}/oauth/v2/authorize",
            installation_store=self._installs,
            state_store=self._states,
            callback_options=AsyncCallbackOptions(self._installed, _failed),
            logger=self._logger,
        )
        if origin.startswith("http://") and (self._public_url or urlsplit(origin).hostname in _LOOPBACK):
            settings.state_utils = _PlainCookie()
        client = OAuthClient(base_url=self._api_url, timeout=TIMEOUT, retry_handlers=[], logger=self._logger)
        return _Flow(client=client, logger=self._logger, settings=settings)

    async def _installed(self, args: AsyncSuccessArgs) -> BoltResponse:
        found = args.installation
        wide = bool(found.is_enterprise_install)
        workspace = (found.enterprise_id if wide else found.team_id) or ""
        log.info("installed", workspace=workspace, organisation=wide, by=found.user_id)
        at = datetime.fromtimestamp(found.installed_at, UTC)
        for team in await self._installs.served_by(workspace):
            await suspension.renewed("slack", team, self._context, at)
        cookie = args.settings.state_utils.build_set_cookie_for_deletion()
        return BoltResponse(status=200, body=_welcome(found), headers={"Set-Cookie": [cookie]})


class _Flow(AsyncOAuthFlow):
    """Bolt's, with an address whose parts are quoted and a page in our words."""

    async def build_authorize_url(self, state: str, request: AsyncBoltRequest) -> str:
        asked = {
            "state": state,
            "client_id": self.settings.client_id,
            "scope": ",".join(self.settings.scopes or ()),
            "user_scope": "",
            "redirect_uri": self.settings.redirect_uri or "",
        }
        team = (request.query.get("team") or [""])[0]
        return f"{self.settings.authorization_url}?{urlencode(asked | ({'team': team} if team.isalnum() else {}))}"

    async def build_install_page_html(self, url: str, request: AsyncBoltRequest) -> str:  # noqa: ARG002 - Bolt's interface
        reasons = "".join(f"<li><code>{scope}</code>: {_said(why)}</li>" for scope, why in SCOPES.items())
        return _page(
            "Install Regwatch",
            "<p>Regwatch watches regulators and the trade press and posts what matches your watchlists in Slack.</p>"
            f'<p><a class="button" href="{escape(url)}">Add to Slack</a></p>'
            f"<h2>What it asks for, and why</h2><ul>{reasons}</ul>",
        )


class _PlainCookie(OAuthStateUtils):
    """The state's cookie for an address without TLS, such as one of this machine: browsers send back no secure one there."""

    def build_set_cookie_for_new_state(self, state: str) -> str:
        return _lax(super().build_set_cookie_for_new_state(state))

    def build_set_cookie_for_deletion(self) -> str:
        return _lax(super().build_set_cookie_for_deletion())


def _lax(cookie: str) -> str:
    return cookie.replace(" Secure;", "")


async def _failed(args: AsyncFailureArgs) -> BoltResponse:
    log.warning("An installation was not made", reason=args.reason if args.reason in _FAILURES else "another word than Slack documents")
    return _failure(*_FAILURES.get(args.reason, _UNKNOWN))


def _failure(status: int, what: str, then: str) -> BoltResponse:
    return BoltResponse(status=status, body=_page(what, f"<p>{then}</p>{_AGAIN}"))


def _welcome(found: Installation) -> str:
    where = escape((found.enterprise_name if found.is_enterprise_install else found.team_name) or "your workspace")
    return _page(
        f"Regwatch is installed in {where}",
        "<p>Go back to Slack and, in the channel that is to get alerts, write:</p><ol>"
        "<li><code>/invite @Regwatch</code></li>"
        '<li><code>/reg watch add "clinical trial" as Trials</code></li>'
        "<li><code>/reg subscribe Trials</code></li></ol>"
        "<p><code>/reg help</code> tells the rest. You can close this page.</p>",
    )


def _said(what: str) -> str:
    """The sentence of a scope; what stands in backticks there is code."""
    parts = escape(what).split("`")
    return "".join(f"<code>{part}</code>" if number % 2 else part for number, part in enumerate(parts))


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>body{{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem}}"
        ".button{display:inline-block;padding:.6rem 1.2rem;background:#4a154b;color:#fff;border-radius:.3rem;text-decoration:none}"
        f"</style></head><body><main><h1>{title}</h1>{body}</main></body></html>"
    )
