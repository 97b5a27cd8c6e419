"""Dates as sources write them → aware datetimes; pure.

Forms seen (each in a stored payload or a source's description): RFC 822 and its misspellings, ISO 8601, `DD/MM/YYYY` (EMA),
`MM/DD/YYYY` (FDA), `Fri, 05/03/2019 - 15:21` (FDA feeds), `2026. 7. 6.` and `2026년 7월 6일` (Korea), `2026年7月6日` and `令和8年7月6日`
(China, Japan), `115/03/01` and `民國115年3月1日` (Taiwan, years of the Republic), `YYYYMMDD`, `30 April 2022`, `2026-Jul-01`
(India), Unix seconds.
A date without a zone is in the zone given. Years before 1900 or after 2100 are mistakes of the source and give None.
"""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo

_MAX_LENGTH = 120
_FIRST_YEAR, _LAST_YEAR = 1900, 2100
_MONTHS = {"jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12}
_WEEKDAYS = {"mon": 0, "tue": 1, "wed": 2, "thu": 3, "fri": 4, "sat": 5, "sun": 6}
_ZONES = {
    "z": 0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0, "bst": 60, "west": 60, "cet": 60, "cest": 120, "eet": 120, "eest": 180, "msk": 180,
    "ist": 330, "sgt": 480, "hkt": 480, "awst": 480, "kst": 540, "jst": 540, "aest": 600, "aedt": 660, "nzst": 720, "nzdt": 780,
    "est": -300, "edt": -240, "cst": -360, "cdt": -300, "mst": -420, "mdt": -360, "pst": -480, "pdt": -420, "brt": -180, "art": -180,
    "akst": -540, "akdt": -480, "hst": -600,
}  # fmt: skip
_ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925, "民國": 1911, "民国": 1911, "中華民國": 1911}

_TIME = (
    r"(?:(?:\s*[-,T]?\s*(?P<half>오전|오후|上午|下午|午前|午後)?\s*|\s*T)"
    r"(?P<hour>\d{1,2})\s*[:時时시h]\s*(?P<minute>\d{1,2})\s*[分분]?"
    r"(?:\s*[:.]?\s*(?P<second>\d{1,2})(?:[.,]\d{1,9})?\s*[秒초]?)?\s*(?P<ampm>[ap]\.?m\.?\b)?)?"
)
_ZONE = r"\s*(?P<zone>Z|UTC|GMT|[A-Z]{2,5}|(?:GMT|UTC)?[+-]\d{1,2}:?\d{0,2})?(?:\s*\([^()]{0,40}\))?"
_DAY_NAME = r"(?:\(?(?P<weekday>mon|tue|wed|thu|fri|sat|sun)[a-z]*\)?\.?,?\s+)?"


def _form(day: str) -> re.Pattern[str]:
    return re.compile(day + _TIME + _ZONE + r"\s*\.?", re.IGNORECASE)


_FORMS = tuple(
    _form(day)
    for day in (
        _DAY_NAME + r"(?P<day>\d{1,2})(?:st|nd|rd|th)?[\s-]+(?P<name>[a-z]{3,9})\.?,?[\s-]+(?P<year>\d{4}|\d{2})\b,?",
        r"(?P<year>\d{4})\s*[-./]\s*(?P<month>\d{1,2})\s*[-./]\s*(?P<day>\d{1,2})\.?(?:\s*\([^()]{1,9}\))?",
        r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})",
        r"(?P<year>\d{4})-(?P<name>[a-z]{3})-(?P<day>\d{1,2})",
        _DAY_NAME + r"(?P<first>\d{1,2})[-/.](?P<other>\d{1,2})[-/.](?P<year>\d{4})",
        _DAY_NAME + r"(?P<name>[a-z]{3,9})\.?\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<year>\d{4})\b,?",
        r"(?P<era>令和|平成|昭和|中華民國|民國|民国)?\s*(?P<year>元|\d{1,4})\s*[年년]\s*(?P<month>\d{1,2})\s*[月월]\s*(?P<day>\d{1,2})\s*[日일]?(?:\s*\([^()]{1,9}\))?",
        r"(?P<roc>1\d{2}|\d{2})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})",
    )
)
_STAMP = re.compile(r"(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})?")
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
    if isinstance(raw, int | float):
        return _from_seconds(float(raw))
    text = str(raw).strip()
    if not text:
        return None
    if "<" in text:
        marked = _ATTRIBUTE.search(text[:1000])
        text = marked[1] if marked else re.sub(r"<[^<>]*>", "", text[:1000]).strip()
    if text[:1] in ("(", "[", "【", "（"):
        text = text[1:].rstrip(")]】） ")
    if len(text) > _MAX_LENGTH:
        return None
    try:
        return sane(_common(text, zone) or _odd(text, zone, month_first))
    except (ValueError, OverflowError, LookupError):
        return None


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
    for form in _FORMS:
        found = form.fullmatch(text)
        if found:
            return _read(found.groupdict(), zone, month_first)
    return None


def _read(part: dict[str, str | None], zone: tzinfo, month_first: bool) -> datetime | None:
    year, month, day = _day(part, month_first)
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
        return year, _MONTHS[(part["name"] or "")[:3].lower()], int(part["day"] or 0)
    if part.get("first"):
        return year, *_month_and_day(year, int(part["first"] or 0), int(part["other"] or 0), part.get("weekday"), month_first)
    return year, int(part["month"] or 0), int(part["day"] or 0)


def _year(text: str, era: str | None) -> int:
    year = 1 if text == "元" else int(text)
    if era:
        return year + _ERAS[era]
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
