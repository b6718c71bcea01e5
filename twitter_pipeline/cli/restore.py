"""`twitter-pipeline restore`: a backup takes the place of what is there, and nothing is posted before a person says so.

All is made ready beside what is there, and checked; only then it takes its place (`placing`). What was there is kept.
"""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from twitter_pipeline.cli import placing
from twitter_pipeline.cli.actor import actor
from twitter_pipeline.cli.backup import DAGSTERS, DATABASE, OURS, schemas_of
from twitter_pipeline.cli.database import database_errors
from twitter_pipeline.cli.errors import OK, CannotStart
from twitter_pipeline.cli.up import home
from twitter_pipeline.cli.up.alone import alone_in_database
from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import Settings
from twitter_pipeline.store.opening import RESTORING
from twitter_pipeline.store.secrets import KEY_FILE

if TYPE_CHECKING:
    import sqlalchemy as sa

#: The end of the name of a schema that is being made ready.
_NEW = "restoring"


def run(settings: Settings, path: Path) -> int:
    """Put the backup in place. Raises CannotStart, and nothing is changed, where that cannot be.

    One that was cut off while it did so is ended instead.
    """
    home.make(settings.home)
    with home.locked(settings.home), alone_in_database(settings), database_errors():
        was_cut_off = placing.is_begun(settings.home)
        if not was_cut_off:
            _make_ready(settings, path)
        made_at = placing.end(settings.home, lambda identity: _place_schemas(settings, identity))
        if was_cut_off:
            typer.echo(
                f"an earlier restore was cut off and is ended now; {path} was not read: to restore that, once more"
            )
        typer.echo(f"restored as of {made_at:%Y-%m-%d %H:%M:%S} UTC; what was there is kept as {placing.BEFORE}")
        is_paused = _is_paused(settings)
    typer.echo(
        "Everything is paused: what was posted since is not known here. Look for it on X, then go on:"
        if is_paused
        else "It is NOT paused: somebody has resumed it since it was cut off; what was posted after the backup is not"
        " known here. Hold it back, look for that on X, then go on:\n  twitter-pipeline pause --all"
    )
    typer.echo(
        "  twitter-pipeline reconcile --whole --dry-run\n"
        "  twitter-pipeline reconcile --yes\n"
        "  twitter-pipeline resume --all"
    )
    return OK


def _make_ready(settings: Settings, path: Path) -> None:
    with _unpacked(settings, path) as (folder, about):
        made_at, identity = datetime.fromisoformat(about["made_at"]), uuid.uuid4().hex
        if settings.database_url is None:
            _sqlite(settings, folder, made_at)
        else:
            _postgresql(settings, folder, about, made_at, identity)
        placing.begin(settings.home, folder, made_at, identity)


@contextmanager
def _unpacked(settings: Settings, path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The parts of the backup in a folder of the data folder, all of them as they were written."""
    from twitter_pipeline.store import archive, copies, schema

    for left in settings.home.glob(f"{placing.DRAFT}*"):  # by one that was killed; it holds the key
        shutil.rmtree(left)
    with tempfile.TemporaryDirectory(prefix=placing.DRAFT, dir=settings.home) as name:
        folder = Path(name)
        try:
            about = archive.unpack(path, folder)
        except OSError as error:
            raise CannotStart(f"{path} cannot be read: {error.strerror}; nothing was changed") from error
        except archive.Damaged as error:
            raise CannotStart(f"{path} cannot be restored: {error}; nothing was changed") from error
        databases = sorted(folder.rglob("*.db"))
        wrong = [f"{one.name}: {problem}" for one in databases if (problem := copies.problem_of_sqlite(one))]
        is_sqlite = settings.database_url is None
        if about["mode"] != settings.mode:
            wrong.append(f"it is of {about['mode']} mode, and config.yaml says {settings.mode}")
        if is_sqlite != (folder / DATABASE).exists():
            kind = "SQLite" if (folder / DATABASE).exists() else "PostgreSQL"
            wrong.append(f"it is of {kind}, and config.yaml's database_url of the other kind")
        if about["version"] > schema.HEAD:
            wrong.append(f"it is of version {about['version']}, and this program knows {schema.HEAD}: upgrade it first")
        if wrong:
            raise CannotStart(f"{path} cannot be restored: {'; '.join(wrong)}; nothing was changed")
        yield folder, about


def _sqlite(settings: Settings, folder: Path, made_at: datetime) -> None:
    from twitter_pipeline.store import schema
    from twitter_pipeline.store.engine import connect

    engine = connect(f"sqlite:///{folder / DATABASE}")
    schema.upgrade(engine)
    _hold_back(engine, made_at)
    engine.dispose()
    connect(settings.sqlalchemy_url).dispose()  # what this process has open of the one that is there


def _postgresql(settings: Settings, folder: Path, about: dict[str, Any], made_at: datetime, identity: str) -> None:
    import sqlalchemy as sa

    from twitter_pipeline.store import copies, schema
    from twitter_pipeline.store.engine import connect

    schemas, columns = schemas_of(settings), about["columns"]
    urls = {part: settings.url_in_schema(f"{name}_{_NEW}") for part, name in schemas.items()}
    engine = connect(settings.sqlalchemy_url)
    with engine.begin() as connection:
        for name in schemas.values():
            connection.execute(sa.schema.DropSchema(f"{name}_{_NEW}", cascade=True, if_exists=True))
            connection.execute(sa.schema.CreateSchema(f"{name}_{_NEW}"))
    ours = connect(urls[OURS])
    schema.upgrade(ours, to=about["version"])
    with ours.begin() as connection:
        copies.load_postgresql(connection, f"{schemas[OURS]}_{_NEW}", columns[OURS], folder / OURS)
    schema.upgrade(ours)
    _hold_back(ours, made_at)
    ours.dispose()
    if columns[DAGSTERS]:
        _load_dagster(urls[DAGSTERS], f"{schemas[DAGSTERS]}_{_NEW}", columns[DAGSTERS], folder / DAGSTERS)
    with engine.begin() as connection:  # last: what bears the id is whole
        connection.execute(sa.text(f'COMMENT ON SCHEMA "{schemas[OURS]}_{_NEW}" IS :id'), {"id": identity})


def _place_schemas(settings: Settings, identity: str) -> None:
    """Rename those this restore made ready, all in one transaction; nothing, where that was done before it was cut off.

    Raises CannotStart, and nothing is changed, where the schema that is there then is not this restore's.
    """
    import sqlalchemy as sa

    from twitter_pipeline.store.engine import connect

    if settings.database_url is None:
        return
    schemas = schemas_of(settings)
    engine = connect(settings.sqlalchemy_url)
    with engine.begin() as connection:
        if _identity_of(connection, f"{schemas[OURS]}_{_NEW}") == identity:
            for name in schemas.values():
                connection.execute(sa.schema.DropSchema(f"{name}_{placing.BEFORE}", cascade=True, if_exists=True))
                if sa.inspect(connection).has_schema(name):
                    connection.execute(sa.text(f'ALTER SCHEMA "{name}" RENAME TO "{name}_{placing.BEFORE}"'))
                connection.execute(sa.text(f'ALTER SCHEMA "{name}_{_NEW}" RENAME TO "{name}"'))
        if _identity_of(connection, schemas[OURS]) != identity:
            raise CannotStart(
                "a restore was cut off here, and cannot be ended: what it had made ready is not in this database any"
                " more, since another restore worked on it (with another data_dir, or on another machine), or since"
                " database_url names another one; nothing was changed now. Move"
                f" {settings.home / RESTORING} elsewhere, and keep it: the {KEY_FILE} that was here may be in it. Then"
                " look at what the database holds (twitter-pipeline status): go on with that, or restore FILE once more"
            )
    engine.dispose()  # its connections know the tables by what they were


def _identity_of(connection: sa.Connection, schema: str) -> str | None:
    """Which restore made a schema ready, to the end."""
    import sqlalchemy as sa

    asked = sa.text("SELECT obj_description(to_regnamespace(:schema), 'pg_namespace')")
    found: str | None = connection.scalar(asked, {"schema": schema})
    return found


def _load_dagster(url: str, schema: str, columns: dict[str, list[str]], folder: Path) -> None:
    """Dagster makes its tables; those of another version of it are left empty, and filled again from ours."""
    import sqlalchemy as sa
    from dagster_postgres import DagsterPostgresStorage

    from twitter_pipeline.store import copies
    from twitter_pipeline.store.engine import connect

    DagsterPostgresStorage(url)
    engine = connect(url)
    with engine.begin() as connection:
        made = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
        if (folder / "alembic_version.rows").read_text().strip() == made:
            copies.load_postgresql(connection, schema, columns, folder)
        else:
            typer.echo("Dagster's storage in it is of another version: runs are left out, posts are told to it anew")
    engine.dispose()


def _hold_back(engine: sa.Engine, made_at: datetime) -> None:
    """What is on X since then is not known here: timelines are looked through, and a person says when to go on."""
    from twitter_pipeline.store import accounts, pauses
    from twitter_pipeline.store.engine import writing

    reason = f"restored as of {made_at:%Y-%m-%d %H:%M} UTC; first: twitter-pipeline reconcile --dry-run"
    with writing(engine) as connection:
        accounts.look_again(connection)
        pauses.pause(connection, "all", "", reason, now=utc_now(), actor=actor())


def _is_paused(settings: Settings) -> bool:
    """Whether it still is: until a restore that was cut off is ended, another data folder may use its PostgreSQL."""
    from twitter_pipeline.store import pauses
    from twitter_pipeline.store.engine import connect, reading

    with reading(connect(settings.sqlalchemy_url)) as connection:
        return any((scope, name) == ("all", "") for scope, name, *_ in pauses.listing(connection))
