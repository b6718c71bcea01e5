"""The folder with everything of one mode: made private, used by one `up` at a time, with a snapshot of config.yaml.

home/                 var/sandbox or var/live
  pipeline.db         our database, unless it is PostgreSQL
  secret.key          what X's keys are encrypted with
  api-token           the first token of the API
  config.yaml         the configuration that was accepted last; all processes read this one
  dagster/            DAGSTER_HOME
  logs/               one file a process
  x/                  the sandbox's posts and media
  restore_under_way/  while a restore puts its parts in place
  before_restore/     what was there before the last one
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from twitter_pipeline.cli.errors import CannotStart


def make(home: Path) -> None:
    """Make the folder and its parts, for their owner only. Raises CannotStart when that cannot be."""
    try:
        for folder in (home, home / "dagster", home / "logs", home / "x"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # A person may have made it, for everybody. Whoever cannot enter it reaches nothing in it.
        home.chmod(0o700)
    except OSError as error:
        raise CannotStart(f"{home} cannot be used: {error.strerror}; set another folder with data_dir") from error


@contextmanager
def locked(home: Path) -> Iterator[None]:
    """Hold the folder. Raises CannotStart when another `up` does; a lock of one that died does not count."""
    import fcntl

    with os.fdopen(os.open(home / "up.lock", os.O_RDWR | os.O_CREAT, 0o600), "r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotStart(
                f"already running for {home} (process {file.read().strip() or 'unknown'});"
                " stop it first, or set another data_dir"
            ) from None
        file.truncate()
        file.write(str(os.getpid()))
        file.flush()
        yield


def is_locked(home: Path) -> bool:
    """Whether an `up` holds the folder."""
    import fcntl

    try:
        with (home / "up.lock").open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def write_if_changed(path: Path, content: bytes) -> bool:
    """Put `content` in place of the file in one step; False, and nothing touched, when it holds that already."""
    try:
        if path.read_bytes() == content:
            return False
    except FileNotFoundError:
        pass
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    draft.replace(path)
    return True
