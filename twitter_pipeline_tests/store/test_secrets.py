"""X's keys at rest."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet

from twitter_pipeline.store import accounts
from twitter_pipeline.store.engine import reading
from twitter_pipeline.store.secrets import ENVIRONMENT_VARIABLE, KeyLost, open_vault
from twitter_pipeline.store.tables import api_keys
from twitter_pipeline_tests.conftest import MakeSettings

SECRET = "an access token, geheim 🗝"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "var" / "live"


def test_what_was_encrypted_is_read_again_by_the_next_process(home: Path) -> None:
    encrypted = open_vault(home, {}).encrypt(SECRET)
    assert SECRET not in encrypted
    assert open_vault(home, {}).decrypt(encrypted) == SECRET


def test_the_key_and_its_folder_are_for_the_owner_only(home: Path) -> None:
    open_vault(home, {})
    assert (home / "secret.key").stat().st_mode & 0o777 == 0o600
    assert home.stat().st_mode & 0o777 == 0o700
    assert [file.name for file in home.iterdir()] == ["secret.key"]


def test_another_key_opens_nothing_and_the_words_say_what_to_do(home: Path, tmp_path: Path) -> None:
    encrypted = open_vault(home, {}).encrypt(SECRET)
    with pytest.raises(KeyLost, match=r"bring back the file secret\.key"):
        open_vault(tmp_path / "another", {}).decrypt(encrypted)


def test_the_environment_s_key_comes_first_and_nothing_is_written(home: Path) -> None:
    key = Fernet.generate_key().decode()
    encrypted = open_vault(home, {ENVIRONMENT_VARIABLE: key}).encrypt(SECRET)
    assert not home.exists()
    assert Fernet(key).decrypt(encrypted).decode() == SECRET


@pytest.mark.parametrize("key", ["too-short", "ü" * 44, "*" * 44])
def test_a_key_that_is_none_is_refused_without_showing_it(home: Path, key: str) -> None:
    with pytest.raises(KeyLost, match="must hold 32 bytes") as raised:
        open_vault(home, {ENVIRONMENT_VARIABLE: key})
    assert key not in str(raised.value)


def test_an_empty_key_file_is_refused_and_kept(home: Path) -> None:
    home.mkdir(parents=True)
    (home / "secret.key").touch()
    with pytest.raises(KeyLost):
        open_vault(home, {})
    assert (home / "secret.key").read_bytes() == b""


def test_a_vault_never_shows_its_key(home: Path) -> None:
    vault = open_vault(home, {})
    key = (home / "secret.key").read_text()
    assert key not in repr(vault)
    assert key not in f"{vault}"


def test_a_draft_left_by_a_process_that_died_is_in_nobody_s_way(home: Path) -> None:
    program = (
        "import os, sys, pathlib; from twitter_pipeline.store.secrets import open_vault;"
        "home = pathlib.Path(sys.argv[1]);"
        # In a container each start has the same process id.
        "(home / f'.secret.key.{os.getpid()}').touch();"
        "open_vault(home, {})"
    )
    home.mkdir(parents=True)
    subprocess.run([sys.executable, "-c", program, str(home)], check=True)
    assert (home / "secret.key").read_bytes()


def test_processes_that_start_at_once_agree_on_one_key(home: Path) -> None:
    program = (
        "import sys, pathlib; from twitter_pipeline.store.secrets import open_vault;"
        "import cryptography.fernet; print('ready', flush=True); sys.stdin.readline();"
        "print(open_vault(pathlib.Path(sys.argv[1]), {}).encrypt('cats'))"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    encrypted = []
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    for process in processes:
        encrypted.append(process.communicate(timeout=30)[0].strip())
        assert process.returncode == 0
    vault = open_vault(home, {})
    assert [vault.decrypt(text) for text in encrypted] == ["cats"] * 4


def test_the_database_holds_no_key_in_the_clear(prepared: sa.Engine, settings: MakeSettings) -> None:
    declared = settings()
    expected = declared.credentials(declared.accounts[0])
    with reading(prepared) as connection:
        row = connection.execute(sa.select(api_keys)).one()
        account = accounts.by_name(connection, "sandbox")
        stored = accounts.credentials(connection, account.id, open_vault(declared.home, {}))
    assert stored == expected
    for secret in (expected.api_key, expected.api_secret, expected.access_token, expected.access_token_secret):
        assert secret not in str(tuple(row))
        assert secret not in repr(account)
        assert secret not in repr(stored)


def test_keys_of_another_vault_are_said_to_be_lost(prepared: sa.Engine, settings: MakeSettings, tmp_path: Path) -> None:
    with reading(prepared) as connection:
        account = accounts.by_name(connection, "sandbox")
        with pytest.raises(KeyLost):
            accounts.credentials(connection, account.id, open_vault(tmp_path / "another", {}))
