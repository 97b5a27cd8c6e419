"""Draws docs/alert.png: real alerts of the demonstration, as the Block Kit that Slack is sent, rendered in a browser.

`python docs/alert_picture.py` needs Chromium; it is not part of `make docs`.
"""

import asyncio
import html
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bot import app as wiring  # noqa: E402
from bot.cards import slack  # noqa: E402
from bot.cards.card import Card  # noqa: E402
from bot.deliver.outbox import Found, Outcome, Sent  # noqa: E402
from bot.demo import story  # noqa: E402
from bot.demo.server import SampleServer  # noqa: E402
from bot.model import Place  # noqa: E402

STYLE = """
body { margin: 0; padding: 18px 22px; width: 700px; color: #1d1c1d; background: #fff }
body { font: 15px/1.46 Lato, "Noto Sans", "Noto Sans CJK KR", sans-serif }
.message { display: flex; gap: 10px; margin-bottom: 18px }
.face { flex: none; width: 36px; height: 36px; border-radius: 8px; background: #1264a3 }
.face { color: #fff; font-weight: 700; text-align: center; line-height: 36px }
.who b { margin-right: 6px } .who span { font-size: 12px; color: #616061; margin-left: 4px }
.who i { font-style: normal; font-size: 11px; background: #ddd; border-radius: 2px; padding: 1px 3px; color: #616061 }
.block { margin: 3px 0 } a { color: #1264a3; text-decoration: none }
code { background: #f8f8f8; border: 1px solid #ddd; color: #e01e5a; padding: 1px 3px }
.button { display: inline-block; border: 1px solid #bbb; border-radius: 4px; padding: 4px 12px; margin: 6px 6px 0 0 }
.button { font-size: 14px; font-weight: 700 }
"""


class Catcher:
    """Takes the cards that the bot sends."""

    def __init__(self) -> None:
        self.cards: list[Card] = []

    async def send(self, _place: Place, card: Card, delivery_id: str) -> Outcome:
        """Keeps the card."""
        self.cards.append(card)
        return Sent(reference=delivery_id)

    async def find(self, *_: object) -> Found:
        """Never asked."""
        return None


async def alerts() -> list[Card]:
    """The alerts of the demonstration's second poll."""
    catcher, server = Catcher(), SampleServer()
    with tempfile.TemporaryDirectory() as folder, server.serving() as address:
        async with wiring.assembled(story.settings(Path(folder), address), {"console": catcher}) as bot:
            place = wiring.console_place("regulatory-affairs")
            await bot.polling.due(wiring.now())
            for name, query in story.WATCHLISTS.items():
                for words in (f"watch add {query} as {name}", f"subscribe {name}"):
                    await bot.answer(words, place, "ana", lambda _: None)
            server.advance()
            await bot.polling.ask_for(list(bot.catalogue.sources), wiring.now())
            await bot.polling.due(wiring.now())
            await bot.delivering.drain()
    return catcher.cards


def element(one: dict[str, Any]) -> str:
    """A piece of rich text."""
    look = one.get("style", {})
    text = html.escape(one.get("text") or one.get("url") or "").replace("\n", "<br>")
    for flag, tag in (("bold", "b"), ("italic", "em"), ("code", "code")):
        text = f"<{tag}>{text}</{tag}>" if look.get(flag) else text
    return f'<a href="#">{text}</a>' if one["type"] == "link" else text


def block(one: dict[str, Any]) -> str:
    """A block."""
    if one["type"] == "actions":
        return "".join(f'<span class="button">{html.escape(button["text"]["text"])}</span>' for button in one["elements"])
    rows = ["".join(map(element, row["elements"])) for row in one.get("elements", []) if "elements" in row]
    return f'<div class="block">{"<br>".join(rows)}</div>'


def message(card: Card) -> str:
    """A message in the manner of a Slack channel."""
    body = "".join(map(block, slack.blocks(card)))
    who = '<div class="who"><b>Regwatch</b><i>APP</i><span>9:31 AM</span></div>'
    return f'<div class="message"><div class="face">R</div><div>{who}{body}</div></div>'


def main() -> None:
    """Draws the picture."""
    cards = asyncio.run(alerts())
    page = f'<!doctype html><meta charset="utf-8"><style>{STYLE}</style>' + "".join(map(message, cards[:3]))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "alert.html"
        file.write_text(page, encoding="utf-8")
        size = f"--window-size=744,{sys.argv[1] if len(sys.argv) > 1 else 520}"
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-background-networking"]
        flags += ["--force-device-scale-factor=2", size, f"--user-data-dir={folder}/profile", f"--screenshot={ROOT}/docs/alert.png"]
        command = ["chromium", *flags, file.as_uri()]
        subprocess.run(command, check=True, capture_output=True)


if __name__ == "__main__":
    main()
