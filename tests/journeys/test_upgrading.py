"""A database of an early version is upgraded by starting the bot: what people made is there, and what was owed arrives."""

import asyncio
import json
from pathlib import Path

from bot.store.database import Store
from tests.bot_process import environment, regwatch, running
from tests.test_store_migrate import AN_ALERT_OWED_AT_0003, THEN, text, walk

NO_SOURCES = """\
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
url = "https://example.org/press"
interval = "1d"
enabled = false
disabled_because = "Nothing is to be read here."
"""


async def test_starting_the_bot_on_a_database_of_an_early_version_keeps_everything(tmp_path: Path) -> None:
    (tmp_path / "catalogue").mkdir()
    (tmp_path / "catalogue" / "x.toml").write_text(NO_SOURCES)
    env = environment(tmp_path, CATALOGUE_ONLY="1", CATALOGUE_DIR=str(tmp_path / "catalogue"))
    store = await Store.reach(env["REGWATCH_DATABASE_URL"], make=True)
    async with store.write() as tx:
        await tx.run_sync(walk, "0005")
        for statement in AN_ALERT_OWED_AT_0003:
            await tx.execute(text(statement.replace("console:W:general", "console:local:general").replace("'W'", "'local'")))
        kept = {"id": "i", "source": "s", "key": "k", "title": "A recall of lots", "url": "https://example.org/1", "language": "en"}
        content = {"content": json.dumps(kept | {"country": "KR", "agency": "X", "tier": "official", "detected": "2026-07-02T09:30:00Z"})}
        await tx.execute(text(f"INSERT INTO versions VALUES ('i', 1, :content, '', {THEN}, '')"), content)
        await tx.execute(text("UPDATE items SET title = 'A recall of lots', url = 'https://example.org/1'"))
        await tx.execute(text("UPDATE watchlists SET name = 'Recalls', name_key = 'recalls', query = 'recall'"))
    await store.close()
    out = tmp_path / "out.txt"
    async with running(env, out), asyncio.timeout(30):
        while "A recall of lots" not in out.read_text():  # noqa: ASYNC110 - another process gives no event
            await asyncio.sleep(0.1)
    _, watchlists, _ = await regwatch(env, "chat", "--place", "general", "watch list")
    _, found, _ = await regwatch(env, "search", "recall")
    assert "Recalls" in watchlists
    assert "A recall of lots" in found
    assert out.read_text().count("A recall of lots") == 1
