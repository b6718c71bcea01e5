"""`twitter-pipeline scan`: look through the folders now."""

from __future__ import annotations

import time
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING

from twitter_pipeline.cli import output
from twitter_pipeline.cli.database import database_errors, prepared, require_keys
from twitter_pipeline.cli.errors import NEEDS_A_PERSON, OK
from twitter_pipeline.cli.projects import chosen
from twitter_pipeline.config import Project, Settings

if TYPE_CHECKING:
    import sqlalchemy as sa

    from twitter_pipeline.scanning.report import ScanReport

#: One piece of a scan; after each the progress is shown.
_PIECE = timedelta(seconds=1)
#: Problems of one project shown to people.
MOST_PROBLEMS = 20


def run(settings: Settings, project_id: str | None, *, wait: bool, as_json: bool) -> int:
    """Scan each project whole, once; with `wait` again when what had just arrived has had time to stay unchanged."""
    projects = chosen(settings, project_id)
    engine = prepared(settings)
    require_keys(engine, settings)
    reports = {}
    for project in projects:
        with database_errors():
            reports[project.id] = _scan(engine, project, wait=wait, quiet=as_json)
    if as_json:
        output.print_json({id: asdict(report) for id, report in reports.items()})
    else:
        for id, report in reports.items():
            _tell(id, report)
    return NEEDS_A_PERSON if any(report.problems for report in reports.values()) else OK


def _scan(engine: sa.Engine, project: Project, *, wait: bool, quiet: bool) -> ScanReport:
    with output.console().status("") as status:
        if quiet:
            status.stop()

        def look() -> ScanReport:
            total = None
            while total is None or (not total.whole and project.path.is_dir()):
                total = _add(total, _scan_piece(engine, project))
                status.update(f"{project.id}: {total.found} new, {total.arriving} still arriving")
            return total

        report = look()
        if wait and report.arriving:
            status.update(f"{project.id}: {report.arriving} arriving; looking again after {project.stable_for}")
            time.sleep(project.stable_for.total_seconds())
            again = look()
            report = _add(report, again)
            report.arriving = again.arriving
        return report


def _scan_piece(engine: sa.Engine, project: Project) -> ScanReport:
    from twitter_pipeline.scanning.turns import scan_in_turn

    return scan_in_turn(engine, project, time_box=_PIECE)


def _add(before: ScanReport | None, piece: ScanReport) -> ScanReport:
    if before is None:
        return piece
    return type(piece)(
        found=before.found + piece.found,
        skipped=before.skipped + piece.skipped,
        arriving=before.arriving + piece.arriving,
        problems=list(dict.fromkeys([*before.problems, *piece.problems])),
        whole=piece.whole,
        busy=piece.busy,
        seconds=before.seconds + piece.seconds,
    )


def _tell(id: str, report: ScanReport) -> None:
    console = output.console()
    arriving = f", {report.arriving} still arriving" if report.arriving else ""
    console.print(f"{id}: {report.found} new{arriving} ({report.seconds:.1f} s)", markup=False)
    if report.skipped:
        told = f"  skipped of them: {report.skipped}; twitter-pipeline status says why"
        console.print(told, style="yellow", markup=False, soft_wrap=True)
    output.warn_of_some(console, report.problems, MOST_PROBLEMS)
