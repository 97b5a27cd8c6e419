"""Dates in every form that sources were seen to write."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.sources.parse.dates import when

SEOUL = ZoneInfo("Asia/Seoul")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Mon, 06 Jul 2026 14:09:30 +0900", "2026-07-06T14:09:30+09:00"),
        ("Thu, 31 Jul 2025 15:09:00 -0000", "2025-07-31T15:09:00+00:00"),
        ("Mon, 06 Jul 2026 14:09:30 KST", "2026-07-06T14:09:30+09:00"),
        ("Wed, 02 Oct 2002 08:00:00 EST", "2002-10-02T08:00:00-05:00"),
        ("Mon, 6 July 2026", "2026-07-06T00:00:00+09:00"),
        ("Fri, 05/03/2019 - 15:21", "2019-05-03T15:21:00+09:00"),
        ("2026-07-06 14:09:30", "2026-07-06T14:09:30+09:00"),
        ("2026-07-06T05:09:30Z", "2026-07-06T05:09:30+00:00"),
        ("2026-07-06T14:09:30.123456789+0900", "2026-07-06T14:09:30.123456+09:00"),
        ("2026-07-06 24:00", "2026-07-07T00:00:00+09:00"),
        ("2026. 7. 6.", "2026-07-06T00:00:00+09:00"),
        ("2026.07.06 오후 2:09", "2026-07-06T14:09:00+09:00"),
        ("2026년 7월 6일", "2026-07-06T00:00:00+09:00"),
        ("2026-07-06(월)", "2026-07-06T00:00:00+09:00"),
        ("(2026-07-06)", "2026-07-06T00:00:00+09:00"),
        ("2026年7月6日", "2026-07-06T00:00:00+09:00"),
        ("令和8年7月6日", "2026-07-06T00:00:00+09:00"),
        ("令和元年5月1日", "2019-05-01T00:00:00+09:00"),
        ("115/03/01", "2026-03-01T00:00:00+09:00"),
        ("民國115年3月1日", "2026-03-01T00:00:00+09:00"),
        ("20260706", "2026-07-06T00:00:00+09:00"),
        ("20260706141500", "2026-07-06T14:15:00+09:00"),
        ("22/01/2026", "2026-01-22T00:00:00+09:00"),
        ("01.07.2026", "2026-07-01T00:00:00+09:00"),
        ("20/06/2026 10h30", "2026-06-20T10:30:00+09:00"),
        ("30 April 2022", "2022-04-30T00:00:00+09:00"),
        ("Jul 6, 2026 2:05 PM", "2026-07-06T14:05:00+09:00"),
        ('<time datetime="2026-07-01T10:00:00-04:00">July 1</time>', "2026-07-01T10:00:00-04:00"),
        ("/Date(1751780000000)/", "2025-07-06T05:33:20+00:00"),
        (1751780000, "2025-07-06T05:33:20+00:00"),
    ],
)
def test_a_date_is_read_as_it_is_meant_in_the_sources_zone(written: object, meant: str) -> None:
    found = when(written, SEOUL)
    assert found == datetime.fromisoformat(meant)
    assert found.utcoffset() == datetime.fromisoformat(meant).utcoffset()


@pytest.mark.parametrize(
    "written",
    [
        "",
        "  ",
        "garbage",
        "2026년",
        "2026-07",
        "31/02/2026",
        "99/99/2026",
        "0001-01-01T00:00:00Z",
        "9999-12-31",
        "1" * 500,
        "Mon, 32 Jul 2026 00:00:00 GMT",
        "Mon, 06 Foo 2026 00:00:00 GMT",
        "2026-07-06T14:09:30+99:00",
        "2026.01.30~ 2026.02.27",
        None,
        True,
        12,
        float("nan"),
        float("inf"),
        [],
    ],
)
def test_what_says_no_sure_date_is_none(written: object) -> None:
    assert when(written, SEOUL) is None


@pytest.mark.parametrize(
    ("written", "month_first", "meant"),
    [
        ("05/03/2026", True, "2026-05-03"),
        ("05/03/2026", False, "2026-03-05"),
        ("25/03/2026", True, "2026-03-25"),
        ("03/25/2026", False, "2026-03-25"),
        ("Fri, 05/03/2019", False, "2019-05-03"),  # only May 3rd was a Friday
    ],
)
def test_day_and_month_are_in_the_order_of_the_country_unless_that_cannot_be(written: str, month_first: bool, meant: str) -> None:
    found = when(written, SEOUL, month_first=month_first)
    assert found is not None
    assert found.date().isoformat() == meant
