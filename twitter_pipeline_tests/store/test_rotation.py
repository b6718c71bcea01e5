"""Another key for what is encrypted."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet

from twitter_pipeline.config import Credentials, Settings
from twitter_pipeline.store import accounts, rotation
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.secrets import ENVIRONMENT_VARIABLE, KeyLost, Vault, open_vault
from twitter_pipeline.store.tables import api_keys
from twitter_pipeline_tests.conftest import MakeSettings
from twitter_pipeline_tests.support.items import NOW

#: More points than there are; a process that reaches its end says so.
MOST_POINTS = 40
KEYS = Credentials("ck", "cs", "at", "ats")


@pytest.fixture
def declared(settings: MakeSettings, prepared: sa.Engine) -> Settings:
    """One account whose keys are stored, and one without."""
    made = settings()
    with writing(prepared) as connection:
        (account,) = accounts.listing(connection)
        accounts.keep(connection, account.id, KEYS, open_vault(made.home, {}), now=NOW)
        user_id = connection.scalar(sa.select(api_keys.c.user_id))
        empty = {"user_id": user_id, "key_name": "without", "created_at": NOW, "updated_at": NOW}
        connection.execute(sa.insert(api_keys).values(**empty))
    return made


def stored(engine: sa.Engine, vault: Vault) -> Credentials:
    with reading(engine) as connection:
        account_id = connection.scalar(sa.select(api_keys.c.id).where(api_keys.c.api_key.is_not(None)))
        return accounts.credentials(connection, account_id, vault)


def only(key: bytes) -> Vault:
    return Vault(lambda: [key])


def test_a_new_key_opens_everything_and_the_old_one_nothing(prepared: sa.Engine, declared: Settings) -> None:
    old = (declared.home / "secret.key").read_bytes()

    assert rotation.rotate(prepared, declared.home, {}) == 1

    new = (declared.home / "secret.key").read_bytes()
    assert new != old
    assert (declared.home / "secret.key").stat().st_mode & 0o777 == 0o600
    assert not (declared.home / "secret.key.new").exists()
    assert stored(prepared, only(new)) == KEYS
    with pytest.raises(KeyLost):
        stored(prepared, only(old))


def test_a_vault_opened_before_opens_what_was_encrypted_anew(prepared: sa.Engine, declared: Settings) -> None:
    before = open_vault(declared.home, {})
    rotation.rotate(prepared, declared.home, {})
    assert stored(prepared, before) == KEYS


def test_killed_at_any_moment_everything_opens_and_the_next_call_ends_it(
    prepared: sa.Engine, declared: Settings, database_url: str
) -> None:
    points = None
    for kill_at in range(1, MOST_POINTS):
        old = (declared.home / "secret.key").read_bytes()
        ended = subprocess.run(
            [
                *(sys.executable, "-m", "twitter_pipeline_tests.store.rotating_process"),
                *(database_url, str(declared.home), str(kill_at)),
            ],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
            timeout=60,
        )
        assert stored(prepared, open_vault(declared.home, {})) == KEYS, f"killed at point {kill_at}"
        if ended.returncode == 0:
            points = int(ended.stdout)
            break
        assert ended.returncode == -signal.SIGKILL
        rotation.rotate(prepared, declared.home, {})
        assert stored(prepared, only((declared.home / "secret.key").read_bytes())) == KEYS
        with pytest.raises(KeyLost):
            stored(prepared, only(old))
    assert points is not None
    assert points >= 8, "a key linked, two commits, a key replaced: before and after each"


def test_where_something_cannot_be_read_nothing_is_changed(prepared: sa.Engine, declared: Settings) -> None:
    with writing(prepared) as connection:
        connection.execute(sa.update(api_keys).where(api_keys.c.key_name == "without").values(api_key="broken"))
    before = (declared.home / "secret.key").read_bytes()
    with pytest.raises(KeyLost):
        rotation.rotate(prepared, declared.home, {})
    assert (declared.home / "secret.key").read_bytes() == before
    with writing(prepared) as connection:
        connection.execute(sa.update(api_keys).where(api_keys.c.key_name == "without").values(api_key=None))
    assert stored(prepared, only(before)) == KEYS


def test_a_key_of_the_environment_is_changed_by_naming_two(prepared: sa.Engine, declared: Settings) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    with writing(prepared) as connection:
        for account in accounts.listing(connection):
            if account.has_keys:
                vault = open_vault(declared.home, {ENVIRONMENT_VARIABLE: old})
                accounts.keep(connection, account.id, KEYS, vault, now=NOW)
    with pytest.raises(rotation.KeyInEnvironment):
        rotation.rotate(prepared, declared.home, {ENVIRONMENT_VARIABLE: old})
    both = {ENVIRONMENT_VARIABLE: f"{new}, {old}"}
    assert stored(prepared, open_vault(declared.home, both)) == KEYS
    assert rotation.rotate(prepared, declared.home, both) == 1
    assert stored(prepared, open_vault(declared.home, {ENVIRONMENT_VARIABLE: new})) == KEYS
