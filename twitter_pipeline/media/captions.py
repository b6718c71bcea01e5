"""Captions of a video, SubRip (.srt) or WebVTT (.vtt): read leniently, and written anew in the form that X documents.

Programs write them in many ways: with a byte order mark, in UTF-16, with other line ends, a dot for a comma, without
hours. What is uploaded is UTF-8 with one way of all that. What cannot be meant otherwise is told with its line.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field

from twitter_pipeline.content.tidy import clean
from twitter_pipeline.media.info import MediaRefused

#: Bytes of a file, and of what is made of it. X documents no limit; two hours of talk are 200 kB.
MOST_BYTES = 512 * 1024

_TIME = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})(?:[.,:](\d{1,3}))?"
_TIMES = re.compile(rf"{_TIME}\s*-{{1,3}}>\s*{_TIME}(?:\s+(.*))?")
#: What is meant for such a line; among words an arrow is one.
_LOOKS_LIKE_TIMES = re.compile(r"[\d\s]{0,9}:[\d:.,;\s]{1,50}-{1,3}>|.*-->\s*\d{1,3}:\d")
_SETTINGS = re.compile(r"(?:vertical|line|position|size|align):[\w%.,-]+")
_EXAMPLE = "00:00:01,000 --> 00:00:02,500"


@dataclass
class Cue:
    """Words on the screen."""

    #: From the film's beginning, in milliseconds.
    begin: int
    end: int
    lines: list[str] = field(default_factory=list)
    #: Where they stand, as WebVTT says it.
    settings: str = ""


@dataclass(frozen=True)
class Captions:
    """The captions that a file holds."""

    is_vtt: bool
    #: At least one, each with words.
    cues: tuple[Cue, ...]

    @property
    def media_type(self) -> str:
        """As X names it."""
        return "text/vtt" if self.is_vtt else "text/srt"

    def content(self) -> bytes:
        """What is uploaded: the same bytes each time."""
        parts = ["WEBVTT\n"] if self.is_vtt else []
        for number, cue in enumerate(self.cues, 1):
            times = f"{self._time(cue.begin)} --> {self._time(cue.end)}"
            head = f"{times} {cue.settings}".rstrip() if self.is_vtt else f"{number}\n{times}"
            words = "\n".join(cue.lines).replace("-->", "→")
            parts.append(f"{head}\n{words}\n")
        return "\n".join(parts).encode()

    def _time(self, milliseconds: int) -> str:
        seconds, rest = divmod(milliseconds, 1000)
        mark = "." if self.is_vtt else ","
        return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{mark}{rest:03d}"


def read(content: bytes) -> Captions:
    """The captions in a file, of the kind that it holds. Raises MediaRefused with the line and the remedy."""
    if len(content) > MOST_BYTES:
        raise MediaRefused(f"it has {len(content):,} bytes, and captions {MOST_BYTES:,} at most")
    lines = clean(_decoded(content)).split("\n")
    is_vtt = re.match(r"WEBVTT(?:\s|$)", lines[0].lstrip()) is not None
    cues = [cue for cue in _cues(lines, is_vtt) if cue.lines and cue.begin < cue.end]
    if not cues:
        raise MediaRefused(f"it holds no captions: there is no line such as {_EXAMPLE} with words below it")
    captions = Captions(is_vtt, tuple(cues))
    if (size := len(captions.content())) > MOST_BYTES:
        raise MediaRefused(f"it makes {size:,} bytes, and captions have {MOST_BYTES:,} at most")
    return captions


def _decoded(content: bytes) -> str:
    encoding = "utf-8-sig"
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif b"\0" in content[:2]:  # every other byte of what begins with a Latin letter or a number
        encoding = "utf-16-be" if content[0] == 0 else "utf-16-le"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        number = content[: error.start].count(b"\n") + 1
        raise MediaRefused(
            f"line {number}: it is no text in {encoding.removesuffix('-sig').upper()}", "Save the file as UTF-8."
        ) from None


def _cues(lines: list[str], is_vtt: bool) -> list[Cue]:
    cues: list[Cue] = []
    #: Whether an empty line has come since the last words. What follows one is no words in WebVTT.
    apart = False
    for number, line in enumerate(lines, 1):
        line = line.strip()
        if _LOOKS_LIKE_TIMES.match(line):
            if cues and not is_vtt:
                _without_number(cues[-1])
            cues.append(_begun(line, number))
            apart = False
        elif not line:
            apart = True
        elif cues and not (is_vtt and apart):
            cues[-1].lines.append(line)
    if cues and apart and not is_vtt and len(cues[-1].lines) > 1:
        _without_number(cues[-1])  # of a last one that was cut off
    return cues


def _without_number(cue: Cue) -> None:
    """The number of the one that follows stands below its words."""
    if cue.lines and cue.lines[-1].isdecimal():
        cue.lines.pop()


def _begun(line: str, number: int) -> Cue:
    found = _TIMES.fullmatch(line)
    if found is None:
        raise MediaRefused(f"line {number}: no times such as {_EXAMPLE}: {line[:60]}", "Mend the line.")
    begin, end = (_milliseconds(found.groups()[at : at + 4]) for at in (0, 4))
    if begin is None or end is None:
        raise MediaRefused(f"line {number}: minutes and seconds end at 59: {line[:60]}", "Mend the line.")
    if end < begin:
        raise MediaRefused(f"line {number}: it ends before it begins: {line[:60]}", "Mend the line.")
    return Cue(begin, end, settings=" ".join(_SETTINGS.findall(found[9] or "")))


def _milliseconds(parts: tuple[str | None, ...]) -> int | None:
    hours, minutes, seconds = (int(part or 0) for part in parts[:3])
    if minutes > 59 or seconds > 59:
        return None
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + int((parts[3] or "0").ljust(3, "0"))
