"""One item against very many watchlists: ours, a plain Aho-Corasick matcher, PostgreSQL's stored queries, and the naive way; and changes.

Items of about 600 characters and watchlists of one to six phrases (AND, OR, NOT) in four languages, CPU time, each in turns in one
process: the ratios of one run are what counts. The plain matcher (ahocorasick-rs over case-folded text, tuples of numbers per watchlist)
finds substrings and answers with numbers; PostgreSQL compares words cut beforehand. Ours reads whole words in their normal form, knows
what concepts mean in every language, and names the words that matched. What it finds is compared with `query.holds`.

    python benchmarks/match.py [--watchlists 10000] [--items 100] [--rounds 5] [--changes 500] [--no-postgres]
"""

import argparse
import asyncio
import gc
import random
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import ahocorasick_rs
import asyncpg

from bot.model import Item
from bot.watch import query as language
from bot.watch.letters import lettered
from bot.watch.matcher import Matcher
from bot.watch.nodes import TEXT_FIELDS, Phrase, all_of, any_of, negated
from bot.watch.text import readings

sys.path.append(str(Path(__file__).parents[1]))
from tests.postgresql_server import PASSWORD, USER, running

TEXTS = {
    "en": """clinical trial decentralized guidance draft final rule safety labeling approval orphan drug biosimilar inspection recall
        shortage device biologic
        vaccine sponsor submission review priority accelerated breakthrough designation advisory committee docket comment
        notice compliance manufacturing quality
        stability impurity signal risk management plan variation renewal oncology gene therapy cell
        antibody generic dossier module electronic document agency update revision annex transition deadline consultation reflection paper
        question alert warning letter consent evidence data integrity remote monitoring digital endpoint patient informed""",
    "ko": """임상시험 분산형 의약품 허가 심사
        가이드라인 개정 행정예고 혁신형 제약기업 인증 품목허가 안전성 정보 생물학적제제 첨단바이오의약품
        희귀의약품 지정 신속심사 재평가 회수 폐기
        의료기기 고시 일부개정 입법예고 규정 제조 품질관리 기준 실태조사 약가 급여 적용 보험 등재
        식품의약품안전처 보건복지부 공고 시행 변경 민원 설명회 바이오시밀러 백신 유전자치료제 위해성 관리계획 부작용 보고 처방""",
    "zh": """临床试验 去中心化 药品审评中心 指导原则 征求意见稿 创新药 优先审评 突破性治疗药物 附条件批准 药品注册 管理办法 生物制品 疫苗
        医疗器械 国家药监局 公告 通告 召回 飞行检查 仿制药 一致性评价 药物警戒 说明书 修订 真实世界 证据 罕见病 儿童用药 细胞治疗 基因治疗
        上市许可持有人 变更 备案 受理 电子申报 实施 日期 标准 药典 中药 化学药 附件 解读""",
    "ja": """治験 分散型 医薬品 承認 審査 ガイドライン
        改正 通知 先駆的医薬品 指定 希少疾病用 再生医療等製品 医療機器 添付文書 安全性 情報 回収
        薬事 審議会 パブリックコメント 製造販売後 調査 品質 管理 基準 査察 厚生労働省 医薬品医療機器総合機構 条件付き 早期 ワクチン
        遺伝子治療 バイオ後続品 後発医薬品 薬価 収載 申請 電子化 実施 一部 事務連絡 質疑応答""",
}  # fmt: skip
WORDS = {tongue: text.split() for tongue, text in TEXTS.items()}
SYLLABLES = {
    "en": ["ba", "ce", "di", "fo", "gu", "ha", "li", "mab", "nib", "ro", "stat", "tin", "ve", "xi", "zu", "pra"],
    "ko": list("가나다라마바사아자차카타파하거너더러머버서어저처고노도로모보소오조호구누두루무부수우주"),
    "zh": list("安博达恩方广海佳康朗美宁诺普瑞森泰维新艺正中华天百济恒信复药明生物君实贝源和记"),
    "ja": list("アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモラリルレロン"),
}
BLANK = {"en": " ", "ko": " ", "zh": "", "ja": ""}


class Wanted(NamedTuple):
    """A watchlist: all of these phrases, one of those, none of the last."""

    every: tuple[str, ...]
    some: tuple[str, ...]
    never: tuple[str, ...]

    def query(self) -> language.Query:
        some = [any_of(map(Phrase, self.some))] if self.some else []
        return all_of([*map(Phrase, self.every), *some, *(negated(Phrase(one)) for one in self.never)])


def rare(chance: random.Random, tongue: str, syllables: tuple[int, int] = (3, 5)) -> str:
    return "".join(chance.choice(SYLLABLES[tongue]) for _ in range(chance.randint(*syllables)))


def prose(chance: random.Random, tongue: str, characters: int) -> str:
    words: list[str] = []
    while sum(map(len, words)) < characters:
        words.append(rare(chance, tongue) if chance.random() < 0.25 else chance.choice(WORDS[tongue]))
    return BLANK[tongue].join(words)[:characters]


def items(many: int, seed: int = 1) -> Iterator[Item]:
    chance = random.Random(seed)
    for number in range(many):
        tongue = chance.choice(("en", "en", "en", "ko", "zh", "ja"))
        yield Item(id=f"{seed}-{number}", title=prose(chance, tongue, 60), summary=prose(chance, tongue, 540), language=tongue)


def phrase(chance: random.Random, *, is_rare: bool) -> str:
    tongue = chance.choice(("en", "en", "ko", "zh", "ja"))
    if is_rare:
        word = rare(chance, tongue)
        return word if chance.random() < 0.5 else word + BLANK[tongue] + chance.choice(WORDS[tongue])
    return BLANK[tongue].join(chance.choice(WORDS[tongue]) for _ in range(chance.choice((2, 2, 3))))


def watchlists(many: int, seed: int = 2) -> Iterator[Wanted]:
    """19 in 20 have a rare phrase; half of the phrases come from what everybody asks for."""
    chance = random.Random(seed)
    pool = {kind: [phrase(chance, is_rare=kind) for _ in range(2000)] for kind in (True, False)}
    for _ in range(many):
        selective = chance.random() < 0.95
        kinds = [selective and (number == 0 or chance.random() < 0.5) for number in range(chance.randint(1, 6))]
        found = dict.fromkeys(wished(chance, kind, pool) for kind in kinds)
        yield shaped(tuple(found), chance.random())


def wished(chance: random.Random, is_rare: bool, pool: dict[bool, list[str]]) -> str:
    shared = chance.random() < 0.5
    return pool[is_rare][min(1999, int(chance.paretovariate(0.6)) - 1)] if shared else phrase(chance, is_rare=is_rare)


def shaped(found: tuple[str, ...], shape: float) -> Wanted:
    if len(found) == 1 or shape < 0.35:
        return Wanted((), found, ())
    if shape < 0.65:
        cut = max(2, len(found) // 2)
        return Wanted(found[:cut], found[cut:], ())
    if shape < 0.85:
        return Wanted(found[:1], found[1:-1], found[-1:])
    return Wanted(found, (), ())


def strangers(many: int, seed: int = 3) -> Iterator[Wanted]:
    """Watchlists for words that no item has."""
    chance = random.Random(seed)
    for _ in range(many):
        yield Wanted((), tuple(rare(chance, chance.choice(list(WORDS)), (6, 9)) for _ in range(chance.randint(1, 5))), ())


class Plain:
    """The baseline: ahocorasick-rs over case-folded text, and tuples of phrase numbers for each watchlist, hung on its rarest phrase."""

    def __init__(self, wanted: Sequence[Wanted]) -> None:
        numbers: dict[str, int] = {}
        self.wanted = [tuple(tuple(numbers.setdefault(one.casefold(), len(numbers)) for one in group) for group in each) for each in wanted]
        asked: dict[int, int] = {}
        for each in self.wanted:
            for one in (*each[0], *each[1]):
                asked[one] = asked.get(one, 0) + 1
        self.anchors: dict[int, list[int]] = {}
        for index, (every, some, _) in enumerate(self.wanted):
            for one in (min(every, key=asked.__getitem__),) if every else some:
                self.anchors.setdefault(one, []).append(index)
        self.automaton = ahocorasick_rs.AhoCorasick(list(numbers), store_patterns=False)

    def __call__(self, text: str) -> set[int]:
        found = {match[0] for match in self.automaton.find_matches_as_indexes(text, overlapping=True)}
        out = set()
        for one in found & self.anchors.keys():
            for index in self.anchors[one]:
                every, some, never = self.wanted[index]
                if found.issuperset(every) and (not some or not found.isdisjoint(some)) and found.isdisjoint(never):
                    out.add(index)
        return out


def microseconds(works: dict[str, tuple[Callable[[Any], object], Sequence[Any]]], rounds: int) -> dict[str, float]:
    """CPU time a call, by name: medians of rounds in which each has its turn."""
    spent: dict[str, list[float]] = {name: [] for name in works}
    gc.collect()
    gc.freeze()
    for _ in range(rounds):
        for name, (work, what) in works.items():
            before = time.process_time()
            for one in what:
                work(one)
            spent[name].append((time.process_time() - before) / len(what) * 1e6)
    return {name: statistics.median(found) for name, found in spent.items()}


def folded(item: Item) -> str:
    return f"{item.title}\n{item.summary}".casefold()


def agree(matcher: Matcher, wanted: dict[str, language.Query], found: Sequence[Item]) -> None:
    """Ends the program if the matcher says anything else than `holds`, evidence included."""
    chance = random.Random(5)
    for item in found:
        matched = matcher.match(item)
        for key in {*matched, *chance.sample(sorted(wanted), min(1000, len(wanted)))}:
            if matched.get(key) != language.holds(wanted[key], item):
                sys.exit(f"watchlist {key} ({language.show(wanted[key])}) on item {item.id}: the matcher and holds differ")


def mixed(options: argparse.Namespace) -> None:
    wanted = list(watchlists(options.watchlists))
    queries = {str(number): one.query() for number, one in enumerate(wanted)}
    found, plain, matcher = list(items(options.items)), Plain(wanted), Matcher(queries)
    matcher.merge()
    agree(matcher, queries, found[:10])
    texts = [folded(item) for item in found]
    scanner = matcher._scanner  # noqa: SLF001 - to tell where the time goes
    words = [[lettered(reading.runs) for reading in parts(item)] for item in found]
    took = microseconds(
        {
            "plain ahocorasick-rs": (plain, texts),
            "ours, which watchlists hold": (matcher.match, found),
            "ours, with all evidence": (lambda item: dict(matcher.match(item)), found),
            "  of it: normal form": (lambda item: [lettered(reading.runs) for reading in parts(item)], found),
            "  of it: the automaton": (lambda one: scanner.automaton.find("\x01".join(one)), words),
            "  of it: normal form, automaton, thesaurus": (scanner.scan, found),
        },
        options.rounds,
    )
    naive = microseconds({"naive": (lambda item: [language.holds(one, item) for one in list(queries.values())[:200]], found[:5])}, 1)
    took["naive (`holds` for each; from 200)"] = naive["naive"] * len(queries) / 200
    if options.postgres:
        took["PostgreSQL, stored tsquery, sequential scan"] = asyncio.run(stored(wanted, found[:40]))
    hits = statistics.mean(len(matcher.match(item)) for item in found)
    theirs = statistics.mean(len(plain(text)) for text in texts)
    print(f"{len(wanted):,} mixed watchlists, {hits:.0f} hold for an item (plain: {theirs:.0f})")
    for name, one in took.items():
        print(f"  {name:<45} {one:>12,.0f} us   {one / took['plain ahocorasick-rs']:>9.2f} x plain")


def parts(item: Item) -> list[Any]:
    return [reading for field in TEXT_FIELDS if (text := getattr(item, field)) for reading in readings(text)]


def strange(options: argparse.Namespace) -> None:
    live = list(watchlists(100))
    found = list(items(options.items))
    sizes = [0, options.watchlists // 10, options.watchlists]
    matchers = [Matcher({str(number): one.query() for number, one in enumerate([*live, *strangers(size)])}) for size in sizes]
    took = microseconds({str(size): (matcher.match, found) for size, matcher in zip(sizes, matchers, strict=True)}, options.rounds)
    print("100 watchlists, and others that never match")
    for size in sizes:
        print(f"  and {size:>9,} others {took[str(size)]:>8,.0f} us   {took[str(size)] / took['0']:.2f} x")


def segmented(text: str) -> list[str]:
    """Words, and overlapping pairs of Han, kana or Hangul, for PostgreSQL."""
    found = []
    for word in re.findall(r"[぀-ヿ㐀-鿿가-힯]+|[^\W_぀-ヿ㐀-鿿가-힯]+", text.casefold()):
        found += [word[i : i + 2] for i in range(len(word) - 1)] if word[0] > "\u3000" and len(word) > 1 else [word]
    return found


def tsquery(one: Wanted) -> str:
    def said(text: str) -> str:
        return "(" + " <-> ".join(f"'{word}'" for word in segmented(text)) + ")"

    some = [f"({' | '.join(map(said, one.some))})"] if one.some else []
    return " & ".join([*map(said, one.every), *some, *(f"!{said(never)}" for never in one.never)])


def tsvector(item: Item) -> str:
    places: dict[str, list[int]] = {}
    for place, word in enumerate(segmented(folded(item)), 1):
        places.setdefault(word, []).append(place)
    return " ".join(f"'{word}':{','.join(map(str, found[:255]))}" for word, found in places.items())


async def stored(wanted: Sequence[Wanted], found: Sequence[Item]) -> float:
    """Microseconds of the clock an item takes, the median."""
    with running() as server:
        connection = await asyncpg.connect(user=USER, password=PASSWORD, host=str(server.folder), database="postgres")
        try:
            await connection.execute("create table watchlists (id integer, query tsquery); set max_parallel_workers_per_gather = 0")
            await connection.execute("create temp table raw (id integer, query text)")
            await connection.copy_records_to_table("raw", records=[(number, tsquery(one)) for number, one in enumerate(wanted)])
            await connection.execute("insert into watchlists select id, query::tsquery from raw; analyze watchlists")
            spent = []
            for item in found:
                before = time.perf_counter()
                await connection.fetch(f"select id from watchlists where query @@ $q${tsvector(item)}$q$::tsvector")
                spent.append((time.perf_counter() - before) * 1e6)
            return statistics.median(spent)
        finally:
            await connection.close()


async def changes(options: argparse.Namespace) -> None:
    """What one change takes, and how late the event loop is meanwhile."""
    queries = {str(number): one.query() for number, one in enumerate(watchlists(options.watchlists))}
    found = list(items(50))
    matcher = Matcher({})
    print(f"changes among {options.watchlists:,} watchlists; how late a tick of 1 ms is (median, 99 %, worst)")
    await ticking("nothing else", asyncio.sleep(2))
    pages = [dict(list(queries.items())[at : at + 500]) for at in range(0, len(queries), 500)]
    await ticking("loading, 500 at a time in a thread", loading(matcher, pages))
    await ticking("one automaton of all, at the end of loading", asyncio.to_thread(matcher.merge))
    gc.collect()
    gc.freeze()
    spent: dict[str, list[tuple[float, float]]] = {"add": [], "the next match": [], "remove": []}
    await ticking("adding, matching, removing", changing(matcher, list(watchlists(options.changes, 9)), found, spent))
    await ticking("tidying in a thread", asyncio.to_thread(matcher.tidy))
    for name, both in spent.items():
        for kind, times in zip(("clock", "CPU"), zip(*both, strict=True), strict=True):
            figures = f"median {statistics.median(times):6.3f} ms   99 % {quantile(times):6.3f} ms   worst {max(times):6.3f} ms"
            print(f"  {name:<16} {kind:<5} {figures}")


async def loading(matcher: Matcher, pages: Sequence[dict[str, language.Query]]) -> None:
    for page in pages:
        gc.freeze()  # as `schedules.compiled` does
        await asyncio.to_thread(matcher.add_all, page)


async def changing(matcher: Matcher, wanted: Sequence[Wanted], found: Sequence[Item], spent: dict[str, list[tuple[float, float]]]) -> None:
    for number, one in enumerate(wanted):
        query = one.query()
        for name, work in (
            ("add", lambda: matcher.add(f"new {number}", query)),  # noqa: B023 - called at once
            ("the next match", lambda: matcher.match(found[number % len(found)])),  # noqa: B023
        ):
            spent[name].append(milliseconds(work))
        await asyncio.sleep(0)
        if number % 2:
            spent["remove"].append(milliseconds(lambda: matcher.remove(f"new {number}")))  # noqa: B023
        if not matcher.is_tidy:
            await asyncio.to_thread(matcher.tidy)


def milliseconds(work: Callable[[], object]) -> tuple[float, float]:
    """By the clock, which other programs stretch, and of this thread's CPU."""
    before = time.perf_counter(), time.thread_time()
    work()
    return (time.perf_counter() - before[0]) * 1e3, (time.thread_time() - before[1]) * 1e3


def quantile(times: Sequence[float]) -> float:
    return sorted(times)[int(len(times) * 0.99)]


async def ticking(name: str, work: Any) -> None:
    late: list[float] = []
    doing = asyncio.ensure_future(work)
    while not doing.done():
        before = time.perf_counter()
        await asyncio.sleep(0.001)
        late.append((time.perf_counter() - before) * 1e3 - 1)
    await doing
    print(f"  {name:<45} {statistics.median(late):6.2f} {quantile(late):7.2f} {max(late):7.2f} ms")


def main() -> None:
    """Measures, and compares what is found with `holds`."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--watchlists", type=int, default=10_000)
    options.add_argument("--items", type=int, default=100)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--changes", type=int, default=500)
    options.add_argument("--no-postgres", dest="postgres", action="store_false")
    chosen = options.parse_args()
    mixed(chosen)
    strange(chosen)
    asyncio.run(changes(chosen))


if __name__ == "__main__":
    main()
