"""From a medium to its metadata, wherever it lies."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Protocol

from twitter_pipeline.config import Project, Source
from twitter_pipeline.scanning.sidecars.base_json import BaseJson
from twitter_pipeline.scanning.sidecars.batch_file import BatchFiles
from twitter_pipeline.scanning.sidecars.found import Problem, Sidecar
from twitter_pipeline.scanning.sidecars.listing import Listing


class Reader(Protocol):
    """One kind of sidecar in one folder."""

    def find(self, media_name: str) -> Sidecar | Problem | None:
        """What this kind says about a medium; None when it says nothing."""


#: The kinds, in the order in which they are asked: what belongs to one medium alone goes before a batch.
READERS = (BaseJson, BatchFiles)


class Finder:
    """Finds the metadata of a source's media. It lists each folder once, so make a new one for each scan."""

    def __init__(self, project_root: Path, metadata_dir: Path | None, language: str) -> None:
        """`metadata_dir` is relative to the project; each kind is looked for there and beside the medium."""
        self.project_root = project_root
        self._metadata_dir = None if metadata_dir is None else project_root / metadata_dir
        self._language = language
        self._folders: dict[Path, tuple[Listing, list[Reader]]] = {}

    def find(self, media_rel: str) -> Sidecar | Problem | None:
        """The metadata of the medium at `media_rel` (relative to the project, posix).

        None when there is none yet; a Problem when there may be some that cannot be read. Does not raise.
        """
        media = PurePosixPath(media_rel)
        beside = self.project_root / media.parent
        folders = [beside] if self._metadata_dir in (None, beside) else [beside, self._metadata_dir]
        asked = [self._folder(folder) for folder in folders if folder is not None]
        for kind in range(len(READERS)):
            for _, readers in asked:
                if (found := readers[kind].find(media.name)) is not None:
                    return found
        for listing, _ in asked:
            if listing.problem is not None:
                return Problem.of(listing.folder, self.project_root, listing.problem)
        return None

    def _folder(self, folder: Path) -> tuple[Listing, list[Reader]]:
        if folder not in self._folders:
            listing = Listing.of(folder, self.project_root)
            self._folders[folder] = listing, [reader(listing, self._language) for reader in READERS]
        return self._folders[folder]


def finder_for(project: Project, source: Source) -> Finder:
    """The finder for a source of config.yaml."""
    metadata_dir = None if source.metadata is None else Path(source.metadata)
    return Finder(project.path, metadata_dir, source.language)
