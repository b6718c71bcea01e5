"""`account list` and `account verify`: how accounts stand, as the database knows it and as X says it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from twitter_pipeline.cli import output
from twitter_pipeline.cli.database import database_errors, prepared
from twitter_pipeline.cli.errors import NEEDS_A_PERSON, OK, WrongCommand
from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import ConfigError, Settings

if TYPE_CHECKING:
    from rich.console import Console

    from twitter_pipeline.publishing.verifying import Findings
    from twitter_pipeline.store.accounts import AccountRow

_WINDOWS = {"15min": "15 minutes", "app-24h": "24 hours, all users of the app", "user-24h": "24 hours"}


def show(settings: Settings, *, as_json: bool) -> int:
    """List the accounts of the configuration."""
    from twitter_pipeline.store import accounts, looks, pauses
    from twitter_pipeline.store.engine import reading

    engine = prepared(settings)
    today = utc_now().date()
    with database_errors(), reading(engine) as connection:
        rows = accounts.of_settings(connection, settings)
        read = {row.id: looks.cost(connection, row.id, today) for row in rows}
        paused = {name for scope, name, *_ in pauses.listing(connection) if scope == "account"}
    shown = [{**_plain(settings, row, row.name in paused), **_of_readings(settings, *read[row.id])} for row in rows]
    if as_json:
        output.print_json(shown)
        return OK
    from rich.text import Text

    table = output.table("account", "posts as", "verified", "keys", "projects", "read today", last="held back")
    for one in shown:
        username = f"@{one['username']}" if one["username"] else "–"
        listed = f"{one['posts_read_today']:,} posts ({one['read_today_costs']})"
        projects = ", ".join(one["projects"])
        cells = (one["name"], username, output.when(one["verified_at"]), one["keys"], projects, listed)
        table.add_row(*map(Text, cells), Text(one["why_not"] or ""))
    output.console().print(table)
    return OK


def _of_readings(settings: Settings, readings: int, posts: int) -> dict[str, Any]:
    """What reading its timeline has cost since midnight UTC."""
    from twitter_pipeline.publishing.prices import of_reading

    cost = of_reading(posts, settings.x.prices)
    return {"readings_today": readings, "posts_read_today": posts, "read_today_costs": cost}


def verify(settings: Settings, name: str | None, *, as_json: bool) -> int:
    """Ask X about one account, or all of the configuration."""
    from twitter_pipeline.publishing.verifying import examine
    from twitter_pipeline.store import accounts
    from twitter_pipeline.store.engine import reading

    if name is not None:
        try:
            settings.account(name)
        except ConfigError as error:
            raise WrongCommand(error.problems[0].message) from None
    engine = prepared(settings)
    with database_errors():
        with reading(engine) as connection:
            rows = [row for row in accounts.of_settings(connection, settings) if name in (None, row.name)]
        found = [examine(engine, settings, row.id) for row in rows]
    if as_json:
        output.print_json([_findings(one) for one in found])
    else:
        for one in found:
            _tell(output.console(), one)
    return NEEDS_A_PERSON if any(one.problems for one in found) else OK


def _plain(settings: Settings, row: AccountRow, paused: bool) -> dict[str, Any]:
    if settings.mode == "sandbox":
        keys = "of the sandbox"
    elif settings.credentials(settings.account(row.name)) is not None:
        keys = "in config.yaml"
    else:
        keys = "stored" if row.has_keys else "none"
    posting = [
        project.id
        for project in settings.projects
        if row.name in {settings.account_of(project, source) for source in project.sources}
    ]
    pause = f"paused; go on with: twitter-pipeline resume --account {row.name}" if paused else None
    return {
        "name": row.name,
        "username": row.x_username,
        "user_id": row.x_user_id,
        "verified_at": row.verified_at,
        "keys": keys,
        "projects": posting,
        "paused": paused,
        "wait_until": row.wait_until,
        "stopped": row.stopped_reason,
        "why_not": row.why_not(utc_now()) or pause,
    }


def _findings(found: Findings) -> dict[str, Any]:
    return {
        "name": found.account.name,
        "username": found.username,
        "user_id": found.user_id,
        "may_write": found.may_write,
        "may_read_timeline": found.may_read_timeline,
        "limits": {
            call: {"limit": limit.limit, "remaining": limit.remaining, "reset": limit.reset}
            for call, limit in found.limits.items()
        },
        "problems": found.problems,
        "notes": found.notes,
    }


def _tell(console: Console, found: Findings) -> None:
    from rich.text import Text

    words = {True: "yes", False: "no", None: "not known"}
    console.print(Text(found.account.name, style="bold"))
    lines = []
    if found.username is not None:
        lines += [
            f"posts as        @{found.username} (id {found.user_id})",
            f"may post        {words[found.may_write]}",
            f"reads timeline  {words[found.may_read_timeline]}",
        ]
        lines += [_limit(call, limit.remaining, limit.limit, limit.reset) for call, limit in found.limits.items()]
        lines.append("limit           of posting: X states it with the first post; it is then kept to by itself")
    for line in lines:
        console.print(Text(f"  {line}"), soft_wrap=True)
    for note in found.notes:
        console.print(Text(f"  note: {note}", style="yellow"), soft_wrap=True)
    for problem in found.problems:
        console.print(Text(f"  to mend: {problem}", style="bold red"), soft_wrap=True)


def _limit(call: str, remaining: int | None, limit: int | None, reset: datetime) -> str:
    route, _, window = call.rpartition(" ")
    left = "?" if remaining is None else f"{remaining:,}"
    of = "?" if limit is None else f"{limit:,}"
    return f"limit           {route}: {left} of {of} left in {_WINDOWS[window]}, anew at {output.when(reset)}"
