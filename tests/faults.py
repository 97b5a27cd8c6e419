"""What a platform does to one call: the faults that the loopback Slack and the loopback Teams have in common."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Json = dict[str, Any]


@dataclass(frozen=True)
class Fault:
    """What one call meets: wait first, perhaps do what was asked, then answer, or cut the connection (status 0)."""

    status: int
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    wait: float = 0
    does_it: bool = False

    @property
    def is_open(self) -> bool:
        """Whether the answer leaves open if the platform did what was asked, as far as who called can tell."""
        return self.status == 0 or self.status >= 500


FINE = Fault(200, does_it=True)


def page(code: int, body: str = "<html>an error page</html>", content_type: str = "text/html", *, does_it: bool = False) -> Fault:
    """An answer that is not the platform's own, such as a 500 or 503; with `does_it` after doing what was asked."""
    return Fault(code, body, content_type=content_type, does_it=does_it)


def lost_reply() -> Fault:
    """Does what was asked, then cuts the connection without an answer."""
    return Fault(0, does_it=True)


def reset() -> Fault:
    """Cuts the connection without doing anything."""
    return Fault(0)


def slow(seconds: float, *, does_it: bool = True) -> Fault:
    """Answers as usual, late."""
    return Fault(200, wait=seconds, does_it=does_it)


async def met(request: web.Request, fault: Fault, act: Callable[[], web.Response]) -> web.Response:
    """The call has met the fault; `act` does what was asked and gives the platform's answer."""
    await asyncio.sleep(fault.wait)
    answer = act() if fault.does_it else web.Response()
    if fault.status == 0:
        assert request.transport is not None
        request.transport.close()
        return web.Response()
    if fault.does_it and not fault.body:
        return answer
    return web.Response(status=fault.status, text=fault.body, headers=fault.headers, content_type=fault.content_type)
