"""What the pipeline sees of itself, and how it eases what is wrong."""

from __future__ import annotations

import sqlalchemy as sa

from twitter_pipeline.store.tables.columns import id_, metadata, time_

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
