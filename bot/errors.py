"""The exception tree: every error says whose move it is, in one sentence a person can read.

RegwatchError
├── UserMistake        a person typed something we cannot act on; they correct it
├── SourceTrouble      a source did not give us what it should; we wait and try again
├── PlatformTrouble    Slack or Teams answered in a way no retry can mend
├── StoreTrouble       the database cannot be used; whoever runs the bot acts
└── SettingsError      the bot was started with settings that cannot work; whoever runs it acts

Expected outcomes (not modified, try later, channel gone) are values, not exceptions.
"""

from datetime import datetime
from typing import Literal

FetchFault = Literal["blocked", "refused", "too_large", "timeout", "unreachable", "http_error", "not_a_source"]


class RegwatchError(Exception):
    """Base of all errors we raise. `sentence` is for the person, `hint` tells the operator what to do next."""

    def __init__(self, sentence: str, *, hint: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.sentence} {self.hint}".strip()


class UserMistake(RegwatchError):
    """Something a person typed cannot be understood or is not allowed; nothing was changed.

    `text` and `position` (a character index into `text`) let a renderer draw a caret under the offending place.
    """

    def __init__(self, sentence: str, *, hint: str = "", text: str = "", position: int | None = None) -> None:
        super().__init__(sentence, hint=hint)
        self.text = text
        self.position = position


class SourceTrouble(RegwatchError):
    """A source could not be read this time; what we know of it stays as it was.

    `fault` names what happened; `status` is the HTTP status if there was one; `retry_after` is when it may be asked
    again, in seconds or as a moment. `asked` is false when no request can have arrived.
    """

    def __init__(
        self,
        sentence: str,
        *,
        fault: FetchFault,
        status: int | None = None,
        url: str = "",
        retry_after: float | datetime | None = None,
        asked: bool = True,
        hint: str = "",
    ) -> None:
        super().__init__(sentence, hint=hint)
        self.asked = asked
        self.fault = fault
        self.status = status
        self.url = url
        self.retry_after = retry_after

    def wait(self, now: datetime) -> float:
        """How many seconds from now on it asks to be left alone."""
        said = self.retry_after or 0.0
        return max((said - now).total_seconds(), 0.0) if isinstance(said, datetime) else said


class PlatformTrouble(RegwatchError):
    """A chat platform refused us for a reason that trying again will not change, such as a bad token."""


class StoreTrouble(RegwatchError):
    """The database is unreachable, full, locked, read-only or damaged; nothing half-done was kept."""


class SettingsError(RegwatchError):
    """A setting or a catalogue file is wrong; raised before anything starts."""
