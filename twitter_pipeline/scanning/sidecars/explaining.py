"""Why a medium has the words it has, or a metadata file's words go where they go: what the finder does, told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import PurePosixPath
from typing import Any

from twitter_pipeline.content.metadata import Metadata
from twitter_pipeline.scanning.names import shown
from twitter_pipeline.scanning.sidecars import tables, xmp_packet
from twitter_pipeline.scanning.sidecars.columns import meaning
from twitter_pipeline.scanning.sidecars.document import File, Unreadable
from twitter_pipeline.scanning.sidecars.finder import Finder, Look, reader_of
from twitter_pipeline.scanning.sidecars.found import Problem, Sidecar
from twitter_pipeline.scanning.sidecars.listing import name_key
from twitter_pipeline.scanning.sidecars.opening import open_document
from twitter_pipeline.scanning.sidecars.reader import Passed, Reader
from twitter_pipeline.scanning.sidecars.readers import base_json

#: Names shown of each kind that would have been accepted.
MOST_NAMES = 4
#: Fields told as ignored.
MOST_IGNORED = 40


@dataclass(frozen=True)
class Step:
    """One file that was looked at, and what came of it."""

    #: Relative to the project.
    file: str
    #: The kind whose names it has, and the kind that read it; mostly the same.
    found_as: str
    read_as: str
    #: Whether its words, or what is wrong with it, are what counts.
    counts: bool
    #: For people.
    said: str


@dataclass(frozen=True)
class Explanation:
    """What counts for one medium."""

    #: Relative to the project.
    medium: str
    steps: tuple[Step, ...]
    #: What is posted with; None where there is nothing that can be.
    metadata: Metadata | None
    #: The fields of the file that counts of which nothing was made.
    ignored: tuple[str, ...]
    #: Where nothing counts: the names by kind that would.
    accepted: Mapping[str, Sequence[str]]
    #: Why a folder could not be looked into.
    problem: str | None = None


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
    media: tuple[str, ...]


def explain(finder: Finder, media_rel: str, names: Sequence[tuple[str, bool]] = ()) -> Explanation:
    """What the finder looks at for a medium (relative to the project), and what comes of it.

    `names` are what it is looked for as, and whether only in the folder of that; without any: as itself.
    """
    names = names or [(media_rel, False)]
    looks = [look for name, only_beside in names for look in finder.looks(name, only_beside=only_beside)]
    chosen = next((look for look in looks if look.decision is not None), None)
    if chosen is None:
        chosen = next((look for look in looks if isinstance(look.result, Sidecar)), None)
    result = None if chosen is None else chosen.result
    problem = None
    if chosen is None:
        found = finder.find(names[-1][0])
        problem = found.message if isinstance(found, Problem) else None
    return Explanation(
        medium=media_rel,
        steps=tuple(_step(finder, look, look is chosen) for look in looks),
        metadata=result.metadata if isinstance(result, Sidecar) else None,
        ignored=_ignored(chosen, result) if chosen is not None and isinstance(result, Sidecar) else (),
        accepted=_accepted(finder, [name for name, _ in names]) if chosen is None else {},
        problem=problem,
    )


def _step(finder: Finder, look: Look, counts: bool) -> Step:
    file = shown(look.path.relative_to(finder.project_root).as_posix())
    return Step(file, look.named.KIND, look.reader.KIND, counts, _said(look, counts))


def _said(look: Look, counts: bool) -> str:
    result = look.result
    if isinstance(result, Problem):
        return result.message
    if isinstance(result, Passed):
        return result.why
    if result is None:
        return "nothing about this medium"
    where = "" if result.entry is None else f" ({result.entry})"
    if not result.metadata.has_words:
        return f"neither a title nor a description{where}"
    return f"its words count{where}" if counts else f"words that something before it goes before{where}"


def _accepted(finder: Finder, media: Sequence[str]) -> dict[str, list[str]]:
    accepted: dict[str, dict[str, None]] = {}
    for wanted in (wanted for medium in media for wanted in finder.wanted(medium)):
        for reader in finder.readers:
            if wanted.neutral or reader.IN_LANGUAGES:
                accepted.setdefault(reader.KIND, {}).update(dict.fromkeys(reader.names(wanted)))
    return {kind: list(names)[:MOST_NAMES] for kind, names in accepted.items() if names}


def _ignored(look: Look, counts: Sidecar) -> tuple[str, ...]:
    """Of the file that counts, the fields that neither are words nor kept for templates."""
    names = _field_names(look)
    kept = {*look.reader.FIELDS, *counts.metadata.extra}
    return tuple(name for name in names if name not in kept)[:MOST_IGNORED]


def _field_names(look: Look) -> list[str]:
    result = look.result
    if not isinstance(result, Sidecar):
        return []
    try:
        content = open_document(File(result.path, result.size, result.mtime_ns)).content
    except Unreadable:
        return []
    if isinstance(content, tables.Table):
        return [name for name in content.names if name.strip() and meaning(name) is None]
    if isinstance(content, xmp_packet.Packet):
        return list(content.properties)
    if isinstance(content, dict) and result.entry is not None:
        entry: Any = content.get(result.entry)
        content = entry if isinstance(entry, dict) else {}
    return [str(name) for name in content] if isinstance(content, dict) else []


def _claiming(finder: Finder, file_rel: str, key: str) -> list[Reader]:
    """The kinds that have such names, the most particular first: any JSON may be of one kind."""
    patterns = {
        reader.KIND: [name for wanted in finder.wanted(file_rel) for name in reader.names(wanted)]
        for reader in finder.readers
        if reader.SHARED
    }
    claimed = [
        reader
        for reader in finder.readers
        if reader.claims(key) and any(fnmatch(key, name) for name in patterns.get(reader.KIND, ["*"]))
    ]
    return sorted(claimed, key=lambda reader: reader.KIND == base_json.KIND)


def explain_file(finder: Finder, file_rel: str, media: Sequence[str]) -> FileExplanation:
    """What a metadata file (relative to the project) is, and which of `media` (likewise) it is the words of."""
    path = finder.project_root / file_rel
    listing = finder.listing(path.parent)
    key = name_key(PurePosixPath(file_rel).name)
    claimed = _claiming(finder, file_rel, key)
    kinds = tuple(reader.KIND for reader in claimed)
    entry = next((entry for entry in listing.files.values() if entry.name == path.name), None)
    of = tuple(one for one in media if isinstance(found := finder.find(one), Sidecar) and found.path == path)
    if entry is None:
        return FileExplanation(file_rel, kinds, None, listing.problem or "no metadata file is called so", of)
    if not claimed:
        return FileExplanation(file_rel, kinds, None, "no kind that counts here has such a name", of)
    try:
        document = open_document(listing.file(entry))
    except Unreadable as error:
        return FileExplanation(file_rel, kinds, None, str(error), of)
    reader = reader_of(document, claimed[0])
    by = next((one for one in claimed if one.understands(document.content)), None)
    if by is not None or reader is not claimed[0]:
        return FileExplanation(file_rel, kinds, (by or reader).KIND, "its content shows it", of)
    return FileExplanation(file_rel, kinds, reader.KIND, "its name says so, its content has no mark of a kind", of)
