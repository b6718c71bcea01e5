"""What is counted by hour and by day."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from twitter_pipeline.store.tables.columns import id_, metadata, ref_, time_


def _figures() -> list[sa.Column[Any]]:
    """What is counted of an hour or a day (analytics.figures says of what)."""
    return [
        sa.Column("tasks_created", sa.Integer, nullable=False),
        sa.Column("tasks_completed", sa.Integer, nullable=False),
        sa.Column("tasks_failed", sa.Integer, nullable=False),
        sa.Column("tasks_skipped", sa.Integer, nullable=False, server_default="0"),
        sa.Column("tasks_retried", sa.Integer, nullable=False, server_default="0"),
        sa.Column("posts_with_link", sa.Integer, nullable=False, server_default="0"),
        # Seconds from found to posted; null where nothing was posted.
        sa.Column("seconds_p50", sa.Double),
        sa.Column("seconds_p95", sa.Double),
        # What X charges for its posts, in dollars, at the prices of then.
        sa.Column("cost", sa.Double, nullable=False, server_default="0"),
        time_("created_at"),
        # The newest log line counted in; a newer one makes the row stale.
        sa.Column("last_log_id", sa.BigInteger, nullable=False),
    ]


analytics_hourly = sa.Table(
    "analytics_hourly",
    metadata,
    id_(),
    ref_("project_id", "projects.id", sa.String(63)),
    time_("hour"),
    *_figures(),
    sa.UniqueConstraint("project_id", "hour"),
)

#: The same by day of the project's time zone.
analytics_daily = sa.Table(
    "analytics_daily",
    metadata,
    ref_("project_id", "projects.id", sa.String(63)),
    sa.Column("day", sa.Date, nullable=False),
    # 23 or 25 where clocks are changed.
    sa.Column("hours", sa.Double, nullable=False),
    *_figures(),
    sa.PrimaryKeyConstraint("project_id", "day"),
)
