"""`twitter-pipeline preview`: what would be posted, when, and what holds it back. Changes nothing, except with --ai."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from twitter_pipeline.cli import output
from twitter_pipeline.cli.database import database_errors, prepared
from twitter_pipeline.cli.errors import OK, WrongCommand
from twitter_pipeline.cli.items import find
from twitter_pipeline.cli.projects import chosen
from twitter_pipeline.config import Settings

if TYPE_CHECKING:
    import sqlalchemy as sa

    from twitter_pipeline.publishing.preview import Preview
    from twitter_pipeline.store.tasks import Task


def run(settings: Settings, item: str | None, project_id: str | None, *, every: bool, ask: bool, as_json: bool) -> int:
    """Show one item, the items of a project that are not posted yet, or those of all projects.

    With `ask`, Gemini is asked about the one item where its answer is not stored yet.
    """
    from twitter_pipeline.publishing.preview import Plans, preview

    if sum([item is not None, project_id is not None, every]) != 1:
        raise WrongCommand("name an item, or --project ID, or --all")
    if ask and item is None:
        raise WrongCommand("--ai costs money: name one item")
    engine = prepared(settings)
    now = datetime.now(timezone.utc)
    with database_errors():
        tasks = _tasks(engine, settings, item, project_id)
        plans: Plans = {}
        previews = [preview(engine, settings, task, now=now, ask=ask, plans=plans) for task in tasks]
    if ask:
        _refuse_without_gemini(previews[0])
    if as_json:
        output.print_json([_plain(one, settings) for one in previews])
        return OK
    for one in previews:
        if ask:
            _side_by_side(one, settings)
        _tell(one, settings)
    if not previews:
        output.console().print("nothing waits to be posted; twitter-pipeline scan --wait looks for new media")
    return OK


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


def _plain(preview: Preview, settings: Settings) -> dict[str, Any]:
    task = preview.task
    return {
        "item": task.partition_key,
        "task": task.id,
        "project": task.project_id,
        "account": preview.account,
        "media": task.media_path,
        "files": list(task.files),
        "status": task.status.value,
        "slot": preview.slot,
        "why_not": list(preview.why_not),
        "limit": settings.x.text_limit,
        "post": task.tweet_url,
        "draft": None if preview.draft is None else preview.draft.model_dump(mode="json"),
        "gemini": _about_gemini(preview),
    }


def _about_gemini(preview: Preview) -> str | None:
    """What Gemini has to do with the words that go out; None for nothing."""
    draft = preview.draft
    if draft is None or (draft.words is None and draft.enhanced is None):
        return None
    if draft.enhanced is not None:
        return draft.enhanced.said
    return "Gemini will be asked for better words before it goes out (preview --ai asks now)"


def _side_by_side(preview: Preview, settings: Settings) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    draft = preview.draft
    if draft is None or draft.enhanced is None:
        return
    before, limit = draft.enhanced, settings.x.text_limit
    table = Table("", "original", before.model, box=box.ROUNDED, show_lines=True)
    rows = [
        ("text", before.original_text, draft.text),
        ("characters", f"{before.original_weight} of {limit}", f"{draft.weight} of {limit}"),
        ("alt text", before.original_alt_text, draft.media[0].alt_text if len(draft.media) == 1 else ""),
    ]
    for name, original, improved in rows:
        if original or improved:
            table.add_row(name, Text(original), Text(improved if before.changed else "–"))
    output.console().print(table)


def _tell(preview: Preview, settings: Settings) -> None:
    from rich.panel import Panel
    from rich.text import Text

    task, draft = preview.task, preview.draft
    said = Text()
    if draft is not None:
        said.append(f"{draft.text}\n\n")
        cut = f", without {', '.join(draft.gave_way) or 'some of the words'}" if draft.was_cut else ""
        said.append(f"{draft.weight} of {settings.x.text_limit} characters{cut}\n", style="dim")
        if draft.varied is not None:
            said.append(f"varied: {draft.varied}, since the account has posted its words\n", style="cyan")
        for medium in draft.media:
            length = f", {medium.seconds:.1f} s" if medium.seconds is not None else ""
            said.append(
                f"{medium.path}: {medium.media_type}, {medium.width} × {medium.height}{length},"
                f" {medium.bytes:,} bytes\n",
                style="dim",
            )
            if medium.alt_text:
                said.append(f"  it shows: {medium.alt_text}\n", style="dim")
        if draft.edited is not None:
            words = [
                name for name, is_it in (("text", draft.edited.text), ("alt text", draft.edited.alt_text)) if is_it
            ]
            said.append(
                f"{' and '.join(words)} by {draft.edited.actor}, {output.when(draft.edited.at)}\n", style="cyan"
            )
        said.append(f"metadata: {draft.sidecar or 'none: the words of the file name'}\n", style="dim")
    if (about := _about_gemini(preview)) is not None:
        said.append(f"{about}\n", style="cyan")
    said.append(f"{task.status}, as {preview.account}", style="dim")
    if preview.slot is not None:
        said.append(f", at {output.when(preview.slot)}", style="dim")
    if task.wanted_time is not None and task.tweet_url is None:
        said.append(f" (wanted at {output.when(task.wanted_time)})", style="dim")
    if task.tweet_url:
        said.append(f"\n{task.tweet_url}", style="green")
    for reason in preview.why_not:
        said.append(f"\nnot posted: {reason}", style="yellow")
    output.console().print(Panel(said, title=Text(task.partition_key), title_align="left"))
