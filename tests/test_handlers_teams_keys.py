"""Microsoft's keys: asked for once and shared, kept while they are good, and never waited for by anybody who does not need them."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from handlers.teams_keys import Keys, NoKeys, Patience, read
from tests.teams_doors import Microsoft, listed


@pytest.fixture
async def microsoft() -> AsyncIterator[Microsoft]:
    async with Microsoft() as started:
        yield started


@pytest.fixture
async def keys(microsoft: Microsoft) -> AsyncIterator[Keys]:
    made = Keys(microsoft.keys_url)
    yield made
    await made.close()


async def test_a_key_comes_with_the_channels_it_vouches_for(keys: Keys) -> None:
    found = await keys.find("good")
    assert found is not None
    assert found.endorsements == {"msteams", "webchat"}


async def test_many_requests_share_one_question(keys: Keys, microsoft: Microsoft) -> None:
    microsoft.wait = 0.1
    assert all(await asyncio.gather(*(keys.find("good") for _ in range(50))))
    assert microsoft.asked == 1


async def test_a_key_that_was_not_there_is_not_asked_for_again_at_once(keys: Keys, microsoft: Microsoft) -> None:
    assert [await keys.find(f"none {number}") for number in range(20)] == [None] * 20
    assert microsoft.asked == 1


@asynccontextmanager
async def hurried(microsoft: Microsoft, **patience: Any) -> AsyncIterator[Keys]:
    """Keys whose patience is shorter."""
    made = Keys(microsoft.keys_url, Patience(**patience))
    yield made
    await made.close()


async def test_a_new_key_is_found_after_a_pause(microsoft: Microsoft) -> None:
    async with hurried(microsoft, pause=0.5) as keys:
        assert await keys.find("new") is None
        microsoft.keys.append(listed("good", "msteams", key_id="new"))
        await asyncio.sleep(0.6)
        assert await keys.find("new") is not None


async def test_keys_are_renewed_beside_the_requests_that_use_them(microsoft: Microsoft) -> None:
    async with hurried(microsoft, fresh=0.0) as keys:
        assert await keys.find("good") is not None
        microsoft.wait, microsoft.keys = 0.2, []
        assert await keys.find("good") is not None  # answered from what is known, while the question goes out
        async with asyncio.timeout(10):
            while await keys.find("good") is not None:  # noqa: ASYNC110 - asking is what brings the news
                await asyncio.sleep(0.05)
        assert microsoft.asked >= 2


async def test_keys_that_cannot_be_renewed_do_for_some_days_and_no_longer(microsoft: Microsoft) -> None:
    async with hurried(microsoft, fresh=0.0, trusted=1.0, pause=0.0) as keys:
        assert await keys.find("good") is not None
        microsoft.status = 500
        assert await keys.find("good") is not None
        await asyncio.sleep(1.1)
        with pytest.raises(NoKeys):
            await keys.find("good")


async def test_a_failing_microsoft_is_left_alone_for_a_while(microsoft: Microsoft) -> None:
    microsoft.status = 500
    async with hurried(microsoft, rest=2.0) as keys:
        for _ in range(5):
            with pytest.raises(NoKeys):
                await keys.find("good")
        assert microsoft.asked == 1
        microsoft.status = 200
        await asyncio.sleep(2.1)
        assert await keys.find("good") is not None


async def test_a_slow_microsoft_is_not_waited_for_for_ever_and_its_answer_still_serves(microsoft: Microsoft) -> None:
    microsoft.wait = 4.0
    async with hurried(microsoft, wait=0.2) as keys:
        began = time.monotonic()
        with pytest.raises(NoKeys):
            await keys.find("good")
        assert time.monotonic() - began < 4.0
        async with asyncio.timeout(10):
            while microsoft.answered == 0:  # noqa: ASYNC110 - nobody says so
                await asyncio.sleep(0.05)
            await asyncio.sleep(0.1)
        assert await keys.find("good") is not None
        assert microsoft.asked == 1


def test_keys_that_are_too_small_or_of_another_kind_are_left_out() -> None:
    curve = {"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "kid": "curve", "endorsements": ["msteams"]}
    shared = {"kty": "oct", "k": "c2VjcmV0", "kid": "shared", "endorsements": ["msteams"]}
    silent = {name: value for name, value in listed("good").items() if name != "endorsements"}
    document = {"keys": [listed("small", "msteams"), curve, shared, silent, "text", listed("good", "msteams", key_id="fine")]}
    assert [key_id for key_id, _ in read(json.dumps(document).encode())] == ["fine"]


@pytest.mark.parametrize("document", [b"", b"{}", b"[]", b'{"keys": 5}', b"<html>", b"[" * 100_000])
def test_what_is_no_key_set_is_a_failure(document: bytes) -> None:
    with pytest.raises(ValueError, match=r".*"):
        list(read(document))
