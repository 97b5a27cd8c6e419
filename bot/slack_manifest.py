"""What the bot asks of Slack: its scopes, events, commands and shortcuts, and the app manifest that says so; pure.

https://docs.slack.dev/reference/app-manifest; tests hold this against what is registered and called.
"""

from collections.abc import Mapping
from typing import Any

SCOPES: Mapping[str, str] = {
    "app_mentions:read": "hear `@Regwatch …` in a channel",
    "channels:history": "look, after a crash in the middle of a post, whether the message had arrived in a public channel",
    "channels:read": "notice that the bot was invited back, or a channel unarchived, so that its alerts come again by themselves",
    "chat:write": "post alerts where the bot was invited, and answer",
    "commands": "hear `/reg` and the shortcuts",
    "groups:history": "the same look in a private channel",
    "groups:read": "the same notice in a private channel",
    "im:history": "hear what is written to the bot in a direct message",
    "links:read": "hear that an address of a known item was posted in a channel the bot is in",
    "links:write": "show what is known of that item below the address",
    "users:read": "say who changed something, and know who is an admin of the workspace and who a guest",
}
"""Each scope with what the bot does with it."""

EVENTS = (
    "app_home_opened",
    "app_mention",
    "app_uninstalled",
    "channel_unarchive",
    "group_unarchive",
    "link_shared",
    "member_joined_channel",
    "message.im",
    "team_access_granted",
    "team_access_revoked",
    "tokens_revoked",
)

COMMAND = "/reg"
SHORTCUTS = {"log": "Add to regulatory log", "watch-page": "Watch this page"}
"""The message shortcuts by their callback id."""
UNFURLED = ("ema.europa.eu", "fda.gov", "gov.uk", "mfds.go.kr", "pmda.go.jp")
"""Sites whose addresses are shown with what is known of them, their subdomains included; Slack allows five."""

_LONG = (
    "Regwatch watches regulators and the trade press for pharma, biotech and devices. Keep watchlists in plain words, which match in the "
    "language of each regulator; see before you save what they would have found; get one alert per event, with the words that matched, at "
    "once or as a digest; follow deadlines; search all that was collected. Write /reg help to begin."
)


def manifest(public_url: str = "") -> dict[str, Any]:
    """The app manifest: for Socket Mode or, when it says where the bot is reached from outside, for HTTP with installation by OAuth."""
    here = public_url.rstrip("/")
    events = {"request_url": f"{here}/slack/events"} if here else {}
    command = {
        "command": COMMAND,
        "description": "Watch regulators, search, subscribe this channel",
        "usage_hint": "help | search … | watch add … | subscribe …",
        "should_escape": True,
    }
    redirects = {"redirect_urls": [f"{here}/slack/oauth_redirect"]} if here else {}
    return {
        "_metadata": {"major_version": 2, "minor_version": 1},
        "display_information": {
            "name": "Regwatch",
            "description": "Regulatory changes in pharma, biotech and devices, as they are published",
            "long_description": _LONG,
            "background_color": "#1d3557",
        },
        "features": {
            "app_home": {"home_tab_enabled": True, "messages_tab_enabled": True, "messages_tab_read_only_enabled": False},
            "bot_user": {"display_name": "Regwatch", "always_online": True},
            "shortcuts": [_shortcut(callback_id, name) for callback_id, name in SHORTCUTS.items()],
            "slash_commands": [command | ({"url": f"{here}/slack/events"} if here else {})],
            "unfurl_domains": list(UNFURLED),
        },
        "oauth_config": redirects | {"scopes": {"bot": sorted(SCOPES)}},
        "settings": {
            "event_subscriptions": events | {"bot_events": list(EVENTS)},
            "interactivity": {"is_enabled": True} | events,
            "org_deploy_enabled": bool(here),
            "socket_mode_enabled": not here,
            # Tokens that stand in the settings cannot be renewed; with OAuth it can be switched on in the app's own page.
            "token_rotation_enabled": False,
        },
    }


def _shortcut(callback_id: str, name: str) -> dict[str, Any]:
    return {"name": name, "type": "message", "callback_id": callback_id, "description": f"{name}, from a message"}
