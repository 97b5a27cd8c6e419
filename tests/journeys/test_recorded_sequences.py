"""Recorded answers of real regulators, replayed to a running bot: what is new and changed is told once, and nothing else."""

import asyncio
import sqlite3
import textwrap
from pathlib import Path

import pytest

from bot.deliver.digest import MOST_ALONE
from tests.bot_process import environment, regwatch, running
from tests.loopback_slack import LoopbackSlack
from tests.recorded import BLOCKED, SEQUENCES, blocked_bodies, needs_recordings
from tests.sequence_server import SequenceServer
from tests.slack_doors import SocketDoor

pytestmark = [needs_recordings, pytest.mark.timeout(300)]

LISTING = 'kind = "listing"\nrows = "a"\nfields = { title = "", url = "@href" }'
ALERTED = ("eu-ema-medicine-updates", "kr-mfds-press")


def write_catalogue(folder: Path, address: str) -> None:
    """A user's own catalogue folder with a source for each sequence and for each record of a bot wall."""
    folder.mkdir()
    tables = {one.source: one.table for one in SEQUENCES} | dict.fromkeys(BLOCKED, LISTING)
    for source, table in tables.items():
        text = f"""\
            [authority]
            id = "{source}"
            name = "{source}"
            jurisdiction = "{source[:2].upper()}"

            [[source]]
            id = "{source}"
            name = "{source}"
            language = "en"
            tier = "official"
            url = "http://{address}/{source}"
            interval = "1s"
            """
        (folder / f"{source}.toml").write_text(textwrap.dedent(text) + table + "\n", encoding="utf-8")


def rows(database: Path, query: str, *values: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(database)
    try:
        return connection.execute(query, values).fetchall()
    finally:
        connection.close()


def counted(database: Path, source: str) -> tuple[int, int, int]:
    """Baseline items, later new ones and changed versions of a source, as the bot kept them."""
    kept = rows(database, "SELECT v.version, v.why FROM versions v JOIN items i ON i.id = v.item WHERE i.source = ?", source)
    baseline = sum(str(why).startswith("first poll") for _, why in kept)
    changed = sum(version != 1 for version, _ in kept)
    return baseline, len(kept) - baseline - changed, changed


async def until(server: SequenceServer, process: asyncio.subprocess.Process, seconds: float = 120) -> None:
    """Every sequence was served to its end, and its last body twice more."""
    async with asyncio.timeout(seconds):
        while not server.was_all_served():
            assert process.returncode is None, "the bot ended by itself"
            await asyncio.sleep(0.1)


async def test_what_is_new_and_changed_is_what_the_files_hold_and_arrives_in_console_and_slack(tmp_path: Path) -> None:
    bodies = {one.source: one.bodies() for one in SEQUENCES} | {source: blocked_bodies(source) for source in BLOCKED}
    database, out = tmp_path / "regwatch.db", tmp_path / "alerts.txt"
    async with SequenceServer(bodies) as server, LoopbackSlack() as slack:
        write_catalogue(tmp_path / "catalogue", server.address)
        env = environment(
            tmp_path,
            CATALOGUE_DIR=str(tmp_path / "catalogue"),
            CATALOGUE_ONLY="1",
            FETCH_ALLOW=server.address,
            SLACK_BOT_TOKEN=slack.bot_token,
            SLACK_APP_TOKEN=slack.app_token,
            SLACK_API_URL=slack.api_url,
        )
        for words in (f"watch add source:{','.join(ALERTED)} as Everything", "subscribe Everything"):
            code, _, error = await regwatch(env, "chat", words)
            assert code == 0, error
        async with running(env, out) as process:
            door = SocketDoor(slack)
            await slack.until(lambda: slack.sockets, 30)
            for words, answer in (("watch add Wegovy as Wegovy yes", "is saved"), ("subscribe Wegovy", "receives")):
                await door.command(words)
                await slack.until(lambda answer=answer: any("Wegovy" in str(one) and answer in str(one) for one in slack.responses), 20)
            server.waits = False
            await until(server, process)
            expected = [title for one in SEQUENCES for _, title in one.news() if "Wegovy" in title]
            alerts = lambda: [one for one in slack.messages() if "metadata" in one]  # noqa: E731
            await slack.until(lambda: len(alerts()) >= len(expected), 30)
            undecided = "SELECT 1 FROM outbox WHERE state NOT IN ('sent', 'bundled', 'dropped')"
            await slack.until(lambda: not rows(database, undecided), 90)
    assert {one.source: counted(database, one.source) for one in SEQUENCES} == {one.source: one.expected() for one in SEQUENCES}
    assert [counted(database, source) for source in BLOCKED] == [(0, 0, 0)] * len(BLOCKED)
    assert len(alerts()) == len(expected)
    assert all(any(title in one["text"] for one in alerts()) for title in expected)
    console = [title for one in SEQUENCES if one.source in ALERTED for _, title in one.news()]
    told = "SELECT count(*) FROM outbox WHERE place LIKE 'console:%' AND "
    assert rows(database, told + "item <> '' AND state IN ('sent', 'bundled')") == [(len(console),)]
    ((messages,),) = rows(database, told + "state = 'sent'")
    assert out.read_text().count("── console ") == messages <= MOST_ALONE + 2, "what is too much to come one by one comes together"
    troubles = dict(rows(database, "SELECT source, trouble FROM sources WHERE trouble <> ''"))
    assert set(troubles) == set(BLOCKED)
