"""Why a medium has the words it has: what the finder does, told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from twitter_pipeline.content.metadata import Metadata
from twitter_pipeline.scanning.names import shown
from twitter_pipeline.scanning.sidecars import fields, tables, xmp_packet
from twitter_pipeline.scanning.sidecars.columns import meaning
from twitter_pipeline.scanning.sidecars.document import Document, File, Unreadable
from twitter_pipeline.scanning.sidecars.finder import Finder, Look
from twitter_pipeline.scanning.sidecars.found import Problem, Sidecar
from twitter_pipeline.scanning.sidecars.listing import last_part
from twitter_pipeline.scanning.sidecars.opening import open_document
from twitter_pipeline.scanning.sidecars.reader import Passed, Reader
from twitter_pipeline.scanning.sidecars.readers import batch_file, table

#: What something is looked for as, and whether only in the folder of that.
Names = Sequence[tuple[str, bool]]

#: Names shown of each kind that would have been accepted.
MOST_NAMES = 4
#: Fields told as ignored.
MOST_IGNORED = 1_000


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


def explain(finder: Finder, media_rel: str, names: Names = ()) -> Explanation:
    """What the finder looks at for a medium (relative to the project), and what comes of it.

    `names` are what it is looked for as; without any: as itself.
    """
    names = names or [(media_rel, False)]
    looks, chosen = looked(finder, names)
    result = None if chosen is None else chosen.result
    problem = None
    if chosen is None:
        found = finder.find(names[-1][0])
        problem = found.message if isinstance(found, Problem) else None
    return Explanation(
        medium=media_rel,
        steps=tuple(
            Step(file_of(finder, look), look.named.KIND, look.reader.KIND, look is chosen, said(finder, look, chosen))
            for look in once_each(looks, chosen)
        ),
        metadata=result.metadata if isinstance(result, Sidecar) else None,
        ignored=() if chosen is None else ignored(chosen.reader, result),
        accepted=_accepted(finder, [name for name, _ in names]) if chosen is None else {},
        problem=problem,
    )


def looked(finder: Finder, names: Names) -> tuple[list[Look], Look | None]:
    """Every file that may speak of what is looked for as `names`; and the one that counts."""
    looks: list[Look] = []
    chosen: Look | None = None
    for name, only_beside in names:
        these = list(finder.looks(name, only_beside=only_beside))
        looks += these
        if chosen is None:
            chosen = next((look for look in these if look.decision is not None), None)
        if chosen is None:
            chosen = next((look for look in these if isinstance(look.result, Sidecar)), None)
    return looks, chosen


def once_each(looks: Iterable[Look], chosen: Look | None) -> list[Look]:
    """One look at each file: it may have been asked under several names and in several languages."""
    by_file: dict[object, Look] = {}
    for look in looks:
        known = by_file.get(look.path)
        if known is None or (known is not chosen and (look is chosen or _weight(look) > _weight(known))):
            by_file[look.path] = look
    return list(by_file.values())


def _weight(look: Look) -> int:
    return 0 if look.result is None else 1 if isinstance(look.result, Passed) else 2


def file_of(finder: Finder, look: Look) -> str:
    """The file that was looked at, relative to the project, for people."""
    return shown(look.path.relative_to(finder.project_root).as_posix())


def said(finder: Finder, look: Look, chosen: Look | None, *, count: str = "its words count") -> str:
    """What came of a look, for people; `count` is said of what counts."""
    result = look.result
    if isinstance(result, Problem):
        return result.message
    if isinstance(result, Passed):
        return result.why
    if result is None:
        languages = dict.fromkeys(wanted.language for wanted in finder.wanted(look.wanted.name))
        tells = look.named.IN_LANGUAGES and len(languages) > 1
        return f"nothing about this medium{f' in {_listed(languages)}' if tells else ''}"
    about = []
    if result.entry is not None and last_part(result.entry) != look.wanted.name:
        about.append(result.entry if look.reader.KIND == table.KIND else f"entry {result.entry!r}")
    if not look.wanted.neutral:
        about.append(f"in the fall-back language {look.wanted.language}")
    where = f" ({', '.join(about)})" if about else ""
    if not result.metadata.has_words:
        return f"neither a title nor a description{where}"
    if look is chosen or chosen is None:
        return f"{count}{where}"
    return f"it has words too{where}, but {file_of(finder, chosen)} goes before it"


def _listed(words: Iterable[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last


def _accepted(finder: Finder, media: Sequence[str]) -> dict[str, list[str]]:
    accepted: dict[str, dict[str, None]] = {}
    for wanted in (wanted for medium in media for wanted in finder.wanted(medium)):
        for reader in finder.readers:
            if wanted.neutral or reader.IN_LANGUAGES:
                accepted.setdefault(reader.KIND, {}).update(dict.fromkeys(reader.names(wanted)))
    return {kind: list(names)[:MOST_NAMES] for kind, names in accepted.items() if names}


def ignored(reader: Reader, result: object) -> tuple[str, ...]:
    """The fields of a file, or of its entry, that neither are words nor kept for templates."""
    if not isinstance(result, Sidecar):
        return ()
    try:
        # Kept: of a file of many media it is asked for each.
        document = open_document(File(result.path, result.size, result.mtime_ns), shared=True)
    except Unreadable:
        return ()
    metadata = result.metadata
    understood = {name for name in fields.FIELDS if getattr(metadata, name)} | metadata.extra.keys()
    if metadata.alt_texts:
        understood.add("alt_text")
    looked_at = set(reader.FIELDS) - set(fields.FIELDS)

    def is_ignored(name: str, value: object) -> bool:
        # One of our own names was of no use where it is not empty: it is of a wrong type, or this kind has none.
        return name not in looked_at and (name not in fields.FIELDS or value not in (None, "", [], {}))

    told = (name for name, value in _fields(document, result.entry) if is_ignored(name, value))
    return tuple(name for name in told if name not in understood)[:MOST_IGNORED]


def _fields(document: Document, entry: str | None) -> Iterable[tuple[str, object]]:
    content = document.content
    if isinstance(content, tables.Table):
        cells = next((cells for number, cells in content.rows if f"row {number}" == entry), ())
        columns = zip(content.names, cells, strict=False)
        return ((fields.text(name)[:100], cell) for name, cell in columns if meaning(name) is None and cell.strip())
    if isinstance(content, xmp_packet.Packet):
        return content.properties.items()
    if entry is not None:
        entries = document.once(batch_file.by_medium).said.values()
        content = next((value for key, value in entries if key == entry), None)
    return ((str(name), value) for name, value in content.items()) if isinstance(content, dict) else ()
