"""Where in its life a document stands, and what its title is of without the marks of its step; pure.

A draft and what became of it have one title but for the marks: 「…」 일부개정고시(안) 행정예고 and 「…」 일부개정고시.
"""

import re
from datetime import date

from bot.messages import mark
from bot.model import WITHDRAWN, Item

_NAMED = re.compile(r"[「『《“\"]([^」』》”\"]{8,})[」』》”\"]")
_MARKS = re.compile(
    r"[（(\[【]\s*(?:안|案|草案|征求意见稿|征求意見稿|试行|試行|draft|final|revised|corrected|withdrawn)\s*[）)\]】]"
    r"|^\s*(?:draft|final|correction|withdrawal)\s*(?:guidance|guideline|rule)?\s*[:–-]\s*|\s*[-–]\s*(?:draft|final|step \d[ab]?)\s*$",
    re.IGNORECASE,
)
_LONG_ENOUGH = 8
_LONG_ENOUGH_IN_LATIN = 20


def subject(title: str) -> str:
    """What a title is of, without the marks of its step; "" if that is too short to be of one document only."""
    named = _NAMED.search(title)
    plain = _MARKS.sub(" ", named[1] if named else title.partition(";")[0])
    found = " ".join(plain.split())
    return found if len(found) >= (_LONG_ENOUGH_IN_LATIN if found.isascii() else _LONG_ENOUGH) else ""


def stage(item: Item, today: date) -> str:
    """Where it stands on that day, as a text of the catalogue; "" for what has no such life, as news."""
    closes = max((one.day for one in item.deadlines if one.kind == "comments_due"), default=None)
    begins = min((one.day for one in item.deadlines if one.kind in ("effective", "applies_from") and not one.partial), default=None)
    ends = max((one.day for one in item.deadlines if one.kind == "expires"), default=None)
    if item.status in (WITHDRAWN, "corrected"):
        return item.status
    if item.status == "draft" or item.doc_type == "consultation":
        return "draft" if closes is None else mark("open for comments") if closes >= today else mark("consultation closed")
    if item.status != "final":
        return ""
    if ends is not None and ends < today:
        return mark("final, expired")
    return "final" if begins is None else mark("final, in force") if begins <= today else mark("final, not in force yet")
