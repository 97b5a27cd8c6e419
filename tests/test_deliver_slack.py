"""The Slack sender over the wire: one post per attempt, and an honest answer for everything Slack and the network do."""

import socket
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.cards.card import notice
from bot.deliver.outbox import Gone, Later, Refused, Sent, Unclear
from bot.deliver.slack import SlackSender
from bot.model import Place
from tests import faults
from tests.loopback_slack import LoopbackSlack, error, rate_limited

C1 = Place(id="slack:T1:C1", platform="slack", workspace="T1", channel="C1")
CARD = notice("MFDS · guidance", "새 가이드라인 <!channel>")


def sender_of(slack: LoopbackSlack, **more: Any) -> SlackSender:
    return SlackSender(slack.bot_token, api_url=slack.api_url, **more)


async def test_a_card_arrives_with_text_blocks_and_the_delivery_id() -> None:
    async with LoopbackSlack() as slack:
        outcome = await sender_of(slack).send(C1, CARD, "d1")
        (message,) = slack.messages()
        (call,) = slack.calls_of("chat.postMessage")
    assert outcome == Sent(reference=message["ts"])
    assert message["metadata"] == {"event_type": "regwatch_delivery", "event_payload": {"delivery_id": "d1"}}
    assert message["text"] == "MFDS · guidance\n새 가이드라인 &lt;!channel&gt;"
    assert message["blocks"][0]["type"] == "rich_text"
    assert call.args["unfurl_links"] is False
    assert call.args["unfurl_media"] is False
    assert call.args["parse"] == "none"
    assert call.args["mrkdwn"] is False
    assert "link_names" not in call.args


async def test_the_same_delivery_always_carries_the_same_client_message_id() -> None:
    async with LoopbackSlack() as slack:
        for delivery in ("d1", "d1", "d2"):
            await sender_of(slack).send(C1, CARD, delivery)
        ids = [message["client_msg_id"] for message in slack.messages()]
    assert ids[0] == ids[1] != ids[2]


@pytest.mark.parametrize(
    ("what", "expected", "posted"),
    [
        (rate_limited(7), Later(seconds=7, reason="Slack asked us to wait"), 0),
        (rate_limited("nonsense"), Later(seconds=0, reason="Slack asked us to wait"), 0),
        (rate_limited("nan"), Later(seconds=0, reason="Slack asked us to wait"), 0),
        (rate_limited(-5), Later(seconds=0, reason="Slack asked us to wait"), 0),
        (error("rate_limited"), Later(seconds=0, reason="Slack answered rate_limited"), 0),
        (faults.page(500), Unclear(reason="Slack answered with HTTP 500"), 0),
        (faults.page(503, "down", "text/plain"), Unclear(reason="Slack answered with HTTP 503"), 0),
        (faults.page(200, "hello", "text/plain"), Unclear(reason="no usable answer from Slack: AttributeError"), 0),
        (faults.page(500, does_it=True), Unclear(reason="Slack answered with HTTP 500"), 1),
        (error("fatal_error"), Unclear(reason="Slack answered fatal_error"), 0),
        (error("internal_error"), Unclear(reason="Slack answered internal_error"), 0),
        (faults.lost_reply(), Unclear(reason="no usable answer from Slack: ServerDisconnectedError"), 1),
        (faults.reset(), Unclear(reason="no usable answer from Slack: ServerDisconnectedError"), 0),
        (faults.page(200, "not json", "application/json"), Unclear(reason="no usable answer from Slack: SlackApiError"), 0),
        (faults.page(200, "[1]", "application/json"), Unclear(reason="no usable answer from Slack: AttributeError"), 0),
        (faults.page(200, '"ok"', "application/json"), Unclear(reason="no usable answer from Slack: AttributeError"), 0),
        (faults.page(200, '{"ok": true}', "application/json"), Unclear(reason="Slack answered ok, but not where the message is"), 0),
        (faults.page(200), Unclear(reason="an answer with HTTP 200 that is not Slack's"), 0),
        (faults.page(403), Later(seconds=0, reason="an answer with HTTP 403 that is not Slack's"), 0),
        (error("channel_not_found"), Gone(code="channel_not_found"), 0),
        (error("is_archived"), Gone(code="is_archived"), 0),
        (error("token_revoked"), Gone(code="token_revoked"), 0),
        (error("account_inactive"), Gone(code="account_inactive"), 0),
        (error("restricted_action"), Gone(code="restricted_action"), 0),
        (error("invalid_blocks"), Refused(code="invalid_blocks"), 0),
        (error("msg_too_long"), Refused(code="msg_too_long"), 0),
        (error("never_heard_of_it"), Refused(code="never_heard_of_it"), 0),
    ],
    ids=str,
)
async def test_every_answer_has_its_outcome_and_one_call_is_made(what: faults.Fault, expected: object, posted: int) -> None:
    async with LoopbackSlack() as slack:
        slack.script("chat.postMessage", what)
        outcome = await sender_of(slack).send(C1, CARD, "d1")
        assert outcome == expected
        assert len(slack.messages()) == posted
        assert len(slack.calls_of("chat.postMessage")) == 1


async def test_no_answer_in_time_is_unclear() -> None:
    async with LoopbackSlack() as slack:
        slack.script("chat.postMessage", faults.slow(1.3))
        outcome = await sender_of(slack, timeout=1).send(C1, CARD, "d1")
    assert outcome == Unclear(reason="no usable answer from Slack: TimeoutError")


async def test_a_slow_answer_is_waited_for() -> None:
    async with LoopbackSlack() as slack:
        slack.script("chat.postMessage", faults.slow(0.2))
        assert isinstance(await sender_of(slack).send(C1, CARD, "d1"), Sent)


async def test_a_refused_connection_means_later() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/api/"
    outcome = await SlackSender("xoxb-secret", api_url=url).send(C1, CARD, "d1")
    assert isinstance(outcome, Later)
    assert outcome.seconds == 0
    assert "xoxb" not in outcome.reason


@pytest.mark.parametrize(("channel", "code"), [("C9", "channel_not_found"), ("CA", "is_archived"), ("CX", "not_in_channel")])
async def test_a_place_that_takes_no_messages_is_gone(channel: str, code: str) -> None:
    async with LoopbackSlack("C1", "CA", "CX") as slack:
        slack.channels["CA"].archived = True
        slack.channels["CX"].member = False
        outcome = await sender_of(slack).send(C1.model_copy(update={"channel": channel}), CARD, "d1")
    assert outcome == Gone(code=code)


async def test_a_wrong_token_is_gone_and_appears_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    async with LoopbackSlack() as slack:
        outcome = await SlackSender("xoxb-wrong-secret", api_url=slack.api_url).send(C1, CARD, "d1")
    assert outcome == Gone(code="invalid_auth")
    assert "xoxb-wrong-secret" not in caplog.text


async def test_a_message_whose_answer_was_lost_is_found() -> None:
    since = datetime.now(UTC)
    async with LoopbackSlack() as slack:
        sender = sender_of(slack)
        slack.script("chat.postMessage", faults.lost_reply())
        await sender.send(C1, CARD, "d1")
        assert await sender.find(C1, "d1", since) == Sent(reference=slack.messages()[0]["ts"])
        assert await sender.find(C1, "d2", since) is None


async def test_the_search_reads_every_page() -> None:
    since = datetime.now(UTC)
    async with LoopbackSlack() as slack:
        slack.history_page = 2
        sender = sender_of(slack)
        for number in range(7):
            await sender.send(C1, CARD, f"d{number}")
        assert isinstance(await sender.find(C1, "d0", since), Sent)
        assert await sender.find(C1, "d9", since) is None


async def test_an_hour_between_our_clock_and_slacks_hides_nothing() -> None:
    async with LoopbackSlack() as slack:
        sender = sender_of(slack)
        await sender.send(C1, CARD, "d1")
        assert isinstance(await sender.find(C1, "d1", datetime.now(UTC) + timedelta(hours=1)), Sent)


async def test_without_the_history_scope_it_cannot_look() -> None:
    async with LoopbackSlack() as slack:
        slack.scopes.remove("channels:history")
        assert await sender_of(slack).find(C1, "d1", datetime.now(UTC)) == Unclear(reason="cannot look: missing_scope")


async def test_an_endless_history_is_not_called_absent() -> None:
    endless = '{"ok": true, "messages": [], "has_more": true, "response_metadata": {"next_cursor": "x"}}'
    async with LoopbackSlack() as slack:
        slack.script("conversations.history", *[faults.page(200, endless, "application/json")] * 25)
        found = await sender_of(slack).find(C1, "d1", datetime.now(UTC))
    assert isinstance(found, Unclear)


async def test_a_history_cut_short_is_not_called_absent() -> None:
    cut = '{"ok": true, "messages": [], "has_more": true}'
    async with LoopbackSlack() as slack:
        slack.script("conversations.history", faults.page(200, cut, "application/json"))
        assert isinstance(await sender_of(slack).find(C1, "d1", datetime.now(UTC)), Unclear)


@pytest.mark.parametrize("what", [rate_limited(3), faults.page(500), faults.reset(), error("internal_error")], ids=str)
async def test_a_search_that_fails_for_now_is_to_be_made_later(what: faults.Fault) -> None:
    async with LoopbackSlack() as slack:
        slack.script("conversations.history", what)
        assert isinstance(await sender_of(slack).find(C1, "d1", datetime.now(UTC)), Later)


async def test_messages_with_strange_metadata_are_passed_over() -> None:
    async with LoopbackSlack() as slack:
        for metadata in (
            None,
            {},
            {"event_type": "other"},
            {"event_type": "regwatch_delivery"},
            {"event_type": "regwatch_delivery", "event_payload": {"delivery_id": 1}},
        ):
            slack.messages().append({"ts": "9999999999.1", "text": "x", "metadata": metadata})
        assert await sender_of(slack).find(C1, "d1", datetime.now(UTC)) is None


async def test_what_follows_is_posted_in_the_thread_and_found_there(now: datetime) -> None:
    async with LoopbackSlack() as slack:
        sender = sender_of(slack)
        first = await sender.send(C1, CARD, "d1")
        assert isinstance(first, Sent)
        reply = await sender.send(C1, CARD, "d2", first.reference)
        assert slack.messages()[1]["thread_ts"] == first.reference
        since = datetime.now(UTC) - timedelta(minutes=1)
        assert await sender.find(C1, "d2", since, first.reference) == reply
        assert await sender.find(C1, "d2", since) is None
        assert await sender.find(C1, "d3", since, first.reference) is None


async def test_a_reply_is_shown_in_the_channel_too_where_the_place_wants_both() -> None:
    async with LoopbackSlack() as slack:
        sender = sender_of(slack)
        first = await sender.send(C1, CARD, "d1")
        assert isinstance(first, Sent)
        await sender.send(C1.model_copy(update={"threads": "both"}), CARD, "d2", first.reference)
        assert [str(one.args.get("reply_broadcast")).lower() in ("true", "1") for one in slack.calls_of("chat.postMessage")] == [
            False,
            True,
        ]


async def test_a_message_is_changed_in_place_and_is_still_found() -> None:
    async with LoopbackSlack() as slack:
        sender = sender_of(slack)
        first = await sender.send(C1, CARD, "d1")
        assert isinstance(first, Sent)
        assert await sender.refresh(C1, notice("Withdrawn"), first.reference, "d1") == first
        (message,) = slack.messages()
        assert message["text"] == "Withdrawn"
        assert await sender.find(C1, "d1", datetime.now(UTC) - timedelta(minutes=1)) == first


@pytest.mark.parametrize("code", ["message_not_found", "cant_update_message", "edit_window_closed", "channel_not_found"])
async def test_a_message_that_cannot_be_changed_suspends_nothing(code: str) -> None:
    async with LoopbackSlack() as slack:
        slack.script("chat.update", error(code))
        assert await sender_of(slack).refresh(C1, CARD, "1.000001", "d1") == Refused(code=code)


async def test_what_follows_a_message_that_is_gone_is_posted_in_the_channel_and_found_there() -> None:
    async with LoopbackSlack() as slack:
        sender = sender_of(slack)
        outcome = await sender.send(C1, CARD, "d1", "1.000001")
        (message,) = slack.messages()
        assert outcome == Sent(reference=message["ts"])
        assert "thread_ts" not in message
        assert await sender.find(C1, "d1", datetime.now(UTC) - timedelta(minutes=1), "1.000001") == outcome
