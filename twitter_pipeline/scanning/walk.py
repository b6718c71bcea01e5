"""Walking a folder tree for media files: one listing for each folder, and no file is looked at."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from twitter_pipeline.scanning.boundary import leaves
from twitter_pipeline.scanning.names import is_utf8, shown


@dataclass
class Folder:
    """One folder's media.

    Names are as they are on disk, in whichever normal form. Only in `refused` and `problems` bytes that are not UTF-8
    are written as `\\xe9`, so that all of it can be stored and shown.
    """

    #: Relative to the root that is walked, posix; "." is the root itself.
    rel: str
    #: Regular files, and links to such within the project, in no order. Nothing was asked about them: `entry.stat()`
    #: is for the caller, of the names it does not know.
    files: list[os.DirEntry[str]] = field(default_factory=list)
    #: (name, reason) of what is called like media and cannot be taken.
    refused: list[tuple[str, str]] = field(default_factory=list)
    #: (rel, reason) of this folder, or one in it, when it cannot be entered.
    problems: list[tuple[str, str]] = field(default_factory=list)


def walk(
    root: Path,
    *,
    suffixes: Collection[str],
    start: str = "",
    within: Path | None = None,
    leave_out: Path | None = None,
) -> Iterator[Folder]:
    """`root` and every folder below it, in the order of their names, with the files that end in `suffixes`.

    `suffixes` are lower-case with their dot (".mp4"); letter case of names does not count. Hidden files and folders
    are left out, and so is what a program has not finished, since its name ends otherwise (a.mp4.part, a.mp4~).

    `start` is the `rel` of a folder to go on from: nothing before it is given again, and when it is gone the next in
    order comes first.

    `leave_out` is a folder that is not entered, where it lies below `root`.

    No link may lead out of `within` (`root`, unless the project is larger than that). Linked folders are not entered
    at all: within the project they would be walked twice, or for ever.

    Never raises for what is on the disk: a folder that vanished or cannot be read has the reason in its `problems`.
    """
    real_root = os.path.realpath(within or root)
    # As texts: of 25,000 folders, pathlib would take as long as their listings.
    base, left_out = os.fspath(root), None if leave_out is None else os.fspath(leave_out)
    endings = tuple(suffixes)
    resume = () if start in ("", ".") else tuple(start.split("/"))
    pending: list[tuple[str, ...]] = [()]
    while pending:
        parts = pending.pop()
        folder = Folder("/".join(parts) or ".")
        subfolders: list[str] = []
        path = os.path.join(base, *parts)  # noqa: PTH118
        if path == left_out:
            continue
        try:
            _list(path, folder, subfolders, endings, real_root)
        except OSError as error:
            folder.problems.append((folder.rel, f"cannot be read: {error.strerror}"))
        if parts >= resume:
            yield folder
        # Of a folder that leads to `start`, what is before `start` is done.
        leads_to_start = len(parts) < len(resume) and parts == resume[: len(parts)]
        begin = resume[len(parts)] if leads_to_start else ""
        pending.extend((*parts, name) for name in sorted(subfolders, reverse=True) if name >= begin)


def _list(path: str, folder: Folder, subfolders: list[str], endings: tuple[str, ...], real_root: str) -> None:
    """Fill `folder`, and `subfolders` with the names of those to walk. Raises OSError."""
    if folder.rel == "." and leaves(path, real_root):
        folder.problems.append((folder.rel, "leads out of the project"))
        return
    with os.scandir(path) as entries:
        for entry in entries:
            name = entry.name
            if name.startswith("."):
                continue
            if name.isascii() and name.lower().endswith(endings) and entry.is_file(follow_symlinks=False):
                folder.files.append(entry)  # nearly all of them: what follows would take as long as the listing
                continue
            is_a_folder = is_folder(entry)
            if not is_a_folder and name.lower().endswith(endings):
                if reason := _why_refused(entry, real_root):
                    folder.refused.append((shown(name), reason))
                else:
                    folder.files.append(entry)
            elif is_a_folder:
                if reason := _why_not_entered(entry):
                    rel = name if folder.rel == "." else f"{folder.rel}/{name}"
                    folder.problems.append((shown(rel), reason))
                else:
                    subfolders.append(name)


def is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether it is a folder, or a link to one. Raises nothing."""
    # The listing says of what kind an entry is; only a link's target has to be asked for. Of a link to itself only
    # os.path says so; `entry.is_dir()` and pathlib may raise, and one such link would hide the whole folder.
    return entry.is_dir(follow_symlinks=False) or (entry.is_symlink() and os.path.isdir(entry.path))  # noqa: PTH112


def _why_refused(entry: os.DirEntry[str], real_root: str) -> str | None:
    """Why this, which is called like media, cannot be taken; None when it can."""
    if not is_utf8(entry.name):
        return "its name is not valid UTF-8; rename it"
    if entry.is_file(follow_symlinks=False):
        return None
    if entry.is_symlink() and leaves(entry.path, real_root):
        return "is a link that leads out of the project; put the file itself there"
    if entry.is_symlink() and os.path.isfile(entry.path):  # noqa: PTH113
        return None
    return "is a link to no file" if entry.is_symlink() else "is no file but a pipe, socket or device"


def _why_not_entered(entry: os.DirEntry[str]) -> str | None:
    if entry.is_symlink():
        return "is a link to a folder, and those are not followed; name the folder itself as a source"
    if not is_utf8(entry.name):
        return "its name is not valid UTF-8; rename it"
    return None
