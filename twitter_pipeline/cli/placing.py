"""Putting the parts of a backup in place of those that are there, so that any step may be the last one taken.

    begin   restore_under_way/new        all of it is there, by one rename; from here on nobody opens a database
    end     restore_under_way/before     what was there goes into it, part by part
            restore_under_way/placing    is what `new` is called when all of that is done
                                         its parts go to their places
            before_restore               is what `before` is called then; only now the one of an earlier restore goes
            restore_under_way            goes

Whatever ends it on the way, `end` goes on from there: what a folder is called says how far it was, and what is in it
is still to be moved. An SQLite file and its write-ahead log are so never parted. A data folder is one restore's at a
time (`home.locked`); a PostgreSQL may have been another one's meanwhile, so each has an id.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from twitter_pipeline.cli.backup import DAGSTER_FOLDERS, DATABASE
from twitter_pipeline.cli.errors import CannotStart
from twitter_pipeline.store.opening import RESTORING
from twitter_pipeline.store.secrets import KEY_FILE, NEW_KEY_FILE

#: Where what was there before is kept: a folder of the data folder, and the end of a schema's name.
BEFORE = "before_restore"
#: What the names of folders begin with that are no part of anything yet, or any more.
DRAFT = ".restoring-"

_DATABASES = (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", *(f"dagster/{part}" for part in DAGSTER_FOLDERS))
_KEYS = (KEY_FILE, NEW_KEY_FILE)
#: When the backup was made, and below it the id of the restore.
_MADE_AT = "made_at"


def is_begun(home: Path) -> bool:
    """Whether a restore is to be ended."""
    return (home / RESTORING).exists()


def begin(home: Path, new: Path, made_at: datetime, identity: str) -> None:
    """Decide that the parts in the folder `new`, inside `home`, take the place of what is there."""
    draft = new.with_name(f"{new.name}-whole")
    (draft / "before").mkdir(mode=0o700, parents=True)
    (draft / _MADE_AT).write_text(f"{made_at.isoformat()}\n{identity}", encoding="utf-8")
    new.rename(draft / "new")
    os.sync()
    draft.rename(home / RESTORING)


def end(home: Path, place_schemas: Callable[[str], None]) -> datetime:
    """Go on from wherever it stands; when the backup was made.

    `place_schemas` is given the restore's id; it may be called again, too. Raises CannotStart where it cannot be ended,
    and it is still to be ended then.
    """
    here = home / RESTORING
    new, before, placing = here / "new", here / "before", here / "placing"
    try:
        made_at, _, identity = (here / _MADE_AT).read_text(encoding="utf-8").partition("\n")
        place_schemas(identity)
        if new.exists():
            databases = _DATABASES if (new / DATABASE).exists() else ()
            keys = [name for name in _KEYS if (new / name).exists()]  # one that is not in the backup stays
            for name in (*databases, *keys):
                _move(home / name, before / name)
            os.sync()
            new.rename(placing)
        for name in (*_DATABASES, *_KEYS):
            _move(placing / name, home / name)
        os.sync()
        if before.exists():
            if (home / BEFORE).exists():
                shutil.rmtree(home / BEFORE)
            before.rename(home / BEFORE)
        done = home / f"{DRAFT}done"  # in one step, as it began
        here.rename(done)
        shutil.rmtree(done)
    except OSError as error:
        said = f"{error.filename}: {error.strerror}"
        raise CannotStart(f"the restore cannot be ended: {said}; mend that, then the same command again") from error
    return datetime.fromisoformat(made_at)


def _move(part: Path, to: Path) -> None:
    """Move a part, where there is one."""
    if not part.exists():
        return
    if to.exists():
        raise CannotStart(
            f"{to} was made by something else while a restore was under way; move it elsewhere, then the same command"
            " again"
        )
    to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part.rename(to)
