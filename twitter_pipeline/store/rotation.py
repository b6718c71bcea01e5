"""Another key for what is encrypted, in steps of which any may be the last one taken.

    1  a new key is written beside the old one: from then on either opens, and the new one encrypts
    2  everything stored is encrypted anew, in one transaction
    3  the new key takes the place of the old one

Whoever dies in between leaves a vault that opens everything; the next call goes on with the key that is there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from twitter_pipeline.store import accounts
from twitter_pipeline.store.engine import writing
from twitter_pipeline.store.secrets import KEY_FILE, NEW_KEY_FILE, Vault, keys_in, make_key, open_vault, read_keys


class KeyInEnvironment(Exception):
    """The key is in the environment, and there is only the old one: a person has to add the new one."""


def rotate(engine: sa.Engine, home: Path, environ: Mapping[str, str] = os.environ) -> int:
    """Encrypt all stored keys of X with a new key; of how many accounts.

    With the key in the environment, the first of those there is the new one; raises KeyInEnvironment when it is the
    only one. Raises KeyLost, and nothing is changed, where something stored cannot be read.
    """
    if given := keys_in(environ):
        if len(given) < 2:
            raise KeyInEnvironment
        return encrypt_anew(engine, Vault(lambda: given))
    open_vault(home, environ)
    with _one_at_a_time(home):
        make_key(home / NEW_KEY_FILE)
        both = read_keys(home)
        vault = Vault(lambda: both)
        encrypt_anew(engine, vault)
        put_in_place(home)
        # Again, for whoever encrypted with the old key while this went on.
        return encrypt_anew(engine, vault)


def encrypt_anew(engine: sa.Engine, vault: Vault) -> int:
    """Step 2."""
    with writing(engine) as connection:
        return accounts.encrypt_anew(connection, vault)


def put_in_place(home: Path) -> None:
    """Step 3, on the disk when it returns."""
    (home / NEW_KEY_FILE).replace(home / KEY_FILE)
    folder = os.open(home, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def _one_at_a_time(home: Path) -> Iterator[None]:
    import fcntl

    with (home / f"{KEY_FILE}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
