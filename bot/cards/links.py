"""Links that lead where their words say: spans of strangers made fit to be linked on a platform."""

from collections.abc import Iterator
from itertools import groupby

from bot.cards import plain
from bot.cards.card import Line, Span


def honest(one: Line, longest_url: int) -> Iterator[Span]:
    """The spans of a line made harmless, nothing empty among them.

    A link that may not be followed, or is longer than `longest_url`, is words only. Where words pose as another address, they are not
    linked and the true host stands beside them.
    """
    for url, linked in groupby(one, lambda span: span.url):
        yield from (span for span in _of_one_link(list(linked), url, longest_url) if span.text)


def _of_one_link(linked: list[Span], given: str | None, longest_url: int) -> list[Span]:
    """Neighbouring spans of one link, or of none."""
    clean = [span.model_copy(update={"text": plain.words(span.text), "url": None}) for span in linked]
    url = plain.address(given)
    if url is None or len(url) > longest_url:
        return clean
    if plain.poses_as_another("".join(span.text for span in clean), url):
        return [*clean, Span(text=" "), Span(text=f"({plain.host_of(url)})", url=url)]
    return [span.model_copy(update={"url": url}) for span in clean]
