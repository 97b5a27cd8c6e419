"""The doctor: each misconfiguration has its sentence, and a healthy bot has none of them."""

import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from bot import doctor_surroundings, settings
from bot.doctor import examine
from bot.store.database import Store
from tests.loopback_slack import LoopbackSlack
from tests.test_store_migrate import text

Patch = pytest.MonkeyPatch


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: Patch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REGWATCH_WEB_PORT", "0")


async def told(monkeypatch: Patch, **given: str) -> str:
    """What is not as it should be, a line each."""
    for name, value in given.items():
        monkeypatch.setenv(f"REGWATCH_{name}", value)
    found = await examine(datetime.now(UTC))
    return "\n".join(f"{one.verdict} {one.subject}: {one.sentence}" for one in found if one.verdict != "ok")


CASES: list[tuple[dict[str, str], str]] = [
    ({"SLACK_BOT_TOKEN": "xapp-1"}, "fail REGWATCH_SLACK_BOT_TOKEN: holds an app-level token; it wants the bot token (xoxb-…)"),
    ({"SLACK_APP_TOKEN": "xoxb-1"}, "fail REGWATCH_SLACK_APP_TOKEN: holds a bot token; it wants the app-level token (xapp-…)"),
    ({"SLACK_BOT_TOKEN": "xoxp-1"}, "holds a person's token"),
    ({"SLACK_APP_TOKEN": "xapp-1"}, "fail Slack: REGWATCH_SLACK_APP_TOKEN alone hears and cannot answer"),
    ({"SLACK_SIGNING_SECRET": "s"}, "warn REGWATCH_PUBLIC_URL: Slack calls the bot over https, and it listens only on this machine"),
    ({"SLACK_CLIENT_ID": "1.2"}, "wants REGWATCH_SLACK_CLIENT_SECRET and REGWATCH_SECRET_KEY beside it"),
    ({"SLACK_CLIENT_ID": "1.2", "SLACK_CLIENT_SECRET": "s", "SECRET_KEY": "short"}, "fail Slack: "),
    ({"SLACK_CLIENT_SECRET": "s"}, "changes nothing without REGWATCH_SLACK_CLIENT_ID"),
    ({"TEAMS_CLIENT_SECRET": "s"}, "fail Teams: REGWATCH_TEAMS_CLIENT_ID is missing"),
    ({"TEAMS_CLIENT_ID": "a"}, "wants REGWATCH_TEAMS_CLIENT_SECRET and REGWATCH_TEAMS_TENANT_ID beside it"),
    ({"TEAMS_ANONYMOUS": "1"}, "fail settings: REGWATCH_TEAMS_ANONYMOUS is not usable"),
    ({"PUBLIC_URL": "http://regwatch.example.org"}, "fail REGWATCH_PUBLIC_URL: is not https"),
    ({"METRICS_TOKEN": "a-token-of-some-length", "WEB_HOST": "0.0.0.0"}, "warn REGWATCH_METRICS_TOKEN: travels in the open"),
    ({"METRICS_TOKEN": "short"}, "must have 16 characters at least"),
    ({"FETCH_ALLOW": "169.254.169.254:80"}, "fail REGWATCH_FETCH_ALLOW: 169.254.169.254:80 is where clouds hand out credentials"),
    ({"FETCH_ALLOW": "*.example.org:80"}, "fail REGWATCH_FETCH_ALLOW: *.example.org:80 permits nothing"),
    ({"FETCH_ALLOW": "example.org"}, 'fail sources: REGWATCH_FETCH_ALLOW: "example.org" is not a host:port pair.'),
    ({"CATALOGUE_DIR": "nowhere"}, "fail sources: "),
    ({"CATALOGUE_ONLY": "1"}, "fail sources: REGWATCH_CATALOGUE_ONLY"),
    ({"DATABASE_URL": "sqlite:///nowhere/regwatch.db"}, "database"),
    ({"DATABASE_URL": "postgresql://regwatch:secret@127.0.0.1:1/regwatch"}, "fail database: "),
    ({"DATABASE_URL": "mysql://x"}, "fail database: Regwatch cannot use a mysql database."),
    ({"SLACK_BOT_TOKEN_FILE": "nowhere"}, "The file of REGWATCH_SLACK_BOT_TOKEN_FILE cannot be read: No such file or directory."),
    ({"SECRET_KEYS": "x"}, "warn REGWATCH_SECRET_KEYS: is no setting and changes nothing. Did you mean REGWATCH_SECRET_KEY?"),
]


@pytest.mark.parametrize(("given", "sentence"), CASES, ids=["+".join(given) for given, _ in CASES])
async def test_what_is_set_wrongly_is_told(monkeypatch: Patch, given: dict[str, str], sentence: str) -> None:
    api = {"SLACK_API_URL": "http://127.0.0.1:1/", "DATABASE_URL": "sqlite:///none.db"}
    assert sentence in await told(monkeypatch, **(api | given))


def sentences(found: object) -> str:
    return " ".join(f"{one.verdict}: {one.sentence}" for one in found)  # type: ignore[attr-defined]


async def test_a_bot_in_good_order_has_only_what_is_not_connected(monkeypatch: Patch, sqlite_made: Path) -> None:
    found = await told(monkeypatch, DATABASE_URL=f"sqlite:///{sqlite_made}")
    assert [line.partition(":")[0] for line in found.splitlines() if not line.startswith("warn disk")] == ["warn Slack", "warn Teams"]


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("at", "said"), [("0001", "warn database: Its schema is of an older"), ("9999", "upgraded by a newer version")])
async def test_a_schema_of_another_version_is_told(monkeypatch: Patch, database: str, store: Store, at: str, said: str) -> None:
    async with store.write() as tx:
        await tx.execute(text(f"UPDATE alembic_version SET version_num = '{at}'"))
    assert said in await told(monkeypatch, DATABASE_URL=database)


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_a_database_that_takes_no_changes_is_told(monkeypatch: Patch, database: str, store: Store) -> None:
    async with store.write() as tx:
        await tx.execute(text("CREATE TRIGGER stop BEFORE DELETE ON events BEGIN SELECT raise(ABORT, 'no'); END"))
        await tx.execute(text("ALTER TABLE events RENAME TO gone"))
    assert "fail database: " in await told(monkeypatch, DATABASE_URL=database)


async def test_a_damaged_database_is_told(monkeypatch: Patch, tmp_path: Path) -> None:
    (tmp_path / "regwatch.db").write_text("no database " * 100)
    assert "fail database: The database" in await told(monkeypatch)


def test_a_disk_that_is_nearly_full_is_told(tmp_path: Path) -> None:
    assert "warn: 499 MB are left" in sentences(doctor_surroundings.disk(499_000_000, tmp_path))
    assert "the database cannot grow" in sentences(doctor_surroundings.disk(1_000_000, tmp_path))
    assert sentences(doctor_surroundings.disk(10**12, tmp_path)) == ""


@pytest.mark.parametrize(("kind", "bad"), [("nfs4", True), ("cifs", True), ("ext4", False), ("overlay", False)])
def test_an_sqlite_file_on_a_network_file_system_is_told(kind: str, bad: bool) -> None:
    mounts = f"/dev/sda / ext4 rw 0 0\nhost:/x /data {kind} rw 0 0\n"
    found = sentences(doctor_surroundings.network_disk(Path("/data/regwatch.db"), mounts))
    assert ("is on a network file system" in found) is bad
    assert sentences(doctor_surroundings.network_disk(Path("/database/regwatch.db"), mounts)) == ""


@pytest.mark.parametrize(
    ("off", "said"), [(5, ""), (-60, "warn: The clock is 60 seconds behind"), (3600, "fail: The clock is 3600 seconds ahead")]
)
def test_a_clock_that_is_off_is_told(now: datetime, off: int, said: str) -> None:
    found = sentences(doctor_surroundings.clock(format_datetime(now, usegmt=True), now + timedelta(seconds=off)))
    assert found.startswith(said)
    assert bool(found) is bool(said)
    assert sentences(doctor_surroundings.clock("no date", now)) == ""


async def test_the_clock_is_compared_with_that_of_slack(monkeypatch: Patch, sqlite_made: Path) -> None:
    async with LoopbackSlack() as slack:
        given = {"SLACK_BOT_TOKEN": slack.bot_token, "SLACK_API_URL": slack.api_url, "DATABASE_URL": f"sqlite:///{sqlite_made}"}
        for name, value in given.items():
            monkeypatch.setenv(f"REGWATCH_{name}", value)
        found = await examine(datetime.now(UTC) + timedelta(hours=1))
        assert "seconds ahead of Slack's" in sentences(found)


def test_missing_time_zones_are_told() -> None:
    assert "There is no data on Nowhere/Land" in sentences(doctor_surroundings.time_zones("Nowhere/Land"))
    assert sentences(doctor_surroundings.time_zones()) == ""


def test_a_port_that_another_program_holds_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        taken.close()
        assert sentences(doctor_surroundings.web_port("127.0.0.1", port)) == ""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        taken.settimeout(0)
        found = sentences(doctor_surroundings.web_port("127.0.0.1", taken.getsockname()[1]))
        assert "Nothing can listen on" in found
    assert "Nothing can listen on 192.0.2.1:80" in sentences(doctor_surroundings.web_port("192.0.2.1", 80))


def test_secrets_that_everybody_can_read_are_told(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("xoxb-1")
    file.chmod(0o644)
    assert f"chmod 600 {file}" in sentences(doctor_surroundings.readable_by_all([file]))
    file.chmod(0o640)
    assert sentences(doctor_surroundings.readable_by_all([file, tmp_path / "none"])) == ""


@pytest.mark.parametrize("name", settings.BY_FILE)
def test_every_secret_may_be_the_content_of_a_file(monkeypatch: Patch, tmp_path: Path, name: str) -> None:
    content = "sqlite:///from-a-file.db" if name == "database_url" else "a-secret-of-some-length"
    (tmp_path / "secret").write_text(f"{content}\n")
    monkeypatch.setenv(f"REGWATCH_{name.upper()}_FILE", str(tmp_path / "secret"))
    read = getattr(settings.load(), name)
    assert content == (read if isinstance(read, str) else read.get_secret_value())


def test_a_file_goes_before_a_blank_that_takes_back_what_an_image_sets(monkeypatch: Patch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("postgresql://regwatch@host/regwatch")
    monkeypatch.setenv("REGWATCH_DATABASE_URL", "")
    monkeypatch.setenv("REGWATCH_DATABASE_URL_FILE", str(tmp_path / "secret"))
    assert settings.load().database_url == "postgresql://regwatch@host/regwatch"


def test_a_secret_that_is_given_twice_is_refused(monkeypatch: Patch, tmp_path: Path) -> None:
    monkeypatch.setenv("REGWATCH_SECRET_KEY", "a")
    monkeypatch.setenv("REGWATCH_SECRET_KEY_FILE", str(tmp_path / "secret"))
    with pytest.raises(settings.SettingsError, match="REGWATCH_SECRET_KEY and REGWATCH_SECRET_KEY_FILE are both set"):
        settings.load()


@pytest.mark.parametrize(
    ("endpoint", "is_installed", "said"),
    [
        ("", False, []),
        ("http://127.0.0.1:4318", True, []),
        ("http://127.0.0.1:4318", False, ["is set, and what sends traces is not installed, so none are sent. Install regwatch[otel]"]),
        ("127.0.0.1:4318", True, ["is no address of a collector, so no traces arrive"]),
    ],
)
def test_traces_that_will_not_arrive_are_told(endpoint: str, is_installed: bool, said: list[str]) -> None:
    found = list(doctor_surroundings.traces({"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}, is_installed=is_installed))
    assert [(one.verdict, one.subject) for one in found] == [("warn", "OTEL_EXPORTER_OTLP_ENDPOINT")] * len(said)
    assert [one.sentence.startswith(start) for one, start in zip(found, said, strict=True)] == [True] * len(said)


async def test_the_doctor_looks_for_traces_too(monkeypatch: Patch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "127.0.0.1:4318")
    assert "warn OTEL_EXPORTER_OTLP_ENDPOINT: is no address of a collector" in await told(monkeypatch)
