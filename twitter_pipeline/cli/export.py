"""`twitter-pipeline log --export`: the complete history in a file that anything can read, without Dagster."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, fields
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import typer

from twitter_pipeline.cli.database import database_errors, prepared
from twitter_pipeline.cli.errors import OK, WrongCommand
from twitter_pipeline.cli.files import Encoded, cell, opened
from twitter_pipeline.cli.projects import chosen
from twitter_pipeline.clock import in_utc
from twitter_pipeline.config import Settings
from twitter_pipeline.config.redaction import plain, plain_json

if TYPE_CHECKING:
    from twitter_pipeline.store.history import Entry

Pieces = Iterator["list[Entry]"]


def run(
    settings: Settings, form: str, *, project: str | None, since: str | None, until: str | None, output: Path | None
) -> int:
    """Write the lines, oldest first, to `output` or standard output; how many is told where there is a file."""
    from twitter_pipeline.store import history

    if form not in _WRITERS:
        raise WrongCommand(f"--export: '{form}' is none of {', '.join(_WRITERS)}")
    if form == "parquet" and output is None and sys.stdout.isatty():
        raise WrongCommand("--export parquet is for a file: name one with --output")
    projects = None if project is None else [one.id for one in chosen(settings, project)]
    begin, end = _time("--from", since), _time("--to", until)
    engine = prepared(settings)
    written = 0

    def counted() -> Pieces:
        nonlocal written
        for piece in history.pieces(engine, projects=projects, since=begin, until=end):
            written += len(piece)
            yield piece

    with opened(output) as file, database_errors():
        _WRITERS[form](counted(), file)
    if output is not None:
        typer.echo(f"{written:,} lines written to {plain(str(output))}")
    return OK


def _time(option: str, text: str | None) -> datetime | None:
    """A day or a time, in UTC unless it names its offset."""
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise WrongCommand(f"{option}: '{text}' is no day or time such as 2026-11-24 or 2026-11-24T18:00") from None
    return in_utc(time)


def _csv(pieces: Pieces, file: IO[bytes]) -> None:
    from twitter_pipeline.store.history import Entry

    writer = csv.writer(Encoded(file), lineterminator="\n")
    writer.writerow(field.name for field in fields(Entry))
    for piece in pieces:
        for entry in piece:
            row = asdict(entry) | {"time": entry.time.isoformat(), "details": _json_of(entry.details)}
            writer.writerow(cell(value) for value in row.values())


def _json(pieces: Pieces, file: IO[bytes]) -> None:
    """One array, one line of text for each line of the log."""
    between = b"[\n"
    for piece in pieces:
        for entry in piece:
            file.write(between + _json_of(asdict(entry) | {"time": entry.time.isoformat()}).encode())
            between = b",\n"
    file.write(b"[]\n" if between == b"[\n" else b"\n]\n")


def _json_of(value: Any) -> str:
    return plain_json(json.dumps(value, ensure_ascii=False))


def _parquet(pieces: Pieces, file: IO[bytes]) -> None:
    """A row group for each piece. Times are timestamps with zone UTC, details are JSON."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from twitter_pipeline.store.history import Entry

    types = {"line": pa.int64(), "task": pa.int64(), "time": pa.timestamp("us", tz="UTC")}
    schema = pa.schema([(field.name, types.get(field.name, pa.string())) for field in fields(Entry)])
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for piece in pieces:
            rows = [asdict(entry) | {"details": _json_of(entry.details)} for entry in piece]
            writer.write_table(pa.Table.from_pylist(rows, schema=schema))


_WRITERS: dict[str, Callable[[Pieces, IO[bytes]], None]] = {"csv": _csv, "json": _json, "parquet": _parquet}
