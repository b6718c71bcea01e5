"""`twitter-pipeline status`: how everything stands, on one page."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import typer

from twitter_pipeline.cli import output
from twitter_pipeline.cli.database import database_errors, missing_keys, prepared
from twitter_pipeline.cli.errors import NEEDS_A_PERSON, OK
from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import Project, Settings

if TYPE_CHECKING:
    import sqlalchemy as sa
    from rich.console import Console

    from twitter_pipeline.publishing.unconfirmed import Unconfirmed
    from twitter_pipeline.store.status import Status

#: Seconds between two looks of `--watch`.
EVERY = 2.0

#: Reasons for which items are skipped, shown of a project.
_MOST_REASONS = 5
#: Unconfirmed items that are shown; --json has all of them.
_MOST_UNCONFIRMED = 10


def watch(settings: Settings) -> int:
    """Show it anew every two seconds, until Ctrl-C; in a file or a pipe, whenever something else is to be said."""
    from rich.live import Live
    from rich.text import Text

    pages, console = _pages(prepared(settings), settings), output.console()
    try:
        if not console.is_terminal:
            last = ""
            for page in pages:
                if page != last:
                    typer.echo(page)
                last = page
        with Live(console=console, auto_refresh=False) as live:
            for page in pages:
                live.update(Text.from_ansi(page), refresh=True)
    except KeyboardInterrupt:
        pass
    return OK


def _pages(engine: sa.Engine, settings: Settings) -> Iterator[str]:
    while True:
        console = output.console()
        with console.capture() as shown, database_errors():
            _tell(read(engine, settings, utc_now()), console)
        yield shown.get()
        time.sleep(EVERY)


def run(settings: Settings, *, as_json: bool) -> int:
    """Show counts, what is next, and what needs a person; that decides the exit code."""
    engine = prepared(settings)
    now = utc_now()
    with database_errors():
        state = read(engine, settings, now)
    if as_json:
        output.print_json(state)
    else:
        _tell(state, output.console())
    return NEEDS_A_PERSON if state["needs_a_person"] or state["unconfirmed"] else OK


def read(engine: sa.Engine, settings: Settings, now: datetime) -> dict[str, Any]:
    """How everything stands. Times are aware UTC; `needs_a_person` holds each reason in words."""
    from twitter_pipeline.monitoring import alarms
    from twitter_pipeline.publishing import unconfirmed
    from twitter_pipeline.store import easings, pauses, tasks
    from twitter_pipeline.store.engine import reading

    needs = missing_keys(engine, settings)
    with reading(engine) as connection:
        counts = tasks.counts(connection)
        projects = [_project(connection, settings, one, counts.get(one.id, {}), now) for one in settings.projects]
        for project in projects:
            needs += _needs_of(connection, project)
        may_be_out = unconfirmed.of_projects(connection, [project.id for project in settings.projects])
        needs += _only_a_person_settles(may_be_out)
        needs += _stopped_accounts(connection, settings, now)
        return {
            "mode": settings.mode,
            "projects": projects,
            "unconfirmed": [
                {
                    "item": one.task.partition_key,
                    "task": one.task.id,
                    "project": one.task.project_id,
                    "reason": one.reason,
                    "next_look": one.next_look,
                    "next_step": one.next_step,
                }
                for one in may_be_out
            ],
            "pauses": [
                {"scope": scope, "name": name, "reason": reason, "since": since, "actor": by}
                for scope, name, reason, since, by in pauses.listing(connection)
                if reason != pauses.STOPPING
            ],
            "alarms": [vars(alarm) for alarm in alarms.open_now(connection)],
            "easings": [
                {
                    "action": one.action,
                    "scope": one.scope,
                    "level": one.level,
                    "reason": one.reason,
                    "since": one.began_at,
                }
                for one in easings.listing(connection, now=now)
            ],
            "needs_a_person": needs,
        }


def _project(
    connection: sa.Connection, settings: Settings, project: Project, counts: dict[Status, int], now: datetime
) -> dict[str, Any]:
    from twitter_pipeline.publishing import due, holding
    from twitter_pipeline.store.status import Status

    holds = holding.look(connection, settings, project, now)
    slots = [
        slot
        for task, slot in due.slots(connection, settings, project, now)
        if holds.only is None or task.id == holds.only
    ]
    return {
        "id": project.id,
        "counts": {status.value: number for status, number in counts.items()},
        "skipped_for": _skipped_for(connection, project.id) if counts.get(Status.SKIPPED) else {},
        "next_post": min(slots, default=None),
        "why_not": holds.everything,
        "held": [] if holds.everything else [*holds.reasons],
        "first_post_alone": holds.one_only,
        **_scan_state(connection, project.id),
    }


def _needs_of(connection: sa.Connection, project: dict[str, Any]) -> list[str]:
    """What a person is to do about a project, as `_project` shows it."""
    from twitter_pipeline.store.status import Status

    id, counts, needs = project["id"], project["counts"], []
    if failed := counts.get(Status.FAILED.value):
        needs.append(f"{id}: {failed} failed; see: twitter-pipeline preview --project {id}")
    if counts.get(Status.SKIPPED.value):
        needs += _threads_skipped(connection, id)
    if project["scan_problem"]:
        needs.append(f"{id}: {project['scan_problem']}")
    return needs


def _only_a_person_settles(may_be_out: list[Unconfirmed]) -> list[str]:
    """By project, the unconfirmed items that no reading of the timeline will settle."""
    numbers = Counter(one.task.project_id for one in may_be_out if one.next_look is None)
    return [
        f"{id}: {number} unconfirmed, which only you can settle; each: twitter-pipeline tasks resolve ID"
        for id, number in numbers.items()
    ]


def _stopped_accounts(connection: sa.Connection, settings: Settings, now: datetime) -> list[str]:
    from twitter_pipeline.store import accounts

    found = accounts.of_settings(connection, settings)
    return [str(account.why_not(now)) for account in found if account.stopped_reason is not None]


def _threads_skipped(connection: sa.Connection, project_id: str) -> list[str]:
    """Half threads that nothing but a person goes on with."""
    from twitter_pipeline.store import attempts, tasks
    from twitter_pipeline.store.status import Status

    found = [tasks.get(connection, id) for id in sorted(attempts.begun(connection, project_id, [Status.SKIPPED]))]
    return [
        f"{project_id}: a part of the thread {task.partition_key} is on X, and the rest is skipped; it goes on with:"
        f" twitter-pipeline retry {task.id}"
        for task in found
    ]


def _skipped_for(connection: sa.Connection, project_id: str) -> dict[str, int]:
    """How many items are skipped for what, the most frequent first; what differs from file to file is left out."""
    import sqlalchemy as sa

    from twitter_pipeline.scanning.reasons import SAME_FILE
    from twitter_pipeline.store.status import Status
    from twitter_pipeline.store.tables import publishing_tasks

    tasks = publishing_tasks.c
    query = sa.select(tasks.error_message).where(
        tasks.project_id == project_id, tasks.status == Status.SKIPPED.value, tasks.error_message.is_not(None)
    )
    found: Counter[str] = Counter()
    for reason in connection.scalars(query):
        alike = f"{SAME_FILE} another" if reason.startswith(SAME_FILE) else re.split(r" \(|: |; |\. ", reason)[0]
        found[alike.rstrip(".")] += 1
    return dict(found.most_common(_MOST_REASONS))


def _scan_state(connection: sa.Connection, project_id: str) -> dict[str, Any]:
    import sqlalchemy as sa

    from twitter_pipeline.store.tables import projects

    row = connection.execute(
        sa.select(projects.c.last_scan_time, projects.c.scan_problem).where(projects.c.id == project_id)
    ).one()
    return {"last_scan": row.last_scan_time, "scan_problem": row.scan_problem}


def _tell(state: dict[str, Any], console: Console) -> None:
    from rich.text import Text

    from twitter_pipeline.store.status import Status

    console.print(f"mode: {state['mode']}")
    used = [status for status in Status if any(project["counts"].get(status.value) for project in state["projects"])]
    table = output.table("project", *(status.value for status in used), "next post", "last scan")
    for project in state["projects"]:
        numbers = [str(project["counts"].get(status.value, 0)) for status in used]
        table.add_row(project["id"], *numbers, output.when(project["next_post"]), output.when(project["last_scan"]))
    console.print(table)
    for project in state["projects"]:
        _tell_project(project, console)
    for one in state["unconfirmed"][:_MOST_UNCONFIRMED]:
        console.print(Text(f"unconfirmed: {one['item']}: {one['reason']}", style="yellow"), soft_wrap=True)
        console.print(Text(f"  {one['next_step']}"), soft_wrap=True)
    if (more := len(state["unconfirmed"]) - _MOST_UNCONFIRMED) > 0:
        console.print(f"… and {more:,} more unconfirmed; --json has them all", markup=False)
    for pause in state["pauses"]:
        what = " ".join(part for part in (pause["scope"], pause["name"]) if part)
        reason = f": {pause['reason']}" if pause["reason"] else ""
        since = f"since {output.when(pause['since'])}" + (f" by {pause['actor']}" if pause["actor"] else "")
        console.print(Text(f"paused {since}: {what}{reason}", style="yellow"))
    for alarm in state["alarms"]:
        console.print(Text(f"alarm since {output.when(alarm['raised_at'])}: {_in_words(alarm)}", style="yellow"))
    for one in state["easings"]:
        what = f"{one['action']} {one['scope']}".rstrip().replace("_", " ")
        console.print(Text(f"eased since {output.when(one['since'])}: {what}: {one['reason']}"), soft_wrap=True)
    for reason in state["needs_a_person"]:
        console.print(Text(f"needs you: {reason}", style="bold red"), soft_wrap=True)


def _tell_project(project: dict[str, Any], console: Console) -> None:
    from rich.text import Text

    if project["why_not"]:
        console.print(Text(f"{project['id']} posts nothing: {project['why_not']}", style="yellow"), soft_wrap=True)
    for reason in project["held"]:
        console.print(Text(f"{project['id']} posts only in part: {reason}", style="yellow"), soft_wrap=True)
    if project["skipped_for"]:
        why = "; ".join(f"{reason} ({count:,})" for reason, count in project["skipped_for"].items())
        console.print(Text(f"{project['id']} skipped: {why}", style="yellow"), soft_wrap=True)
    if project["first_post_alone"]:
        console.print(f"{project['id']}: the first post goes out alone (canary)", markup=False)


def _in_words(alarm: dict[str, Any]) -> str:
    from twitter_pipeline.monitoring.rules import WORDS

    of = f" ({alarm['scope']})" if alarm["scope"] else ""
    return f"{WORDS[alarm['name']][0]}{of}: {alarm['value']:,.4g}, threshold {alarm['threshold']:,.4g}"
