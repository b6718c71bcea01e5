"""Which files of captions beside a video are its own, and in which language each is.

`clip.srt`, `clip.vtt`: in the source's. `clip.en.srt`, `clip_de.vtt`, `clip-pt-BR.srt`, `clip.German.srt`: as they say.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from twitter_pipeline.content.language_codes import LanguageCode, language_of
from twitter_pipeline.scanning.sidecars.listing import CAPTION_MARKS, Listing, base_of


@dataclass(frozen=True)
class CaptionsFile:
    """A file of captions that belongs to a video."""

    entry: os.DirEntry[str]
    #: What its name says, or the source's language; None where that is none of ISO 639-1.
    language: LanguageCode | None
    #: Sorts those of one language: what names it before what does not, what says less of it, and SubRip first.
    rank: tuple[bool, int, str]

    @property
    def name(self) -> str:
        """As it is on disk."""
        return self.entry.name


def beside(listing: Listing, video: str, language: str) -> list[CaptionsFile]:
    """The files of captions of a video with that name, the best first; those in the source's language before others."""
    base, found = base_of(video), []
    for name in listing.captions.get(base, ()):
        stem, ending = os.path.splitext(name)  # noqa: PTH122 - pathlib takes ten times as long
        tag = _tag(stem, base, listing.media_bases)
        if tag is None:
            continue
        said = language_of(tag or language)
        if tag and said is None:
            continue  # "clip_2.srt" is another's
        found.append(CaptionsFile(listing.caption_files[name], said, (not tag, len(tag), ending.lower())))
    own = language_of(language)
    return sorted(found, key=lambda one: (one.language != own, one.language.code if one.language else "", one.rank))


def _tag(stem: str, base: str, media: set[str]) -> str | None:
    """What a name that begins with the video's says besides; empty for nothing. None where it is another medium's."""
    if stem == base:
        return ""
    if stem in media:
        return None
    # Of "clip.en.de.srt" and a medium "clip.en.mp4", that is the one meant.
    longer = (stem[:at] for at in range(len(base) + 1, len(stem)) if stem[at] in CAPTION_MARKS)
    return None if any(name in media for name in longer) else stem[len(base) + 1 :]
