"""Projects, their content sources, and what a scan keeps between ticks."""

from __future__ import annotations

import sqlalchemy as sa

from twitter_pipeline.store.tables.columns import id_, metadata, ref_, time_

projects = sa.Table(
    "projects",
    metadata,
    # The id of config.yaml: asset keys hold it, so it is text and never changes.
    sa.Column("id", sa.String(63), primary_key=True),
    ref_("user_id", "users.id"),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False, server_default=""),
    sa.Column("project_path", sa.Text, nullable=False),
    time_("last_scan_time", nullable=True),
    time_("created_at"),
    time_("updated_at"),
    ref_("api_key_id", "api_keys.id"),
    # Where a time-boxed scan goes on: "<source key>|<folder>"; null after a whole one.
    sa.Column("scan_position", sa.Text),
    # The `ignore_before` that pending items were judged by last; null for none.
    time_("ignored_before", nullable=True),
    # When a person let the rest go out after the first post (the canary); null before.
    time_("approved_at", nullable=True),
    # Why the last scan could not look (folder gone, unreadable); null when it could.
    sa.Column("scan_problem", sa.Text),
    # How long it took to look through all of it last, in seconds, or the scan under way when that takes longer by now.
    sa.Column("scan_seconds", sa.Double),
    # How much the pieces of the scan under way have taken; null after a whole one.
    sa.Column("scan_seconds_so_far", sa.Double),
    # Until when it was looked after, to the minute (publishing.late); null before the first time.
    time_("ran_until", nullable=True),
)

content_sources = sa.Table(
    "content_sources",
    metadata,
    id_(),
    ref_("project_id", "projects.id", sa.String(63)),
    sa.Column("source_type", sa.Text, nullable=False),
    sa.Column("source_path", sa.Text, nullable=False),
    sa.Column("config", sa.JSON, nullable=False),
    time_("created_at"),
    time_("updated_at"),
    # The account it posts with, where that is not the project's.
    ref_("api_key_id", "api_keys.id", nullable=True),
    # "<type>:<path>:<language>[@<account>]", what config.yaml tells sources apart by.
    sa.Column("key", sa.Text, nullable=False),
    sa.UniqueConstraint("project_id", "key"),
)

#: Files seen, not yet tasks: they may still be being written.
scan_candidates = sa.Table(
    "scan_candidates",
    metadata,
    id_(),
    ref_("content_source_id", "content_sources.id"),
    sa.Column("media_path", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("mtime_ns", sa.BigInteger, nullable=False),
    # Since when size and mtime have been as they are.
    time_("unchanged_since"),
    sa.UniqueConstraint("content_source_id", "media_path"),
)
