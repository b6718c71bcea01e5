"""`twitter-pipeline preview`: what would be posted, when, and what holds it back. Changes nothing, except with --ai."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import typer

from twitter_pipeline.cli import output, preview_rows
from twitter_pipeline.cli.database import database_errors, prepared
from twitter_pipeline.cli.errors import OK, WrongCommand
from twitter_pipeline.cli.files import opened, show_in_browser
from twitter_pipeline.cli.items import find
from twitter_pipeline.cli.preview_totals import Totals
from twitter_pipeline.cli.projects import chosen
from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import Settings
from twitter_pipeline.config.redaction import one_entry

if TYPE_CHECKING:
    import sqlalchemy as sa

    from twitter_pipeline.publishing.preview import Preview
    from twitter_pipeline.store.tasks import Task

Form = Literal["text", "json", "csv", "html"]


def run(
    settings: Settings,
    item: str | None,
    project_id: str | None = None,
    *,
    every: bool = False,
    ask: bool = False,
    form: Form = "text",
    file: Path | None = None,
    show: bool = False,
) -> int:
    """Show one item, the items of a project that are not posted yet, or those of all projects.

    With `ask`, Gemini is asked about the one item where its answer is not stored yet. `file` is where a page or a table
    goes; without it a page goes into the data folder and a table to standard output. `show` opens the page.
    """
    if (item is not None) == (project_id is not None or every):
        is_file = item is not None and form in ("csv", "html")
        where = f"; the file it goes to is --output {item}" if is_file else ""
        raise WrongCommand(f"name either an item, or --project ID or --all{where}")
    if ask and item is None:
        raise WrongCommand("--ai costs money: name one item")
    if file is not None and form not in ("csv", "html"):
        raise WrongCommand("--output belongs to --html or --csv")
    if show and form != "html":
        raise WrongCommand("--open belongs to --html")
    engine = prepared(settings)
    totals = Totals()
    with database_errors():
        tasks = _tasks(engine, settings, item, project_id)
        previews = totals.counted(_previews(engine, settings, tasks, ask=ask))
        if form == "json":
            output.print_json([preview_rows.as_json(one) for one in previews])
        elif form == "csv":
            with opened(file) as table:
                preview_rows.write_csv(previews, table, settings.x.prices)
        elif form == "html":
            _page(settings, previews, totals, file, show=show)
        else:
            _text(previews, ask=ask)
    if totals.items > 1:
        typer.echo(one_entry(str(totals)), err=form in ("json", "csv"))  # which are nothing but their rows
    return OK


def _previews(engine: sa.Engine, settings: Settings, tasks: Iterable[Task], *, ask: bool) -> Iterator[Preview]:
    """Each as it is asked for: a page of many hundreds is written while they are looked at."""
    from twitter_pipeline.publishing.preview import Seen, preview

    now, seen = utc_now(), Seen()
    for task in tasks:
        looked = preview(engine, settings, task, now=now, ask=ask, seen=seen)
        if ask:
            _refuse_without_gemini(looked)
        yield looked


def _text(previews: Iterable[Preview], *, ask: bool) -> None:
    from twitter_pipeline.cli import preview_text

    none = True
    for one in previews:
        none = False
        if ask:
            preview_text.side_by_side(one)
        preview_text.tell(one)
    if none:
        output.console().print("nothing waits to be posted; twitter-pipeline scan --wait looks for new media")


def _page(settings: Settings, previews: Iterable[Preview], totals: Totals, file: Path | None, *, show: bool) -> None:
    from twitter_pipeline.cli import preview_page

    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = file or settings.home / "preview.html"
    with opened(file) as page:
        preview_page.write(previews, page, settings, totals)
    output.say(f"{file}: {totals.items:,} item{'' if totals.items == 1 else 's'}")
    if show:
        show_in_browser(file)


def _tasks(engine: sa.Engine, settings: Settings, item: str | None, project_id: str | None) -> list[Task]:
    from twitter_pipeline.store import tasks
    from twitter_pipeline.store.engine import reading
    from twitter_pipeline.store.status import Status
    from twitter_pipeline.store.tables import publishing_tasks

    columns = publishing_tasks.c
    with reading(engine) as connection:
        if item is not None:
            return [find(connection, settings, item)]
        ids = [project.id for project in chosen(settings, project_id)]
        query = tasks.select(columns.project_id.in_(ids), columns.status != Status.COMPLETED.value)
        return tasks.read(connection, query.order_by(None).order_by(columns.scheduled_time, columns.id))


def _refuse_without_gemini(preview: Preview) -> None:
    if preview.draft is None or preview.draft.enhanced is not None:
        return
    if preview.task.tweet_id is not None:
        raise WrongCommand("it is posted already, with its original words; Gemini is not asked")
    raise WrongCommand("its source does not say gemini: yes in config.yaml; Gemini is not asked")
