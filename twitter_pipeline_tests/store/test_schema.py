"""The schema: what the migrations make is what the tables say, and upgrading is safe."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from twitter_pipeline.store import schema
from twitter_pipeline.store.engine import connect, reading, writing
from twitter_pipeline.store.opening import open_store, prepare_store
from twitter_pipeline.store.schema import HEAD, SchemaError
from twitter_pipeline.store.tables import metadata, projects
from twitter_pipeline_tests.conftest import MakeSettings
from twitter_pipeline_tests.support.items import NOW

MIGRATIONS = Path(schema.__file__).parent / "migrations" / "versions"


def set_version(engine: sa.Engine, version: str) -> None:
    with writing(engine) as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = :version"), {"version": version})


@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index")
def test_the_migrations_make_the_tables_the_program_uses(engine: sa.Engine) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    def default_differs(*compared: object) -> bool | None:
        inspected, _, declared = compared[3:]
        # SQLite shows an empty text as ('') or '', which Alembic takes for another; None: it compares the rest itself.
        return "''" not in str(inspected) if declared == "" else None

    def is_made_here(item: sa.schema.SchemaItem, name: object = None, *_: object) -> bool:
        if str(name).startswith("task_names"):  # SQLite's own search: it makes tables of its own
            return False
        return item.info.get("only", engine.dialect.name) == engine.dialect.name

    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "compare_server_default": default_differs,
                "include_object": is_made_here,
            },
        )
        assert compare_metadata(context, metadata) == []
    found = sa.inspect(engine)
    made = {name for name in found.get_table_names() if not name.startswith("task_names")}
    assert made == {*metadata.tables, "alembic_version"}
    for table in metadata.tables.values():
        assert {index["name"] for index in found.get_indexes(table.name)} >= {
            index.name for index in table.indexes if is_made_here(index)
        }


def test_the_version_the_program_needs_is_the_newest_migration() -> None:
    assert max(path.name for path in MIGRATIONS.glob("[0-9]*.py")).startswith(f"{HEAD}_")


def test_an_empty_database_has_no_version_and_an_upgraded_one_the_newest(database_url: str) -> None:
    engine = connect(database_url)
    assert schema.version(engine) is None
    schema.upgrade(engine)
    assert schema.version(engine) == HEAD
    schema.upgrade(engine)  # nothing to do
    schema.ensure(engine)
    engine.dispose()


def test_an_sqlite_file_is_made_and_upgraded_when_first_used(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path / 'deep' / 'down' / 'pipeline.db'}")
    schema.ensure(engine)
    assert schema.version(engine) == HEAD
    engine.dispose()


def test_an_older_sqlite_file_is_copied_before_it_is_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "pipeline.db"
    engine = connect(f"sqlite:///{path}")
    schema.upgrade(engine)
    with writing(engine) as connection:
        connection.execute(sa.text("CREATE TABLE kept (word TEXT)"))
        connection.execute(sa.text("INSERT INTO kept VALUES ('cats')"))

    monkeypatch.setattr(schema, "HEAD", "9998")  # what the next release will do
    schema.ensure(engine)

    engine.dispose()
    with closing(sqlite3.connect(f"{path}.before-9998-from-{HEAD}")) as copy:
        assert copy.execute("SELECT word FROM kept").fetchall() == [("cats",)]
        assert copy.execute("SELECT version_num FROM alembic_version").fetchall() == [(HEAD,)]


def test_what_has_posted_before_there_was_a_canary_is_approved(database_url: str) -> None:
    """0002: its first post was long ago, and nobody is asked to look at it."""
    from alembic import command
    from alembic.config import Config

    engine = connect(database_url)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS.parent))
    schema._make_namespace(engine)
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    old = sa.MetaData()
    old.reflect(engine)
    times = dict.fromkeys(("created_at", "updated_at", "scheduled_time", "not_before"), NOW.replace(tzinfo=None))

    def put(connection: sa.Connection, table: str, **values: object) -> None:
        columns = old.tables[table].c
        connection.execute(
            sa.insert(old.tables[table]).values({name: at for name, at in times.items() if name in columns} | values)
        )

    with writing(engine) as connection:
        put(connection, "users", id=1, username="ann")
        put(connection, "api_keys", id=1, user_id=1, key_name="a")
        for number, (name, status) in enumerate({"old": "completed", "new": "failed"}.items()):
            put(connection, "projects", id=name, user_id=1, api_key_id=1, name=name, project_path=".")
            source = {"source_type": "video", "source_path": ".", "config": {}, "key": "k"}
            put(connection, "content_sources", id=number, project_id=name, **source)
            task = {"media_path": "a.mp4", "content_data": {}, "partition_key": "a", "status": status}
            put(connection, "publishing_tasks", project_id=name, content_source_id=number, **task)
    schema.upgrade(engine)
    with reading(engine) as connection:
        approved = dict(connection.execute(sa.select(projects.c.id, projects.c.approved_at.is_not(None))).all())
        assert approved == {"old": True, "new": False}
        assert connection.scalars(sa.select(projects.c.approved_at)).all()  # both are read as times
    engine.dispose()


def test_a_new_sqlite_file_leaves_no_copy(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path / 'pipeline.db'}")
    schema.ensure(engine)
    engine.dispose()
    assert not list(tmp_path.glob("*before*"))


def test_a_newer_database_is_left_alone_with_a_word_about_it(engine: sa.Engine) -> None:
    set_version(engine, "9999")
    with pytest.raises(
        SchemaError, match=f"at version 9999, newer than this program's {HEAD}; install the newer program"
    ):
        schema.ensure(engine)
    assert schema.version(engine) == "9999"


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_an_empty_postgresql_is_left_to_a_person_with_the_command(database_url: str) -> None:
    engine = connect(database_url)
    with pytest.raises(SchemaError, match=f"is empty, this program needs {HEAD}; run: twitter-pipeline db upgrade"):
        schema.ensure(engine)
    assert sa.inspect(engine).get_table_names() == []
    engine.dispose()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_an_older_postgresql_is_left_to_a_person_with_the_command(engine: sa.Engine) -> None:
    set_version(engine, "0000")
    with pytest.raises(SchemaError, match=r"is at version 0000, .*twitter-pipeline db upgrade"):
        schema.ensure(engine)


def test_a_database_that_is_away_is_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    away = sa.create_engine("postgresql+psycopg2://postgres@127.0.0.1:1/none")
    with pytest.raises(sa.exc.OperationalError, match="refused"):
        schema.version(away)
    no_database = tmp_path / "pipeline.db"
    no_database.write_bytes(b"this is no database" * 100)
    engine = connect(f"sqlite:///{no_database}")
    with pytest.raises(sa.exc.DatabaseError, match="not a database"):
        schema.version(engine)
    engine.dispose()


def test_processes_that_upgrade_at_once_do_it_once(database_url: str) -> None:
    program = (
        "import sys; from alembic import command; from twitter_pipeline.store import schema;"
        "from twitter_pipeline.store.engine import connect; engine = connect(sys.argv[1]);"
        "print('ready', flush=True); sys.stdin.readline();"
        "schema.upgrade(engine); print(schema.version(engine)); engine.dispose()"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program, database_url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    for process in processes:
        assert process.communicate(timeout=60)[0].strip() == HEAD
        assert process.returncode == 0


def test_opening_a_store_makes_its_schema_and_its_rows(settings: MakeSettings, engine: sa.Engine) -> None:
    declared = settings()
    opened = open_store(declared)
    assert opened is open_store(declared), "one engine for each database in a process"
    assert schema.version(opened) == schema.HEAD
    with reading(engine) as connection:
        assert connection.scalars(sa.select(projects.c.id)).all() == []
    prepare_store(declared)
    prepare_store(declared)
    with reading(engine) as connection:
        assert connection.scalars(sa.select(projects.c.id)).all() == ["cats"]
