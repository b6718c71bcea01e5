"""What looking for a medium's metadata can end in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from twitter_pipeline.content.metadata import Metadata
from twitter_pipeline.scanning.names import shown
from twitter_pipeline.scanning.sidecars.document import Unreadable


@dataclass(frozen=True)
class Sidecar:
    """The metadata of one medium, and the state of the file it was read from: another state, other metadata."""

    #: Below the project root the finder was given.
    path: Path
    #: The key in a batch file, or the row's in a table; None when the whole file belongs to the medium.
    entry: str | None
    metadata: Metadata
    #: Nanoseconds since 1970, UTC.
    mtime_ns: int
    #: In bytes.
    size: int


@dataclass(frozen=True)
class Problem:
    """There may be metadata, but it cannot be read: nothing should be posted without a person knowing."""

    #: The file, or the folder that should hold it.
    path: Path
    #: For people: the file, relative to the project, the place in it, and what is wrong.
    message: str
    #: Whether the file itself says that the medium is not to be posted: nothing is waited for.
    refuses: bool = False

    @classmethod
    def of(cls, path: Path, project_root: Path, why: Unreadable | str) -> Problem:
        """A problem with `path`, which lies below `project_root`."""
        return cls(path, f"metadata that cannot be read: {_shown(path, project_root)}: {why}")

    @classmethod
    def refusal(cls, path: Path, project_root: Path, why: str) -> Problem:
        """What `path` says against posting its medium."""
        return cls(path, f"{_shown(path, project_root)} says that it is not to be posted: {why}", refuses=True)


def _shown(path: Path, project_root: Path) -> str:
    return shown(path.relative_to(project_root).as_posix())
