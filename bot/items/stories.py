"""The decider of stories: which items of several sources report one event, always with the reason in words; pure.

Two items are of one event when both are published under one number, lead to one address, or have one and the same telling title
within days; or when one names the number, or links to the address, under which the other is published. A wrong join is worse than
a missed one, so everything that speaks against it (other numbers, other deadlines, a correction, a title that comes back every
week) decides before anything that speaks for it. Titles are the same or not: nothing is measured, since the titles of two recalls
differ by one word.

Candidates come from an index of `marks`: what an item may be found by, a short hash each.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from typing import Literal, NamedTuple

from bot.items import numbers
from bot.items.normalise import canonical
from bot.items.numbers import Number
from bot.messages import keep
from bot.model import Item, Word
from bot.watch import text

SAME_TITLE = timedelta(days=3)
SAME_DOCKET = timedelta(days=7)
SAME_LINK = timedelta(days=30)
SAME_NUMBER = timedelta(days=45)
# A title with less says too little to name an event; a character of Han, kana or Hangul counts half a word.
LEAST_WORDS = 6.0
_MOST_CITED = 10

_FILLERS = frozenset(["a", "an", "the", "of", "for", "and", "in", "on", "to", "by", "with", "from", "at", "its", "is", "are", "as"])
# Titles with these come back every week, month or meeting.
_SERIAL = re.compile(
    r"\b(weekly|monthly|quarterly|daily|annual|week|month|list|lists|listing|updates?|bulletin|newsletter|agenda|minutes|meetings?"
    r"|calendar|digest|round-?up|highlights|summary|statistics|statement|events?|webinar|workshop|notice of availability|podcast|jobs?"
    r"|vacanc(?:y|ies)|tender)\b"
    r"|주간|월간|분기|현황|목록|명단|통계|일정\s*(?:안내|공개)|주요\s*일정|소식지|뉴스레터|동정|채용|입찰|회의록|회의\s*개최|인사발령|공지사항|주요\s*뉴스"
    r"|周报|月报|季报|名单|目录|清单|会议|招标|采购|招聘|统计|简报|批准注册|待领取|批件发布"
    r"|一覧|週報|月報|議事|会議|部会|審議会|開催|採用|入札|統計|お知らせ",
    re.IGNORECASE,
)
# What is done with a publication, as an event of its own: one side saying so and the other not makes them two.
_STEPS = {
    "correction": r"correct(?:ion|ed|ing)\b|corrigendum|erratum|정정|更正|勘误|訂正|正誤",
    "extension": r"exten(?:sion|ds?|ded|ding) (?:of )?(?:the )?(?:comment|deadline|consultation|period)|reopen|연장|延长|延期|延長",
    "delay": r"\bdelay(?:s|ed|ing)?\b|postpone|유예|연기|推迟|暂缓|施行期日の変更",
    "withdrawal": r"withdraw|rescind|revo(?:ke|cation)|철회|폐지|취소|撤回|废止|撤销|廃止|取消",
    "explanation": r"\bq ?& ?a\b|questions and answers|faq\b|webinar|briefing session"
    r"|설명회|해설서|질의응답|문답|解读|答疑|問答|解説|説明会|質疑応答",
}
_STEP = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in _STEPS.items()}
_DRAFT = re.compile(
    r"\bdraft\b|proposed|proposes|consultation|행정예고|입법예고|제정안|개정안|征求意见|草案|\(案\)|（案）|パブリック", re.IGNORECASE
)
_FINAL = re.compile(r"\bfinal(?:i[sz]e[sd]?|i[sz]ing)?\b|adopted|제정고시|개정고시|시행|正式发布|公布|制定について", re.IGNORECASE)
# What frames a title and is not of it: a tag before it, the authority that speaks, the site after a bar.
_TAG = re.compile(
    r"^\s*(?:[\[【(（〔<「]\s*(?:press release|news release|보도자료|보도참고|보도참고자료|참고|설명|해명|보도설명|報道発表|プレスリリース)"
    r"\s*[\]】)）〕>」]\s*)+",
    re.IGNORECASE,
)
_SITE = re.compile(r"\s+[|｜]\s+[^|｜]{1,60}$")

Way = Literal["number", "link", "names", "links to", "docket", "title"]
_STRENGTH: dict[Way, int] = {"number": 0, "link": 1, "names": 2, "links to": 3, "docket": 4, "title": 5}

# With these, two items are one publication, not only of one event.
_SURE: frozenset[Way] = frozenset(("number", "link"))


class Verdict(NamedTuple):
    """Whether two items report one event. `way` is what joins them, `why` says it, or what keeps them apart."""

    way: Way | None
    why: str


class Candidate(NamedTuple):
    """An item that shares a mark with another one, and the story it is of: its own id while it is alone."""

    item: Item
    story: str


class Joined(Word):
    """The item is of `story` from now on, because of `why`; `absorbed` stories end in it, each for its own reason."""

    story: str
    why: str
    absorbed: tuple[tuple[str, str], ...] = ()


class _Facts(NamedTuple):
    own: frozenset[Number]
    named: frozenset[Number]
    link: str
    cited: frozenset[str]
    title: str
    when: datetime | None


def marks(item: Item) -> frozenset[str]:
    """What the item may be found by: hashes of its numbers, address and title, and of the numbers and addresses it names."""
    facts = _facts(item)
    held = {f"number {one.mark}" for one in facts.own} | {f"names {one.mark}" for one in facts.named}
    held |= {f"link {facts.link}"} if facts.link else set()
    held |= {f"links to {one}" for one in facts.cited}
    held |= {f"title {facts.title}"} if facts.title else set()
    return frozenset(map(mark, held))


def sought(item: Item) -> frozenset[str]:
    """The marks of items that may report the same event as this one."""
    facts = _facts(item)
    wanted = {f"{kind} {one.mark}" for one in facts.own for kind in ("number", "names")} | {f"number {one.mark}" for one in facts.named}
    wanted |= {f"link {facts.link}", f"links to {facts.link}"} if facts.link else set()
    wanted |= {f"link {one}" for one in facts.cited}
    wanted |= {f"title {facts.title}"} if facts.title else set()
    return frozenset(map(mark, wanted))


def same_event(one: Item, other: Item) -> Verdict:
    """Whether two items of two sources report one event; the same answer whichever comes first."""
    if one.source == other.source:
        return Verdict(None, keep("both are of one source, which tells its publications apart itself"))
    against = _against(one, other)
    if against:
        return Verdict(None, against)
    for way in (_by_number, _by_link, _by_naming, _by_linking, _by_docket, _by_title):
        found = way(one, other)
        if found is not None:
            return found
    return Verdict(None, keep("nothing says that they report one event"))


def decide(item: Item, candidates: Iterable[Candidate], holders: Mapping[str, Collection[Item]]) -> Joined | None:
    """The story this item joins, if any. `candidates` share a mark with it; `holders` says by story who is in it already.

    An item with the address, docket or title of several items of one source is not joined by that: it comes back every week. One
    that would join stories of several official publications joins none, if it is of the press; if it is official, the one that is
    surest, and others only when it has their very number or address.
    """
    rivals = list(candidates)
    generic = _generic(item, [one.item for one in rivals])
    joins: dict[str, Verdict] = {}
    for one in sorted(rivals, key=lambda rival: rival.item.id):
        verdict = same_event(item, one.item)
        if verdict.way is None or _value(verdict.way, item, one.item) & generic or not _fits(item, holders[one.story]):
            continue
        if one.story not in joins or _strength(verdict) < _strength(joins[one.story]):
            joins[one.story] = verdict
    return _chosen(item, joins, holders)


def lead(members: Sequence[Item]) -> Item:
    """The item that leads a story: the official one that reported first, else the first. `members` stand in that order."""
    return next((one for one in members if one.tier == "official"), members[0])


def _chosen(item: Item, joins: Mapping[str, Verdict], holders: Mapping[str, Collection[Item]]) -> Joined | None:
    if not joins:
        return None
    official = [story for story in joins if any(one.tier == "official" for one in holders[story])]
    if len(official) > 1 and item.tier != "official":
        return None
    story = min(official or joins, key=lambda each: (_strength(joins[each]), each))
    absorbed, together = [], [item, *holders[story]]
    surely = {each for each in official if joins[each].way in _SURE} if joins[story].way in _SURE else set()
    for other in sorted((joins.keys() - set(official) | surely) - {story}):
        if all(_fits(one, together) for one in holders[other]):
            absorbed.append((other, joins[other].why))
            together += holders[other]
    return Joined(story=story, why=joins[story].why, absorbed=tuple(absorbed))


def _strength(verdict: Verdict) -> int:
    """How sure what joins is: the less, the surer."""
    return len(_STRENGTH) if verdict.way is None else _STRENGTH[verdict.way]


def _fits(item: Item, members: Collection[Item]) -> bool:
    """Whether nothing speaks against the item being in a story with these: no second one of its source, no other number."""
    return all(one.source != item.source and not _against(item, one) for one in members)


def _generic(item: Item, rivals: Sequence[Item]) -> frozenset[str]:
    """The addresses, dockets and titles that one source has for several items."""
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for one in {each.id: each for each in [item, *rivals]}.values():
        facts = _facts(one)
        for value in {facts.link, facts.title, *_dockets(facts)} - {""}:
            counted[value][one.source] += 1
    return frozenset(value for value, sources in counted.items() if max(sources.values()) > 1)


def _value(way: Way, one: Item, other: Item) -> frozenset[str]:
    """What two items have in common that must not be generic."""
    mine, theirs = _facts(one), _facts(other)
    match way:
        case "link" | "links to":
            return frozenset((mine.link if mine.link == theirs.link or mine.link in theirs.cited else theirs.link,))
        case "docket":
            return _dockets(mine) & _dockets(theirs)
        case "title":
            return frozenset((mine.title,))
        case _:
            return frozenset()


def _against(one: Item, other: Item) -> str:
    """What shows that two items are not of one event, "" if nothing does."""
    mine, theirs = _facts(one), _facts(other)
    ours, others = _schemes(mine.own), _schemes(theirs.own)
    for scheme in ours.keys() & others.keys():
        if not ours[scheme] & others[scheme]:
            one_number, other_number = sorted((_said(mine.own, scheme), _said(theirs.own, scheme)))
            return keep("they have other numbers: {one} and {other}", one=one_number, other=other_number)
    days, other_days = _days(one), _days(other)
    if any(days[kind].isdisjoint(other_days[kind]) for kind in days.keys() & other_days.keys()):
        return keep("their deadlines differ")
    return _other_step(one, other)


def _days(item: Item) -> dict[str, set[date]]:
    """The days that an item states, by kind; what is told from its publication is no sign of anything."""
    found: dict[str, set[date]] = {}
    for one in item.deadlines:
        if one.certainty in ("named", "stated"):
            found.setdefault(one.kind, set()).add(one.day)
    return found


def _other_step(one: Item, other: Item) -> str:
    """A correction is not what it corrects. Where the press says less than the authority, that is no difference."""
    mine, theirs = moves(one.title), moves(other.title)
    extra = (mine - theirs if other.tier == "official" else frozenset()) | (theirs - mine if one.tier == "official" else frozenset())
    if extra:
        return keep("only one of them is a {what}", what=min(extra))
    drafts = {bool(_DRAFT.search(each.title)) for each in (one, other)}
    finals = [bool(_FINAL.search(each.title)) and not _DRAFT.search(each.title) for each in (one, other)]
    return keep("one is a draft and the other is final") if len(drafts) == 2 and any(finals) else ""


@lru_cache(maxsize=4_096)
def moves(title: str) -> frozenset[str]:
    """What a title says is done with a publication: its correction, extension, delay, withdrawal or explanation."""
    return frozenset(name for name, pattern in _STEP.items() if pattern.search(title))


def _by_number(one: Item, other: Item) -> Verdict | None:
    mine, theirs = _facts(one).own, _facts(other).own
    common = sorted({*_unique(mine, theirs), *_unique(theirs, mine)})
    return Verdict("number", keep("both are {number}", number=common[0].said)) if common and _within(one, other, SAME_NUMBER) else None


def _by_link(one: Item, other: Item) -> Verdict | None:
    link = _facts(one).link
    if not link or link != _facts(other).link or not _within(one, other, SAME_LINK):
        return None
    return Verdict("link", keep("both lead to {link}", link=link))


def _by_naming(one: Item, other: Item) -> Verdict | None:
    for teller, document in _roles(one, other):
        common = _unique(_facts(document).own, _facts(teller).named | _facts(teller).own)
        if common and _within(one, other, SAME_LINK):
            return Verdict(
                "names",
                keep(
                    "{teller} names {number}, which is the publication of {publisher}",
                    teller=_name(teller),
                    number=common[0].said,
                    publisher=_name(document),
                ),
            )
    return None


def _by_linking(one: Item, other: Item) -> Verdict | None:
    for teller, document in _roles(one, other):
        link = _facts(document).link
        if link in _facts(teller).cited and _within(one, other, SAME_LINK):
            return Verdict(
                "links to",
                keep(
                    "{teller} links to {link}, the publication of {publisher}", teller=_name(teller), link=link, publisher=_name(document)
                ),
            )
    return None


def _by_docket(one: Item, other: Item) -> Verdict | None:
    common = sorted(_dockets(_facts(one)) & _dockets(_facts(other)))
    if (
        not common
        or {one.tier, other.tier} != {"official"}
        or not _within(one, other, SAME_DOCKET)
        or moves(one.title) != moves(other.title)
    ):
        return None
    return Verdict("docket", keep("both are of {docket} within {n} days", docket=common[0].removeprefix("us "), n=SAME_DOCKET.days))


def _by_title(one: Item, other: Item) -> Verdict | None:
    """One title, as dated by both; of two authorities, only when they are of one country."""
    title = _facts(one).title
    if not title or title != _facts(other).title or not (one.published and other.published) or not _within(one, other, SAME_TITLE):
        return None
    if one.tier == other.tier == "official" and one.country != other.country:
        return None
    return Verdict("title", keep("both have one title within {n} days", n=SAME_TITLE.days))


def _roles(one: Item, other: Item) -> list[tuple[Item, Item]]:
    """Who may tell of whose publication: only what an authority published is told of."""
    return sorted(
        [(teller, document) for teller, document in ((one, other), (other, one)) if document.tier == "official"],
        key=lambda pair: (pair[0].tier != "trade", pair[0].id),
    )


def _unique(own: Iterable[Number], others: Iterable[Number]) -> list[Number]:
    """The numbers in common that name one publication, in a fixed order."""
    known = {one.mark for one in others}
    return sorted(one for one in own if one.mark in known and one.scheme != "us docket")


def _dockets(facts: _Facts) -> frozenset[str]:
    return frozenset(one.mark for one in facts.own if one.scheme == "us docket")


def _schemes(own: Iterable[Number]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for one in own:
        found.setdefault(one.scheme, set()).add(one.mark)
    return found


def _said(own: Iterable[Number], scheme: str) -> str:
    return min(one.said for one in own if one.scheme == scheme)


def _within(one: Item, other: Item, span: timedelta) -> bool:
    mine, theirs = _facts(one).when, _facts(other).when
    return mine is None or theirs is None or abs(mine - theirs) <= span


def _name(item: Item) -> str:
    return item.agency or item.source


@lru_cache(maxsize=4_096)
def _facts(item: Item) -> _Facts:
    own = numbers.own(item)
    return _Facts(
        own, numbers.named(item) - own, _telling_link(item.url), _cited(item), _telling_title(item.title), item.published or item.detected
    )


def _telling_link(url: str | None) -> str:
    """The canonical address of a publication; "" for a site's front page and for lists, which are no publications."""
    link = canonical(url)
    place, _, query = link.partition("?")
    steps = [step for step in place.split("/")[1:] if step]
    if query:
        return link if any(map(str.isdecimal, query)) else ""
    return link if len(steps) >= 2 or (steps and len(steps[0]) > 25) else ""


def _cited(item: Item) -> frozenset[str]:
    """The addresses an item leads to besides its own; none if it leads to very many, as a survey of the week does."""
    links = {_telling_link(one) for one in item.mentions if "://" in one} - {"", canonical(item.url)}
    return frozenset(links) if len(links) <= _MOST_CITED else frozenset()


@lru_cache(maxsize=4_096)
def _telling_title(title: str) -> str:
    """A title in normal form without what frames it; "" for one that says too little or comes back regularly."""
    plain = _SITE.sub("", _TAG.sub("", title))
    if _SERIAL.search(plain):
        return ""
    words = [word for word in map(text.norm, text.readings(plain)[0].forms) if word not in _FILLERS]
    told = len(words) - 0.5 * sum(map(text.is_cjk, words))
    return " ".join(words) if told >= LEAST_WORDS else ""


def mark(value: str) -> str:
    """The short hash under which the index knows what an item may be found by."""
    return blake2b(value.encode(), digest_size=9).hexdigest()
