"""What documents are and which dates matter, told by their words: judged sentences and titles, and the rules one by one."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path
from time import process_time
from typing import Any

import pytest

from bot.items import deadlines, normalise
from bot.items.enrich import enrich, found
from bot.model import Deadline, Entry, Item
from tests.builders import item

JUDGED = Path(__file__).parent / "judged"
SHARED = Path(__file__).parent.parent.parent / "shared"
SENTENCES: list[dict[str, Any]] = [
    json.loads(line)
    for name in ("deadlines.jsonl", "unseen.jsonl", "unseen_asia.jsonl")
    for line in (JUDGED / name).read_text(encoding="utf-8").splitlines()
]


def written(text: str, language: str = "en", country: str = "", published: str = "", **more: Any) -> Item:
    day = datetime.fromisoformat(published).replace(tzinfo=UTC) if published else None
    return item(**({"title": "", "text": text, "language": language, "country": country, "published": day} | more))


def dates(one: Item, *, draft: bool = False) -> list[tuple[str, str]]:
    return [(each.kind, each.day.isoformat()) for each in deadlines.deadlines(one, draft=draft)]


@pytest.mark.parametrize("judged", SENTENCES, ids=lambda one: one["text"][:40])
def test_a_sentence_gives_the_dates_a_reader_would_put_into_a_calendar_and_no_other(judged: dict[str, Any]) -> None:
    one = written(judged["text"], judged["lang"], judged.get("country", ""), judged.get("published", ""))
    assert sorted(dates(one)) == sorted(map(tuple, judged["expected"]))


@pytest.mark.parametrize("judged", [one for one in SENTENCES if "certainty" in one], ids=lambda one: one["text"][:40])
def test_a_day_that_no_text_prints_is_marked_as_counted_or_told(judged: dict[str, Any]) -> None:
    one = written(judged["text"], judged["lang"], judged.get("country", ""), judged["published"])
    assert {each.certainty for each in deadlines.deadlines(one, draft=False)} == {judged["certainty"]}


@pytest.mark.parametrize("judged", SENTENCES, ids=lambda one: one["text"][:40])
def test_a_sentence_says_the_same_far_inside_a_long_text(judged: dict[str, Any]) -> None:
    around = "Nothing is set here 第 여기 " * 30
    long = f"{around}\n\n{judged['text']}\n\n{around}"
    one = written(long, judged["lang"], judged.get("country", ""), judged.get("published", ""))
    assert sorted(dates(one)) == sorted(map(tuple, judged["expected"]))


def test_what_is_counted_from_a_publication_is_read_where_no_digit_stands() -> None:
    assert dates(written("Sie tritt am Tag nach ihrer Veröffentlichung in Kraft.", "de", published="2026-01-15")) == [
        ("effective", "2026-01-16")
    ]
    assert dates(written("There is a sixty-day comment period.", published="2026-01-15")) == [("comments_due", "2026-03-16")]
    assert dates(written("本办法自同日起施行。", "zh", published="2026-01-15")) == [("effective", "2026-01-15")]


@pytest.mark.parametrize(
    ("text", "language", "day"),
    [
        ("This rule takes effect two months after publication.", "en", "2026-03-15"),
        ("It enters into force twenty-one days after its publication.", "en", "2026-02-05"),
        ("Diese Verordnung tritt vierzehn Tage nach der Verkündung in Kraft.", "de", "2026-01-29"),
        ("Die Verordnung tritt einen Monat nach ihrer Veröffentlichung in Kraft.", "de", "2026-02-15"),
        ("Le présent arrêté entre en vigueur dix jours après sa publication.", "fr", "2026-01-25"),
        ("La presente orden entrará en vigor dos meses después de su publicación.", "es", "2026-03-15"),
        ("Esta resolução entra em vigor cinco dias após a publicação.", "pt", "2026-01-20"),
    ],
)
def test_a_number_in_words_is_counted_as_one_in_digits(text: str, language: str, day: str) -> None:
    assert dates(written(text, language, published="2026-01-15")) == [("effective", day)]


def test_the_words_of_a_date_are_words_of_the_item() -> None:
    for judged in SENTENCES:
        one = written(judged["text"], judged["lang"], judged.get("country", ""), judged.get("published", ""))
        for each in deadlines.deadlines(one, draft=False):
            assert one.text[each.start : each.end] == each.text != ""


def test_what_the_source_names_leads_over_what_its_words_say() -> None:
    named = (Deadline(kind="comments_due", day=date(2027, 1, 5)),)
    one = written("Comments are due by 4 January 2027. This rule is effective 1 March 2027.", deadlines=named)
    assert dates(one) == [("comments_due", "2027-01-05"), ("effective", "2027-03-01")]


def test_a_period_keeps_its_first_day_and_a_year_said_once_counts_for_both_ends() -> None:
    (one,) = deadlines.deadlines(written("This consultation is open from 17 December until 14 March 2022."), draft=False)
    assert (one.first, one.day) == (date(2021, 12, 17), date(2022, 3, 14))


def test_a_deadline_put_off_from_one_day_to_another_did_not_open_on_the_first() -> None:
    moved = deadlines.deadlines(written("The comment period is extended from December 1, 2026, to January 31, 2027."), draft=False)
    assert [(one.kind, one.first, one.day) for one in moved] == [("comments_due", None, date(2027, 1, 31))]


def test_what_opens_on_one_date_and_closes_on_the_next_is_one_period() -> None:
    (one,) = deadlines.deadlines(written("申报工作7月4日启动，7月16日截止", "zh", published="2026-07-03"), draft=False)
    assert (one.kind, one.first, one.day, one.certainty) == ("expires", date(2026, 7, 4), date(2026, 7, 16), "inferred")


def test_a_day_without_a_year_needs_the_day_of_publication() -> None:
    sentence = "의견서는 오는 1월 6일까지 제출하여 주시기 바랍니다."
    assert dates(written(sentence, "ko")) == []
    assert dates(written(sentence, "ko", published="2026-12-20")) == [("comments_due", "2027-01-06")]


@pytest.mark.parametrize(("published", "day"), [("2026-09-10", "2026-10-10"), ("", "2026-10-10"), ("2026-10-15", "2027-10-10")])
def test_a_day_without_a_year_is_of_the_same_year_as_the_date_before_while_it_is_ahead(published: str, day: str) -> None:
    text = "培训班定于2026年10月20日至22日在北京举办，报名截止时间为10月10日17:00。"
    assert ("expires", day) in dates(written(text, "zh", "CN", published))


def test_the_order_of_day_and_month_is_that_of_who_writes_and_never_guessed() -> None:
    sentence = "Comments close on 03/04/2027."
    read = {country: dates(written(sentence, country=country)) for country in ("US", "GB", "")}
    assert read == {"US": [("comments_due", "2027-03-04")], "GB": [("comments_due", "2027-04-03")], "": []}
    assert dates(written("Comments close on 23/04/2027.")) == [("comments_due", "2027-04-23")]


def test_what_is_counted_from_the_promulgation_is_computed_and_says_so() -> None:
    (one,) = deadlines.deadlines(written("공포 후 6개월이 경과한 날부터 시행한다.", "ko", published="2026-08-31"), draft=False)
    assert (one.day, one.certainty, one.text) == (date(2027, 2, 28), "computed", "공포 후 6개월이 경과한 날부터 시행")


def test_a_draft_that_takes_effect_when_promulgated_has_no_such_day_yet() -> None:
    assert dates(written("이 고시는 고시한 날부터 시행한다.", "ko", published="2026-08-31"), draft=True) == []


def test_an_exception_stands_after_what_it_is_from() -> None:
    told = deadlines.deadlines(
        written("다만, 제5조는 2027년 7월 1일부터 시행한다. 이 고시는 2027년 1월 1일부터 시행한다.", "ko"), draft=False
    )
    assert [(each.day, each.partial) for each in told] == [(date(2027, 1, 1), False), (date(2027, 7, 1), True)]


@pytest.mark.parametrize(
    ("text", "language", "said"),
    [
        ("The meeting will be held on September 23, 2026, from 9 a.m. to 6 p.m. Eastern Time.", "en", time(9)),
        ("의견제출기한 : 2026년 8월 31일(월) 18:00까지", "ko", time(18)),
        ("御意見は令和8年10月15日（木）午後5時までに提出してください。", "ja", time(17)),
        ("请于2026年8月15日17时前将意见反馈至我中心。", "zh", time(17)),
        ("Comments are due by March 2, 2027, 12 a.m.", "en", time(0)),
        ("Comments are due by March 2, 2027.", "en", None),
        ("意见反馈截止时间：2026年8月15日24时", "zh", None),
    ],
)
def test_a_time_is_read_where_one_is_printed(text: str, language: str, said: time | None) -> None:
    (one,) = deadlines.deadlines(written(text, language), draft=False)
    assert one.time == said


def test_a_date_more_than_thirty_years_ahead_is_no_deadline() -> None:
    assert dates(written("Comments are due by 1 March 2206.", published="2026-03-01")) == []


def test_a_day_that_is_in_no_calendar_is_no_date() -> None:
    assert dates(written("Comments are due by 31 February 2027. 의견은 2027년 13월 1일까지 제출")) == []


def test_a_field_of_a_source_may_hold_a_day_as_people_print_it_but_never_half_a_one() -> None:
    def read(value: str) -> list[date]:
        return [one.day for one in normalise.deadlines(Entry(title="t", fields={"comments_due": value}))]

    assert read("2026.01.30~ 2026.02.27") == [date(2026, 2, 27)]
    assert read("20260309") == read("2026-03-09T10:00:00Z") == [date(2026, 3, 9)]
    assert read("진행") == read("9 March") == read("20261399") == read("") == []


# What a document is ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "doc_type", "status"),
    [
        ("「의약품 시험 기준」 일부개정고시(안) 행정예고", "consultation", "draft"),
        ("「의약품 시험 기준」 일부개정고시", "notice", "final"),
        ("시험법 안내서 초안", "guideline", "draft"),
        ("关于公开征求《新药评价指导原则（征求意见稿）》意见的通知", "consultation", "draft"),
        ("新药评价指导原则（征求意见稿）", "guideline", "draft"),
        ("关于发布新药评价指导原则的通告", "guideline", "final"),
        ("試験ガイドライン（案）", "guideline", "draft"),
        ("試験ガイドラインについて", "guideline", "final"),
        ("省令の一部改正案に関する意見募集について", "consultation", "draft"),
        ("Dose Finding; Draft Guidance for Industry; Availability", "guideline", "draft"),
        ("Dose Finding; Guidance for Industry; Availability", "guideline", "final"),
        ("Dose Finding; Guidance for Industry; Correction", "guideline", "corrected"),
        ("Withdrawal of Guidance for Industry on dose finding", "guideline", "withdrawn"),
        ("Firm Recalls Eye Drops", "recall", None),
        ("의료기기 회수 조치", "recall", None),
        ("위염약 라니티딘 전 품목 판매정지", "recall", None),
        ("식약처, 불순물 검출 의약품 잠정 판매금지", "recall", None),
        ("国家药监局关于暂停进口、销售和使用某注射剂的公告", "recall", None),
        ("关于暂停销售某批次产品的通告", "recall", None),
        ("食藥署要求業者暫停販售問題藥品", "recall", None),
        ("不純物検出の胃腸薬、販売停止", "recall", None),
        ("Suspension of sale of ranitidine tablets", "recall", None),
        ("Orphan Drugs Advisory Committee; Notice of Meeting", "meeting", None),
        ("2025 Annual Report of the Center", "report", None),
        ("Bayview Biologics LLC - MARCS-CMS 698812 - March 11, 2026", "enforcement", None),
        ("FDA Roundup: May 8, 2026", "press_release", None),
        ("Listing of Color Additives; Confirmation of Effective Date", "regulation", "final"),
        ("The Human Medicines (Amendment) Regulations 2026", "regulation", "final"),
        ("식약처, 희귀의약품 '엘리바주' 허가", "approval", None),
        ("[설명자료] 일부 언론의 부작용 보도 관련", "press_release", None),
        ("2026년 혁신형 의료기기기업 인증 신청 공고", "application_call", None),
        ("Something else entirely", "", None),
    ],
)
def test_a_title_says_what_a_document_is_and_how_far_it_has_come(title: str, doc_type: str, status: str | None) -> None:
    one = enrich(item(title, tier="official"))
    assert (one.doc_type, one.status) == (doc_type, status)


def test_what_the_press_writes_is_an_article_whatever_it_is_about() -> None:
    one = enrich(item("FDA Issues Draft Guidance on Dose Finding", tier="trade"))
    assert (one.doc_type, one.status) == ("news_article", None)


def test_a_recall_among_press_releases_is_a_recall_and_a_press_release_stays_one() -> None:
    assert enrich(item("[보도참고] 표시 없는 제품 회수 조치", tier="official", doc_type="press_release")).doc_type == "recall"
    assert enrich(item("Agency Thanks Volunteers", tier="official", doc_type="press_release")).doc_type == "press_release"


def test_the_longest_product_words_count() -> None:
    assert enrich(item("동물용의약품 품질 지침")).product_types == ("vet",)
    assert enrich(item("동물용의약품 및 의약품 품질 지침")).product_types == ("vet", "small_molecule")
    assert enrich(item("In vitro diagnostics and medical devices")).product_types == ("ivd", "device")


def test_enriching_twice_is_enriching_once() -> None:
    for judged in SENTENCES:
        once = enrich(written(judged["text"], judged["lang"]))
        assert enrich(once) == once


def test_every_value_found_has_the_words_that_say_so() -> None:
    said = found(written("의견은 2026년 12월 4일까지 제출", "ko", title="의료기기 지침 초안", tier="official", agency=""))
    assert said.why == {
        "doc_type": "지침",
        "status": "초안",
        "country": "the only country whose authorities write this language",
        "product device": "의료기기",
        "date comments_due": "2026년 12월 4일까지",
    }


def test_a_document_comes_from_where_the_only_agency_it_names_is() -> None:
    assert found(item("FDA and EMA agree", country="", agency="")).country.value == ""
    assert found(item("MHRA consults on trials", country="", agency="")).country.value == "GB"


# Real titles and sentences, where they are on this machine -----------------------------------------------------------------


def _hash(title: str) -> str:
    return hashlib.sha256(" ".join(title.split()).encode()).hexdigest()[:16]


def _titles(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        # The table of contents of the Federal Register has a title in two parts.
        yield " ".join(str(value[part]) for part in ("subject_1", "subject_2") if part in value)
        for name, inner in value.items():
            yield from [inner] if name.lower() == "title" and isinstance(inner, str) else _titles(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _titles(inner)


def _titles_in(file: Path) -> Iterator[str]:
    text = file.read_text(encoding="utf-8", errors="replace")
    match file.suffix:
        case ".jsonl":
            yield from _titles([json.loads(line) for line in text.splitlines()])
        case ".json":
            yield from _titles(json.loads(text))
        case ".xml":
            yield from re.findall(r"<title>(?:<!\[CDATA\[)?([^<\]]+)", text)
        case _:
            yield from (Path(line).stem for line in text.splitlines())


def _known_titles() -> dict[str, str]:
    payloads = SHARED / "payloads"
    named = [*payloads.glob("*/*.json"), *payloads.glob("*/*.xml"), *payloads.glob("*titles/*.txt")]
    return {_hash(title): title for file in (SHARED / "gold" / "items.jsonl", *named) for title in _titles_in(file)}


@pytest.mark.skipif(not (SHARED / "gold").exists(), reason="the real titles are not on this machine")
@pytest.mark.parametrize(("labels", "known", "types", "statuses"), [("kinds.tsv", 140, 0.93, 0.93), ("kinds_later.tsv", 60, 0.9, 0.93)])
def test_real_titles_are_told_as_a_reader_told_them_before(labels: str, known: int, types: float, statuses: float) -> None:
    titles = _known_titles()
    rows = [line.split("\t") for line in (JUDGED / labels).read_text(encoding="utf-8").splitlines()[1:]]
    confused: Counter[tuple[str, str]] = Counter()
    status_right = judged = 0
    for digest, tier, of_source, doc_type, status in rows:
        if digest in titles:
            one = enrich(item(" ".join(titles[digest].split()), language="", tier=tier, doc_type=of_source.strip("-")))
            judged += 1
            status_right += (one.status or "-") == status
            confused[doc_type, one.doc_type or "other"] += doc_type != (one.doc_type or "other")
    assert judged >= known
    assert sum(confused.values()) <= (1 - types) * judged, +confused
    assert status_right >= statuses * judged


@pytest.mark.parametrize("filler", ["◎x", "• ", "\n", "  ", "(a) ", "; a", ", and a ", "| ", "日時\n", "Frist: ", "• x: ◎"])
def test_whatever_stands_between_the_dates_of_a_long_text_it_is_read_in_a_moment(filler: str) -> None:
    """A source may be hostile, and nothing else runs meanwhile: a pattern that tries every way to cut a list in two would take for ever."""
    between = (filler * 200)[:200]
    text = "".join(f"{between}: {filler * 30}{day}" for day in ("1 January 2027", "2027년 1월 1일", "2027年1月1日")) * 30
    begun = process_time()
    deadlines.deadlines(written(text, published="2026-11-01"), draft=False)
    assert process_time() - begun < 10


@pytest.mark.skipif(not (SHARED / "vocabulary" / "dates.json").exists(), reason="the example sentences are not on this machine")
def test_example_sentences_give_their_dates_and_no_other() -> None:
    examples = json.loads((SHARED / "vocabulary" / "dates.json").read_text(encoding="utf-8"))["examples"]
    countries = {"ko": "KR", "zh": "CN", "zh-Hant": "TW", "ja": "JP", "pt": "BR"}
    wrong = []
    for one in examples:
        context = one["context"] or ""
        published = (
            context.removeprefix("article date ") if context.startswith("article date") else "2026-07-01" if context == "year 2026" else ""
        )
        told = deadlines.deadlines(written(one["text"], one["lang"], countries.get(one["lang"], ""), published), draft=False)
        days = {each.day.isoformat() for each in told} | {each.first.isoformat() for each in told if each.first}
        if days != {value[:10] for value in one["expected"].values() if value[:4].isdigit()}:
            wrong.append(one["id"])
    # d022 is a period of which no word says what it is for.
    assert wrong == ["d022"]
