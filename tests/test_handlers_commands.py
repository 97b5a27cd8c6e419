"""What people type and what they get, on every platform, on both databases."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Never

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cards.card import as_text
from bot.errors import StoreTrouble, UserMistake
from bot.model import Authority, Place, Source, SourceState, Window
from bot.sources.catalogue import Catalogue
from bot.store import items, outbox, places, sources, waiting, watchlists
from bot.store.database import Store
from handlers import answering, commands
from handlers.grammar import Request
from handlers.reply import Context, Reply
from tests import builders
from tests.builders import delivery, item, place

HERE = Place(id="console:W1:general", platform="console", workspace="W1", channel="general")


class Talk:
    """Somebody in a place who types and reads."""

    def __init__(self, context: Context, now: datetime, *, place: Place = HERE, personal: bool = False) -> None:
        self.context, self.now, self.place, self.personal = context, now, place, personal

    async def reply(self, words: str) -> Reply:
        self.now += timedelta(seconds=1)
        request = Request(
            actor="console:W1:ana", actor_name="ana", place=self.place, words=words, now=self.now, prefix="/reg ", personal=self.personal
        )
        return await answering.run(request, self.context)

    async def says(self, words: str) -> str:
        return as_text((await self.reply(words)).card)


def source(source_id: str, jurisdiction: str = "KR", **more: object) -> Source:
    authority = Authority(
        id=f"{jurisdiction.lower()}-a", name=f"Agency of {jurisdiction}", short=f"A{jurisdiction}", jurisdiction=jurisdiction
    )
    given = {
        "name": f"News {source_id}",
        "authority": authority,
        "jurisdiction": jurisdiction,
        "language": "en",
        "tier": "official",
        "kind": "feed",
    }
    return Source.model_validate(given | {"id": source_id, "url": "https://example.org/feed", "interval": timedelta(minutes=15)} | more)


def catalogue(*known: Source) -> Catalogue:
    return Catalogue({one.id: one for one in known}, {one.authority.id: one.authority for one in known})


@pytest.fixture
def context(store: Store) -> Context:
    known = (
        source("kr-press", regions=("asia",)),
        source("us-news", "US"),
        source("us-old", "US", enabled=False, disabled_because="moved away"),
    )
    return Context(store=store, catalogue=catalogue(*known), wait_seconds=0.5)


@pytest.fixture
def talk(context: Context, now: datetime) -> Talk:
    return Talk(context, now)


async def keep(store: Store, *titles: str) -> None:
    async with store.write() as tx:
        for number, title in enumerate(titles):
            one = builders.item(title, detected=builders.NOW + timedelta(minutes=number))
            await items.add(tx, one, f"print of {title}", link=one.url or "", why="new")


async def test_nothing_typed_gets_help_with_every_command(talk: Talk) -> None:
    shown = await talk.says("  ")
    assert [row.usage for row in commands.TABLE if f"/reg {row.usage}" not in shown] == []


async def test_a_question_mark_asks_for_help(talk: Talk) -> None:
    assert "/reg watch add" in await talk.says("?")
    assert "/reg packs korea" in await talk.says("? packs")


async def test_hundreds_of_watchlists_are_listed_a_page_at_a_time_with_no_dead_end(talk: Talk, store: Store) -> None:
    async with store.write() as tx:
        for number in range(95):
            await watchlists.add(tx, builders.watchlist("recall", id=f"w{number}", name=f"List {number:03}"))
    pages = [await talk.reply(f"watch list page {page}") for page in (1, 2, 3, 9)]
    shown = [(as_text(one.card).count("List 000"), as_text(one.card).count("List 094")) for one in pages]
    assert shown == [(1, 0), (0, 0), (0, 1), (0, 1)]
    assert "95 watchlists: – page 2 of 3" in as_text(pages[1].card)
    turning = [[(button.label, button.value) for section in one.card.sections for button in section.buttons] for one in pages]
    assert turning[:3] == [[("Next", "page 2")], [("Previous", "page 1"), ("Next", "page 3")], [("Previous", "page 2")]]


async def test_help_on_a_command_has_examples(talk: Talk) -> None:
    assert 'For example: /reg watch add "decentralized trials" as DCT' in await talk.says("help watch add")
    assert "/reg watch remove DCT" in await talk.says("watch")
    assert "Did you mean: help search" in await talk.says("help serch")


async def test_every_example_of_the_table_is_understood(talk: Talk) -> None:
    await talk.says("watch add dct as DCT")
    for command in commands.TABLE:
        for example in command.examples:
            reply = await talk.reply(example)
            assert reply.card.tone != "error", example
            found, _ = answering.find(example)
            assert found is command


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("serch dct", "Did you mean: search dct"),
        ("watch ad dct", "Did you mean: watch add dct"),
        ("subscribed DCT", "Did you mean: subscribe DCT"),
        ("watch rm DCT", "Did you mean: watch remove DCT"),
        ("watch change DCT recall", "Did you mean: watch edit DCT recall"),
        ("backtest recall", "Did you mean: watch test recall"),
        ("list", "Did you mean: watch list"),
        ("검색 임상시험", "Did you mean: search 임상시험"),
        ("도움말", "Did you mean: help"),
    ],
)
async def test_an_unknown_command_is_answered_with_the_nearest(talk: Talk, typed: str, meant: str) -> None:
    assert meant in await talk.says(typed)


async def test_bare_words_are_taken_for_a_search_that_was_meant(talk: Talk) -> None:
    assert "write: search decentralized trials" in await talk.says("decentralized trials")


async def test_a_bad_query_is_shown_with_a_caret(talk: Talk) -> None:
    rows = (await talk.says("search recall AND (device")).splitlines()
    at = next(number for number, row in enumerate(rows) if row.strip("\u00a0") == "^")
    assert rows[at - 1] == "recall AND (device"


async def test_a_query_of_100_kilobytes_is_refused_in_one_short_card(talk: Talk) -> None:
    shown = await talk.says("search " + "trial " * 20_000)
    assert len(shown) < 400
    assert "120,0" in shown


async def test_a_watchlist_is_added_shown_whole_and_announced(talk: Talk, store: Store) -> None:
    await keep(store, "Decentralized trials begin", "Something else")
    reply = await talk.reply('watch add "decentralized trials" country:KR as DCT')
    shown = as_text(reply.card)
    assert "Watchlist DCT is saved" in shown
    assert '"decentralized trials" country:KR' in shown
    assert "In the last 90 days it would have alerted on 1 item" in shown
    assert "/reg subscribe DCT" in shown
    assert reply.announce is not None
    assert as_text(reply.announce) == '@ana added the watchlist DCT: "decentralized trials" country:KR'


async def test_without_a_name_the_query_is_the_name(talk: Talk) -> None:
    assert "Watchlist decentralized trials is saved" in await talk.says('watch add "decentralized trials"')
    assert "decentralized trials" in await talk.says('watch show "decentralized trials"')


async def test_a_second_watchlist_of_a_name_is_refused_with_two_ways_out(talk: Talk) -> None:
    await talk.says("watch add recall as Recalls")
    shown = await talk.says("watch add withdrawal as recalls")
    assert "watch add withdrawal as Recalls 2" in shown
    assert "watch edit Recalls withdrawal" in shown
    assert "withdrawal" not in await talk.says("watch list")


async def test_a_query_only_for_search_makes_no_watchlist(talk: Talk) -> None:
    assert (await talk.reply("watch add recall after:2026-01-01")).card.tone == "warning"
    assert "no watchlists yet" in await talk.says("watch list")


@pytest.mark.parametrize(
    ("typed", "example"),
    [
        ("search", "search"),
        ("watch add", "watch add"),
        ("watch add as DCT", "watch add"),
        ("watch show", "watch show"),
        ("watch test", "watch test"),
        ("watch edit", "watch edit"),
        ("watch rename", "watch rename"),
        ("watch rename DCT", "watch rename"),
        ("watch pause", "watch pause"),
        ("watch resume", "watch resume"),
        ("watch remove", "watch remove"),
    ],
)
async def test_a_missing_argument_is_asked_for_with_an_example(talk: Talk, typed: str, example: str) -> None:
    reply = await talk.reply(typed)
    assert reply.card.tone == "info"
    assert f"For example: /reg {example} " in as_text(reply.card)


async def test_a_place_subscribes_and_everybody_there_is_told(talk: Talk) -> None:
    await talk.says("watch add recall as Recalls")
    reply = await talk.reply("subscribe recalls")
    assert "This channel now receives Recalls" in as_text(reply.card)
    assert "Recalls – now – recall" in as_text(reply.card)
    assert reply.announce is not None
    assert as_text(reply.announce) == "@ana subscribed this channel to Recalls."
    again = await talk.reply("subscribe Recalls now here")
    assert "already" in as_text(again.card)
    assert again.announce is None


async def test_in_a_personal_chat_nothing_is_announced(context: Context, now: datetime) -> None:
    talk = Talk(context, now, personal=True)
    assert (await talk.reply("watch add recall as Recalls")).announce is None
    reply = await talk.reply("subscribe Recalls")
    assert reply.announce is None
    assert "This chat now receives Recalls" in as_text(reply.card)


async def test_a_digest_is_subscribed_to_with_its_days_and_time_in_the_zone_of_the_place(talk: Talk) -> None:
    await talk.says("watch add recall as Recalls")
    await talk.says("settings timezone seoul")
    reply = await talk.reply("subscribe Recalls daily on thu, mon at 8am")
    assert "This channel now receives Recalls, daily on mon, thu 08:00 KST." in as_text(reply.card)
    assert "Recalls – daily on mon, thu 08:00 KST – recall" in as_text(reply.card)
    assert reply.announce is not None
    assert as_text(reply.announce) == "@ana subscribed this channel to Recalls, daily on mon, thu 08:00 KST."


async def test_how_a_watchlist_is_delivered_changes_only_by_what_is_said(talk: Talk) -> None:
    await talk.says("watch add recall as Recalls")
    await talk.says("subscribe Recalls weekly on fri at 17:30")
    changed = await talk.reply("subscribe Recalls urgent on")
    assert "Recalls – weekly on fri 17:30 UTC, recalls and safety alerts at once – recall" in as_text(changed.card)
    assert changed.announce is not None
    assert "@ana changed how this channel receives Recalls" in as_text(changed.announce)
    assert "already" in await talk.says("subscribe Recalls")
    assert "Recalls – now, recalls and safety alerts at once" in await talk.says("subscribe Recalls now")


@pytest.mark.parametrize(
    ("typed", "sentence", "hint"),
    [
        ("subscribe Recalls dayly", "`dayly` is not how often", "Did you mean: daily"),
        ("subscribe Recalls dayly at 09:00", "`dayly` is not how often", "Did you mean: daily"),
        ("subscribe Recalls daily on mon,tursday", "no day of the week", "on"),
        ("subscribe Recalls daily at 25:00", "`25:00` is no time of day", "09:00"),
        ("subscribe Recalls daily at noon", "`noon` is no time of day", "09:00"),
        ("subscribe Recalls daily at 09:00 KST", "after `09:00` does not belong there", "weekly on mon at 09:00"),
        ("subscribe Recalls weekly monday", "after `weekly` does not belong there", "weekly on mon at 09:00"),
        ("settings compact", "no setting `compact`", "settings format compact"),
        ("subscribe Recalls now at 9", "comes as soon as it is found", "daily"),
        ("subscribe Recalls weekly on mon,thu", "has one day", "daily on mon,thu"),
        ("subscribe Recalls daily #elsewhere", "I do not know #elsewhere yet", "Invite me there"),
        ("settings quiet 22", "are no quiet hours", "22:00-08:00"),
        ("settings timezone Asia/Soul", "I know no time zone", "Asia/Seoul"),
        ("settings thread chanel", "cannot be `chanel`", "Did you mean: channel"),
        ("settings quite off", "no setting `quite`", "quiet off"),
    ],
)
async def test_a_wrong_word_is_pointed_at_with_the_nearest_right_one(talk: Talk, typed: str, sentence: str, hint: str) -> None:
    await talk.says("watch add recall as Recalls")
    reply = await talk.reply(typed)
    assert reply.card.tone in ("warning", "error")
    assert sentence in as_text(reply.card)
    assert hint in as_text(reply.card)
    assert "receives nothing" in await talk.says("subscriptions")


async def test_what_a_place_wishes_is_shown_whole_after_each_change_and_told_to_all(talk: Talk) -> None:
    for typed, now_so in (
        ("settings timezone KST", "timezone – Asia/Seoul"),
        ("settings timezone 도쿄", "timezone – Asia/Tokyo"),
        ("settings timezone Europe/Berlin", "timezone – Europe/Berlin"),
        ("settings quiet 22:00 to 08:00", "quiet – 22:00–08:00"),
        ("settings format compact", "format – compact"),
        ("settings threads both", "threads – both"),
        ("settings mentions off", "mentions – off"),
    ):
        reply = await talk.reply(typed)
        assert now_so in as_text(reply.card)
        assert reply.announce is not None
        assert as_text(reply.announce).startswith("@ana changed a setting of this channel: ")
        assert "already" in await talk.says(typed)
    shown = await talk.says("settings")
    for said in ("Europe/Berlin", "22:00–08:00", "compact", "both", "off"):
        assert said in shown


async def test_a_change_looks_again_at_what_waits(talk: Talk, store: Store, now: datetime) -> None:
    await talk.says("watch add recall as Recalls")
    await talk.says("subscribe Recalls weekly")
    kept = item("A recall")
    waits = delivery(kept, talk.place, state="waiting", not_before=now + timedelta(days=5))
    async with store.write() as tx:
        await items.add(tx, kept, "print", link="", why="test")
        await outbox.owe(tx, [waits])
        assert await waiting.due_places(tx, now) == []
    await talk.says("subscribe Recalls daily")
    async with store.read() as tx:
        assert await waiting.due_places(tx, talk.now) == [talk.place.id]


async def test_another_channel_is_subscribed_by_name_and_told(context: Context, talk: Talk, store: Store, now: datetime) -> None:
    await talk.says("watch add recall as Recalls")
    other = place("C9", name="#general")
    async with store.write() as tx:
        await places.ensure(tx, other)
    reply = await talk.reply("subscribe Recalls daily #general")
    assert "#general now receives Recalls, daily 09:00 UTC." in as_text(reply.card)
    assert reply.announce is None
    assert "receives nothing" in await talk.says("subscriptions")
    async with store.write() as tx:
        (said,) = await outbox.claim(tx, talk.now, timedelta(minutes=1), among=[other.id])
    assert said.notice is not None
    assert said.notice.lines == ("@ana subscribed this channel to Recalls, daily 09:00 UTC.",)


async def test_a_digest_can_be_paged_through_by_those_of_its_place_only(context: Context, talk: Talk, store: Store, now: datetime) -> None:
    await talk.says("watch add recall as Recalls")
    assert "no digest here yet" in await talk.says("digest")
    window = Window(start=now - timedelta(days=1), end=now, due=now)
    told = delivery("", talk.place, kind="digest", version=0, id="abcdef" * 5, window=window)
    async with store.write() as tx:
        await places.ensure(tx, talk.place)
        for number in range(25):
            kept = item(f"Recall {number}")
            await items.add(tx, kept, "print", link="", why="test")
            await outbox.owe(tx, [delivery(kept, talk.place, state="bundled", digest=told.id)])
        await outbox.owe(tx, [told])
    first, third = await talk.reply("digest"), await talk.says("digest abcdefabcdef page 3")
    assert first.private
    assert as_text(first.card).startswith("25 items · 1 Jul 2026 09:30 – 2 Jul 2026 09:30 UTC · page 1 of 3")
    assert third.count("• MFDS: Recall") == 5
    assert "There is no page 4" in await talk.says("digest abcdef page 4")
    assert "no digest" in await Talk(context, now, place=place("elsewhere")).says("digest abcdef")


async def test_a_watchlist_may_have_a_name_like_a_frequency(talk: Talk) -> None:
    await talk.says('watch add recall as "recalls daily"')
    assert "now receives recalls daily" in await talk.says("subscribe recalls daily")


async def test_a_near_name_is_taken_for_a_subscription_and_said(talk: Talk) -> None:
    await talk.says("watch add recall as Recalls")
    shown = await talk.says("subscribe Recals")
    assert "There is no “Recals”; this is the nearest" in shown
    assert "now receives Recalls" in shown


@pytest.mark.parametrize("command", ["unsubscribe", "watch remove"])
async def test_a_near_name_is_only_suggested_for_what_destroys(talk: Talk, command: str) -> None:
    await talk.says("watch add recall as Recalls")
    await talk.says("subscribe Recalls")
    assert f"Did you mean: /reg {command} Recalls" in await talk.says(f"{command} Recals")
    assert "Recalls – now" in await talk.says("subscriptions")


async def test_a_place_unsubscribes_and_sees_what_it_still_receives(talk: Talk) -> None:
    for name in ("Recalls", "Trials"):
        await talk.says(f"watch add {name.lower()} as {name}")
        await talk.says(f"subscribe {name}")
    reply = await talk.reply("unsubscribe Trials")
    assert "no longer receives Trials" in as_text(reply.card)
    assert "Recalls – now – recalls" in as_text(reply.card)
    assert reply.announce is not None
    assert "does not receive Trials" in await talk.says("unsubscribe Trials")


async def test_a_command_without_its_watchlist_offers_those_there_are(talk: Talk) -> None:
    assert "There is no watchlist to subscribe to" in await talk.says("subscribe")
    await talk.says("watch add recall as Recalls")
    reply = await talk.reply("subscribe")
    assert [button.label for section in reply.card.sections for button in section.buttons] == ["Recalls", "Fill in a form"]
    assert "receives nothing" in await talk.says("unsubscribe")


async def test_a_suspended_place_wakes_when_it_subscribes_again(talk: Talk, store: Store, now: datetime) -> None:
    await talk.says("watch add recall as Recalls")
    await talk.says("subscribe Recalls")
    async with store.write() as tx:
        await places.suspend(tx, HERE.id, "not_in_channel", now)
    assert "asleep: not_in_channel" in await talk.says("subscriptions")
    assert "asleep" not in await talk.says("subscribe Recalls")


async def test_an_unused_watchlist_is_removed_at_once(talk: Talk) -> None:
    await talk.says("watch add recall as Recalls")
    reply = await talk.reply("watch remove recalls")
    assert "Watchlist Recalls is removed. It found: recall" in as_text(reply.card)
    assert "no watchlists yet" in as_text(reply.card)
    assert reply.announce is not None


async def test_a_watchlist_that_is_delivered_goes_only_after_a_yes(talk: Talk, context: Context) -> None:
    elsewhere = Talk(context, talk.now, place=builders.place("other"))
    await talk.says("watch add recall as Recalls")
    await talk.says("subscribe Recalls")
    await elsewhere.says("subscribe Recalls")
    reply = await talk.reply("watch remove Recalls")
    assert "delivered to this channel and 1 other place" in as_text(reply.card)
    assert reply.announce is None
    (button,) = (button for section in reply.card.sections for button in section.buttons)
    assert "is removed" in await talk.says(f"{button.action} {button.value}")
    assert "receives nothing" in await elsewhere.says("subscriptions")


async def test_a_watchlist_may_be_called_yes(talk: Talk) -> None:
    await talk.says('watch add recall as "say yes"')
    await talk.says("subscribe say yes")
    assert "is delivered to" in await talk.says("watch remove say yes")
    assert "is delivered to" in await talk.says("watch remove “say yes”")
    assert "is removed" in await talk.says("watch remove “say yes” yes")


async def test_another_workspace_sees_nothing_of_it(talk: Talk, context: Context) -> None:
    stranger = Talk(context, talk.now, place=builders.place("general", workspace="W2"))
    await talk.says("watch add recall as Recalls")
    await talk.says("subscribe Recalls")
    assert "no watchlists yet" in await stranger.says("watch list")
    for typed in ("watch show Recalls", "watch remove Recalls yes", "subscribe Recalls", "unsubscribe Recalls"):
        assert "no watchlist “Recalls”" in await stranger.says(typed)


async def test_sources_are_listed_by_country_with_how_they_fare(talk: Talk, store: Store) -> None:
    async with store.write() as tx:
        await sources.ensure(tx, ["kr-press", "us-news"], talk.now)
        asked = talk.now - timedelta(minutes=3)
        await sources.save(
            tx, SourceState(source="kr-press", next_poll=talk.now, last_polled=asked, last_success=asked, last_rows=20, polls=1)
        )
        trouble = {"trouble": "The site answered 403.", "fault": "blocked", "trouble_since": asked, "failures": 2}
        await sources.save(
            tx, SourceState(source="us-news", next_poll=talk.now + timedelta(hours=1), last_polled=asked, polls=2, **trouble)
        )
    shown = await talk.says("sources")
    assert "3 sources: 1 ok, 1 blocked, 1 switched off" in shown
    assert "News kr-press – ok, read 3 min ago, 20 entries" in shown
    assert "News us-news – blocked since 2 Jul 2026 09:27 UTC: The site answered 403. Next try in 1 h; never read yet." in shown
    assert "News us-old – switched off: moved away" in shown


async def test_health_tells_only_what_is_amiss_and_why(talk: Talk, store: Store) -> None:
    assert await talk.says("health") == "3 sources: 2 not read yet, 1 switched off."
    read = {"next_poll": talk.now, "last_polled": talk.now, "last_success": talk.now, "last_rows": 20, "polls": 1}
    async with store.write() as tx:
        await sources.ensure(tx, ["kr-press", "us-news"], talk.now)
        await sources.save(tx, SourceState(source="kr-press", **read), SourceState(source="us-news", **read))
    assert await talk.says("health") == "3 sources: 2 ok, 1 switched off.\nNone of them fails, is blocked or is late."
    weekdays = [day for day in (talk.now.date() - timedelta(days=number) for number in range(90, 40, -1)) if day.weekday() < 5]
    async with store.write() as tx:
        await sources.save(tx, SourceState(source="kr-press", news=tuple(weekdays), **read))
    shown = await talk.says("health")
    assert shown.startswith("3 sources: 1 ok, 1 late, 1 switched off.\n")
    assert (
        "News kr-press – late: No news for 29 working days; usually there is some within 1 working day. Read just now, 20 entries." in shown
    )
    assert "us-news" not in shown
    assert "us-old" not in shown
    assert "kr-press" not in await talk.says("health US")


@pytest.mark.parametrize("typed", ["KR", "korea", "Asia", "AKR", "kr-press", "한국"])
async def test_sources_of_a_country_region_or_agency(talk: Talk, typed: str) -> None:
    shown = await talk.says(f"sources {typed}")
    assert "News kr-press – not read yet" in shown
    assert "us-news" not in shown


async def test_sources_of_nowhere_are_answered_with_where_there_are_some(talk: Talk) -> None:
    assert "KR, US" in await talk.says("sources Atlantis")


async def test_a_database_that_cannot_be_used_is_said_plainly(talk: Talk, store: Store) -> None:
    class Broken(Store):
        def __init__(self) -> None: ...

        def read(self) -> Never:  # type: ignore[override] # it only raises
            raise StoreTrouble("The database /secret/path is locked.")

        write = read

    broken = Talk(Context(store=Broken(), catalogue=talk.context.catalogue), talk.now)
    for typed in ("watch list", "watch add recall", "subscriptions", "search recall", "sources"):
        reply = await broken.reply(typed)
        assert reply.card.tone == "error"
        assert "was not carried out: the database" in as_text(reply.card)
        assert "secret" not in as_text(reply.card)


@given(st.text(max_size=80))
def test_finding_a_command_raises_only_user_mistakes(words: str) -> None:
    with suppress(UserMistake):
        answering.find(words)
