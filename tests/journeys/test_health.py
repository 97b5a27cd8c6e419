"""The real bot tells how it is: a process of the schedules alone, on the port of health, and its metrics for the token."""

import asyncio
import re
import socket
from pathlib import Path

import aiohttp

from tests.bot_process import environment, running
from tests.journeys.test_upgrading import NO_SOURCES

TOKEN = "a-token-of-some-length"


async def test_schedules_alone_answer_for_health_and_metrics_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "catalogue").mkdir()
    (tmp_path / "catalogue" / "x.toml").write_text(NO_SOURCES)
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    given = {"CATALOGUE_ONLY": "1", "CATALOGUE_DIR": str(tmp_path / "catalogue"), "METRICS_TOKEN_FILE": str(tmp_path / "token")}
    env = environment(tmp_path, HEALTH_PORT=str(port), **given)

    async def is_there() -> bool:
        try:
            return (await ask("/healthz"))[0] == 200
        except aiohttp.ClientError:
            return False

    async def ask(path: str, **headers: str) -> tuple[int, str]:
        async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}{path}", headers=headers) as answer:
            return answer.status, await answer.text()

    async with running(env, tmp_path / "out.txt", "--only", "schedules"), asyncio.timeout(30):
        while not await is_there():  # noqa: ASYNC110 - another process gives no event
            await asyncio.sleep(0.1)
        assert [(await ask(path))[0] for path in ("/healthz", "/readyz", "/metrics", "/slack/events")] == [200, 200, 401, 404]
        status, page = await ask("/metrics", Authorization=f"Bearer {TOKEN}")
    assert status == 200
    assert "regwatch_database_up 1.0" in page
    assert set(re.findall(r'regwatch_schedule_lag_seconds\{work="(\w+)"', page)) >= {"poll", "deliver", "upkeep", "digest"}
