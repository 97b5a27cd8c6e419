"""What an item is, how far it has come, what it is about and which dates matter, each with the words that say so; pure.

The source leads: what it names in its own fields stands. Nothing is found by guessing; what no words say is not there.
"""

from typing import Any, NamedTuple

from bot.items import deadlines, kinds, subjects
from bot.items.kinds import Said, Title
from bot.messages import keep
from bot.model import WITHDRAWN, Deadline, Item
from bot.watch.fields import STATUSES

# Counts up whenever the same item would be found to be something else, so that what is kept is looked at again.
EDITION = 4
CONSULTATION = "consultation"


class Enriched(NamedTuple):
    """What was found of an item, each value with the words that justify it."""

    doc_type: Said
    status: Said
    country: Said
    products: tuple[Said, ...]
    deadlines: tuple[Deadline, ...]

    @property
    def why(self) -> dict[str, str]:
        """The words by what they say."""
        told = {"doc_type": self.doc_type, "status": self.status, "country": self.country}
        said = {name: one.text for name, one in told.items() if one.value}
        return said | {f"product {one.value}": one.text for one in self.products} | {f"date {one.kind}": one.text for one in self.deadlines}


def found(item: Item) -> Enriched:
    """What the words of an item say of it."""
    title = Title(item.title)
    doc_type = kinds.kind(item, title)
    status = _status(item, doc_type.value, title)
    draft = status.value == "draft" or doc_type.value == CONSULTATION
    return Enriched(doc_type, status, subjects.country(item), subjects.products(item), deadlines.deadlines(item, draft=draft))


def unread(item: Item, doc_type: str) -> Item:
    """The item as its source gave it, before its words were read; `doc_type` is what the source publishes."""
    named = tuple(one for one in item.deadlines if one.certainty == "named")
    status = item.status if item.status not in STATUSES or item.status == WITHDRAWN else None
    return item.model_copy(update={"doc_type": doc_type, "status": status, "product_types": (), "deadlines": named})


def record(deadline: Deadline) -> dict[str, Any]:
    """A deadline as the command line tells it: only what there is to say."""
    told = {
        "kind": deadline.kind,
        "date": deadline.day.isoformat(),
        "time": deadline.time and deadline.time.isoformat("minutes"),
        "from": deadline.first and deadline.first.isoformat(),
        "text": deadline.text,
        "certainty": deadline.certainty,
        "in_part": deadline.partial or None,
    }
    return {name: value for name, value in told.items() if value is not None}


def _status(item: Item, doc_type: str, title: Title) -> Said:
    if item.status == WITHDRAWN:
        return Said(WITHDRAWN, keep("its source has taken it back"))
    if item.status in STATUSES:
        return Said(item.status, keep("as its source says"))
    said = kinds.status(doc_type, title)
    return said if said.value or not item.status else Said(item.status, keep("as its source says"))


def enrich(item: Item) -> Item:
    """The item with what its words say of it. Enriching it again changes nothing."""
    said = found(item)
    values = {
        "doc_type": said.doc_type.value,
        "status": said.status.value or None,
        "product_types": item.product_types or tuple(one.value for one in said.products),
        "deadlines": said.deadlines,
    }
    return Item.trusted(item.__dict__ | values)
