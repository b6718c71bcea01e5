"""From a medium to its metadata, wherever it lies, of whichever kind and in whichever of the source's languages."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from twitter_pipeline.config import Project, Source
from twitter_pipeline.scanning.sidecars.document import Document, Unreadable
from twitter_pipeline.scanning.sidecars.found import Problem, Sidecar
from twitter_pipeline.scanning.sidecars.listing import Listing, name_key
from twitter_pipeline.scanning.sidecars.opening import open_document
from twitter_pipeline.scanning.sidecars.reader import Answer, Passed, Reader, Refused, Wanted, Words
from twitter_pipeline.scanning.sidecars.readers import READERS


@dataclass(frozen=True)
class Look:
    """One file that may speak of a medium, and what it says."""

    path: Path
    #: The reader that knows such names, and the one that its content is for; mostly the same.
    named: Reader
    reader: Reader
    #: None: nothing about this medium.
    result: Sidecar | Problem | Passed | None

    @property
    def decision(self) -> Sidecar | Problem | None:
        """What it says, where nothing after it is asked."""
        if isinstance(self.result, Problem) or (isinstance(self.result, Sidecar) and self.result.metadata.has_words):
            return self.result
        return None


class Finder:
    """Finds the metadata of a source's media. It lists each folder once, so make a new one for each scan."""

    def __init__(
        self,
        project_root: Path,
        metadata_dir: Path | None,
        language: str,
        fallback_languages: Sequence[str] = (),
        kinds: Collection[str] = (),
    ) -> None:
        """`metadata_dir` is relative to the project; each kind is looked for there and beside the medium.

        A fall-back is looked for only where there is nothing, not even something unreadable, in those before it.
        `kinds` are those that count; all of them when none is named.
        """
        self.project_root = project_root
        self._metadata_dir = None if metadata_dir is None else project_root / metadata_dir
        self._languages = tuple(dict.fromkeys((language, *fallback_languages)))
        self.readers = tuple(reader for reader in READERS if not kinds or reader.KIND in kinds)
        self._folders: dict[Path, Listing] = {}

    def find(self, media_rel: str, *, only_beside: bool = False) -> Sidecar | Problem | None:
        """The metadata of the medium at `media_rel` (relative to the project, posix); `only_beside`: in its folder.

        None when there is none yet; a Problem when there may be some that cannot be read, or that says that the medium
        is not to be posted. What has neither title nor description counts where nothing else has. Does not raise.
        """
        wordless: Sidecar | None = None
        for look in self.looks(media_rel, only_beside=only_beside):
            if (decision := look.decision) is not None:
                return decision
            if isinstance(look.result, Sidecar):
                wordless = wordless or look.result
        if wordless is not None:
            return wordless
        for listing in self._asked(media_rel, only_beside):
            if listing.problem is not None:
                return Problem.of(listing.folder, self.project_root, listing.problem)
        return None

    def looks(self, media_rel: str, *, only_beside: bool = False) -> Iterator[Look]:
        """Every file that may speak of a medium, in the order in which they count; the first that decides is it."""
        listings = self._asked(media_rel, only_beside)
        asked = [listing for listing in listings if listing.files]
        if not asked:
            return
        for wanted in self.wanted(media_rel):
            for reader in self.readers:
                if not (wanted.neutral or reader.IN_LANGUAGES):
                    continue
                names = tuple(reader.names(wanted))
                for listing in asked:
                    for name in names:
                        for entry in listing.matching(name) if reader.SHARED else listing.named(name):
                            yield self._look(reader, listing, entry, wanted)

    def wanted(self, media_rel: str) -> Iterator[Wanted]:
        """What is looked for, by language."""
        media = PurePosixPath(media_rel)
        beside = self.listing(self.project_root / media.parent)
        for number, language in enumerate(self._languages):
            yield Wanted(name_key(media.name), language, number == 0, beside)

    def listing(self, folder: Path) -> Listing:
        """The metadata files of a folder, as they were when it was first asked for."""
        if folder not in self._folders:
            self._folders[folder] = Listing.of(folder, self.project_root)
        return self._folders[folder]

    def _asked(self, media_rel: str, only_beside: bool) -> list[Listing]:
        beside = self.project_root / PurePosixPath(media_rel).parent
        folders = [beside] if only_beside or self._metadata_dir in (None, beside) else [beside, self._metadata_dir]
        return [self.listing(folder) for folder in folders if folder is not None]

    def _look(self, named: Reader, listing: Listing, entry: os.DirEntry[str], wanted: Wanted) -> Look:
        path, reader = listing.folder / entry.name, named
        try:
            file = listing.file(entry)
            document = open_document(file, shared=named.SHARED)
            reader = reader_of(document, named)
            answer = self._answer(named, reader, document, wanted)
        except Unreadable as error:
            return Look(path, named, reader, listing.problem_with(entry, error))
        if isinstance(answer, Words):
            found = Sidecar(file.path, answer.entry, answer.metadata, file.mtime_ns, file.size)
            return Look(path, named, reader, found)
        if isinstance(answer, Refused):
            return Look(path, named, reader, Problem.refusal(path, self.project_root, answer.why))
        return Look(path, named, reader, answer)

    def _answer(self, named: Reader, reader: Reader, document: Document, wanted: Wanted) -> Answer:
        if reader not in self.readers:
            return Passed(f"it is of the kind {reader.KIND}, which the source's `sidecars` does not name")
        answer = reader.read(document, wanted)
        if named.SHARED and reader is not named and not isinstance(answer, Passed):
            # Its name binds it to no medium, and its content is not one that says of which it speaks.
            return Passed(f"it is of the kind {reader.KIND}, and not called after a medium")
        return answer


def reader_of(document: Document, named: Reader) -> Reader:
    """The reader for what a document holds: by content where one knows it, else the one that knows its name."""
    if not isinstance(document.content, dict) or named.understands(document.content):
        return named  # only JSON is written by all sorts of programs under all sorts of names
    return next((reader for reader in READERS if reader.understands(document.content)), named)


def finder_for(project: Project, source: Source) -> Finder:
    """The finder for a source of config.yaml."""
    metadata_dir = None if source.metadata is None else Path(source.metadata)
    return Finder(project.path, metadata_dir, source.language, source.fallback_languages, source.sidecars)
