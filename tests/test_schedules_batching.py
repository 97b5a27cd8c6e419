"""Writes made together: few transactions, a result for each, and nobody fails for another."""

import asyncio
from collections.abc import Sequence

import pytest

from schedules.batching import Batching


class Writer:
    """Keeps numbers; refuses a company with a negative one whole. Each write takes a moment."""

    def __init__(self) -> None:
        self.companies: list[list[int]] = []
        self.kept: list[int] = []

    async def write(self, numbers: Sequence[int]) -> list[str]:
        self.companies.append(list(numbers))
        await asyncio.sleep(0.01)
        if min(numbers) < 0:
            raise ValueError(f"negative: {min(numbers)}")
        self.kept += numbers
        return [f"kept {number}" for number in numbers]


def together(writer: Writer, room: int = 100) -> Batching[int, str]:
    return Batching(writer.write, size=abs, room=room)


async def test_what_gathers_during_one_write_is_written_by_the_next() -> None:
    writer = Writer()
    keep = together(writer)
    assert await asyncio.gather(*map(keep, range(5))) == [f"kept {number}" for number in range(5)]
    assert len(writer.companies) <= 2


async def test_a_company_has_the_room_it_is_given_and_the_large_go_alone() -> None:
    writer = Writer()
    keep = together(writer, room=10)
    await asyncio.gather(*map(keep, [0, 4, 6, 50, 3, 3]))
    assert sorted(writer.kept) == [0, 3, 3, 4, 6, 50]
    assert all(sum(company) <= 10 or company == [50] for company in writer.companies)


async def test_one_that_cannot_be_written_fails_alone() -> None:
    writer = Writer()
    keep = together(writer)
    results = await asyncio.gather(*map(keep, [1, 2, -3, 4]), return_exceptions=True)
    assert [str(one) for one in results] == ["kept 1", "kept 2", "negative: -3", "kept 4"]
    assert sorted(writer.kept) == [1, 2, 4]
    assert await keep(5) == "kept 5"


async def test_a_writer_that_is_given_up_leaves_the_others_to_write_themselves() -> None:
    writer = Writer()
    keep = together(writer)
    tasks = [asyncio.create_task(keep(number)) for number in range(4)]
    await asyncio.sleep(0.005)
    tasks[0].cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(results[0], asyncio.CancelledError)
    assert results[1:] == ["kept 1", "kept 2", "kept 3"]
    assert sorted(set(writer.kept)) == [1, 2, 3]


async def test_one_who_no_longer_waits_is_not_written() -> None:
    writer = Writer()
    keep = together(writer, room=1)
    tasks = [asyncio.create_task(keep(number)) for number in (1, 2, 3)]
    await asyncio.sleep(0.005)
    tasks[1].cancel()
    with pytest.raises(asyncio.CancelledError):
        await tasks[1]
    assert [await tasks[0], await tasks[2]] == ["kept 1", "kept 3"]
    assert writer.kept == [1, 3]
