"""`twitter-pipeline backup` and `upgrade`: both databases and the key in one file, also while the pipeline runs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import typer

from twitter_pipeline.cli.database import database_errors
from twitter_pipeline.cli.errors import OK, CannotStart, WrongCommand
from twitter_pipeline.cli.up import home, instance
from twitter_pipeline.cli.up.alone import alone_in_database
from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import Settings
from twitter_pipeline.config.redaction import plain

#: What PostgreSQL's schemas are called in a backup.
OURS, DAGSTERS = "pipeline", "dagster"
#: Our SQLite file, and where Dagster keeps its own below home/dagster.
DATABASE = "pipeline.db"
DAGSTER_FOLDERS = ("history", "schedules")


def run(settings: Settings, path: Path | None) -> int:
    """Write a backup; where it is, and what to know about it."""
    made = make(settings, path)
    typer.echo(f"{plain(str(made))}: {made.stat().st_size / 1e6:,.1f} MB, both databases")
    typer.echo(_about_the_key(settings), err=True)
    return OK


def make(settings: Settings, path: Path | None) -> Path:
    """Write a backup into `path`, or under data_dir/backups; where it is. Raises CannotStart and WrongCommand."""
    from twitter_pipeline.store import archive, copies, schema, secrets
    from twitter_pipeline.store.opening import engine_of

    now = utc_now()
    folder = settings.data_dir / "backups"
    path = path or folder / f"{settings.mode}-{now:%Y%m%d-%H%M%S}.tar.gz"
    if path.exists():
        raise WrongCommand(f"{path} is there already; name another file")
    with database_errors():
        engine = engine_of(settings)
        if settings.database_url is None and not (settings.home / DATABASE).exists():
            raise CannotStart(f"there is nothing to back up: {settings.home / DATABASE} does not exist")
        version = schema.version(engine)
    if version is None:
        raise CannotStart("there is nothing to back up: the database is empty")
    about: dict[str, Any] = {"made_at": now.isoformat(), "mode": settings.mode, "version": version}
    try:
        if path.parent == folder:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with archive.written(path) as file, database_errors():
            for name in (secrets.KEY_FILE, secrets.NEW_KEY_FILE):
                if (settings.home / name).exists():
                    file.add(name, settings.home / name)
            if settings.database_url is None:
                # Ours first: what Dagster knows more of, the pipeline mends.
                copies.copy_sqlite(settings.home / DATABASE, file.add, DATABASE)
                for name in _sqlite_of_dagster(settings.home):
                    copies.copy_sqlite(settings.home / name, file.add, name)
            else:
                about["columns"] = copies.copy_postgresql(engine, schemas_of(settings), file.add)
            file.finish(about)
    except OSError as error:
        if error.filename is None:
            raise
        raise CannotStart(f"{path} cannot be written: {error.strerror}") from error
    return path


def upgrade(settings: Settings) -> int:
    """Back up, then bring our database and Dagster's to what this program and its Dagster need."""
    from twitter_pipeline.store import schema
    from twitter_pipeline.store.opening import engine_of

    home.make(settings.home)
    with home.locked(settings.home), alone_in_database(settings), database_errors():
        engine = engine_of(settings)
        before = schema.version(engine)
        if before is not None and before > schema.HEAD:
            raise CannotStart(f"the database is at version {before}, newer than this program's {schema.HEAD}")
        if before is not None:
            typer.echo(f"backed up in {plain(str(make(settings, None)))}")
        schema.upgrade(engine)
        typer.echo(f"database: {before or 'empty'} → {schema.HEAD}")
        instance.make_storage_schema(settings, engine)
        _upgrade_dagster(settings)
    return OK


def _upgrade_dagster(settings: Settings) -> None:
    instance.write_dagster_yaml(settings)
    os.environ.update(instance.environment(settings))

    import dagster as dg

    with dg.DagsterInstance.get() as storage:
        storage.upgrade()
    typer.echo(f"Dagster's storage: as Dagster {dg.__version__} needs it")


def schemas_of(settings: Settings) -> dict[str, str]:
    """The schemas of PostgreSQL that belong to this mode, by what they are called in a backup."""
    return {OURS: f"pipeline_{settings.mode}", DAGSTERS: f"dagster_{settings.mode}"}


def _sqlite_of_dagster(folder: Path) -> list[str]:
    """Dagster's databases below the data folder."""
    found = [path for part in DAGSTER_FOLDERS for path in (folder / "dagster" / part).rglob("*.db")]
    return sorted(path.relative_to(folder).as_posix() for path in found)


def _about_the_key(settings: Settings) -> str:
    from twitter_pipeline.store import secrets

    if secrets.keys_in(os.environ):
        return (
            f"The key that opens the stored keys of X is NOT in it: it is in {secrets.ENVIRONMENT_VARIABLE}. Keep it"
            " elsewhere: without it the keys must be stored anew."
        )
    if (settings.home / secrets.KEY_FILE).exists():
        return (
            f"IT HOLDS THE KEY ({secrets.KEY_FILE}) that opens the stored keys of X: whoever has this file can post as"
            " you. Only you can read it (0600); keep it so."
        )
    return "No X keys are stored, so it holds no key."
