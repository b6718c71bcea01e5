"""X's keys at rest: encrypted with a key that lies beside the data, or in the environment."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

#: Holds the key where it should not lie on the disk of the data (`twitter-pipeline` prints how to make one).
ENVIRONMENT_VARIABLE = "TWITTER_PIPELINE_KEY"


class KeyLost(Exception):
    """What was encrypted cannot be read with the key that is there."""


class Vault:
    """Encrypts and decrypts with Fernet (AES-128-CBC and HMAC-SHA256)."""

    def __init__(self, key: bytes) -> None:
        from cryptography.fernet import Fernet

        try:
            self._fernet = Fernet(key)
        except ValueError as error:
            raise KeyLost(
                f"the encryption key is not one: {ENVIRONMENT_VARIABLE}, or the file secret.key, must hold 32 bytes as"
                " URL-safe base64, as this program wrote it"
            ) from error

    def encrypt(self, secret: str) -> str:
        """The secret as text that only this key opens."""
        return self._fernet.encrypt(secret.encode()).decode()

    def decrypt(self, text: str) -> str:
        """The secret. Raises KeyLost when it was encrypted with another key."""
        from cryptography.fernet import InvalidToken

        try:
            return self._fernet.decrypt(text.encode()).decode()
        except InvalidToken:
            raise KeyLost(
                "the stored X keys were encrypted with another key: bring back the file secret.key"
                f" (or {ENVIRONMENT_VARIABLE}) they were stored with; or put the four keys into config.yaml again"
            ) from None

    def __repr__(self) -> str:
        return "Vault(…)"


def open_vault(home: Path, environ: Mapping[str, str] = os.environ) -> Vault:
    """The vault for the data in `home`: its key from the environment, else `home/secret.key`, made 0600 if missing."""
    from cryptography.fernet import Fernet

    if given := environ.get(ENVIRONMENT_VARIABLE):
        return Vault(given.encode())
    path = home / "secret.key"
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        return Vault(path.read_bytes().strip())
    except FileNotFoundError:
        pass
    # Written whole under another name, then linked: two processes at first start agree on one key.
    descriptor, draft = tempfile.mkstemp(prefix=".secret.key.", dir=home)  # 0600
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
    return Vault(path.read_bytes().strip())
