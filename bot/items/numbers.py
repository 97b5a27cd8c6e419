"""The numbers under which authorities publish, as they and the press write them → one spelling each; pure.

A number of a docket, a law that is being amended or an ICH code does not name one publication and is none of these, except that
a docket is told apart as such. Numbers that count anew each year carry the year of the item.
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from bot.items.normalise import normal
from bot.model import Item

_DIGIT = re.compile(r"\d")
# Where numbers are looked for in a long text: what a notice or an article is about stands at its beginning.
_READ = 4_000


class Number(NamedTuple):
    """`scheme` is who counts, `mark` the number in one spelling, `said` as it was written. `year` is 0 when it says none."""

    scheme: str
    mark: str
    said: str
    year: int = 0


class Document(NamedTuple):
    """A document as its number names it, whichever step of it: `mark` in one spelling, `said` as it was written, and which `revision`."""

    mark: str
    said: str
    revision: int = 0


_AGENCIES = {
    "mfds": ("식품의약품안전처", "식약처", "mfds"),
    "nifds": ("식품의약품안전평가원", "nifds"),
    "mohw": ("보건복지부", "복지부", "mohw"),
    "kdca": ("질병관리청", "질병청", "kdca"),
    "cde": ("国家药品监督管理局药品审评中心", "国家药监局药审中心", "药品审评中心", "药审中心", "cde"),
    "cmde": ("国家药监局器审中心", "医疗器械技术审评中心", "器审中心", "cmde"),
    "nmpa": ("国家药品监督管理局", "国家药监局", "nmpa"),
    "nhc": ("国家卫生健康委员会", "国家卫生健康委", "国家卫健委", "nhc"),
    "nhsa": ("国家医疗保障局", "国家医保局", "nhsa"),
    "samr": ("国家市场监督管理总局", "市场监管总局", "samr"),
}
_BY_NAME = {name: code for code, names in _AGENCIES.items() for name in names}
_AGENCY = re.compile("|".join(sorted((re.escape(name) for name in _BY_NAME if not name.isascii()), key=len, reverse=True)))
_LOCAL = re.compile(r"[\u4e00-\u9fff]{2,3}[省市](?:药品监督管理局|药监局)")

_KOREAN = re.compile(r"(고시|공고|예규|훈령)\s*\(?\s*제?\s*(20\d\d)\s*[-‐-―]\s*(\d{1,4})\s*호")
_KOREAN_ENGLISH = re.compile(r"\b(MFDS|MOHW)\s+Notification\s+(?:No\.?|#)\s*(20\d\d)\s*[-‐-―]\s*(\d{1,4})\b", re.IGNORECASE)
_KOREAN_LAW = re.compile(r"(법률|대통령령|총리령|보건복지부령)\s*제\s*(\d{3,6})\s*호")
_CHINESE = re.compile(r"(公告|通告|令)?\s*[（(\[【〔]?\s*(20\d\d)\s*年\s*第\s*(\d{1,4})\s*号\s*[）)\]】〕]?\s*(公告|通告|令)?")
_CHINESE_LETTER = re.compile(r"([\u4e00-\u9fff]{3,12})\s*[〔\[［（(【]\s*(20\d\d)\s*[〕\]］）)】]\s*第?\s*(\d{1,4})\s*号")
_JAPANESE = re.compile(r"([医薬保健感厚障老][\u4e00-\u9fff]{1,7}発)\s*(\d{4})\s*第\s*(\d{1,3})\s*号")
_JAPANESE_ORDER = re.compile(r"(厚生労働省(?:告示|令))\s*第\s*(\d{1,4})\s*号")
_TAIWANESE = re.compile(r"((?:衛授|部授|署授)食字|FDA[藥器食]字)第\s*(\d{9,10})\s*號")
_FEDERAL_REGISTER = re.compile(
    r"(?:FR\s+Doc\.?\s*(?:No\.?\s*)?|federalregister\.gov/(?:d/|documents/\d{4}/\d\d/\d\d/))(20\d\d)-(\d{5})", re.IGNORECASE
)
_FEDERAL_KEY = re.compile(r"(20\d\d)-(\d{5})")
_DOCKET = re.compile(r"\b(FDA|CMS|DEA|HHS)[-‐-―](20\d\d|19\d\d)[-‐-―]([A-Z]{1,2})[-‐-―](\d{2,5})\b")
_RECALL = re.compile(r"\b([DZFB])-(\d{4})-(20\d\d)\b")
_EMA = re.compile(r"\bEMA(?:/[A-Z]{2,8}){0,4}/(\d{3,7})/((?:19|20)\d\d)\b")
_MDCG = re.compile(r"\bMDCG\s*(20\d\d)\s*[-‐-―]\s*(\d{1,2})(?:\s*,?\s*rev(?:ision)?\.?\s*(\d))?", re.IGNORECASE)
_ICH = re.compile(
    r"\bICH\s+(?:(?:harmonised|tripartite|guideline|topic)\s+)*([QSEM]\d{1,2}[A-F]?)(?:\s?\(R(\d)\))?(?![\w/])|\b([QSEM]\d{1,2}[A-F]?)\s?\(R(\d)\)"
)
_REVISION = re.compile(r"\brev(?:ision)?\.?\s*(\d{1,2})\b", re.IGNORECASE)
_ERA_YEAR = re.compile(r"令和\s*(\d{1,2}|元)\s*年[^。]{0,12}$")
_EU_ACT = re.compile(r"\((EU|EC)\)\s*(?:No\.?\s*)?(20\d\d)/(\d{1,5})\b")
_MHRA = re.compile(r"\b(EL)\s?\((\d\d)\)\s?A/(\d{1,3})\b|\b(DSI)/(20\d\d)/(\d{1,3})\b|\b(NatPSA)/(20\d\d)/(\d{1,3})\b", re.IGNORECASE)
_WHO = re.compile(r"Medical Product Alert\s+N\s?[°ºo.]*\s*(\d{1,2})\s*/\s*(20\d\d)", re.IGNORECASE)


def own(item: Item) -> frozenset[Number]:
    """The numbers an item is published under, by its title, key, address and the numbers its source gives with it."""
    given = [one for one in item.mentions if "://" not in one]
    written = " \n ".join([item.title, *given])
    found = [*_in(written, item), *_federal(item)]
    return frozenset(one for one in found if _is_recent(one, item))


def named(item: Item) -> frozenset[Number]:
    """The numbers that an item's summary and text name; none of a scheme when several are named: then it is about none of them."""
    found = [one for one in _in(f"{item.summary[:_READ]} \n {item.text[:_READ]}", item) if _is_recent(one, item)]
    by_scheme: dict[str, set[str]] = {}
    for one in found:
        by_scheme.setdefault(one.scheme, set()).add(one.mark)
    return frozenset(one for one in found if len(by_scheme[one.scheme]) == 1)


def documents(item: Item) -> frozenset[Document]:
    """The documents that an item may be a step of, by its title and the numbers its source gives with it; what a petition asks is none."""
    written = " \n ".join([item.title, *(one for one in item.mentions if "://" not in one)])
    plain = written if written.isascii() else normal(written)
    revised = _REVISION.search(plain)
    revision = int(revised[1]) if revised else 0
    found = {Document(one.mark, one.said) for one in _american(plain, item) if one.scheme == "us docket" and "-P-" not in one.mark}
    found |= {Document(one.mark, one.said, revision) for one in _european(plain, item) if one.scheme == "eu ema"}
    found |= set(map(_mdcg, _MDCG.finditer(plain)))
    return frozenset(found | {Document(f"ich {code}", f"ICH {code}", revision) for code in map(_ich, _ICH.finditer(plain))})


def _mdcg(found: re.Match[str]) -> Document:
    name = f"{found[1]}-{int(found[2])}"
    return Document(f"eu mdcg {name}", f"MDCG {name}", int(found[3] or 0))


def _ich(found: re.Match[str]) -> str:
    code, revised = found[1] or found[3], found[2] or found[4]
    return f"{code}(R{revised})" if revised else code


def cited(item: Item) -> frozenset[Number]:
    """Every number that an item gives or names, of whichever year: what it corrects or withdraws may be old."""
    return frozenset(_in(" \n ".join([item.title, *item.mentions, item.summary[:_READ], item.text[:_READ]]), item))


def _is_recent(number: Number, item: Item) -> bool:
    """Whether the number is of the item's year or the one before: older ones are those of what is amended, cited or explained."""
    moment = item.published or item.detected
    return number.year == 0 or moment is None or 0 <= moment.year - number.year <= (1 if moment.month <= 3 else 0)


def _in(text: str, item: Item) -> list[Number]:
    """The numbers in a text. Each reader looks for a plain sign of its own first: most texts hold none, and expressions are slow."""
    plain = text if text.isascii() else normal(text)
    return [one for read in _READERS for one in read(plain, item)] if _DIGIT.search(plain) else []


def _korean(text: str, item: Item) -> Iterator[Number]:
    if "호" in text:
        for found in _KOREAN.finditer(text):
            agency = _agency(text, found.start(), item)
            if agency:
                yield _number(f"kr {agency} {found[1]}", found[2], found[3], found[0], int(found[2]))
        for found in _KOREAN_LAW.finditer(text):
            yield _number(f"kr {found[1]}", "", found[2], found[0])
    for found in _KOREAN_ENGLISH.finditer(text) if "notification" in text.lower() else ():
        yield _number(f"kr {found[1].lower()} 고시", found[2], found[3], found[0], int(found[2]))


def _chinese(text: str, item: Item) -> Iterator[Number]:
    if "号" not in text:
        return
    for found in _CHINESE.finditer(text):
        kind, agency = found[1] or found[4], _agency(text, found.start(), item)
        if kind and agency:
            yield _number(f"cn {agency} {kind}", found[2], found[3], found[0], int(found[2]))
    for found in _CHINESE_LETTER.finditer(text):
        yield _number(f"cn {found[1]}", found[2], found[3], found[0], int(found[2]))


def _japanese(text: str, item: Item) -> Iterator[Number]:
    if "号" not in text:
        return
    moment = item.published or item.detected
    year = str(moment.year) if moment else ""
    for found in _JAPANESE.finditer(text):
        era = _ERA_YEAR.search(text, max(0, found.start() - 30), found.start())
        dated = str(2018 + (1 if era[1] == "元" else int(era[1]))) if era else year
        yield _number(f"jp {found[1]}", f"{dated}.{found[2]}", found[3], found[0])
    for found in _JAPANESE_ORDER.finditer(text):
        yield _number(f"jp {found[1]}", year, found[2], found[0])


def _taiwanese(text: str, _: Item) -> Iterator[Number]:
    for found in _TAIWANESE.finditer(text) if "號" in text else ():
        yield _number(f"tw {found[1]}", "", found[2], found[0])


def _american(text: str, _: Item) -> Iterator[Number]:
    for found in _FEDERAL_REGISTER.finditer(text) if "FR" in text or "federalregister" in text else ():
        yield _number("us federal register", found[1], found[2], f"Federal Register {found[1]}-{found[2]}", int(found[1]))
    for found in _DOCKET.finditer(text) if any(one in text for one in ("FDA", "CMS", "DEA", "HHS")) else ():
        yield Number("us docket", f"us docket {found[1]}-{found[2]}-{found[3]}-{int(found[4])}", f"docket {found[0]}")
    for found in _RECALL.finditer(text) if "-20" in text else ():
        yield _number(f"us recall {found[1]}", found[3], found[2], f"recall {found[0]}")


def _european(text: str, _: Item) -> Iterator[Number]:
    for found in _EMA.finditer(text) if "EMA/" in text else ():
        yield _number("eu ema", found[2], found[1], found[0])
    low = text.lower()
    for found in _MDCG.finditer(text) if "mdcg" in low else ():
        yield _number("eu mdcg", found[1], f"{found[2]}.{found[3] or 0}", found[0])
    for found in _EU_ACT.finditer(text) if "(E" in text else ():
        yield _number("eu act", found[2], found[3], found[0], int(found[2]))
    for found in _MHRA.finditer(text) if any(one in low for one in ("a/", "dsi/", "natpsa/")) else ():
        name, year, number = [part for part in found.groups() if part]
        yield _number(f"gb {name.lower()}", year[-2:], number, found[0])
    for found in _WHO.finditer(text) if "/20" in text else ():
        yield _number("who alert", found[2], found[1], found[0], int(found[2]))


_READERS: tuple[Callable[[str, Item], Iterator[Number]], ...] = (_korean, _chinese, _japanese, _taiwanese, _american, _european)


def _federal(item: Item) -> Iterator[Number]:
    """The number of a document of the Federal Register, which its address or, for documents from there, its key is."""
    url = item.url or ""
    yield from _american(url, item)
    found = _FEDERAL_KEY.fullmatch(item.key)
    if found and "federalregister.gov/" in url:
        yield _number("us federal register", found[1], found[2], f"Federal Register {item.key}", int(found[1]))


def _number(scheme: str, year: str, number: str, said: str, of_year: int = 0) -> Number:
    counted = ".".join(str(int(part)) if part.isdecimal() else part for part in number.split("."))
    return Number(scheme, f"{scheme} {year}-{counted}", " ".join(said.split()).strip(" （(【[〔"), of_year)


def _agency(text: str, before: int, item: Item) -> str:
    """Who counts: the first authority named in the line before the number, else the item's own if it is official; "" if unknown."""
    line = text[max(text.rfind("\n", 0, before) + 1, before - 200) : before]
    found = _AGENCY.search(line)
    if found:
        return _BY_NAME[found[0]]
    if item.tier != "official" or _LOCAL.search(line):
        return ""
    return _BY_NAME.get(item.agency.casefold(), "")
