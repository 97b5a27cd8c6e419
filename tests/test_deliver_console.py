"""Delivery to a terminal: what is written, and what a broken stream means."""

import io
from datetime import UTC, datetime

from bot.cards.card import notice
from bot.deliver.console import ConsoleSender
from bot.deliver.outbox import Later, Sent, Unclear
from bot.model import Place

PLACE = Place(id="console:local:here", platform="console", workspace="local", channel="here", name="#regulatory")
NOW = datetime(2026, 11, 23, tzinfo=UTC)


async def test_a_card_is_written_under_the_name_of_its_place() -> None:
    stream = io.StringIO()
    assert await ConsoleSender(stream).send(PLACE, notice("한국 식약처"), "d1") == Sent(reference="d1")
    assert stream.getvalue().startswith("── #regulatory ─")
    assert "\n한국 식약처\n\n" in stream.getvalue()


async def test_it_finds_what_it_wrote_itself_and_says_that_it_cannot_know_more() -> None:
    sender = ConsoleSender(io.StringIO())
    await sender.send(PLACE, notice("x"), "d1")
    assert await sender.find(PLACE, "d1", NOW) == Sent(reference="d1")
    assert isinstance(await sender.find(PLACE, "d2", NOW), Unclear)


async def test_a_closed_stream_means_later() -> None:
    stream = io.StringIO()
    stream.close()
    assert isinstance(await ConsoleSender(stream).send(PLACE, notice("x"), "d1"), Later)


async def test_an_ascii_terminal_gets_question_marks_and_no_failure() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    assert isinstance(await ConsoleSender(stream).send(PLACE, notice("한국 GMP"), "d1"), Sent)
    assert b"?? GMP" in raw.getvalue()


async def test_a_hostile_name_of_a_place_cannot_steer_the_terminal() -> None:
    stream = io.StringIO()
    await ConsoleSender(stream).send(PLACE.model_copy(update={"name": "\x1b[2Jx"}), notice("y"), "d1")
    assert "\x1b" not in stream.getvalue()


async def test_what_follows_is_written_indented_under_a_heading_that_says_so() -> None:
    stream = io.StringIO()
    await ConsoleSender(stream).send(PLACE, notice("changed", "again"), "d2", "d1")
    assert stream.getvalue().startswith("── #regulatory · follow-up ─")
    assert "\n  changed\n  again\n\n" in stream.getvalue()
