"""Dates as sources write them → aware datetimes; pure.

Forms seen (each in a stored payload or a source's description): RFC 822 and its misspellings, ISO 8601, `DD/MM/YYYY` (EMA),
`MM/DD/YYYY` (FDA), `Fri, 05/03/2019 - 15:21` (FDA feeds), `2026. 7. 6.` and `2026년 7월 6일` (Korea), `2026年7月6日`, `令和8年7月6日`,
`R8.7.6` and `二〇二六年七月六日` (China, Japan), `115/03/01` and `民國115年3月1日` (Taiwan, years of the Republic), `YYYYMMDD`,
`26.07.06` where the country's order is known, `Mon Jul  6 10:00:00 2026` (C), `30 April 2022` also in the languages of the Union and
around it, with the name of the day, `6 กรกฎาคม 2569` (Thailand, Buddhist years), `2026-Jul-01` (India), Unix seconds; with a word such
as `등록일` or `Published:` before it.
A date without a zone is in the zone given. Years before 1900 or after 2100 are mistakes of the source and give None.
"""

import html
import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone, tzinfo

_MAX_LENGTH = 120
_FIRST_YEAR, _LAST_YEAR = 1900, 2100
_MONTHS = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
    # by three letters in German, French, Italian, Spanish and Portuguese; `juin` and `juillet` need four
    "jän": 1, "ene": 1, "gen": 1, "fév": 2, "fev": 2, "mär": 3, "avr": 4, "abr": 4, "mai": 5, "mag": 5, "giu": 6, "juin": 6, "juil": 7,
    "lug": 7, "aoû": 8, "aou": 8, "ago": 8, "set": 9, "okt": 10, "out": 10, "ott": 10, "dez": 12, "déc": 12, "dic": 12,
    # Dutch and Nordic, Russian, Turkish, and Greek, where two need four
    "maa": 3, "mrt": 3, "mei": 5, "maj": 5,
    "янв": 1, "фев": 2, "мар": 3, "апр": 4, "мая": 5, "май": 5, "июн": 6, "июл": 7, "авг": 8, "сен": 9, "окт": 10, "ноя": 11, "дек": 12,
    "oca": 1, "şub": 2, "nis": 4, "haz": 6, "tem": 7, "ağu": 8, "eyl": 9, "eki": 10, "kas": 11, "ara": 12,
    "ιαν": 1, "φεβ": 2, "μαρ": 3, "απρ": 4, "μαΐ": 5, "μαϊ": 5, "μαι": 5, "ιουν": 6, "ιουλ": 7, "αυγ": 8, "σεπ": 9, "οκτ": 10, "νοε": 11,
    "δεκ": 12,
    # Polish, Czech and Slovak; Hungarian; Romanian and Slovene; what tells June from July stands late
    "sty": 1, "lut": 2, "kwi": 4, "cze": 6, "lip": 7, "sie": 8, "wrz": 9, "paź": 10, "lis": 11, "gru": 12,
    "ledn": 1, "lede": 1, "úno": 2, "bře": 3, "dub": 4, "kvě": 5, "června": 6, "červen": 6, "července": 7, "červenec": 7, "srp": 8,
    "zář": 9, "říj": 10, "pros": 12, "máj": 5, "jún": 6, "júl": 7, "már": 3, "ápr": 4, "sze": 9, "ian": 1, "iun": 6, "iul": 7, "noi": 11,
    "avg": 8,
    # Finnish, where November begins like March; Estonian, Latvian, Lithuanian; Maltese
    "tam": 1, "hel": 2, "huh": 4, "tou": 5, "kes": 6, "hei": 7, "elo": 8, "syy": 9, "lok": 10, "marr": 11, "jou": 12,
    "jaa": 1, "vee": 2, "juun": 6, "juul": 7, "det": 12, "jūn": 6, "jūl": 7, "sau": 1, "vas": 2, "kov": 3, "bal": 4, "geg": 5, "bir": 6,
    "lie": 7, "rugp": 8, "rugs": 9, "spa": 10, "lap": 11, "fra": 2, "mej": 5, "ġun": 6, "lul": 7, "aww": 8, "diċ": 12,
    # Bulgarian and Ukrainian, Indonesian
    "яну": 1, "юни": 6, "юли": 7, "ное": 11, "січ": 1, "лют": 2, "бер": 3, "кві": 4, "тра": 5, "чер": 6, "лип": 7, "сер": 8, "вер": 9,
    "жов": 10, "лис": 11, "гру": 12, "agu": 8, "des": 12,
    # Thai, in full and short
    "มกราคม": 1, "กุมภาพันธ์": 2, "มีนาคม": 3, "เมษายน": 4, "พฤษภาคม": 5, "มิถุนายน": 6, "กรกฎาคม": 7, "สิงหาคม": 8, "กันยายน": 9,
    "ตุลาคม": 10, "พฤศจิกายน": 11, "ธันวาคม": 12, "ม.ค.": 1, "ก.พ.": 2, "มี.ค.": 3, "เม.ย.": 4, "พ.ค.": 5, "มิ.ย.": 6, "ก.ค.": 7, "ส.ค.": 8,
    "ก.ย.": 9, "ต.ค.": 10, "พ.ย.": 11, "ธ.ค.": 12,
}  # fmt: skip
_BUDDHIST = 543  # years that Thailand is ahead
_THAI = re.compile(r"[\u0e01-\u0e4e]")
_WEEKDAYS = {"mon": 0, "tue": 1, "wed": 2, "thu": 3, "fri": 4, "sat": 5, "sun": 6}
_ZONES = {
    "z": 0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0, "bst": 60, "west": 60, "cet": 60, "cest": 120, "eet": 120, "eest": 180, "msk": 180,
    "ist": 330, "sgt": 480, "hkt": 480, "awst": 480, "kst": 540, "jst": 540, "aest": 600, "aedt": 660, "nzst": 720, "nzdt": 780,
    "est": -300, "edt": -240, "cst": -360, "cdt": -300, "mst": -420, "mdt": -360, "pst": -480, "pdt": -420, "brt": -180, "art": -180,
    "akst": -540, "akdt": -480, "hst": -600,
}  # fmt: skip
_ERAS = {
    "R": 2018, "H": 1988, "S": 1925, "T": 1911, "M": 1867, "令": 2018, "平": 1988, "昭": 1925, "令和": 2018, "平成": 1988, "昭和": 1925,
    "大正": 1911, "明治": 1867, "民國": 1911, "民国": 1911, "中華民國": 1911, "พ.ศ.": -_BUDDHIST,
}  # fmt: skip
_TAIPEI = "Asia/Taipei"
_YEAR_FIRST = frozenset(("Asia/Seoul", "Asia/Shanghai", _TAIPEI))  # where 26.07.06 begins with the year
# In Japan it may be a year of an era or of ours, and of UTC nobody knows whose it is.
_NO_SHORT_YEARS = frozenset(("Asia/Tokyo", "UTC"))

_TIME = (
    r"(?:(?:\s*[-,T]?\s*(?:(?:at|à|às|a las|um|alle(?: ore)?|kl\.?|klo|в|о)\s+)?(?P<half>오전|오후|上午|下午|午前|午後)?\s*|\s*T)"
    r"(?P<hour>\d{1,2})\s*(?:[:時时시點点h]\s*(?P<minute>\d{1,2})\s*[分분]?"
    r"(?:\s*[:.]?\s*(?P<second>\d{1,2})(?:[.,]\d{1,9})?\s*[秒초]?)?\s*(?:(?P<ampm>[ap]\.?m\.?\b)|(?:uhr|hrs?|h)\b|น\.)?|[時时시點点]))?"
)
_ZONE = r"\s*(?P<zone>Z|UTC|GMT|[A-Z]{2,5}|(?:GMT|UTC)?[+-]\d{1,2}:?\d{0,2})?(?:\s*\([^()]{0,40}\))?"
_IN_BRACKETS = r"(?:\s*[(（][^()（）]{1,9}[)）])?"
_DAY_NAME = r"(?:\(?(?P<weekday>mon|tue|wed|thu|fri|sat|sun)[a-z]*\)?\.?,?\s+)?"


def _form(day: str) -> re.Pattern[str]:
    return re.compile(day + _TIME + _ZONE + r"\s*\.?", re.IGNORECASE)


_FORMS = tuple(
    _form(day)
    for day in (
        _DAY_NAME + r"(?P<day>\d{1,2})(?:st|nd|rd|th|er|º|\.)?[\s-]+(?:(?:de|of)\s+)?(?P<name>[^\W\d_]{3,12})\.?,?[\s-]+(?:del?\s+)?"
        r"(?P<year>\d{4}|\d{2})\b,?(?:\s*[гr]\.?)?",
        r"(?P<year>\d{4})\s*[-./]\s*(?P<month>\d{1,2})\s*[-./]\s*(?P<day>\d{1,2})\.?" + _IN_BRACKETS,
        r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})",
        r"(?P<year>\d{4})-(?P<name>[a-z]{3})-(?P<day>\d{1,2})",
        r"(?P<year>\d{4})(?:\.|\s+m\.|\.?\s+gada)?\s+(?P<name>[^\W\d_]{3,12})\s+(?P<day>\d{1,2})(?:\.|\s+d\.?)?",
        r"(?P<year>\d{4})\.?\s+gada\s+(?P<day>\d{1,2})\.\s+(?P<name>[^\W\d_]{3,12})",
        r"(?P<day>\d{1,2})\s+(?P<name>[\u0e01-\u0e4e.]{4,12}?)\s+(?:(?P<era>พ\.ศ\.)\s*)?(?P<year>\d{4}|\d{2})",
        _DAY_NAME + r"(?P<first>\d{1,2})[-/.](?P<other>\d{1,2})[-/.](?P<year>\d{4})",
        _DAY_NAME + r"(?P<name>[a-z]{3,9})\.?\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<year>\d{4})\b,?",
        r"(?P<era>令和|平成|昭和|大正|明治|中華民國|民國|民国)?\s*(?P<year>元|\d{1,4})\s*[年년]\s*(?P<month>\d{1,2})\s*[月월]\s*(?P<day>\d{1,2})\s*[日日號일号]?"
        + _IN_BRACKETS,
        r"(?P<era>[RHSTM]|令和?|平成?|昭和?|大正|明治|中華民國|民國|民国)\s*(?P<year>元|\d{1,3})\s*[-./]\s*(?P<month>\d{1,2})\s*[-./]\s*(?P<day>\d{1,2})\.?"
        + _IN_BRACKETS,
        r"(?P<roc>1\d{2})\s*[-/.]\s*(?P<month>\d{1,2})\s*[-/.]\s*(?P<day>\d{1,2})\.?",
        r"(?P<roc>1[012]\d)(?P<month>\d{2})(?P<day>\d{2})",
        r"['’‘](?P<year>\d{2})\s*[-/.]\s*(?P<month>\d{1,2})\s*[-/.]\s*(?P<day>\d{1,2})\.?" + _IN_BRACKETS,
        r"(?P<one>\d{1,2})\s*[-/.]\s*(?P<two>\d{1,2})\s*[-/.]\s*(?P<three>\d{1,2})\.?" + _IN_BRACKETS,
    )
)
# What C and Java print: the year stands last.
_YEAR_LAST = re.compile(
    r"[a-z]{3} (?P<name>[a-z]{3}) {1,2}(?P<day>\d{1,2}) (?P<hour>\d{2}):(?P<minute>\d{2}):(?P<second>\d{2})"
    r"(?: (?P<zone>[A-Z]{2,5}))? (?P<year>\d{4})",
    re.IGNORECASE,
)
_STAMP = re.compile(r"(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})?")
_BASIC = re.compile(r"\d{8}T\d{4}(?:\d{2})?(?:Z|[+-]\d{2}:?\d{2})?")  # ISO 8601 without signs between
# What people write before a date: a word with a colon, or one of those that lists of East Asian authorities use without.
_LABEL = re.compile(
    r"(?:[^\d:：]{1,30}[:：]|서기|西元|西暦|公元|등록일자?|작성일자?|게시일자?|공고일자?|발표일자?|发布(?:时间|日期)|发布于|公布日期|發布日期|掲載日|公開日|更新日|作成日"
    r"|(?:(?:(?:posted|published|(?:last )?updated|added|issued)(?: on)?|publiée?(?: le)?|mise? à jour(?: le)?|veröffentlicht(?: am)?"
    r"|aktualisiert(?: am)?|publicad[oa](?: em| el)?|pubblicat[oa](?: il)?|geplaatst(?: op)?)\b))\s*",
    re.IGNORECASE,
)
# The name of the day in any language, before a day and the name of a month.
_DAY_IN_WORDS = re.compile(r"[^\W\d_]{2,12}\.?,?\s+(?=\d{1,2}(?:er|º|\.)?[\s-]+(?:de\s+)?[^\W\d_]{3})")
_ZONE_NAME = re.compile(r"\[[A-Za-z_/+-]{1,40}\]$")  # Java writes the name of the zone after the offset or instead of it
_HAN_DIGITS = {char: digit for digit, chars in enumerate(("〇○零", "一", "二", "三", "四", "五", "六", "七", "八", "九")) for char in chars}
_HAN_NUMBER = re.compile(rf"[{''.join(_HAN_DIGITS)}百十]{{1,6}}(?=\s*[年月日號号])")
# 令和8年（2026年）7月6日 says its year twice; the name of the day says nothing new.
_SAID_AGAIN = re.compile(r"(?<=年)\s*\((?:令和|平成|昭和|西暦)?\s*(?:元|\d{1,4})年?\)")
_DAY_BEHIND = re.compile(r"\s*\(?(?:(?:星期|周|週)[一二三四五六日天]|[月火水木金土日]曜日?|[월화수목금토일]요일)\)?")
_SECONDS = re.compile(r"(?:/Date\()?(\d{9,10}|\d{12,13})(?:\.\d+)?(?:[+-]\d{4})?(?:\)/)?")
_ATTRIBUTE = re.compile(r"datetime=[\"']([^\"'<>]{4,40})[\"']", re.IGNORECASE)
_RFC822 = re.compile(
    r"(?:[A-Z][a-z]{2}, )?(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) (?:([+-])(\d{2})(\d{2})|(?:GMT|UTC?|Z))"
)


def when(raw: object, zone: tzinfo = UTC, *, month_first: bool = False) -> datetime | None:
    """The instant this text or number means, aware; None if it says no date we can be sure of.

    `zone` holds where the text names none. `month_first` reads 05/03/2019 as May 3rd, unless a weekday beside it says otherwise.
    """
    if isinstance(raw, bool) or raw is None:
        return None
    if isinstance(raw, int | float) and not (isinstance(raw, int) and 1_000_000 <= raw < 100_000_000):  # 20260706 is a day
        return _from_seconds(float(raw))
    text = bare(raw)
    if text is None:
        return None
    try:
        return sane(_common(text, zone) or _odd(text, zone, month_first))
    except (ValueError, OverflowError, LookupError):
        return None


def bare(raw: object) -> str | None:
    """The text of a field that is a date, without markup and brackets; None if it holds none or too much for a date."""
    text = str(raw or "").strip()
    if "<" in text:
        marked = _ATTRIBUTE.search(text[:1000])
        text = marked[1] if marked else re.sub(r"<[^<>]*>", "", text[:1000])
    if "&" in text:
        text = html.unescape(text[:1000])
    text = text.strip()
    if text[:1] in ("(", "[", "【", "（"):
        text = text[1:].rstrip(")]】） ")
    return text if 0 < len(text) <= _MAX_LENGTH else None


def without_label(text: str) -> str:
    """The text without the word before a date that says what it is the date of."""
    label = _LABEL.match(text)
    return text[label.end() :] if label else text


def sane(found: datetime | None) -> datetime | None:
    """The instant, None if its year is a mistake."""
    return found if found is not None and _FIRST_YEAR <= found.year <= _LAST_YEAR else None


def _common(text: str, zone: tzinfo) -> datetime | None:
    """The two forms most feeds use, read fast."""
    found = _RFC822.fullmatch(text)
    if found is None:
        if len(text) < 10 or text[4] != "-":
            return None
        try:
            iso = datetime.fromisoformat(text)
        except ValueError:
            return None
        return iso.replace(tzinfo=zone) if iso.tzinfo is None else iso
    day, name, year, hour, minute, second, sign, hours, minutes = found.groups()
    month = _MONTHS.get(name.lower())
    if month is None:
        return None
    offset = UTC if sign is None else _offset(sign, int(hours), int(minutes))
    return _at(int(year), month, int(day), int(hour), int(minute), int(second), offset)


def _odd(text: str, zone: tzinfo, month_first: bool) -> datetime | None:
    stamp = _STAMP.fullmatch(text)
    if stamp:
        year, month, day, hour, minute, second = (int(part or 0) for part in stamp.groups())
        return _at(year, month, day, hour, minute, second, zone)
    seconds = _SECONDS.fullmatch(text)
    if seconds and not re.fullmatch(r"(19|20)\d{6}", text):
        return _from_seconds(float(seconds[1]))
    if _BASIC.fullmatch(text):
        iso = datetime.fromisoformat(text)
        return iso.replace(tzinfo=zone) if iso.tzinfo is None else iso
    for form in (*_FORMS, _YEAR_LAST):
        found = form.fullmatch(text)
        if found:
            return _read(found.groupdict(), zone, month_first)
    return _otherwise(text, zone, month_first)


def _otherwise(text: str, zone: tzinfo, month_first: bool) -> datetime | None:
    """The date in plain digits, without the word before it and what it says twice; None if it has none of these."""
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    plain = _SAID_AGAIN.sub("", _HAN_NUMBER.sub(lambda found: _in_digits(found[0]), plain))
    plain = _DAY_BEHIND.sub("", _ZONE_NAME.sub("", plain)).strip()
    label = _LABEL.match(plain) or _DAY_IN_WORDS.match(plain)
    plain = plain[label.end() :] if label else plain
    return (_common(plain, zone) or _odd(plain, zone, month_first)) if plain != text else None


def _in_digits(number: str) -> str:
    """A Chinese number as digits: 二〇二六 place by place, 一百一十五 and 二十五 by hundreds and tens."""
    hundreds, hundred, rest = number.rpartition("百")
    tens, ten, ones = rest.rpartition("十")
    if not hundred and not ten:
        return "".join(str(_HAN_DIGITS[char]) for char in number)
    tens, ones = tens.lstrip("〇○零"), ones.lstrip("〇○零")
    value = 10 * (_HAN_DIGITS.get(tens, 1) if ten else 0) + _HAN_DIGITS.get(ones, 0)
    return str(value + (100 * _HAN_DIGITS.get(hundreds, 1) if hundred else 0))


def _read(part: dict[str, str | None], zone: tzinfo, month_first: bool) -> datetime | None:
    year, month, day = _short(part, zone, month_first) if part.get("one") else _day(part, month_first)
    hour = int(part.get("hour") or 0)
    half = (part.get("half") or part.get("ampm") or "").lower().replace(".", "")
    if half in ("오후", "下午", "午後", "pm") and hour < 12:
        hour += 12
    elif half in ("오전", "上午", "午前", "am") and hour == 12:
        hour = 0
    return _at(year, month, day, hour, int(part.get("minute") or 0), int(part.get("second") or 0), _zone(part.get("zone"), zone))


def _day(part: dict[str, str | None], month_first: bool) -> tuple[int, int, int]:
    if part.get("roc"):
        return int(part["roc"] or 0) + 1911, int(part["month"] or 0), int(part["day"] or 0)
    year = _year(part.get("year") or "", part.get("era"))
    if part.get("name"):
        name = (part["name"] or "").lower()
        if _THAI.match(name):
            year = 2500 + int(part["year"] or 0) if len(part["year"] or "") == 2 else year
            year -= _BUDDHIST if year > _LAST_YEAR else 0
        return year, _MONTHS.get(name) or _MONTHS.get(name[:4]) or _MONTHS[name[:3]], int(part["day"] or 0)
    if part.get("first"):
        return year, *_month_and_day(year, int(part["first"] or 0), int(part["other"] or 0), part.get("weekday"), month_first)
    return year, int(part["month"] or 0), int(part["day"] or 0)


def _short(part: dict[str, str | None], zone: tzinfo, month_first: bool) -> tuple[int, int, int]:
    """Year, month and day of three short numbers, in the order of the country that the zone is of; 0 for each where nobody knows."""
    one, two, three = (part[name] or "" for name in ("one", "two", "three"))
    country = getattr(zone, "key", "UTC")
    if country in _YEAR_FIRST and len(one) == 2:
        return int(one) + 1911 if country == _TAIPEI else _year(one, None), int(two), int(three)
    if country in _YEAR_FIRST | _NO_SHORT_YEARS or len(three) != 2:
        return 0, 0, 0
    year = _year(three, None)
    return year, *_month_and_day(year, int(one), int(two), part.get("weekday"), month_first)


def _year(text: str, era: str | None) -> int:
    year = 1 if text == "元" else int(text)
    if era and not year:
        return 0
    if era:
        return year + _ERAS[era.upper()]
    if len(text) == 2:
        return year + (1900 if year >= 70 else 2000)
    return year + 1911 if len(text) == 3 else year


def _month_and_day(year: int, first: int, other: int, weekday: str | None, month_first: bool) -> tuple[int, int]:
    readings = [(first, other), (other, first)]
    if not month_first:
        readings.reverse()
    sound = [(month, day) for month, day in readings if 1 <= month <= 12 and 1 <= day <= 31]
    if weekday and len(sound) == 2:
        fits = [pair for pair in sound if datetime(year, *pair, tzinfo=UTC).weekday() == _WEEKDAYS[weekday.lower()[:3]]]
        return fits[0] if len(fits) == 1 else sound[0]
    return sound[0] if sound else (0, 0)


def _zone(name: str | None, otherwise: tzinfo) -> tzinfo:
    if not name:
        return otherwise
    bare = name.lower()
    if bare in _ZONES:
        return timezone(timedelta(minutes=_ZONES[bare]))
    digits = re.fullmatch(r"(?:gmt|utc)?([+-])(\d{1,2}):?(\d{2})?", bare)
    return _offset(digits[1], int(digits[2]), int(digits[3] or 0)) if digits else otherwise


def _offset(sign: str, hours: int, minutes: int) -> tzinfo:
    span = timedelta(hours=hours, minutes=minutes)
    return timezone(-span if sign == "-" else span) if span else UTC


def _at(year: int, month: int, day: int, hour: int, minute: int, second: int, zone: tzinfo) -> datetime:
    """This instant; 24:00 is the next midnight and a leap second the second before."""
    midnight = hour == 24 and minute == 0
    found = datetime(year, month, day, 0 if midnight else hour, minute, min(second, 59), tzinfo=zone)
    return found + timedelta(days=1) if midnight else found


def _from_seconds(number: float) -> datetime | None:
    if not 1e8 <= number < 1e14:
        return None
    try:
        return sane(datetime.fromtimestamp(number / 1000 if number >= 1e11 else number, UTC))
    except (ValueError, OverflowError, OSError):
        return None
