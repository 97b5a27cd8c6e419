"""Two processes on one PostgreSQL share the pace of a channel: together they post no faster than Slack takes."""

from itertools import pairwise
from pathlib import Path

import pytest

from tests.bot_process import running
from tests.loopback_slack import LoopbackSlack
from tests.newsroom import Newsroom, feeds
from tests.sequence_server import SequenceServer

ALERTS = 8
# Slack counts by its own clock, a process by its own: what lies between is the way there.
LEAST_GAP = 0.9


@pytest.mark.postgresql
@pytest.mark.timeout(240)
@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
async def test_two_processes_post_one_message_per_second_to_a_channel_in_all(tmp_path: Path, database: str) -> None:
    async with SequenceServer(feeds("mfds", "pmda")) as server, LoopbackSlack("C1") as slack:
        news = Newsroom(tmp_path, slack, server, database)
        await news.open()
        news.publish("mfds", ALERTS // 2)
        news.publish("pmda", ALERTS // 2)
        async with running(news.env(), tmp_path / "one.txt"), running(news.env(), tmp_path / "two.txt"):
            await slack.until(lambda: len(slack.messages("C1")) >= ALERTS, 120)
        assert (news.lost(), news.doubled()) == ([], [])
        logs = [(tmp_path / f"{name}.log").read_text() for name in ("one", "two")]
        assert sum(log.count("state=sent") for log in logs) == ALERTS
        moments = sorted(one.at for one in slack.calls_of("chat.postMessage") if one.args["channel"] == "C1")
        assert [round(later - earlier, 2) for earlier, later in pairwise(moments) if later - earlier < LEAST_GAP] == []
