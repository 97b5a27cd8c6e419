"""Search over many items beside tantivy: the whole path from a query to finished items, and the items written with their index.

Generated items in four languages, each kind of query in turns with tantivy in one process: the ratios of one run are what counts.
We answer with whole items from `bot.store.search`, tantivy with their numbers, and once more with the items read from our database;
both index the same words in our normal form, so that the newest twenty must be the same. Each kind is told in CPU and by the clock.
Queries of words that name no concept, but for the kinds that say so.

    python benchmarks/search.py [--items 20000] [--rounds 3] [--folder FOLDER] [--database postgresql://…]

FOLDER keeps what was built for the next run with as many items. A database that is named must be empty; `regwatch db upgrade` is done.
"""

import argparse
import asyncio
import itertools
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import tantivy

from bot.model import Item
from bot.store import items as rows
from bot.store import migrate, search
from bot.store.asking import at_once
from bot.store.database import Store
from bot.store.items import Kept
from bot.watch import query as language
from bot.watch.text import indexed, paired, tokens
from bot.watch.thesaurus import expand, senses

ENGLISH = (
    "sponsor submission review priority designation committee docket comment compliance quality stability impurity signal plan variation"
    " renewal dossier module common technical document agency regulator update revision annex implementation transition deadline"
    " consultation reflection paper question answer import warning letter consent decree world evidence integrity remote digital endpoint"
    " informed patient harmonised batch register portal fee form notice summary table"
)
KOREAN = (
    "심사기준 일부개정 행정예고 입법예고 규정집 제조소 실태조사결과 보험등재 시행규칙 변경신청 민원설명회 공고문 신속처리 처방내역 허가사항"
)
CHINESE = (
    "药品注册管理 公开征求意见 优先处理程序 电子申报系统 实施日期 标准修订 备案资料 受理通知书 飞行检查结果 说明书修订 解读文件 附件下载"
)
JAPANESE = (
    "薬事審議会 製造販売業者 品質管理基準 事務連絡文書 質疑応答集 電子化申請 収載品目 改正通知書 一部変更届 審査報告書 添付資料 調査結果"
)
COMMON = {"en": ENGLISH.split(" "), "ko": KOREAN.split(" "), "zh": CHINESE.split(" "), "ja": JAPANESE.split(" ")}
SYLLABLES = {
    "en": ["ba", "ce", "di", "fo", "gu", "ha", "li", "mab", "nib", "ro", "stat", "tin", "ve", "xi", "zu", "pra"],
    "ko": list("가나다라마바사아자차카타파하거너더러머버서어저처고노도로모보소오조호"),
    "zh": list("安博达恩方广海佳康朗美宁诺普瑞森泰维新艺正中华天百济恒信复"),
    "ja": list("アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモ"),
}
JOINED = {"en": " ", "ko": " ", "zh": "", "ja": ""}
COUNTRIES = {"en": ("US", "GB", "EU", "CA"), "ko": ("KR",), "zh": ("CN", "TW"), "ja": ("JP",)}
PAGE = 20
TOGETHER = 2_000


class Asked(NamedTuple):
    """A query as tantivy is asked: `how` says what to make of the words. `country` narrows, if there is one."""

    how: str
    words: tuple[str, ...]
    country: str = ""

    @property
    def typed(self) -> str:
        quoted = [f'"{word}"' for word in self.words]
        joined = {"or": " OR ", "not": " -"}.get(self.how, " ").join(quoted)
        if self.how == "phrase":
            joined = f'"{" ".join(self.words)}"'
        elif self.how == "prefix":
            joined = f"{self.words[0]}*"
        return f"{joined} country:{self.country}" if self.country else joined


Kinds = dict[str, list[Asked | str]]


def rare_words(tongue: str) -> list[str]:
    rng = random.Random(tongue)
    return ["".join(rng.choices(SYLLABLES[tongue], k=rng.randint(3, 5))) for _ in range(30_000)]


def corpus(count: int) -> Iterator[Item]:
    """Items of 400 characters. Half are English; of the common words an item has those of one half, and only one in 10,000 of both."""
    rng = random.Random(1)
    rare = {tongue: rare_words(tongue) for tongue in COMMON}
    start = datetime(2020, 1, 1, tzinfo=UTC)
    for number in range(count):
        tongue = rng.choice(("en", "en", "en", "ko", "zh", "ja"))
        words = COMMON[tongue]
        half = words if rng.random() < 1e-4 else words[::2] if rng.random() < 0.5 else words[1::2]
        title, summary = (text(rng, half, rare[tongue], JOINED[tongue], size) for size in (70 if tongue == "en" else 30, 330))
        moment = start + timedelta(minutes=3 * number)
        yield Item(
            id=f"{number:032x}", source=f"s{number % 500}", key=str(number), url=f"https://example.org/{number}", title=title,
            summary=summary, language=tongue, country=rng.choice(COUNTRIES[tongue]), agency=f"A{number % 60}", tier="official",
            doc_type=rng.choice(("notice", "guideline", "recall")), published=moment, detected=moment,
        )  # fmt: skip


def text(rng: random.Random, common: list[str], rare: list[str], joint: str, size: int) -> str:
    words: list[str] = []
    length = 0
    while length < size:
        word = rng.choice(common) if rng.random() < 0.75 else rare[min(len(rare), int(rng.paretovariate(0.3))) - 1]
        words.append(word)
        length += len(word) + len(joint)
    return joint.join(words)


def kinds() -> Kinds:
    """About forty queries of each kind; the same ones in every run."""
    rng = random.Random(5)
    english = [word for word in COMMON["en"] if is_plain(word)]
    one, other = [word for word in english if word in COMMON["en"][::2]], [word for word in english if word in COMMON["en"][1::2]]
    asian = [word for tongue in ("ko", "zh", "ja") for word in COMMON[tongue] if is_plain(word)]
    rare = [word for word in rare_words("en") if is_plain(word)]
    some = range(60)
    found: Kinds = {
        "word, common": [Asked("all", (rng.choice(english),)) for _ in some],
        "word, rare": [Asked("all", (rng.choice(rare[1000:]),)) for _ in some],
        "phrase": [Asked("phrase", tuple(rng.sample(one, 2))) for _ in some],
        "a AND b AND c": [Asked("all", tuple(rng.sample(one, 3))) for _ in some],
        "a AND b AND c that seldom meet": [Asked("all", (*rng.sample(one, 2), rng.choice(other))) for _ in some],
        "phrase of words that seldom meet": [Asked("phrase", (rng.choice(one), rng.choice(other))) for _ in some],
        "a OR b OR c": [Asked("or", tuple(rng.sample(english, 3))) for _ in some],
        "a NOT b": [Asked("not", tuple(rng.sample(one, 2))) for _ in some],
        "prefix": [Asked("prefix", (rng.choice(english)[:4],)) for _ in some],
        "CJK, 2 characters": [Asked("all", (word[:2],)) for word in (rng.choice(asian) for _ in some)],
        "CJK, 4 and more": [Asked("all", (rng.choice(asian),)) for _ in some],
        "word country:": [Asked("all", (rng.choice(english),), rng.choice(("GB", "US"))) for _ in some],
        "CJK country: (none)": [Asked("all", (rng.choice(asian),), "US") for _ in some],
        "concepts": [rng.choice(('"import alert"', '"warning letter"', '"informed consent"', '"real world evidence"')) for _ in some],
        "contexts": [rng.choice(("consultation", "GMP", "labelling", "pricing", '"user fee"')) for _ in some],
        "NEAR": [" NEAR/4 ".join(rng.sample(one, 2)) for _ in some],
    }
    # words that are plain alone may name a concept together
    return {name: [one for one in asked if isinstance(one, str) or is_plain(one.typed)][:40] for name, asked in found.items()}


def is_plain(typed: str) -> bool:
    return next(senses(expand(language.parse(typed))), None) is None


async def written(store: Store, count: int) -> float:
    """CPU seconds of keeping all items, as a poll does."""
    spent = 0.0
    made = corpus(count)
    while some := list(itertools.islice(made, TOGETHER)):
        kept = [Kept(item, item.id, item.url or "", "new") for item in some]
        before = time.process_time()
        async with store.write() as tx:
            await rows.add_all(tx, kept)
        spent += time.process_time() - before
    return spent


class Peer:
    """tantivy with the same words: in order, as written, and by country."""

    def __init__(self, folder: Path) -> None:
        builder = tantivy.SchemaBuilder()
        builder.add_unsigned_field("id", stored=True, indexed=True, fast=True)
        for name, option in (("words", "position"), ("forms", "basic"), ("country", "basic")):
            builder.add_text_field(name, tokenizer_name="blanks", index_option=option, stored=False)
        self.schema = builder.build()
        self.is_new = not any(folder.iterdir())
        self.index = tantivy.Index(self.schema, path=str(folder))
        self.index.register_tokenizer("blanks", tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build())
        self.searcher = self.index.searcher()

    def written(self, count: int) -> float:
        writer = self.index.writer(128_000_000, 1)
        made, spent, number = corpus(count), 0.0, 0
        while some := list(itertools.islice(made, TOGETHER)):
            before = time.process_time()
            for item in some:
                writer.add_document(self._document(item, number))
                number += 1
            if number % 100_000 < TOGETHER:
                writer.commit()
            spent += time.process_time() - before
        before = time.process_time()
        writer.commit()
        writer.wait_merging_threads()
        self.index.reload()
        self.searcher = self.index.searcher()
        return spent + time.process_time() - before

    def _document(self, item: Item, number: int) -> tantivy.Document:
        title, summary = indexed(item.title), indexed(item.summary)
        document = tantivy.Document()
        document.add_unsigned("id", number)
        document.add_text("words", " ".join((*title.terms, "·", *summary.terms)))
        document.add_text("forms", " ".join(dict.fromkeys((*title.forms, *summary.forms))))
        document.add_text("country", item.country)
        return document

    def query(self, asked: Asked) -> tantivy.Query:
        must, never, may = tantivy.Occur.Must, tantivy.Occur.MustNot, tantivy.Occur.Should
        if asked.how == "phrase":
            found = self._words(" ".join(asked.words))
        elif asked.how == "prefix":
            found = tantivy.Query.regex_query(self.schema, "forms", f"{asked.words[0]}.*")
        else:
            rest = {"all": must, "or": may, "not": never}[asked.how]
            first = may if rest is may else must
            found = tantivy.Query.boolean_query([(rest if place else first, self._words(one)) for place, one in enumerate(asked.words)])
        if not asked.country:
            return found
        return tantivy.Query.boolean_query([(must, found), (must, tantivy.Query.term_query(self.schema, "country", asked.country))])

    def _words(self, typed: str) -> tantivy.Query:
        norms = [token.norm for token in tokens(typed)]
        words = paired(norms)
        if len(words) > 1 and len(norms[-1]) == 1:
            words = words[:-1]  # what follows the last character is open
        if len(words) == 1:
            return tantivy.Query.term_query(self.schema, "words", words[0])
        return tantivy.Query.phrase_query(self.schema, "words", list(words))

    def newest(self, asked: Asked) -> list[int]:
        hits = self.searcher.search(self.query(asked), PAGE, count=False, order_by_field="id").hits
        return [int(self.searcher.doc(address)["id"][0]) for _, address in hits]

    def ranked(self, asked: Asked) -> int:
        return len(self.searcher.search(self.query(asked), PAGE, count=False).hits)

    def count(self, asked: Asked) -> int:
        return int(self.searcher.search(self.query(asked), 1, count=True).count or 0)


class Ours:
    def __init__(self, store: Store) -> None:
        self.store = store

    async def newest(self, query: language.Query) -> list[int]:
        async with self.store.read() as tx:
            return [int(item.key) for item in await search.find(tx, query, workspace="W1", limit=PAGE)]

    async def items(self, keys: list[int]) -> dict[int, Item]:
        """The items that tantivy has found, read as a search reads its own."""
        async with self.store.read() as tx:
            return await at_once(tx, lambda index: index.items([key + 1 for key in keys], "W1"))

    async def ranked(self, query: language.Query) -> int:
        async with self.store.read() as tx:
            return len(await search.find(tx, query, workspace="W1", limit=PAGE, order="relevance"))

    async def count(self, query: language.Query) -> int:
        async with self.store.read() as tx:
            return await search.count(tx, query, workspace="W1")


class Times(list[tuple[float, float]]):
    """Milliseconds, of CPU and by the clock."""

    def told(self, clock: int) -> str:
        """The median and the 95th percentile."""
        return f"{statistics.median(one[clock] for one in self):.1f} / {self.p95(clock):.1f}" if self else "–"

    def p95(self, clock: int) -> float:
        return sorted(one[clock] for one in self)[int(len(self) * 0.95)] if self else float("nan")


async def timed(work: Callable[[], Any], times: Times) -> Any:
    before = time.process_time(), time.perf_counter()
    found = work()
    if isinstance(found, Awaitable):
        found = await found
    times.append((1_000 * (time.process_time() - before[0]), 1_000 * (time.perf_counter() - before[1])))
    return found


async def measured(ours: Ours, peer: Peer, name: str, asked: list[Any], rounds: int) -> None:
    columns = ("newest", "ranked", "count")
    times = {(who, what): Times() for who in ("ours", "peer") for what in (*columns, "whole")}
    parsed = [language.parse(one if isinstance(one, str) else one.typed) for one in asked]
    hits, other = [], 0
    for turn in range(rounds + 1):  # the first one warms up
        for what in columns:
            for one, query in zip(asked, parsed, strict=True):
                found = await timed(lambda query=query, what=what: getattr(ours, what)(query), times["ours", what])
                if isinstance(one, Asked):
                    theirs = await timed(lambda one=one, what=what: getattr(peer, what)(one), times["peer", what])
                    if what == "newest":
                        await timed(lambda one=one: ours.items(peer.newest(one)), times["peer", "whole"])
                    other += not turn and what == "newest" and found != theirs
                if not turn and what == "count":
                    hits.append(theirs if isinstance(one, Asked) else found)
        if not turn:
            for each in times.values():
                each.clear()
    shown = [times[key] for what in columns for key in ((("ours", what), ("peer", what), ("peer", "whole"))[: 3 - (what != "newest")])]
    for clock, called in enumerate(("CPU", "clock")):
        newest, its, whole, ranked, ranked_its = (one.p95(clock) for one in shown[:5])
        ratios = [
            f"{mine / other_s:.2f}" if times["peer", "newest"] else "–"
            for mine, other_s in ((newest, its), (newest, whole), (ranked, ranked_its))
        ]
        cells = (name, called, f"{statistics.mean(hits):,.0f}", *(one.told(clock) for one in shown), *ratios)
        print("|", " | ".join(cells), "|", f"{other} of {len(asked)} differ" if other else "", flush=True)


def size(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


async def run(options: argparse.Namespace, folder: Path) -> None:
    ours_in, theirs_in = folder / "ours", folder / "tantivy"
    for one in (ours_in, theirs_in):
        one.mkdir(exist_ok=True, parents=True)
    url = options.database or f"sqlite:///{ours_in}/bench.db"
    await migrate.upgrade(url)
    store, peer = await Store.open(url), Peer(theirs_in)
    async with store.read() as tx:
        is_new = await rows.count(tx) == 0
    for name, is_needed, work in (
        ("ours", is_new, lambda: written(store, options.items)),
        ("tantivy", peer.is_new, lambda: peer.written(options.items)),
    ):
        if is_needed:
            found = work()
            spent = await found if isinstance(found, Awaitable) else found
            print(f"{name}: {options.items / spent:,.0f} items written in a second of CPU, {size(folder / name):,.0f} MB", flush=True)
    print(f"\n{options.items:,} items; milliseconds p50 / p95; ratios are ours to tantivy's p95")
    print(
        "| query | time | hits | newest 20 | tantivy, numbers | tantivy, then items | relevance | tantivy | count to 1,000 | tantivy, all"
        " | newest to numbers | newest to items | relevance |"
    )
    print("| --- " * 13 + "|")
    for name, asked in kinds().items():
        if options.kind in name:
            await measured(Ours(store), peer, name, asked, options.rounds)
    await store.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--database", help="measure this database in place of an SQLite file")
    parser.add_argument("--kind", default="", help="only kinds of query with this in their name")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(options, options.folder or Path(folder)))


if __name__ == "__main__":
    main()
