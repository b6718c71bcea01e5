"""Scans that were asked for: in threads of their own, so that who asked may stop waiting."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import Project
from twitter_pipeline.scanning.report import ScanReport
from twitter_pipeline.scanning.turns import scan_in_turn

#: Scans that are remembered.
REMEMBERED = 100
#: One piece of a scan; between two the sensor has its turn.
_PIECE = timedelta(seconds=1)
#: A scan gives up after so many seconds: a folder this slow goes on in the sensor's ticks.
_LONGEST = 600.0


@dataclass
class Scan:
    """A scan under way, or over."""

    id: str
    began_at: datetime
    #: By project, as far as it got.
    reports: dict[str, ScanReport] = field(default_factory=dict)
    work: Future[None] | None = None


class Scans:
    """The scans of one process."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="scan")
        self._scans: dict[str, Scan] = {}

    def start(self, engine: sa.Engine, projects: Sequence[Project]) -> Scan:
        """Begin a scan of these projects, one after the other."""
        scan = Scan(uuid.uuid4().hex, utc_now())
        for old in list(itertools.islice(self._scans, max(0, len(self._scans) - REMEMBERED + 1))):
            self._scans.pop(old, None)
        self._scans[scan.id] = scan
        scan.work = self._threads.submit(_work, engine, projects, scan)
        return scan

    def get(self, id: str) -> Scan | None:
        """One that is remembered."""
        return self._scans.get(id)


def _work(engine: sa.Engine, projects: Sequence[Project], scan: Scan) -> None:
    for project in projects:
        report = ScanReport()
        scan.reports[project.id] = report
        while not report.whole and not report.unreachable and report.seconds < _LONGEST:
            _add(report, scan_in_turn(engine, project, time_box=_PIECE))


def _add(report: ScanReport, piece: ScanReport) -> None:
    report.found += piece.found
    report.skipped += piece.skipped
    report.arriving += piece.arriving
    report.problems = list(dict.fromkeys([*report.problems, *piece.problems]))
    report.unreachable = piece.unreachable
    report.busy = piece.busy
    report.seconds += piece.seconds
    report.whole = piece.whole
