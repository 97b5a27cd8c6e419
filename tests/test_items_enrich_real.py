"""The dates of sentences that authorities, associations and the press wrote, and what a heading, a title or the clause adds to one."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.items import deadlines
from bot.model import Item
from tests.builders import item

JUDGED = Path(__file__).parent / "judged"


def written(text: str, language: str, country: str = "", published: str = "", title: str = "") -> Item:
    day = datetime.fromisoformat(published).replace(tzinfo=UTC) if published else None
    return item(title=title, text=text, language=language, country=country, published=day)


def dates(one: Item, *, draft: bool = False) -> list[tuple[str, str]]:
    return sorted((each.kind, each.day.isoformat()) for each in deadlines.deadlines(one, draft=draft))


def unlike(judged: dict[str, Any]) -> str:
    """What is told otherwise than a reader did; of a sentence that is known to be missed, only what nobody set."""
    one = written(judged["text"], judged["lang"], judged.get("country", ""), judged.get("published", ""))
    told, expected = dates(one, draft=judged.get("draft", False)), sorted(map(tuple, judged["expected"]))
    right = set(told) <= set(expected) if judged.get("missed") else told == expected
    return "" if right else f"{judged['text'][:60]!r}: {told}, not {expected}"


@pytest.mark.parametrize("name", ["real.jsonl", "real_asia.jsonl", "standard.jsonl", "standard_asia.jsonl"])
def test_sentences_of_authorities_give_the_dates_a_reader_would_put_into_a_calendar_and_no_other(name: str) -> None:
    judged = [json.loads(line) for line in (JUDGED / name).read_text(encoding="utf-8").splitlines()]
    assert [told for told in map(unlike, judged) if told] == []
    assert sum("missed" in one for one in judged) / len(judged) < 0.05


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("의견을 수렴하고자 하오니 회신하여 주시기 바랍니다.\n- 다 음 -\n나. 회신기한 : 2026. 9. 24.(목) 까지", "ko", "comments_due"),
        ("신청서를 받습니다.\n- 다 음 -\n나. 제출기한 : 2026. 9. 24.(목)", "ko", "expires"),
        ("御意見を募集します。\n\n締め切り:2026年9月24日(必着)", "ja", "comments_due"),
        ("受講者を募集します。\n\n申込締切:2026年9月24日", "ja", "expires"),
        ("我局决定召开宣贯会。\n\n一、会议时间\n\n2026年9月24日下午14:00", "zh", "event"),
        ("向社会公开征求意见。\n\n截止时间:2026年9月24日", "zh", "comments_due"),
    ],
)
def test_what_a_line_of_its_own_dates_is_told_by_the_sentences_before(text: str, language: str, expected: str) -> None:
    assert dates(written(text, language, published="2026-09-01")) == [(expected, "2026-09-24")]


def test_what_a_line_of_its_own_dates_is_told_by_the_title() -> None:
    line = "締め切り:2026年9月24日"
    assert dates(written(line, "ja", title="省令案に関する御意見の募集について")) == [("comments_due", "2026-09-24")]
    assert dates(written(line, "ja", title="職員の配置について")) == []


def test_a_day_under_a_heading_is_no_meeting_in_the_minutes() -> None:
    text = "\n\n日時\n\n令和8年9月24日(木)13:00~"
    assert dates(written(f"薬事審議会の開催について{text}", "ja")) == [("event", "2026-09-24")]
    assert dates(written(f"薬事審議会 議事録{text}", "ja")) == []


def test_a_title_that_ends_in_a_word_of_a_cue_does_not_make_the_day_under_it_a_deadline() -> None:
    assert dates(written("의약품 등의 안전에 관한 규칙 시행\n\n2026. 9. 24.\n\n식품의약품안전처장", "ko")) == []


def test_what_a_law_counts_from_its_promulgation_is_counted_from_the_one_it_is_headed_by() -> None:
    text = "附 則 (平成24年6月29日)\nこの省令は、公布の日から施行する。\n附 則 (平成25年7月1日)\nこの省令は、公布の日から施行する。"
    assert dates(written(text, "ja", published="2026-01-15")) == [("effective", "2012-06-29"), ("effective", "2013-07-01")]


def test_a_promulgation_that_a_notice_only_cites_is_not_what_it_counts_from() -> None:
    text = "依据2019年8月26日第31号令公布的办法，制定本公告。本公告自发布之日起施行。"
    assert dates(written(text, "zh", "CN", "2026-01-15")) == [("effective", "2026-01-15")]


def test_a_last_such_day_lies_before_the_publication_however_long() -> None:
    text = "지난 8월 17일 법 개정에 따라 개정안을 예고하고 12월 28일까지 의견을 받는다."
    assert dates(written(text, "ko", "KR", "2026-11-18")) == [("comments_due", date(2026, 12, 28).isoformat())]


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("보고 기한은 이달 31일까지다.", "ko", ("expires", "2026-12-31")),
        ("설명회는 내달 3일 오송에서 개최될 예정이다.", "ko", ("event", "2027-01-03")),
        ("개정안을 예고하고 오는 8일까지 의견을 받는다.", "ko", ("comments_due", "2027-01-08")),
        ("开会时间:本月20日,说明会在北京召开。", "zh", ("event", "2026-12-20")),
        ("説明会は来月20日に開催する。", "ja", ("event", "2027-01-20")),
    ],
)
def test_a_month_is_told_from_the_publication_where_the_words_say_which(text: str, language: str, expected: tuple[str, str]) -> None:
    (one,) = deadlines.deadlines(written(text, language, published="2026-12-10"), draft=False)
    assert (one.kind, one.day.isoformat(), one.certainty) == (*expected, "inferred")
    assert dates(written(text, language)) == []


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("설명회는 9월 23~24일 오송에서 개최된다.", "ko"),
        ("培训班定于9月23-24日在北京举办。", "zh"),
        ("研修会を9月23-24日に開催する。", "ja"),
    ],
)
def test_a_period_is_read_that_says_its_month_and_the_word_for_day_once(text: str, language: str) -> None:
    assert dates(written(text, language, published="2026-09-01")) == [("event", "2026-09-23")]


def test_a_cell_of_a_table_is_about_what_the_cell_before_it_says() -> None:
    row = "受付開始日時 | 2026年4月23日0時0分 |\n---|---|\n受付締切日時 | 2026年5月23日23時59分 |"
    assert dates(written(row, "ja", "JP", "2026-04-23", title="省令案に関する御意見の募集について")) == [("comments_due", "2026-05-23")]


def test_what_was_to_begin_and_did_not_is_no_deadline() -> None:
    text = "2025년 12월 3일부터 시행하려던 표시제가 유예 끝에 오는 7월부터 시행에 들어간다."
    assert dates(written(text, "ko", published="2026-06-24")) == []


def test_a_year_is_read_that_says_both_of_its_names() -> None:
    for year in ("令和9年(2027年)", "2027年(令和9年)"):
        assert dates(written(f"この省令は{year}4月1日から施行する。", "ja")) == [("effective", "2027-04-01")]


def test_dates_joined_by_and_share_the_words_after_the_last_of_them() -> None:
    sentence = "Die Pflichten für Hersteller, die ab dem 1. März 2027 (Klasse III) und ab dem 1. Juni 2028 (Klasse I) gelten, sind lang."
    assert dates(written(sentence, "de")) == [("applies_from", "2027-03-01"), ("applies_from", "2028-06-01")]


def test_the_next_clause_says_nothing_about_a_date() -> None:
    assert dates(written("Der Entwurf liegt bis zum 1. März 2027 aus, und die alten Regeln bleiben.", "de")) == []


def test_a_day_that_only_parts_old_submissions_from_new_ones_is_none() -> None:
    assert dates(written("Dossiers submitted before 1 May 2027 will be evaluated under the old rules.", "en")) == []


@pytest.mark.parametrize(("published", "expected"), [("2026-03-24", [("effective", "2026-03-23")]), ("", [])])
def test_a_brazilian_paper_prints_a_day_in_brackets_without_a_year(published: str, expected: list[tuple[str, str]]) -> None:
    assert dates(written("A norma entra em vigor na segunda-feira (23/3).", "pt", "BR", published)) == expected


def test_a_year_of_the_common_era_is_not_one_of_the_era_before_it() -> None:
    assert dates(written("令和7年度の検討を踏まえ、改正省令は2027年4月1日から施行する。", "ja")) == [("effective", "2027-04-01")]
    assert dates(written("令和7年11月20日に公布し、9年4月1日から施行する。", "ja")) == [("effective", "2027-04-01")]


def test_a_day_after_a_label_is_what_the_label_says_and_the_line_before_it_is_not() -> None:
    text = "Veröffentlichung: 12. Juli 2027\nInkrafttreten (gestaffelt): 1. August 2027"
    assert dates(written(text, "de")) == [("effective", "2027-08-01")]


def test_what_leads_a_list_in_is_said_of_each_day_in_it() -> None:
    text = "The transition periods will be extended:\n • to 31 December 2027 for class III;\n • and to 31 December 2028 for class I."
    assert dates(written(text, "en")) == [("expires", "2027-12-31"), ("expires", "2028-12-31")]


@pytest.mark.parametrize(
    ("about", "expected"),
    [("We invite comments on the draft.", "comments_due"), ("Applications for the grants are open.", "expires")],
)
@pytest.mark.parametrize("line", ["Deadline: 12 February 2027", "Deadline\n\n12 February 2027", "Deadline | 12 February 2027"])
def test_a_label_in_latin_letters_dates_what_the_words_before_it_name(line: str, about: str, expected: str) -> None:
    assert dates(written(f"{about}\n\n{line}", "en", "GB", "2026-12-01")) == [(expected, "2027-02-12")]


def test_a_day_under_a_label_and_a_blank_line_is_what_the_label_says() -> None:
    assert dates(written("Revidierte Verordnung\n\nInkrafttreten\n\n1. März 2027", "de")) == [("effective", "2027-03-01")]


def test_what_ends_is_told_by_the_sentence_before() -> None:
    assert dates(written("The consultation on fees is open. It ends on 12 February 2027.", "en")) == [("comments_due", "2027-02-12")]
    assert dates(written("The study enrolled 200 patients. It ends on 12 February 2027.", "en")) == []


def test_a_day_under_the_title_of_a_notice_is_not_one_it_comes_into_force_on() -> None:
    assert dates(written("New fees come into force\n3 December 2026", "en", "GB", "2026-12-01")) == []


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("La orden entrará en vigor a los quince días hábiles de su publicación.", "es"),
        ("A norma entra em vigor 10 dias úteis após a sua publicação.", "pt"),
    ],
)
def test_working_days_are_not_counted_in_spanish_and_portuguese(text: str, language: str) -> None:
    assert dates(written(text, language, published="2026-12-01")) == []


def test_a_number_of_days_counts_from_the_publication_only_in_a_sentence_that_may_say_so() -> None:
    general = "Generally, a final rule is effective 30 days after publication in the Federal Register."
    assert dates(written(general, "en", "US", "2026-02-01")) == []
    law = "A Lei nº 13.848 estabelece o prazo de quarenta e cinco dias."
    assert dates(written(law, "pt", "BR", "2026-02-01")) == []
    call = "Fica aberto o prazo de quarenta e cinco dias para contribuições."
    assert dates(written(call, "pt", "BR", "2026-02-01")) == [("comments_due", "2026-03-18")]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("征求意见时限为自发布之日起30个工作日。", "zh"),
        ("공고일로부터 20영업일 이내에 의견을 제출하여 주시기 바랍니다.", "ko"),
        ("公示の日から10営業日以内に意見を提出してください。", "ja"),
    ],
)
def test_working_days_are_not_counted(text: str, language: str) -> None:
    assert dates(written(text, language, published="2026-06-30")) == []


@pytest.mark.parametrize(
    ("text", "language"),
    [("개정안을 10월 18일부터 30일간 예고하고 의견을 받는다.", "ko"), ("意見募集を10月18日から30日間実施する。", "ja")],
)
def test_a_number_of_days_is_not_the_day_on_which_a_period_ends(text: str, language: str) -> None:
    assert dates(written(text, language, published="2026-10-01")) == []
