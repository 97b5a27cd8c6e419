"""Translations with the real bot: an alert reaches Slack, and the translation stands below its original; the key is nowhere else."""

from pathlib import Path

import pytest

from tests.bot_process import running
from tests.loopback_slack import LoopbackSlack
from tests.loopback_translation import KEY, LoopbackTranslation
from tests.newsroom import Newsroom, feeds
from tests.sequence_server import SequenceServer

pytestmark = pytest.mark.timeout(120)


async def test_an_alert_in_slack_gets_its_translation_and_the_key_is_in_no_log_and_no_message(tmp_path: Path) -> None:
    async with SequenceServer(feeds("mfds")) as server, LoopbackSlack("C1") as slack, LoopbackTranslation() as service:
        news = Newsroom(tmp_path, slack, server)
        await news.open()
        news.publish("mfds", 1)
        given = {"URL": service.url, "KIND": "openai", "MODEL": "small-model", "KEY": KEY, "TO": "ko"}
        env = news.env() | {f"REGWATCH_TRANSLATE_{name}": value for name, value in given.items()}
        async with running(env, tmp_path / "run.txt"):
            await slack.until(lambda: any("Machine translation" in one["text"] for one in slack.messages()), 60)
        (message,) = slack.messages()
    original, translated = message["text"].splitlines()[1:3]
    assert translated == f"Machine translation (small-model): EN: {original}"
    assert not any(KEY.encode() in content for content in _written(tmp_path))


def _written(folder: Path) -> list[bytes]:
    return [file.read_bytes() for file in folder.rglob("*") if file.is_file()]
