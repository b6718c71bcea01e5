"""`twitter-pipeline config check`, `sandbox`, `db upgrade` and `rebuild`."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from pathlib import Path

import typer

from twitter_pipeline.cli import output
from twitter_pipeline.cli.database import database_errors, prepared
from twitter_pipeline.cli.errors import CANNOT_START, OK, WrongCommand
from twitter_pipeline.cli.settings import load_settings
from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import ConfigError, Settings


def check_config(path: Path | None, *, as_json: bool) -> int:
    """Say every problem of the configuration, or that it is good."""
    try:
        settings = load_settings(path)
    except ConfigError as error:
        if not as_json:
            raise
        output.print_json({"good": False, "problems": [asdict(problem) for problem in error.problems]})
        return CANNOT_START
    if as_json:
        output.print_json({"good": True, "problems": []})
    else:
        projects = ", ".join(project.id for project in settings.projects) or "none"
        typer.echo(f"{settings.path} is good: {settings.mode} mode, projects: {projects}")
    return OK


def sandbox(settings: Settings) -> int:
    """Become the sandbox of this configuration, in the foreground, with the posts `up` shows."""
    from twitter_pipeline.cli.up import home, ports, services

    if not services.needs_sandbox(settings):
        raise WrongCommand("this configuration posts elsewhere (mode, x.base_url): it has no sandbox")
    ports.check([ports.of_sandbox(settings)])
    home.make(settings.home)
    typer.echo(f"timeline {settings.sandbox.url}; Ctrl-C stops it", err=True)
    os.execv(sys.executable, [sys.executable, "-m", *services.sandbox_command(settings)])  # noqa: S606


def upgrade_database(settings: Settings) -> int:
    """Bring the database's schema up to this program's."""
    from twitter_pipeline.store import schema
    from twitter_pipeline.store.opening import engine_of

    with database_errors():
        engine = engine_of(settings)
        before = schema.version(engine)
        schema.upgrade(engine)
    was = "" if before == schema.HEAD else f" (was {before or 'empty'})"
    typer.echo(f"the database is at version {schema.HEAD}{was}")
    return OK


def rebuild(settings: Settings) -> int:
    """Put into Dagster's storage what it lacks of the task table: partitions, and materializations of posts."""
    from twitter_pipeline.cli.up import home, instance

    home.make(settings.home)
    engine = prepared(settings)
    with database_errors():
        instance.make_storage_schema(settings, engine)
    instance.write_dagster_yaml(settings)
    os.environ.update(instance.environment(settings))

    import dagster as dg

    from twitter_pipeline.defs.register import register

    with dg.DagsterInstance.get() as storage, database_errors():
        for project in settings.projects:
            now = utc_now()
            total = 0
            while done := register(storage, engine, project.id, now=now):
                total += done
            typer.echo(f"{project.id}: {total} items put into Dagster's storage")
    return OK
