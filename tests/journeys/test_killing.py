"""The bot is killed at random moments while sources bring news and the platforms misbehave: nothing is lost, nothing doubled."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.chaos import MANY, ROUNDS, Chaos, chaos, killed

pytestmark = pytest.mark.timeout(400 + 25 * ROUNDS)

# A window of a place's digest ends so often, for longer than the test lasts.
EVERY, WINDOWS = timedelta(seconds=8), 60 + 6 * ROUNDS
CONVERSATIONS = tuple(f"19:{number}@thread.tacv2" for number in range(4 if MANY else 1))


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_killed_at_any_moment_it_loses_nothing_and_doubles_nothing(tmp_path: Path, database: str) -> None:
    async with chaos(tmp_path, database) as here:
        found = await killed(here, "SQLite, with the history scope")
        assert (found["lost"], found["doubled"], found["held"]) == (0, 0, 0)
        assert here.news.disordered() == []


def assert_explained(here: Chaos, found: dict[str, int]) -> None:
    """Where nobody can look: each attempt whose fate is unclear makes one marked repeat at most, and only many of them a message held."""
    assert here.unexplained() == []
    assert here.news.unmarked() == []
    channels = {where.id: where.channel for where in here.news.places}
    assert {(channels[place], title) for place, title in here.news.lost()} <= here.given_up()
    assert found["lost"] <= found["held"], "what was given up is held where people see it"


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_where_it_may_not_look_each_unclear_attempt_gives_one_marked_repeat_at_most(tmp_path: Path, database: str) -> None:
    async with chaos(tmp_path, database) as here:
        here.news.slack.scopes.remove("channels:history")
        found = await killed(here, "SQLite, without the history scope")
        assert_explained(here, found)


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_on_teams_which_nobody_can_search_the_same_holds(tmp_path: Path, database: str) -> None:
    async with chaos(tmp_path, database, conversations=CONVERSATIONS) as here:
        found = await killed(here, "SQLite, Teams beside Slack")
        assert all(place.startswith("teams:") for place, _ in here.news.lost() + here.news.doubled()), "Slack can be searched"
        assert_explained(here, found)


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_places_that_are_gone_for_a_while_get_what_they_missed_once(tmp_path: Path, database: str) -> None:
    """A word for the whole workspace is forgotten when the bot starts, because Slack takes its token; a person sees to the others."""
    async with chaos(tmp_path, database, gone=True, conversations=CONVERSATIONS) as here:
        found = await killed(here, "SQLite, places of Slack and Teams gone for a while")
        assert all(place.startswith("teams:") for place, _ in here.news.lost() + here.news.doubled())
        assert_explained(here, found)
        assert here.suspensions or "place_suspended" in (tmp_path / "bot.log").read_text()
        assert here.told_owner() == here.to_tell(), "the owner is told once of each time a place is gone"


async def all_told_by_digests(folder: Path, database: str, replicas: int) -> None:
    """Windows end one after another, whatever dies meanwhile: each item stands in one digest, and each digest once in its channel."""
    first = datetime.now(UTC)
    async with chaos(folder, database, replicas, windows=[first + number * EVERY for number in range(1, WINDOWS)]) as here:
        found = await killed(here, f"digests, {replicas} replicas")
        assert (found["lost"], found["doubled"], found["held"]) == (0, 0, 0)
        assert found["bundled"] == found["alerts"], "nothing came by itself"
        shown = [one for where in here.news.places for one in here.news.alerts(where)]
        assert await here.news.states(alerts=False) == {"sent": len(shown)}


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_killed_while_windows_close_it_tells_each_item_in_one_digest(tmp_path: Path, database: str) -> None:
    await all_told_by_digests(tmp_path, database, 1)


@pytest.mark.postgresql
@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
async def test_replicas_that_are_killed_while_windows_close_do_so_too(tmp_path: Path, database: str) -> None:
    await all_told_by_digests(tmp_path, database, 2)


@pytest.mark.postgresql
@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
async def test_replicas_that_are_frozen_for_longer_than_their_lease_double_nothing(tmp_path: Path, database: str) -> None:
    async with chaos(tmp_path, database, 4, lease=2) as here:
        found = await killed(here, "PostgreSQL, 4 replicas, a lease of 2 s, frozen for up to twice that")
        assert (found["lost"], found["doubled"], found["held"]) == (0, 0, 0)
        assert here.news.disordered() == []


@pytest.mark.postgresql
@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
@pytest.mark.parametrize("replicas", [1, 2, 4] if MANY else [2])
async def test_replicas_on_postgresql_lose_nothing_and_double_nothing_either(tmp_path: Path, database: str, replicas: int) -> None:
    async with chaos(tmp_path, database, replicas) as here:
        found = await killed(here, f"PostgreSQL, {replicas} replicas, with the history scope")
        assert (found["lost"], found["doubled"], found["held"]) == (0, 0, 0)
        assert here.news.disordered() == []
