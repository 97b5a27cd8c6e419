"""A source goes down and comes back while the bot runs: the operations place is told once of each."""

import asyncio
from pathlib import Path

from tests.bot_process import environment, regwatch, running
from tests.fakes import rss
from tests.sequence_server import Recorded, SequenceServer

CATALOGUE = """\
[authority]
id = "x"
name = "X"
jurisdiction = "KR"

[[source]]
id = "press"
name = "Press releases"
language = "en"
tier = "official"
kind = "feed"
url = "http://{address}/press"
interval = "1s"
"""


async def test_a_source_goes_down_and_comes_back(tmp_path: Path) -> None:
    good, bad = Recorded(rss("1=An old recall").body), Recorded(b"down", status=503)
    async with SequenceServer({"press": [good]}) as server:
        (tmp_path / "catalogue").mkdir()
        (tmp_path / "catalogue" / "x.toml").write_text(CATALOGUE.format(address=server.address))
        env = environment(tmp_path, FETCH_ALLOW=server.address, CATALOGUE_ONLY="1", CATALOGUE_DIR=str(tmp_path / "catalogue"))
        for words in ("watch add recall as Recalls", "admin operations here"):
            assert (await regwatch(env, "chat", "--place", "ops", words))[0] == 0
        out = tmp_path / "out.txt"

        async def said(text: str) -> None:
            async with asyncio.timeout(60):
                while text not in out.read_text():  # noqa: ASYNC110 - another process gives no event
                    await asyncio.sleep(0.2)

        async with running(env, out):
            await asyncio.sleep(2)
            server.sequences["press"] = [bad]
            await said("A source cannot be read: Press releases (KR)")
            await asyncio.sleep(3)
            server.sequences["press"] = [good]
            await said("A source can be read again: Press releases (KR)")
        assert out.read_text().count("cannot be read:") == 1
        assert out.read_text().count("can be read again:") == 1
