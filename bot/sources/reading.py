"""Asks one source of the catalogue, page by page, and keeps its key to itself."""

from bot.errors import SourceTrouble
from bot.model import Source, Validators
from bot.sources import asking, secret
from bot.sources.door import Door, Fetched, NotModified
from bot.sources.parse import CAPS


async def read(fetcher: Door, source: Source, validators: Validators | None = None) -> Fetched | NotModified:
    """What this source of the catalogue shows now, all its pages as one body; NotModified if nothing changed since `validators`.

    Nothing that comes back, trouble included, holds the source's key.
    """
    try:
        answer = await _asked(fetcher, source, asking.first(source), validators)
        if isinstance(answer, NotModified):
            return answer
        pages = await _further(fetcher, source, answer) if source.paging else []
    except SourceTrouble as trouble:
        raise secret.trouble(source, trouble) from None
    body = asking.joined([answer.body, *pages]) if pages else answer.body
    return answer.model_copy(update={"body": body, "url": secret.link(source, answer.url) or source.url})


async def _asked(
    fetcher: Door, source: Source, ask: asking.Ask, validators: Validators | None = None, *, used: int = 0
) -> Fetched | NotModified:
    return await fetcher.get(
        ask.url,
        method=ask.method,
        query=ask.query,
        form=ask.form,
        body=ask.body,
        headers=ask.headers,
        validators=validators,
        cap=CAPS[source.kind] - used,
    )


async def _further(fetcher: Door, source: Source, first: Fetched) -> list[bytes]:
    """The pages after the first, until one shows nothing new or the catalogue's limit is reached."""
    pages = [first.body]
    while (ask := asking.following(source, pages[-1], len(pages) + 1)) is not None:
        answer = await _asked(fetcher, source, ask, used=sum(map(len, pages)))
        if isinstance(answer, NotModified) or answer.body in pages or not asking.shows_entries(source, answer.body, answer.content_type):
            break
        pages.append(answer.body)
    return pages[1:]
