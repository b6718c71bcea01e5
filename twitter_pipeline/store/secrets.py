"""X's keys at rest: encrypted with a key that lies beside the data, or in the environment.

While the key is being changed (`rotation`) there are two, and either opens what was encrypted with it.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from twitter_pipeline.config import secrecy

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

#: Holds the key where it should not lie on the disk of the data. Several, with commas: the first one encrypts.
ENVIRONMENT_VARIABLE = "TWITTER_PIPELINE_KEY"
KEY_FILE = "secret.key"
#: The key that takes the other's place; there while that is being done.
NEW_KEY_FILE = "secret.key.new"


class KeyLost(Exception):
    """What was encrypted cannot be read with the key that is there."""


class Vault:
    """Encrypts and decrypts with Fernet (AES-128-CBC and HMAC-SHA256): with the first key, and with any of them.

    `read` gives the keys; it is asked again before a secret is given up, since they may have been changed meanwhile.
    """

    def __init__(self, read: Callable[[], Sequence[bytes]]) -> None:
        self._read = read
        self._fernet = _fernet(read())

    def encrypt(self, secret: str) -> str:
        """The secret as text that only this key opens."""
        secrecy.keep([secret])
        return self._fernet.encrypt(secret.encode()).decode()

    def decrypt(self, text: str) -> str:
        """The secret; the process does not say it from then on. Raises KeyLost when another key encrypted it."""
        secret = self._decrypted(text)
        secrecy.keep([secret])
        return secret

    def _decrypted(self, text: str) -> str:
        from cryptography.fernet import InvalidToken

        try:
            return self._fernet.decrypt(text.encode()).decode()
        except InvalidToken:
            self._fernet = _fernet(self._read())
        try:
            return self._fernet.decrypt(text.encode()).decode()
        except InvalidToken:
            raise KeyLost(
                f"the stored X keys were encrypted with another key: bring back the file {KEY_FILE}"
                f" (or {ENVIRONMENT_VARIABLE}) they were stored with; or give the four keys anew, in config.yaml or"
                " with: twitter-pipeline account add"
            ) from None

    def __repr__(self) -> str:
        return "Vault(…)"


def _fernet(keys: Sequence[bytes]) -> MultiFernet:
    from cryptography.fernet import Fernet, MultiFernet

    secrecy.keep(key.decode(errors="replace") for key in keys)
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError as error:
        raise KeyLost(
            f"the encryption key is not one: {ENVIRONMENT_VARIABLE}, or the file {KEY_FILE}, must hold 32 bytes as"
            " URL-safe base64, as this program wrote it"
        ) from error


def open_vault(home: Path, environ: Mapping[str, str] = os.environ) -> Vault:
    """The vault for the data in `home`: its key from the environment, else `home/secret.key`, made 0600 if missing."""
    if given := keys_in(environ):
        return Vault(lambda: given)
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not read_keys(home):
        make_key(home / KEY_FILE)
    return Vault(lambda: read_keys(home))


def keys_in(environ: Mapping[str, str]) -> list[bytes]:
    """The keys of the environment; none when it has none."""
    return [key.strip().encode() for key in environ.get(ENVIRONMENT_VARIABLE, "").split(",") if key.strip()]


def read_keys(home: Path) -> list[bytes]:
    """The keys in the folder, the one that encrypts first."""
    keys = []
    for name in (NEW_KEY_FILE, KEY_FILE):  # in this order: the first may take the other's place in between
        try:
            keys.append((home / name).read_bytes().strip())
        except FileNotFoundError:
            continue
    return keys


def make_key(path: Path) -> None:
    """Write a new key, whole, under this name, unless there is one: two processes at once agree on one key."""
    from cryptography.fernet import Fernet

    descriptor, draft = tempfile.mkstemp(prefix=f".{KEY_FILE}.", dir=path.parent)  # 0600
    with os.fdopen(descriptor, "wb") as file:
        file.write(Fernet.generate_key())
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        Path(draft).unlink()
