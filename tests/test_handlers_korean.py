"""A Korean team's first walk, from the welcome to the alert: no English word but names, third-party text and what one types."""

import re
from collections.abc import Iterator

import pytest

from bot.cards.card import Card, as_text, notice
from bot.cards.form import Form, as_lines
from bot.messages import speaking
from bot.model import Place
from bot.store import items
from bot.store.database import Store
from handlers import answering, welcoming
from handlers.commands import TABLE
from handlers.grammar import Request
from handlers.reply import Context, Reply
from schedules import composing
from tests import builders
from tests.builders import NOW
from tests.test_handlers_commands import HERE, Talk, catalogue

KOREAN = Place.model_validate(HERE.model_dump() | {"locale": "ko-KR"})
# Names, words of the query language that are typed, time zones, and the settings one types.
NAMES = {
    "Regwatch", "MFDS", "UTC", "DCT", "KR", "OR", "Draft", "guidance", "on", "decentralised", "trials", "ana", "kr", "press", "recall",
    "nothingness", "general",
}  # fmt: skip
TYPED = {"country", "type", "timezone", "quiet", "format", "threads", "mentions", "language", "thread", "reg"}
COMMANDS = {word for command in TABLE for word in command.name.split()}


@pytest.fixture(params=["sqlite"])
def dialect(request: pytest.FixtureRequest) -> str:
    """What is said is the same on every database."""
    return str(request.param)


@pytest.fixture
def talk(store: Store) -> Talk:
    return Talk(Context(store=store, catalogue=catalogue()), NOW, place=KOREAN)


def english(card: Card) -> set[str]:
    """The Latin words of a card that are not typed: those in code and in links to what others wrote stand aside."""
    spoken = [span.text for one in card.sections for row in one.lines for span in row if not span.code and not span.url]
    labels = [button.label for one in card.sections for button in one.buttons]
    return {word for text in (*spoken, *labels) for word in re.findall(r"[A-Za-z]{2,}", text)} - NAMES - TYPED - COMMANDS


def forms(reply: Reply) -> Iterator[Card]:
    if reply.form is not None:
        yield shown(reply.form)


def shown(form: Form) -> Card:
    with speaking("ko"):
        return notice(*as_lines(form))


async def kept(store: Store) -> None:
    found = [builders.item(id=f"item{number}", url=f"https://example.org/{number}", detected=NOW) for number in range(7)]
    async with store.write() as tx:
        await items.add_all(tx, [items.Kept(one, one.id, one.url or "", "new") for one in found])


async def test_the_walk_from_the_welcome_to_the_subscription_is_korean(talk: Talk, store: Store) -> None:
    await kept(store)
    greeting = await welcoming.welcome(KOREAN, talk.context, NOW, "/reg ")
    assert greeting is not None
    assert english(greeting) == set()
    await talk.reply("watch add decentralised as DCT")
    for typed in (
        "help", "help admin roles", "triage", "triage mine", "watch test decentralised",
        "watch add trials as Two", "watch rename Two as Three",
        "search decentralised", "search nothingness", "search", "share decentralised", "watch list",
        "watch show DCT", "subscribe", "subscribe DCT daily at 09:00", "subscriptions", "unsubscribe DCT", "watch pause DCT",
        "watch resume DCT", "settings", "settings format compact", "watch show Nothing", "subscribe DCT at 99", "watch remove DCT",
    ):  # fmt: skip
        reply = await talk.reply(typed)
        for card in (reply.card, *([reply.announce] if reply.announce else []), *forms(reply)):
            assert english(card) - {"Nothing", "Two", "Three"} == set(), typed


async def test_the_forms_are_korean(talk: Talk, store: Store) -> None:
    await kept(store)
    await talk.reply("watch add decentralised as DCT")
    for typed in ("watch add decentralised", "watch edit DCT", "subscribe", "settings"):
        request = Request(actor="console:W1:ana", actor_name="ana", place=KOREAN, words=typed, now=talk.now, prefix="/reg ", by_form=True)
        reply = await answering.run(request, talk.context)
        assert reply.form is not None
        assert [english(one) for one in forms(reply)] == [set()], typed
        assert reply.form.cancel == "취소"


async def test_the_language_that_was_chosen_holds_for_the_answer_that_sets_it(talk: Talk, store: Store) -> None:
    assert "언어" not in await talk.says("settings language en")
    assert (await talk.reply("settings")).language == "en"
    assert "이 채널의 현재 설정" in await talk.says("settings language 한국어")


async def test_an_alert_to_a_place_is_in_its_language_and_others_keep_theirs(talk: Talk, store: Store) -> None:
    await kept(store)
    async with store.read() as tx:
        made = [
            await composing.card(tx, one, builders.delivery("item1", one), talk.context.catalogue, lambda: NOW)
            for one in (KOREAN, builders.place("other"))
        ]
    assert english(made[0]) == set()
    assert "확인" in as_text(made[0])
    assert "found" in as_text(made[1])
