"""The app package of Teams: what Microsoft's own schema says of it, its icons, and what is refused before Teams would."""

import io
import json
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest

from bot.errors import SettingsError
from handlers.commands import TABLE
from handlers.teams_package import Publisher, manifest, package
from tests import node_packages

ID = "0f8fad5b-d9cb-469f-a165-70867728950e"
PUBLISHER = Publisher(ID, "https://regwatch.example.org/about", "Acme Regulatory Affairs")
DOMAINS = ("www.fda.gov", "www.mfds.go.kr", "www.fda.gov")


def made(*, slash: bool = True, **changed: Any) -> dict[str, Any]:
    return manifest(Publisher(**({"client_id": ID, "website": "https://example.org"} | changed)), "0.3.1", DOMAINS, slash=slash)


def schema_errors(told: dict[str, Any], folder: Path) -> list[str]:
    schemas = node_packages.installed() / "@microsoft/app-manifest/build/json-schemas/teams"
    (folder / "manifest.json").write_text(json.dumps(told))
    schema = schemas / f"v{told['manifestVersion']}/MicrosoftTeams.schema.json"
    return node_packages.run("validate.js", str(schema), str(folder / "manifest.json")).splitlines()


@pytest.mark.parametrize(("slash", "version"), [(True, "1.29"), (False, "1.26")])
def test_microsofts_schema_has_nothing_against_the_manifest(slash: bool, version: str, tmp_path: Path) -> None:
    told = manifest(PUBLISHER, "0.3.1", DOMAINS, slash=slash)
    assert told["manifestVersion"] == version
    assert schema_errors(told, tmp_path) == []


def test_microsofts_schema_would_say_so_if_it_had(tmp_path: Path) -> None:
    told = made(slash=False)
    told["bots"][0]["supportsTargetedMessages"] = True
    told["bots"][0]["scopes"].append("everywhere")
    assert len(schema_errors(told, tmp_path)) >= 2


def test_a_package_holds_the_manifest_and_both_icons_and_is_always_the_same_file() -> None:
    content = package(PUBLISHER, "0.3.1", DOMAINS, slash=True)
    assert package(PUBLISHER, "0.3.1", DOMAINS, slash=True) == content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == ["manifest.json", "color.png", "outline.png"]
        told = json.loads(archive.read("manifest.json"))
        assert (told["icons"]["color"], told["icons"]["outline"]) == ("color.png", "outline.png")
        assert size(archive.read("color.png")) == (192, 192)
        assert size(archive.read("outline.png")) == (32, 32)
        assert {pixel[:3] for pixel in pixels(archive.read("outline.png")) if pixel[3] > 0} == {b"\xff\xff\xff"}
        assert sum(pixel[3] == 0 for pixel in pixels(archive.read("outline.png"))) > 300


def size(png: bytes) -> tuple[int, ...]:
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", png[16:24])


def pixels(png: bytes) -> list[bytes]:
    """The pixels of a PNG as we write them: one IDAT, no filters."""
    width, height = size(png)
    length = struct.unpack(">I", png[33:37])[0]
    rows = zlib.decompress(png[41 : 41 + length])
    stride = 1 + 4 * width
    return [rows[row * stride + 1 + 4 * column :][:4] for row in range(height) for column in range(width)]


def test_the_menus_offer_commands_of_the_table_as_it_describes_them() -> None:
    (listed,) = made()["bots"][0]["commandLists"]
    names = [one.name for one in TABLE]
    assert {one["title"] for one in listed["commands"]} <= set(names)
    assert [one["title"] for one in listed["commands"]][:3] == ["help", "search", "watch add"]
    assert 6 <= len(listed["commands"]) <= 12


def test_only_the_newer_manifest_has_slash_commands() -> None:
    assert made()["bots"][0]["commandLists"][0]["triggers"] == ["mention", "slash"]
    assert made()["bots"][0]["supportsTargetedMessages"] is True
    assert "triggers" not in json.dumps(made(slash=False))
    assert "supportsTargetedMessages" not in json.dumps(made(slash=False))


def test_links_of_the_sources_are_shown_as_cards_each_domain_once() -> None:
    (handler,) = made()["composeExtensions"][0]["messageHandlers"]
    assert handler["value"]["domains"] == ["www.fda.gov", "www.mfds.go.kr"]


def test_a_version_is_one_that_teams_takes() -> None:
    versions = [manifest(PUBLISHER, one, (), slash=True)["version"] for one in ("0.3.1", "2.0", "1.4.2rc1", "0.1.0.dev3")]
    assert versions == ["1.3.1", "2.0.0", "1.4.2", "1.1.0"]


@pytest.mark.parametrize(
    "wrong", [{"client_id": ""}, {"client_id": "my-bot"}, {"website": "http://example.org"}, {"website": "example.org"}, {"privacy": "x"}]
)
def test_what_teams_would_refuse_is_said_before(wrong: dict[str, str]) -> None:
    with pytest.raises(SettingsError):
        made(**wrong)
