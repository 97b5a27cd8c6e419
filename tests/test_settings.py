"""Settings that need each other are asked for together; what is dangerous is refused."""

import pytest

from bot import settings
from bot.errors import SettingsError


def loaded(monkeypatch: pytest.MonkeyPatch, **given: str) -> settings.Settings:
    for name, value in given.items():
        monkeypatch.setenv(f"REGWATCH_{name.upper()}", value)
    return settings.load()


@pytest.mark.parametrize("missing", ["teams_client_secret", "teams_tenant_id"])
def test_a_teams_bot_wants_its_whole_registration(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    whole = {"teams_client_id": "a", "teams_client_secret": "b", "teams_tenant_id": "c"}
    assert loaded(monkeypatch, **whole).teams_tenant_id == "c"
    with pytest.raises(SettingsError, match="REGWATCH_TEAMS_CLIENT_SECRET and REGWATCH_TEAMS_TENANT_ID beside it"):
        loaded(monkeypatch, **{missing: ""})


def test_messages_without_a_token_go_nowhere_but_to_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match="REGWATCH_TEAMS_ANONYMOUS is not usable"):
        loaded(monkeypatch, teams_anonymous="1")
    assert loaded(monkeypatch, teams_service_url="http://127.0.0.1:56150/_connector").teams_anonymous
