"""Draws the pictures of docs: alerts, a digest, a search, the builder and the Home tab as the Block Kit that Slack is sent, and a report.

`python docs/pictures.py [NAME…]` draws all of them, or those that are named; it needs Chromium and is not part of `make docs`. What is
drawn comes from the real bot on the samples of the demonstration; the report is that of a made-up month.
"""

import asyncio
import base64
import html
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bot import app as wiring  # noqa: E402
from bot.app import Bot  # noqa: E402
from bot.cards import slack, slack_views  # noqa: E402
from bot.cards.alert import compact  # noqa: E402
from bot.cards.card import Card  # noqa: E402
from bot.deliver.outbox import Found, Outcome, Sent  # noqa: E402
from bot.demo import story  # noqa: E402
from bot.demo.server import SampleServer  # noqa: E402
from bot.model import Decision, Place, Watchlist  # noqa: E402
from bot.record.page import page as report_page  # noqa: E402
from bot.record.report import Listed, Report, Watched  # noqa: E402
from bot.store.reporting import Decided, Matched, Told  # noqa: E402
from bot.watch import trends  # noqa: E402
from handlers import answering, home, watchlist_builder  # noqa: E402
from handlers.grammar import Request  # noqa: E402
from schedules.deliver import Delivering  # noqa: E402
from schedules.digest import Closing  # noqa: E402
from tests.browser import browser  # noqa: E402

STYLE = """
body { margin: 0; padding: 18px 22px; width: 700px; color: #1d1c1d; background: #fff }
body { font: 15px/1.46 Lato, "Noto Sans", "Noto Sans CJK KR", sans-serif }
.message { display: flex; gap: 10px; margin-bottom: 18px } .message:last-child { margin-bottom: 0 }
.face { flex: none; width: 36px; height: 36px; border-radius: 8px; background: #1264a3 }
.face { color: #fff; font-weight: 700; text-align: center; line-height: 36px }
.who b { margin-right: 6px } .who span { font-size: 12px; color: #616061; margin-left: 4px }
.who i { font-style: normal; font-size: 11px; background: #ddd; border-radius: 2px; padding: 1px 3px; color: #616061 }
.block { margin: 3px 0 } a { color: #1264a3; text-decoration: none }
code { background: #f8f8f8; border: 1px solid #ddd; color: #e01e5a; padding: 1px 3px; font-size: 13px }
.button { display: inline-block; border: 1px solid #bbb; border-radius: 4px; padding: 4px 12px; margin: 6px 6px 0 0 }
.button { font-size: 14px; font-weight: 700 } .primary, .submit { background: #007a5a; border-color: #007a5a; color: #fff }
.danger { border-color: #e01e5a; color: #e01e5a }
.view { border: 1px solid #ddd; border-radius: 8px; padding: 14px 18px } h3 { margin: 0 0 8px }
label { font-weight: 700; display: block; margin-top: 8px } .ends { text-align: right; margin-top: 10px }
.field { border: 1px solid #bbb; border-radius: 4px; padding: 4px 8px; margin: 2px 0 }
.hint { color: #616061; font-size: 13px } .choice { margin-left: 22px }
"""
NOW = datetime(2026, 7, 1, 9, tzinfo=UTC)
RECALL = "Class I recall of a clear liquid for dialysis"
FOUND = {
    "US": (1, 3, 5, 8, 9, 12, 16, 17, 19, 23, 26, 28, 31, 32, 40, 47, 48, 60, 61, 62, 75),
    "EU": (2, 10, 15, 22, 25, 39, 41, 55, 70, 88),
    "KR": (6, 18, 27, 33, 80),
}
AGENCIES = {"US": "FDA", "EU": "EMA", "KR": "MFDS"}
KINDS = ("guideline", "consultation", "recall_alert", "guideline", "press_release")
TRIAL = "Guideline on decentralised elements in clinical trials (draft)"


class Catcher:
    """Takes the cards that the bot sends, by the channel they go to."""

    def __init__(self) -> None:
        self.cards: dict[str, list[Card]] = {}

    async def send(self, place: Place, card: Card, delivery_id: str, *_: object) -> Outcome:
        """Keeps the card."""
        self.cards.setdefault(place.channel, []).append(card)
        return Sent(reference=delivery_id)

    async def find(self, *_: object) -> Found:
        """Never asked."""
        return None


def words(part: Any) -> str:
    """The text of a text object."""
    return html.escape(str((part or {}).get("text", "")))


def element(one: dict[str, Any]) -> str:
    """A piece of rich text."""
    look = one.get("style", {})
    text = html.escape(one.get("text") or one.get("url") or "").replace("\n", "<br>")
    for flag, tag in (("bold", "b"), ("italic", "em"), ("code", "code")):
        text = f"<{tag}>{text}</{tag}>" if look.get(flag) else text
    return f'<a href="#">{text}</a>' if one["type"] == "link" else text


def button(one: dict[str, Any]) -> str:
    """A button."""
    return f'<span class="button {one.get("style", "")}">{words(one.get("text"))}</span>'


def ticks(one: dict[str, Any]) -> str:
    """Boxes to tick, each with its description."""
    ticked = [option["value"] for option in one.get("initial_options", ())]
    return "".join(
        f"<div>{'☑' if option['value'] in ticked else '☐'} {words(option['text'])}</div>"
        + (f'<div class="hint choice">{words(option["description"])}</div>' if "description" in option else "")
        for option in one["options"]
    )


def field(one: dict[str, Any]) -> str:
    """What can be filled in or chosen, with what it holds."""
    if one["type"] == "checkboxes":
        return ticks(one)
    chosen, place = one.get("initial_option"), one.get("initial_conversation")
    typed = f"#{place}" if place else str(one.get("initial_value") or one.get("initial_time") or "")
    held = words(chosen["text"]) if chosen else html.escape(typed)
    empty = f'<span class="hint">{words(one.get("placeholder")) or "&nbsp;"}</span>'
    return f'<div class="field">{held or empty}</div>'


def block(one: dict[str, Any]) -> str:
    """A block of a message or a view."""
    if one["type"] == "input":
        hint = f'<div class="hint">{words(one["hint"])}</div>' if "hint" in one else ""
        return f"<label>{words(one['label'])}</label>{field(one['element'])}{hint}"
    if one["type"] == "actions":
        return "".join(map(button, one["elements"]))
    rows = ["".join(map(element, row["elements"])) for row in one["elements"]]
    return f'<div class="block">{"<br>".join(rows)}</div>'


def message(card: Card) -> str:
    """A message in the manner of a Slack channel."""
    body = "".join(map(block, slack.blocks(card)))
    who = '<div class="who"><b>Regwatch</b><i>APP</i><span>9:31 AM</span></div>'
    return f'<div class="message"><div class="face">R</div><div>{who}{body}</div></div>'


def view(made: dict[str, Any]) -> str:
    """A modal or the Home tab."""
    ends = "".join(f'<span class="button {name}">{words(made[name])}</span>' for name in ("close", "submit") if name in made)
    head = f"<h3>{words(made['title'])}</h3>" if "title" in made else "<h3>Regwatch · Home</h3>"
    return f'<div class="view">{head}{"".join(map(block, made["blocks"]))}<div class="ends">{ends}</div></div>'


async def watched(bot: Bot, place: Place, *often: str) -> None:
    """The place receives the watchlists of the demonstration, which are there from now on."""
    for name, query in story.WATCHLISTS.items():
        for said in (f"watch add {query} as {name}", " ".join((f"subscribe {name}", *often))):
            await bot.answer(said, place, "ana", lambda _: None)


async def closed(bot: Bot, catcher: Catcher) -> None:
    """The digests of today have gone out: it is tomorrow."""
    tomorrow = wiring.now() + timedelta(days=1)
    await Closing(bot.store, lambda: tomorrow, bot.patience).close()
    await Delivering(bot.store, {"console": catcher}, bot.catalogue, lambda: tomorrow, wiring.chance).drain()


async def shown() -> dict[str, str]:
    """The body of each picture of Slack, by its name."""
    catcher, server = Catcher(), SampleServer()
    here, daily = wiring.console_place("regulatory-affairs"), wiring.console_place("daily")
    with tempfile.TemporaryDirectory() as folder, server.serving() as address:
        async with wiring.assembled(story.settings(Path(folder), address), {"console": catcher}) as bot:
            await bot.polling.due(wiring.now())
            await watched(bot, here)
            await watched(bot, daily, "daily")
            server.advance()
            await bot.polling.ask_for(list(bot.catalogue.sources), wiring.now())
            await bot.polling.due(wiring.now())
            await bot.delivering.drain()
            await closed(bot, catcher)
            asked = Request(actor="ana", actor_name="ana", place=here, words=f"search {story.SEARCH}", now=wiring.now(), prefix="/reg ")
            found = await answering.run(asked, bot.context)
            form = await watchlist_builder.new(asked, '"decentralized trials"', bot.context)
            page = await home.home(asked, 1, bot.context)
    alerts = catcher.cards[here.channel]
    return {
        "alert": "".join(map(message, alerts[:3])),
        "slack-compact": "".join(message(compact(card)) for card in alerts[:3]),
        "slack-digest": "".join(map(message, catcher.cards[daily.channel])),
        "slack-search": message(found.card),
        "slack-builder": view(slack_views.modal(form, {})),
        "slack-home": view(slack_views.home(page, {})),
    }


def report() -> Report:
    """A month of one channel."""
    here = Place(id="slack:T1:C1", platform="slack", workspace="T1", channel="C1", name="#regulatory", timezone="Europe/Berlin")
    lists = [("Decentralised trials", "concept:decentralized-clinical-trial", 6, 41), ("Recalls", "type:recall country:US", 14, 12)]
    looked_at = tuple(
        Watched(
            Watchlist(id=name, workspace="T1", name=name, query=query, created_by="U1", created=NOW),
            hits,
            (f"{sources} sources, {sources * 96:,} polls, all answered well.", "Last success: 4 min ago.", "No gaps."),
        )
        for name, query, hits, sources in lists
    )
    found = [
        Matched(country, AGENCIES[country], KINDS[day % len(KINDS)], NOW - timedelta(days=day))
        for country, days in FOUND.items()
        for day in days
    ]
    decided = {"workspace": "T1", "item": "i", "what": "status", "by": "U1", "by_name": "ana"}
    return Report(
        place=here,
        start=NOW - timedelta(days=30),
        end=NOW,
        made=NOW,
        sources=53,
        polls=5088,
        good=5088,
        gaps=0,
        watched=looked_at,
        results={"sent": 17, "bundled": 3},
        alerts=(
            Told(TRIAL, "https://example.org/1", "EMA", NOW - timedelta(days=2), "sent"),
            Told(RECALL, "https://example.org/2", "FDA", NOW - timedelta(days=5), "sent"),
        ),
        decided=(Decided(Decision(**decided, status="closed", reason="none of our lots", at=NOW - timedelta(days=4)), RECALL),),
        open=(Listed("Assessing · owner ben", TRIAL, "https://example.org/1"),),
        ahead=(Listed("15 Jul 2026: Comments close", TRIAL, "https://example.org/1"),),
        head=(212, "5f0c1a" * 10 + "9e2b"),
        trends=tuple(trends.counted([(trends.name_of(one, by), one.found) for one in found], NOW, by) for by in trends.BY),
    )


async def pages() -> dict[str, str]:
    """Every page to draw, by the name of its picture."""
    slacks = {name: f'<!doctype html><meta charset="utf-8"><style>{STYLE}</style>{body}' for name, body in (await shown()).items()}
    return slacks | {"report": report_page(report())}


async def draw(name: str, page: str) -> None:
    """The whole page, as high as it is, as docs/NAME.png."""
    width = 820 if name == "report" else 744
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "page.html"
        file.write_text(page, encoding="utf-8")
        async with browser(file.as_uri(), Path(folder) / "browser", width=width) as tab:
            # Until the file is read there is an empty page, as high as the window.
            loaded = "location.protocol === 'file:' && document.readyState === 'complete'"
            height = await tab.until(f"return {loaded} && Math.ceil(document.body.getBoundingClientRect().bottom)")
            clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1.5}
            told = await tab.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
    (ROOT / "docs" / f"{name}.png").write_bytes(base64.b64decode(told["data"]))


async def main(names: Sequence[str]) -> None:
    """Draws the pictures."""
    for name, page in (await pages()).items():
        if name in names or not names:
            await draw(name, page)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
