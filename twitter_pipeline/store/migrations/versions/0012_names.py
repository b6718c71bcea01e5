"""SQLite finds a text in the names of tasks by its trigrams, as PostgreSQL has since 0007."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

#: Of each row only which trigrams it holds: the names themselves stand in the table.
_TABLE = """CREATE VIRTUAL TABLE task_names USING fts5(
    partition_key, media_path,
    content='publishing_tasks', content_rowid='id', tokenize='trigram', detail=none, columnsize=0)"""
_ADD = """INSERT INTO task_names (rowid, partition_key, media_path)
    VALUES (new.id, new.partition_key, new.media_path);"""
_TAKE = """INSERT INTO task_names (task_names, rowid, partition_key, media_path)
    VALUES ('delete', old.id, old.partition_key, old.media_path);"""
_TRIGGERS = {
    "task_names_added": ("INSERT", _ADD),
    "task_names_taken": ("DELETE", _TAKE),
    "task_names_changed": ("UPDATE OF id, partition_key, media_path", _TAKE + _ADD),
}


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    op.execute(_TABLE)
    for name, (event, then) in _TRIGGERS.items():
        op.execute(f"CREATE TRIGGER {name} AFTER {event} ON publishing_tasks BEGIN {then} END")
    op.execute("INSERT INTO task_names (task_names) VALUES ('rebuild')")
