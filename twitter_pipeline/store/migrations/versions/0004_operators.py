"""What the people need who run it: alerts, tokens, figures, and who did what."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Who made it: a person's name, or none where the pipeline did it by itself.
    op.add_column("publishing_log", sa.Column("actor", sa.Text(), nullable=True))
    _alerts()
    _api()
    _figures()


def _figures() -> None:
    """More of an hour, and the days."""
    op.add_column("publishing_attempts", sa.Column("has_link", sa.Boolean(), nullable=False, server_default=sa.false()))
    # Nearly all: a bare domain is a link, too, but only a program can tell.
    op.execute(
        "UPDATE publishing_attempts SET has_link = (1 = 1) WHERE text LIKE '%http://%' OR text LIKE '%https://%'"
    )
    counts = ("tasks_skipped", "tasks_retried", "posts_with_link")
    for name in counts:
        op.add_column("analytics_hourly", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    for name in ("seconds_p50", "seconds_p95"):
        op.add_column("analytics_hourly", sa.Column(name, sa.Double(), nullable=True))
    op.add_column("analytics_hourly", sa.Column("cost", sa.Double(), nullable=False, server_default="0"))
    # So that what was counted without them is counted anew.
    op.execute("UPDATE analytics_hourly SET last_log_id = 0")
    time = sa.DateTime(timezone=True)
    op.create_table(
        "analytics_daily",
        sa.Column(
            "project_id",
            sa.String(63),
            sa.ForeignKey("projects.id", name="fk_analytics_daily_project_id"),
            nullable=False,
        ),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("hours", sa.Double(), nullable=False),
        *(sa.Column(f"tasks_{name}", sa.Integer(), nullable=False) for name in ("created", "completed", "failed")),
        *(sa.Column(name, sa.Integer(), nullable=False, server_default="0") for name in counts),
        sa.Column("seconds_p50", sa.Double(), nullable=True),
        sa.Column("seconds_p95", sa.Double(), nullable=True),
        sa.Column("cost", sa.Double(), nullable=False, server_default="0"),
        sa.Column("created_at", time, nullable=False),
        sa.Column("last_log_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("project_id", "day", name="pk_analytics_daily"),
    )


def _alerts() -> None:
    """What needs a person, and the messages about it."""
    time, number = sa.DateTime(timezone=True), sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    skipped, is_open, unsent = sa.text("status = 'skipped'"), sa.text("closed_at IS NULL"), sa.text("sent_at IS NULL")
    op.create_index(
        "ix_publishing_tasks_skipped",
        "publishing_tasks",
        ["project_id", "updated_at"],
        sqlite_where=skipped,
        postgresql_where=skipped,
    )
    op.create_table(
        "alerts",
        sa.Column("id", number, nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("project_id", sa.String(63), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("remedy", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("opened_at", time, nullable=False),
        sa.Column("last_at", time, nullable=False),
        sa.Column("gone_since", time, nullable=True),
        sa.Column("closed_at", time, nullable=True),
        sa.Column("acknowledged_at", time, nullable=True),
        sa.Column("acknowledged_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_alerts_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )
    op.create_index("ix_alerts_open", "alerts", ["cause"], unique=True, sqlite_where=is_open, postgresql_where=is_open)
    op.create_table(
        "alert_outbox",
        sa.Column("id", number, nullable=False),
        sa.Column("alert_id", sa.BigInteger(), nullable=True),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", time, nullable=False),
        sa.Column("next_at", time, nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("sent_at", time, nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_alert_outbox_alert_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_outbox")),
    )
    op.create_index(op.f("ix_alert_outbox_alert_id"), "alert_outbox", ["alert_id"])
    op.create_index("ix_alert_outbox_unsent", "alert_outbox", ["next_at"], sqlite_where=unsent, postgresql_where=unsent)
    op.create_table(
        "alert_state",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", time, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_alert_state")),
    )


def _api() -> None:
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_api_tokens_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("prefix", name=op.f("uq_api_tokens_prefix")),
    )
    # For the pages of the API.
    name = op.f("ix_publishing_tasks_project_id_status_id")
    op.create_index(name, "publishing_tasks", ["project_id", "status", "id"])
