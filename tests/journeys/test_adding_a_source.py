"""Somebody adds a source of their own at the command line, and its next new item is alerted."""

from pathlib import Path

from tests.bot_process import environment, regwatch
from tests.fakes import rss
from tests.sequence_server import Recorded, SequenceServer

PAGE = '<!doctype html><html><head><link rel="alternate" type="application/rss+xml" href="/rss"></head><body><h1>News</h1></body></html>'


async def test_from_an_address_to_an_alert(tmp_path: Path) -> None:
    feed = [Recorded(rss("1=An old recall").body)]
    async with SequenceServer({"news": [Recorded(PAGE.encode(), content_type="text/html")], "rss": feed}) as server:
        (tmp_path / "catalogue").mkdir()
        env = environment(tmp_path, FETCH_ALLOW=server.address, CATALOGUE_ONLY="1", CATALOGUE_DIR=str(tmp_path / "catalogue"))

        async def run(*words: str, stdin: str = "") -> str:
            code, out, error = await regwatch(env, *words, stdin=stdin.encode())
            assert code == 0, out + error
            return out

        url = f"http://{server.address}/news"
        shown = await run("sources", "add", url, "--name", "Example News")
        assert "This is a feed: Example News" in shown
        assert "An old recall" in shown
        assert "give the same command with --yes" in shown
        assert "button" not in shown
        assert "Example News is added" in await run("sources", "add", url, "--name", "Example News", "--yes")
        await run("watch", "add", "recall", "as", "Recalls")
        await run("chat", "subscribe Recalls")
        assert (await run("poll", "--once")).startswith("Example News ")
        server.sequences["rss"] = [Recorded(rss("1=An old recall", "2=A new recall").body)]
        assert "1 new, 0 changed, 1 alerts owed" in await run("poll", "example news")
        assert "A new «recall»" in await run("chat", stdin="quit\n")
        assert "1 ok" in await run("sources", "health")
        assert "is removed" in await run("sources", "remove", "Example News", "--yes")

        code, out, error = await regwatch(environment(tmp_path), "sources", "add", f"{url}/other")
        assert code == 1
        assert "is not a web port" in out
        assert "REGWATCH_FETCH_ALLOW" in out
        assert "Traceback" not in out + error
