"""How the pipeline itself does: what was measured, and the alarms that follow."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from twitter_pipeline.store.tables.columns import id_, metadata, ref_, time_


def _of_what() -> list[sa.Column[Any]]:
    return [
        # One of monitoring.measures.MEASURES.
        sa.Column("name", sa.String(40), nullable=False),
        # Of what: a process, project, account, step, …; empty where there is but one.
        sa.Column("scope", sa.String(200), nullable=False),
    ]


#: A row a minute, kept for two days. One tree, with neither rows nor another index beside it: it is most of what grows.
measures = sa.Table(
    "measures",
    metadata,
    time_("at"),
    *_of_what(),
    sa.Column("value", sa.Double, nullable=False),
    sa.PrimaryKeyConstraint("at", "name", "scope"),
    sqlite_with_rowid=False,
)

#: The same by hour.
measures_hourly = sa.Table(
    "measures_hourly",
    metadata,
    time_("hour"),
    *_of_what(),
    sa.Column("least", sa.Double, nullable=False),
    sa.Column("mean", sa.Double, nullable=False),
    sa.Column("most", sa.Double, nullable=False),
    sa.PrimaryKeyConstraint("hour", "name", "scope"),
    sqlite_with_rowid=False,
)

#: Which minute was measured last, and which hour was rolled up, whoever did it.
monitoring_state = sa.Table(
    "monitoring_state",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    time_("at"),
)

#: One open row a name and scope, from when a measure goes beyond its threshold; an alarm once it was raised.
alarms = sa.Table(
    "alarms",
    metadata,
    id_(),
    *_of_what(),
    # The newest value, and what it was held against.
    sa.Column("value", sa.Double, nullable=False),
    sa.Column("threshold", sa.Double, nullable=False),
    time_("over_since"),
    time_("raised_at", nullable=True),
    # Since when a raised one is well within the threshold again.
    time_("below_since", nullable=True),
    time_("closed_at", nullable=True),
    # When it was looked at last: what was not looked at in between did not go on.
    time_("seen_at"),
    sa.Index(
        "ix_alarms_open",
        "name",
        "scope",
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    ),
)

#: X's limits as the last answer to each call named them, by account.
x_limits = sa.Table(
    "x_limits",
    metadata,
    ref_("account_id", "api_keys.id"),
    # The call and the window, such as "POST /2/tweets 15min".
    sa.Column("call", sa.String(200), nullable=False),
    sa.Column("most", sa.Integer),
    sa.Column("remaining", sa.Integer),
    time_("reset_at"),
    sa.PrimaryKeyConstraint("account_id", "call"),
)
