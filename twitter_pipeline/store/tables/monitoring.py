"""How the pipeline itself does: what was measured, the alarms that follow, and what eases them."""

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

#: What is restricted for a while because an alarm is open (monitoring.easing). Kept when it is over.
easings = sa.Table(
    "easings",
    metadata,
    id_(),
    # What is done (store.easings), and of which project, account or process; "" for the whole.
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("scope", sa.Text, nullable=False),
    # How much, in the action's own unit.
    sa.Column("level", sa.Integer, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    time_("began_at"),
    # When the level changed last.
    time_("stepped_at"),
    # Over by itself then, unless it is renewed: whoever began it may be gone.
    time_("until"),
    time_("ended_at", nullable=True),
    sa.Index(
        "ix_easings_open",
        "action",
        "scope",
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    ),
    sa.Index(None, "action", "scope", "began_at"),
)
