"""Which sources can bring what a query finds: told from where an item of the source would come from, whatever it says. Pure."""

from bot.model import Item, Source
from bot.watch.fields import holds_value
from bot.watch.nodes import And, Not, Or, Query, Where

# What is the same for all items of a source. Its language is not among them: a source may publish in several.
_OF_THE_SOURCE = frozenset({"country", "region", "agency", "source", "tier"})


def may_find(query: Query, source: Source) -> bool:
    """Whether some item of this source could be one that the query finds."""
    example = Item(
        id="",
        title="",
        source=source.id,
        country=source.jurisdiction,
        regions=source.regions,
        agency=source.authority.short,
        tier=source.tier,
    )
    return _may(query, example)[0]


def _may(query: Query, example: Item) -> tuple[bool, bool]:
    """Whether the query may hold for an item of the source, and whether it may not hold."""
    match query:
        case And(parts):
            found = [_may(part, example) for part in parts]
            return all(holds for holds, _ in found), any(fails for _, fails in found)
        case Or(parts):
            found = [_may(part, example) for part in parts]
            return any(holds for holds, _ in found), all(fails for _, fails in found)
        case Not(part):
            holds, fails = _may(part, example)
            return fails, holds
        case Where(field, values) if field in _OF_THE_SOURCE:
            holds = holds_value(example, field, values)
            return holds, not holds
        case _:
            return True, True
