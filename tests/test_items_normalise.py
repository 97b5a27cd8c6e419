"""Entries become items with one identity, clean values and a fingerprint that ignores noise."""

import unicodedata
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.items.normalise import canonical, fingerprint, identity, item, items
from bot.model import Authority, Entry, Item, Source

MFDS = Source(
    id="kr-mfds-press",
    name="MFDS press releases",
    authority=Authority(id="mfds", name="Ministry of Food and Drug Safety", short="MFDS", jurisdiction="KR"),
    jurisdiction="KR",
    regions=("asia",),
    language="ko",
    tier="official",
    kind="feed",
    url="https://www.mfds.go.kr/www/rss/brd.do?brdId=ntc0021",
    interval=timedelta(minutes=15),
    doc_type="press_release",
)


def titled(title: str) -> Item:
    return item(MFDS, Entry(key="1", title=title))


def test_an_item_carries_what_the_catalogue_knows_of_its_source() -> None:
    made = item(MFDS, Entry(key="50158", title="분산형 임상시험 안내", url="https://www.mfds.go.kr/brd/m_99/view.do?seq=50158"))
    assert (made.country, made.agency, made.language, made.tier, made.doc_type) == ("KR", "MFDS", "ko", "official", "press_release")


def test_the_same_key_of_two_sources_makes_two_items() -> None:
    other = MFDS.model_copy(update={"id": "kr-mfds-data0009"})
    entry = Entry(key="50158", title="x")
    assert item(MFDS, entry).id != item(other, entry).id


def test_without_a_key_the_link_identifies_and_without_a_link_title_and_day_do() -> None:
    day = datetime(2026, 7, 3, 10, 53, tzinfo=UTC)
    assert identity(Entry(title="a", url="http://www.fda.gov/x#top")) == identity(Entry(title="b", url="https://fda.gov/x/"))
    assert identity(Entry(title="a  b", published=day)) == identity(Entry(title="a b", published=day + timedelta(hours=3)))
    assert identity(Entry(title="a", published=day)) != identity(Entry(title="a", published=day + timedelta(days=1)))


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("https://www.fda.gov/a/?utm_source=rss&id=7#s", "http://fda.gov/a?id=7"),
        ("HTTPS://WWW.EMA.EUROPA.EU/en/x", "https://www.ema.europa.eu/en/x"),
        ("https://x.test:443/a", "https://x.test/a"),
        ("https://x.test/a/view.do;jsessionid=4F2.node1?seq=7", "https://x.test/a/view.do?seq=7"),
        ("https://x.test/a;JSESSIONID=4F2/b", "https://x.test/a/b"),
        ("https://x.test/a?PHPSESSID=4f2&seq=7&_ga=1.2", "https://x.test/a?seq=7"),
    ],
)
def test_links_that_lead_to_one_place_are_one(written: str, same: str) -> None:
    assert canonical(written) == canonical(same)


def test_links_that_differ_in_a_meaningful_word_are_two() -> None:
    assert canonical("https://x.test/view.do?seq=1") != canonical("https://x.test/view.do?seq=2")
    assert canonical("https://x.test:8443/a") != canonical("https://x.test/a")


def test_a_key_twice_in_one_poll_is_one_item_and_the_later_dated_stays() -> None:
    early, late = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
    made = items(
        MFDS, [Entry(key="1", title="old", published=early), Entry(key="1", title="new", published=late), Entry(key="2", title="b")]
    )
    assert [one.title for one in made] == ["new", "b"]


def test_of_undated_doubles_the_first_stays() -> None:
    assert [one.title for one in items(MFDS, [Entry(key="1", title="first"), Entry(key="1", title="second")])] == ["first"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Guidance  on\u3000trials", "Guidance on trials"),
        ("ＧＭＰ 안내", "GMP 안내"),
        ("공지 조회수 1,204", "공지 조회수: 1,311"),
        ("通告 浏览次数：12", "通告 浏览次数：999"),
        ("Notice Views: 10", "Notice Views: 11"),
    ],
)
def test_white_space_letter_forms_and_view_counters_are_no_change(before: str, after: str) -> None:
    assert fingerprint(item(MFDS, Entry(key="1", title=before))) == fingerprint(item(MFDS, Entry(key="1", title=after)))


@given(st.text(st.sampled_from("a （）　：，１９ＡｶﾞﾊﾟＧ가각e\u0301\u3099①㈱ﬁ試験통지")))
def test_the_letter_forms_of_a_text_never_count(text: str) -> None:
    assert fingerprint(titled(text)) == fingerprint(titled(unicodedata.normalize("NFKC", text)))


@pytest.mark.parametrize(
    ("address", "same"),
    [
        ("https://www.Example.org/a/?utm_source=x&b=1#top", "example.org/a?b=1"),
        ("http://example.org:80/a", "example.org/a"),
        ("https://user:word@Example.org:8443/a/", "example.org:8443/a"),
        ("https://example.org/?q=", "example.org?q="),
        ("https://example.org?utm_source=x", "example.org"),
    ],
)
def test_a_link_is_the_same_however_it_is_written(address: str, same: str) -> None:
    assert canonical(address) == same


def test_what_the_catalogue_calls_noise_is_no_change_and_nothing_else_is() -> None:
    noise = [r"Last updated: [^\n]*", r"\[\d+ KB\]"]

    def seen(text: str) -> str:
        return fingerprint(item(MFDS, Entry(key="1", title="Guide", fields={"text": text})), noise)

    assert seen("Annex 1 [112 KB]\nLast updated: 1 July") == seen("Annex 1 [98 KB]\nLast updated: 3 July")
    assert seen("Annex 1\nLast updated: 1 July") != seen("Annex 2\nLast updated: 1 July")


@pytest.mark.parametrize(
    "change",
    [
        {"title": "b"},
        {"summary": "b"},
        {"fields": {"text": "b"}},
        {"fields": {"status": "withdrawn"}},
        {"fields": {"comments_due": "2026-12-01"}},
    ],
)
def test_title_summary_text_status_and_dates_are_material(change: dict[str, object]) -> None:
    before = Entry(key="1", title="a")
    assert fingerprint(item(MFDS, before)) != fingerprint(item(MFDS, before.model_copy(update=change)))


def test_a_moved_publication_date_alone_is_no_change() -> None:
    before = Entry(key="1", title="a", published=datetime(2026, 1, 1, tzinfo=UTC))
    assert fingerprint(item(MFDS, before)) == fingerprint(item(MFDS, before.model_copy(update={"published": None})))


def test_deadlines_come_from_the_fields_the_source_names() -> None:
    made = item(MFDS, Entry(key="1", title="a", fields={"comments_due": "2027-01-14", "effective": "soon", "expires": "2026-02-31"}))
    assert [(one.kind, one.day) for one in made.deadlines] == [("comments_due", date(2027, 1, 14))]


def test_a_summary_that_repeats_the_title_is_left_out() -> None:
    assert item(MFDS, Entry(key="1", title="a", summary="a")).summary == ""


@pytest.mark.parametrize(
    ("title", "status"),
    [
        ("[Withdrawn] Class 2 recall", ""),
        ("WITHDRAWN: Guidance on trials", ""),
        ("Guidance on trials (withdrawn)", ""),
        ("Rescinded - Import alert 66-40", ""),
        ("[폐지] 의약품 심사 지침", ""),
        ("의약품 심사 지침(폐지)", ""),
        ("【废止】药品注册办法", ""),
        ("药品注册办法（已废止）", ""),
        ("（廃止）治験の手引き", ""),
        ("治験の手引き【撤回】", ""),
        ("Guidance", "Withdrawn"),
        ("지침", "폐지"),
        ("指南", "已废止"),
        ("通知", "廃止"),
    ],
)
def test_what_its_source_marks_as_taken_back_is_withdrawn(title: str, status: str) -> None:
    entry = Entry(title=title, fields={"status": status} if status else {})
    assert item(MFDS, entry).status == "withdrawn"


@pytest.mark.parametrize(
    ("title", "status"),
    [
        ("「의약품 심사 지침」 폐지 고시", ""),
        ("国家药监局关于废止部分文件的公告", ""),
        ("省令の廃止について", ""),
        ("Withdrawn medicines: what patients should know", ""),
        ("FDA withdraws approval of Example", ""),
        ("Drug withdrawn from the market", ""),
        ("철회된 허가 신청 목록", ""),
        ("Guidance", "final"),
        ("Guidance", "withdrawn application"),
    ],
)
def test_a_publication_about_a_withdrawal_is_not_itself_withdrawn(title: str, status: str) -> None:
    entry = Entry(title=title, fields={"status": status} if status else {})
    assert item(MFDS, entry).status == (status or None)
