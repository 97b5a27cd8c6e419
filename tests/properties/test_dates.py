"""Whatever the day: printed in any form of any language it is read back, its words are its own, and without a cue it is no deadline."""

from collections.abc import Callable
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from bot.items import deadlines
from bot.items.printed import Writer, days
from bot.watch.folding import fold
from tests.builders import item

DAYS = st.dates(date(1990, 1, 1), date(2055, 12, 31))
_ENGLISH = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"]
_GERMAN = ["Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"]
_FRENCH = ["janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"]
_SPANISH = ["enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"]


def _wide(text: str) -> str:
    return text.translate({ord(str(digit)): chr(0xFF10 + digit) for digit in range(10)})


def _han(number: int) -> str:
    tens, ones = divmod(number, 10)
    signs = "〇一二三四五六七八九"
    return signs[number] if number < 10 else ("" if tens == 1 else signs[tens]) + "十" + (signs[ones] if ones else "")


def _era(day: date) -> str:
    name, first = ("令和", 2018) if day >= date(2019, 5, 1) else ("平成", 1988)
    return f"{name}{'元' if day.year - first == 1 else day.year - first}年{day.month}月{day.day}日"


Form = tuple[str, Callable[[date], str]]
FORMS: dict[str, Form] = {
    "iso": ("", lambda d: d.isoformat()),
    "month first": ("en", lambda d: f"{_ENGLISH[d.month - 1]} {d.day}, {d.year}"),
    "short month": ("en", lambda d: f"{_ENGLISH[d.month - 1][:3]}. {d.day}, {d.year}"),
    "day first": ("en", lambda d: f"{d.day} {_ENGLISH[d.month - 1]} {d.year}"),
    "ordinal": ("en", lambda d: f"the {d.day}th of {_ENGLISH[d.month - 1]} {d.year}"),
    "german": ("de", lambda d: f"{d.day}. {_GERMAN[d.month - 1]} {d.year}"),
    "german digits": ("de", lambda d: f"{d.day:02}.{d.month:02}.{d.year}"),
    "french": ("fr", lambda d: f"{'1er' if d.day == 1 else d.day} {_FRENCH[d.month - 1]} {d.year}"),
    "spanish": ("es", lambda d: f"{d.day} de {_SPANISH[d.month - 1]} de {d.year}"),
    "portuguese digits": ("pt", lambda d: f"{d.day:02}/{d.month:02}/{d.year}"),
    "korean": ("ko", lambda d: f"{d.year}년 {d.month}월 {d.day}일"),
    "korean points": ("ko", lambda d: f"{d.year}. {d.month}. {d.day}."),
    "korean points, close": ("ko", lambda d: f"{d.year}.{d.month:02}.{d.day:02}"),
    "chinese": ("zh", lambda d: f"{d.year}年{d.month}月{d.day}日"),
    "chinese numerals": (
        "zh",
        lambda d: f"{''.join('〇一二三四五六七八九'[int(one)] for one in str(d.year))}年{_han(d.month)}月{_han(d.day)}日",
    ),
    "minguo": ("zh-Hant", lambda d: f"民國{d.year - 1911}年{d.month}月{d.day}日"),
    "minguo numerals": (
        "zh-Hant",
        lambda d: f"中華民國{_han(d.year - 1911) if d.year < 2011 else d.year - 1911}年{_han(d.month)}月{_han(d.day)}日",
    ),
    "era": ("ja", _era),
    "era, wide": ("ja", lambda d: _wide(_era(d))),
    "wide": ("ja", lambda d: _wide(f"{d.year}年{d.month}月{d.day}日")),
}
CUES = {
    "": "Comments are due by {}",
    "en": "Comments are due by {}",
    "de": "Stellungnahmen bis zum {}",
    "fr": "Observations jusqu'au {}",
    "es": "Alegaciones hasta el {}",
    "pt": "Contribuições até {}",
    "ko": "의견을 {}까지 제출",
    "zh": "意见反馈截止日期：{}",
    "zh-Hant": "請於{}前陳述意見",
    "ja": "意見募集の締切日は{}",
}


@given(DAYS, st.sampled_from(sorted(FORMS)), st.text(alphabet=" 가나ab，。（", max_size=12))
def test_a_printed_date_is_read_back_in_every_form(day: date, form: str, around: str) -> None:
    language, written = FORMS[form]
    (read,) = days(fold(f"{around} {written(day)} {around}").text, Writer(language))
    assert read.day == day


@given(DAYS, st.sampled_from(sorted(FORMS)))
def test_with_a_cue_it_is_a_deadline_whose_words_stand_in_the_text(day: date, form: str) -> None:
    language, written = FORMS[form]
    one = item(title="", text=CUES[language].format(written(day)), language=language)
    (found,) = deadlines.deadlines(one, draft=False)
    assert (found.kind, found.day) == ("comments_due", day)
    assert one.text[found.start : found.end] == found.text
    assert written(day).removeprefix("the ").rstrip(".") in found.text


@given(st.lists(st.tuples(DAYS, st.sampled_from(sorted(FORMS))), max_size=4), st.text(max_size=40))
def test_without_a_cue_no_date_is_a_deadline(printed: list[tuple[date, str]], noise: str) -> None:
    text = f"{' / '.join(FORMS[form][1](day) for day, form in printed)} {noise}"
    assert deadlines.deadlines(item(title="", text=text, language=""), draft=False) == ()


@given(DAYS, DAYS, st.sampled_from(sorted(FORMS)))
def test_a_range_is_read_as_one(one: date, other: date, form: str) -> None:
    language, written = FORMS[form]
    first, last = sorted((one, other))
    (read,) = days(fold(f"{written(first)} ~ {written(last)}").text, Writer(language))
    assert (read.first, read.day) == (first, last)


@given(st.text(alphabet=st.sampled_from("0123456789.-/년월일年月日까지시행부터 FDA号호第제令和民國〇一十~()'May,"), max_size=60))
def test_no_heap_of_signs_makes_it_stumble(text: str) -> None:
    one = item(title=text, summary=text, text=text, language="ko", published=None)
    for found in deadlines.deadlines(one, draft=False):
        assert getattr(one, found.field or "text")[found.start : found.end] == found.text
