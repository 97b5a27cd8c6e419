"""The words of our own lists – kinds of documents, stages, countries, months, days, how often – in the language that is spoken; pure."""

from datetime import date, datetime

from babel import Locale

from bot.messages import language, mark, say

_MONTHS = (
    mark("Jan"), mark("Feb"), mark("Mar"), mark("Apr"), mark("May"), mark("Jun"),
    mark("Jul"), mark("Aug"), mark("Sep"), mark("Oct"), mark("Nov"), mark("Dec"),
)  # fmt: skip
_KINDS = {
    "law": mark("law"),
    "regulation": mark("regulation"),
    "notice": mark("notice"),
    "guideline": mark("guideline"),
    "consultation": mark("consultation"),
    "approval": mark("approval"),
    "refusal": mark("refusal"),
    "safety_alert": mark("safety alert"),
    "recall": mark("recall"),
    "enforcement": mark("enforcement"),
    "press_release": mark("press release"),
    "speech": mark("speech"),
    "report": mark("report"),
    "meeting": mark("meeting"),
    "application_call": mark("application call"),
    "news_article": mark("news article"),
    "other": mark("other"),
}
_STAGES = {"draft": mark("draft"), "final": mark("final"), "corrected": mark("corrected"), "withdrawn": mark("withdrawn")}

_COUNTRIES = {
    "EU": mark("European Union"),
    "HK": mark("Hong Kong"),
    "INT": mark("International"),
    "MO": mark("Macao"),
}
_REGIONS = {
    "asia": mark("Asia"),
    "europe": mark("Europe"),
    "americas": mark("Americas"),
    "north_america": mark("North America"),
    "latin_america": mark("Latin America"),
    "oceania": mark("Oceania"),
    "middle_east": mark("Middle East"),
    "africa": mark("Africa"),
    "international": mark("International"),
}
_STATES = {
    "ok": mark("ok"),
    "late": mark("late"),
    "failing": mark("failing"),
    "blocked": mark("blocked"),
    "unread": mark("not read yet"),
    "disabled": mark("switched off"),
}
_DEADLINES = {
    "comments_due": mark("Comments close"),
    "effective": mark("Effective"),
    "applies_from": mark("Applies from"),
    "expires": mark("Expires"),
    "event": mark("Takes place"),
}
_PRODUCTS = {
    "small_molecule": mark("small molecule"),
    "biologic": mark("biologic"),
    "vaccine": mark("vaccine"),
    "atmp": mark("advanced therapy"),
    "biosimilar": mark("biosimilar"),
    "generic": mark("generic"),
    "device": mark("device"),
    "ivd": mark("in vitro diagnostic"),
    "digital": mark("digital health"),
    "combination": mark("combination"),
    "herbal": mark("herbal medicine"),
    "quasi_otc": mark("quasi-drug"),
    "vet": mark("veterinary"),
    "cosmetic": mark("cosmetic"),
    "food": mark("food"),
    "tobacco": mark("tobacco"),
    "blood": mark("blood product"),
    "herb_substance": mark("herbal substance"),
}
_OFTEN = {"now": mark("now"), "hourly": mark("hourly"), "daily": mark("daily"), "weekly": mark("weekly")}
_DAYS = {
    "mon": mark("mon"),
    "tue": mark("tue"),
    "wed": mark("wed"),
    "thu": mark("thu"),
    "fri": mark("fri"),
    "sat": mark("sat"),
    "sun": mark("sun"),
}


def frequency(code: str) -> str:
    """How often a place receives a watchlist."""
    return say(_OFTEN[code])


def weekday(code: str) -> str:
    """The short name of a day of the week."""
    return say(_DAYS[code])


def country(code: str) -> str:
    """The name of a jurisdiction: `South Korea`; the code itself if it has none."""
    return say(_COUNTRIES[code]) if code in _COUNTRIES else Locale.parse(language()).territories.get(code, code)


def region(code: str) -> str:
    """The name of a region of the query language: `Asia`."""
    return say(_REGIONS[code])


def state(code: str) -> str:
    """How a source fares: `blocked`."""
    return say(_STATES[code])


def deadline(code: str) -> str:
    """What happens on a deadline: `Comments close`."""
    return say(_DEADLINES[code])


def product(code: str) -> str:
    """A kind of product; one that is not ours as its source says it."""
    return say(_PRODUCTS[code]) if code in _PRODUCTS else code.replace("_", " ")


def month(number: int) -> str:
    """The short name of a month, 1 to 12."""
    return say(_MONTHS[number - 1])


def kind(code: str) -> str:
    """A kind of document, such as `press_release`, in words; one that is not ours as its source says it."""
    return say(_KINDS[code]) if code in _KINDS else code.replace("_", " ")


def stage(code: str) -> str:
    """How far a document has come; a stage that is not ours as its source says it."""
    return say(_STAGES[code]) if code in _STAGES else code.replace("_", " ")


def day(when: date | datetime) -> str:
    """A date as people write it: `16 Nov 2026`, in its own time zone."""
    return say("{day} {month} {year}", day=when.day, month=month(when.month), year=when.year)
