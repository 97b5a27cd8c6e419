"""A door at which equal questions that are asked at the same time are asked once, and all who asked get the one answer.

Several workspaces may have added one address; its site need not notice. Whoever gives up takes nothing from the others.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from bot.model import Validators
from bot.sources.door import LARGEST_CAP, Door, Fetched, Method, NotModified

_Question = tuple[Any, ...]


class SharedDoor:
    """Asks another door, each question that is under way already only once."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._under_way: dict[_Question, asyncio.Task[Fetched | NotModified]] = {}
        self._waiting: dict[_Question, int] = {}

    async def get(
        self,
        url: str,
        *,
        method: Method = "GET",
        query: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        validators: Validators | None = None,
        cap: int = LARGEST_CAP,
    ) -> Fetched | NotModified:
        """See Door."""
        question = (url, method, _frozen(query), _frozen(form), body, _frozen(headers), validators, cap)
        if question not in self._under_way:
            asked = self._door.get(url, method=method, query=query, form=form, body=body, headers=headers, validators=validators, cap=cap)
            self._under_way[question] = asyncio.ensure_future(asked)
        self._waiting[question] = self._waiting.get(question, 0) + 1
        try:
            return await asyncio.shield(self._under_way[question])
        finally:
            self._leave(question)

    def _leave(self, question: _Question) -> None:
        """The last one who leaves takes the question along: it is answered, or nobody wants its answer any more."""
        self._waiting[question] -= 1
        if not self._waiting[question]:
            del self._waiting[question]
            self._under_way.pop(question).cancel()


def _frozen(pairs: Mapping[str, str] | None) -> tuple[tuple[str, str], ...]:
    return tuple((pairs or {}).items())
