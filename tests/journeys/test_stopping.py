"""Told to stop, the bot leaves within ten seconds with code 0, whatever it is doing, and goes on later as if nothing had been."""

import asyncio
import os
import signal
import socket
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import cycle
from pathlib import Path

import pytest

from tests.bot_process import HURRIED, MOST_SECONDS_TO_STOP, REGWATCH, environment, listens
from tests.faults import lost_reply, slow
from tests.loopback_slack import LoopbackSlack
from tests.newsroom import Newsroom, feeds
from tests.sequence_server import Recorded, SequenceServer
from tests.slack_doors import HttpDoor

SIGNALS = [signal.SIGTERM, signal.SIGINT]
HANGS = 60.0

# A thread that nobody can stop, as a name lookup is: `say` is called once the bot runs.
STUCK = """
import asyncio, time
from bot import app, settings
asyncio.run(app.run(settings.load(), None, lambda _: asyncio.get_running_loop().run_in_executor(None, time.sleep, 60) and None))
"""


@asynccontextmanager
async def newsroom(folder: Path) -> AsyncIterator[Newsroom]:
    async with SequenceServer(feeds("mfds", "pmda", "hanging")) as server, LoopbackSlack("C1", "C2") as slack:
        news = Newsroom(folder, slack, server)
        await news.open()
        server.sequences["hanging"] = [Recorded(b"", wait=HANGS)]
        yield news


@asynccontextmanager
async def started(env: dict[str, str], *command: str) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(*command or HURRIED, env=env, stdout=DEVNULL, stderr=PIPE)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def leaves(process: Process) -> str:
    """What it said, having left in time and well."""
    begun = time.monotonic()
    assert process.stderr is not None
    said, code = await asyncio.wait_for(asyncio.gather(process.stderr.read(), process.wait()), MOST_SECONDS_TO_STOP)
    assert time.monotonic() - begun < MOST_SECONDS_TO_STOP
    text: str = said.decode()
    assert code == 0, text[-3000:]
    assert "Traceback" not in text, text[-3000:]
    return text


async def everything_arrives(news: Newsroom, seconds: float = 40) -> None:
    """A bot that is started again delivers every alert that is owed, each exactly once."""
    async with started(news.env()) as process:
        await news.slack.until(lambda: news.lost() == [], seconds)
        process.terminate()
        await leaves(process)
    assert news.doubled() == []
    assert news.disordered() == []


async def test_in_the_middle_of_a_burst_it_stops_and_later_every_alert_arrives_once(tmp_path: Path) -> None:
    async with newsroom(tmp_path) as news:
        news.slack.script("chat.postMessage", slow(0.3), slow(1.5), slow(0.8), lost_reply(), slow(2))
        news.publish("mfds", 3)
        news.publish("pmda", 2)
        async with started(news.env()) as process:
            await news.slack.until(lambda: news.slack.sockets and len(news.slack.calls_of("chat.postMessage")) >= 3, 20)
            process.terminate()
            await leaves(process)
        assert news.lost()
        await everything_arrives(news)


async def test_a_slack_that_hangs_in_the_middle_of_a_post_does_not_hold_it(tmp_path: Path) -> None:
    async with newsroom(tmp_path) as news:
        news.slack.script("chat.postMessage", slow(HANGS, does_it=False), slow(HANGS, does_it=False))
        news.publish("mfds", 2)
        async with started(news.env()) as process:
            await news.slack.until(lambda: len(news.slack.calls_of("chat.postMessage")) == 2, 20)
            process.terminate()
            await leaves(process)
        await everything_arrives(news)


async def test_over_http_too_it_stops_while_commands_and_alerts_are_under_way(tmp_path: Path) -> None:
    async with newsroom(tmp_path) as news:
        port = free_port()
        door = HttpDoor(news.slack, f"http://127.0.0.1:{port}/slack/events")
        env = news.env(SLACK_APP_TOKEN="", SLACK_SIGNING_SECRET=news.slack.signing_secret, WEB_PORT=str(port))
        news.slack.script("chat.postMessage", slow(1), lost_reply())
        news.publish("mfds", 2)
        async with started(env) as process:
            await news.slack.until(lambda: news.slack.calls_of("chat.postMessage"), 20)
            answers = [await door.command("sources") for _ in range(3)]
            process.send_signal(signal.SIGINT)
            await leaves(process)
        assert [one.status for one in answers] == [200] * 3
        await everything_arrives(news)


@pytest.mark.parametrize("told", SIGNALS)
async def test_being_told_again_and_again_changes_nothing(tmp_path: Path, told: signal.Signals) -> None:
    async with newsroom(tmp_path) as news, started(news.env()) as process:
        await news.slack.until(lambda: news.slack.sockets, 20)
        left = asyncio.create_task(leaves(process))
        while not left.done():
            # Not process.send_signal: it collects a process that has ended, and with it the exit code asyncio waits for.
            with suppress(ProcessLookupError):
                os.kill(process.pid, told)
            await asyncio.sleep(0.01)
        await left


async def test_it_can_be_stopped_while_slack_hangs_at_its_start(tmp_path: Path) -> None:
    async with newsroom(tmp_path) as news:
        news.slack.script("auth.test", slow(HANGS))
        async with started(news.env()) as process:
            await news.slack.until(lambda: news.slack.calls_of("auth.test"), 20)
            process.terminate()
            await leaves(process)


async def test_it_can_be_stopped_while_slack_cannot_be_reached(tmp_path: Path) -> None:
    async with newsroom(tmp_path) as news:
        news.publish("mfds")
        async with started(news.env(SLACK_API_URL=f"http://127.0.0.1:{free_port()}/api/")) as process:
            polled = news.server.served["mfds"]
            await news.slack.until(lambda: news.server.served["mfds"] > polled + 1, 20)
            process.terminate()
            await leaves(process)
        await everything_arrives(news)


async def test_it_can_be_stopped_at_any_time_of_its_first_second(tmp_path: Path) -> None:
    env = environment(tmp_path, CATALOGUE_ONLY="1", CATALOGUE_DIR=catalogue(tmp_path))
    for moment, told in zip((0, 0, 0.15, 0.3, 0.45, 0.6, 0.7, 0.8, 0.9, 1.0), cycle(SIGNALS), strict=False):
        async with started(env, *REGWATCH, "run") as process:
            await listens(process)
            await asyncio.sleep(moment)
            process.send_signal(told)
            await leaves(process)


async def test_what_nobody_can_stop_does_not_hold_it(tmp_path: Path) -> None:
    async with newsroom(tmp_path) as news, started(news.env(), sys.executable, "-c", STUCK) as process:
        await news.slack.until(lambda: news.slack.sockets, 20)
        process.terminate()
        assert "stopped_in_the_middle" in await leaves(process)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


def catalogue(folder: Path) -> str:
    """A catalogue of one source that cannot be fetched."""
    (folder / "catalogue").mkdir()
    text = (
        '[authority]\nid = "a"\nname = "A"\njurisdiction = "KR"\n\n[[source]]\nid = "a"\nname = "A"\nlanguage = "en"\ntier = "official"\n'
        'kind = "feed"\nurl = "https://127.0.0.1/a"\n'
    )
    (folder / "catalogue" / "a.toml").write_text(text, encoding="utf-8")
    return str(folder / "catalogue")
