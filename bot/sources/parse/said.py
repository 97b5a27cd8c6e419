"""What an answer says about itself beside its records: refusals that come with HTTP 200, and that there is nothing to list; pure.

Seen: data.go.kr (`cmmMsgHeader` or `header` with codes, also in XML where JSON was asked for), law.go.kr (`result` and `msg`),
odcloud (negative `code`), and APIs that put an `error` or `message` where the list should be.
"""

import re
from collections.abc import Mapping
from typing import Any

from bot.errors import SourceTrouble
from bot.messages import keep

_WELL = frozenset(("", "0", "00", "000", "0000", "200", "info-000", "success", "ok", "normal_code"))
_NOTHING = frozenset(("03", "3", "info-200", "nodata_error"))
_MEANINGS = {
    "12": keep("there is no such service any more"),
    "20": keep("this key may not use the service"),
    "22": keep("the key has used up its requests for today"),
    "30": keep("the key is not registered"),
    "31": keep("the key has expired"),
    "32": keep("the address of this machine is not registered with the key"),
}
_TOTALS = ("totalcount", "total_count", "totalcnt", "total", "count", "numofresults")
_WORDS = ("returnauthmsg", "resultmsg", "msg", "message", "errormessage", "error", "errmsg", "detail", "title")
_DEEPEST = 4
_LONGEST = 200
_SHORT = 4_000  # characters; a refusal is brief
_TAGGED = re.compile(r"<([A-Za-z]{3,40})>([^<>]{1,300})</\1>")

Said = Mapping[str, str]


def leaves(data: Any) -> Said:
    """The named values of a JSON answer outside its lists, names in small letters; the outermost of a name."""
    found: dict[str, str] = {}
    level = [data] if isinstance(data, dict) else []
    for _ in range(_DEEPEST):
        inner: list[dict[str, Any]] = []
        for one in level:
            for name, value in one.items():
                if isinstance(value, dict):
                    inner.append(value)
                elif isinstance(value, str | int | float):
                    found.setdefault(str(name).lower(), str(value).strip())
        level = inner
    return found


def tagged(text: str) -> Said:
    """The named values of a short XML answer that came where JSON was asked for."""
    return {name.lower(): value.strip() for name, value in _TAGGED.findall(text[:_SHORT])}


def check(said: Said) -> None:
    """SourceTrouble if the answer is a refusal, with what it says."""
    code = said.get("returnreasoncode", said.get("resultcode", "")).lower()
    failed = "returnreasoncode" in said or code not in _WELL | _NOTHING
    failed = failed or "실패" in said.get("result", "") or (said.get("code", "").startswith("-") and "msg" in said)
    if failed:
        words = ": ".join(dict.fromkeys(filter(None, (said.get("result", ""), _said(said)))))
        told = keep('The source refused the request although it answered HTTP 200; it says "{words}".', words=words[:_LONGEST] or code)
        means = _MEANINGS.get(code)
        raise SourceTrouble(
            keep("{kept} That means {kept_more}.", kept=told, kept_more=means) if means else told,
            fault="not_a_source",
            hint=keep("Check the key, what it is registered for, and the parameters of the source."),
        )


def is_nothing(said: Said) -> bool:
    """Whether the answer says that there is nothing to list, so that a missing list is not a fault."""
    return said.get("resultcode", "").lower() in _NOTHING or any(said.get(name) == "0" for name in _TOTALS)


def quoted(said: Said) -> str:
    """What the answer says in words, as the end of a sentence; "" if nothing."""
    words = _said(said)
    return keep('; it says "{words}"', words=words[:_LONGEST]) if words else ""


def _said(said: Said) -> str:
    return next((" ".join(said[name].split()) for name in _WORDS if said.get(name)), "")
