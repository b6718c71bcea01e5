"""What a scan would make of one folder, at once: for who knows that nothing in it changes any more."""

from __future__ import annotations

from datetime import datetime
from pathlib import PurePosixPath

import sqlalchemy as sa

from twitter_pipeline.config import Project, Source
from twitter_pipeline.scanning.kinds import LISTED
from twitter_pipeline.scanning.report import ScanReport
from twitter_pipeline.scanning.source import SourceScan
from twitter_pipeline.scanning.walk import walk
from twitter_pipeline.store.moves import NewItem


def items_in(
    engine: sa.Engine, project: Project, source: Source, source_id: int, folder: str, *, now: datetime
) -> list[NewItem]:
    """The items that a folder (relative to the project, in or below the source's) holds and that are no tasks yet.

    Nothing is recorded. A folder that cannot be read holds none.
    """
    rel = str(PurePosixPath(folder).relative_to(source.path))
    taker = SourceScan(engine, project, source, source_id, lambda: now, ScanReport()).taker
    listed = next(walk(project.path / source.path, suffixes=LISTED[source.type], start=rel, within=project.path), None)
    if listed is None or listed.rel != rel:
        return []
    units = [*taker.units(listed), *(taker.elsewhere() if rel == "." else [])]
    return [item for unit in units if (found := unit.make()) is not None for item in found.items]
