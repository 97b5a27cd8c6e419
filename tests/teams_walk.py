"""A walk through Microsoft's test client for Teams in a browser, as a person would: `python -m tests.teams_walk [FOLDER]`.

Mention → search → watchlist → alert → a pressed button and the card it changes → message extension → the builder's dialog. It stops
at the first thing that does not come; pictures of the alert and of the builder go into the folder, else into docs/.
It needs Node and Chromium.
"""

import asyncio
import logging
import sys
import tempfile
from pathlib import Path

from bot.store import migrate
from bot.store.database import Store
from tests.browser import ENTER, Page, browser
from tests.journeys.test_teams_playground import Scene, alert, keep, scene
from tests.playground import TEAM

say = logging.getLogger("walk").info
DOCS = Path(__file__).resolve().parent.parent / "docs"
_BOX = """
const found = [...all(document)].filter((one) => shown(one) && one.getAttribute("role") === "textbox")[0];
if (found) found.focus();
return Boolean(found);
"""


async def post(page: Page, words: str) -> None:
    """A new post in the channel that mentions the bot."""
    await page.until(_BOX)
    await page.type("@")
    await page.press("Test Bot", role="menuitem")
    await page.type(f" {words}")
    await page.press("Post")


async def extension(page: Page, kind: str) -> None:
    """The message extension, from the box for a new post."""
    await page.press("Trigger Message Extension App", last=False)
    await page.press(kind, role="menuitem")


async def walk(made: Scene, page: Page) -> dict[str, bytes]:
    """Everything, step by step; the pictures by their names."""
    pictures = {}
    await page.reads("Hello, I am Regwatch")
    await page.press("General\nMy Team")
    await post(page, "search recall")
    await page.reads("2 items for recall")
    # Typed: from the button of a card, which opens a dialog, this client opens none.
    await post(page, "watch add recall as recall")
    await page.reads("Watchlist recall is saved")
    await page.press("Subscribe this channel")
    await page.reads("recall – now")
    say("mention, search, watchlist, subscription")

    tenant = (await made.client.asks("GET", "/_internal/v1/config"))["config"]["tenantId"]
    await alert(made, f"teams:{tenant}:{TEAM}", "Recall of a valve")
    await page.reads("Recall of a valve")
    await page.press("Hide log panel")
    await page.run('[...all(document)].filter((one) => words(one) === "Recall of a valve").at(-1).scrollIntoView({block: "center"})')
    pictures["teams-alert.png"] = await page.picture()
    await page.press("Relevant")
    await page.reads("Status: Relevant")
    await page.reads("@Alex Wilber: Relevant – Recall of a valve")
    say("alert, button, changed card, a reply in its thread")

    await extension(page, "Search Command")
    await page.press("Enter a search term")
    await page.type("recall")
    await page.key("Enter", ENTER)
    await page.press("Recall of a stent")
    await page.press("Post")
    await page.reads("Recall of a stent")
    say("message extension: search, pick, post")

    await extension(page, "Action Command")
    await page.press("Create")
    await page.press("What shall it find?")
    await page.type("recall OR withdrawal")
    await page.press("Show what it finds")
    await page.reads("it would have alerted on 3 items")
    pictures["teams-builder.png"] = await page.picture()
    await page.press("Save")
    await page.reads("Watchlist recall OR withdrawal is saved")
    say("the builder: preview, saved")
    return pictures


async def main() -> dict[str, bytes]:
    """The walk, with a bot and a client of its own."""
    with tempfile.TemporaryDirectory() as temporary:
        home = Path(temporary)
        client = home / "client"
        client.mkdir()
        database = f"sqlite:///{home}/regwatch.db"
        await migrate.upgrade(database)
        store = await Store.open(database)
        await keep(store, "Recall of a stent", "Recall of a pump")
        async with scene(store, client) as made, browser(made.client.address, home / "browser") as page:
            pictures = await walk(made, page)
        await store.close()
    return pictures


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("walk").setLevel(logging.INFO)
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DOCS
    for name, picture in asyncio.run(main()).items():
        (folder / name).write_bytes(picture)
