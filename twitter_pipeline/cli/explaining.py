"""`twitter-pipeline sidecar explain FILE`: which reader, why, and what it understood."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twitter_pipeline.cli import output
from twitter_pipeline.cli.errors import NEEDS_A_PERSON, OK, WrongCommand
from twitter_pipeline.config import Project, Settings, Source

if TYPE_CHECKING:
    from twitter_pipeline.scanning.sidecars.explaining import Explanation, FileExplanation

#: Media looked at to say whose words a metadata file holds.
MOST_MEDIA = 2_000


def run(settings: Settings, file: str, *, as_json: bool) -> int:
    """Explain FILE in each source that would take it, or whose metadata it may be.

    Exit code 3 where a medium has no words that it can be posted with.
    """
    project, rel = _in_project(settings, file)
    sources = [source for source in project.sources if _concerns(project, source, rel)]
    if not sources:
        raise WrongCommand(f"{rel}: no source of project {project.id} takes such a file from there, or looks there")
    media = [(source, _medium(project, source, rel)) for source in sources if _takes(project, source, rel)]
    files = [(source, _file(project, source, rel)) for source in sources if not _takes(project, source, rel)]
    # Where it holds somebody's words, the sources are left out in which it holds nobody's.
    files = [(source, one) for source, one in files if one.media] or files
    if as_json:
        told = [_plain(source, one) for source, one in media]
        output.print_json([*told, *({"source": source.key, **asdict(one)} for source, one in files)])
    else:
        for source, explanation in media:
            _tell(source, explanation)
        for source, of_file in files:
            _tell_file(source, of_file)
    lacking = any(one.metadata is None or not one.metadata.has_words for _, one in media)
    return NEEDS_A_PERSON if lacking else OK


def _in_project(settings: Settings, file: str) -> tuple[Project, str]:
    """The project a file lies in, and the file relative to it: from the working folder or from a project's."""
    for project in settings.projects:
        for path in (Path(os.path.abspath(file)), project.path / file):  # noqa: PTH100 - links stay as they are
            if path.is_relative_to(project.path) and path.is_file():
                return project, path.relative_to(project.path).as_posix()
    where = "in no project's folder" if Path(file).exists() else "not there"
    raise WrongCommand(f"{file} is {where}; name a file as the shell completes it, or relative to a project's folder")


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
        folder = rel.rpartition("/")[0]
        album = rel if (folder or ".") == source.path else folder
        return explain(finder, rel, list(pairing.album_names(album, [rel])))
    explanation = explain(finder, rel)
    if source.type == "text" and isinstance(found := texts.find(finder, rel), Sidecar):
        return replace(explanation, metadata=found.metadata, accepted={})
    return explanation


def _file(project: Project, source: Source, rel: str) -> FileExplanation:
    from twitter_pipeline.scanning.sidecars import finder_for
    from twitter_pipeline.scanning.sidecars.explaining import explain_file

    media = [one for one, _ in zip(_media(project, source, rel), range(MOST_MEDIA), strict=False)]
    return explain_file(finder_for(project, source), rel, media)


def _media(project: Project, source: Source, rel: str) -> Iterator[str]:
    """The source's media that a metadata file may speak of: of its folder, or all where it lies with the batches."""
    from twitter_pipeline.scanning.kinds import SUFFIXES
    from twitter_pipeline.scanning.walk import walk

    folder = rel.rpartition("/")[0] or "."
    for walked in walk(project.path / source.path, suffixes=SUFFIXES[source.type], within=project.path):
        path = source.path if walked.rel == "." else f"{source.path}/{walked.rel}".removeprefix("./")
        if folder in (path, source.metadata):
            yield from (f"{path}/{entry.name}".removeprefix("./") for entry in walked.files)


def _plain(source: Source, explanation: Explanation) -> dict[str, Any]:
    metadata = explanation.metadata
    plain = {**asdict(explanation), "metadata": None if metadata is None else metadata.to_dict()}
    return {"source": source.key, **plain}


def _tell(source: Source, explanation: Explanation) -> None:
    from rich.table import Table
    from rich.text import Text

    _say(f"{explanation.medium} in source {source.key}", "bold")
    for step in explanation.steps:
        kind = step.read_as if step.read_as == step.found_as else f"{step.found_as}, read as {step.read_as}"
        style = "green" if step.counts else "dim"
        _say(f"  {'→' if step.counts else ' '} {step.file} [{kind}]: {step.said}", style)
    if explanation.metadata is not None:
        table = Table("field", "understood", box=None, pad_edge=False, show_header=False)
        for name, value in _fields(explanation.metadata.to_dict()):
            table.add_row(Text(_one_line(f"    {name}")), Text(value))
        output.console().print(table)
    if explanation.ignored:
        _say(f"    ignored: {', '.join(explanation.ignored)}", "dim")
    if explanation.problem is not None:
        _say(f"  {explanation.problem}", "yellow")
    if explanation.accepted:
        _say("  no metadata; it would be found in a file called", "yellow")
        for kind, names in explanation.accepted.items():
            _say(f"    {kind}: {', '.join(names)}")


def _fields(metadata: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in metadata.items():
        if name == "extra":
            yield from ((f"extra.{key}", str(kept)) for key, kept in value.items())
        elif isinstance(value, list):
            if value:
                yield name, ", ".join(map(str, value))
        elif value:
            yield name, str(value)


def _tell_file(source: Source, of_file: FileExplanation) -> None:
    _say(f"{of_file.file} in source {source.key}", "bold")
    names = ", ".join(of_file.claimed_by) or "of none"
    _say(f"  its name may be of the kinds: {names}")
    read_as = "not read" if of_file.read_as is None else f"read as {of_file.read_as}"
    _say(f"  {read_as}: {of_file.why}")
    of = ", ".join(of_file.media[:20]) or "no medium there"
    _say(f"  it holds the words of: {of}")


def _say(text: str, style: str = "") -> None:
    """One line, whatever files and fields are called."""
    from rich.text import Text

    output.console().print(Text(_one_line(text), style), soft_wrap=True)


def _one_line(text: str) -> str:
    return " ".join(text.splitlines())
