"""The tables. Columns of the mission keep their names; what was added says why beside it.

Times are aware and UTC. Ids of X are text. Paths are relative to their project, with forward slashes.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """An aware UTC time; SQLite, which has no zones, gets it without one. A naive time is refused."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone; the database takes aware times only")
        value = value.astimezone(timezone.utc)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=timezone.utc) if value.tzinfo is None else value.astimezone(timezone.utc)


metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id() -> sa.Column[int]:
    # SQLite counts up by itself only for a column declared INTEGER.
    return sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True)


def _time(name: str, *, nullable: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, UtcDateTime, nullable=nullable)


def _ref(name: str, target: str, type_: Any = sa.BigInteger, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, type_, sa.ForeignKey(target), nullable=nullable)


users = sa.Table(
    "users",
    metadata,
    _id(),
    sa.Column("username", sa.Text, nullable=False, unique=True),
    sa.Column("email", sa.Text),
    _time("created_at"),
    _time("updated_at"),
)

#: What programs and people come with to the API, instead of a password.
api_tokens = sa.Table(
    "api_tokens",
    metadata,
    _id(),
    _ref("user_id", "users.id"),
    sa.Column("name", sa.Text, nullable=False),
    # The part of the token that may be seen, to find it by, and SHA-256 of the whole, which is random enough for that.
    sa.Column("prefix", sa.Text, nullable=False, unique=True),
    sa.Column("token_hash", sa.Text, nullable=False),
    sa.Column("scopes", sa.JSON, nullable=False),
    _time("created_at"),
    # To the minute.
    _time("last_used_at", nullable=True),
    _time("revoked_at", nullable=True),
)

#: A named set of X credentials, and the account it posts as.
api_keys = sa.Table(
    "api_keys",
    metadata,
    _id(),
    _ref("user_id", "users.id"),
    sa.Column("key_name", sa.Text, nullable=False, unique=True),
    # The four are encrypted (store.secrets).
    sa.Column("api_key", sa.Text),
    sa.Column("api_secret", sa.Text),
    sa.Column("access_token", sa.Text),
    sa.Column("access_token_secret", sa.Text),
    _time("created_at"),
    _time("updated_at"),
    # Who X says it is, asked once a day at most.
    sa.Column("x_user_id", sa.Text),
    sa.Column("x_username", sa.Text),
    _time("verified_at", nullable=True),
    # Nothing is posted with it: until a time (limits), or until a person has acted (401, 402, 403).
    _time("wait_until", nullable=True),
    sa.Column("wait_reason", sa.Text),
    sa.Column("stopped_reason", sa.Text),
    # The newest post of its timeline that a look has seen: those after it may be somebody else's.
    sa.Column("timeline_seen_id", sa.Text),
    # The newest post of it that is known here, its own among them: what is sent from now on gets a higher id.
    sa.Column("newest_post_id", sa.Text),
    # When its timeline was last looked through for posts that are not from here; null: before the next post.
    _time("looked_at", nullable=True),
)

projects = sa.Table(
    "projects",
    metadata,
    # The id of config.yaml: asset keys hold it, so it is text and never changes.
    sa.Column("id", sa.String(63), primary_key=True),
    _ref("user_id", "users.id"),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False, server_default=""),
    sa.Column("project_path", sa.Text, nullable=False),
    _time("last_scan_time", nullable=True),
    _time("created_at"),
    _time("updated_at"),
    _ref("api_key_id", "api_keys.id"),
    # Where a time-boxed scan goes on: "<source key>|<folder>"; null after a whole one.
    sa.Column("scan_position", sa.Text),
    # The `ignore_before` that pending items were judged by last; null for none.
    _time("ignored_before", nullable=True),
    # When a person let the rest go out after the first post (the canary); null before.
    _time("approved_at", nullable=True),
    # Why the last scan could not look (folder gone, unreadable); null when it could.
    sa.Column("scan_problem", sa.Text),
)

content_sources = sa.Table(
    "content_sources",
    metadata,
    _id(),
    _ref("project_id", "projects.id", sa.String(63)),
    sa.Column("source_type", sa.Text, nullable=False),
    sa.Column("source_path", sa.Text, nullable=False),
    sa.Column("config", sa.JSON, nullable=False),
    _time("created_at"),
    _time("updated_at"),
    # The account it posts with, where that is not the project's.
    _ref("api_key_id", "api_keys.id", nullable=True),
    # "<type>:<path>:<language>[@<account>]", what config.yaml tells sources apart by.
    sa.Column("key", sa.Text, nullable=False),
    sa.UniqueConstraint("project_id", "key"),
)

publishing_tasks = sa.Table(
    "publishing_tasks",
    metadata,
    _id(),
    _ref("project_id", "projects.id", sa.String(63)),
    _ref("content_source_id", "content_sources.id"),
    sa.Column("media_path", sa.Text, nullable=False),
    # All files of the item in their order, none for a text; null where it is media_path alone.
    sa.Column("media_files", sa.JSON(none_as_null=True)),
    sa.Column("metadata_path", sa.Text),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("content_data", sa.JSON, nullable=False),
    sa.Column("error_message", sa.Text),
    sa.Column("retry_count", sa.Integer, nullable=False, server_default="0"),
    _time("scheduled_time"),
    _time("executed_time", nullable=True),
    _time("created_at"),
    _time("updated_at"),
    # The plan may put scheduled_time later than this, never earlier.
    _time("not_before"),
    # The item's name in Dagster: a partition of <project>/tweets.
    sa.Column("partition_key", sa.Text, nullable=False),
    # Size, head, middle and tail, taken by the scan: a match is a suspicion.
    sa.Column("quick_fingerprint", sa.Text),
    # SHA-256 of the whole file, taken by the run: a match is the same item.
    sa.Column("content_hash", sa.Text),
    sa.Column("media_bytes", sa.BigInteger),
    # What Gemini made of the words, so that it is asked once; null before.
    sa.Column("enhanced", sa.JSON(none_as_null=True)),
    # When its files were moved away after the post (after_post), or found not to be; null while that is to be seen.
    _time("moved_at", nullable=True),
    # Not tried before again, since moving them failed.
    _time("move_after", nullable=True),
    # Which number its latest attempt has; counts runs, not failures.
    sa.Column("attempt", sa.Integer, nullable=False, server_default="0"),
    # The Dagster run working on it, or the last that did.
    sa.Column("run_id", sa.Text),
    # The Dagster storage that knows it: set when queued or claimed.
    sa.Column("dagster_instance", sa.Text),
    # The Dagster storage its partition was added to.
    sa.Column("registered_in", sa.Text),
    # A run works on it only while its holder's lease lasts; the fence grows with each holder.
    sa.Column("lease_holder", sa.Text),
    _time("lease_until", nullable=True),
    sa.Column("fence", sa.Integer, nullable=False, server_default="0"),
    sa.Column("tweet_id", sa.Text),
    sa.Column("tweet_url", sa.Text),
    sa.UniqueConstraint("content_source_id", "media_path"),
    sa.UniqueConstraint("project_id", "partition_key"),
    sa.UniqueConstraint("project_id", "content_hash"),
    sa.Index(None, "project_id", "status", "scheduled_time"),
    # For the pages of the API.
    sa.Index(None, "project_id", "status", "id"),
    sa.Index(None, "project_id", "quick_fingerprint"),
    sa.Index(None, "project_id", "created_at"),
    sa.Index(None, "project_id", "executed_time"),
    sa.Index(None, "project_id", "registered_in"),
    # What was skipped lately (alerting.causes), however much was in all.
    sa.Index(
        "ix_publishing_tasks_skipped",
        "project_id",
        "updated_at",
        sqlite_where=sa.text("status = 'skipped'"),
        postgresql_where=sa.text("status = 'skipped'"),
    ),
    sa.Index(
        "ix_publishing_tasks_unmoved",
        "project_id",
        "status",
        "moved_at",
        sqlite_where=sa.text("status = 'completed' AND moved_at IS NULL"),
        postgresql_where=sa.text("status = 'completed' AND moved_at IS NULL"),
    ),
)

#: One row per attempt to create a post: the durable intent and what X said.
publishing_attempts = sa.Table(
    "publishing_attempts",
    metadata,
    _id(),
    _ref("task_id", "publishing_tasks.id"),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("fence", sa.Integer, nullable=False),
    sa.Column("run_id", sa.Text, nullable=False),
    # prepared -> sent -> confirmed | refused | unknown -> adopted | absent; back to prepared when it surely never left.
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("media_ids", sa.JSON, nullable=False),
    _time("prepared_at"),
    _time("sent_at", nullable=True),
    _time("answered_at", nullable=True),
    sa.Column("tweet_id", sa.Text),
    sa.Column("answer", sa.Text),
    # Who it was sent as; null for what was sent before this was kept.
    _ref("account_id", "api_keys.id", nullable=True),
    # What the timeline calls its media; text without what X changes of it (publishing.matching).
    sa.Column("media_keys", sa.JSON(none_as_null=True)),
    sa.Column("text_key", sa.Text),
    # The newest post of the account known before it was sent: its own id is higher.
    sa.Column("after_id", sa.Text),
    # The status X answered with, where it answered.
    sa.Column("http_status", sa.SmallInteger),
    # While its outcome is unknown: when the timeline is read for it next; null: a person decides.
    _time("look_at", nullable=True),
    # Whether the text holds a link, for which X charges more.
    sa.Column("has_link", sa.Boolean, nullable=False, server_default=sa.false()),
    # How many times it was read in vain or not at all.
    sa.Column("looks", sa.Integer, nullable=False, server_default="0"),
    # By X's clock: the first whole reading after the request; the first one settle_time later that did not show it.
    _time("looked_from", nullable=True),
    _time("missed_at", nullable=True),
    sa.UniqueConstraint("task_id", "number"),
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
    _id(),
    _ref("task_id", "publishing_tasks.id"),
    # Media ids are of the account that uploaded them.
    _ref("account_id", "api_keys.id"),
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
    _time("expires_at"),
    _time("created_at"),
    _time("updated_at"),
    sa.UniqueConstraint("task_id", "path"),
    sa.Index(None, "account_id", "expires_at"),
)

#: Posts seen on an account's timeline that are not known here: another machine's, a person's, or, when the database is
#: an older copy, our own.
timeline_posts = sa.Table(
    "timeline_posts",
    metadata,
    _ref("account_id", "api_keys.id"),
    sa.Column("post_id", sa.Text, nullable=False),
    sa.Column("text_key", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    # How many media it has.
    sa.Column("media", sa.Integer, nullable=False),
    _time("posted_at"),
    _time("seen_at"),
    # The item it was found to be; null while nobody knows.
    _ref("task_id", "publishing_tasks.id", nullable=True),
    sa.PrimaryKeyConstraint("account_id", "post_id"),
    sa.Index(None, "account_id", "text_key"),
)

#: What reading timelines cost, by account and day (UTC): X charges for each post it lists.
timeline_readings = sa.Table(
    "timeline_readings",
    metadata,
    _ref("account_id", "api_keys.id"),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("readings", sa.Integer, nullable=False),
    sa.Column("posts", sa.Integer, nullable=False),
    sa.PrimaryKeyConstraint("account_id", "day"),
)

publishing_log = sa.Table(
    "publishing_log",
    metadata,
    _id(),
    _ref("task_id", "publishing_tasks.id"),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("details", sa.JSON, nullable=False),
    _time("created_at"),
    sa.Column("run_id", sa.Text),
    # Who made it: a person's name; null where the pipeline did it by itself.
    sa.Column("actor", sa.Text),
    # 0 not yet told to Dagster, 1 being told, 2 told (defs.relay).
    sa.Column("relayed", sa.SmallInteger, nullable=False, server_default="0"),
    sa.Index(None, "task_id"),
    sa.Index(None, "created_at"),
    sa.Index(
        "ix_publishing_log_unrelayed",
        "relayed",
        sqlite_where=sa.text("relayed < 2"),
        postgresql_where=sa.text("relayed < 2"),
    ),
)


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
        _time("created_at"),
        # The newest log line counted in; a newer one makes the row stale.
        sa.Column("last_log_id", sa.BigInteger, nullable=False),
    ]


analytics_hourly = sa.Table(
    "analytics_hourly",
    metadata,
    _id(),
    _ref("project_id", "projects.id", sa.String(63)),
    _time("hour"),
    *_figures(),
    sa.UniqueConstraint("project_id", "hour"),
)

#: The same by day of the project's time zone.
analytics_daily = sa.Table(
    "analytics_daily",
    metadata,
    _ref("project_id", "projects.id", sa.String(63)),
    sa.Column("day", sa.Date, nullable=False),
    # 23 or 25 where clocks are changed.
    sa.Column("hours", sa.Double, nullable=False),
    *_figures(),
    sa.PrimaryKeyConstraint("project_id", "day"),
)

#: Files seen, not yet tasks: they may still be being written.
scan_candidates = sa.Table(
    "scan_candidates",
    metadata,
    _id(),
    _ref("content_source_id", "content_sources.id"),
    sa.Column("media_path", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("mtime_ns", sa.BigInteger, nullable=False),
    # Since when size and mtime have been as they are.
    _time("unchanged_since"),
    sa.UniqueConstraint("content_source_id", "media_path"),
)

#: One row for each request to Gemini: what the daily budget counts.
gemini_requests = sa.Table(
    "gemini_requests",
    metadata,
    _id(),
    _ref("task_id", "publishing_tasks.id"),
    sa.Column("model", sa.Text, nullable=False),
    # What came of it: asked (no answer yet), answered, or why there is none.
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("input_tokens", sa.Integer),
    sa.Column("output_tokens", sa.Integer),
    _time("created_at"),
    sa.Index(None, "created_at"),
)

#: What the ops of a run hand to each other, so that "re-execute from failure" works from any machine.
run_values = sa.Table(
    "run_values",
    metadata,
    sa.Column("run_id", sa.Text, primary_key=True),
    sa.Column("step", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
    _time("created_at"),
)

#: What a person has paused. scope: all, account or project; name: "" for all.
pauses = sa.Table(
    "pauses",
    metadata,
    sa.Column("scope", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("reason", sa.Text, nullable=False),
    _time("created_at"),
)

#: What needs a person, one open row a cause. Kept when it is closed.
alerts = sa.Table(
    "alerts",
    metadata,
    _id(),
    # What it is about, such as "failed:cats"; its kind is the part before the colon.
    sa.Column("cause", sa.Text, nullable=False),
    _ref("project_id", "projects.id", sa.String(63), nullable=True),
    # In words: what; which item and why; what to do; where to look.
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("remedy", sa.Text, nullable=False),
    sa.Column("link", sa.Text),
    # How many items or times by now.
    sa.Column("count", sa.Integer, nullable=False),
    _time("opened_at"),
    # The newest of them.
    _time("last_at"),
    # Since when its cause is not seen any more; null while it is.
    _time("gone_since", nullable=True),
    _time("closed_at", nullable=True),
    _time("acknowledged_at", nullable=True),
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
    _id(),
    # None for what is about no alert: the digest, "all is well".
    _ref("alert_id", "alerts.id", nullable=True),
    # open, over, digest, well.
    sa.Column("about", sa.Text, nullable=False),
    # Kind and fingerprint of its address (alerting.channels): the address itself is a secret.
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    _time("created_at"),
    # Not sent before: quiet hours, or tried in vain.
    _time("next_at"),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    _time("sent_at", nullable=True),
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
    _time("at"),
)
