"""Dates as texts print them, in Latin, Korean, Chinese and Japanese writing → days; pure.

Only what is printed is read: no day is made up for a month, and where the year is left out it is that of the other end of a range, of a
date just before, or the nearest to a day that is known. `12/11/2026` is read by who writes it (docs/decisions), never by guess.
"""

import calendar
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from bot.watch.folding import fold

# Further ahead than this a date is a slip of the pen, or no date.
MOST_YEARS_AHEAD = 30
_FIRST_YEAR = 1900
# So far back a day without a year may lie; the rest of the year it may lie ahead.
_BACK = timedelta(days=60)
# A day without a year lies so far before another date at most, where nothing else is known.
_SHORTLY = timedelta(days=31)


class Printed(NamedTuple):
    """A day and where it stands in the folded text; `first` is the first day of a range. `whole` says that the year is printed."""

    start: int
    end: int
    day: date
    first: date | None = None
    whole: bool = True


class Writer(NamedTuple):
    """What is known of who writes: language (`zh-Hant`), country, and the day of publication."""

    language: str = ""
    country: str = ""
    published: date | None = None


class _Parts(NamedTuple):
    """What stands there: `year` is 0 where none is printed, `moved` says by how many years a word such as 내년 moves it."""

    start: int
    end: int
    year: int
    month: int
    day: int
    last: int = 0
    moved: int | None = None


_ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925, "大正": 1911, "r": 2018, "h": 1988, "s": 1925, "民国": 1911, "中华民国": 1911}
_MONTHS = (
    "january janvier januar janner januari enero janeiro jan janv ene gennaio",
    "february fevrier februar febrero fevereiro feb fev fevr febbraio februari",
    "march mars marz marzo marco maart mar",
    "april avril abril apr avr abr aprile",
    "may mai mayo maio maggio mei",
    "june juin juni junio junho jun giugno giu",
    "july juillet juli julio julho jul luglio lug juil",
    "august augustus aout agosto aug ago",
    "september septembre septiembre setembro sept sep set settembre",
    "october octobre oktober octubre outubro oct okt out ottobre",
    "november novembre noviembre novembro nov",
    "december decembre dezember diciembre dezembro dec dez dic dicembre",
)
_MONTH_OF = {name: number for number, names in enumerate(_MONTHS, start=1) for name in names.split()}
_MONTH = "|".join(sorted(_MONTH_OF, key=len, reverse=True))
_DIGITS = "〇一二三四五六七八九"
_HAN = "[〇零一二三四五六七八九十百元]"
_MOVED = {
    "내년": 1,
    "明年": 1,
    "来年": 1,
    "翌年": 1,
    "올해": 0,
    "금년": 0,
    "今年": 0,
    "本年": 0,
    "지난해": -1,
    "작년": -1,
    "昨年": -1,
    "去年": -1,
}
_SHORT_YEAR_FIRST = 2000
# Stands for the last such day before the publication, which 지난 means.
_PASSED = -99
# Stands for the last day of a month (末日, 말일), whichever that is.
_LAST = 99


def pattern(written: str) -> re.Pattern[str]:
    """The pattern, made to find folded text: what of it is beyond ASCII is folded, and a blank that may stand there may be a wide one."""
    return re.compile(re.sub(r"[^\x00-\x7f]+", lambda found: fold(found[0]).text, written.replace(r"\s?", r"(?:[^\S\n]{2,4}|\s)?")))


_EAST = pattern(
    rf"(?:(令和|平成|昭和|大正|中华民国|民国|(?<![a-z])[rhs](?=\s?\d))?\s?(?<!\d)'?(\d{{1,4}}|{_HAN}{{1,5}})\s{{0,2}}(?:\(\d{{2,4}}\)\s?)?年\s{{0,2}}"
    rf"(?:\(\s?[^\d()]{{0,4}}\s?[\d〇一二三四五六七八九十元]{{1,4}}\s?年?\s?\)\s?)?"
    rf"|({'|'.join(one for one in _MOVED if one[0] not in '내올금지작')})?(?:\s|的)?)(?<![\d〇零一二三四五六七八九十百])"
    rf"(\d{{1,2}}|{_HAN}{{1,3}})\s{{0,2}}月\s{{0,2}}(\d{{1,2}}|{_HAN}{{1,3}}|末)\s{{0,2}}(?:[日号]|(?=[~〜∼-]\s?\d{{1,2}}\s?[日号]))"
)
_KOREAN = pattern(
    r"(?:(?<!\d)'?(\d{2}|\d{4})\s?년\s{0,20}|(내년|올해|금년|지난해|작년)\s{0,20})?(?<!\d)(?<!\d\.)(\d{1,2})\s?월\s*(\d{1,2}|말)\s?(?:일(?!\s?[간째])|(?=[~〜∼-]\s?\d{1,2}\s?일|\([월화수목금토일]\)))"
)
_POINTS = pattern(r"(?<![\d.\-/a-z])('?\d{4}|'\d{2})\s?\.\s?(\d{1,2})\s?\.\s?(\d{1,2})(?![\d])(?!\.\d)(?:일(?!\s?[간째])|\s?\.?)")
_SHORT_POINTS = pattern(r"(?<![\d.\-/a-z])(\d{2})\.\s?(\d{1,2})\.\s?(\d{1,2})\.?(?=\s?\(\s?[월화수목금토일]\s?\))")
_MONTH_POINTS = pattern(
    r"(?<![\d.\-/'a-z]\s)(?<![\d.\-/'a-z])(\d{1,2})\.\s?(\d{1,2})\.?(?=\s?\(\s?[월화수목금토일]\s?\)|(?<=\.)\s?(?:까지|부터|자로|[~〜]\s?\d))"
)
_LAST_POINTS = pattern(
    r"(?:(?<=\([~〜∼-])|(?<=예고\s\()|(?<=예고\())\s?(\d{1,2})\.\s?(\d{1,2})\.?(?=\s?(?:\([월화수목금토일]\))?\s?(?:\)|[~〜∼-]\s?\d{1,2}\.\s?\d))"
)
_MONTH_SLASHED = pattern(r"(?<![\d.\-/a-z])(\d{1,2})/(\d{1,2})(?=\s?\(\s?[月火水木金土日一二三四五六]\s?\))")
_DAY_SLASHED = re.compile(r"(?<=\()(\d{1,2})/(\d{1,2})(?=\))|(?<=dia )(\d{1,2})/(\d{1,2})(?![\d/])")
# The month said by where it stands to that of the publication: this one, the next, or whichever comes first.
_MONTHLY = pattern(
    r"(?:(이달|이번\s?달|금월|本月|今月)|(내달|다음\s?달|下个?月|来月)|오는(?=\s?\d{1,2}\s?일\s?(?:\([^()]{1,8}\)\s?)?까지))"
    r"\s?(\d{1,2})\s?[일日号](?!\s?[간째])"
)
_MINGUO_POINTS = re.compile(r"(?<![\d./a-z])(?<!\d-)(1[0-4]\d)([./])(\d{1,2})\2(\d{1,2})(?![\d./])")
_ERA_POINTS = re.compile(r"(?<![a-z\d])([rhs])\s?(\d{1,2})([./])(\d{1,2})\3(\d{1,2})(?![\d./])")
_ISO = re.compile(r"(?<![\d.\-/a-z])(\d{4})\s?([-/])\s?(\d{1,2})\s?\2\s?(\d{1,2})(?!\d)(?![-/]\d)")
_BACKWARD = re.compile(r"(?<![\d.\-/])(\d{1,2})([./-])(\d{1,2})\2(\d{4})(?!\d)(?![-/]\d)")
_DAY_FIRST = re.compile(
    rf"(?<![\d.\-/])(\d{{1,2}})(?:st|nd|rd|th|er|\.|o|°)?(?:\s?(?:-|to|and|through|bis|au|al|a|y|e|et|und)\s?(\d{{1,2}})(?:st|nd|rd|th|\.)?)?"
    rf"\s?(?:day\s)?(?:of\s|de\s)?\s?({_MONTH})\b\.?(?:,?\s?(?:de\s|del\s)?\s?(?<!\d)(\d{{4}})(?!\d))?"
)
_MONTH_FIRST = re.compile(
    rf"\b({_MONTH})\b\.?\s?(\d{{1,2}})(?:st|nd|rd|th)?(?!\d|:\d)(?:\s?(?:-|to|and|through)\s?(\d{{1,2}})(?:st|nd|rd|th)?(?!\d|:\d))?"
    r"(?:,?\s?(\d{4})(?!\d))?"
)
# What stands between the two ends of a range: the weekday and the time of the first, then a word or a dash.
_BETWEEN = pattern(
    r"\s?(?:\(.{1,4}?\))?\s?,?\s?(?:(?:午[前后後]|上午|下午|오전|오후)?\s?\d{1,2}(?::\d\d|[時时点시])(?:\s?\d{1,2}[分분])?\s?)?"
    r"(?:[~〜∼-]+|から|より|부터\s?[~〜∼-]?|起?,?\s?[至到]|to|until|till|through|thru|up to|and|bis|au|al|a|ate|e|et|y|und|hasta"
    r"|jusqu'au|tot(?: en met)?|fino(?: al)?)\s?(?:同年|当年|동년|같은\s?해)?\s?"
    r"(?:\d{1,2}(?:[:.]\d\d)?\s?(?:[ap]\.?m\.?|uhr|h)?\s?(?:[a-z]{2,4} )?(?:on |am |le |del? ))?(?:the |zum |el |le |o |dia ){0,2}"
)
_ENDS_SHORTLY = pattern(
    r"\s?(?:\([^()]{1,3}\))?\s?(?:\d{1,2}(?::\d\d|[時时点시])\s?)?(?:부터\s?[~〜∼-]|[~〜∼-]|부터|至|到|から)\s?"
    r"(?:(\d{1,2})\s?(?:\.|月|월)\s?|同月|동월\s?|같은\s?달\s?)?(\d{1,2})\s?(?:日(?!間)|일(?!\s?[간째])|\.(?!\d)|(?=\))|(?=\s?\([월화수목금토일]\)))"
)
# A number that cites a document stands after 第 or before 号.
_CITES = pattern(r"(?:제|第|no\.?|nr\.?|#)\s?$")
_PASSED_WORD = pattern(r"(?:지난|去る)\s?$")
_CITED = pattern(r"\s?[호号]")


def days(text: str, writer: Writer) -> list[Printed]:
    """Every day that a folded text prints, ranges as one, in reading order."""
    found = _apart(parts for read in _READERS for parts in read(text, writer))
    return list(_resolved(found, text, writer))


def _near(text: str, sign: re.Pattern[str], back: int, ahead: int) -> list[tuple[int, int]]:
    """The stretches of the text from `back` characters before each sign to `ahead` after it, those that meet as one."""
    return _merged((found.start() - back, found.end() + ahead) for found in sign.finditer(text))


def _merged(stretches: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for low, high in stretches:
        if merged and low <= merged[-1][1]:
            merged[-1] = (merged[-1][0], high)
        else:
            merged.append((max(0, low), high))
    return merged


def _within(text: str, stretches: Iterable[tuple[int, int]], dates: re.Pattern[str]) -> Iterator[re.Match[str]]:
    for low, high in stretches:
        yield from dates.finditer(text, low, high)


def _apart(found: Iterable[_Parts]) -> list[_Parts]:
    """Of dates that overlap, the one that says the most."""
    kept: list[_Parts] = []
    for one in sorted(found, key=lambda parts: (parts.start, -parts.end)):
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
        elif not kept[-1].year and one.year:
            kept[-1] = one
    return kept


def number(written: str) -> int:
    """A number in digits or Chinese numerals (十二, 五十九, 二〇二六), 元 being one; 0 for none."""
    if written.isdigit():
        return int(written)
    if written == "元":
        return 1
    plain = written.replace("零", "〇").replace("两", "二")
    if all(one in _DIGITS for one in plain):
        return int("".join(str(_DIGITS.index(one)) for one in plain) or 0)
    return _spelled(plain)


def _spelled(written: str) -> int:
    total, unit = 0, 0
    for one in written:
        if one in "十百":
            total += (unit or 1) * (10 if one == "十" else 100)
            unit = 0
        elif one in _DIGITS:
            unit = _DIGITS.index(one)
    return total + unit


def _eastern(text: str, writer: Writer) -> Iterator[_Parts]:
    if "月" not in text:
        return
    for found in _within(text, _near(text, _EAST_SIGN, 34, 6), _EAST):
        era, year, moved, month, day = found.groups()
        said = _year(era or (_era_before(text, found.start()) if len(year or "") < 4 else ""), year, writer) if year else 0
        start = found.start() + len(found[0]) - len(found[0].lstrip())
        if said is not None:
            yield _Parts(start, found.end(), said, number(month), _day_of(day), moved=_moved(moved))


def _day_of(written: str) -> int:
    return _LAST if written in _LAST_WORDS else number(written)


def _moved(word: str | None) -> int | None:
    return _MOVED_FOLDED[word] if word else None


def _era_before(text: str, at: int) -> str:
    """The era of the date just before, which a second date need not say again."""
    found = list(_ERA_NAME.finditer(text, max(0, at - 40), at))
    return found[-1][0] if found else ""


def _year(era: str, written: str, writer: Writer) -> int | None:
    """The year of the common era, or None where it cannot be told."""
    count = number(written)
    if count >= 1000:
        return count if not era else None
    if era:
        return _ERAS_FOLDED[era] + count
    if writer.language == "zh-Hant" or writer.country == "TW":
        return 1911 + count
    return _SHORT_YEAR_FIRST + count if count < 100 and writer.language.split("-")[0] == "zh" and writer.country != "JP" else None


def _korean(text: str, _: Writer) -> Iterator[_Parts]:
    if _WOL not in text:
        return
    for found in _within(text, _near(text, _KOREAN_SIGN, 40, 6), _KOREAN):
        year, moved, month, day = found.groups()
        said = 0 if not year else int(year) if len(year) == 4 else _SHORT_YEAR_FIRST + int(year)
        yield _Parts(found.start(), found.end(), said, int(month), _day_of(day), moved=_moved(moved))


def _monthly(text: str, writer: Writer) -> Iterator[_Parts]:
    known = writer.published
    for found in _MONTHLY.finditer(text) if known else ():
        this, following, day = found.groups()
        later = bool(known and (following or (not this and int(day) < known.day)))
        month = (known.month if known else 0) + later
        yield _Parts(found.start(), found.end(), 0, (month - 1) % 12 + 1, int(day), moved=int(month > 12))


def _pointed(text: str, writer: Writer) -> Iterator[_Parts]:
    if "." not in text and "/" not in text:
        return
    for short in (_MONTH_POINTS, _LAST_POINTS, _MONTH_SLASHED):
        yield from (_Parts(found.start(), found.end(), 0, int(found[1]), int(found[2])) for found in short.finditer(text))
    if writer.language.startswith("pt"):
        days = ((found, found[1] or found[3], found[2] or found[4]) for found in _DAY_SLASHED.finditer(text))
        yield from (_Parts(found.start(), found.end(), 0, int(month), int(day)) for found, day, month in days)
    near = _near(text, _NUMERIC_SIGN, 12, 24)
    for found in _within(text, near, _POINTS):
        year = int(found[1].lstrip("'"))
        yield _Parts(found.start(), found.end(), year if year > 100 else _SHORT_YEAR_FIRST + year, int(found[2]), int(found[3]))
    for found in _within(text, near, _SHORT_POINTS):
        yield _Parts(found.start(), found.end(), _SHORT_YEAR_FIRST + int(found[1]), int(found[2]), int(found[3]))
    if writer.language == "zh-Hant" or writer.country == "TW":
        for found in _within(text, near, _MINGUO_POINTS):
            yield _Parts(found.start(), found.end(), 1911 + int(found[1]), int(found[3]), int(found[4]))
    if writer.language == "ja" or writer.country == "JP":
        for found in _within(text, near, _ERA_POINTS):
            yield _Parts(found.start(), found.end(), _ERAS[found[1]] + int(found[2]), int(found[4]), int(found[5]))


def _plain(text: str, writer: Writer) -> Iterator[_Parts]:
    near = _near(text, _NUMERIC_SIGN, 12, 24)
    for found in _within(text, near, _ISO):
        yield _Parts(found.start(), found.end(), int(found[1]), int(found[3]), int(found[4]))
    for found in _within(text, near, _BACKWARD):
        order = _in_order(int(found[1]), int(found[3]), found[2], writer)
        if order:
            yield _Parts(found.start(), found.end(), int(found[4]), *order)


_DAY_FIRST_LANGUAGES = frozenset(("de", "fr", "es", "pt", "it", "nl", "da", "sv", "nb", "no", "fi", "pl", "cs", "ro", "el", "tr", "ru"))
_DAY_FIRST_COUNTRIES = frozenset(
    ("GB", "EU", "IE", "AU", "NZ", "IN", "SG", "HK", "ZA", "CH", "DE", "FR", "ES", "IT", "PT", "BR", "MX", "AR", "CL", "CO", "MY", "TH")
)


def _in_order(first: int, second: int, sign: str, writer: Writer) -> tuple[int, int] | None:
    """Month and day, by the custom of who writes; None where both orders are possible and the custom is not known."""
    if sign == "." or writer.language.split("-")[0] in _DAY_FIRST_LANGUAGES or writer.country in _DAY_FIRST_COUNTRIES:
        return second, first
    if writer.country == "US":
        return first, second
    if first > 12 >= second:
        return second, first
    return (first, second) if second > 12 >= first else None


def _western(text: str, _: Writer) -> Iterator[_Parts]:
    near = _merged((at - 20, at + 44) for at in _beside_months(text))
    for found in _within(text, near, _DAY_FIRST):
        yield _named(found, found[3], found[1], found[2], found[4])
    for found in _within(text, near, _MONTH_FIRST):
        yield _named(found, found[1], found[2], found[3], found[4])


def _beside_months(text: str) -> Iterator[int]:
    """Where the numbers begin that may stand right before or after the name of a month."""
    for found in _NUMBER.finditer(text):
        start, end = found.span()
        behind = text[max(0, start - 6) : start].rstrip().rstrip(".")
        if behind[-3:] in _MONTH_ENDS or _MONTH_AHEAD.match(text, end):
            yield start


def _named(found: re.Match[str], month: str, day: str, last: str | None, year: str | None) -> _Parts:
    return _Parts(found.start(), found.end(), int(year or 0), _MONTH_OF[month], int(day), int(last or 0))


_READERS: tuple[Callable[[str, Writer], Iterator[_Parts]], ...] = (_eastern, _korean, _monthly, _pointed, _plain, _western)
_ERAS_FOLDED = {fold(name).text: first for name, first in _ERAS.items()}
_MOVED_FOLDED = {fold(name).text: years for name, years in _MOVED.items()}
_ERA_NAME = pattern("令和|平成|昭和|大正|中华民国|民国")
_LAST_WORDS = (fold("말").text, fold("末").text)
_WOL = fold("월").text
# What every date of its kind holds; each begins with a sign that is found fast, and what stands around it is then looked at closely.
_EAST_SIGN = pattern(rf"月\s{{0,2}}(?:\d{{1,2}}|{_HAN}{{1,3}}|末)\s{{0,2}}[日号~〜-]")
_KOREAN_SIGN = pattern(r"월\s*(?:\d{1,2}|말)\s?[일(~〜-]")
_NUMERIC_SIGN = re.compile(r"[.\-/]\s?\d{1,2}\s?[.\-/]\s?\d")
_NUMBER = re.compile(r"\d\d*")
_MONTH_AHEAD = re.compile(rf"(?:st|nd|rd|th|er|\.|o|°)?\s?(?:day\s)?(?:of\s|de\s)?\s?(?:{_MONTH})\b")
_MONTH_ENDS = frozenset(name[-3:] for name in _MONTH_OF)


def _resolved(found: Sequence[_Parts], text: str, writer: Writer) -> Iterator[Printed]:
    """The dates as days, those that make a range as one."""
    before: Printed | None = None
    skip = -1
    for index, written in enumerate(found):
        if index == skip or _is_cited(text, written):
            continue
        passed = _PASSED_WORD.search(text, max(0, written.start - 5), written.start)
        parts = written._replace(moved=_PASSED) if passed else written
        after = found[index + 1] if index + 1 < len(found) and _BETWEEN.fullmatch(text, parts.end, found[index + 1].start) else None
        printed = _range(parts, after, before, writer) if after else _single(parts, text, before, writer)
        if printed:
            skip = index + 1 if after else skip
            before = printed
            yield printed


def _is_cited(text: str, parts: _Parts) -> bool:
    """Whether it is the number of a document: 第 before it or 号 after it."""
    return bool(_CITES.search(text, max(0, parts.start - 5), parts.start)) or bool(_CITED.match(text, parts.end))


def _range(first: _Parts, last: _Parts, before: Printed | None, writer: Writer) -> Printed | None:
    """From one date to the other; the year may be printed with either."""
    if not first.year and last.year:
        end = _day(last.year, last.month, last.last or last.day)
        year = last.year - ((first.month, first.day) > (last.month, last.day))
        start = _day(year, first.month, first.day)
        return Printed(first.start, last.end, end, start) if end and start and start <= end else None
    begun = _whole(first, before, writer)
    if begun is None:
        return None
    ended = _whole(last, begun, writer)
    if ended is None or ended.day < begun.day:
        return begun
    return Printed(first.start, last.end, ended.day, begun.day, begun.whole)


def _single(parts: _Parts, text: str, before: Printed | None, writer: Writer) -> Printed | None:
    """One date, or one whose range ends with as little as `~ 4. 10.`"""
    begun = _whole(parts, before, writer)
    if begun is None:
        return None
    if parts.last > parts.day and (last := _day(begun.day.year, parts.month, parts.last)):
        return begun._replace(day=last, first=begun.day)
    found = _ENDS_SHORTLY.match(text, parts.end)
    if not found:
        return begun
    ended = _day(begun.day.year, int(found[1] or parts.month), int(found[2]))
    ended = ended and (ended if ended >= begun.day else _day(ended.year + 1, ended.month, ended.day))
    return begun._replace(end=found.end(), day=ended, first=begun.day) if ended else begun


def _whole(parts: _Parts, before: Printed | None, writer: Writer) -> Printed | None:
    year, known = parts.year, writer.published
    if not year and parts.moved == _PASSED:
        year = known.year - ((parts.month, parts.day) > (known.month, known.day)) if known else 0
    elif not year and parts.moved is not None:
        year = known.year + parts.moved if known else 0
    elif not year and before and parts.start - before.end < 60:
        year = _year_beside(parts, before, known)
    elif not year and known:
        year = _nearest(parts.month, parts.day, known)
    day = _day(year, parts.month, parts.day) if year else None
    if day is None or (known and day.year > known.year + MOST_YEARS_AHEAD):
        return None
    return Printed(parts.start, parts.end, day, None, bool(parts.year))


def _year_beside(parts: _Parts, before: Printed, known: date | None) -> int:
    """The year of a date after another: the same, unless the day then lay too early, which is the next one; 0 if there is no such day.

    A day before the other one is of the same year where that is still ahead at publication (registration ends before the course), or,
    where the publication is not known, shortly before the other.
    """
    first = before.first or before.day
    day = _day(before.day.year, parts.month, parts.day)
    if day is None or day >= first:
        return day.year if day else 0
    return day.year if (day >= known if known else first - day <= _SHORTLY) else day.year + 1


def _nearest(month: int, day: int, known: date) -> int:
    """The year in which the day comes next, or came lately; 0 if there is none such."""
    for year in (known.year - 1, known.year, known.year + 1):
        found = _day(year, month, day)
        if found and known - _BACK <= found < known - _BACK + timedelta(days=365):
            return year
    return 0


def _day(year: int, month: int, day: int) -> date | None:
    try:
        last = calendar.monthrange(year, month)[1] if day == _LAST else day
        return date(year, month, last) if year >= _FIRST_YEAR else None
    except ValueError:
        return None
