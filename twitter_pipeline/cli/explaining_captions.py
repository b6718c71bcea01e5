"""What `sidecar explain` says of captions: of those beside a video, and of a file of captions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from twitter_pipeline.config import Project, Settings, Source

if TYPE_CHECKING:
    from twitter_pipeline.publishing.captioning import Judged
    from twitter_pipeline.scanning.sidecars.listing import Listing


@dataclass(frozen=True)
class CaptionsAnswer:
    """A file of captions, and what becomes of it with one video."""

    #: Relative to the project.
    file: str
    #: Relative to the project; of one that is not there the name that it would have.
    video: str
    is_there: bool
    #: As `de`; None for that of the source.
    language: str | None
    #: How many times words are shown; None where it does not go out.
    cues: int | None
    #: Why it does not.
    why_not: str | None

    @property
    def said(self) -> str:
        """For people."""
        if self.cues is None:
            return f"not used: {self.why_not}"
        number = f"{self.cues:,} cue{'' if self.cues == 1 else 's'}"
        return f"{number} in {self.language or 'the language of the source'}"


def is_captions(name: str) -> bool:
    """Whether a file of this name holds captions."""
    from twitter_pipeline.scanning.sidecars.listing import CAPTIONS

    return name.lower().endswith(CAPTIONS)


def of_video(settings: Settings, project: Project, source: Source, rel: str) -> list[CaptionsAnswer]:
    """Those that lie beside a video of the source, the best first."""
    from twitter_pipeline.publishing.captioning import judge
    from twitter_pipeline.scanning import captions
    from twitter_pipeline.scanning.sidecars import finder_for

    listing = finder_for(project, source).listing((project.path / rel).parent)
    if source.type != "video" or not captions.beside(listing, Path(rel).name, source.language):
        return []
    seconds = _seconds(settings, project.path / rel)
    return [_answer(source, rel, one) for one in judge(listing, source, rel, seconds)]


def of_file(settings: Settings, project: Project, source: Source, rel: str) -> list[CaptionsAnswer]:
    """What becomes of a file of captions with each of the source's videos that it belongs to, or would."""
    from twitter_pipeline.scanning import captions
    from twitter_pipeline.scanning.kinds import is_a
    from twitter_pipeline.scanning.names import shown
    from twitter_pipeline.scanning.sidecars import finder_for

    folder, slash, name = rel.rpartition("/")
    listing = finder_for(project, source).listing(project.path / folder)
    videos = [
        f"{folder}{slash}{video}"
        for video in sorted(listing.others)
        if is_a("video", video) and any(one.name == name for one in captions.beside(listing, video, source.language))
    ]
    told = [one for video in videos for one in of_video(settings, project, source, video) if one.file == shown(rel)]
    return told or [of_none(project.path / rel, rel, listing)]


def of_none(path: Path, rel: str, listing: Listing | None = None) -> CaptionsAnswer:
    """What a file of captions holds that belongs to no video; `rel` is what it is called. Does not raise."""
    from twitter_pipeline.content.language_codes import language_of
    from twitter_pipeline.publishing.captioning import content_of
    from twitter_pipeline.scanning.sidecars.document import Unreadable
    from twitter_pipeline.scanning.sidecars.listing import CAPTION_MARKS

    folder, slash, name = rel.rpartition("/")
    stem, language = name.rpartition(".")[0], None
    for mark in re.finditer(f"[{re.escape(CAPTION_MARKS)}]", stem):
        if (said := language_of(stem[mark.end() :])) is not None:
            stem, language = stem[: mark.start()], said.code
            break
    video = f"{folder}{slash}{stem}.*"
    try:
        if listing is not None:  # no link may lead out of the project
            listing.file(next(entry for entry in listing.caption_files.values() if entry.name == path.name))
        read, _ = content_of(path)
    except Unreadable as error:
        return CaptionsAnswer(rel, video, False, language, None, str(error))
    return CaptionsAnswer(rel, video, False, language, len(read.cues), None)


def _answer(source: Source, video: str, one: Judged) -> CaptionsAnswer:
    language = None if one.language is None else one.language.code
    if not source.captions:
        return CaptionsAnswer(one.path, video, True, language, None, "its source says `captions: no`")
    if one.captions is None:
        why = one.why_not or f"another in {language} goes before it"
        return CaptionsAnswer(one.path, video, True, language, None, why)
    return CaptionsAnswer(one.path, video, True, language, one.captions.cues, None)


def _seconds(settings: Settings, path: Path) -> float | None:
    """How long a video is; None where nobody knows."""
    from twitter_pipeline.media import MediaRefused, check

    try:
        return check(path, "video", settings.x.media_limits).seconds
    except (MediaRefused, OSError):
        return None
