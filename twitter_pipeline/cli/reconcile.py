"""`twitter-pipeline reconcile`: looks on X for items that may be there."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING

import typer

from twitter_pipeline.cli import output
from twitter_pipeline.cli.actor import actor
from twitter_pipeline.cli.database import database_errors, prepared
from twitter_pipeline.cli.errors import NEEDS_A_PERSON, OK
from twitter_pipeline.cli.projects import chosen
from twitter_pipeline.cli.publish import require_sandbox
from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import Project, Settings

if TYPE_CHECKING:
    import sqlalchemy as sa

    from twitter_pipeline.publishing.adopting import Found
    from twitter_pipeline.publishing.unconfirmed import Unconfirmed

#: Items of a kind that are named.
_NAMED = 20
_LONGEST_QUOTE = 60


def run(settings: Settings, project_id: str | None, *, dry_run: bool, yes: bool, whole: bool) -> int:
    """Look for unconfirmed items, then match what is not known on the timelines with what is not posted."""
    from twitter_pipeline.store import accounts
    from twitter_pipeline.store.engine import reading

    projects = chosen(settings, project_id)
    engine = prepared(settings)
    if not settings.x.read_timeline:
        typer.echo("nothing is read: x.read_timeline is no in config.yaml", err=True)
        return NEEDS_A_PERSON
    require_sandbox(settings)
    now = utc_now()
    with database_errors():
        with reading(engine) as connection:
            account_ids = [row.id for row in accounts.of_projects(connection, [project.id for project in projects])]
        before = _listed(engine, account_ids, now)
        if not dry_run:
            _look(engine, settings, projects, now)
        found, unread = _match(engine, settings, projects, account_ids, whole=whole)
        _tell_cost(settings, _listed(engine, account_ids, now) - before)
        left = _propose(engine, settings, found, dry_run=dry_run, yes=yes, now=now)
        _tell_others(settings, found)
        open_still = _tell_unconfirmed(engine, projects)
    return NEEDS_A_PERSON if unread or left or open_still or any(one.unclear for one in found) else OK


def _listed(engine: sa.Engine, account_ids: list[int], now: datetime) -> int:
    """How many posts X has listed today for these accounts."""
    from twitter_pipeline.store import looks
    from twitter_pipeline.store.engine import reading

    with reading(engine) as connection:
        return sum(looks.cost(connection, account_id, now.date())[1] for account_id in account_ids)


def _look(engine: sa.Engine, settings: Settings, projects: list[Project], now: datetime) -> None:
    """Read the timelines at once for what was sent and not answered."""
    from twitter_pipeline.publishing import reconciling, unconfirmed
    from twitter_pipeline.store import looks
    from twitter_pipeline.store.engine import reading, writing

    with reading(engine) as connection:
        waiting = unconfirmed.of_projects(connection, [project.id for project in projects])
        sent = looks.open_of(connection, [one.task.id for one in waiting])
    with writing(engine) as connection:
        looks.look_now(connection, list(sent), now)
    for account_id in sorted({one.account_id for one in sent.values() if one.account_id is not None}):
        for line in reconciling.look(engine, settings, account_id, now=now):
            output.say(line)


def _match(
    engine: sa.Engine, settings: Settings, projects: list[Project], account_ids: list[int], *, whole: bool
) -> tuple[list[Found], bool]:
    """What the accounts' timelines show that is not known here, and whether some could not be read."""
    from twitter_pipeline.publishing import adopting, foreign
    from twitter_pipeline.store import accounts
    from twitter_pipeline.store.engine import reading
    from twitter_pipeline.store.secrets import KeyLost
    from twitter_pipeline.x.errors import XError

    found, unread = [], False
    for account_id in account_ids:
        with reading(engine) as connection:
            account = accounts.by_id(connection, account_id)
        try:
            foreign.read(engine, settings, account_id, whole=whole)
        except (XError, KeyLost, foreign.HasGaps) as error:
            unread = True
            output.say(f"account {account.name}: its timeline could not be read: {error}")
        with reading(engine) as connection:
            account = accounts.by_id(connection, account_id)
        matched = adopting.match(engine, settings, account)
        ids = {project.id for project in projects}
        matched.pairs = [pair for pair in matched.pairs if pair.task.project_id in ids]
        matched.unclear = [one for one in matched.unclear if one.task.project_id in ids]
        found.append(matched)
    return found, unread


def _tell_cost(settings: Settings, posts: int) -> None:
    from twitter_pipeline.publishing.prices import of_reading

    cost = of_reading(posts, settings.x.prices)
    here = "" if settings.mode == "live" else " on X; here it is free"
    typer.echo(f"read: {posts:,} {'post' if posts == 1 else 'posts'} listed, {cost}{here}")


def _propose(
    engine: sa.Engine, settings: Settings, found: list[Found], *, dry_run: bool, yes: bool, now: datetime
) -> bool:
    """Take the posts that are surely an item's for it; whether some are left."""
    from twitter_pipeline.publishing import adopting

    pairs = [(one.account, pair) for one in found for pair in one.pairs]
    if not pairs:
        return False
    if dry_run or not yes:
        for account, pair in pairs[:_NAMED]:
            url = adopting.address(settings, account, pair.post.post_id)
            output.say(
                f"{pair.task.partition_key} ({pair.task.status}) is on X: {url}, since"
                f" {output.when(pair.post.posted_at)}: {_quoted(pair.post.text)}"
            )
        _and_more(len(pairs))
    if not yes and not dry_run and sys.stdin.isatty():
        yes = typer.confirm(f"Take {'this post' if len(pairs) == 1 else f'these {len(pairs):,} posts'} for the items?")
    if dry_run or not yes:
        typer.echo("nothing was changed; to take the posts for these items: twitter-pipeline reconcile --yes")
        return True
    left = False
    for account, pair in pairs:
        done, said = adopting.adopt(engine, settings, account, pair.task, pair.post, now=now, actor=actor())
        left = left or not done
        output.say(said)
        for more in adopting.adopt_rest(engine, settings, account, pair.task, now=now, actor=actor()) if done else ():
            output.say(more)
    return left


def _tell_others(settings: Settings, found: list[Found]) -> None:
    """What only a person can tell, and what is nobody's."""
    from twitter_pipeline.publishing import adopting

    for one in found:
        for unclear in one.unclear[:_NAMED]:
            urls = ", ".join(adopting.address(settings, one.account, post.post_id) for post in unclear.posts[:3])
            output.say(
                f"{unclear.task.partition_key} ({unclear.task.status}) may be on X: {urls}: {unclear.why}; is it its"
                f" own: twitter-pipeline tasks resolve {unclear.task.id} --posted URL"
            )
        _and_more(len(one.unclear))
        if one.others:
            are = "post of its timeline is" if one.others == 1 else "posts of its timeline are"
            output.say(f"account {one.account.name}: {one.others:,} {are} no item's here")


def _tell_unconfirmed(engine: sa.Engine, projects: list[Project]) -> list[Unconfirmed]:
    from twitter_pipeline.publishing import unconfirmed
    from twitter_pipeline.store.engine import reading

    with reading(engine) as connection:
        left = unconfirmed.of_projects(connection, [project.id for project in projects])
    for one in left[:_NAMED]:
        output.say(f"{one.task.partition_key} is unconfirmed: {one}")
    _and_more(len(left))
    return left


def _and_more(number: int) -> None:
    if number > _NAMED:
        typer.echo(f"… and {number - _NAMED:,} more")


def _quoted(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_QUOTE else f"{line[:_LONGEST_QUOTE]}…"
