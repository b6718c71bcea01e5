"""`twitter-pipeline tasks resolve ID`: what is known of an unconfirmed item, and what a person says of it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import typer

from twitter_pipeline.cli import output
from twitter_pipeline.cli.actor import actor
from twitter_pipeline.cli.database import database_errors, prepared
from twitter_pipeline.cli.errors import NEEDS_A_PERSON, OK, WrongCommand
from twitter_pipeline.cli.items import find
from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import Settings
from twitter_pipeline.config.redaction import one_entry

if TYPE_CHECKING:
    import sqlalchemy as sa

    from twitter_pipeline.store.tasks import Task


def resolve(settings: Settings, text: str, *, posted: str | None, not_posted: bool, force: bool) -> int:
    """Do what a person says of an item, or show it."""
    from twitter_pipeline.publishing import resolving
    from twitter_pipeline.store.engine import reading

    if posted is not None and not_posted:
        raise WrongCommand("it is either: --posted URL, or --not-posted")
    engine = prepared(settings)
    now = utc_now()
    with database_errors():
        with reading(engine) as connection:
            task = find(connection, settings, text)
        try:
            if posted is not None:
                said = resolving.posted(engine, settings, task, posted, force=force, now=now, actor=actor())
            elif not_posted:
                said = resolving.not_posted(engine, settings, task, force=force, now=now, actor=actor())
            else:
                return _show(engine, settings, task)
        except resolving.NotBelieved as why:
            typer.echo(one_entry(f"nothing was done: {why}"), err=True)
            return NEEDS_A_PERSON
    output.say(said)
    return OK


def _show(engine: sa.Engine, settings: Settings, task: Task) -> int:
    """What is known, and both choices."""
    from rich.text import Text

    from twitter_pipeline.publishing import adopting, resolving, unconfirmed
    from twitter_pipeline.publishing.connecting import posts_page
    from twitter_pipeline.store.engine import reading

    with reading(engine) as connection:
        known = unconfirmed.of(connection, task)
        if known is None:
            output.say(resolving.what_instead(task))
            return OK
        account = resolving.account_of(connection, task)
        content = resolving.next_of(connection, task)
        shown = resolving.timeline_shows(connection, account, task)
    sent = known.sent
    lines = [("why", known.reason), ("words", sent.text if sent else content.text)]
    if content.parts > 1:
        lines.append(("post", f"{content.part} of {content.parts} of its thread"))
    if content.reply_to is not None:
        lines.append(("replies to", adopting.address(settings, account, content.reply_to)))
    if task.files and content.part == 1:
        lines.append(("media", ", ".join(task.files)))
    lines.append(("account", f"{posts_page(settings, account.x_username).removesuffix('/status')}"))
    if sent is None:
        lines.append(("sent", "not by this pipeline, as far as it knows"))
    else:
        lines.append(("sent", f"{output.when(sent.sent_at)}, attempt {task.attempt}"))
        status = f" (HTTP {sent.http_status})" if sent.http_status else ""
        lines.append(("X said", f"{sent.answer or 'nothing'}{status}"))
        lines.append(("looked", _looked(sent.looks, sent.looked_from)))
    lines += [("seen", f"{adopting.address(settings, account, post.post_id)}") for post in shown]
    lines.append(("next look", output.when(known.next_look) if known.next_look else "none: you decide"))
    on_x, not_there = known.choices
    lines += [("it is on X", on_x), ("it is not", not_there)]
    console = output.console()
    console.print(Text(f"{task.partition_key} may be on X", style="bold"))
    for name, said in lines:
        console.print(Text(f"  {name:<10}  {one_entry(said)}"), soft_wrap=True)
    return NEEDS_A_PERSON


def _looked(in_vain: int, first: datetime | None) -> str:
    parts = [f"{in_vain} {'time' if in_vain == 1 else 'times'} in vain"] if in_vain else []
    if first is not None:
        parts.append(f"not on the timeline since {output.when(first)}")
    return "; ".join(parts) or "not yet"
