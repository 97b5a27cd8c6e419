"""A place that takes no messages any more: the platform's word for it in words for people, and what they can do; pure.

Slack's words: https://docs.slack.dev/reference/methods/chat.postMessage; those of Teams: Microsoft's page on proactive messages.
"""

from collections.abc import Sequence

from bot.messages import mark, say
from bot.model import Notice, Place

WHOLE_WORKSPACE = frozenset(
    {
        "account_inactive",
        "access_denied",
        "app_not_installed",
        "ekm_access_denied",
        "enterprise_is_restricted",
        "invalid_auth",
        "missing_scope",
        "no_permission",
        "not_allowed_token_type",
        "not_authed",
        "org_not_authorized",
        "team_access_not_granted",
        "team_not_found",
        "token_expired",
        "token_revoked",
        "two_factor_setup_required",
    }
)
"""Codes that concern our token or installation, so that nobody in the workspace can be told or get anything."""

_INVITE = mark("Invite me back with /invite @Regwatch.")
_INSTALLATION = (
    mark("the platform does not accept this installation of Regwatch any more"),
    mark("Who runs Regwatch has to install it again, or give it a new token, and start it."),
)
_RESTRICTED = (
    mark("only some people may post there"),
    mark("Ask an admin of the workspace to let this app post there, or subscribe another channel."),
)
_UNKNOWN = (mark("it takes no messages of mine"), mark("Subscribe another channel, or ask who runs this one to let me in again."))
_MEANINGS = {
    "not_in_channel": (mark("I am not a member of it any more"), _INVITE),
    "channel_not_found": (
        mark("it was deleted, or it is private and I am not a member any more"),
        mark("If it is still there: Invite me back with /invite @Regwatch."),
    ),
    "is_archived": (mark("it was archived"), mark("Unarchive it and invite me, or subscribe another channel.")),
    "user_not_found": (mark("the person is not there any more"), mark("Unsubscribe, or subscribe another channel.")),
    "messages_tab_disabled": (mark("my messages tab is switched off"), mark("Switch it on in the app's settings, under App Home.")),
    "MessageWritesBlocked": (mark("I was blocked or uninstalled"), mark("Install me again, or unblock me.")),
    "BotNotInConversationRoster": (mark("I am not a member of it any more"), mark("Add me to it again.")),
    "workflow_not_set": (
        mark("its workflow is not in the settings any more"),
        mark("Set it again, or subscribe another channel."),
    ),
    **dict.fromkeys(
        ("workflow_http_401", "workflow_http_403", "workflow_http_404", "workflow_http_410"),
        (
            mark("its workflow in Teams was deleted, switched off, or has another address now"),
            mark("Mend it, or set its new address."),
        ),
    ),
    "ConversationNotFound": (
        mark("it is not there any more, or I was removed from it"),
        mark("Add me to it again, or subscribe another one."),
    ),
}


def meaning(code: str) -> str:
    """Why a place gets nothing, to follow its name and a colon."""
    return f"{say(_said(code)[0])} ({code})"


def remedy(code: str) -> str:
    """What a person can do, as a sentence."""
    return say(_said(code)[1])


def _said(code: str) -> tuple[str, str]:
    if code in WHOLE_WORKSPACE:
        return _INSTALLATION
    return _RESTRICTED if code.startswith(("restricted_action", "posting_to")) else _MEANINGS.get(code, _UNKNOWN)


def stopped(place: Place, code: str, watchlists: Sequence[str]) -> Notice:
    """What the owner of a place is told once, when its alerts stop. `watchlists` are the names of those subscribed there."""
    what = f" ({', '.join(watchlists)})" if watchlists else ""
    return Notice(
        lines=(
            say("Alerts to {place}{what} have stopped: {why}.", place=place.name or place.channel, what=what, why=meaning(code)),
            remedy(code),
            say("Nothing is lost: what is found meanwhile is kept, and comes there as one message as soon as it can."),
        )
    )
