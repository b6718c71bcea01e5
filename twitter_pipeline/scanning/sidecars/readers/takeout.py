"""`a.jpg.supplemental-metadata.json`, as Google Takeout lays it beside pictures from Google Photos.

Takeout cuts such a name after 46 characters (`a.jpg.suppl.json`), and numbers pictures of one name in another place
than their metadata: `DSC_0238.JPG(1).json` belongs to `DSC_0238(1).JPG`. Older ones are called `a.jpg.json`, and found
as gallery-dl's are. An edited picture shares the metadata of the original.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from twitter_pipeline.scanning.sidecars import fields
from twitter_pipeline.scanning.sidecars.document import Document, as_object
from twitter_pipeline.scanning.sidecars.reader import Answer, Passed, Wanted, Words

KIND = "takeout"
EXAMPLES: tuple[str, ...] = ("a.jpg.supplemental-metadata.json", "a.jpg.suppl.json", "a.jpg(1).json", "a.jpg.json")
FIELDS: tuple[str, ...] = ("description", "url", "photoTakenTime", "creationTime")
SHARED = False
IN_LANGUAGES = False

_SUFFIX = "supplemental-metadata"
#: Where Takeout cuts, in characters, ".json" aside.
_CUT = 46
_NUMBERED = re.compile(r"(.*)(\(\d+\))(\.[^.]*)", re.DOTALL)
_CUT_OFF = re.compile(r".*\.([a-z-]*)\.json", re.DOTALL)
_NUMBER_LAST = re.compile(r".*\(\d+\)\.json", re.DOTALL)
_EDITED = "-edited"


def claims(name: str, /) -> bool:
    """Names with the suffix, or the beginning of it, or with a number before .json."""
    cut = _CUT_OFF.fullmatch(name)
    return _NUMBER_LAST.fullmatch(name) is not None or (cut is not None and _SUFFIX.startswith(cut[1]))


def names(wanted: Wanted, /) -> Iterable[str]:
    """The picture's name with the suffix, cut wherever Takeout may have cut it, best first."""
    yield from _names(wanted.name)
    if _EDITED in wanted.base:
        yield from _names(wanted.name.replace(_EDITED, "", 1))
        yield wanted.name.replace(_EDITED, "", 1) + ".json"


def _names(name: str) -> Iterator[str]:
    number = ""
    if (numbered := _NUMBERED.fullmatch(name)) is not None:
        name, number = numbered[1] + numbered[3], numbered[2]
    for length in range(len(_SUFFIX), -1, -1):
        yield f"{name}.{_SUFFIX[:length]}{number}.json"
    if number:
        yield f"{name}{number}.json"
    if len(name) > _CUT:
        yield f"{name[:_CUT]}{number}.json"


def understands(content: object, /) -> bool:
    """It says when the picture was taken or where from it came, or is what Takeout says of an album."""
    if not isinstance(content, dict):
        return False
    return any(isinstance(content.get(name), dict) for name in ("photoTakenTime", "googlePhotosOrigin")) or (
        _is_album(content)
    )


def _is_album(content: dict[str, object]) -> bool:
    date = content.get("date")
    return isinstance(content.get("albumData"), dict) or (
        isinstance(date, dict) and "timestamp" in date and "title" in content and "photoTakenTime" not in content
    )


def read(document: Document, wanted: Wanted, /) -> Answer:
    """What somebody wrote below the picture. Its title is the name of the file."""
    about = as_object(document.content, "it")
    if _is_album(about):
        return Passed("it is about an album of Google Photos, not a picture")
    taken = fields.within(about, "photoTakenTime", "timestamp") or fields.within(about, "creationTime", "timestamp")
    return Words(fields.foreign(description=about.get("description"), date=taken, source_url=about.get("url")))
