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
    #: The key in a batch file; None when the whole file belongs to the medium.
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

    @classmethod
    def of(cls, path: Path, project_root: Path, why: Unreadable | str) -> Problem:
        """A problem with `path`, which lies below `project_root`."""
        return cls(path, f"metadata that cannot be read: {shown(path.relative_to(project_root).as_posix())}: {why}")
