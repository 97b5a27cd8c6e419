"""Tells the walls that sites put up against programs from pages and errors; pure.

Seen: FDA sends data-centre clients to an apology page with status 404; NMPA answers 412 and CDE 202, both with a script; the
Commission answers 403 now and then; Cloudflare, Incapsula and Akamai challenge with 200, 403 or 503.
"""

from collections.abc import Mapping

_ADDRESSES = ("apology_objects", "abuse-detection")
_MARKS = (
    b"abuse-detection-apology",
    b"cf-chl-",
    b"_cf_chl_opt",
    b"/cdn-cgi/challenge-platform",
    b"<title>Just a moment...</title>",
    b"Attention Required! | Cloudflare",
    b"_Incapsula_Resource",
    b"Request unsuccessful. Incapsula",
    b"FSSBBIl1UgzbN7N80",
    b"errors.edgesuite.net",
    b"/_sec/cp_challenge",
    b"ddos-guard/js-challenge",
)
# A real page of a list is longer than a challenge; marks further down are text about such walls.
_LONGEST_CHALLENGE = 60_000


def wall(status: int, url: str, body: bytes, headers: Mapping[str, str] | None = None) -> str:
    """What the wall did, as the end of a sentence; "" if this is none."""
    if any(mark in url for mark in _ADDRESSES):
        return "sent us to the page it keeps for robots"
    if status in (403, 412):
        return f"refuses programs (HTTP {status})"
    if headers and headers.get("cf-mitigated"):
        return "asks for a browser that passes a challenge"
    short = len(body) <= _LONGEST_CHALLENGE
    if short and any(mark in body for mark in _MARKS):
        return "asks for a browser that passes a challenge"
    if status == 202 and short and b"<script" in body.lower():
        return "answers programs with a script instead of the page (HTTP 202)"
    return ""
