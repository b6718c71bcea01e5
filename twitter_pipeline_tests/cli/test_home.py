"""The data folder: private, and one `up` at a time."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from twitter_pipeline.cli.errors import CannotStart
from twitter_pipeline.cli.up import home


def test_only_its_owner_can_look_into_it(tmp_path: Path) -> None:
    folder = tmp_path / "var" / "sandbox"
    home.make(folder)
    for made in (folder, folder / "dagster", folder / "logs", folder / "x"):
        assert stat.S_IMODE(made.stat().st_mode) == 0o700


def test_a_folder_that_cannot_be_made_names_the_setting(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file")
    with pytest.raises(CannotStart, match="data_dir"):
        home.make(tmp_path / "var" / "sandbox")


def test_a_second_one_is_told_who_holds_it(tmp_path: Path) -> None:
    refused = pytest.raises(CannotStart, match=rf"already running .*process {os.getpid()}")
    with home.locked(tmp_path), refused, home.locked(tmp_path):
        pytest.fail("it was held twice")
    with home.locked(tmp_path):
        pass


def test_the_lock_of_one_that_was_killed_holds_nobody_up(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys, pathlib; from twitter_pipeline.cli.up import home\n"
        "with home.locked(pathlib.Path(sys.argv[1])): os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert (tmp_path / "up.lock").read_text().isdecimal()
    with home.locked(tmp_path):
        assert (tmp_path / "up.lock").read_text() == str(os.getpid())


def test_a_file_is_only_written_when_it_changed(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    assert home.write_if_changed(path, b"one")
    before = path.stat().st_mtime_ns, path.stat().st_ino
    assert not home.write_if_changed(path, b"one")
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == before
    assert home.write_if_changed(path, b"two")
    assert path.read_bytes() == b"two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_folder_that_a_person_made_for_everybody_is_closed(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    home.make(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


def test_what_a_command_writes_is_its_owners_only_whatever_the_umask(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("mode: live\naccounts: [{name: maker}]\nprojects: [{id: cats, path: .}]\n")
    keys = "api_key=k1\napi_secret=k2\naccess_token=k3\naccess_token_secret=k4\n"
    for words, said in ("db upgrade", ""), ("account add maker --from - --no-check", keys), ("account rotate-key", ""):
        program = [sys.executable, "-m", "twitter_pipeline.cli.main", *words.split(), "--config", str(config)]
        done = subprocess.run(program, input=said, text=True, capture_output=True, umask=0o022, check=False)
        assert done.returncode == 0, done.stderr
    written = [tmp_path / "var" / "live", *(tmp_path / "var" / "live").rglob("*")]
    assert {"pipeline.db", "secret.key"} <= {path.name for path in written}
    assert [path for path in written if path.stat().st_mode & 0o077] == []
