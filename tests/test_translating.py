"""Translations: the three protocols and their faults, no alert lost or late, nothing asked twice, no key in a log."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import pytest
from pydantic import SecretStr

from bot import doctor, settings
from bot.cards.alert import Story as AlertStory
from bot.cards.alert import alert, compact
from bot.cards.card import as_text
from bot.deliver.slack import SlackSender
from bot.errors import SettingsError
from bot.model import Item, Place, Translation
from bot.sources.catalogue import Catalogue
from bot.store import hits, items, outbox, places, search, translations, watchlists
from bot.store.database import Store
from bot.translating.client import Translator
from bot.translating.protocols import Service, Trouble, request
from bot.watch.query import parse
from handlers.reply import Context
from schedules.deliver import Delivering
from schedules.translating import Translating
from tests.builders import NOW, delivery, hit, item, place, watchlist
from tests.fakes import Clock, FakeSender
from tests.faults import Fault, page
from tests.faults import slow as late
from tests.loopback_slack import LoopbackSlack
from tests.loopback_translation import KEY, LoopbackTranslation
from tests.test_handlers_commands import Talk

only_sqlite = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
KOREAN = {"language": "ko", "summary": "품질 문제로 회수한다"}
DEEPL = "Machine translation (DeepL): Recall of medicines"


@pytest.mark.parametrize("kind", ["deepl", "libretranslate", "openai"])
async def test_each_service_is_spoken_to_as_it_documents_and_its_translations_come_in_order(kind: str) -> None:
    async with LoopbackTranslation() as service:
        answer = await service.translator(kind).ask(("의약품 회수", "다른 것", "same"), "ko")
    assert answer == ("Recall of medicines", "EN: 다른 것", "EN: same")


@pytest.mark.parametrize(
    ("kind", "base", "address"),
    [
        ("deepl", "https://api-free.deepl.com/", "https://api-free.deepl.com/v2/translate"),
        ("deepl", "https://api.deepl.com/v2/translate", "https://api.deepl.com/v2/translate"),
        ("libretranslate", "http://libre:5000", "http://libre:5000/translate"),
        ("libretranslate", "https://a.example/lt/", "https://a.example/lt/translate"),
        ("openai", "https://api.openai.com/v1", "https://api.openai.com/v1/chat/completions"),
        ("openai", "http://127.0.0.1:11434", "http://127.0.0.1:11434/v1/chat/completions"),
    ],
)
def test_the_address_may_be_given_with_or_without_its_path(kind: str, base: str, address: str) -> None:
    assert request(Service(kind, base), ("a",), "ko").url == address


def test_traditional_chinese_is_named_as_libretranslate_names_it_and_an_unknown_language_is_found_out() -> None:
    service = Service("libretranslate", "http://libre:5000")
    assert request(service, ("a",), "zh-Hant").body["source"] == "zt"
    assert request(service, ("a",), "").body == {"q": ["a"], "source": "auto", "target": "en", "format": "text"}


@pytest.mark.parametrize(
    ("fault", "reason", "least"),
    [
        (page(401), "does not accept the key (HTTP 401)", 900),
        (page(403), "does not accept the key (HTTP 403)", 900),
        (Fault(429, "{}", {"Retry-After": "77"}), "asked us to wait (HTTP 429)", 77),
        (Fault(429, "{}", {"Retry-After": "nan"}), "asked us to wait (HTTP 429)", 0),
        (page(456), "quota is used up (HTTP 456)", 3600),
        (page(500), "answered with HTTP 500", 0),
        (page(302), "answered with HTTP 302", 0),
        (page(200), "something that is no JSON", 0),
        (Fault(200, '{"translations": []}'), "one translation for each text", 0),
        (Fault(200, '{"translations": [{"text": 1}]}'), "one translation for each text", 0),
        (Fault(200, "[]"), "one translation for each text", 0),
        (Fault(200, '"' + "x" * 1_100_000 + '"'), "more than 1,000,000 bytes", 0),
        (Fault(0), "could not be asked", 0),
        (late(1), "did not answer within 0.3 seconds", 0),
    ],
    ids=lambda one: one[:20] if isinstance(one, str) else None,
)
async def test_every_fault_is_a_reason_in_words_without_the_key(fault: Fault, reason: str, least: int) -> None:
    async with LoopbackTranslation(fault) as service:
        answer = await service.translator(timeout=0.3 if fault.wait else 5).ask(("의약품 회수",))
    assert isinstance(answer, Trouble)
    assert reason in answer.reason
    assert KEY not in answer.reason
    assert answer.wait == timedelta(seconds=least)


async def test_a_service_that_is_not_there_is_a_reason_too() -> None:
    answer = await Translator(Service("deepl", "http://127.0.0.1:9", "k")).ask(("a",))
    assert isinstance(answer, Trouble)
    assert "could not be asked (ConnectError)" in answer.reason


HERE = place("general")


@asynccontextmanager
async def owing(store: Store, *of: Item, at: Place = HERE) -> AsyncIterator[Clock]:
    """The place is owed an alert about each of these."""
    mine = watchlist("회수", name="Recalls", id="w-recalls")
    async with store.write() as tx:
        await places.ensure(tx, at)
        await watchlists.add(tx, mine)
        for one in of:
            await items.add(tx, one, one.id, link="", why="new")
            await hits.add(tx, [hit(mine, one)], NOW)
            await outbox.owe(tx, [delivery(one, at, watchlists=(mine.id,))])
    yield Clock(NOW)


def work(store: Store, clock: Clock, translator: Translator | None, daily: int = 16000) -> Translating:
    return Translating(store, translator, clock, lambda: 0.0, daily)


def deliveries(store: Store, clock: Clock, sender: FakeSender) -> Delivering:
    return Delivering(store, {"console": sender}, Catalogue({}, {}), clock, lambda: 0.5, clock.sleep)


async def test_an_alert_arrives_with_the_translation_below_the_original_and_a_text_is_asked_for_once(store: Store) -> None:
    one, same, english = item("의약품 회수", **KOREAN), item("의약품 회수", **KOREAN), item("Recall of soup")
    async with LoopbackTranslation() as service, owing(store, one, same, english) as clock:
        translating = work(store, clock, service.translator())
        await translating.translate()
        await translating.translate()
        await deliveries(store, clock, sender := FakeSender()).drain()
    assert service.asked == [["의약품 회수", "품질 문제로 회수한다"]]
    first, second, third = (text.splitlines() for _, text in sender.cards)
    assert "의약품 회수" in first[1]
    assert first[2] == second[2] == DEEPL
    assert not any("Machine translation" in text for text in third)
    assert sender.refreshed == []
    async with store.read() as tx:
        assert await search.find(tx, parse("medicines"), workspace="W1", limit=5, now=NOW) == []
    said = as_text((await Talk(Context(store=store, catalogue=Catalogue({}, {})), NOW, place=HERE).reply(f"item {one.id}")).card)
    assert said.index("의약품 회수") < said.index(DEEPL) < said.index("품질") < said.index("Recalled for a quality problem")


@only_sqlite
async def test_while_the_service_fails_alerts_go_out_and_are_brought_up_to_date_when_it_answers(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    faults = (page(500), Fault(429, "{}", {"Retry-After": "60"}), page(403), page(200))
    async with LoopbackTranslation(*faults) as service, owing(store, item("의약품 회수", **KOREAN)) as clock:
        translating, sending = work(store, clock, service.translator()), deliveries(store, clock, sender := FakeSender())
        await translating.translate()
        await sending.drain()
        assert "Machine translation" not in sender.cards[0][1]
        for seconds, asked in ((1, 1), (10, 2), (30, 2), (31, 3), (600, 3), (301, 4), (3600, 6)):
            clock.forward(seconds=seconds)
            await translating.translate()
            assert len(service.asked) == asked
        for _ in range(2):
            await translating.translate()
            await sending.drain()
    assert [(reference, text.splitlines()[2]) for reference, text in sender.refreshed] == [("r1", DEEPL)]
    assert len(sender.cards) == 1
    printed = "".join(capsys.readouterr())
    assert "HTTP 429" in printed
    assert KEY not in printed


@only_sqlite
async def test_in_slack_the_message_that_stands_is_changed_when_its_translation_comes(store: Store) -> None:
    channel = Place(id="slack:T1:C1", platform="slack", workspace="W1", channel="C1")
    async with LoopbackTranslation() as service, LoopbackSlack() as slack, owing(store, item("의약품 회수", **KOREAN), at=channel) as clock:
        sender = SlackSender(slack.bot_token, api_url=slack.api_url)
        sending = Delivering(store, {"slack": sender}, Catalogue({}, {}), clock, lambda: 0.5, clock.sleep)
        await sending.drain()
        (before,) = slack.messages()
        assert "Machine translation" not in str(before)
        clock.forward(seconds=5)
        await work(store, clock, service.translator("libretranslate")).translate()
        await sending.drain()
        (after,) = slack.messages()
    assert after["ts"] == before["ts"]
    assert "Recall of medicines" in str(after["blocks"])
    lines = after["text"].splitlines()
    assert lines[1:3] == ["의약품 회수", "Machine translation (LibreTranslate): Recall of medicines"]


@only_sqlite
async def test_one_whose_message_is_just_being_sent_is_brought_up_to_date_afterwards(store: Store) -> None:
    async with LoopbackTranslation() as service, owing(store, item("의약품 회수", **KOREAN)) as clock:
        async with store.write() as tx:
            (claimed,) = await outbox.claim(tx, clock(), timedelta(minutes=1))
        await work(store, clock, service.translator()).translate()
        async with store.write() as tx:
            sent = claimed.model_copy(update={"state": "sent", "sent": clock(), "reference": "r1", "lease_until": None})
            await outbox.record(tx, sent, claimed)
        await work(store, clock, service.translator()).translate()
        await deliveries(store, clock, sender := FakeSender()).drain()
    assert [reference for reference, _ in sender.refreshed] == ["r1"]


@only_sqlite
async def test_a_flood_costs_no_more_than_the_characters_of_a_day_and_titles_come_first(store: Store) -> None:
    flood = [item(f"고시 제{number:04}호", language="ko", summary="가" * 300) for number in range(60)]
    async with LoopbackTranslation() as service, owing(store, *flood) as clock:
        translating = work(store, clock, service.translator(), daily=500)
        for _ in range(5):
            await translating.translate()
            clock.forward(seconds=5)
        spent = sum(len(text) for texts in service.asked for text in texts)
        assert 200 <= spent <= 500
        assert service.asked[0][0].startswith("고시")
        clock.forward(hours=15)
        await translating.translate()
        assert sum(len(text) for texts in service.asked for text in texts) > spent


@only_sqlite
async def test_a_text_that_the_service_refuses_by_itself_does_not_stop_the_others(store: Store) -> None:
    async with (
        LoopbackTranslation(*[page(400)] * 6) as service,
        owing(store, item("하나", language="ko"), item("둘", language="ko")) as clock,
    ):
        translating = work(store, clock, service.translator())
        for _ in range(12):
            await translating.translate()
            clock.forward(minutes=16)
        async with store.read() as tx:
            assert await translations.wanted(tx, "en", NOW - timedelta(days=1), 5) == []


@only_sqlite
async def test_without_a_service_nothing_is_asked_and_nothing_written(store: Store) -> None:
    async with owing(store, item("의약품 회수", **KOREAN)) as clock:
        await work(store, clock, None).translate()
    async with store.read() as tx:
        assert len(await translations.wanted(tx, "en", NOW, 5)) == 1


@only_sqlite
async def test_what_goes_out_in_a_digest_only_is_not_translated(store: Store, now: datetime) -> None:
    one = item("의약품 회수", **KOREAN)
    async with store.write() as tx:
        await places.ensure(tx, HERE)
        await items.add(tx, one, one.id, link="", why="new")
        await outbox.owe(tx, [delivery(one, HERE, state="waiting")])
        assert await translations.wanted(tx, "en", now - timedelta(days=1), 5) == []


def test_a_hostile_translation_is_plain_text_on_one_line_and_a_compact_alert_has_none() -> None:
    made = Translation("DeepL", "Recall\n<!channel>\u202e of\x1b[31m medicines")
    card = alert(item("의약품 회수"), (), now=NOW, story=AlertStory(translation=made))
    assert as_text(card).splitlines()[2] == "Machine translation (DeepL): Recall <!channel> of[31m medicines"
    assert "Machine translation" not in as_text(compact(card))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"url": "https://a.example"}, "TRANSLATE_KIND is not usable"),
        ({"url": "https://a.example", "kind": "google"}, "must be deepl, libretranslate or openai"),
        ({"url": "https://a.example", "kind": "openai"}, "wants the name of a model"),
        ({"url": "ftp://a.example", "kind": "deepl"}, "must be like https://"),
        ({"url": "https://user:key@a.example", "kind": "deepl"}, "must be like https://"),
        ({"to": "english"}, "must be a language"),
    ],
)
def test_settings_of_a_service_are_asked_for_together(monkeypatch: pytest.MonkeyPatch, given: dict[str, str], said: str) -> None:
    for name, value in given.items():
        monkeypatch.setenv(f"REGWATCH_TRANSLATE_{name.upper()}", value)
    with pytest.raises(SettingsError, match=said):
        settings.load()


@pytest.mark.parametrize(("fault", "said"), [((), "DeepL answers"), ((page(456),), "quota is used up")])
async def test_the_doctor_says_whether_the_service_answers(fault: tuple[Fault, ...], said: str) -> None:
    async with LoopbackTranslation(*fault) as service:
        given = settings.Settings(translate_url=service.url, translate_kind="deepl", translate_key=SecretStr(KEY))
        (found,) = await doctor._translation(given)
    assert said in found.sentence
    assert found.verdict == ("fail" if fault else "ok")
