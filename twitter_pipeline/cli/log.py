"""`twitter-pipeline log ITEM`: everything that happened to an item."""

from __future__ import annotations

from dataclasses import asdict

from twitter_pipeline.cli import output
from twitter_pipeline.cli.database import database_errors, prepared
from twitter_pipeline.cli.errors import OK
from twitter_pipeline.cli.items import find
from twitter_pipeline.config import Settings

#: Decisions shown.
MOST = 200


def decisions(settings: Settings, *, as_json: bool) -> int:
    """Show what people did that is of no one item, oldest first; the last `MOST`."""
    from rich.text import Text

    from twitter_pipeline.store import decisions as store
    from twitter_pipeline.store.engine import reading

    engine = prepared(settings)
    with database_errors(), reading(engine) as connection:
        found = store.listing(connection, limit=MOST)[::-1]
    if as_json:
        output.print_json([asdict(one) for one in found])
        return OK
    table = output.table("time", "who", "did", "with", last="message")
    for one in found:
        row = (output.when(one.created_at), one.actor, one.action, one.about, one.message)
        table.add_row(*map(Text, row))
    output.console().print(table)
    return OK


def run(settings: Settings, item: str, *, as_json: bool) -> int:
    """Show the lines of the item's publishing log, oldest first."""
    from twitter_pipeline.publishing import unconfirmed
    from twitter_pipeline.store import log
    from twitter_pipeline.store.engine import reading

    engine = prepared(settings)
    with database_errors(), reading(engine) as connection:
        task = find(connection, settings, item)
        lines = log.of_task(connection, task.id)
        known = unconfirmed.of(connection, task)
    if as_json:
        output.print_json([asdict(line) for line in lines])
        return OK
    from rich.text import Text

    table = output.table("time", "who", "action", "status", last="message")
    for line in lines:
        table.add_row(
            output.when(line.created_at), Text(line.actor or ""), line.action, line.status, Text(line.message)
        )
    console = output.console()
    console.print(Text(task.partition_key, style="bold"))
    console.print(table)
    if known is not None:
        console.print(Text(f"unconfirmed: {known.next_step}", style="yellow"), soft_wrap=True)
    return OK
