"""What must not be read from a copy of the database, sealed with keys that only the settings hold; several, so that keys can be changed."""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from typing import Self

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from bot.errors import SettingsError

SHORTEST = 16  # characters of a key
_SALT = b"regwatch sealing key, version 1"


class Seal:
    """Seals with the first key and opens with any of them (Fernet: AES-128-CBC and HMAC-SHA256)."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(_fernet_key(one)) for one in keys])

    @classmethod
    def of(cls, setting: str) -> Self:
        """The seal of a list of keys with commas between them, the newest first; SettingsError says what is wrong with one."""
        keys = [one.strip() for one in setting.split(",") if one.strip()]
        if not keys or min(map(len, keys)) < SHORTEST:
            raise SettingsError(
                f"REGWATCH_SECRET_KEY is not usable: each key has at least {SHORTEST} characters.",
                hint="Make one with: openssl rand -base64 32",
            )
        return cls(keys)

    def close(self, words: str) -> str:
        """The words, sealed with the first key; other characters each time."""
        return self._fernet.encrypt(words.encode()).decode()

    def open(self, sealed: str) -> str:
        """The words that were sealed; SettingsError if none of the keys did it."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken:
            raise SettingsError(
                "What is kept sealed cannot be opened with REGWATCH_SECRET_KEY.",
                hint="Add the key it was sealed with to the end of the list, after a comma; without it, install the bot again.",
            ) from None

    def renew(self, sealed: str) -> str:
        """The same words sealed with the first key; SettingsError as in `open`."""
        return self.close(self.open(sealed))


def _fernet_key(key: str) -> bytes:
    """A key of Fernet's own form as it is; any other text is stretched to one, so that guessing it is dear."""
    try:
        if len(base64.urlsafe_b64decode(key)) == 32:
            return key.encode()
    except (binascii.Error, ValueError):
        pass
    return base64.urlsafe_b64encode(hashlib.scrypt(key.encode(), salt=_SALT, n=2**14, r=8, p=1, dklen=32))
