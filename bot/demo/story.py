"""What the demonstration shows, step by step: the real bot on the sample sources, with the console as its platform."""

import shutil
import sys
from collections.abc import Callable
from importlib.resources.abc import Traversable
from pathlib import Path
from tempfile import mkdtemp

from bot import app as wiring
from bot.app import Bot
from bot.demo.server import SAMPLES, SampleServer
from bot.model import Place
from bot.settings import Settings

Say = Callable[[str], None]

WATCHLISTS = {
    "Decentralized trials": '"decentralized trials"',
    "GCP and CMC": '"임상시험 등 관리기준" OR "complete response letters"',
}
SEARCH = '"임상시험" OR guidance'

WELCOME = """\
Regwatch watches regulators and the trade press, and alerts the channels that
asked for it. This demonstration runs the real bot on sample sources in four
languages. Nothing leaves this machine."""

NEXT = """\
What next{where}
  Chat with it yourself   regwatch demo --chat
  Read live sources       regwatch poll --once
                          regwatch search "clinical trial"
  Connect Slack           docs/slack.md: two tokens, no public address needed
                          regwatch run
  Connect Teams           docs/teams.md: from registering the bot to an alert
  See what is wrong       regwatch doctor"""


async def tell(say: Say, *, chat: bool = False) -> None:
    """Runs the demonstration; with `chat` the console chat opens at its end. Its database stays in a folder it names."""
    folder = Path(mkdtemp(prefix="regwatch-demo-"))
    server = SampleServer()
    with server.serving() as address:
        given = settings(folder, address)
        async with wiring.assembled(given, {"console": wiring.console_sender()}) as bot:
            place = wiring.console_place("regulatory-affairs")
            say(WELCOME)
            await _first_poll(bot, say)
            await _people_ask(bot, place, say)
            server.advance()
            await _second_poll(bot, say)
            await _search(bot, place, say)
            say(f"\n{NEXT.format(where=_where())}\n\nThe demonstration's database: {given.database_url.removeprefix('sqlite:///')}")
            if chat:
                await bot.converse(place, "you", say)


def _where() -> str:
    """Where the command is, for those whose shell does not find it by its name."""
    return "" if shutil.which("regwatch") else f" (regwatch is {sys.argv[0]} here)"


def settings(folder: Path, address: str) -> Settings:
    """The settings of the demonstration: its own database and catalogue in `folder`, sources at `address`."""
    catalogue = folder / "catalogue"
    catalogue.mkdir()
    for sample in SAMPLES.iterdir():
        if sample.name.endswith(".toml"):
            (catalogue / sample.name).write_text(_addressed(sample, address), encoding="utf-8")
    # Constructed, not read, so that neither the environment nor a .env file turns the demonstration into something else.
    return Settings.model_construct(
        database_url=f"sqlite:///{folder}/demo.db", catalogue_dir=catalogue, catalogue_only=True, fetch_allow=address
    )


def _addressed(sample: Traversable, address: str) -> str:
    return sample.read_text(encoding="utf-8").replace("{base}", f"http://{address}")


async def _first_poll(bot: Bot, say: Say) -> None:
    say("\n1. First poll: the baseline. What is there already is kept and searchable, and alerts nobody.\n")
    for one in await bot.polling.due(wiring.now()):
        source = bot.catalogue.sources[one.source]
        say(f"   {source.name:<44} {len(one.new)} kept")


async def _people_ask(bot: Bot, place: Place, say: Say) -> None:
    say("\n2. Two watchlists, and the channel #regulatory-affairs subscribes to them.\n")
    for name, query in WATCHLISTS.items():
        for words in (f"watch add {query} as {name}", f"subscribe {name}"):
            say(f"   > {words}")
            await bot.answer(words, place, "ana", lambda text: say(_indented(text)))
            say("")


async def _second_poll(bot: Bot, say: Say) -> None:
    say("3. Second poll: the sources have published and changed something.\n")
    await bot.polling.ask_for(list(bot.catalogue.sources), wiring.now())
    for one in await bot.polling.due(wiring.now()):
        source = bot.catalogue.sources[one.source]
        say(f"   {source.name:<44} {len(one.new)} new, {len(one.changed)} changed, {one.owed} to alert")
    say("\n4. The alerts, as the channel gets them.\n")
    await bot.delivering.drain()


async def _search(bot: Bot, place: Place, say: Say) -> None:
    say(f"5. Search in what was collected.\n\n   > search {SEARCH}")
    await bot.answer(f"search {SEARCH}", place, "ana", lambda text: say(_indented(text)))


def _indented(text: str) -> str:
    return "\n".join(f"   {line}".rstrip() for line in text.split("\n"))
