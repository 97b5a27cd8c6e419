"""What workspaces have added to the thesaurus: each has its own, and every change moves the watchlists' revision."""

from datetime import datetime

from bot.store import glossaries, watchlists
from bot.store.database import Store
from bot.watch.glossary import NOTHING, Glossary
from bot.watch.nodes import OwnTerm

RTOR = OwnTerm("RTOR", "real-time-review", "", "real-time review")
HOME = OwnTerm("home call", "decentralized-clinical-trial", "en", "decentralized clinical trial")


async def test_each_workspace_has_its_own_words_in_the_order_they_came(store: Store, now: datetime) -> None:
    async with store.write() as tx:
        await glossaries.add(tx, "W1", [RTOR, HOME], "U1", now)
        await glossaries.add(tx, "W2", [HOME], "U2", now)
    async with store.read() as tx:
        assert await glossaries.of_workspace(tx, "W1") == Glossary((RTOR, HOME))
        assert await glossaries.of_workspace(tx, "W2") == Glossary((HOME,))
        assert await glossaries.of_workspace(tx, "W3") is NOTHING
        assert await glossaries.of_workspaces(tx, ["W1", "W2", "W3"]) == {"W1": Glossary((RTOR, HOME)), "W2": Glossary((HOME,))}


async def test_a_term_given_again_is_as_it_is_given_now(store: Store, now: datetime) -> None:
    again = OwnTerm("Home-Calls", HOME.concept, "", HOME.name)
    async with store.write() as tx:
        await glossaries.add(tx, "W1", [HOME, RTOR], "U1", now)
        await glossaries.add(tx, "W1", [again], "U2", now)
        assert await glossaries.of_workspace(tx, "W1") == Glossary((again, RTOR))


async def test_terms_go_by_what_they_say_and_from_one_workspace_only(store: Store, now: datetime) -> None:
    async with store.write() as tx:
        for workspace in ("W1", "W2"):
            await glossaries.add(tx, workspace, [RTOR, HOME], "U1", now)
        await glossaries.remove(tx, "W1", [OwnTerm("rtor", RTOR.concept)])
        await glossaries.remove(tx, "W1", [OwnTerm("home call", "another-concept")])
        assert await glossaries.of_workspaces(tx, ["W1", "W2", "W3"]) == {"W1": Glossary((HOME,)), "W2": Glossary((RTOR, HOME))}


async def test_every_change_moves_the_revision(store: Store, now: datetime) -> None:
    async with store.write() as tx:
        await glossaries.add(tx, "W1", [RTOR], "U1", now)
        assert await watchlists.revision(tx) == 1
        await glossaries.remove(tx, "W1", [RTOR])
        assert await watchlists.revision(tx) == 2
