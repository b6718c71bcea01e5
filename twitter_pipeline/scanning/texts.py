"""Posts without media: a `.txt` file each, or an entry of a batch file that speaks of no medium.

An entry is known by its file and its key: `words/en_week.json#monday`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from twitter_pipeline.config import Project
from twitter_pipeline.content.metadata import Metadata
from twitter_pipeline.content.tidy import clean, single_spaced
from twitter_pipeline.scanning.kinds import is_media
from twitter_pipeline.scanning.names import shown
from twitter_pipeline.scanning.sidecars import Finder, Problem, Sidecar, fields
from twitter_pipeline.scanning.sidecars.document import File, Unreadable, as_object
from twitter_pipeline.scanning.sidecars.listing import Listing, base_of
from twitter_pipeline.scanning.sidecars.readers.batch_file import document_of

#: X's longest post has 25,000 characters, each of four bytes at most.
MOST_BYTES = 100_000

#: Of an entry.
NO_WORDS = "there is neither a title nor a description in it; write one"

_ENTRY = re.compile(r"(.*?\.json)#(.*)", re.DOTALL | re.IGNORECASE)
#: What may be in a key and in no path, and what stands for it.
_UNFIT = re.compile("[/%\x00\ud800-\udfff]")


def file_of(key: str) -> str:
    """The file that holds the words of a text known by `key`."""
    return _parted(key)[0]


def key_of(file: str, entry: str) -> str:
    """What an entry of a batch file is known by; both relative to the project."""
    return f"{file}#{_escaped(entry)}"


def find(finder: Finder, key: str) -> Sidecar | Problem | None:
    """The words of a text; None when its file holds it no more. Raises OSError when that cannot be read.

    Beside a `.txt` there may be metadata as for any medium; what the file itself says is the description then.
    """
    file, entry = _parted(key)
    path = finder.project_root / file
    try:
        status = path.stat()
        if entry is not None:
            return _of_entry(finder.project_root, File(path, status.st_size, status.st_mtime_ns), entry)
        words = read(path, status.st_size)
    except FileNotFoundError:
        return None
    except Unreadable as error:
        return Problem(path, f"{shown(file)}: {error}")
    found = finder.find(key)
    if isinstance(found, Problem):
        return found
    if found is None:
        return Sidecar(path, None, Metadata(description=words), status.st_mtime_ns, status.st_size)
    return replace(found, metadata=replace(found.metadata, description=words))


def read(path: Path, size: int) -> str:
    """The text in the file at `path`, of that size in bytes. Raises OSError, and Unreadable when it is none."""
    if size > MOST_BYTES:
        raise Unreadable(f"it has {size:,} bytes; a text has {MOST_BYTES:,} at most")
    with path.open("rb") as file:
        content = file.read(MOST_BYTES + 1)
    try:
        words = single_spaced(clean(content.decode("utf-8-sig")))
    except UnicodeDecodeError as error:
        raise Unreadable(f"it is no UTF-8 text (byte {error.start:,}); save it as UTF-8") from error
    if not words:
        raise Unreadable("it is empty")
    return words


def is_of_one_medium(document: Mapping[str, object]) -> bool:
    """Whether what is called like a batch file is the metadata of one medium."""
    return any(isinstance(document.get(name), str) for name in ("title", "description"))


def speaks_of_medium(entry: str, listings: Iterable[Listing]) -> bool:
    """Whether an entry of a batch file is a medium's words and no post of its own; `listings` are where media lie."""
    base = base_of(entry.replace("\\", "/").rpartition("/")[2])
    return is_media(entry) or any(base in listing.other_bases for listing in listings)


def listings_of(finder: Finder, project: Project) -> list[Listing]:
    """The folders of a project's sources, where the media lie that entries may speak of."""
    return [finder.listing(project.path / source.path) for source in project.sources]


def of_entry(
    project_root: Path, file: File, document: Mapping[str, object], entry: str, value: Mapping[str, object]
) -> Sidecar | Problem:
    """The words of an entry of a batch file; its `text` is its description where it has no other.

    A Problem where it, or all of the file, says that it has failed.
    """
    if (why := fields.refusal(document)) is not None:
        return Problem.refusal(file.path, project_root, why)
    if (why := fields.refusal(value)) is not None:
        return Problem.refusal(file.path, project_root, f"its entry {entry!r}: {why}")
    if "description" not in value and "text" in value:
        value = {**value, "description": value["text"]}
    return Sidecar(file.path, entry, fields.read(value), file.mtime_ns, file.size)


def _of_entry(project_root: Path, file: File, wanted: str) -> Sidecar | Problem | None:
    document = document_of(file)
    for entry, value in document.items():
        if _escaped(entry) == wanted:
            return of_entry(project_root, file, document, entry, as_object(value, "it"))
    return None


def _parted(key: str) -> tuple[str, str | None]:
    folder, slash, name = key.rpartition("/")
    # No entry is called like a medium, and a file may be called "a.json#b.txt".
    found = None if is_media(name) else _ENTRY.fullmatch(name)
    return (key, None) if found is None else (f"{folder}{slash}{found[1]}", found[2])


def _escaped(entry: str) -> str:
    return _UNFIT.sub(lambda found: f"%{ord(found[0]):02X}", entry)
