"""The library's client of Slack's Web API, which puts every question into the body of a POST.

The library asks some things by GET. Slack takes either; proxies keep the addresses of a GET, and emulators of Slack may know POST alone.
"""

from typing import Any

from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse


class SlackClient(AsyncWebClient):
    """The library's, without GET."""

    async def api_call(self, api_method: str, **given: Any) -> AsyncSlackResponse:
        """As the library's; a token that is given goes into the header, as before."""
        if given.get("http_verb") == "GET":
            asked = dict(given.pop("params", None) or {})
            token = {"token": asked.pop("token")} if "token" in asked else {}
            given |= {"http_verb": "POST", "data": asked, "params": token}
        return await super().api_call(api_method, **given)
