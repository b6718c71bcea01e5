"""From a medium to its metadata, wherever it lies, of whichever kind and in whichever of the source's languages."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from twitter_pipeline.config import Project, Source
from twitter_pipeline.scanning.kinds import is_media
from twitter_pipeline.scanning.sidecars import fields
from twitter_pipeline.scanning.sidecars.document import Document, Unreadable
from twitter_pipeline.scanning.sidecars.found import Problem, Sidecar
from twitter_pipeline.scanning.sidecars.listing import Listing, base_of, name_key
from twitter_pipeline.scanning.sidecars.opening import open_document, parsed_for_a_scan
from twitter_pipeline.scanning.sidecars.reader import Answer, Passed, Reader, Refused, Wanted, Words
from twitter_pipeline.scanning.sidecars.readers import READERS


@dataclass(frozen=True)
class Look:
    """One file that may speak of a medium, and what it says."""

    listing: Listing
    entry: os.DirEntry[str]
    #: The reader that knows such names, and the one that its content is for; mostly the same.
    named: Reader
    reader: Reader
    #: What it was asked about.
    wanted: Wanted
    #: None: nothing about this medium.
    result: Sidecar | Problem | Passed | None

    @property
    def path(self) -> Path:
        """The file."""
        return self.listing.folder / self.entry.name

    @property
    def decision(self) -> Sidecar | Problem | None:
        """What it says, where nothing after it is asked."""
        if isinstance(self.result, Problem) or (isinstance(self.result, Sidecar) and self.result.metadata.has_words):
            return self.result
        return None


class Finder:
    """Finds the metadata of a source's media.

    It lists each folder once, and parses each file of many media once, so make a new one for each scan.
    """

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
        self._shared = parsed_for_a_scan()
        #: By a medium's folder, relative to the project: the listing of it, and all that are asked.
        self._asked: dict[str, tuple[Listing, tuple[Listing, ...]]] = {}

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
        for listing in self._listings(media_rel, only_beside):
            if listing.problem is not None:
                return Problem.of(listing.folder, self.project_root, listing.problem)
        return None

    def looks(self, media_rel: str, *, only_beside: bool = False) -> Iterator[Look]:
        """Every file that may speak of a medium, in the order in which they count; the first that decides is it."""
        asked = [listing for listing in self._listings(media_rel, only_beside) if listing.files]
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
        name = name_key(media_rel.rpartition("/")[2])
        beside = self._listings(media_rel, True)[0]
        for number, language in enumerate(self._languages):
            yield Wanted(name, language, number == 0, beside)

    def listing(self, folder: Path) -> Listing:
        """The metadata files of a folder, as they were when it was first asked for."""
        if folder not in self._folders:
            self._folders[folder] = Listing.of(folder, self.project_root)
        return self._folders[folder]

    def _listings(self, media_rel: str, only_beside: bool) -> tuple[Listing, ...]:
        folder = media_rel.rpartition("/")[0]
        if (asked := self._asked.get(folder)) is None:
            path = self.project_root / folder
            beside = self.listing(path)
            apart = self._metadata_dir
            every = (beside,) if apart is None or apart == path else (beside, self.listing(apart))
            asked = self._asked[folder] = beside, every
        return asked[:1] if only_beside else asked[1]

    def _look(self, named: Reader, listing: Listing, entry: os.DirEntry[str], wanted: Wanted) -> Look:
        reader = named
        result: Sidecar | Problem | Passed | None
        try:
            file = listing.file(entry)
            document = self._shared.document(file) if named.SHARED else open_document(file)
            reader = reader_of(document, named)
            if listing is not wanted.beside:
                wanted = replace(wanted, near=listing.folder.parent == wanted.beside.folder)
            answer = self._answer(named, reader, document, wanted)
        except Unreadable as error:
            return Look(listing, entry, named, reader, wanted, listing.problem_with(entry, error))
        if isinstance(answer, Words):
            result = Sidecar(file.path, answer.entry, answer.metadata, file.mtime_ns, file.size)
        elif isinstance(answer, Refused):
            result = Problem.refusal(file.path, self.project_root, answer.why)
        else:
            result = answer
        return Look(listing, entry, named, reader, wanted, result)

    def _answer(self, named: Reader, reader: Reader, document: Document, wanted: Wanted) -> Answer:
        if reader not in self.readers:
            return Passed(f"it is of the kind {reader.KIND}, which the source's `sidecars` does not name")
        answer = reader.read(document, wanted)
        if isinstance(answer, Words) and isinstance(document.content, dict):
            # One of many media may say it of them all.
            answer = answer if (why := fields.refusal(document.content)) is None else Refused(why)
        if named.SHARED and reader is not named and not isinstance(answer, Passed):
            # Its name binds it to no medium, and its content is not one that says of which it speaks.
            return Passed(f"it is of the kind {reader.KIND}, and not called after a medium")
        if reader is not named and base_of(document.name) != wanted.name and is_media(base_of(document.name)):
            # Only the kind whose name it is lets media share a file.
            return Passed(f"it is of the kind {reader.KIND}, and called after another medium")
        return answer


def reader_of(document: Document, named: Reader) -> Reader:
    """The reader for what a document holds: by content where one knows it, else the one that knows its name."""
    if not isinstance(document.content, dict) or named.understands(document.content):
        return named  # only JSON is written by all sorts of programs under all sorts of names
    return document.once(_known_by_content) or named


def _known_by_content(content: object) -> Reader | None:
    return next((reader for reader in READERS if reader.understands(content)), None)


def finder_for(project: Project, source: Source) -> Finder:
    """The finder for a source of config.yaml."""
    metadata_dir = None if source.metadata is None else Path(source.metadata)
    return Finder(project.path, metadata_dir, source.language, source.fallback_languages, source.sidecars)
