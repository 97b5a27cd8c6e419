"""What changed between two versions, as lines: additions first, the words themselves marked among those around them; pure."""

from collections.abc import Sequence

from bot.cards.card import Line, Span, line
from bot.messages import count, mark, say
from bot.model import Change, Snippet

_FIELDS = {"title": mark("title"), "summary": mark("summary"), "dates": mark("dates"), "status": mark("status"), "link": mark("link")}
Told = tuple[str, list[Line]]


def edits(changes: Sequence[Change], most: int) -> list[Told]:
    """`Added` and `Removed`, each with at most `most` lines; one that has none is left out."""
    both = [(say("Added"), [(one.field, one.added) for one in changes]), (say("Removed"), [(one.field, one.removed) for one in changes])]
    return [(what, told) for what, fields in both if (told := _lines(fields, most))]


def _lines(fields: Sequence[tuple[str, Sequence[Snippet]]], most: int) -> list[Line]:
    rows = [(field, snippet) for field, snippets in fields for snippet in snippets]
    left = len(rows) - most
    more = [line(count("and {n} more place", "and {n} more places", left))] if left > 0 else []
    return [*(_row(field, snippet) for field, snippet in rows[:most]), *more]


def _row(field: str, snippet: Snippet) -> Line:
    where = "" if field == "text" else f"{say(_FIELDS.get(field, field))}: "
    return line(f"{where}{_level(snippet.before)}", Span(text=_level(snippet.words), match=True), _level(snippet.after))


def _level(text: str) -> str:
    """Line breaks as blanks, so that a change stays on its line."""
    return text.replace("\n", " ")
