"""The web app tells how the bot is, and its server starts and stops when told."""

import asyncio
import socket
from typing import Never

import httpx
import pytest
from sqlalchemy import text

from bot.errors import SettingsError, StoreTrouble
from bot.store.database import Store
from bot.store.tables import REVISION
from handlers.health import Health
from handlers.web import WebServer, web_app


class Broken(Store):
    """A database that is gone."""

    def __init__(self) -> None: ...

    def read(self) -> Never:  # type: ignore[override] # it only raises
        raise StoreTrouble("The database /secret/path is locked.")


async def get(store: Store, path: str, health: Health | None = None) -> httpx.Response:
    app = web_app(store, health=health)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bot") as client:
        return await client.get(path)


async def test_a_bot_whose_database_answers_is_ready(store: Store) -> None:
    answer = await get(store, "/readyz")
    assert (answer.status_code, answer.json()["ok"]) == (200, True)


async def test_a_bot_without_its_database_lives_but_is_not_ready_and_says_so_plainly() -> None:
    assert (await get(Broken(), "/healthz")).status_code == 200
    answer = await get(Broken(), "/readyz")
    assert (answer.status_code, answer.json()["ok"]) == (503, False)
    assert "database does not answer" in answer.json()["sentence"]
    assert "secret" not in answer.text


@pytest.mark.parametrize(("found", "status"), [("0001", 503), (REVISION, 200), ("9999", 200)])
async def test_a_schema_that_is_behind_is_not_ready_and_one_that_is_ahead_is_usable(store: Store, found: str, status: int) -> None:
    async with store.write() as tx:
        await tx.execute(text("UPDATE alembic_version SET version_num = :found"), {"found": found})
    assert (await get(store, "/readyz")).status_code == status


async def test_schedules_that_do_not_run_are_not_ready_and_named(store: Store) -> None:
    answer = await get(store, "/readyz", Health(store, lambda: {"poll": 91.5, "deliver": 0.0}))
    assert (answer.status_code, answer.json()["sentence"]) == (503, "The schedules do not run: poll is 92 seconds late.")
    assert (await get(store, "/readyz", Health(store, lambda: {"poll": 89.0}))).status_code == 200


async def test_without_slack_its_address_does_not_exist(store: Store) -> None:
    assert (await get(store, "/slack/events")).status_code == 404


async def test_a_server_listens_until_it_is_stopped(store: Store) -> None:
    server = WebServer(web_app(store), "127.0.0.1", 0)
    await server.start()
    async with httpx.AsyncClient() as client:
        assert (await client.get(f"{server.address}/")).status_code == 200
        await asyncio.wait_for(server.stop(), 3)
        with pytest.raises(httpx.ConnectError):
            await client.get(f"{server.address}/")


async def test_an_address_that_is_taken_is_said_in_one_sentence(store: Store) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=f"cannot listen on 127.0.0.1:{port}"):
            await WebServer(web_app(store), "127.0.0.1", port).start()


async def test_a_host_that_is_not_this_machine_is_said_in_one_sentence(store: Store) -> None:
    with pytest.raises(SettingsError, match="cannot listen"):
        await WebServer(web_app(store), "192.0.2.1", 0).start()


async def test_stopping_a_server_that_never_started_is_fine(store: Store) -> None:
    await WebServer(web_app(store), "127.0.0.1", 0).stop()
