"""Delivery to Teams over the wire: what each answer of the Connector means for the message."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.cards.card import notice
from bot.deliver.outbox import Gone, Later, Outcome, Refused, Sent, Unclear
from bot.deliver.teams import TeamsSender
from bot.deliver.teams_connector import Connector, Token
from bot.errors import PlatformTrouble
from bot.model import Place
from tests.faults import lost_reply, reset, slow
from tests.loopback_teams import LoopbackTeams, status

CHANNEL = "19:abc@thread.tacv2"
CARD = notice("Decentralized trials", "a new guideline")


async def token() -> str:
    return "the-token"


@pytest.fixture
async def teams() -> AsyncIterator[LoopbackTeams]:
    async with LoopbackTeams() as started:
        yield started


def place(teams: LoopbackTeams, address: str | None = None) -> Place:
    return Place(
        id=f"teams:tenant:{CHANNEL}",
        platform="teams",
        workspace="tenant",
        channel=CHANNEL,
        address=teams.service_url if address is None else address,
    )


@asynccontextmanager
async def sender(token: Token = token, **kwargs: Any) -> AsyncIterator[TeamsSender]:
    connector = Connector(token, **{"timeout": 1, **kwargs})
    try:
        yield TeamsSender(connector)
    finally:
        await connector.close()


async def send(where: Place, **kwargs: Any) -> Outcome:
    async with sender(**kwargs) as made:
        return await made.send(where, CARD, "d1")


async def sent(teams: LoopbackTeams) -> Outcome:
    return await send(place(teams))


async def test_a_card_arrives_with_the_bots_token_and_its_words_for_screen_readers(teams: LoopbackTeams) -> None:
    outcome = await sent(teams)
    (message,) = teams.messages(CHANNEL)
    assert outcome == Sent(reference=message["id"])
    assert message["attachments"][0]["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert message["attachments"][0]["content"]["version"] == "1.5"
    assert message["summary"] == "Decentralized trials\na new guideline"
    assert [call.token for call in teams.calls] == ["the-token"]


async def test_a_place_without_an_address_of_its_own_is_served_where_all_are(teams: LoopbackTeams) -> None:
    assert isinstance(await send(place(teams, ""), service_url=teams.service_url), Sent)
    assert len(teams.messages(CHANNEL)) == 1


@pytest.mark.parametrize(("code", "seconds"), [(429, 7), (412, 0), (408, 0)])
async def test_a_busy_teams_is_asked_again_when_it_says(teams: LoopbackTeams, code: int, seconds: float) -> None:
    teams.script(status(code, "Throttled", retry_after=seconds or None))
    outcome = await sent(teams)
    assert isinstance(outcome, Later)
    assert outcome.seconds == seconds
    assert len(teams.calls) == 1


@pytest.mark.parametrize(
    ("code", "word"), [(403, "MessageWritesBlocked"), (403, "BotNotInConversationRoster"), (404, "ConversationNotFound")]
)
async def test_a_conversation_that_takes_nothing_any_more_is_gone_with_teams_own_word(teams: LoopbackTeams, code: int, word: str) -> None:
    teams.script(status(code, word))
    assert await sent(teams) == Gone(code=word)


async def test_a_gone_conversation_without_a_word_is_named_by_its_status(teams: LoopbackTeams) -> None:
    teams.script(status(404))
    assert await sent(teams) == Gone(code="HTTP 404")


@pytest.mark.parametrize(("code", "word"), [(400, "BadSyntax"), (413, "MessageSizeTooBig")])
async def test_a_message_teams_does_not_take_is_refused_for_a_person_to_look_at(teams: LoopbackTeams, code: int, word: str) -> None:
    teams.script(status(code, word))
    assert await sent(teams) == Refused(code=word)


@pytest.mark.parametrize("code", [500, 502, 503, 504])
@pytest.mark.parametrize("does_it", [True, False])
async def test_a_failing_teams_leaves_open_whether_it_took_the_message(teams: LoopbackTeams, code: int, does_it: bool) -> None:
    teams.script(status(code, does_it=does_it))
    assert isinstance(await sent(teams), Unclear)
    assert len(teams.calls) == 1


async def test_a_lost_answer_is_unclear_and_nothing_is_sent_twice(teams: LoopbackTeams) -> None:
    teams.script(lost_reply())
    assert isinstance(await sent(teams), Unclear)
    assert len(teams.messages(CHANNEL)) == 1


async def test_a_cut_connection_and_a_late_answer_are_unclear(teams: LoopbackTeams) -> None:
    teams.script(reset(), slow(3))
    assert isinstance(await sent(teams), Unclear)
    assert isinstance(await sent(teams), Unclear)


async def test_an_unreachable_teams_has_certainly_not_got_it(teams: LoopbackTeams) -> None:
    outcome = await send(place(teams, "http://127.0.0.1:9/teams"))
    assert isinstance(outcome, Later)
    assert "could not be reached" in outcome.reason


async def test_without_a_token_nothing_is_sent_and_the_reason_is_kept(teams: LoopbackTeams) -> None:
    async def none_to_be_had() -> str:
        raise PlatformTrouble("Microsoft did not give the bot a token: invalid_client.", hint="Look at REGWATCH_TEAMS_CLIENT_SECRET.")

    outcome = await send(place(teams), token=none_to_be_had)
    assert outcome == Later(seconds=0, reason="Microsoft did not give the bot a token: invalid_client.")
    assert teams.calls == []


async def test_credentials_teams_does_not_accept_are_tried_again_later(teams: LoopbackTeams) -> None:
    teams.script(status(401, "Unauthorized"))
    outcome = await sent(teams)
    assert isinstance(outcome, Later)
    assert "Unauthorized" in outcome.reason


async def test_a_bot_cannot_look_for_what_it_sent(teams: LoopbackTeams) -> None:
    async with sender() as made:
        assert isinstance(await made.find(place(teams), "d1", datetime(2026, 7, 2, tzinfo=UTC)), Unclear)


async def test_news_of_an_alert_stands_below_it_in_a_channel(teams: LoopbackTeams) -> None:
    async with sender() as made:
        first = await made.send(place(teams), CARD, "d1")
        assert isinstance(first, Sent)
        assert isinstance(await made.send(place(teams), CARD, "d2", thread=first.reference), Sent)
    assert [message["thread"] for message in teams.messages(CHANNEL)] == ["", first.reference]


async def test_a_message_is_changed_in_place(teams: LoopbackTeams) -> None:
    async with sender() as made:
        first = await made.send(place(teams), CARD, "d1")
        assert isinstance(first, Sent)
        assert await made.refresh(place(teams), notice("Withdrawn"), first.reference, "d1") == first
    (message,) = teams.messages(CHANNEL)
    assert message["summary"] == "Withdrawn"


async def test_a_message_that_is_not_there_any_more_suspends_nothing(teams: LoopbackTeams) -> None:
    async with sender() as made:
        assert await made.refresh(place(teams), CARD, "17", "d1") == Refused(code="NotFound")


async def test_news_of_an_alert_is_a_message_of_its_own_in_a_chat(teams: LoopbackTeams) -> None:
    chat = place(teams).model_copy(update={"channel": "a:1-personal"})
    async with sender() as made:
        assert isinstance(await made.send(chat, CARD, "d2", thread="17"), Sent)
    assert len(teams.messages("a:1-personal")) == 1
