"""What was asked of X: attempts, uploads, and what its timelines showed."""

from __future__ import annotations

import sqlalchemy as sa

from twitter_pipeline.store.tables.columns import id_, metadata, ref_, time_

#: One row per attempt to create a post, and for each post of a thread: the durable intent and what X said.
publishing_attempts = sa.Table(
    "publishing_attempts",
    metadata,
    id_(),
    ref_("task_id", "publishing_tasks.id"),
    sa.Column("number", sa.Integer, nullable=False),
    # Which post of a thread it is, from 1, and of how many.
    sa.Column("part", sa.SmallInteger, nullable=False, server_default="1"),
    sa.Column("parts", sa.SmallInteger, nullable=False, server_default="1"),
    # Of a thread's first post the words of those that follow: from then on they stay as they are.
    sa.Column("more", sa.JSON(none_as_null=True)),
    # The post before it in the thread.
    sa.Column("reply_to", sa.Text),
    sa.Column("fence", sa.Integer, nullable=False),
    sa.Column("run_id", sa.Text, nullable=False),
    # prepared -> sent -> confirmed | refused | unknown -> adopted | absent; back to prepared when it surely never left.
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("media_ids", sa.JSON, nullable=False),
    time_("prepared_at"),
    time_("sent_at", nullable=True),
    time_("answered_at", nullable=True),
    sa.Column("tweet_id", sa.Text),
    sa.Column("answer", sa.Text),
    # Who it was sent as; null for what was sent before this was kept.
    ref_("account_id", "api_keys.id", nullable=True),
    # What the timeline calls its media; text without what X changes of it (publishing.matching).
    sa.Column("media_keys", sa.JSON(none_as_null=True)),
    sa.Column("text_key", sa.Text),
    # The newest post of the account known before it was sent: its own id is higher.
    sa.Column("after_id", sa.Text),
    # The status X answered with, where it answered.
    sa.Column("http_status", sa.SmallInteger),
    # While its outcome is unknown: when the timeline is read for it next; null: a person decides.
    time_("look_at", nullable=True),
    # Whether the text holds a link, for which X charges more.
    sa.Column("has_link", sa.Boolean, nullable=False, server_default=sa.false()),
    # X's labels that it was sent with, such as made_with_ai.
    sa.Column("labels", sa.JSON(none_as_null=True)),
    # How many times it was read in vain or not at all.
    sa.Column("looks", sa.Integer, nullable=False, server_default="0"),
    # By X's clock: the first whole reading after the request; the first one settle_time later that did not show it.
    time_("looked_from", nullable=True),
    time_("missed_at", nullable=True),
    sa.UniqueConstraint("task_id", "number", "part"),
    # Which words an account has sent not long ago.
    sa.Index(None, "account_id", "text_key"),
    # Threads (store.tasks.IS_BEGUN).
    sa.Index(
        "ix_publishing_attempts_followed",
        "task_id",
        sqlite_where=sa.text("part < parts"),
        postgresql_where=sa.text("part < parts"),
    ),
    sa.Index(
        "ix_publishing_attempts_unanswered",
        "account_id",
        "text_key",
        sqlite_where=sa.text("state IN ('sent', 'unknown')"),
        postgresql_where=sa.text("state IN ('sent', 'unknown')"),
    ),
)

#: How far the upload of a file of an item got, so that a retry goes on where it stopped.
media_uploads = sa.Table(
    "media_uploads",
    metadata,
    id_(),
    ref_("task_id", "publishing_tasks.id"),
    # Media ids are of the account that uploaded them.
    ref_("account_id", "api_keys.id"),
    # Relative to the project.
    sa.Column("path", sa.Text, nullable=False),
    # What the file looked like: an upload of other bytes is not gone on with.
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("mtime_ns", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False, server_default=""),
    sa.Column("media_type", sa.Text, nullable=False),
    sa.Column("category", sa.Text, nullable=False),
    sa.Column("chunk_bytes", sa.Integer, nullable=False),
    sa.Column("media_id", sa.Text, nullable=False),
    sa.Column("media_key", sa.Text, nullable=False, server_default=""),
    # Segments that X has taken.
    sa.Column("segments", sa.Integer, nullable=False, server_default="0"),
    sa.Column("finalized", sa.Boolean, nullable=False, server_default=sa.false()),
    # Whether X is through with processing it: a post may name it.
    sa.Column("ready", sa.Boolean, nullable=False, server_default=sa.false()),
    # The description that X has confirmed; empty while it has confirmed none.
    sa.Column("alt_text", sa.Text, nullable=False, server_default=""),
    # Of captions: the media id of the video that X has confirmed they belong to, and in which language: "1585…/EN".
    sa.Column("captions_of", sa.Text, nullable=False, server_default=""),
    time_("expires_at"),
    time_("created_at"),
    time_("updated_at"),
    sa.UniqueConstraint("task_id", "path"),
    sa.Index(None, "account_id", "expires_at"),
)

#: Posts seen on an account's timeline that are not known here: another machine's, a person's, or, when the database is
#: an older copy, our own.
timeline_posts = sa.Table(
    "timeline_posts",
    metadata,
    ref_("account_id", "api_keys.id"),
    sa.Column("post_id", sa.Text, nullable=False),
    sa.Column("text_key", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    # How many media it has.
    sa.Column("media", sa.Integer, nullable=False),
    time_("posted_at"),
    time_("seen_at"),
    # The item it was found to be; null while nobody knows.
    ref_("task_id", "publishing_tasks.id", nullable=True),
    sa.PrimaryKeyConstraint("account_id", "post_id"),
    sa.Index(None, "account_id", "text_key"),
)

#: What reading timelines cost, by account and day (UTC): X charges for each post it lists.
timeline_readings = sa.Table(
    "timeline_readings",
    metadata,
    ref_("account_id", "api_keys.id"),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("readings", sa.Integer, nullable=False),
    sa.Column("posts", sa.Integer, nullable=False),
    sa.PrimaryKeyConstraint("account_id", "day"),
)
