"""What `sidecar explain` found, for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from twitter_pipeline.cli import output

if TYPE_CHECKING:
    from twitter_pipeline.cli.explaining_captions import CaptionsAnswer
    from twitter_pipeline.content.metadata import Metadata
    from twitter_pipeline.scanning.sidecars.explaining import Explanation
    from twitter_pipeline.scanning.sidecars.explaining_files import FileAnswer, FileExplanation

#: Media named in one line, and fields that were ignored; how much of a field is shown where there are many, in
#: characters.
_MOST_NAMED, _MOST_IGNORED, _MOST_SHOWN = 20, 40, 200


def medium(source: str, explanation: Explanation, captions: Sequence[CaptionsAnswer]) -> None:
    """What a medium of that source is posted with, and why."""
    _say(f"{explanation.medium} in source {source}", "bold")
    for step in explanation.steps:
        kind = step.read_as if step.read_as == step.found_as else f"{step.found_as}, read as {step.read_as}"
        style = "green" if step.counts else "dim"
        _say(f"  {'→' if step.counts else ' '} {step.file} [{kind}]: {step.said}", style)
    _understood(explanation.metadata, explanation.ignored)
    if explanation.problem is not None:
        _say(f"  {explanation.problem}", "yellow")
    if explanation.accepted:
        _say("  no metadata; it would be found in a file called", "yellow")
        for kind, names in explanation.accepted.items():
            _say(f"    {kind}: {', '.join(names)}")
    for one in captions:
        _say(f"  captions {one.file}: {one.said}", "" if one.why_not is None else "dim")


def file(head: str, of_file: FileExplanation, *, alone: bool = False) -> None:
    """What a metadata file is; `alone`: there are no media to look for."""
    _say(head, "bold")
    _say(f"  its name may be of the kinds: {', '.join(of_file.claimed_by) or 'of none'}")
    read_as = "not read" if of_file.read_as is None else f"read as {of_file.read_as}"
    _say(f"  {read_as}: {of_file.why}")
    if of_file.media or of_file.concerns_media:
        _say(f"  it holds the words of: {_named(of_file.media) or 'no medium there'}")
    for answer in of_file.answers:
        _answer(answer, alone)
    if of_file.more:
        _say(f"  … and {of_file.more:,} more")
    if not of_file.all_media:
        _say("  there are more media that it may speak of; those were not looked at", "yellow")


def captions(head: str, answers: Iterable[CaptionsAnswer], *, alone: bool = False) -> None:
    """What a file of captions is; `alone`: there are no media to look for."""
    _say(head, "bold")
    for one in answers:
        mark = "→" if one.is_there and one.why_not is None else " "
        _say(f"  {mark} captions of {_of(one.video, one.is_there or alone)}: {one.said}")


def _answer(answer: FileAnswer, alone: bool) -> None:
    counts = answer.counts and answer.are_there
    of = _of(_named(answer.media), answer.are_there or alone)
    _say(f"  {'→' if counts else ' '} {of}: {answer.said}", "green" if counts else "")
    _understood(answer.metadata, answer.ignored, indent=" " * 6, most=_MOST_SHOWN)


def _of(media: str, are_there: bool) -> str:
    return media if are_there else f"{media}, which is not there"


def _understood(
    metadata: Metadata | None, ignored: Sequence[str], *, indent: str = " " * 4, most: int | None = None
) -> None:
    from rich.text import Text

    if metadata is not None:
        table = output.table("field", "understood", show_header=False)
        for name, value in _fields(metadata.to_dict()):
            if most is not None:
                value = _one_line(value)
                value = value if len(value) <= most else f"{value[:most]}…"
            table.add_row(Text(_one_line(f"{indent}{name}")), Text(value))
        output.console().print(table)
    if ignored:
        _say(f"{indent}ignored: {_named(ignored, _MOST_IGNORED)}", "dim")


def _fields(metadata: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in metadata.items():
        if name == "extra":
            yield from ((f"extra.{key}", str(kept)) for key, kept in value.items())
        elif isinstance(value, list):
            if value:
                yield name, ", ".join(map(str, value))
        elif value:
            yield name, str(value)


def _named(names: Sequence[str], most: int = _MOST_NAMED) -> str:
    more = f", … and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _say(text: str, style: str = "") -> None:
    """One line, whatever files and fields are called."""
    from rich.text import Text

    output.console().print(Text(_one_line(text), style), soft_wrap=True)


def _one_line(text: str) -> str:
    return " ".join(text.splitlines())
