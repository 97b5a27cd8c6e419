"""Whatever is asked in a Korean workspace is answered in Korean: every command of the table, its examples and its form, by rule.

What is English by right is told by its look: what is typed (in code, in `backticks`, after the prefix, words of usage after a colon),
addresses, abbreviations in capitals, and names that the Korean catalogue itself keeps, such as Slack. Everything others wrote is in
other letters here, but for the words of the table's own examples, which stand in answers as they were typed.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import BytesIO

import pytest
from babel.messages.pofile import read_po
from sqlalchemy import select

from bot.cards import telling
from bot.cards.card import Card, notice
from bot.cards.form import as_lines
from bot.messages import keep, speaking
from bot.model import Authority, Deadline, Decision, Notice, Place, Source, SourceState
from bot.store import assessments, hits, items, outbox, places, sources, watchlists
from bot.store.database import Store
from bot.store.items import Kept
from bot.store.tables import outbox as table
from bot.watch.packs import shipped
from bot.watch.vocabulary import vocabulary
from handlers import answering
from handlers.command import Command
from handlers.commands import TABLE
from handlers.grammar import Request
from handlers.reply import Context, Reply
from schedules.deferred import Deferred
from schedules.operations import Operations
from schedules.reminders import Reminding
from schedules.suspending import suspend
from tests.builders import NOW, delivery, hit, item, subscription, watchlist
from tests.message_texts import CATALOGUES
from tests.test_handlers_commands import Talk, catalogue

HERE = Place(id="console:W1:일반", platform="console", workspace="W1", channel="일반", name="일반", locale="ko-KR")
ACTOR = "ana"
TEXTS = [text for one in read_po(BytesIO((CATALOGUES / "ko.po").read_bytes()), locale="ko") if one.id
         for text in (one.string if isinstance(one.string, tuple) else (one.string,))]  # fmt: skip
WORD = re.compile(r"(?<![\w@#/.:=<-])[A-Za-z]{2,}(?:'[a-z]+)?(?![\w@#/=>-]|[.:]\S)")
TYPED = re.compile(r"`[^`]*`|“[^”]*”|https?://\S+|/reg [^가-힣]*")
USED = {word for one in TABLE for text in (one.usage, *one.examples) for word in re.findall(r"[A-Za-z]+", text)}


def words(text: str) -> list[str]:
    """The words in Latin letters that are not typed, no address and no abbreviation; after a colon, usage is what one types."""
    before, colon, after = TYPED.sub(" ", text).partition(": ")
    found = [*WORD.findall(before + colon), *(one for one in WORD.findall(after) if one not in USED)]
    return [one for one in found if not one.isupper()]


# What the Korean texts keep as it is: Slack, Regwatch, App Home.
NAMES = {word for text in TEXTS for word in words(re.sub(r"\{\w*\}", " ", text)) if word[0].isupper()}


def lines(card: Card) -> Iterator[str]:
    for one in card.sections:
        yield from ("".join(" " if span.code else span.text for span in row) for row in one.lines)
        yield from (text for button in one.buttons for text in (button.label, button.confirm))
        yield one.picture.alt if one.picture else ""


def english(card: Card, theirs: str = "") -> list[str]:
    """The lines with an English word of ours; runs of words that stand in `theirs` are not ours."""
    found = []
    for row in lines(card):
        left = [one for one in words(row) if one not in NAMES and not re.search(rf"(?<![A-Za-z]){re.escape(one)}(?![A-Za-z])", theirs)]
        found += [row] if left else []
    return found


def cards(reply: Reply) -> Iterator[Card]:
    yield reply.card
    if reply.announce is not None:
        yield reply.announce
    if reply.form is not None:
        with speaking("ko"):
            yield notice(*as_lines(reply.form))


def source(name: str, title: str, **more: object) -> Source:
    authority = Authority(id=name, name="식품의약품안전처", short="식약처", jurisdiction="KR")
    given = {"id": name, "name": title, "authority": authority, "jurisdiction": "KR", "language": "ko", "tier": "official", "kind": "feed"}
    return Source.model_validate(given | {"url": f"https://example.org/{name}", "interval": timedelta(minutes=15)} | more)


SOURCES = (
    source("kr-news", "식약처 보도자료"),
    source("kr-law", "식약처 고시"),
    source("kr-slow", "식약처 공고"),
    source("kr-press", "약업 소식", tier="trade"),
    source("kr-off", "식약처 자료실", enabled=False, disabled_because="폐쇄됨"),
    source("kr-new", "식약처 회의"),
)
STATES = (
    SourceState(source="kr-news", next_poll=NOW, last_polled=NOW, last_success=NOW, last_rows=3, polls=4),
    SourceState(
        source="kr-law",
        next_poll=NOW,
        last_polled=NOW,
        failures=4,
        trouble=keep("{place} did not answer in time.", place="https://example.org"),
        fault="timeout",
        trouble_since=NOW - timedelta(hours=5),
        polls=9,
    ),
    SourceState(
        source="kr-slow",
        next_poll=NOW,
        last_polled=NOW,
        last_success=NOW - timedelta(days=9),
        last_rows=1,
        polls=4,
        trouble=keep("{place} {kept}.", place="https://example.org", kept=keep("refuses programs, as its page says")),
        fault="blocked",
    ),
    SourceState(
        source="kr-press",
        next_poll=NOW,
        last_polled=NOW,
        last_success=NOW,
        last_rows=3,
        polls=4,
        news=tuple(NOW.date() - timedelta(days=200 + day) for day in range(20, 0, -1)),
    ),
)
TITLE = "임상시험 계획 승인 지침"
OWED = ("pending", "sending", "sent", "later", "held", "gone", "unclear", "dropped", "waiting")


async def seed(store: Store) -> None:
    """A workspace in which everything has happened: items with versions, stories, deadlines, decisions, alerts in every state."""
    what = watchlist("임상시험", name="임상")
    async with store.write() as tx:
        await places.ensure(tx, HERE)
        await watchlists.add(tx, what)
        await places.subscribe(tx, subscription(what, HERE, created_by="console:W1:안나"))
        for state in STATES:
            await sources.ensure(tx, [state.source], NOW)
            await sources.save(tx, state)
    async with store.write() as tx:
        for number, state in enumerate(OWED):
            due = Deadline(kind="comments_due", day=NOW.date() + timedelta(days=9 + number), text="의견 제출 기한")
            official = {"source": "kr-news", "tier": "official"} if number else {"source": "kr-press", "tier": "trade"}
            given = {"summary": "요약문", "text": "임상시험 본문", "agency": "식약처", "doc_type": "guideline", "status": "draft"}
            one = item(f"{TITLE} {number}", id=f"{number:08x}aaaa", deadlines=(due,), **official, **given)
            await items.add(tx, one, f"print {number}", link=one.url or "", why=keep("not seen before"))
            newer = one.model_copy(update={"version": 2, "title": f"{TITLE} {number}판", "text": "임상시험 새 본문"})
            changed = keep("{kept} changed", kept=keep("{kept} and {kept_more}", kept=keep("title"), kept_more=keep("text")))
            await items.add_versions(tx, [Kept(newer, f"again {number}", one.url or "", changed, 1)])
            await hits.add(tx, [hit(what, one)], NOW)
            await outbox.owe(
                tx, [delivery(one, HERE, watchlists=(what.id,), state=state, reason=keep("until the quiet hours end"), attempts=2)]
            )
            noted = Decision(workspace="W1", item=one.id, what="note", reason="확인함", by="U1", by_name="안나", at=NOW)
            await assessments.decide(tx, noted)
            await assessments.decide(
                tx, noted.model_copy(update={"what": "status", "status": "relevant", "at": NOW + timedelta(seconds=1)})
            )


@pytest.fixture(params=["sqlite"])
def dialect(request: pytest.FixtureRequest) -> str:
    """What is said is the same on every database."""
    return str(request.param)


@pytest.fixture
async def talk(store: Store) -> Talk:
    await seed(store)
    return Talk(Context(store=store, catalogue=catalogue(*SOURCES), wait_seconds=0.05), NOW, place=HERE)


ONE = "00000001"
ASKED = """
item 00000001
item 00000000
item 없는것
diff 00000001
diff 00000001 1 9
why https://example.org/9
why 없음
why https://nowhere.example/9
latest
latest korea
latest asia
latest 없는기관
latest page 99
sources
sources KR
sources 없음
health
proof
proof month
proof 없음
proof weekly on
proof monthly on
proof
proof monthly off
deadlines
deadlines 90d 임상시험
deadlines 90d 없는말
deadlines 9999d
deadlines page 99
calendar
calendar new
calendar
calendar new
calendar off
calendar 뭐
concept list
concept add 우리: 가상방문, 원격방문
concept list
concept show 우리
concept list 없는말
concept show 없는말
term add 재택방문 to 우리
term add 재택방문 to 우리
term remove 재택방문 from 우리
term remove 없음 from 우리
watch add concept:우리 as 우리목록
concept remove 우리
concept remove 우리 yes
watch remove 우리목록 yes
concept remove 우리 yes
admin roles
admin roles add @영희
admin roles remove @영희
admin roles remove @없음
admin roles 뭐
admin manager @영희
admin manager admins
admin manager remove @없음
admin manager anyone
admin operations
admin operations here
admin operations
admin operations 뭐
admin operations #없음
admin operations off
export 2026-01-01 2026-03-31
export 2026-03-31 2026-01-01
export 언제 2026-01-01
export 2026-01-01 2026-03-31 뭐
report
report month
report 뭐
trends 임상시험
trends 임상시험 by agency 26 weeks
trends 임상시험 by type
trends 임상시험 99 weeks
trends 없는말
trends 임상시험 by nonsense
triage
triage 뭐
status 00000001 뭐
status 00000001 deferred until 2026-13-40
status 00000001 deferred until 2027-01-31
assign 00000001 me
note 00000001 메모
follow 00000001
follow 00000001
follow
unfollow 00000001
unfollow 00000001
mute kr-news
mute
unmute kr-news
mute 없음
remind me 00000001 in 7d
remind me
remind me 00000001 off
remind me 00000001 언제
remind on
remind 30,7,1 at 09:00
remind 1
remind
remind off
remind 뭐
remind 7 at 99
digest
digest 없음
digest page 9
watch suggest 임상
watch suggest 임상 without 동물용
watch suggest 없음
watch test 임상시험
watch test 없는말
watch test NEAR
search 임상시험
search (임상
search 임상)
search country:없음
search 없는필드:값
search age:9
search after:어제
search *
search 가* NEAR/99 나
search "임상
search NOT 임상
search without:임상
search sort:뭐 임상
search 임상 OR
search title:(title:임상)
watch add age:<9d 임상 as 새것
watch edit 임상 임상시험 OR 허가
watch rename 임상 as 시험
watch rename 시험 as 임상
watch pause 임상
watch resume 임상
subscribe 임상 daily at 09:00
subscribe 임상 hourly at 09:00
subscribe 임상 weekly on mon,tue
subscribe 임상 at 99
subscribe 없음
subscribe 임상 dayly
subscriptions
unsubscribe 임상
settings timezone 없음
settings 뭐 값
settings quiet 뭐
settings format 뭐
settings mentions
settings
packs
packs korea
packs 없음
packs show kr-trials
packs add kr-trials
packs add kr-trials
packs update
packs update kr-trials
packs export 임상
packs export 없음
packs import
packs import 뭐
packs import {"pack": 1}
source add
source add 두 단어
source add https://example.org/feed
source add https://example.org/kr-news
source remove 없음
source remove
help
help watch add
help 없음
debug
없는명령
watch 없는명령
검색 임상시험
share 임상시험
"""
WHY = tuple(f"why {number:08x}" for number in range(len(OWED)))
# The one who asks, and the concepts and packs that are shipped: data with names of their own, searched for and handed on in English.
THEIRS = "\n".join(
    (
        *(text for one in vocabulary().concepts.values() for text in (one.name, one.id, *(form.text for form in one.forms))),
        ACTOR,
        *(text for one in shipped().values() for text in (one.name, one.description, *(ready.name for ready in one.watchlists))),
    )
)


async def test_every_answer_is_korean_where_everything_others_wrote_is_in_other_letters(talk: Talk) -> None:
    asked = (*ASKED.strip().splitlines(), *WHY, *(command.name for command in TABLE), "")
    told = {typed: [row for card in cards(await talk.reply(typed)) for row in english(card, THEIRS)] for typed in asked}
    assert {typed: rows for typed, rows in told.items() if rows} == {}


async def test_every_example_of_the_table_is_answered_in_korean(talk: Talk) -> None:
    typed = "\n".join((THEIRS, *(example for command in TABLE for example in command.examples)))
    told = {
        example: [row for card in cards(await talk.reply(example)) for row in english(card, typed)]
        for command in TABLE
        for example in command.examples
    }
    assert {example: rows for example, rows in told.items() if rows} == {}


@pytest.mark.parametrize("command", [one for one in TABLE if one.form is not None], ids=lambda one: one.name)
async def test_every_form_is_korean(talk: Talk, command: Command) -> None:
    for about in ("", ONE, "임상", "임상시험"):
        typed = f"{command.name} {about}".strip()
        request = Request(actor="console:W1:안나", actor_name="안나", place=HERE, words=typed, now=talk.now, prefix="/reg ", by_form=True)
        reply = await answering.run(request, talk.context)
        assert [row for card in cards(reply) for row in english(card, THEIRS)] == [], typed


async def test_a_line_that_forgets_the_catalogue_is_found() -> None:
    assert english(notice("Nothing is open.")) == ["Nothing is open."]
    assert english(notice("님이 muted 처리")) == ["님이 muted 처리"]
    assert english(notice("`watch add` 후 /reg help: Slack, KST, https://example.org “title”")) == []


async def notices(store: Store) -> list[Notice]:
    async with store.read() as tx:
        owed = await outbox.rows(tx, select(*outbox.FIELDS).where(table.c.notice.is_not(None)).order_by(table.c.number))
    return [one.notice for one in owed if one.notice]


async def test_what_is_told_unasked_is_korean(talk: Talk, store: Store) -> None:
    slack = HERE.model_copy(update={"id": "slack:W1:C1", "platform": "slack", "channel": "C1", "name": "규제"})
    what = watchlist("회수", name="회수")
    async with store.write() as tx:
        await places.ensure(tx, slack)
        await watchlists.add(tx, what)
        await places.subscribe(tx, subscription(what, slack, created_by="slack:W1:U1"))
    for typed in (
        "admin operations here", "remind 9,1 at 09:00", "proof weekly on", "subscribe 임상", f"remind me {ONE} in 7d",
        "status 00000002 deferred until 2026-07-04 because 검토 중",
        *(f"status {number:08x} not relevant because 동물용" for number in range(3, 7)),
    ):  # fmt: skip
        assert (await talk.reply(typed)).card.tone not in ("warning", "error"), typed
    for later in (NOW + timedelta(hours=1), NOW + timedelta(days=5), NOW + timedelta(days=31)):

        def clock(at: datetime = later) -> datetime:
            return at

        await Operations(store, talk.context.catalogue, clock).tell()
        await Reminding(store, clock).remind()
        await Deferred(store, clock).bring_back()
    async with store.write() as tx:
        for code in ("not_in_channel", "is_archived", "posting_to_general_channel_denied", "ever_new"):
            await suspend(tx, slack.model_copy(update={"id": f"{slack.id}-{code}"}), code, NOW)
        await suspend(tx, slack, "channel_not_found", NOW)
        await sources.save(tx, STATES[1].model_copy(update={"failures": 0, "trouble": ""}))
    await Operations(store, talk.context.catalogue, lambda: NOW + timedelta(days=32)).tell()
    found = await notices(store)
    with speaking("ko"):
        assert [row for one in found for row in english(telling.told(one, repeat=True), THEIRS)] == []
    heads = "\n".join(one.lines[0] for one in found)
    assert [word for word in ("기한", "보류", "읽을 수 없습니다", "복구", "모니터링", "중단", "요청하신") if word not in heads] == []
