"""One event from the sources to Slack and the terminal: one alert, the rest in its thread, and `why` and `diff` that tell it all."""

import textwrap
from pathlib import Path

import pytest

from tests.bot_process import environment, regwatch, running
from tests.fakes import rss
from tests.loopback_slack import LoopbackSlack
from tests.sequence_server import Recorded, SequenceServer
from tests.slack_doors import SocketDoor

pytestmark = pytest.mark.timeout(180)

NOTICE = "https://www.mfds.example/brd/m_99/view.do?seq=50158"
PAGE = "<html><title>Recall procedure</title><main><p>A firm tells us of a recall within {days} days of its decision.</p></main></html>"


def feed(*rows: tuple[str, str, str]) -> list[Recorded]:
    told = "".join(
        f"<item><guid>{link}</guid><title>{title}</title><link>{link.replace('&', '&amp;')}</link>"
        f"<description><![CDATA[{said}]]></description></item>"
        for title, link, said in rows
    )
    return [Recorded(rss().body.replace(b"</channel>", f"{told}</channel>".encode()))]


def write_catalogue(folder: Path, address: str) -> None:
    folder.mkdir()
    kinds = {"mfds": ("official", "feed"), "paper": ("trade", "feed"), "procedure": ("official", "page")}
    for name, (tier, kind) in kinds.items():
        text = f"""\
            [authority]
            id = "{name}"
            name = "{name}"
            jurisdiction = "KR"

            [[source]]
            id = "{name}"
            name = "The {name}"
            language = "en"
            tier = "{tier}"
            kind = "{kind}"
            url = "http://{address}/{name}"
            interval = "1s"
            """
        (folder / f"{name}.toml").write_text(textwrap.dedent(text), encoding="utf-8")


OLD = ("Old", "https://old.example/2026/old", "")
OFFICIAL = ("Recall of lots", NOTICE, "식약처 고시 제2026-12호")
ARTICLE = ("What the recall means", "https://paper.example/2026/recall", f'<a href="{NOTICE}">The notice</a> …')


async def test_an_event_is_told_once_and_everything_after_it_in_its_thread(tmp_path: Path) -> None:
    sequences = {
        "mfds": feed(OLD),
        "paper": feed(("Old paper", "https://paper.example/2026/old", "")),
        "procedure": [Recorded(PAGE.format(days=3).encode(), content_type="text/html")],
    }
    async with SequenceServer(sequences) as server, LoopbackSlack() as slack:
        server.waits = False
        write_catalogue(tmp_path / "catalogue", server.address)
        env = environment(
            tmp_path, CATALOGUE_DIR=str(tmp_path / "catalogue"), CATALOGUE_ONLY="1", FETCH_ALLOW=server.address,
            SLACK_BOT_TOKEN=slack.bot_token, SLACK_APP_TOKEN=slack.app_token, SLACK_API_URL=slack.api_url,
        )  # fmt: skip
        assert (await regwatch(env, "poll", "--once"))[0] == 0
        alerts = lambda: [one for one in slack.messages() if "metadata" in one]  # noqa: E731
        async with running(env, tmp_path / "out.txt"):
            door = SocketDoor(slack)
            await slack.until(lambda: slack.sockets, 30)
            for words in ("watch add recall as Recalls yes", "subscribe Recalls"):
                before = len(slack.responses)
                await door.command(words)
                await slack.until(lambda before=before: len(slack.responses) > before, 30)
            server.sequences["paper"] = feed(ARTICLE)
            await slack.until(lambda: len(alerts()) == 1, 30)
            assert "What the recall means" in alerts()[0]["text"]
            server.sequences["mfds"] = feed(OLD, OFFICIAL)
            await slack.until(lambda: len(alerts()) == 2, 30)
            server.sequences["mfds"] = feed(OLD, ("Recall of more lots", *OFFICIAL[1:]))
            await slack.until(lambda: len(alerts()) == 3, 30)
            server.sequences["procedure"] = [Recorded(PAGE.format(days=5).encode(), content_type="text/html")]
            await slack.until(lambda: len(alerts()) == 4, 30)
            await slack.until(lambda: "Recall of more lots" in alerts()[0]["text"], 30)
        first, official, change, page = alerts()
        assert "Also reported by The paper" in first["text"]
        assert "Brought up to date" in first["text"]
        assert "Now from the official source" in official["text"]
        assert "This official publication leads from now on." in official["text"]
        assert "Title changed: “Recall of lots” → “Recall of more lots”" in change["text"]
        assert [one.get("thread_ts") for one in (first, official, change, page)] == [None, first["ts"], first["ts"], None]
        _, why, _ = await regwatch(env, "chat", f"why {NOTICE}")
        why = " ".join(why.split())
        code, diff, _ = await regwatch(env, "chat", f"diff http://{server.address}/procedure")
    for words in (
        "Source: The mfds – ",
        "Seen: version 1, ",
        "Seen: version 2, ",
        "title changed",
        "Story: one event with The paper – PAPER links to mfds.example/brd/m_99/view.do?seq=50158, the publication of MFDS",
        "Delivered: nowhere in this workspace",
    ):
        assert words in why
    assert "Added: A firm tells us of a recall within 5 days" in page["text"]
    assert code == 0
    assert "Added:\nA firm tells us of a recall within «5» days" in diff
    assert "Removed:\nA firm tells us of a recall within «3» days" in diff
