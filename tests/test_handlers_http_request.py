"""The body of a request over HTTP: read no further and waited for no longer than is allowed."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest
from starlette.requests import Request

from handlers import http_request


def request(*messages: MutableMapping[str, Any]) -> Request:
    """A request of which these parts arrive, and then nothing more for ever."""
    parts = iter(messages)

    async def receive() -> MutableMapping[str, Any]:
        part = next(parts, None)
        if part is None:
            await asyncio.Event().wait()
        assert part is not None
        return part

    return Request({"type": "http", "method": "POST", "headers": [(b"a", b"1"), (b"b", b"1"), (b"b", b"2")]}, receive)


def part(body: bytes, *, more: bool) -> MutableMapping[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


async def test_a_body_within_its_bounds_is_read_whole() -> None:
    assert await http_request.body(request(part(b"ab", more=True), part(b"cd", more=False)), 4) == b"abcd"


@pytest.mark.parametrize(
    ("parts", "status"),
    [([part(b"abcde", more=True)], 413), ([part(b"a", more=True)], 408), ([part(b"a", more=True), {"type": "http.disconnect"}], 400)],
    ids=["too large, however much follows", "never ends", "breaks off"],
)
async def test_a_body_out_of_bounds_is_refused(parts: list[MutableMapping[str, Any]], status: int) -> None:
    with pytest.raises(http_request.Refused) as refused:
        await http_request.body(request(*parts), 4, seconds=0.05)
    assert refused.value.status == status


def test_a_header_that_is_given_twice_counts_as_absent() -> None:
    assert dict(http_request.single(request())) == {"a": "1"}
