"""Publishing tasks, their log, and what their runs keep."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from twitter_pipeline.store.tables.columns import id_, metadata, ref_, time_

publishing_tasks = sa.Table(
    "publishing_tasks",
    metadata,
    id_(),
    ref_("project_id", "projects.id", sa.String(63)),
    ref_("content_source_id", "content_sources.id"),
    sa.Column("media_path", sa.Text, nullable=False),
    # All files of the item in their order, none for a text; null where it is media_path alone.
    sa.Column("media_files", sa.JSON(none_as_null=True)),
    sa.Column("metadata_path", sa.Text),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("content_data", sa.JSON, nullable=False),
    sa.Column("error_message", sa.Text),
    sa.Column("retry_count", sa.Integer, nullable=False, server_default="0"),
    time_("scheduled_time"),
    time_("executed_time", nullable=True),
    time_("created_at"),
    time_("updated_at"),
    # The plan may put scheduled_time later than this, never earlier.
    time_("not_before"),
    # The item's name in Dagster: a partition of <project>/tweets.
    sa.Column("partition_key", sa.Text, nullable=False),
    # Size, head, middle and tail, taken by the scan: a match is a suspicion.
    sa.Column("quick_fingerprint", sa.Text),
    # SHA-256 of the whole file, taken by the run: a match is the same item.
    sa.Column("content_hash", sa.Text),
    sa.Column("media_bytes", sa.BigInteger),
    # What Gemini was asked about it last, as `gemini_answers` knows it: digest and content; null before.
    sa.Column("enhanced", sa.JSON(none_as_null=True)),
    # The words that a person wrote in place of its files' (store.edits); null where none did.
    sa.Column("edits", sa.JSON(none_as_null=True)),
    # The time that a person gave it: it goes out by itself no sooner, and before what has none. Null without.
    time_("wanted_time", nullable=True),
    # When its files were moved away after the post (after_post), or found not to be; null while that is to be seen.
    time_("moved_at", nullable=True),
    # Not tried before again, since moving them failed.
    time_("move_after", nullable=True),
    # Which number its latest attempt has; counts runs, not failures.
    sa.Column("attempt", sa.Integer, nullable=False, server_default="0"),
    # The Dagster run working on it, or the last that did.
    sa.Column("run_id", sa.Text),
    # The Dagster storage that knows it: set when queued or claimed.
    sa.Column("dagster_instance", sa.Text),
    # The Dagster storage its partition was added to.
    sa.Column("registered_in", sa.Text),
    # When a person cancelled it while it could not be at once: a run was at work, or it may be on X. Null without.
    time_("stop_asked_at", nullable=True),
    # A run works on it only while its holder's lease lasts; the fence grows with each holder, and each cancel.
    sa.Column("lease_holder", sa.Text),
    time_("lease_until", nullable=True),
    sa.Column("fence", sa.Integer, nullable=False, server_default="0"),
    sa.Column("tweet_id", sa.Text),
    sa.Column("tweet_url", sa.Text),
    sa.UniqueConstraint("content_source_id", "media_path"),
    sa.UniqueConstraint("project_id", "partition_key"),
    sa.UniqueConstraint("project_id", "content_hash"),
    sa.Index(None, "project_id", "status", "scheduled_time"),
    # For the pages of the API: what is in a state, and what is the newest (and SQLite's search through the names).
    sa.Index(None, "project_id", "status", "id"),
    sa.Index("ix_publishing_tasks_newest", "project_id", "id", info={"only": "postgresql"}),
    sa.Index("ix_publishing_tasks_names", "project_id", "id", "partition_key", "media_path", info={"only": "sqlite"}),
    sa.Index(None, "project_id", "quick_fingerprint"),
    sa.Index(None, "project_id", "created_at"),
    sa.Index(None, "project_id", "executed_time"),
    sa.Index(None, "project_id", "registered_in"),
    # What was skipped lately (alerting.causes), however much was in all.
    sa.Index(
        "ix_publishing_tasks_skipped",
        "project_id",
        "updated_at",
        sqlite_where=sa.text("status = 'skipped'"),
        postgresql_where=sa.text("status = 'skipped'"),
    ),
    sa.Index(
        "ix_publishing_tasks_unmoved",
        "project_id",
        "status",
        "moved_at",
        sqlite_where=sa.text("status = 'completed' AND moved_at IS NULL"),
        postgresql_where=sa.text("status = 'completed' AND moved_at IS NULL"),
    ),
)

#: Letters that a text in a name is found by, at once: each three that stand beside each other.
TRIGRAM = 3


def trigrams(said: str | sa.ColumnElement[str]) -> sa.ColumnElement[Any]:
    """In PostgreSQL, each three characters that stand beside each other, in lower case (migration 0007)."""
    return sa.func.trigrams(said, type_=postgresql.ARRAY(sa.Text))


#: The index that these are looked for in: of an item's names.
name_trigrams = trigrams(publishing_tasks.c.partition_key).op("||")(trigrams(publishing_tasks.c.media_path))
sa.Index("ix_publishing_tasks_trigrams", name_trigrams, postgresql_using="gin", info={"only": "postgresql"})

#: SQLite's: which trigrams the names of the task with this number hold; kept by triggers (migration 0012).
task_names = sa.table("task_names", sa.column("rowid", sa.Integer), sa.column("task_names", sa.Text))


def hold_trigrams(said: str) -> sa.ColumnElement[bool]:
    """In SQLite, that both names together hold each trigram of the text, in any case."""
    quoted = (said[at : at + TRIGRAM].replace('"', '""') for at in range(len(said) - TRIGRAM + 1))
    return task_names.c.task_names.op("MATCH", is_comparison=True)(" AND ".join(f'"{one}"' for one in quoted))


publishing_log = sa.Table(
    "publishing_log",
    metadata,
    id_(),
    ref_("task_id", "publishing_tasks.id"),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("details", sa.JSON, nullable=False),
    time_("created_at"),
    sa.Column("run_id", sa.Text),
    # Who made it: a person's name; null where the pipeline did it by itself.
    sa.Column("actor", sa.Text),
    # 0 not yet told to Dagster, 1 being told, 2 told (defs.relay).
    sa.Column("relayed", sa.SmallInteger, nullable=False, server_default="0"),
    sa.Index(None, "task_id"),
    sa.Index(None, "created_at"),
    sa.Index(
        "ix_publishing_log_unrelayed",
        "relayed",
        sqlite_where=sa.text("relayed < 2"),
        postgresql_where=sa.text("relayed < 2"),
    ),
)

#: What the ops of a run hand to each other, so that "re-execute from failure" works from any machine.
run_values = sa.Table(
    "run_values",
    metadata,
    sa.Column("run_id", sa.Text, primary_key=True),
    sa.Column("step", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
    time_("created_at"),
)

#: One row for each request to Gemini: what the daily budget counts.
gemini_requests = sa.Table(
    "gemini_requests",
    metadata,
    id_(),
    ref_("task_id", "publishing_tasks.id"),
    sa.Column("model", sa.Text, nullable=False),
    # What came of it: asked (no answer yet), answered, or why there is none.
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("input_tokens", sa.Integer),
    sa.Column("output_tokens", sa.Integer),
    time_("created_at"),
    # Google's limit was reached: until then its model is not asked.
    time_("wait_until", nullable=True),
    sa.Index(None, "created_at"),
)

#: One row for each question to Gemini, whoever asked: what came of it, so that it is paid once.
gemini_answers = sa.Table(
    "gemini_answers",
    metadata,
    # SHA-256 over all that was asked but the media, and over the media; empty for a text.
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("content", sa.String(64), primary_key=True),
    sa.Column("model", sa.Text, nullable=False),
    # As in gemini_requests; and why there are no words, for people.
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("words", sa.JSON(none_as_null=True)),
    sa.Column("input_tokens", sa.Integer),
    sa.Column("output_tokens", sa.Integer),
    # How many pictures it was shown, and how often it was asked this, but for what cost nothing.
    sa.Column("seen", sa.Integer, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    # Who asked last (a run's id), the row of that request, and when.
    sa.Column("asked_by", sa.Text, nullable=False),
    sa.Column("request", sa.BigInteger, nullable=False),
    time_("asked_at"),
)
