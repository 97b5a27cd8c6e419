"""Why an item came, in words: the watchlists it came for, with what matched, marked in the sentence around it; pure."""

import re
from collections.abc import Iterable, Sequence

from bot.cards import plain
from bot.cards.card import Line, Span, phrase
from bot.model import Evidence, Item

WatchlistHit = tuple[str, tuple[Evidence, ...]]
AROUND_A_MATCH = 90
MOST_SNIPPETS = 3
MOST_QUOTED = 5
_ENDS = ".!?。！？"
_SENTENCE_END = re.compile(r"[.!?。！？]\s+|[。！？\n]")


def told(item: Item, hits: Sequence[WatchlistHit]) -> list[Line]:
    """Why it came: every watchlist is named, with the words that matched for the first few."""
    every = [_reason(item, names, evidence) for evidence, names in _by_evidence(hits)]
    if len(every) <= MOST_SNIPPETS:
        return every
    rest = [name for _, names in _by_evidence(hits)[MOST_SNIPPETS:] for name in names]
    return [*every[:MOST_SNIPPETS], phrase("Also for {watchlists}", watchlists=_names(rest))]


def _by_evidence(hits: Sequence[WatchlistHit]) -> list[tuple[tuple[Evidence, ...], list[str]]]:
    """Watchlists that matched by the same words together, in the order given."""
    together: dict[tuple[Evidence, ...], list[str]] = {}
    for name, evidence in hits:
        together.setdefault(evidence, []).append(name)
    return list(together.items())


def _reason(item: Item, names: list[str], evidence: tuple[Evidence, ...]) -> Line:
    if not evidence:
        return phrase("For {watchlists}: its filters fit, no words needed", watchlists=_names(names))
    in_title = [one for one in evidence if one.field == "title"]
    if in_title:
        return phrase("For {watchlists}: the title has {words}", watchlists=_names(names), words=_quoted(in_title))
    return phrase(
        "For {watchlists}: “{sentence}”{concepts}", watchlists=_names(names), sentence=snippet(item, evidence), concepts=foreign(evidence)
    )


def _names(names: Iterable[str]) -> list[Span]:
    spans = [piece for name in names for piece in (Span(text=", "), Span(text=plain.squeezed(name), bold=True))]
    return spans[1:]


def _quoted(evidence: Sequence[Evidence]) -> list[Span]:
    """The distinct words that matched, each with its concept if that says more."""
    spans: list[Span] = []
    for one in list({each.text: each for each in evidence}.values())[:MOST_QUOTED]:
        gloss = _gloss(one)
        spans += [Span(text=", " if spans else ""), Span(text="“"), Span(text=plain.squeezed(one.text), bold=True)]
        spans.append(Span(text=f"” — {gloss}" if gloss else "”"))
    return spans


def foreign(evidence: Sequence[Evidence]) -> list[Span]:
    """The concept behind each distinct word that does not say it itself: `(분산형 임상시험 — decentralized clinical trial)`."""
    glossed = {plain.squeezed(one.text): _gloss(one) for one in evidence}
    told = [f"{word} — {gloss}" for word, gloss in glossed.items() if gloss][:MOST_QUOTED]
    return [Span(text=f" ({'; '.join(told)})")] if told else []


def _gloss(one: Evidence) -> str:
    name = (one.concept or "").replace("-", " ")
    return "" if name.casefold() == plain.squeezed(one.text).casefold() else name


def snippet(item: Item, evidence: Sequence[Evidence]) -> list[Span]:
    """The sentence around the first word that matched, with every match in it marked; just the words if they do not stand there."""
    first = evidence[0]
    text = str(getattr(item, first.field))
    if text[first.start : first.end] != first.text or not first.text:
        return [Span(text=plain.squeezed(first.text), match=True)]
    start, end = _window(text, first.start, first.end)
    spans = marked(text, start, end, [one for one in evidence if one.field == first.field])
    cut_before = text[:start].rstrip()[-1:] not in _ENDS
    cut_after = end < len(text) and text[end - 1] not in _ENDS
    return [Span(text="…" if cut_before else ""), *spans, Span(text="…" if cut_after else "")]


def _window(text: str, start: int, end: int) -> tuple[int, int]:
    """The bounds of the sentence around a match, at most 90 characters away on each side and then at a word's edge."""
    left = max(0, start - AROUND_A_MATCH)
    right = min(len(text), end + AROUND_A_MATCH)
    before = [found.end() for found in _SENTENCE_END.finditer(text, left, start)]
    after = _SENTENCE_END.search(text, end, right)
    left = before[-1] if before else _word_edge(text, left, start)
    return left, after.start() + 1 if after else _word_end(text, end, right)


def _word_edge(text: str, left: int, start: int) -> int:
    if left == 0:
        return 0
    space = text.find(" ", left, start)
    return space + 1 if space >= 0 else left


def _word_end(text: str, end: int, right: int) -> int:
    if right == len(text):
        return right
    space = text.rfind(" ", end, right)
    return space if space >= 0 else right


def marked(text: str, start: int, end: int, evidence: Iterable[Evidence]) -> list[Span]:
    """The stretch of a text as spans, those of the evidence marked; evidence that is not in the text is passed over."""
    spans: list[Span] = []
    at = start
    for one in sorted(evidence, key=lambda each: (each.start, each.end)):
        if text[one.start : one.end] == one.text and at <= one.start < one.end <= end:
            spans += [Span(text=plain.squeezed(text[at : one.start])), Span(text=plain.squeezed(one.text), match=True)]
            at = one.end
    return [span for span in [*spans, Span(text=plain.squeezed(text[at:end]))] if span.text]


def quotes_summary(hits: Sequence[WatchlistHit]) -> bool:
    """Whether words of the summary are shown as those that matched."""
    return any(found and found[0].field == "summary" and not any(one.field == "title" for one in found) for _, found in hits)
