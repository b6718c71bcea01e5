"""Tokens of the API: made once, kept as a hash, found by the part that may be seen.

A token is `tp_<prefix>_<secret>`. The secret has 256 random bits, so one SHA-256 is enough: there is nothing to guess.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from twitter_pipeline.store import decisions
from twitter_pipeline.store.tables import api_tokens, users

#: What a token may allow: looking; posting and what goes with it; tokens.
SCOPES = ("read", "publish", "admin")

#: `last_used_at` is no older than this when a token is in use: a write for each request would cost more than it tells.
USED = timedelta(minutes=1)

_SHAPE = re.compile(r"tp_([a-z0-9]{12})_[A-Za-z0-9_-]{43}")
_tokens = api_tokens.c
_users = users.c


class NoUser(LookupError):
    """There is no user of that name, in words with the way out."""


@dataclass(frozen=True)
class Token:
    """A token as it is stored. Times are aware UTC."""

    id: int
    #: Whose it is.
    user: str
    #: What it is for.
    name: str
    prefix: str
    scopes: tuple[str, ...]
    created_at: datetime
    #: To the minute.
    last_used_at: datetime | None
    revoked_at: datetime | None


def create(
    connection: sa.Connection,
    user: str,
    name: str,
    scopes: Iterable[str],
    *,
    now: datetime,
    actor: str | None = None,
) -> tuple[int, str]:
    """Make a token; its id, and the token itself, which nobody can read again. Raises NoUser.

    `actor` is who makes it; without one the pipeline does.
    """
    user_id = connection.scalar(sa.select(_users.id).where(_users.username == user))
    if user_id is None:
        names = ", ".join(connection.scalars(sa.select(_users.username).order_by(_users.username)))
        raise NoUser(f"there is no user {user!r} (there are: {names}); add one with: twitter-pipeline user add {user}")
    prefix = secrets.token_hex(6)
    token = f"tp_{prefix}_{secrets.token_urlsafe(32)}"
    token_id = connection.execute(
        sa.insert(api_tokens)
        .values(
            user_id=user_id,
            name=name,
            prefix=prefix,
            token_hash=_hash(token),
            scopes=[scope for scope in SCOPES if scope in set(scopes)],
            created_at=now,
        )
        .returning(_tokens.id)
    ).scalar_one()
    decisions.note(connection, actor, "create", f"token {token_id}", f"{name} of {user}", now=now)
    return int(token_id), token


def find(connection: sa.Connection, token: str) -> Token | None:
    """The stored token, unless it was revoked or is none of ours. How long that takes does not tell what is stored."""
    shape = _SHAPE.fullmatch(token)
    row = None
    if shape is not None:
        row = connection.execute(_FIND, {"prefix": shape[1]}).one_or_none()
    same = hmac.compare_digest(_hash(token), _hash("") if row is None else row.token_hash)
    return _token(row) if row is not None and same else None


def used(connection: sa.Connection, token: Token, *, now: datetime) -> None:
    """Keep when it was used."""
    connection.execute(sa.update(api_tokens).where(_tokens.id == token.id).values(last_used_at=now))


def revoke(connection: sa.Connection, token_id: int, *, now: datetime, actor: str | None = None) -> bool:
    """Let it open nothing from now on; False when it does not already, or there is none."""
    changed = connection.execute(
        sa.update(api_tokens).where(_tokens.id == token_id, _tokens.revoked_at.is_(None)).values(revoked_at=now)
    )
    if changed.rowcount == 1:
        decisions.note(connection, actor, "revoke", f"token {token_id}", now=now)
    return changed.rowcount == 1


def listing(connection: sa.Connection) -> list[Token]:
    """All tokens, the revoked ones too, oldest first."""
    return [_token(row) for row in connection.execute(_select().order_by(_tokens.id))]


def any_ever(connection: sa.Connection) -> bool:
    """Whether a token was ever made."""
    return connection.scalar(sa.select(_tokens.id).limit(1)) is not None


def _select(*more: sa.ColumnElement[str]) -> sa.Select[tuple[object, ...]]:
    columns = [_tokens[name] for name in ("id", "name", "prefix", "scopes", "created_at", "last_used_at", "revoked_at")]
    return sa.select(*columns, _users.username, *more).join(users, _users.id == _tokens.user_id)


def _token(row: sa.Row[tuple[object, ...]]) -> Token:
    return Token(
        id=row.id,
        user=row.username,
        name=row.name,
        prefix=row.prefix,
        scopes=tuple(row.scopes),
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


#: Made once: each request asks it.
_FIND = _select(_tokens.token_hash).where(_tokens.prefix == sa.bindparam("prefix"), _tokens.revoked_at.is_(None))
