"""What is sealed opens with the keys that are given, and with no other."""

import pytest
from cryptography.fernet import Fernet

from bot.errors import SettingsError
from bot.sealing import Seal

OLD, NEW = "the old key, which is long enough".replace(",", ""), Fernet.generate_key().decode()


def test_what_is_sealed_shows_nothing_and_opens_again() -> None:
    seal = Seal.of(NEW)
    assert "xoxb" not in seal.close("xoxb-한국-secret")
    assert seal.open(seal.close("xoxb-한국-secret")) == "xoxb-한국-secret"
    assert seal.close("x") != seal.close("x")


def test_the_first_key_seals_and_every_key_opens() -> None:
    before = Seal.of(OLD).close("token")
    both = Seal.of(f"{NEW}, {OLD}")
    assert both.open(before) == "token"
    assert Seal.of(NEW).open(both.close("token")) == "token"
    assert Seal.of(NEW).open(both.renew(before)) == "token"


def test_another_key_opens_nothing_and_the_error_says_what_to_do_without_the_key() -> None:
    with pytest.raises(SettingsError, match="Add the key it was sealed with") as caught:
        Seal.of(NEW).open(Seal.of(OLD).close("token"))
    assert NEW not in str(caught.value)


def test_what_was_changed_does_not_open() -> None:
    sealed = Seal.of(NEW).close("token")
    with pytest.raises(SettingsError):
        Seal.of(NEW).open(sealed[:-4] + "AAA=")


@pytest.mark.parametrize(
    "setting", ["", " , ", "short", f"{NEW},short"], ids=["none", "empty ones", "short", "a short one after a good one"]
)
def test_a_key_that_is_missing_or_short_is_refused(setting: str) -> None:
    with pytest.raises(SettingsError, match="at least 16 characters") as caught:
        Seal.of(setting)
    assert "openssl rand" in str(caught.value)
