"""How a source fares: (state, what this poll brought, now) → the next state, with when to look again. Pure.

Waiting follows the source: its own interval, longer when it says so (Cache-Control, Retry-After) or keeps failing.
"""

import zlib
from datetime import datetime, timedelta

from bot.errors import SourceTrouble
from bot.model import Source, SourceState, Validators

LONGEST_WAIT = timedelta(hours=6)
# Polls of sources with one interval are spread over a tenth of it, each source always at its own point.
_SPREAD = 10


def went_well(
    source: Source, state: SourceState, now: datetime, validators: Validators, body_hash: str, max_age: float | None
) -> SourceState:
    """The source answered: its validators are kept, troubles are over, and it is due after its interval or what it asked for."""
    wait = source.interval if max_age is None else max(source.interval, min(timedelta(seconds=max_age), LONGEST_WAIT))
    return state.model_copy(
        update={
            "etag": validators.etag,
            "last_modified": validators.last_modified,
            "body_hash": body_hash,
            "next_poll": now + wait + _jitter(source),
            "failures": 0,
            "last_polled": now,
            "last_success": now,
            "trouble": "",
            "fault": "",
            "trouble_since": None,
            "polls": state.polls + 1,
        }
    )


def went_wrong(source: Source, state: SourceState, trouble: SourceTrouble, now: datetime) -> SourceState:
    """The source failed: what we know stays, and it is tried again after a doubling wait, or when it asked to be."""
    backed_off = min(source.interval * 2 ** min(state.failures, 8), max(LONGEST_WAIT, source.interval))
    asked = timedelta(seconds=min(trouble.retry_after or 0, 24 * 3600))
    return state.model_copy(
        update={
            "next_poll": now + max(backed_off, asked) + _jitter(source),
            "failures": state.failures + 1,
            "last_polled": now,
            "trouble": trouble.sentence,
            "fault": trouble.fault,
            "trouble_since": state.trouble_since or now,
            "polls": state.polls + 1,
        }
    )


def _jitter(source: Source) -> timedelta:
    share = zlib.crc32(source.id.encode()) / 2**32
    return source.interval * share / _SPREAD
