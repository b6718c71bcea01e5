"""From a medium to its metadata, wherever it lies and in whichever of the source's languages there is some."""

from __future__ import annotations

from collections.abc import Sequence
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


def _readers(listing: Listing, languages: Sequence[str]) -> list[Reader]:
    """The kinds in the order in which they are asked: by language, what belongs to one medium alone before a batch."""
    readers: list[Reader] = []
    for language in languages:
        readers += [BaseJson(listing, language, neutral=not readers), BatchFiles(listing, language)]
    return readers


class Finder:
    """Finds the metadata of a source's media. It lists each folder once, so make a new one for each scan."""

    def __init__(
        self, project_root: Path, metadata_dir: Path | None, language: str, fallback_languages: Sequence[str] = ()
    ) -> None:
        """`metadata_dir` is relative to the project; each kind is looked for there and beside the medium.

        A fall-back is looked for only where there is nothing, not even something unreadable, in those before it.
        """
        self.project_root = project_root
        self._metadata_dir = None if metadata_dir is None else project_root / metadata_dir
        self._languages = tuple(dict.fromkeys((language, *fallback_languages)))
        self._folders: dict[Path, tuple[Listing, list[Reader]]] = {}

    def find(self, media_rel: str, *, only_beside: bool = False) -> Sidecar | Problem | None:
        """The metadata of the medium at `media_rel` (relative to the project, posix); `only_beside`: in its folder.

        None when there is none yet; a Problem when there may be some that cannot be read. Does not raise.
        """
        media = PurePosixPath(media_rel)
        beside = self.project_root / media.parent
        folders = [beside] if only_beside or self._metadata_dir in (None, beside) else [beside, self._metadata_dir]
        asked = [self._folder(folder) for folder in folders if folder is not None]
        alike: tuple[Reader, ...]
        for alike in zip(*(readers for _, readers in asked), strict=True):
            for reader in alike:
                if (found := reader.find(media.name)) is not None:
                    return found
        for listing, _ in asked:
            if listing.problem is not None:
                return Problem.of(listing.folder, self.project_root, listing.problem)
        return None

    def listing(self, folder: Path) -> Listing:
        """The metadata files of a folder, as they were when it was first asked for."""
        return self._folder(folder)[0]

    def _folder(self, folder: Path) -> tuple[Listing, list[Reader]]:
        if folder not in self._folders:
            listing = Listing.of(folder, self.project_root)
            self._folders[folder] = listing, _readers(listing, self._languages)
        return self._folders[folder]


def finder_for(project: Project, source: Source) -> Finder:
    """The finder for a source of config.yaml."""
    metadata_dir = None if source.metadata is None else Path(source.metadata)
    return Finder(project.path, metadata_dir, source.language, source.fallback_languages)
