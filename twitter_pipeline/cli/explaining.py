"""`twitter-pipeline sidecar explain FILE`: which reader, why, and what it understood."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from twitter_pipeline.cli import explained, explaining_captions, output
from twitter_pipeline.cli.errors import NEEDS_A_PERSON, OK, WrongCommand
from twitter_pipeline.config import Project, Settings, Source

if TYPE_CHECKING:
    from twitter_pipeline.cli.explaining_captions import CaptionsAnswer
    from twitter_pipeline.scanning.sidecars.explaining import Explanation, Names
    from twitter_pipeline.scanning.sidecars.explaining_files import FileExplanation

T = TypeVar("T")

#: Media looked at to say whose words a metadata file holds.
MOST_MEDIA = 2_000


def run(settings: Settings, file: str, *, as_json: bool) -> int:
    """Explain FILE in each source that would take it, or whose metadata it may be; one of no source by itself.

    Exit code 3 where a medium has no words that it can be posted with.
    """
    project, rel = _in_project(settings, file)
    if project is None:
        return _alone(Path(rel), f"{file} lies in no project's folder", as_json=as_json)
    if explaining_captions.is_captions(rel):
        return _captions(settings, project, rel, as_json=as_json)
    sources = [source for source in project.sources if _concerns(project, source, rel)]
    if not sources:
        why = f"{rel}: no source of project {project.id} takes such a file from there, or looks there"
        return _alone(project.path / rel, why, as_json=as_json)
    media = [
        (source, _medium(project, source, rel), explaining_captions.of_video(settings, project, source, rel))
        for source in sources
        if _takes(project, source, rel)
    ]
    files = [(source, _file(project, source, rel)) for source in sources if not _takes(project, source, rel)]
    # Where it says something of somebody, the sources are left out in which it does of nobody.
    files = [(source, one) for source, one in files if one.concerns_media] or files
    if as_json:
        told = [_plain(source, one, captions) for source, one, captions in media]
        output.print_json([*told, *({"source": source.key, **asdict(one)} for source, one in files)])
    else:
        for source, explanation, captions in media:
            explained.medium(source.key, explanation, captions)
        for keys, of_file in _alike(files):
            explained.file(f"{of_file.file} in {_sources(keys)}", of_file)
    lacking = any(one.metadata is None or not one.metadata.has_words for _, one, _ in media)
    return NEEDS_A_PERSON if lacking else OK


def _in_project(settings: Settings, file: str) -> tuple[Project | None, str]:
    """The project a file lies in, and the file relative to it: from the working folder or from a project's.

    A file in none is given as it is called.
    """
    for project in settings.projects:
        for path in (Path(os.path.abspath(file)), project.path / file):  # noqa: PTH100 - links stay as they are
            if path.is_relative_to(project.path) and path.is_file():
                return project, path.relative_to(project.path).as_posix()
    if Path(file).is_file():
        return None, file
    raise WrongCommand(f"{file} is not there; name a file as the shell completes it, or relative to a project's folder")


def _alone(path: Path, why: str, *, as_json: bool) -> int:
    """Explain a metadata file, or one of captions, that is of no source; `why` says so."""
    from twitter_pipeline.scanning.sidecars.explaining_files import explain_alone
    from twitter_pipeline.scanning.sidecars.listing import ENDINGS

    if explaining_captions.is_captions(path.name):
        answer = explaining_captions.of_none(path, path.name)
        if as_json:
            output.print_json([{"source": None, **asdict(answer)}])
        else:
            explained.captions(f"{why}; by itself:", [answer], alone=True)
    elif path.name.lower().endswith(ENDINGS):
        of_file = explain_alone(Path(os.path.abspath(path)))  # noqa: PTH100 - links stay as they are
        if as_json:
            output.print_json([{"source": None, **asdict(of_file)}])
        else:
            explained.file(f"{why}; as if it lay alone in a source's folder:", of_file, alone=True)
    else:
        raise WrongCommand(f"{why}; only metadata files and captions can be explained by themselves")
    return OK


def _captions(settings: Settings, project: Project, rel: str, *, as_json: bool) -> int:
    from twitter_pipeline.scanning.kinds import covers

    folder = rel.rpartition("/")[0] or "."
    sources = [source for source in project.sources if source.type == "video" and covers(source, folder)]
    if not sources:
        return _alone(project.path / rel, f"{rel}: no source of type video covers its folder", as_json=as_json)
    files = [(source, explaining_captions.of_file(settings, project, source, rel)) for source in sources]
    if as_json:
        output.print_json([{"source": source.key, **asdict(one)} for source, told in files for one in told])
    else:
        for keys, told in _alike(files):
            explained.captions(f"{rel} in {_sources(keys)}", told)
    return OK


def _alike(told: Sequence[tuple[Source, T]]) -> list[tuple[list[str], T]]:
    """What is the same in several sources once, with all of their keys."""
    found: list[tuple[list[str], T]] = []
    for source, one in told:
        known = next((keys for keys, other in found if other == one), None)
        if known is None:
            found.append(([source.key], one))
        else:
            known.append(source.key)
    return found


def _sources(keys: Sequence[str]) -> str:
    return f"source{'s' if len(keys) > 1 else ''} {', '.join(keys)}"


def _takes(project: Project, source: Source, rel: str) -> bool:
    from twitter_pipeline.scanning import words_beside
    from twitter_pipeline.scanning.kinds import covers, is_a
    from twitter_pipeline.scanning.sidecars import finder_for

    folder, _, name = rel.rpartition("/")
    if not covers(source, folder or ".") or not is_a(source.type, rel):
        return False
    if source.type != "text":
        return True
    listing = finder_for(project, source).listing(project.path / folder)
    return not words_beside.among([name], listing, project, folder or ".")


def _concerns(project: Project, source: Source, rel: str) -> bool:
    from twitter_pipeline.scanning.kinds import covers, type_of

    folder = rel.rpartition("/")[0] or "."
    if _takes(project, source, rel):
        return True
    return type_of(rel) is None and (covers(source, folder) or folder == source.metadata)


def _medium(project: Project, source: Source, rel: str) -> Explanation:
    from twitter_pipeline.scanning import pairing, texts
    from twitter_pipeline.scanning.sidecars import Sidecar, finder_for
    from twitter_pipeline.scanning.sidecars.explaining import explain

    finder = finder_for(project, source)
    if source.type == "album":
        return explain(finder, rel, list(pairing.album_names(_album(source, rel), [rel])))
    explanation = explain(finder, rel)
    if source.type == "text":
        found = texts.find(finder, rel)
        if isinstance(found, Sidecar):
            return replace(explanation, metadata=found.metadata, accepted={})
        if found is not None and not any(step.counts for step in explanation.steps):
            return replace(explanation, problem=found.message, accepted={})
    return explanation


def _album(source: Source, rel: str) -> str:
    """The album of a picture: its folder, below that of the source."""
    folder = rel.rpartition("/")[0]
    return rel if (folder or ".") == source.path else folder


def _file(project: Project, source: Source, rel: str) -> FileExplanation:
    from twitter_pipeline.scanning import explaining_texts
    from twitter_pipeline.scanning.kinds import SUFFIXES
    from twitter_pipeline.scanning.sidecars import finder_for
    from twitter_pipeline.scanning.sidecars.explaining_files import explain_file

    finder, media = finder_for(project, source), dict(islice(_media(project, source, rel), MOST_MEDIA + 1))
    if is_cut := len(media) > MOST_MEDIA:
        media.popitem()
    explanation = explain_file(finder, rel, media, min(SUFFIXES[source.type]), all_media=not is_cut)
    return explaining_texts.explain(finder, project, source, explanation) if source.type == "text" else explanation


def _media(project: Project, source: Source, rel: str) -> Iterator[tuple[str, Names]]:
    """The source's media that a metadata file may speak of: of its folder, or all where it lies with the batches.

    With what each is looked for as.
    """
    from twitter_pipeline.scanning.grouping import natural_order
    from twitter_pipeline.scanning.kinds import SUFFIXES
    from twitter_pipeline.scanning.walk import walk

    folder = rel.rpartition("/")[0] or "."
    for walked in walk(project.path / source.path, suffixes=SUFFIXES[source.type], within=project.path):
        path = source.path if walked.rel == "." else f"{source.path}/{walked.rel}".removeprefix("./")
        files = [f"{path}/{entry.name}".removeprefix("./") for entry in walked.files]
        if source.type == "album" and folder in (path, path.rpartition("/")[0] or ".", source.metadata):
            yield from _albums(source, files)
        elif folder in (path, source.metadata):
            yield from ((file, [(file, False)]) for file in sorted(files, key=natural_order))


def _albums(source: Source, files: Sequence[str]) -> Iterator[tuple[str, Names]]:
    """The albums that the pictures of a folder make up."""
    from twitter_pipeline.scanning import pairing
    from twitter_pipeline.scanning.grouping import group_of, natural_order

    told: set[str] = set()
    for file in sorted(files, key=natural_order):
        folder, slash, name = file.rpartition("/")
        album = _album(source, file)
        group = group_of(name)
        shown = f"{album}/*" if album == folder else file if group is None else f"{folder}{slash}{group}_*"
        if shown not in told:
            told.add(shown)
            yield shown, list(pairing.album_names(album, [file]))


def _plain(source: Source, explanation: Explanation, captions: Sequence[CaptionsAnswer]) -> dict[str, Any]:
    metadata = explanation.metadata
    plain = {**asdict(explanation), "metadata": None if metadata is None else metadata.to_dict()}
    return {"source": source.key, **plain, "captions": [asdict(one) for one in captions]}
