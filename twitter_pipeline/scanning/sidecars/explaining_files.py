"""What a metadata file is, and what was understood of it for each medium that it speaks of, or would."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
from functools import cached_property
from itertools import islice
from pathlib import Path

from twitter_pipeline.content.language_codes import language_of
from twitter_pipeline.content.metadata import Metadata
from twitter_pipeline.scanning.kinds import is_media, type_of
from twitter_pipeline.scanning.sidecars.columns import meaning
from twitter_pipeline.scanning.sidecars.document import Document, Unreadable
from twitter_pipeline.scanning.sidecars.explaining import Names, ignored, looked, once_each, said
from twitter_pipeline.scanning.sidecars.finder import Finder, Look, reader_of
from twitter_pipeline.scanning.sidecars.found import Sidecar
from twitter_pipeline.scanning.sidecars.listing import ENDINGS, Listing, base_of, last_part, name_key
from twitter_pipeline.scanning.sidecars.opening import open_document
from twitter_pipeline.scanning.sidecars.reader import Passed, Reader
from twitter_pipeline.scanning.sidecars.readers import base_json, batch_file, table
from twitter_pipeline.scanning.sidecars.tables import Table

#: Answers told of one file: so many with words, and so many without.
MOST_ANSWERS = 10
#: Names of media that are tried for a file of none.
_MOST_TRIED = 40
#: Languages that are tried where no source says one.
_MOST_LANGUAGES = 10
#: Whose a file is that names no medium and is not called after one.
ANY_ALONE = "a medium alone in its folder"
_NUMBER_LAST = re.compile(r"(.*)(\.\w+)(\(\d+\))", re.DOTALL)
_MARK = re.compile(r"[._( -]")


@dataclass(frozen=True)
class FileAnswer:
    """What a metadata file says of some media, the same of all of them."""

    #: Relative to the project; of media that are not there the names that they would have.
    media: tuple[str, ...]
    are_there: bool
    #: Whether it is what counts for them.
    counts: bool
    #: For people.
    said: str
    #: What was understood; None where there is nothing to post with, and `said` tells why.
    metadata: Metadata | None
    #: The fields of which nothing was made.
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True)
class FileExplanation:
    """What one metadata file is."""

    #: Relative to the project.
    file: str
    #: The kinds that have such names, in the order in which they are asked.
    claimed_by: tuple[str, ...]
    #: The kind its content is read as; None where it cannot be read, or no kind has such a name or content.
    read_as: str | None
    why: str
    #: The media in its folder, and the source's, whose words it holds.
    media: tuple[str, ...] = ()
    #: About media that are there, and about those that are not but that it speaks of or is called after.
    answers: tuple[FileAnswer, ...] = ()
    #: How many answers there are beyond those.
    more: int = 0
    #: Whether all media were asked for that it may speak of.
    all_media: bool = True

    @property
    def concerns_media(self) -> bool:
        """Whether it is asked about media that are there."""
        return any(answer.are_there for answer in self.answers)


def explain_file(
    finder: Finder, file_rel: str, media: Mapping[str, Names], ending: str, *, all_media: bool = True
) -> FileExplanation:
    """What a metadata file (relative to the project) is, and says of `media`: by name, what each is looked for as.

    `ending` is one that media of the source have; `all_media`: there are no others that it may speak of.
    """
    path = finder.project_root / file_rel
    listing = finder.listing(path.parent)
    key = next((key for key, entry in listing.files.items() if entry.name == path.name), None)
    if key is None:
        return FileExplanation(file_rel, (), None, listing.problem or "no metadata file is called so")
    file, told, of = _File(finder, listing, key), _Told(), list[str]()
    known = set(listing.other_bases)
    for name, names in media.items():
        known |= {base_of(last_part(wanted)) for wanted, _ in names}
        looks, chosen = looked(finder, names)
        look = next((look for look in once_each(looks, chosen) if look.path == path), None)
        if look is not None and look.result is not None:
            told.add(_answer(finder, look, chosen, name), look)
            if look is chosen and isinstance(look.result, Sidecar):
                of.append(name)
    if all_media:
        told.add_others(file, known, ending)
    return replace(told.explanation(file, file_rel, of), all_media=all_media)


def explain_alone(path: Path) -> FileExplanation:
    """What a metadata file is that lies in no project: as if it lay alone beside its medium. Raises OSError."""
    with os.scandir(path.parent) as entries:
        entry = next(entry for entry in entries if entry.name == path.name)
    stem, ending = os.path.splitext(name_key(path.name))  # noqa: PTH122 - as `Listing` does
    key = stem + ending.lower()
    # What a link leads to is read as well: there is no project that it could lead out of.
    root = Path(os.path.commonpath([path.parent, os.path.realpath(path)]))
    listing = Listing(path.parent, root, files={key: entry})
    languages = _languages(_File(_Alone(listing, ["en"]), listing, key))
    told = _Told()
    for language in languages:
        told.add_others(_File(_Alone(listing, [language]), listing, key), (), ".mp4")
    return told.explanation(_File(_Alone(listing, languages), listing, key), path.name)


class _Alone(Finder):
    """Finds in one listing, whatever else lies in that folder."""

    def __init__(self, listing: Listing, languages: Sequence[str], kinds: Collection[str] = ()) -> None:
        super().__init__(listing.project_root, None, languages[0], languages[1:], kinds)
        self._only = listing

    def listing(self, folder: Path) -> Listing:
        """That one."""
        return self._only


@dataclass(frozen=True)
class _File:
    """A metadata file, as a source's finder sees it."""

    finder: Finder
    listing: Listing
    #: In `listing.files`.
    key: str

    @cached_property
    def document(self) -> Document | Unreadable:
        """What it holds, or why it cannot be read."""
        try:
            return open_document(self.listing.file(self.listing.files[self.key]), shared=True)
        except Unreadable as error:
            return error

    @cached_property
    def claimed(self) -> list[Reader]:
        """The kinds that have such names, the most particular first: any JSON may be of one kind."""
        patterns = {
            reader.KIND: [name for wanted in self.finder.wanted(self._rel("")) for name in reader.names(wanted)]
            for reader in self.finder.readers
            if reader.SHARED
        }
        claimed = [
            reader
            for reader in self.finder.readers
            if reader.claims(self.key) and any(fnmatch(self.key, name) for name in patterns.get(reader.KIND, ["*"]))
        ]
        return sorted(claimed, key=lambda reader: reader.KIND == base_json.KIND)

    def explained(self, by: Reader | None) -> FileExplanation:
        """Which kinds have such names, and which one its content is for: the one that answered, if any did."""
        kinds, name = tuple(reader.KIND for reader in self.claimed), self.listing.files[self.key].name
        if not self.claimed:
            return FileExplanation(name, kinds, None, "no kind that counts here has such a name")
        document = self.document
        if isinstance(document, Unreadable):
            return FileExplanation(name, kinds, None, str(document))
        by = by or next((one for one in self.claimed if one.understands(document.content)), None)
        by = by or reader_of(document, self.claimed[0])
        if by.understands(document.content):
            return FileExplanation(name, kinds, by.KIND, "its content shows it")
        return FileExplanation(name, kinds, by.KIND, "its name says so, its content has no mark of a kind")

    def entries(self) -> list[str]:
        """The names in it of media, or what may be such, where its content is that of a file of many."""
        document = self.document
        if isinstance(document, Unreadable) or not self.claimed:
            return []
        reader = reader_of(document, self.claimed[0])
        if reader.KIND == table.KIND:
            return list(document.once(table.by_medium).said)
        if reader.KIND != batch_file.KIND:
            return []
        index = document.once(batch_file.by_medium).said
        return [name for name, (_, value) in index.items() if is_media(name) or isinstance(value, dict)]

    def supposed(self, medium: str) -> tuple[Finder, Look] | None:
        """What it would say of a medium of that name, if only that lay beside it; None where it would not be asked."""
        only = {self.key: self.listing.files[self.key]}
        listing = Listing(self.listing.folder, self.listing.project_root, files=only, others=[medium])
        languages = [wanted.language for wanted in self.finder.wanted(self._rel(medium))]
        alone = _Alone(listing, languages, [reader.KIND for reader in self.finder.readers])
        looks, chosen = looked(alone, [(self._rel(medium), True)])
        look = next(iter(once_each(looks, chosen)), None)
        return None if look is None or look.result is None else (alone, look)

    def _rel(self, name: str) -> str:
        return (self.listing.folder / name).relative_to(self.listing.project_root).as_posix()


@dataclass
class _Told:
    """Answers, each once: those with words, and those without."""

    with_words: list[FileAnswer] = field(default_factory=list)
    without: list[FileAnswer] = field(default_factory=list)
    more: int = 0
    #: What read the first of them.
    reader: Reader | None = None

    def add(self, answer: FileAnswer, look: Look) -> None:
        """Put it with the one that says the same, if there is one."""
        self.reader = self.reader or look.reader
        kept = self.without if answer.metadata is None else self.with_words
        for at, other in enumerate(kept):
            if replace(other, media=answer.media) == answer:
                media = tuple(dict.fromkeys((*other.media, *answer.media)))
                kept[at] = replace(other, media=media)
                return
        if len(kept) < MOST_ANSWERS:
            kept.append(answer)
        else:
            self.more += 1

    def add_others(self, file: _File, known: Collection[str], ending: str) -> None:
        """What it says of media that are none of those `known`, by `base_of`; of a file of one, where it has none."""
        if isinstance(file.document, Unreadable):
            return
        entries = file.entries()
        # Of another type: another source's.
        mine = (name for name in entries if type_of(name) in (None, type_of(ending)))
        others = [name for name in mine if (base_of(name) if is_media(name) else name) not in known]
        for name in others[:MOST_ANSWERS]:
            if (found := file.supposed(name if is_media(name) else f"{name}{ending}")) is not None:
                self._add_supposed(*found, name)
        self.more += len(others[MOST_ANSWERS:])
        if entries or self.with_words or self.without:
            return
        passed: tuple[Finder, Look, str] | None = None
        for medium, shown in islice(_called_after(file, ending), _MOST_TRIED):
            if (found := file.supposed(medium)) is None:
                continue
            passed = passed or (*found, shown)
            if not isinstance(found[1].result, Passed):
                passed = (*found, shown)
                break
        if passed is not None:
            self._add_supposed(*passed)

    def _add_supposed(self, finder: Finder, look: Look, medium: str) -> None:
        answer = _answer(finder, look, look, medium)
        would = said(finder, look, look, count="its words would count")
        self.add(replace(answer, are_there=False, said=would), look)

    def explanation(self, file: _File, file_rel: str, of: Sequence[str] = ()) -> FileExplanation:
        """The answers, with what the file is."""
        about = file.explained(self.reader)
        answers = (*self.without, *self.with_words)
        return replace(about, file=file_rel, media=tuple(of), answers=answers, more=self.more)


def _answer(finder: Finder, look: Look, chosen: Look | None, medium: str) -> FileAnswer:
    metadata = look.result.metadata if isinstance(look.result, Sidecar) else None
    return FileAnswer(
        (medium,), True, look is chosen, said(finder, look, chosen), metadata, ignored(look.reader, look.result)
    )


def _called_after(file: _File, ending: str) -> Iterator[tuple[str, str]]:
    """Names of media whose metadata may be called so, and how each is shown; the likely ones first."""
    document = file.document
    if not isinstance(document, Unreadable) and isinstance(document.content, dict):
        for value in islice(document.content.values(), 1_000):
            if isinstance(value, str) and len(value) < 300 and is_media(name := last_part(value)):
                yield name, name
    if any(reader.SHARED for reader in file.claimed[:1]):
        yield f"a{ending}", ANY_ALONE
    stem = _stem(file.key)
    if (numbered := _NUMBER_LAST.fullmatch(stem)) is not None:  # as Google Takeout calls it
        yield (name := f"{numbered[1]}{numbered[3]}{numbered[2]}"), name
    *_, last = _MARK.split(stem)
    for name in (last, *(stem[: mark.start()] for mark in _MARK.finditer(stem)), stem):
        yield (name, name) if is_media(name) else (f"{name}{ending}", f"{name}.*")


def _stem(key: str) -> str:
    ending = max((ending for ending in ENDINGS if key.lower().endswith(ending)), key=len)
    return key[: -len(ending)]


def _languages(file: _File) -> list[str]:
    """Those that a file in no project is in, as far as its name or its columns say."""
    stem = _stem(file.key)
    first, mark, _ = stem.partition("_")
    if mark and batch_file.claims(file.key) and language_of(first) is not None:
        return [first]
    *_, last = _MARK.split(stem)
    if last != stem and len(last) == 2 and language_of(last) is not None:
        return [last]
    found = ["en"]
    if not isinstance(file.document, Unreadable) and isinstance(content := file.document.content, Table):
        columns = [meaning(name) for name in content.names]
        found += [known[1] for known in columns if known is not None and known[1] is not None]
        places = [place for place, known in enumerate(columns) if known is not None and known[0] == "language"]
        rows = islice(content.rows, 1_000)
        found += [cells[place].strip().casefold() for _, cells in rows for place in places if place < len(cells)]
    return list(dict.fromkeys(filter(None, found)))[:_MOST_LANGUAGES]
