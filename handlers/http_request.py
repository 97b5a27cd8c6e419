"""A request as it comes in over HTTP: its body and headers, read no further and waited for no longer than is allowed."""

import asyncio
from collections.abc import Mapping

from starlette.requests import ClientDisconnect, Request

BODY_SECONDS = 10.0  # within which a body has to be here


class Refused(Exception):
    """The request is not acted on; `status` is the HTTP status to answer, the text says why without repeating the request."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


async def body(request: Request, most: int, seconds: float = BODY_SECONDS) -> bytes:
    """The body of at most `most` bytes; Refused if it is larger, breaks off or dawdles."""
    read = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.stream():
                read += chunk
                if len(read) > most:
                    raise Refused(413, "the body is too large")
    except ClientDisconnect:
        raise Refused(400, "the body broke off") from None
    except TimeoutError:
        raise Refused(408, "the body did not come in time") from None
    return bytes(read)


def single(request: Request) -> Mapping[str, str]:
    """The headers; one that is given twice counts as absent, since two readers could take different ones."""
    return {name: request.headers[name] for name in request.headers if len(request.headers.getlist(name)) == 1}
