"""The Slack manifest needs no editing: it asks for what the bot uses, and for nothing else."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.slack_manifest import EVENTS, SCOPES, SHORTCUTS, manifest
from tests import recorded

ROOT = Path(__file__).resolve().parent.parent
PARTS = [*(ROOT / "handlers").glob("slack*.py"), ROOT / "bot" / "deliver" / "slack.py", ROOT / "bot" / "slack_installs.py"]
CODE = "\n".join(path.read_text(encoding="utf-8") for path in PARTS)

# What Slack wants before it tells of an event: docs.slack.dev/reference/events.
EVENT_SCOPES = {
    "app_home_opened": set(),
    "app_mention": {"app_mentions:read"},
    "app_uninstalled": set(),
    "channel_unarchive": {"channels:read"},
    "group_unarchive": {"groups:read"},
    "link_shared": {"links:read"},
    "member_joined_channel": {"channels:read", "groups:read"},
    "message.im": {"im:history"},
    "team_access_granted": set(),
    "team_access_revoked": set(),
    "tokens_revoked": set(),
}
# Features beside events and calls.
COMMANDS = {"commands"}
SHOWING_LINKS = {"links:write"}


def both() -> list[dict[str, Any]]:
    return [manifest(), manifest("https://your.host")]


def methods() -> set[str]:
    """The methods of the Web API that our code calls, with _ for the dot."""
    return set(re.findall(r"client\.([a-z]+_[a-zA-Z_]+)\(", CODE))


def needed() -> dict[str, list[set[str]]]:
    """For each method we call, the scopes of which it wants one."""
    file = recorded.PAYLOADS.parent / "facts" / "slack_methods.json"
    if not file.exists():
        pytest.skip("the shared facts are not there")
    known = {name.replace(".", "_"): one for name, one in json.loads(file.read_text()).items()}
    called = methods()
    assert called >= {"chat_postMessage", "users_info", "conversations_history", "auth_test"}
    assert called <= set(known)
    return {name: [{one["name"] for one in known[name].get("scopes", {}).get("bot", [])}] for name in called}


def test_every_call_of_the_code_has_its_scope() -> None:
    wanting = {name: scopes for name, (scopes,) in needed().items() if scopes and not scopes & set(SCOPES)}
    assert wanting == {}


def test_every_scope_is_for_a_call_an_event_or_a_feature() -> None:
    called = {scope for (scopes,) in needed().values() for scope in scopes}
    heard = {scope for scopes in EVENT_SCOPES.values() for scope in scopes}
    assert set(SCOPES) - called - heard - COMMANDS - SHOWING_LINKS == set()


def test_every_event_has_its_scope() -> None:
    assert set(EVENT_SCOPES) == set(EVENTS)
    assert {scope for scopes in EVENT_SCOPES.values() for scope in scopes} <= set(SCOPES)


def test_every_event_the_code_looks_for_is_subscribed() -> None:
    looked_for = set(
        re.findall(r'"(app_[a-z_]+|tokens_[a-z_]+|team_access_[a-z]+|member_joined_channel|[a-z]+_unarchive|link_shared)"', CODE)
    )
    assert looked_for - {"app_not_installed", "app_token", "app_id"} <= set(EVENTS)
    assert {"app_mention", "app_uninstalled", "member_joined_channel"} <= looked_for


@pytest.mark.parametrize("made", both(), ids=["socket", "http"])
def test_it_is_inside_the_limits_of_slack(made: dict[str, Any]) -> None:
    shown, features = made["display_information"], made["features"]
    assert len(shown["name"]) <= 35
    assert len(shown["description"]) <= 140
    assert 174 <= len(shown["long_description"]) <= 4_000
    assert len(features["unfurl_domains"]) <= 5
    assert len(features["shortcuts"]) <= 10
    for one in features["shortcuts"]:
        assert (len(one["name"]) <= 24, len(one["description"]) <= 150) == (True, True)
    (command,) = features["slash_commands"]
    assert len(command["command"]) <= 32
    assert len(command["usage_hint"]) <= 1_000
    assert {one["callback_id"] for one in features["shortcuts"]} == set(SHORTCUTS)


def test_socket_mode_wants_no_address() -> None:
    made = manifest()
    assert made["settings"]["socket_mode_enabled"] is True
    assert "http" not in json.dumps(made)


def test_over_http_every_address_leads_to_the_bot() -> None:
    made = manifest("https://your.host/")
    addresses = re.findall(r'"(https?://[^"]+)"', json.dumps(made))
    assert sorted(set(addresses)) == ["https://your.host/slack/events", "https://your.host/slack/oauth_redirect"]
    assert made["settings"]["interactivity"]["request_url"] == made["features"]["slash_commands"][0]["url"]
    assert made["settings"]["socket_mode_enabled"] is False


def test_the_command_line_shows_it_or_writes_it(tmp_path: Path) -> None:
    assert json.loads(CliRunner().invoke(app, ["manifest", "slack"]).output) == manifest()
    file = tmp_path / "manifest.json"
    done = CliRunner().invoke(app, ["manifest", "slack", "--http", "https://your.host", "--out", str(file)])
    assert done.exit_code == 0
    assert json.loads(file.read_text(encoding="utf-8")) == manifest("https://your.host")


@pytest.mark.parametrize("address", ["your.host", "https://your.host/path", "ftp://your.host", "https://"])
def test_an_address_that_is_no_origin_is_refused(address: str) -> None:
    assert CliRunner().invoke(app, ["manifest", "slack", "--http", address]).exit_code == 2


def test_the_docs_say_what_each_scope_is_for() -> None:
    page = (ROOT / "docs" / "slack.md").read_text(encoding="utf-8")
    assert [scope for scope in SCOPES if f"`{scope}`" not in page] == []
