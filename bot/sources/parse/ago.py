"""Dates told by their distance from now, `3 hours ago`, `어제 14:30`, `vor 3 Tagen`, → aware datetimes; pure.

Only the whole of a field that is a date is read so, never words inside a text. Weeks, months and years are rounded by whoever writes them:
they name no day, and are not read.
"""

import re
from collections.abc import Iterable
from datetime import datetime, time, timedelta, tzinfo

from bot.sources.parse import dates

_UNITS = {
    timedelta(seconds=1): "second seconds sec secs 초 秒 秒钟 秒鐘 seconde secondes sekunde sekunden segundo segundos secondo secondi"
    " seconden sekund sekundę sekundy секунду секунды секунд saniye sekunder sekuntia giây วินาที detik",
    timedelta(minutes=1): "minute minutes min mins 분 分 分钟 分鐘 minuten minuto minutos minuti minut minuty minutę minutami минуту минуты"
    " минут dakika minuter minutter minuuttia phút นาที menit",
    timedelta(
        hours=1
    ): "hour hours hr hrs h 시간 小时 小時 个小时 個小時 時間 heure heures std stunde stunden hora horas ora ore uur godz godzinę"
    " godziny godzin hodinou hodinami час часа часов saat timme timmar time timer tuntia giờ ชั่วโมง jam",
    timedelta(
        days=1
    ): "day days d 일 日 天 jour jours tag tage tagen día días dia dias giorno giorni dag dagen dagar dage dager dzień dni dnem"
    " dny день дня дней gün päivää ngày วัน hari",
}
_OF_UNIT = {word: unit for unit, words in _UNITS.items() for word in words.split()}
_NUMBERS = {
    0.5: "half a|half an|半|반",
    1: "a|an|one|한|一|un|une|uno|una|um|uma|ein|eine|einem|einer|een|en|ett|et",
    2: "two|두|两|兩|二|deux|zwei|dos|dois|duas|due|twee",
    3: "three|세|三|trois|drei|tres|três|tre|drie",
    4: "four|네|四",
    5: "five|다섯|五",
    6: "six|六",
    7: "seven|七",
    8: "eight|八",
    9: "nine|九",
    10: "ten|열|十",
}
_OF_NUMBER = {word: number for number, words in _NUMBERS.items() for word in words.split("|")}
_DAYS = {
    0: "today|오늘|今天|今日|本日|きょう|aujourd[’']hui|heute|hoy|hoje|oggi|vandaag|dziś|dzisiaj|dnes|сегодня|bugün|i\\s?dag|tänään"
    "|hôm nay|วันนี้|hari ini",
    1: "yesterday|어제|하루 전|昨天|昨日|きのう|hier|gestern|ayer|ontem|ieri|gisteren|wczoraj|včera|вчера|dün|i\\s?går|eilen|hôm qua"
    "|เมื่อวาน(?:นี้)?|kemarin",
    2: "(?:the )?day before yesterday|그저께|그제|이틀 전|前天|一昨日|おととい|avant-hier|vorgestern|anteayer|antes de ayer|anteontem"
    "|l[’']altro ieri|eergisteren|przedwczoraj|předevčírem|позавчера",
    3: "사흘 전|大前天|一昨昨日",
}
_NOW = re.compile(
    r"just now|right now|now|(?:a )?(?:few )?moments? ago|방금(?: 전)?|지금|刚刚|剛剛|刚才|たった今|à l[’']instant"
    r"|(?:gerade )?eben|jetzt|ahora(?: mismo)?|agora(?: mesmo)?|adesso|proprio ora|zojuist|przed chwilą|только что|az önce|şimdi|just nu"
    r"|vừa xong|เมื่อสักครู่",
    re.IGNORECASE,
)
_DAY = re.compile("|".join(f"(?P<d{days}>{words})" for days, words in reversed(_DAYS.items())), re.IGNORECASE)
_AT = re.compile(r"\s*,?\s*(?:(?:at|à|um|om|alle|às|as|o|в|kl\.?|klo|lúc|pukul|a las)\s+)?", re.IGNORECASE)
_OCLOCK = re.compile(r"\s*(?:uhr|h|น\.)?\s*$", re.IGNORECASE)


def _any(words: Iterable[str]) -> str:
    return f"(?:{'|'.join(sorted(words, key=len, reverse=True))})"


_SPACED = _any(word for word in _OF_NUMBER if word[0] < "\u0370")
_UNSPACED = _any(word for word in _OF_NUMBER if word[0] >= "\u0370")
_UNIT = rf"({_any(_OF_UNIT)})\.?(?![A-Za-z\u00c0-\u04ff])"
_SPAN = rf"(?:(\d{{1,3}}|{_UNSPACED})\s*|({_SPACED})(?:\s+|['’])){_UNIT}"
_ABOUT = r"(?:(?:about|around|approx\.?|약|约|約|大约|大約|environ|etwa|ca\.?|circa|cerca de|около)\s*)?"
_BEFORE = r"(?:(?P<before>il y a|vor|hace|há|för|for|před|منذ|πριν(?: από)?)\s+)?"
_AFTER = r"(?:\s*(?P<after>ago|전|前|之前|以前|fa|geleden|temu|назад|önce|sedan|siden|sitten|atrás|trước|ที่แล้ว|ที่ผ่านมา|yang lalu|lalu))?"
_AGO = re.compile(rf"{_ABOUT}{_BEFORE}{_ABOUT}(?P<spans>{_SPAN}(?:\s*(?:,|and|und|et|y|e)?\s*{_SPAN})?){_AFTER}", re.IGNORECASE)
_PARTS = re.compile(_SPAN, re.IGNORECASE)
_LONGEST = timedelta(days=366)
_SKEW = timedelta(hours=1)  # a source's clock may be ahead of ours


def ago(raw: object, zone: tzinfo, now: datetime) -> datetime | None:
    """The instant this text means when it is read `now`, in `zone`: a day at its midnight; None if it is no such text."""
    text = dates.bare(raw)
    if text is None:
        return None
    text = dates.without_label(text)
    if _NOW.fullmatch(text):
        return _here(now, zone)
    day = _DAY.match(text)
    found = _on_day(text[day.end() :], _days(day), zone, now) if day else None
    return found or _before(text, zone, now)


def _here(at: datetime, zone: tzinfo) -> datetime:
    return at.astimezone(zone).replace(microsecond=0)


def _days(found: re.Match[str]) -> int:
    return int((found.lastgroup or "d0")[1:])


def _on_day(rest: str, days: int, zone: tzinfo, now: datetime) -> datetime | None:
    """That many days before, at the time that stands behind if one does; None if anything else does."""
    day = (now.astimezone(zone) - timedelta(days=days)).date().isoformat()
    clock = _OCLOCK.sub("", _AT.sub("", rest, count=1))
    found = dates.when(f"{day} {clock}".strip(), zone)
    return found if found is not None and found < now + _SKEW else None


def _before(text: str, zone: tzinfo, now: datetime) -> datetime | None:
    found = _AGO.fullmatch(text)
    if found is None or not (found["before"] or found["after"]):
        return None
    spans = [(_number(digits or word), _OF_UNIT[unit.lower()]) for digits, word, unit in _PARTS.findall(found["spans"])]
    distance = sum((number * unit for number, unit in spans), timedelta())
    if distance > _LONGEST:
        return None
    at = _here(now - distance, zone)
    is_day = all(unit >= timedelta(days=1) for _, unit in spans)
    return datetime.combine(at.date(), time(), zone) if is_day else at


def _number(written: str) -> float:
    return _OF_NUMBER.get(written.lower()) or float(written)
