"""Takes texts: each `.txt` by itself, and each entry of a batch file that speaks of no medium."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Any

from twitter_pipeline.content.metadata import Metadata
from twitter_pipeline.scanning import archive, texts, words_beside
from twitter_pipeline.scanning.candidates import Seen
from twitter_pipeline.scanning.fingerprint import quick
from twitter_pipeline.scanning.kinds import is_a
from twitter_pipeline.scanning.pairing import path_of
from twitter_pipeline.scanning.recording import Found
from twitter_pipeline.scanning.sidecars import Problem, Sidecar
from twitter_pipeline.scanning.sidecars.document import File, Unreadable
from twitter_pipeline.scanning.sidecars.listing import Listing
from twitter_pipeline.scanning.sidecars.readers.batch_file import batches, document_of
from twitter_pipeline.scanning.taking import Taker, Unit
from twitter_pipeline.scanning.walk import Folder
from twitter_pipeline.store.moves import NewItem

_NO_ENTRIES = 'it has no entry such as "monday": {"title": …}'


@dataclass
class TextTaker(Taker):
    """Takes texts."""

    def units(self, folder: Folder) -> list[Unit]:
        """The texts of a folder that are new or were mended."""
        unsettled = self.unsettled(folder)  # no batch file ever is settled
        rel = self.path(folder)
        path = self.project.path / rel
        own = [(file, entry) for file, entry in unsettled.items() if is_a("text", entry.name)]
        if own:
            words = words_beside.among([entry.name for _, entry in own], self.finder.listing(path), self.project, rel)
            own = [(file, entry) for file, entry in own if entry.name not in words]
        units = self.singles(own)
        if all(is_a("text", entry.name) for entry in unsettled.values()) or path == self._metadata_folder:
            return units
        return units + list(self._entries(path))

    def elsewhere(self) -> list[Unit]:
        """The texts in batch files of the metadata folder."""
        return [] if self._metadata_folder is None else list(self._entries(self._metadata_folder))

    def found(self, file: Seen) -> Found | None:
        """A `.txt` that has stopped changing; None when it is not what it was a moment ago."""
        try:
            fingerprint = quick(self.project.path / file.path)
            found = texts.find(self.finder, file.path)
        except FileNotFoundError:
            return None
        except OSError as error:
            # A task all the same, so that it is seen: its run tries again, later and later, and says the same.
            path = self.project.path / file.path
            holder = Sidecar(path, None, Metadata(), file.mtime_ns, file.size)
            return Found((self._new(file, holder, f"found; the file cannot be read: {error.strerror}"),), file.path)
        if found is None or Seen.of(file.path, fingerprint.size, fingerprint.mtime_ns) != file:
            return None
        return Found((self._text(file, found, fingerprint.digest),), file.path)

    def skipped(self, file: Seen, why: str, **more: object) -> NewItem:
        """A text that is not to be posted as it is."""
        return super().skipped(file, why, **{"media_files": (), **more})

    @cached_property
    def _metadata_folder(self) -> Path | None:
        return None if self.source.metadata is None else self.project.path / self.source.metadata

    def _entries(self, folder: Path) -> Iterator[Unit]:
        listing = self.finder.listing(folder)
        for entry in sorted(batches(listing, self.source.language), key=lambda entry: entry.name):
            try:
                file = listing.file(entry)
                document = document_of(file)
            except Unreadable as error:
                self.report.problems.append(listing.problem_with(entry, error).message)
            else:
                yield from self._of_batch(listing, file, document)

    def _of_batch(self, listing: Listing, file: File, document: Mapping[str, object]) -> Iterator[Unit]:
        if texts.is_of_one_medium(document):
            return
        if document and not any(isinstance(value, (dict, list)) for value in document.values()):
            self.report.problems.append(Problem.of(file.path, self.project.path, _NO_ENTRIES).message)
        rel = file.path.relative_to(self.project.path).as_posix()
        listings = [listing, *texts.listings_of(self.finder, self.project)]
        for name, value in document.items():
            key = texts.key_of(rel, name)
            if key in self.settled or not isinstance(value, dict):
                continue
            if texts.speaks_of_medium(name, listings) or not self.can_be_kept(key):
                continue
            words = json.dumps(value, sort_keys=True).encode()
            seen = Seen.of(key, len(words), file.mtime_ns)
            if not self._is_left_out_still(seen) and self.is_to_be_taken(seen, self.clock()):
                found = texts.of_entry(self.project.path, file, document, name, value)
                yield self._entry(seen, found, name, blake2b(words, digest_size=16).hexdigest())

    def _entry(self, seen: Seen, found: Sidecar | Problem, name: str, digest: str) -> Unit:
        if archive.is_ignored(self.project, seen.mtime_ns):
            return self.unit(seen)
        return Unit(seen, 1, lambda: Found((self._text(seen, found, digest, name=name),), seen.path))

    def _text(self, seen: Seen, found: Sidecar | Problem, digest: str, name: str | None = None) -> NewItem:
        if isinstance(found, Sidecar):
            if not found.metadata.has_words:
                return self.skipped(seen, texts.NO_WORDS, name=name)
            said = f"found, with its words in {texts.file_of(seen.path)}"
            return self._new(seen, found, said, quick_fingerprint=digest, name=name)
        if found.path == self.project.path / texts.file_of(seen.path):
            return self.skipped(seen, found.message, name=name)
        until = self.clock() + self.project.metadata_wait
        said = f"found; {found.message}; waits for it until {until:%Y-%m-%d %H:%M:%S} UTC"
        return self._new(seen, None, said, quick_fingerprint=digest, name=name, not_before=until)

    def _new(self, seen: Seen, found: Sidecar | None, message: str, **more: Any) -> NewItem:
        words = Metadata() if found is None else found.metadata
        values: dict[str, Any] = {"not_before": self.clock(), **more}
        return NewItem(
            *(self.project.id, self.source_id, seen.path),
            metadata_path=None if found is None else path_of(self.finder, found),
            message=message,
            media_bytes=seen.size,
            media_files=(),
            content_data={"title": words.title or words.description.split("\n")[0]},
            **values,
        )

    def _is_left_out_still(self, seen: Seen) -> bool:
        """Whether an entry was too old: that its file was changed since, for another's sake, makes it no newer."""
        skipped = self.known.skipped.get(seen.path)
        return skipped is not None and archive.is_left_out(self.project, skipped.reason)
