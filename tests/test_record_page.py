"""The report as a page: complete, and with nothing of a stranger in it but text."""

import base64
import re
from datetime import timedelta
from io import BytesIO

from PIL import Image

from bot.model import Decision
from bot.record.page import page
from bot.record.report import Listed, Report, Watched
from bot.store.reporting import Decided, Told
from bot.watch import trends
from tests.builders import NOW, place, watchlist

EVIL = "\"><script>alert(1)</script>'&"


def report(**more: object) -> Report:
    given = {
        "place": place("general", name=EVIL),
        "start": NOW - timedelta(days=7),
        "end": NOW,
        "made": NOW,
        "sources": 1234,
        "polls": 2,
        "good": 1,
        "gaps": 0,
        "watched": (Watched(watchlist(EVIL, name=EVIL), 3, (EVIL,)),),
        "results": {"sent": 1, "bundled": 2, "held": 1},
        "alerts": (Told(EVIL, "javascript:alert(1)", EVIL, NOW, "sent"), Told(EVIL, f"https://example.org/{EVIL}", "MFDS", NOW, "sent")),
        "decided": (Decided(Decision(workspace="W1", item="i", what="note", reason=EVIL, by="U1", by_name=EVIL, at=NOW), EVIL),),
        "open": (Listed(EVIL, EVIL, ""),),
        "ahead": (),
        "head": (7, "ab" * 32),
    }
    return Report(**(given | more))


def test_nothing_of_a_stranger_is_more_than_text() -> None:
    shown = page(report())
    assert "<script" not in shown
    assert "javascript:" not in shown
    assert shown.count("&lt;script&gt;") > 10
    assert 'href="https://example.org/%22%3E%3Cscript%3Ealert' in shown


def test_the_page_says_everything_and_needs_nothing_else() -> None:
    shown = page(report())
    for one in (
        "1,234",
        "Alerts delivered</dt><dd>3",
        "No deadline is known.",
        "ab" * 32,
        "7 rows",
        "not the system of record",
        "prefers-color-scheme",
    ):
        assert one in shown
    assert "src=" not in shown
    assert "@import" not in shown


def test_the_hits_of_the_weeks_are_a_picture_in_the_page_and_figures_for_who_does_not_see_it() -> None:
    found = [("KR", NOW - timedelta(days=8)), ("KR", NOW - timedelta(days=9)), ('"><b>', NOW), ("US", NOW - timedelta(weeks=14))]
    types = [("guideline", NOW - timedelta(days=8)), ("recall_alert", NOW)]
    shown = page(report(trends=(trends.counted(found, NOW, "country"), trends.counted(types, NOW, "type"))))
    (alt, picture), (by_type, _) = re.findall(r'<img alt="([^"]*)" src="data:image/png;base64,([^"]+)">', shown)
    assert "per week by document type" in by_type
    assert "3 in all" in alt
    assert "KR 2: 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0" in alt
    assert "&quot;&gt;&lt;b&gt; 1" in alt
    drawn = Image.open(BytesIO(base64.b64decode(picture)))
    assert drawn.format == "PNG"
    assert drawn.width > 600
