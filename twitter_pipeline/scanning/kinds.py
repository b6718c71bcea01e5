"""What each type of source takes, by the names of files and folders alone."""

from __future__ import annotations

from pathlib import PurePosixPath

from twitter_pipeline.config import Project, Source
from twitter_pipeline.scanning.grouping import group_of

_IMAGES = frozenset({".jpg", ".jpeg", ".png", ".gif", ".webp"})
_VIDEOS = frozenset({".mp4", ".mov", ".m4v", ".webm"})

#: What each type of source takes, by the end of the name; what a file really holds is looked at in the run.
SUFFIXES = {"video": _VIDEOS, "image": _IMAGES, "album": _IMAGES, "text": frozenset({".txt"})}
#: What it lists: an album says what becomes of a video in its folder, and texts are in batch files, too.
LISTED = {**SUFFIXES, "album": _IMAGES | _VIDEOS, "text": frozenset({".txt", ".json"})}


_ENDINGS = {kind: tuple(suffixes) for kind, suffixes in SUFFIXES.items()}


def is_a(kind: str, name: str) -> bool:
    """Whether a file of this name is what a source of that type takes."""
    return name.lower().endswith(_ENDINGS[kind])


def type_of(name: str) -> str | None:
    """The type of medium a file of this name is: video or image; None for none, which a text is, too."""
    return next((kind for kind in ("video", "image") if is_a(kind, name)), None)


def is_media(name: str) -> bool:
    """Whether a file of this name is what some source takes."""
    return any(is_a(kind, name) for kind in SUFFIXES)


def covers(source: Source, folder: str) -> bool:
    """Whether a folder (relative to the project) is the source's, or below it."""
    return source.path == "." or folder == source.path or folder.startswith(f"{source.path}/")


class Share:
    """Which pictures of a folder are a source's, where sources of type image and album lie over each other.

    The one whose folder is nearer has them. Over the same folder, pictures in folders below it and those numbered
    (name_1, name_2) are the album's, and the others the image's. Sources of another language or account do not count:
    they post the same on purpose, or what they find is refused for its content.
    """

    def __init__(self, project: Project, source: Source) -> None:
        self._source = source
        self._rivals = [
            other
            for other in project.sources
            if {source.type, other.type} == {"image", "album"}
            and (other.language, other.account) == (source.language, source.account)
        ]

    def in_folder(self, folder: str) -> Whose:
        """How the pictures of a folder (relative to the project) are shared out."""
        rivals = [rival for rival in self._rivals if covers(rival, folder)]
        if any(_depth(rival) > _depth(self._source) for rival in rivals):
            return Whose(none=True)
        if not any(rival.path == self._source.path for rival in rivals):
            return Whose()
        if folder != self._source.path:
            return Whose(none=self._source.type == "image")
        return Whose(numbered=self._source.type == "album")


def _depth(source: Source) -> int:
    return len(PurePosixPath(source.path).parts)


class Whose:
    """Which names of one folder are the source's."""

    def __init__(self, *, none: bool = False, numbered: bool | None = None) -> None:
        self._none = none
        self._numbered = numbered

    def has(self, name: str) -> bool:
        """Whether the file of this name is."""
        return not self._none and (self._numbered is None or self._numbered == (group_of(name) is not None))
