"""Which of the dates a text prints are deadlines, and of what kind: by the words around them, which are kept; pure.

A date without such words is none. What is counted from the day of publication (公布の日から, within 60 days of publication) is computed,
said to be so, and left out of drafts, whose own day is another than that of the rule they would become.
"""

import calendar
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import Any, NamedTuple

from bot.items import printed
from bot.items.printed import Printed, Writer
from bot.model import Deadline, DeadlineKind, FieldName, Item
from bot.watch.folding import Folded, fold, folded_lately

# How much of a long text is read: what a notice sets is said at its beginning, or with its supplementary provisions at its end.
_READ = 12_000
_AROUND = 220
# How far back the words may stand that say what a heading is about (日時, 회신기한), besides the title.
_ABOUT = 400
_MOST = 8
_NAME = re.compile(r"<([a-z]+)>")
_DIGIT = re.compile(r"\d")
# What is counted from a publication speaks of one, and may do so without a digit.
_COUNTING = (
    *("공포", "고시한", "고시된", "고시일", "고시후", "고시 후", "공고", "발령", "即日", "同日"),
    *("公布", "发布", "發布", "刊登", "印发", "预告", "公告", "告示", "発出", "通知", "公示", "公表", "掲載", "公開", "本日"),
    *("publica", "verkündung", "veröffentlichung", "comment period", "consultation period", "prazo"),
    *("pubblica", "bekanntmachung", "bekendmaking", "uitgifte"),
)
# The words of a cue are of the first script of which they hold a sign; no sentence holds them that has no such sign.
_SCRIPTS = {"hangul": re.compile(r"[\uac00-\ud7a3]"), "han": re.compile(r"[\u3041-\u30ff\u4e00-\u9fff]"), "latin": re.compile(r"[a-z]")}
_SENTENCE_END = re.compile(
    r"[。！？•◎○]|\n\s*(?:\n|(?=[-□■※ㅇ]|\d{1,2}[.)]\s))|(?<=[a-z)\]%\"”»]{3})[.?!]\s+(?=[^\d\s])|(?<=[\uac00-\ud7a3])\.(?=\s|$)(?!\s?\d)",
)
# A clause goes as far as a semicolon, a colon, a line that is labelled, or a comma before a word that begins the next one.
_CLAUSE_END = re.compile(
    r"[;:]\s(?=.{25})|[\"”»],\s|\n(?=[^\n:]{1,60}:\s)|(?:,|\s-)\s(?=(?:and|but|while|whereas|which|who|although|because|so|und|aber|wahrend|sondern|weil|obwohl|wobei|d(?:er|ie|as|essen)"
    r"|welche[rs]?|et|mais|tandis|qui|dont|y|pero|mientras|aunque|cuy[oa]s?|e|mas|enquanto|embora|ma|mentre|che|en|maar|terwijl|waarbij)\b)"
)
# What leads in the list in which a sentence is an item, and the items before it.
_LEADS = re.compile(r"([^.:;\n]{1,160}):\s*(?:[•◎○][^•◎○.:]{1,160})*[•◎○]\s*$")
_JOINED = re.compile(r"(?:\s?\([^()]{1,40}\))?,?\s(?:and|und|et|y|e|en|sowie|or|oder|ou|o|of)\s(?:[a-z]+ ){0,3}")
_EXCEPT = re.compile(r"\s*(?:다만|단,|但是?[,，]?|ただし|但し|however|except(?: that| for)?|with the exception)", re.IGNORECASE)
# The same within a sentence.
_EXCEPT_WITHIN = printed.pattern(
    r"[,;、(]\s?(?:其中|但|다만|단,|ただし|but|except(?! as )|with the exception)|시행하되|적용하되|(?<![解废免扣消排])除(?!非)"
)
_POSTPONED = printed.pattern(r"delay|postpon|defer|extend|연기|늦추|유예|연장|推迟|延后|延期|延长|延期|延長|reporte|aplaza|verschoben")
_TIME = re.compile(
    r"\s?,?\s?(?:\([^()]{1,12}\))?\s?,?\s?(?:(?:at|by|from|um|a las|ore|a) )?(午[前后後]|上午|下午|오전|오후)?\s?(\d{1,2})"
    r"(?::(\d{2})(?:\s?([ap])\.?m)?|\s?([ap])\.?m\b|\s?[時时点시]\s?(?:(\d{1,2})\s?[分분])?)"
)
_PROMULGATED = printed.pattern(
    r"(?:부\s{0,3}칙\s?(?:[<(\[]\s?(?:[가-힣]{2,12}\s?)?)?(?:제?[\d-]+호\s?,?\s?)?|(?:공포|고시|公布|发布)(?:일|日|日期)\s?:?\s?|附\s{0,3}則\s?\()$"
)
_PROMULGATES = printed.pattern(r"[^。;]{0,40}?号(?:令|函|公告)?\s?(?:[订制]定|修正|[增修]订)?\s?(?:公布|发布)")
# A time of day and a weekday may stand between the words of a cue and its date.
_CLOCK = (
    r"(?:(?:at |by )?(?:\d{1,2}(?:[:.]\d{2})? ?[ap]\.?m\.?|\d{1,2}[:.h]\d{2}|\d{1,2} ?(?:uhr|horas|h)|midnight|noon|midday"
    r"|(?:the )?(?:end|close) of (?:the day|day|business))(?: uhr| horas)?[ ,a-z()]{0,28})?"
)
# In a table, what a row is about stands in the cell before; above a date, on the line before (see _leveled).
_CELL = r"(?: {1,3}|\s?\|\s?)?"
_WEEKDAY = (
    r"(?:(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|lundi|mardi|mercredi|jeudi"
    r"|vendredi|samedi|dimanche|lunes|martes|miercoles|jueves|viernes|sabado|domingo"
    r"|(?:segunda|terca|quarta|quinta|sexta)-feira),? \(?(?:the |den |dem )?)?"
)
_UNITS = {
    **dict.fromkeys(("day", "일", "日", "天", "dia", "tag", "jour"), "day"),
    **dict.fromkeys(("week", "주", "周", "週", "星期", "週間", "woche", "semana"), "week"),
    **dict.fromkeys(("month", "개월", "월", "个月", "月", "달", "か月", "ヶ月", "ヵ月", "カ月", "箇月", "monat", "mes", "mois"), "month"),
    **dict.fromkeys(("year", "년", "年"), "year"),
}


@dataclass(frozen=True, slots=True)
class _Cue:
    """Words that make a date a deadline of this kind, or none without a kind; what is None is not looked at. They are of the `script`."""

    kind: DeadlineKind | None
    script: str
    before: re.Pattern[str] | None
    after: re.Pattern[str] | None
    beside: re.Pattern[str] | None
    clause: re.Pattern[str] | None
    unless: re.Pattern[str] | None
    unless_before: re.Pattern[str] | None
    about: re.Pattern[str] | None
    unless_about: re.Pattern[str] | None
    ranges: bool
    across: bool


@dataclass(frozen=True, slots=True)
class _Relative:
    """Words that count a deadline from the publication: the number they hold, else so many `days`. One of the `signs` stands among them."""

    kind: DeadlineKind
    signs: tuple[str, ...]
    words: re.Pattern[str]
    beside: re.Pattern[str] | None
    unless: re.Pattern[str] | None
    days: int


@dataclass(frozen=True, slots=True)
class _Cues:
    never: re.Pattern[str]
    dated: re.Pattern[str]
    moved: re.Pattern[str]
    told: re.Pattern[str]
    opens: re.Pattern[str]
    heading: re.Pattern[str]
    cues: tuple[_Cue, ...]
    relative: tuple[_Relative, ...]
    signs: frozenset[str]
    numbers: Mapping[str, int]


class _Around(NamedTuple):
    """The words around a date: its sentence, what of it stands `before` the date, and of that what is `near`: after any other date.

    `clause` is what of both sides belongs to the date: as far as a clause goes, or another date. `about` is what stands further back,
    after the title. `opened` is the day before it on which what ends on it begins; `exception` says that the sentence makes one.
    """

    sentence: str
    before: str
    near: str
    after: str
    clause: str
    about: str
    opened: date | None
    exception: bool


@lru_cache(maxsize=1)
def _cues() -> _Cues:
    """The cues that come with the package."""
    table = tomllib.loads((files("bot.items") / "data" / "deadlines.toml").read_text(encoding="utf-8"))
    never = printed.pattern(rf"(?:{'|'.join(table['never'])})$")
    numbers = {word: int(number) for number, words in table["numbers"].items() for word in words}
    relative = tuple(_counting(_spelled_out(one, table["words"]), numbers) for one in table["relative"])
    dated, opens = printed.pattern(rf"(?:{table['dated']})$"), printed.pattern(table["opens"])
    moved, told = printed.pattern(table["moved"]), printed.pattern("|".join(table["told"]))
    heading = printed.pattern(rf"(?:^|\n|[。•◎○])(?:{table['heading']}|\s*{table['label']}\s?:?)\s*$")
    cues = tuple(_cue(_spelled_out(one, table["words"])) for one in table["cue"])
    signs = frozenset(sign for one in relative for sign in one.signs)
    return _Cues(never, dated, moved, told, opens, heading, cues, relative, signs, numbers)


def _counting(table: Mapping[str, Any], numbers: Iterable[str]) -> _Relative:
    signs = tuple(fold(sign).text for sign in table["signs"])
    number = rf"(?:[a-z-]+ \()?(\d{{1,3}}|[一二三四五六七八九十两百]{{1,4}}|{'|'.join(numbers)})\)?"
    beside, unless = (printed.pattern(table[key]) if key in table else None for key in ("with", "not"))
    return _Relative(table["kind"], signs, printed.pattern(table["words"].replace("NUMBER", number)), beside, unless, table.get("days", 0))


def _spelled_out(table: Mapping[str, Any], words: Mapping[str, str]) -> dict[str, Any]:
    """The cue with the words in place of their names."""
    return {key: _NAME.sub(lambda name: words[name[1]], said) if isinstance(said, str) else said for key, said in table.items()}


def _cue(table: Mapping[str, Any]) -> _Cue:
    def compiled(key: str, end: str = "", start: str = "") -> re.Pattern[str] | None:
        return printed.pattern(f"{start}(?:{table[key]}){end}") if key in table else None

    return _Cue(
        table.get("kind"),
        next(_scripts("".join(table.get(key, "") for key in ("before", "after", "with", "clause")))),
        compiled("before", rf"{_CELL}{_CLOCK}{_WEEKDAY}$"),
        compiled("after", start=r"\)?"),
        compiled("with"),
        compiled("clause"),
        compiled("not"),
        compiled("not_before", "$"),
        compiled("about"),
        compiled("not_about"),
        table.get("range", False),
        table.get("across", False),
    )


def _scripts(text: str) -> Iterator[str]:
    """The scripts of which a sign stands in the text, in the order of _SCRIPTS."""
    return (name for name, sign in _SCRIPTS.items() if sign.search(text))


def deadlines(item: Item, *, draft: bool) -> tuple[Deadline, ...]:
    """The deadlines of an item: those its source names, then those its words state, each kind's own first.

    `draft` says that the item is not yet what its words will be.
    """
    named = tuple(one for one in item.deadlines if one.certainty == "named")
    led = {one.kind for one in named}
    found: dict[tuple[str, date], Deadline] = {}
    for one in _stated(item, draft=draft):
        if one.kind not in led:
            found.setdefault((one.kind, one.day), one)
    return (*named, *_leading(found.values(), item.published.date() if item.published else None))


def _leading(found: Iterable[Deadline], published: date | None) -> list[Deadline]:
    """What is computed gives way to what is stated of its kind; exceptions come after what they are from.

    Beside a day stated for the whole, an exception stays that begins later than the publication.
    """
    kept = list(found)
    stated = {(one.kind, one.partial) for one in kept if one.certainty != "computed"}

    def stands(one: Deadline) -> bool:
        if one.certainty != "computed" or (one.kind, False) not in stated:
            return True
        return one.partial and (one.kind, True) not in stated and published is not None and one.day > published

    return sorted(filter(stands, kept), key=lambda one: one.partial)[:_MOST]


def _stated(item: Item, *, draft: bool) -> Iterator[Deadline]:
    writer = Writer(item.language, item.country, item.published.date() if item.published else None)
    for field in ("title", "summary", "text"):
        text: str = getattr(item, field)
        if text and _may_say(text):
            title = "" if field == "title" else item.title
            yield from read(text if len(text) <= _READ else text[:_READ], field, writer, title=title, draft=draft)


def _may_say(text: str) -> bool:
    if _DIGIT.search(text):
        return True
    lowered = text.lower()
    return "年" in text or "月" in text or any(sign in lowered for sign in _COUNTING)


def read(text: str, field: FieldName, writer: Writer, *, title: str = "", draft: bool = False) -> Iterator[Deadline]:
    """The deadlines that a text under this title states, in reading order, then those it counts from its publication."""
    folded, titled = folded_lately(text), folded_lately(title).text
    dates = printed.days(folded.text, writer)
    for index, one in enumerate(dates):
        around = _around(folded.text, dates, index, titled)
        found = _judged(around, one)
        if found and not _is_over(found[0], one, writer):
            kind, ahead, behind = found
            yield Deadline(
                kind=kind,
                day=_telling(kind, one, around),
                first=_opening(kind, one, around),
                time=_time(folded.text, one) if kind not in ("effective", "applies_from") else None,
                certainty="stated" if one.whole else "inferred",
                partial=around.exception,
                **_where(text, field, folded, one.start - ahead, one.end + behind),
            )
    yield from _computed(text, field, folded, dates, writer, draft=draft)


def _is_over(kind: DeadlineKind, one: Printed, writer: Writer) -> bool:
    """Whether it was history when the text was published: a meeting that was held, a validity that ended."""
    return kind in ("event", "expires") and writer.published is not None and one.day < writer.published


def _telling(kind: DeadlineKind, one: Printed, around: _Around) -> date:
    """The day of a period that counts: what begins does so on its first, unless it is put off to the other."""
    begins = kind in ("event", "applies_from", "effective") and not _POSTPONED.search(around.sentence)
    return one.first or one.day if begins else one.day


def _opening(kind: DeadlineKind, one: Printed, around: _Around) -> date | None:
    """The day on which what ends on this one begins; none of a deadline that is put off from one day to the other."""
    ends = kind in ("comments_due", "expires") and not _POSTPONED.search(around.near)
    return one.first or around.opened if ends else None


def _where(text: str, field: FieldName, folded: Folded, start: int, end: int) -> dict[str, Any]:
    begin, stop = folded.start(start), folded.end(end)
    return {"field": field, "start": begin, "end": stop, "text": text[begin:stop]}


def _around(text: str, dates: Sequence[Printed], index: int, title: str) -> _Around:
    """What stands around a date in its sentence."""
    one = dates[index]
    low, high = max(0, one.start - _AROUND), min(len(text), one.end + _AROUND)
    start = _begins(text, low, one.start)
    start = start if text[start : one.start].strip() else _headed(text, low, one.start)
    stop = _SENTENCE_END.search(text, one.end, high)
    end = stop.start() if stop else high
    earlier = dates[index - 1] if index and dates[index - 1].end >= start else None
    following = dates[index + 1].start if index + 1 < len(dates) else end
    before = _leveled(text[start : one.start])
    near = before[earlier.end - start :] if earlier else before
    exception = bool(_EXCEPT.match(text, start) or _EXCEPT_WITHIN.search(near))
    opened = earlier.day if earlier and earlier.day < one.day and _cues().opens.search(near) else None
    after, about = text[one.end : min(end, following)], f"{title}\n{text[max(0, one.start - _ABOUT) : end]}"
    lead = _LEADS.search(text, max(0, low - _AROUND), start)
    back, ahead = near.rstrip(": "), text[one.end : _reach(text, dates[index:], end)]
    clause = f"{lead[1] if lead else ''} {_CLAUSE_END.split(back)[-1]} {_CLAUSE_END.split(ahead)[0]}"
    return _Around(text[start:end], before, near, after, clause, about, opened, exception)


def _headed(text: str, low: int, at: int) -> int:
    """Where a heading begins (施行期日, 会议时间) of which nothing but blank lines parts the date; else where the date does."""
    found = _cues().heading.search(text, low, at)
    return found.start() if found else at


def _leveled(before: str) -> str:
    """What stands before a date, with nothing but spaces between a heading, which it may end with, and the date; as long as it was."""
    words = before.rstrip()
    return words.ljust(len(before)) if "\n" in before[len(words) :] and _cues().heading.search(before) else before


def _reach(text: str, dates: Sequence[Printed], end: int) -> int:
    """Where the words end that belong to the first of these dates: before the next that is not joined to it, by `and` for instance."""
    for last, following in pairwise(dates):
        if following.start >= end or not _JOINED.fullmatch(text, last.end, following.start):
            return min(end, following.start)
    return end


def _begins(text: str, low: int, at: int) -> int:
    """Where the sentence begins in which a place stands, at the earliest `low`."""
    return max((found.end() for found in _SENTENCE_END.finditer(text, low, at)), default=low)


def _excepted(text: str, at: int) -> bool:
    """Whether the sentence in which a place stands makes an exception."""
    return bool(_EXCEPT.match(text, _begins(text, max(0, at - _AROUND), at)))


def _judged(around: _Around, one: Printed) -> tuple[DeadlineKind, int, int] | None:
    """Of what kind a date is, and how many characters before and after it say so."""
    known = _cues()
    if known.never.search(around.near) or (one.first is None and known.dated.search(around.near)):
        return None
    if known.moved.fullmatch(around.after) or known.told.match(around.after):
        return None
    scripts = frozenset(_scripts(around.sentence))
    for cue in known.cues:
        found = _fits(cue, one, around) if cue.script in scripts else None
        if found:
            return (cue.kind, *found) if cue.kind else None
    return None


def _fits(cue: _Cue, one: Printed, around: _Around) -> tuple[int, int] | None:
    """How far before and after the date the words reach that make it a deadline; None if they are not there."""
    if cue.ranges and one.first is None:
        return None
    behind = cue.after.match(around.after) if cue.after else None
    before = around.before if cue.across else around.near
    ahead = cue.before.search(before) if cue.before and (behind or not cue.after) else None
    if (cue.after and not behind) or (cue.before and not ahead):
        return None
    if not _suits(cue, around):
        return None
    return len(before) - ahead.start() if ahead else 0, behind.end() if behind else 0


def _suits(cue: _Cue, around: _Around) -> bool:
    """Whether all stands around the date that the cue wants there, and nothing that it does not."""
    sentence = around.clause if cue.clause else around.sentence
    wanted = ((cue.beside, around.sentence), (cue.clause, around.clause), (cue.about, around.about))
    unwanted = ((cue.unless, sentence), (cue.unless_before, around.before), (cue.unless_about, around.about))
    if any(words and not words.search(text) for words, text in wanted):
        return False
    return not any(words and words.search(text) for words, text in unwanted)


def _time(text: str, one: Printed) -> time | None:
    """The time of day that stands right after a date; none for the end of the day, which is meant without one."""
    found = _TIME.match(text, one.end)
    if not found:
        return None
    half, hour, minutes, english, alone, eastern = found.groups()
    past_noon = half in ("午後", "午后", "下午", "오후") or (english or alone) == "p"
    clock = int(hour) + (12 if past_noon and int(hour) < 12 else 0)
    clock = 0 if (english or alone) == "a" and clock == 12 else clock
    minute = int(minutes or eastern or 0)
    return time(clock, minute) if clock < 24 and minute < 60 else None


def _computed(text: str, field: FieldName, folded: Folded, dates: list[Printed], writer: Writer, *, draft: bool) -> Iterator[Deadline]:
    if not any(sign in folded.text for sign in _COUNTS):
        return
    signs = {sign for sign in _cues().signs if sign in folded.text}
    for one in _cues().relative:
        if (draft and one.kind == "effective") or signs.isdisjoint(one.signs):
            continue
        for found in one.words.finditer(folded.text):
            origin = _origin(folded.text, dates, found.start(), writer) if _may_count(one, folded.text, found) else None
            day = origin and (_counted(origin, found.groups("")) if found.re.groups else origin + timedelta(days=one.days))
            if day:
                place = _where(text, field, folded, found.start(), found.end())
                yield Deadline(kind=one.kind, day=day, certainty="computed", partial=_excepted(folded.text, found.start()), **place)


def _may_count(one: _Relative, text: str, found: re.Match[str]) -> bool:
    """Whether the sentence of the words that count from the publication is one that may."""
    stop = _SENTENCE_END.search(text, found.end(), found.end() + _AROUND)
    end = stop.start() if stop else found.end() + _AROUND
    sentence = text[_begins(text, max(0, found.start() - _AROUND), found.start()) : end]
    return (not one.beside or bool(one.beside.search(sentence))) and not (one.unless and one.unless.search(sentence))


def _origin(text: str, dates: list[Printed], at: int, writer: Writer) -> date | None:
    """The day from which is counted what stands at a place: of the promulgation it is headed by, else of the publication."""
    headed = [one for one in dates if _PROMULGATED.search(text[max(0, one.start - 40) : one.start])]
    if not headed and writer.published:
        return writer.published
    found = headed or [one for one in dates if _PROMULGATES.match(text, one.end)]
    return next((one.day for one in reversed(found) if one.start < at), found[0].day if found else None)


def _counted(origin: date, said: Sequence[str]) -> date | None:
    """So many days, weeks, months or years after a day, as numbers and units in turn; the day itself where nothing is counted."""
    day: date | None = origin
    for count, unit in zip(said[::2], said[1::2], strict=True):
        day = day and _after(day, _cues().numbers.get(count) or printed.number(count) if count else 0, unit)
    return day


def _after(origin: date, many: int, unit: str) -> date | None:
    match _UNITS_FOLDED.get(unit, "day"):
        case "day":
            return origin + timedelta(days=many)
        case "week":
            return origin + timedelta(weeks=many)
        case "month":
            return _months_after(origin, many)
        case _:
            return _months_after(origin, 12 * many)


def _months_after(origin: date, many: int) -> date | None:
    months = origin.year * 12 + origin.month - 1 + many
    year, month = divmod(months, 12)
    if year > origin.year + printed.MOST_YEARS_AHEAD:
        return None
    return date(year, month + 1, min(origin.day, calendar.monthrange(year, month + 1)[1]))


_COUNTS = tuple(dict.fromkeys(fold(sign).text for sign in _COUNTING))
_UNITS_FOLDED = {fold(name).text: unit for name, unit in _UNITS.items()}
