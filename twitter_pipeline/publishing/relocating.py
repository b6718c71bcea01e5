"""Moving a file without losing it, or another one: nothing is written over, and it always is in one place at least."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path, PurePosixPath

#: Most file systems take no longer name.
_MOST_NAME_BYTES = 255
#: A copy that is not whole yet, beside where it goes. Hidden, so that no scan takes it.
_PARTIAL = ".moving-"

#: What says that a file system has no hard links, or none between these two places.
_NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EACCES}


def free_names(wanted: list[str], stem: str | None, is_free: Callable[[list[str]], bool]) -> list[str]:
    """`wanted` as they are or, where `is_free` refuses one, all with the first number that is free: cat-2.mp4.

    Names that begin with `stem` get it there, so that a medium and its sidecar stay alike: cat-2.de.json.
    """
    number = 1
    while not is_free(names := [_numbered(path, stem, number) for path in wanted]):
        number += 1
    return names


def _numbered(path: str, stem: str | None, number: int) -> str:
    pure = PurePosixPath(path)
    begin = stem if stem is not None and pure.name.startswith(stem) else pure.stem
    rest, mark = pure.name[len(begin) :], "" if number == 1 else f"-{number}"
    while begin and len(f"{begin}{mark}{rest}".encode()) > _MOST_NAME_BYTES and mark:
        begin = begin[:-1]
    return str(pure.with_name(f"{begin}{mark}{rest}"))


def relocate(old: Path, new: Path) -> None:
    """Move the file at `old` to `new`, or end what a relocation that died has begun. Nothing to do when `old` is gone.

    Across file systems it is copied and made durable before `old` is deleted. Raises OSError; FileExistsError when
    there is another file at `new`.
    """
    if not os.path.lexists(old):
        return
    _make_folder(new.parent)
    try:
        os.link(old, new)
    except OSError as error:
        if os.path.lexists(new):
            if not is_same(old, new):
                raise FileExistsError(errno.EEXIST, f"there is another file at {new.name}") from error
            _partial(old, new).unlink(missing_ok=True)  # of a copy that died at its very end
        elif error.errno == errno.EXDEV:
            _copy(old, new)
        elif error.errno in _NO_LINKS:
            # Between the look above and this another program could put a file there; none of ours does.
            old.rename(new)
        else:
            raise
    old.unlink(missing_ok=True)


def _make_folder(folder: Path) -> None:
    """Make it, and what is missing above it, open to whom the folder is open that it is made in: others' media too."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for made in reversed(missing):
        made.chmod(made.stat().st_mode & 0o7000 | made.parent.stat().st_mode & 0o777)


def is_same(old: Path, new: Path) -> bool:
    """Whether both are there, and `new` is `old`, or a whole copy of it. Raises OSError."""
    if not (os.path.lexists(old) and os.path.lexists(new)):
        return False
    if os.path.samestat(old.lstat(), new.lstat()):
        return True
    if not old.is_file() or not new.is_file() or old.stat().st_size != new.stat().st_size:
        return False
    with old.open("rb") as one, new.open("rb") as other:
        while (chunk := one.read(1 << 20)) == other.read(1 << 20):
            if not chunk:
                return True
    return False


def _partial(old: Path, new: Path) -> Path:
    return new.with_name(f"{_PARTIAL}{old.stat().st_ino}")


def _copy(old: Path, new: Path) -> None:
    partial = _partial(old, new)
    try:
        with old.open("rb") as source, partial.open("wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
            target.flush()
            os.fsync(target.fileno())
        shutil.copystat(old, partial)
        try:
            os.link(partial, new)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            partial.rename(new)
        _sync_folder(new.parent)
    finally:
        partial.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Make names durable, where the file system can."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    except OSError:
        pass
    finally:
        os.close(handle)
