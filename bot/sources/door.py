"""The port to the web: what the rest of the bot asks of an HTTP client, and the two good answers it may get. No I/O."""

from collections.abc import Mapping
from typing import Literal, Protocol

from bot.model import Validators, Word

LARGEST_CAP = 25_000_000

Method = Literal["GET", "POST"]


class Fetched(Word):
    """One good answer: `url` is where it came from in the end, `max_age` in seconds is how long it says it stays good."""

    status: int
    body: bytes
    url: str
    content_type: str = ""
    validators: Validators = Validators()
    max_age: float | None = None


class NotModified(Word):
    """The server says nothing changed since the validators it was asked with."""

    validators: Validators = Validators()
    max_age: float | None = None


class Door(Protocol):
    """What the rest of the bot asks of an HTTP client."""

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
        """The answer of this address, at most `cap` bytes inflated; SourceTrouble for everything that is not a good answer.

        A POST sends `body` as it is, else `form` as a form.
        """
        ...
