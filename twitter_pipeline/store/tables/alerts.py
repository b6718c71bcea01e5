"""What needs a person, and the messages about it."""

from __future__ import annotations

import sqlalchemy as sa

from twitter_pipeline.store.tables.columns import id_, metadata, ref_, time_

#: What needs a person, one open row a cause. Kept when it is closed.
alerts = sa.Table(
    "alerts",
    metadata,
    id_(),
    # What it is about, such as "failed:cats"; its kind is the part before the colon.
    sa.Column("cause", sa.Text, nullable=False),
    ref_("project_id", "projects.id", sa.String(63), nullable=True),
    # In words: what; which item and why; what to do; where to look.
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("remedy", sa.Text, nullable=False),
    sa.Column("link", sa.Text),
    # How many items or times by now.
    sa.Column("count", sa.Integer, nullable=False),
    time_("opened_at"),
    # The newest of them.
    time_("last_at"),
    # Since when its cause is not seen any more; null while it is.
    time_("gone_since", nullable=True),
    time_("closed_at", nullable=True),
    time_("acknowledged_at", nullable=True),
    sa.Column("acknowledged_by", sa.Text),
    sa.Index(
        "ix_alerts_open",
        "cause",
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    ),
)

#: Each message to each channel, until it was sent.
alert_outbox = sa.Table(
    "alert_outbox",
    metadata,
    id_(),
    # None for what is about no alert: the digest, "all is well".
    ref_("alert_id", "alerts.id", nullable=True),
    # open, over, digest, well.
    sa.Column("about", sa.Text, nullable=False),
    # Kind and fingerprint of its address (alerting.channels): the address itself is a secret.
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    time_("created_at"),
    # Not sent before: quiet hours, or tried in vain.
    time_("next_at"),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    time_("sent_at", nullable=True),
    # Why the last try failed.
    sa.Column("error", sa.Text),
    sa.Index(None, "alert_id"),
    sa.Index(
        "ix_alert_outbox_unsent",
        "next_at",
        sqlite_where=sa.text("sent_at IS NULL"),
        postgresql_where=sa.text("sent_at IS NULL"),
    ),
)

#: When the digest and "all is well" were made last.
alert_state = sa.Table(
    "alert_state",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    time_("at"),
)
