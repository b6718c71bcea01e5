"""What it takes to find a post whose answer was lost, and to go on with an upload."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def _time(name: str, *, nullable: bool = False) -> "sa.Column[object]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _id(name: str, *, nullable: bool = False) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def upgrade() -> None:
    op.add_column("api_keys", sa.Column("newest_post_id", sa.Text(), nullable=True))
    op.add_column("api_keys", _time("looked_at", nullable=True))
    account = sa.ForeignKey("api_keys.id", name=op.f("fk_publishing_attempts_account_id"))
    op.add_column("publishing_attempts", sa.Column("account_id", sa.BigInteger(), account), inline_references=True)
    op.add_column("publishing_attempts", sa.Column("media_keys", sa.JSON(), nullable=True))
    op.add_column("publishing_attempts", sa.Column("text_key", sa.Text(), nullable=True))
    op.add_column("publishing_attempts", sa.Column("after_id", sa.Text(), nullable=True))
    op.add_column("publishing_attempts", sa.Column("http_status", sa.SmallInteger(), nullable=True))
    op.add_column("publishing_attempts", _time("look_at", nullable=True))
    op.add_column("publishing_attempts", sa.Column("looks", sa.Integer(), server_default="0", nullable=False))
    op.add_column("publishing_attempts", _time("looked_from", nullable=True))
    op.add_column("publishing_attempts", _time("missed_at", nullable=True))
    unanswered = sa.text("state IN ('sent', 'unknown')")
    op.create_index(
        "ix_publishing_attempts_unanswered",
        "publishing_attempts",
        ["account_id", "text_key"],
        sqlite_where=unanswered,
        postgresql_where=unanswered,
    )
    op.create_table(
        "media_uploads",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        _id("task_id"),
        _id("account_id"),
        sa.Column("path", sa.Text(), nullable=False),
        _id("size"),
        _id("mtime_ns"),
        sa.Column("sha256", sa.Text(), server_default="", nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("chunk_bytes", sa.Integer(), nullable=False),
        sa.Column("media_id", sa.Text(), nullable=False),
        sa.Column("media_key", sa.Text(), server_default="", nullable=False),
        sa.Column("segments", sa.Integer(), server_default="0", nullable=False),
        sa.Column("finalized", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("ready", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("alt_text", sa.Text(), server_default="", nullable=False),
        _time("expires_at"),
        _time("created_at"),
        _time("updated_at"),
        sa.ForeignKeyConstraint(["account_id"], ["api_keys.id"], name=op.f("fk_media_uploads_account_id")),
        sa.ForeignKeyConstraint(["task_id"], ["publishing_tasks.id"], name=op.f("fk_media_uploads_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media_uploads")),
        sa.UniqueConstraint("task_id", "path", name=op.f("uq_media_uploads_task_id_path")),
    )
    op.create_index(op.f("ix_media_uploads_account_id_expires_at"), "media_uploads", ["account_id", "expires_at"])
    op.create_table(
        "timeline_posts",
        _id("account_id"),
        sa.Column("post_id", sa.Text(), nullable=False),
        sa.Column("text_key", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("media", sa.Integer(), nullable=False),
        _time("posted_at"),
        _time("seen_at"),
        _id("task_id", nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["api_keys.id"], name=op.f("fk_timeline_posts_account_id")),
        sa.ForeignKeyConstraint(["task_id"], ["publishing_tasks.id"], name=op.f("fk_timeline_posts_task_id")),
        sa.PrimaryKeyConstraint("account_id", "post_id", name=op.f("pk_timeline_posts")),
    )
    op.create_index(op.f("ix_timeline_posts_account_id_text_key"), "timeline_posts", ["account_id", "text_key"])
    op.create_table(
        "timeline_readings",
        _id("account_id"),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("readings", sa.Integer(), nullable=False),
        sa.Column("posts", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["api_keys.id"], name=op.f("fk_timeline_readings_account_id")),
        sa.PrimaryKeyConstraint("account_id", "day", name=op.f("pk_timeline_readings")),
    )
