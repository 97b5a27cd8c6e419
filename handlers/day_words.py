"""A day as people type it: `2027-01-14`, `14 Jan 2027`, `2027. 1. 14.까지`, `in 2 weeks`, `next month`, `내일`; pure."""

import re
from datetime import date, timedelta

from bot.items import printed
from bot.watch.folding import fold

_UNITS = {**dict.fromkeys(("d", "일"), 1), **dict.fromkeys(("w", "주"), 7), **dict.fromkeys(("m", "개", "달"), 30)}
_IN = re.compile(r"(?:in\s+)?(\d{1,3})\s*(d|days?|w|weeks?|m|months?|일|주일?|개월|달)(?:\s*(?:뒤|후))?", re.IGNORECASE)
_SAID = {
    **dict.fromkeys(("tomorrow", "내일"), 1),
    **dict.fromkeys(("next week", "다음 주", "다음주"), 7),
    **dict.fromkeys(("next month", "다음 달", "다음달"), 30),
}
_AROUND = re.compile(r"^(?:until|till|to|on|by)\s+|\s*까지$", re.IGNORECASE)


def day(words: str, today: date, country: str = "") -> date | None:
    """The day that the words are, seen from today; None if they are no day, or more than one. It may be past."""
    text = _AROUND.sub("", " ".join(words.split())).strip().rstrip(".")
    if (ahead := _SAID.get(text.casefold())) is not None:
        return today + timedelta(days=ahead)
    if found := _IN.fullmatch(text):
        return today + timedelta(days=int(found[1]) * _UNITS[found[2][0].lower()])
    folded = fold(text).text
    days = printed.days(folded, printed.Writer(country=country, published=today))
    whole = len(days) == 1 and days[0].first is None and not (folded[: days[0].start] + folded[days[0].end :]).strip(" .")
    return days[0].day if whole else None
