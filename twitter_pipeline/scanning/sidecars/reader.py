"""What each module in `readers` is: one kind of metadata file, known by its names and by its content."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, Protocol, TypeVar

from twitter_pipeline.content.metadata import Metadata
from twitter_pipeline.scanning.kinds import type_of
from twitter_pipeline.scanning.sidecars.document import Document
from twitter_pipeline.scanning.sidecars.listing import Listing, base_of

T = TypeVar("T")


@dataclass(frozen=True)
class Wanted:
    """The medium whose words are looked for, and in which language."""

    #: Its name without folders, as `listing.name_key`.
    name: str
    language: str
    #: Whether a file without a language in its name counts: it is taken to be in the source's own.
    neutral: bool
    #: The medium's folder.
    beside: Listing
    #: Whether the file that is asked lies there, or in a folder of metadata within; else it may be about any other.
    near: bool = True

    @cached_property
    def base(self) -> str:
        """Its name without its ending."""
        return base_of(self.name)

    @property
    def is_alone(self) -> bool:
        """Whether no other medium of its type lies in its folder, so that what speaks of the folder speaks of it."""
        return self.near and self.beside.types[type_of(self.name)] == 1


@dataclass(frozen=True)
class ByName(Generic[T]):
    """What a file of many media says of each."""

    #: By their names, as `listing.last_part`, with or without their endings.
    said: Mapping[str, T]

    def of(self, wanted: Wanted) -> T | None:
        """What is said of the medium; in another letter case where no other medium's name differs in that alone."""
        found = _first(self.said, wanted.name, wanted.base)
        if found is None and wanted.beside.folded_media_bases[wanted.base.casefold()] <= 1:
            found = _first(self._folded, wanted.name.casefold(), wanted.base.casefold())
        return found

    @cached_property
    def _folded(self) -> dict[str, T]:
        return {name.casefold(): one for name, one in self.said.items()}


def _first(said: Mapping[str, T], *names: str) -> T | None:
    return next((said[name] for name in names if name in said), None)


@dataclass(frozen=True)
class Words:
    """What a file says about a medium."""

    metadata: Metadata
    #: The key or row that says so, in a file of many media.
    entry: str | None = None


@dataclass(frozen=True)
class Passed:
    """The file is no metadata of this medium, though it is called so. What comes after it is asked."""

    #: For people.
    why: str


@dataclass(frozen=True)
class Refused:
    """The file says that its medium is not to be posted."""

    #: For people.
    why: str


Answer = Words | Passed | Refused | None


class Reader(Protocol):
    """One kind. Modules are its instances; `readers.READERS` lists them in the order in which they are asked."""

    #: Its name in config.yaml and for people.
    KIND: str
    #: Names of its files beside `a.mp4` or `a.jpg`, for people.
    EXAMPLES: tuple[str, ...]
    #: What it looks at in a document, for people.
    FIELDS: tuple[str, ...]
    #: Whether one file speaks of several media, or of whatever lies in its folder: its name binds it to none.
    SHARED: bool
    #: Whether its files say in which language they are: only such are looked for in a fall-back language.
    IN_LANGUAGES: bool

    def claims(self, name: str, /) -> bool:
        """Whether a file of this name (as in `Listing.files`) may be of this kind. Cheap: the file is not looked at."""

    def names(self, wanted: Wanted, /) -> Iterable[str]:
        """What files of this kind are called that may speak of the medium, the best first.

        Of a SHARED kind these are patterns, in which `*` is anything.
        """

    def understands(self, content: object, /) -> bool:
        """Whether the content alone shows that it is of this kind, whatever the file is called. Does not raise."""

    def read(self, document: Document, wanted: Wanted, /) -> Answer:
        """What the document says of the medium; None for nothing. Raises Malformed, and nothing else.

        That all of a JSON file has failed (`fields.refusal`) is seen to by the finder.
        """
