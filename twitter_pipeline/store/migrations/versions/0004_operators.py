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
