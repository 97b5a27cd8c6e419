"""Equal questions that are asked at the same time are asked once; what becomes of one who asks is nothing to the others."""

import asyncio

import pytest

from bot.errors import SourceTrouble
from bot.model import Validators
from bot.sources.door import Fetched, NotModified
from bot.sources.sharing import SharedDoor

URL = "https://h.example/feed"


class SlowDoor:
    """Answers when told to; counts who asked, and who was stopped."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.stopped = 0
        self.answer: asyncio.Future[Fetched | NotModified] = asyncio.get_running_loop().create_future()

    async def get(self, url: str, **_: object) -> Fetched | NotModified:
        self.asked.append(url)
        try:
            return await asyncio.shield(self.answer)
        except asyncio.CancelledError:
            self.stopped += 1
            raise


async def asking(door: SharedDoor, *validators: Validators | None) -> list["asyncio.Task[Fetched | NotModified]"]:
    tasks = [asyncio.create_task(door.get(URL, validators=one)) for one in validators]
    await asyncio.sleep(0.01)
    return tasks


async def test_equal_questions_at_the_same_time_are_asked_once_and_later_ones_anew() -> None:
    slow = SlowDoor()
    door = SharedDoor(slow)
    tasks = await asking(door, None, None, Validators(etag="x"))
    assert len(slow.asked) == 2
    slow.answer.set_result(NotModified())
    assert await asyncio.gather(*tasks) == [NotModified()] * 3
    assert await door.get(URL) == NotModified()
    assert len(slow.asked) == 3


async def test_trouble_reaches_all_who_asked() -> None:
    slow = SlowDoor()
    tasks = await asking(SharedDoor(slow), None, None)
    slow.answer.set_exception(SourceTrouble("It is gone.", fault="http_error"))
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert [str(one) for one in found] == ["It is gone."] * 2
    assert len(slow.asked) == 1


async def test_who_gives_up_takes_nothing_from_the_others_and_the_last_one_stops_the_question() -> None:
    slow = SlowDoor()
    door = SharedDoor(slow)
    first, second, third = await asking(door, None, None, None)
    first.cancel()
    await asyncio.sleep(0.01)
    assert slow.stopped == 0
    second.cancel()
    third.cancel()
    await asyncio.sleep(0.01)
    assert slow.stopped == 1
    for one in (first, second, third):
        with pytest.raises(asyncio.CancelledError):
            await one
    slow.answer.set_result(NotModified())
    assert await door.get(URL) == NotModified()
