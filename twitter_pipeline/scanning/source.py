"""The scan of one content source."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from pathlib import PurePosixPath

import sqlalchemy as sa

from twitter_pipeline.config import Project, Source
from twitter_pipeline.scanning import known
from twitter_pipeline.scanning.albums import AlbumTaker
from twitter_pipeline.scanning.candidates import Candidates
from twitter_pipeline.scanning.kinds import LISTED
from twitter_pipeline.scanning.pairing import look_again
from twitter_pipeline.scanning.recording import Found, record
from twitter_pipeline.scanning.report import ScanReport, TimeBox
from twitter_pipeline.scanning.sidecars import finder_for
from twitter_pipeline.scanning.taking import Taker, Unit
from twitter_pipeline.scanning.text_taker import TextTaker
from twitter_pipeline.scanning.walk import Folder, walk
from twitter_pipeline.store.engine import reading
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import publishing_tasks

#: Items recorded in one transaction.
BATCH = 50

_TAKERS: dict[str, type[Taker]] = {"album": AlbumTaker, "text": TextTaker}


class SourceScan:
    """The scan of one content source."""

    def __init__(
        self,
        engine: sa.Engine,
        project: Project,
        source: Source,
        source_id: int,
        clock: Callable[[], datetime],
        report: ScanReport,
    ) -> None:
        self.engine = engine
        self.project = project
        self.source = source
        self.source_id = source_id
        self.clock = clock
        self.report = report
        self.root = project.path / source.path
        self.finder = finder_for(project, source)
        of_source = known.read(
            *(engine, project.id, source_id),
            now=clock(),
            albums=source.type == "album",
            others_count=source.type in ("image", "album") and not source.repeat,
        )
        taker = _TAKERS.get(source.type, Taker)
        self.taker = taker(project, source, source_id, self.finder, of_source, clock, report)
        self.candidates = Candidates(engine, source_id)

    def run(self, start: str, box: TimeBox) -> str | None:
        """Scan from the folder `start` on until `box` is over; the folder where it stopped, if any."""
        if (why := self._why_unreachable()) is not None:
            self._tell_unreachable(why)
            return None
        look_again(self.engine, self.project.id, self.source_id, self.source, self.finder, now=self.clock())
        stopped_at = self._walk(start, box)
        self.candidates.forget_what_is_gone(
            self._folder(start), None if stopped_at is None else self._folder(stopped_at)
        )
        return stopped_at

    def _walk(self, start: str, box: TimeBox) -> str | None:
        posted = self.project.posted_folder
        folders = walk(
            self.root,
            suffixes=LISTED[self.source.type],
            start=start,
            within=self.project.path,
            leave_out=None if posted is None else self.project.path / posted,
        )
        if not self._take_all(self._stable(self.taker.elsewhere), box):
            return start
        for folder in folders:
            if box.is_over():
                return folder.rel
            self._tell_problems(folder)
            stable = self._stable(partial(self.taker.units, folder))
            if not self._take_all([*self.taker.refused(folder), *stable], box):
                return folder.rel
        return None

    def _take_all(self, work: Sequence[Found | Unit], box: TimeBox) -> bool:
        """Record all of it, in batches; False when `box` ended it."""
        for begin in range(0, len(work), BATCH):
            if begin and box.is_over():
                return False
            self._take(work[begin : begin + BATCH])
        return True

    def _why_unreachable(self) -> str | None:
        """Why nothing can be said about what is in the source's folder; an unmounted disk is no deletion."""
        try:
            with os.scandir(self.root) as entries:
                if next(entries, None) is not None:
                    return None
        except FileNotFoundError:
            return "is not there"
        except OSError as error:
            return f"cannot be read: {error.strerror}"
        columns = publishing_tasks.c
        still_open = sa.select(sa.func.count()).where(
            columns.content_source_id == self.source_id,
            columns.status.in_([Status.PENDING.value, Status.QUEUED.value]),
        )
        with reading(self.engine) as connection:
            count = connection.scalar(still_open)
        return f"is empty, though {count} of its items are to be posted; is its disk mounted?" if count else None

    def _tell_unreachable(self, why: str) -> None:
        told = f"the folder {self.root} {why}; nothing is lost, its tasks stay as they are"
        self.report.problems.append(told)
        self.report.unreachable.append(told)

    def _tell_problems(self, folder: Folder) -> None:
        for rel, why in folder.problems:
            if rel == ".":
                self._tell_unreachable(why)
            else:
                self.report.problems.append(f"{self._folder(rel)}: {why}")

    def _folder(self, rel: str) -> PurePosixPath:
        """A folder of the source, relative to the project."""
        return PurePosixPath(self.source.path, rel)

    def _stable(self, look: Callable[[], list[Unit]]) -> list[Unit]:
        """Of what is new or was mended, that which has not changed for long enough; the rest is remembered.

        What is not to be posted need not be looked at twice.
        """
        began = self.clock()
        if not (found := look()):
            return []
        units = {unit.seen.path: unit for unit in found if not unit.at_once}
        looks = [unit.seen for unit in units.values()]
        seen = self.candidates.look(looks, began=began, ended=self.clock(), stable_for=self.project.stable_for)
        stable = [units.pop(file.path) for file in seen]
        self.report.arriving += sum(unit.count for unit in units.values())
        return [*(unit for unit in found if unit.at_once), *stable]

    def _take(self, work: Sequence[Found | Unit]) -> None:
        found = [one for each in work if (one := each if isinstance(each, Found) else each.make()) is not None]
        made = record(self.engine, self.project.path, self.source_id, found, now=self.clock())
        self.report.found += len(made)
        self.report.skipped += sum(item.skip_reason is not None for item in made)
