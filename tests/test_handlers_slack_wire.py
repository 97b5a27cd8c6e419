"""What Slack sends becomes what a person meant."""

from datetime import UTC, datetime

import pytest

from handlers import slack_wire

NOW = datetime(2026, 7, 2, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("sent", "typed"),
    [
        ("&lt;30d &amp; more", "<30d & more"),
        ("&amp;lt;", "&lt;"),
        ("<#C123|general> <#C123|> <#C123>", "#general #C123 #C123"),
        ("<@U1|ana> <@U1>", "@ana @U1"),
        ("<!here> <!subteam^S1|@team> <!date^1^{date}|1 Jan>", "@here @team 1 Jan"),
        ("<http://fda.gov|fda.gov> <https://fda.gov/a?b=1&amp;c>", "fda.gov https://fda.gov/a?b=1&c"),
        ("<mailto:a@b.org|a@b.org>", "a@b.org"),
        ("a < b", "a < b"),
        ("age:<30d deadline:>3d", "age:<30d deadline:>3d"),
        ("age:&lt;30d deadline:&gt;3d", "age:<30d deadline:>3d"),
    ],
)
def test_escapes_are_decoded_once(sent: str, typed: str) -> None:
    assert slack_wire.decoded(sent) == typed


def _event(**event: object) -> slack_wire.Payload:
    return {"team_id": "T1", "event_id": "Ev1", "authorizations": [{"user_id": "UBOT"}], "event": {"ts": "1.1", **event}}


@pytest.mark.parametrize("text", ["<@UBOT> search dct", "hey <@UBOT|regwatch>: search dct", "search dct <@UBOT>"])
def test_a_mention_is_read_without_the_mention(text: str) -> None:
    heard = slack_wire.message(_event(type="app_mention", user="U1", channel="C1", text=text), NOW)
    assert heard is not None
    assert heard.request.words == "search dct"
    assert heard.request.place.id == "slack:T1:C1"
    assert not heard.request.personal


def test_a_direct_message_is_personal_and_needs_no_prefix() -> None:
    heard = slack_wire.message(_event(type="message", channel_type="im", user="U1", channel="D1", text="`help`"), NOW)
    assert heard is not None
    assert (heard.request.words, heard.request.personal, heard.request.prefix) == ("help", True, "")


@pytest.mark.parametrize(
    "event",
    [
        {"type": "message", "channel_type": "channel", "user": "U1", "channel": "C1", "text": "help"},
        {"type": "message", "channel_type": "im", "user": "U1", "channel": "D1", "text": "help", "bot_id": "B9"},
        {"type": "message", "channel_type": "im", "user": "UBOT", "channel": "D1", "text": "help"},
        {"type": "message", "channel_type": "im", "subtype": "message_changed", "channel": "D1"},
        {"type": "reaction_added", "user": "U1", "item": {"channel": "C1"}},
        {"type": "app_mention", "user": "U1", "text": "<@UBOT> help"},
    ],
)
def test_talk_that_is_not_for_us_is_passed_over(event: dict[str, object]) -> None:
    assert slack_wire.message(_event(**event), NOW) is None


def test_an_event_without_id_is_known_by_its_message() -> None:
    payload = _event(type="app_mention", user="U1", channel="C1", text="help")
    del payload["event_id"]
    heard = slack_wire.message(payload, NOW)
    assert heard is not None
    assert heard.key == "C1:1.1"


def test_a_pressed_button_is_the_command_it_stands_for() -> None:
    payload = {
        "team": {"id": "T1"},
        "user": {"id": "U1", "username": "ana"},
        "channel": {"id": "C1", "name": "general"},
        "actions": [{"action_id": "search:1", "value": "dct page 2"}],
        "trigger_id": "1.2",
        "response_url": "https://hooks.example.org/1",
    }
    heard = slack_wire.button(payload, NOW)
    assert heard is not None
    assert (heard.request.words, heard.request.actor_name, heard.request.place.name) == ("search dct page 2", "ana", "#general")
    assert heard.replaces


def test_a_button_that_only_opens_an_address_is_no_command() -> None:
    payload = {"team": {"id": "T1"}, "user": {"id": "U1"}, "channel": {"id": "C1"}, "actions": [{"action_id": "open:0"}]}
    assert slack_wire.button(payload, NOW) is None
