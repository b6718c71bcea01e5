"""Users, what they come to the API with, and the X accounts they post as."""

from __future__ import annotations

import sqlalchemy as sa

from twitter_pipeline.store.tables.columns import id_, metadata, ref_, time_

users = sa.Table(
    "users",
    metadata,
    id_(),
    sa.Column("username", sa.Text, nullable=False, unique=True),
    sa.Column("email", sa.Text),
    time_("created_at"),
    time_("updated_at"),
)

#: What programs and people come with to the API, instead of a password.
api_tokens = sa.Table(
    "api_tokens",
    metadata,
    id_(),
    ref_("user_id", "users.id"),
    sa.Column("name", sa.Text, nullable=False),
    # The part of the token that may be seen, to find it by, and SHA-256 of the whole, which is random enough for that.
    sa.Column("prefix", sa.Text, nullable=False, unique=True),
    sa.Column("token_hash", sa.Text, nullable=False),
    sa.Column("scopes", sa.JSON, nullable=False),
    time_("created_at"),
    # To the minute.
    time_("last_used_at", nullable=True),
    time_("revoked_at", nullable=True),
)

#: A named set of X credentials, and the account it posts as.
api_keys = sa.Table(
    "api_keys",
    metadata,
    id_(),
    ref_("user_id", "users.id"),
    sa.Column("key_name", sa.Text, nullable=False, unique=True),
    # The four are encrypted (store.secrets).
    sa.Column("api_key", sa.Text),
    sa.Column("api_secret", sa.Text),
    sa.Column("access_token", sa.Text),
    sa.Column("access_token_secret", sa.Text),
    time_("created_at"),
    time_("updated_at"),
    # Who X says it is, asked once a day at most.
    sa.Column("x_user_id", sa.Text),
    sa.Column("x_username", sa.Text),
    time_("verified_at", nullable=True),
    # Nothing is posted with it: until a time (limits), or until a person has acted (401, 402, 403).
    time_("wait_until", nullable=True),
    sa.Column("wait_reason", sa.Text),
    sa.Column("stopped_reason", sa.Text),
    # The newest post of its timeline that a look has seen: those after it may be somebody else's.
    sa.Column("timeline_seen_id", sa.Text),
    # The newest post of it that is known here, its own among them: what is sent from now on gets a higher id.
    sa.Column("newest_post_id", sa.Text),
    # When its timeline was last looked through for posts that are not from here; null: before the next post.
    time_("looked_at", nullable=True),
    # How many such looks in a row got a list that lacked posts, as X said itself.
    sa.Column("timeline_gaps", sa.Integer, nullable=False, server_default="0"),
    # How many attempts in a row found no X (5xx, no answer), each of another item than the one before; the last one's.
    sa.Column("errors_in_a_row", sa.Integer, nullable=False, server_default="0"),
    sa.Column("erring_task_id", sa.BigInteger),
)

#: What a person has paused. scope: all, account or project; name: "" for all.
pauses = sa.Table(
    "pauses",
    metadata,
    sa.Column("scope", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("reason", sa.Text, nullable=False),
    time_("created_at"),
    # Null where the pipeline did it by itself.
    sa.Column("actor", sa.Text),
)

#: What people did that is of no one item: its log, as publishing_log is that of the items.
decisions = sa.Table(
    "decisions",
    metadata,
    id_(),
    sa.Column("action", sa.Text, nullable=False),
    # Of what: everything, project cats, account my_account, …
    sa.Column("about", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    time_("created_at"),
)
