"""Deadlines as a calendar feed: what a calendar program reads from it, and how it follows what changes."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar

from bot.cards.calendar import History, Kept, feed
from bot.model import Deadline, Item
from tests.builders import NOW, item

NEW_YORK = ZoneInfo("America/New_York")


def due(day: date, kind: str = "comments_due", **more: object) -> Deadline:
    return Deadline.model_validate({"kind": kind, "day": day} | more)


def versions(*deadlines: tuple[Deadline, ...], **more: Any) -> History:
    first = item("A notice", **more)
    told = [first.model_copy(update={"deadlines": one, "version": number}) for number, one in enumerate(deadlines, start=1)]
    return History([Kept(one, NOW + timedelta(days=number)) for number, one in enumerate(told)], NEW_YORK)


def events(*histories: History) -> list[dict[str, Any]]:
    read = icalendar.Calendar.from_ical(feed("Regwatch general", histories))
    return [{name.lower(): one.decoded(name) for name in one} for one in read.walk("VEVENT")]


def test_a_day_is_an_event_of_that_whole_day_with_what_and_where() -> None:
    (one,) = events(versions((due(date(2027, 1, 5), text="comments close on 5 January 2027"),), url="https://example.org/1"))
    assert (one["dtstart"], one["dtend"]) == (date(2027, 1, 5), date(2027, 1, 6))
    assert one["summary"] == "Comments close: A notice"
    assert "“comments close on 5 January 2027”" in one["description"]
    assert (str(one["url"]), one["sequence"], one["status"], one["transp"]) == ("https://example.org/1", 0, "CONFIRMED", "TRANSPARENT")


def test_a_time_is_the_authoritys_and_the_feed_brings_its_zone_along() -> None:
    winter, summer = due(date(2027, 1, 5), time=time(17)), due(date(2027, 7, 5), "event", time=time(9))
    body = feed("x", [versions((winter, summer))])
    assert body.count(b"BEGIN:VTIMEZONE") == 1
    assert b"TZID=America/New_York:20270105T170000" in body
    zone = next(iter(icalendar.Calendar.from_ical(body).walk("VTIMEZONE"))).to_tz()
    offsets = [datetime(2027, month, 5, 12, tzinfo=zone).utcoffset() for month in (1, 7)]
    assert offsets == [timedelta(hours=-5), timedelta(hours=-4)]
    read = {one["dtstart"].astimezone(UTC) for one in events(versions((winter, summer)))}
    assert read == {datetime(2027, 1, 5, 22, tzinfo=UTC), datetime(2027, 7, 5, 13, tzinfo=UTC)}


def test_a_moved_deadline_is_the_same_event_with_a_higher_sequence() -> None:
    before = versions((due(date(2027, 1, 5)),))
    after = History([*before.versions, Kept(_with(before, due(date(2027, 1, 19))), NOW + timedelta(days=9))], NEW_YORK)
    (old,), (new,) = events(before), events(after)
    assert old["uid"] == new["uid"]
    assert (old["sequence"], new["sequence"], new["dtstart"]) == (0, 1, date(2027, 1, 19))
    assert new["last-modified"] == NOW + timedelta(days=9) > old["last-modified"]


def test_a_change_of_something_else_is_no_change_of_the_event() -> None:
    (one,) = events(versions((due(date(2027, 1, 5)),), (due(date(2027, 1, 5), text="other words"),)))
    assert one["sequence"] == 0


def test_a_deadline_that_is_taken_away_stays_as_cancelled_and_may_come_back() -> None:
    gone = versions((due(date(2027, 1, 5)),), ())
    back = versions((due(date(2027, 1, 5)),), (), (due(date(2027, 2, 5)),))
    (one,), (two,) = events(gone), events(back)
    assert (one["status"], one["dtstart"], one["sequence"]) == ("CANCELLED", date(2027, 1, 5), 1)
    assert (two["status"], two["dtstart"]) == ("CONFIRMED", date(2027, 2, 5))
    assert two["sequence"] > one["sequence"]


def test_a_withdrawn_item_has_its_deadlines_cancelled() -> None:
    before = versions((due(date(2027, 1, 5)),))
    taken_back = before.versions[0].item.model_copy(update={"status": "withdrawn", "version": 2})
    (one,) = events(History([*before.versions, Kept(taken_back, NOW + timedelta(days=3))], NEW_YORK))
    assert (one["status"], one["sequence"]) == ("CANCELLED", 1)


def test_several_days_of_one_kind_are_several_events_and_other_items_others() -> None:
    two = versions((due(date(2027, 1, 5), "effective"), due(date(2027, 7, 5), "effective", partial=True)))
    other = versions((due(date(2027, 1, 5), "effective"),))
    assert len({one["uid"] for one in events(two, other)}) == 3


def test_the_same_items_make_the_same_bytes_and_lines_fit() -> None:
    hostile = versions((due(date(2027, 1, 5)),), url="javascript:alert(1)")
    long = hostile.versions[0].item.model_copy(update={"title": "의약품\r\nBEGIN:VEVENT; , \\ " * 40})
    made = History([Kept(long, NOW)], NEW_YORK)
    body = feed("x", [made])
    assert body == feed("x", [made])
    assert max(map(len, body.split(b"\r\n"))) <= 75
    assert len(icalendar.Calendar.from_ical(body).walk("VEVENT")) == 1
    assert b"javascript" not in body


def test_no_deadlines_are_an_empty_calendar() -> None:
    assert (
        events(
            versions(
                (),
            )
        )
        == []
    )


def _with(history: History, one: Deadline) -> Item:
    return history.versions[-1].item.model_copy(update={"deadlines": (one,), "version": 2})
