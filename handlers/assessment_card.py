"""What people decided about an item, as answers show it: the history, and buttons for what may be decided next."""

from collections.abc import Sequence

from bot.cards import alert
from bot.cards.card import Button, Line, Span, line
from bot.items.assessing import STATUSES, told
from bot.messages import say
from bot.model import Assessment, Decision, Item, Status
from handlers.grammar import Request
from handlers.times import moment

MOST_HISTORY = 12
_NEXT: dict[Status, Status] = {
    "new": "relevant",
    "relevant": "assessing",
    "deferred": "assessing",
    "assessing": "action",
    "action": "closed",
}


def steps(item: Item, one: Assessment) -> tuple[Button, ...]:
    """Buttons for what may be decided next."""
    short = alert.short(item.id)
    following = _NEXT.get(one.status)
    word = STATUSES[following] if following else ""
    made = [Button(label=say(word), action="status", value=f"{short} {word.casefold()}")] if following else []
    return (
        *made,
        Button(label=say("Other status"), action="status", value=short, form=True),
        Button(label=say("Assign"), action="assign", value=short, form=True),
        Button(label=say("Details"), action="item", value=short),
    )


def history(decisions: Sequence[Decision], request: Request) -> tuple[Line, ...]:
    """The decisions, with who took them and when, the last one last."""
    if not decisions:
        return ()
    head = line(Span(text=say("Decisions:"), bold=True))
    return (
        head,
        *(line(f"{moment(one.at, request)} – {one.by_name or say('someone')} – {told(one)}") for one in decisions[-MOST_HISTORY:]),
    )
