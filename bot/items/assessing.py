"""What people decided about an item: the log of their decisions → where the assessment stands; pure."""

from collections.abc import Iterable
from datetime import datetime
from typing import TypeGuard

from bot.messages import again, keep, mark, say
from bot.model import Assessment, Decision, Impact, Status
from bot.wordlist import day

STATUSES: dict[Status, str] = {
    "new": mark("New"),
    "relevant": mark("Relevant"),
    "not_relevant": mark("Not relevant"),
    "assessing": mark("Assessing"),
    "action": mark("Action"),
    "deferred": mark("Deferred"),
    "closed": mark("Closed"),
}
"""Every status in the order of the work, and what it is called in the catalogue of messages."""
IMPACTS: dict[Impact, str] = {
    "none": mark("none"),
    "low": mark("low"),
    "medium": mark("medium"),
    "high": mark("high"),
    "critical": mark("critical"),
}
"""How great an impact can be, the least first, and what that is called in the catalogue of messages."""
OPEN: tuple[Status, ...] = ("relevant", "assessing", "action", "deferred")
"""The statuses in which somebody still has something to do."""


def standing(decisions: Iterable[Decision]) -> Assessment:
    """Where it stands after these decisions, the oldest first; each says one thing, so two at the same moment lose nothing."""
    stands = Assessment()
    kept = tuple(decisions)
    for one in kept:
        stands = stands.model_copy(update=_said_by(one))
    return stands.model_copy(update={"decisions": kept})


def _said_by(one: Decision) -> dict[str, object]:
    match one.what:
        case "status":
            return {"status": one.status, "reason": one.reason, "until": one.until}
        case "impact":
            return {"impact": one.status}
        case "owner":
            return {"owner": one.owner, "owner_name": one.owner_name}
        case _:
            return {}


def is_status(value: str) -> TypeGuard[Status]:
    """Whether it is a status, and no impact."""
    return value in STATUSES


def is_open(one: Assessment) -> bool:
    """Whether somebody still has something to do: also with what was put back to New, by a person or on its day."""
    return one.status in OPEN or (one.status == "new" and any(each.what == "status" for each in one.decisions))


def returned(decisions: Iterable[Decision], now: datetime) -> Decision | None:
    """The decision that a deferred item, its day come, stands where it stood before; None if it is not deferred.

    What was nobody's business before it was deferred is New again.
    """
    log = tuple(decisions)
    stands = standing(log)
    if stands.status != "deferred" or stands.until is None:
        return None
    before = [one.status for one in log if one.what == "status" and one.status != "deferred"]
    status = before[-1] if before and before[-1] in OPEN else "new"
    about = {"workspace": log[-1].workspace, "item": log[-1].item, "what": "status", "by": "", "by_name": "Regwatch", "at": now}
    return Decision.model_validate(about | {"status": status, "reason": keep("deferred until {day}", day=stands.until.isoformat())})


def said(one: Assessment) -> str:
    """`Not relevant: a duplicate · owner ana`; "" for an item nobody decided about."""
    if not one.decisions:
        return ""
    why = f": {again(one.reason)}" if one.reason else ""
    until = say(" until {day}", day=day(one.until)) if one.until else ""
    owner = say(" · owner {name}", name=one.owner_name) if one.owner_name else ""
    impact = say(" · impact {level}", level=say(IMPACTS[one.impact])) if one.impact else ""
    return f"{say(STATUSES[one.status])}{until}{why}{impact}{owner}"


def told(one: Decision) -> str:
    """One decision as the history tells it, without who and when."""
    if one.what == "note":
        return say("note: {words}", words=one.reason)
    if one.what == "owner":
        return say("owner {name}", name=one.owner_name) if one.owner_name else say("no owner any more")
    if is_status(one.status):
        return said(Assessment(status=one.status, reason=one.reason, until=one.until, decisions=(one,)))
    level = next(name for impact, name in IMPACTS.items() if impact == one.status)
    return say("impact {level}", level=say(level)) + (f": {again(one.reason)}" if one.reason else "")
