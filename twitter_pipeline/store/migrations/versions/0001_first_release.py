"""The tables of the first release."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pauses",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("scope", "name", name=op.f("pk_pauses")),
    )
    op.create_table(
        "run_values",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "step", name=op.f("pk_run_values")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("username", name=op.f("uq_users_username")),
    )
    op.create_table(
        "api_keys",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("key_name", sa.Text(), nullable=False),
        sa.Column("api_key", sa.Text(), nullable=True),
        sa.Column("api_secret", sa.Text(), nullable=True),
        sa.Column("access_token", sa.Text(), nullable=True),
        sa.Column("access_token_secret", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("x_user_id", sa.Text(), nullable=True),
        sa.Column("x_username", sa.Text(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wait_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wait_reason", sa.Text(), nullable=True),
        sa.Column("stopped_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_api_keys_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("key_name", name=op.f("uq_api_keys_key_name")),
    )
    op.create_table(
        "projects",
        sa.Column("id", sa.String(length=63), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("project_path", sa.Text(), nullable=False),
        sa.Column("last_scan_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("api_key_id", sa.BigInteger(), nullable=False),
        sa.Column("scan_position", sa.Text(), nullable=True),
        sa.Column("scan_problem", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["api_key_id"], ["api_keys.id"], name=op.f("fk_projects_api_key_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_projects_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_projects")),
    )
    op.create_table(
        "analytics_hourly",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("project_id", sa.String(length=63), nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tasks_created", sa.Integer(), nullable=False),
        sa.Column("tasks_completed", sa.Integer(), nullable=False),
        sa.Column("tasks_failed", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_log_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_analytics_hourly_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_analytics_hourly")),
        sa.UniqueConstraint("project_id", "hour", name=op.f("uq_analytics_hourly_project_id_hour")),
    )
    op.create_table(
        "content_sources",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("project_id", sa.String(length=63), nullable=False),
        sa.Column("source_type", sa.Text(), nullable=False),
        sa.Column("source_path", sa.Text(), nullable=False),
        sa.Column("config", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_content_sources_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_content_sources")),
        sa.UniqueConstraint("project_id", "key", name=op.f("uq_content_sources_project_id_key")),
    )
    op.create_table(
        "publishing_tasks",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("project_id", sa.String(length=63), nullable=False),
        sa.Column("content_source_id", sa.BigInteger(), nullable=False),
        sa.Column("media_path", sa.Text(), nullable=False),
        sa.Column("metadata_path", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("content_data", sa.JSON(), nullable=False),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("retry_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("scheduled_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("executed_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("partition_key", sa.Text(), nullable=False),
        sa.Column("quick_fingerprint", sa.Text(), nullable=True),
        sa.Column("content_hash", sa.Text(), nullable=True),
        sa.Column("media_bytes", sa.BigInteger(), nullable=True),
        sa.Column("attempt", sa.Integer(), server_default="0", nullable=False),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.Column("dagster_instance", sa.Text(), nullable=True),
        sa.Column("registered_in", sa.Text(), nullable=True),
        sa.Column("lease_holder", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("tweet_id", sa.Text(), nullable=True),
        sa.Column("tweet_url", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["content_source_id"], ["content_sources.id"], name=op.f("fk_publishing_tasks_content_source_id")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_publishing_tasks_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publishing_tasks")),
        sa.UniqueConstraint(
            "content_source_id", "media_path", name=op.f("uq_publishing_tasks_content_source_id_media_path")
        ),
        sa.UniqueConstraint("project_id", "content_hash", name=op.f("uq_publishing_tasks_project_id_content_hash")),
        sa.UniqueConstraint("project_id", "partition_key", name=op.f("uq_publishing_tasks_project_id_partition_key")),
    )
    with op.batch_alter_table("publishing_tasks", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_publishing_tasks_project_id_created_at"), ["project_id", "created_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_publishing_tasks_project_id_executed_time"), ["project_id", "executed_time"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_publishing_tasks_project_id_quick_fingerprint"),
            ["project_id", "quick_fingerprint"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_publishing_tasks_project_id_registered_in"), ["project_id", "registered_in"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_publishing_tasks_project_id_status_scheduled_time"),
            ["project_id", "status", "scheduled_time"],
            unique=False,
        )

    op.create_table(
        "scan_candidates",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("content_source_id", sa.BigInteger(), nullable=False),
        sa.Column("media_path", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("mtime_ns", sa.BigInteger(), nullable=False),
        sa.Column("unchanged_since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["content_source_id"], ["content_sources.id"], name=op.f("fk_scan_candidates_content_source_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scan_candidates")),
        sa.UniqueConstraint(
            "content_source_id", "media_path", name=op.f("uq_scan_candidates_content_source_id_media_path")
        ),
    )
    op.create_table(
        "publishing_attempts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("media_ids", sa.JSON(), nullable=False),
        sa.Column("prepared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tweet_id", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["task_id"], ["publishing_tasks.id"], name=op.f("fk_publishing_attempts_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publishing_attempts")),
        sa.UniqueConstraint("task_id", "number", name=op.f("uq_publishing_attempts_task_id_number")),
    )
    op.create_table(
        "publishing_log",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.Column("relayed", sa.SmallInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["publishing_tasks.id"], name=op.f("fk_publishing_log_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publishing_log")),
    )
    with op.batch_alter_table("publishing_log", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_publishing_log_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_publishing_log_task_id"), ["task_id"], unique=False)
        batch_op.create_index(
            "ix_publishing_log_unrelayed",
            ["relayed"],
            unique=False,
            sqlite_where=sa.text("relayed < 2"),
            postgresql_where=sa.text("relayed < 2"),
        )
