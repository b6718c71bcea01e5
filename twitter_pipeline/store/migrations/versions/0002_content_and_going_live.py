"""Items of several files or none, sources with an account of their own, Gemini, and the first post of a project."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("projects", sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("projects", sa.Column("ignored_before", sa.DateTime(timezone=True), nullable=True))
    # What has posted before there was a canary needs no look at its first post.
    op.execute(
        "UPDATE projects SET approved_at = CURRENT_TIMESTAMP"
        " WHERE id IN (SELECT project_id FROM publishing_tasks WHERE status = 'completed')"
    )
    op.add_column("api_keys", sa.Column("timeline_seen_id", sa.Text(), nullable=True))
    account = sa.ForeignKey("api_keys.id", name=op.f("fk_content_sources_api_key_id"))
    # Inline: SQLite adds no constraint to a table that stands, and a new table in its place would break what refers to it.
    op.add_column("content_sources", sa.Column("api_key_id", sa.BigInteger(), account), inline_references=True)
    op.add_column("publishing_tasks", sa.Column("media_files", sa.JSON(), nullable=True))
    op.add_column("publishing_tasks", sa.Column("enhanced", sa.JSON(), nullable=True))
    op.add_column("publishing_tasks", sa.Column("moved_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("publishing_tasks", sa.Column("move_after", sa.DateTime(timezone=True), nullable=True))
    unmoved = sa.text("status = 'completed' AND moved_at IS NULL")
    op.create_index(
        "ix_publishing_tasks_unmoved",
        "publishing_tasks",
        ["project_id", "status", "moved_at"],
        sqlite_where=unmoved,
        postgresql_where=unmoved,
    )
    op.create_table(
        "gemini_requests",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("input_tokens", sa.Integer(), nullable=True),
        sa.Column("output_tokens", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["publishing_tasks.id"], name=op.f("fk_gemini_requests_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gemini_requests")),
    )
    op.create_index(op.f("ix_gemini_requests_created_at"), "gemini_requests", ["created_at"])
