"""`a.jpg.supplemental-metadata.json`, as Google Takeout lays it beside pictures from Google Photos.

Takeout cuts such a name after 46 characters (`a.jpg.suppl.json`), and the picture's own after 51. It numbers pictures
of one name in another place than their metadata: `DSC_0238.JPG(1).json` belongs to `DSC_0238(1).JPG`. Older ones are
called `a.jpg.json`, and found as gallery-dl's are. An edited picture shares the metadata of the original.

Long names that begin alike are cut to one, and numbered in whichever order. Then `title`, which is the whole name that
the picture once had, says whose metadata it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from twitter_pipeline.content.placeholders import no_placeholder
from twitter_pipeline.scanning.sidecars import fields
from twitter_pipeline.scanning.sidecars.document import Document, as_object
from twitter_pipeline.scanning.sidecars.listing import Listing, base_of, name_key
from twitter_pipeline.scanning.sidecars.reader import Answer, Passed, Wanted, Words

KIND = "takeout"
EXAMPLES: tuple[str, ...] = ("a.jpg.supplemental-metadata.json", "a.jpg.suppl.json", "a.jpg(1).json", "a.jpg.json")
FIELDS: tuple[str, ...] = ("title", "description", "url", "photoTakenTime", "creationTime")
SHARED = False
IN_LANGUAGES = False

_SUFFIX = "supplemental-metadata"
#: Where Takeout cuts, in characters: names of metadata, ".json" aside, and those of pictures.
_CUT, _PICTURE_CUT = 46, 51
#: Names cut to one that are told apart.
_MOST_ALIKE = 20
_NUMBERED = re.compile(r"(.*)(\(\d+\))(\.[^.]*)", re.DOTALL)
_CUT_OFF = re.compile(r".*\.([a-z-]*)\.json", re.DOTALL)
_OF_A_PICTURE = re.compile(r".+\.\w+\.([a-z-]+)(?:\(\d+\))?\.json", re.DOTALL)
_NUMBER_LAST = re.compile(r"(.*)\(\d+\)\.json", re.DOTALL)
#: What Takeout writes as "_" in the name of a file.
_UNFIT = re.compile(r"""[&%'"<>:/\\|?*\x00-\x1f]""")
_MARKS = ("photoTakenTime", "googlePhotosOrigin", "geoDataExif")
_ONLY_OF_ALBUMS = frozenset(("sharedAlbumComments", "enrichments"))
_OF_ALBUMS = _ONLY_OF_ALBUMS | {"title", "description", "access", "date", "location", "geoData"}
#: How a picture that was edited ends, in the language of the account; and what Google made of another, as which people
#: call their own, too.
_EDITED = re.compile(
    "-(?:edited|bearbeitet|bewerkt|edytowane|modificato|modifié|ha editado|editat|編集済み|(?P<made>effects|smile|mix))"
    r"(?=(?:\(\d+\))?\.[^.]*$)"
)


def claims(name: str, /) -> bool:
    """Names with the suffix, or the beginning of it, or with a number before .json."""
    cut = _CUT_OFF.fullmatch(name)
    return _NUMBER_LAST.fullmatch(name) is not None or (cut is not None and _SUFFIX.startswith(cut[1]))


def names(wanted: Wanted, /) -> Iterable[str]:
    """The picture's name with the suffix, cut wherever Takeout may have cut it, best first."""
    yield from _names(wanted.name)
    if (original := _original(wanted)) != wanted.name:
        yield from _names(original)
        yield f"{original}.json"


def _original(wanted: Wanted) -> str:
    """The picture whose metadata it shares: the one that it was made of, or itself."""
    edited = _EDITED.search(wanted.name)
    if edited is None:
        return wanted.name
    original = _EDITED.sub("", wanted.name)
    return wanted.name if edited["made"] and original in wanted.beside.others else original


def _names(name: str) -> Iterator[str]:
    for length in range(len(_SUFFIX), -1, -1):
        yield f"{name}.{_SUFFIX[:length]}.json"
    unnumbered, number = _numbered(name)
    if number:
        for length in range(len(_SUFFIX), -1, -1):
            yield f"{unnumbered}.{_SUFFIX[:length]}{number}.json"
        yield f"{unnumbered}{number}.json"
    if len(unnumbered) > _CUT:
        for other in dict.fromkeys((number, "", *(f"({at})" for at in range(1, _MOST_ALIKE)))):
            yield f"{unnumbered[:_CUT]}{other}.json"


def _numbered(name: str) -> tuple[str, str]:
    """A picture's name without the number that Takeout gave it, and that; empty for none."""
    found = _NUMBERED.fullmatch(name)
    return (name, "") if found is None else (found[1] + found[3], found[2])


def understands(content: object, /) -> bool:
    """It has fields that only Google Photos calls so, whatever is in them, or is what Takeout says of an album."""
    return isinstance(content, dict) and (any(name in content for name in _MARKS) or _is_album(content))


def _is_album(content: Mapping[str, object]) -> bool:
    if isinstance(content.get("albumData"), dict):
        return True
    date = content.get("date")
    is_dated = isinstance(date, dict) and "timestamp" in date
    return _has_no_more_than_albums(content) and (is_dated or not _ONLY_OF_ALBUMS.isdisjoint(content))


def may_be_album(content: Mapping[str, object], beside: Listing) -> bool:
    """Whether a `metadata.json` without marks of its own may be an album's.

    That says who may see it, or (since 2025 some have a title alone) lies with what Takeout writes of pictures.
    """
    if not _has_no_more_than_albums(content):
        return False
    return isinstance(content.get("access"), str) or any(map(_is_of_a_picture, beside.files))


def _has_no_more_than_albums(content: Mapping[str, object]) -> bool:
    """Whether it may be an album's: with a field that Google's have not, it is somebody's own."""
    return "title" in content and content.keys() <= _OF_ALBUMS


def _is_of_a_picture(name: str) -> bool:
    found = _OF_A_PICTURE.fullmatch(name)
    return found is not None and _SUFFIX.startswith(found[1])


def read(document: Document, wanted: Wanted, /) -> Answer:
    """What somebody wrote below the picture. Its title is the name of the file."""
    about = as_object(document.content, "it")
    if _is_album(about):
        return Passed("it is about an album of Google Photos, not a picture")
    if not understands(about) and base_of(document.name) not in map(base_of, _names(wanted.name)):
        return Passed("it is called after another picture, and not by Google Photos")
    title = fields.text(about.get("title"))
    if title and _is_cut(name_key(document.name), wanted) and not _may_be_of(title, wanted):
        return Passed(f"its name is cut, and by its title it is of {title}")
    taken = fields.within(about, "photoTakenTime", "timestamp") or fields.within(about, "creationTime", "timestamp")
    # Google shows what the camera wrote into the picture.
    said = no_placeholder(fields.text(about.get("description")))
    return Words(fields.foreign(description=said, date=fields.seconds(taken), source_url=about.get("url")))


def _is_cut(file: str, wanted: Wanted) -> bool:
    """Whether the name of a metadata file ends within the picture's, so that it may be another's as well."""
    stem = found[1] if (found := _NUMBER_LAST.fullmatch(file)) is not None else file.rpartition(".")[0]
    return len(stem) == _CUT and any(name.startswith(stem) and name != stem for name in _originals(wanted))


def _may_be_of(title: str, wanted: Wanted) -> bool:
    """Whether a picture that had this name may be called by Takeout as the one wanted is."""
    had, without_ending = base_of(_fit(title)), name_key(_fit(title))
    for name in _originals(wanted):
        base = base_of(_fit(name))
        if base in (had, without_ending):
            return True
        if len(name) == _PICTURE_CUT and had.startswith(base) and had not in wanted.beside.folded_media_bases:
            return True
    return False


def _fit(name: str) -> str:
    """As Takeout calls a file that had this name, but for letter case, which programs change."""
    return _UNFIT.sub("_", name).casefold()


def _originals(wanted: Wanted) -> set[str]:
    """What a picture may have been called before it was numbered or edited."""
    names = {wanted.name, _original(wanted)}
    return names | {_numbered(name)[0] for name in names}
