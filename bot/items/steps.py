"""Which items are steps of one document – its draft, its final form, a correction, its withdrawal – and why we believe so; pure.

Within one authority, two items are of one document when their titles have one subject; when both bear the number of the document (a
docket, an ICH code, a number of EMA or MDCG), whatever its revision; or when the later one corrects, withdraws, extends or puts off what it
names by number. A wrong step is worse than a missed one: another year, another authority, another annex is another document.
"""

import re
from collections.abc import Iterable
from typing import Literal, NamedTuple

from bot import wordlist
from bot.items import numbers
from bot.items.lifecycle import subject
from bot.items.stories import mark, moves
from bot.messages import say
from bot.model import WITHDRAWN, Item
from bot.watch.folding import fold

Way = Literal["subject", "number", "names"]
# Only such documents have steps: two recalls or articles under one number are no drafts of each other.
_LIVING = frozenset(("guideline", "notice", "regulation", "law", "consultation"))
# What is under the number of a document and not the document itself.
_PART = re.compile(
    r"\b(?:annex|appendix|addendum|module|part)\s*[\divx]*\b|\bq\s?&\s?as?\b|\bquestions and answers\b|\btraining\b"
    r"|\b(?:overview|summary) of comments\b|\binformation collection\b|\b(?:meeting|workshop|webinar)\b"
    r"|(?:附件|附録|別添|별표|부록|별첨)\s?\d*|질의응답|문답|问答|質疑応答",
    re.IGNORECASE,
)
_CHANGES = frozenset(("correction", "extension", "delay", "withdrawal"))


class Step(NamedTuple):
    """Another step of the same document, and by which `way` it was told: what it `said`, as it was written."""

    item: Item
    way: Way
    said: str


def marks(item: Item) -> frozenset[str]:
    """What other steps may find the item by: hashes of the numbers of its document."""
    return frozenset(mark(f"document {one.mark}") for one in numbers.documents(item)) if is_living(item) else frozenset()


class Sought(NamedTuple):
    """How other steps are found: by the subject that their titles hold, "" for none, and by marks of which they have one."""

    subject: str
    marks: frozenset[str]


def sought(item: Item) -> Sought:
    """How items are found that may be steps of the same document as this one."""
    if not is_living(item):
        return Sought(subject(item.title), frozenset())
    own = numbers.own(item)
    wanted = {f"number {one.mark}" for one in own | numbers.cited(item)} | {f"names {one.mark}" for one in own}
    wanted |= {f"number {one.mark}" for one in numbers.documents(item)}
    return Sought(subject(item.title), marks(item) | {mark(one) for one in wanted})


def steps(item: Item, others: Iterable[Item]) -> list[Step]:
    """Those of the others that are steps of the same document, in the order they were published."""
    told = [found for one in others if one.id != item.id and one.agency == item.agency and (found := _together(item, one))]
    return sorted(told, key=lambda each: when(each.item))


def is_living(item: Item) -> bool:
    """Whether it is a document that has steps."""
    return item.doc_type in _LIVING and item.tier != "trade"


def when(item: Item) -> float:
    """The moment by which steps are put in order."""
    moment = item.published or item.detected
    return moment.timestamp() if moment else 0.0


def because(step: Step) -> str:
    """Why we believe that it is a step of the same document, in the language that is spoken."""
    match step.way:
        case "subject":
            return say("the titles of both are of “{subject}”", subject=step.said[:200])
        case "number":
            return say("both bear the number {number}", number=step.said)
        case _:
            return say("one names the other by its number, {number}", number=step.said)


def relation(later: Item, earlier: Item) -> str:
    """What the later of two steps is to the earlier one, in the language that is spoken."""
    moment = earlier.published or earlier.detected
    day = wordlist.day(moment) if moment else "?"
    was_draft = earlier.status == "draft" or earlier.doc_type == "consultation"
    if later.status == WITHDRAWN:
        return say("Withdrawal of the publication of {day}", day=day)
    if later.status == "corrected":
        return say("Correction of the publication of {day}", day=day)
    if "extension" in moves(later.title):
        return say("Extension of the publication of {day}", day=day)
    is_draft = later.status == "draft" or later.doc_type == "consultation"
    if is_draft and was_draft:
        return say("Another draft after that of {day}", day=day)
    if is_draft:
        return say("Draft of a revision of the publication of {day}", day=day)
    return say("Final of the draft of {day}", day=day) if was_draft else say("New edition of the publication of {day}", day=day)


def _together(item: Item, other: Item) -> Step | None:
    # Two reports of one step are no two steps.
    same_step = (item.doc_type, item.status) == (other.doc_type, other.status)
    mine = fold(subject(item.title)).text
    if mine and mine == fold(subject(other.title)).text:
        return None if same_step else Step(other, "subject", subject(other.title))
    if not (is_living(item) and is_living(other)):
        return None
    if _parts(item) == _parts(other) and (shared := _shared(item, other, same_step=same_step)):
        return Step(other, "number", shared)
    earlier, later = sorted((item, other), key=when)
    named = _named(later, earlier) if _changes_another(later) else ""
    return Step(other, "names", named) if named else None


def _parts(item: Item) -> frozenset[str]:
    return frozenset("".join(found[0].casefold().split()) for found in _PART.finditer(item.title))


def _shared(item: Item, other: Item, *, same_step: bool) -> str:
    """The number of the document that both bear, as it is written; of one step only where it is another revision."""
    theirs = {one.mark: one for one in numbers.documents(other)}
    both = [(one, theirs[one.mark]) for one in sorted(numbers.documents(item)) if one.mark in theirs]
    return next((mine.said for mine, yours in both if not same_step or mine.revision != yours.revision), "")


def _changes_another(item: Item) -> bool:
    """Whether it says of itself that it changes what was published before."""
    return item.status in ("corrected", WITHDRAWN) or bool(moves(item.title) & _CHANGES)


def _named(later: Item, earlier: Item) -> str:
    """The number of the earlier one that the later one names, as it is written there."""
    own = {one.mark for one in numbers.own(earlier)}
    return next((one.said for one in sorted(numbers.cited(later)) if one.mark in own and one.scheme != "us docket"), "")
