"""X accounts as the database knows them: keys, who they are, and whether anything may be posted with them now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from twitter_pipeline.config import KEYS, Credentials, Settings
from twitter_pipeline.store.secrets import KeyLost, Vault
from twitter_pipeline.store.tables import api_keys, content_sources, projects

_keys = api_keys.c


class NoKeys(KeyLost):
    """Neither config.yaml nor the database holds the keys of an account."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"account {name} has no keys: write them in config.yaml or run: twitter-pipeline account add {name}"
        )


@dataclass(frozen=True)
class AccountRow:
    """A row of `api_keys` without its secrets. Times are aware UTC."""

    id: int
    name: str
    x_user_id: str | None
    x_username: str | None
    verified_at: datetime | None
    #: Nothing is posted with it before; set by X's limits.
    wait_until: datetime | None
    wait_reason: str | None
    #: Nothing is posted with it until a person resumed it.
    stopped_reason: str | None
    #: The newest post of its timeline that a start has seen; None before the first look.
    timeline_seen_id: str | None
    #: When its timeline was last looked through; None: before the next post.
    looked_at: datetime | None
    #: How many such looks in a row got a list that lacked posts.
    timeline_gaps: int
    #: Whether keys are stored for it.
    has_keys: bool

    def why_not(self, now: datetime) -> str | None:
        """Why nothing may be posted with it now, in words with the way out; None when it may."""
        if self.stopped_reason is not None:
            way_out = f"twitter-pipeline resume --account {self.name}"
            return f"account {self.name} is stopped: {self.stopped_reason}; then: {way_out}"
        if self.wait_until is not None and self.wait_until > now:
            return f"account {self.name} waits until {self.wait_until:%Y-%m-%d %H:%M:%S} UTC: {self.wait_reason}"
        return None


_COLUMNS: tuple[sa.ColumnElement[Any], ...] = (
    _keys.id,
    _keys.key_name,
    _keys.x_user_id,
    _keys.x_username,
    _keys.verified_at,
    _keys.wait_until,
    _keys.wait_reason,
    _keys.stopped_reason,
    _keys.timeline_seen_id,
    _keys.looked_at,
    _keys.timeline_gaps,
    _keys.api_key.is_not(None),
)
#: A source posts with its own account, or else with its project's.
_OF_SOURCE = sa.func.coalesce(content_sources.c.api_key_id, projects.c.api_key_id) == _keys.id


def of_source(connection: sa.Connection, source_id: int) -> AccountRow:
    """The account a content source posts with."""
    query = sa.select(*_COLUMNS).where(
        content_sources.c.id == source_id, projects.c.id == content_sources.c.project_id, _OF_SOURCE
    )
    return AccountRow(*connection.execute(query).one())


def of_sources(connection: sa.Connection, project_id: str) -> dict[int, AccountRow]:
    """The account of each content source of a project, by the source's id."""
    query = sa.select(content_sources.c.id, *_COLUMNS).where(
        content_sources.c.project_id == project_id, projects.c.id == project_id, _OF_SOURCE
    )
    return {row[0]: AccountRow(*list(row)[1:]) for row in connection.execute(query)}


def of_projects(connection: sa.Connection, project_ids: Iterable[str]) -> list[AccountRow]:
    """The accounts that these projects post with, by name."""
    rows = [row for id in project_ids for row in of_sources(connection, id).values()]
    return sorted({row.id: row for row in rows}.values(), key=lambda row: row.name)


def sources_of(account_id: int) -> sa.Select[tuple[int]]:
    """The content sources that post with an account, as a subquery."""
    return sa.select(content_sources.c.id).where(
        projects.c.id == content_sources.c.project_id, _OF_SOURCE, _keys.id == account_id
    )


def by_id(connection: sa.Connection, account_id: int) -> AccountRow:
    """The account with this id."""
    return AccountRow(*connection.execute(sa.select(*_COLUMNS).where(_keys.id == account_id)).one())


def by_name(connection: sa.Connection, name: str) -> AccountRow:
    """The account with this name. Raises LookupError for one the database does not know."""
    row = connection.execute(sa.select(*_COLUMNS).where(_keys.key_name == name)).one_or_none()
    if row is None:
        raise LookupError(f"no account {name!r} in the database; start the pipeline once so that it is created")
    return AccountRow(*row)


def of_settings(connection: sa.Connection, settings: Settings) -> list[AccountRow]:
    """The accounts of the configuration by name: the database keeps others, too."""
    names = {account.name for account in settings.accounts}
    return [row for row in listing(connection) if row.name in names]


def listing(connection: sa.Connection) -> list[AccountRow]:
    """All accounts by name."""
    return [AccountRow(*row) for row in connection.execute(sa.select(*_COLUMNS).order_by(_keys.key_name))]


def credentials(connection: sa.Connection, account_id: int, vault: Vault) -> Credentials:
    """The decrypted keys. Raises NoKeys, or KeyLost when the vault's key is another one."""
    name, *stored = connection.execute(
        sa.select(_keys.key_name, *(_keys[key] for key in KEYS)).where(_keys.id == account_id)
    ).one()
    if None in stored:
        raise NoKeys(name)
    return Credentials(*(vault.decrypt(value) for value in stored))


def why_no_keys(connection: sa.Connection, name: str, vault: Vault) -> str | None:
    """Why nothing can be signed for an account, in words with the way out; None when it can."""
    try:
        credentials(
            connection, connection.execute(sa.select(_keys.id).where(_keys.key_name == name)).scalar_one(), vault
        )
    except KeyLost as error:
        return str(error)
    return None


def keep(
    connection: sa.Connection, account_id: int, credentials: Credentials | None, vault: Vault, *, now: datetime
) -> None:
    """Store other keys, or none.

    They may be another account's: what X said of the old ones, a stop or a wait with it, no longer holds.
    """
    kept = {key: None if credentials is None else vault.encrypt(getattr(credentials, key)) for key in KEYS}
    forgotten: dict[str, object] = dict.fromkeys(("stopped_reason", "wait_until", "wait_reason", "verified_at"))
    forgotten |= {"errors_in_a_row": 0, "erring_task_id": None, "timeline_gaps": 0}
    _update(connection, account_id, **kept, **forgotten, updated_at=now)


def encrypt_anew(connection: sa.Connection, vault: Vault) -> int:
    """Encrypt all stored keys with the vault's present key; how many accounts that were. Raises KeyLost."""
    columns = [_keys[key] for key in KEYS]
    rows = connection.execute(sa.select(_keys.id, *columns).where(_keys.api_key.is_not(None)).with_for_update()).all()
    for row in rows:
        anew = {key: vault.encrypt(vault.decrypt(row._mapping[key])) for key in KEYS if row._mapping[key] is not None}
        _update(connection, row.id, **anew)
    return len(rows)


def seen_timeline(connection: sa.Connection, account_id: int, post_id: str) -> None:
    """Keep the newest post of its timeline that was seen."""
    _update(connection, account_id, timeline_seen_id=post_id)


def newest_post(connection: sa.Connection, account_id: int) -> str | None:
    """The newest post of the account that is known here; None before the first. Locks the account's row."""
    query = sa.select(_keys.newest_post_id, _keys.timeline_seen_id).where(_keys.id == account_id)
    known = connection.execute(query.with_for_update()).one()
    return max((id for id in known if id is not None), key=int, default=None)


def knows_post(connection: sa.Connection, account_id: int, post_id: str) -> None:
    """Keep a post of the account as its newest, if it is."""
    newest = newest_post(connection, account_id)
    if newest is None or int(post_id) > int(newest):
        _update(connection, account_id, newest_post_id=post_id)


def looked_through(connection: sa.Connection, account_id: int, *, now: datetime) -> None:
    """Keep that the account's timeline was looked through for posts that are not known here."""
    _update(connection, account_id, looked_at=now, timeline_gaps=0)


def found_gaps(connection: sa.Connection, account_id: int, *, now: datetime) -> AccountRow:
    """Count a look that got a list that lacked posts; of several at once only one, which lets the account wait."""
    may_post = sa.and_(_keys.stopped_reason.is_(None), sa.or_(_keys.wait_until.is_(None), _keys.wait_until <= now))
    connection.execute(
        sa.update(api_keys).where(_keys.id == account_id, may_post).values(timeline_gaps=_keys.timeline_gaps + 1)
    )
    return by_id(connection, account_id)


def look_again(connection: sa.Connection, *, since: datetime | None = None) -> None:
    """Let every account's timeline be looked through before its next post: the database may be an older copy.

    Unless it was looked through after `since` (aware UTC).
    """
    connection.execute(
        sa.update(api_keys).where(sa.true() if since is None else _keys.looked_at < since).values(looked_at=None)
    )


def verified(connection: sa.Connection, account_id: int, *, user_id: str, username: str, now: datetime) -> None:
    """Keep who X says the account is; of the timeline of another one nothing was seen yet."""
    seen = sa.case((_keys.x_user_id == user_id, _keys.timeline_seen_id), else_=None)
    newest = sa.case((_keys.x_user_id == user_id, _keys.newest_post_id), else_=None)
    _update(
        connection,
        account_id,
        x_user_id=user_id,
        x_username=username,
        verified_at=now,
        timeline_seen_id=seen,
        newest_post_id=newest,
    )


def wait(connection: sa.Connection, account_id: int, until: datetime, reason: str) -> None:
    """Post nothing with it before `until`; a longer wait that stands already (a day's limit) stays."""
    connection.execute(
        sa.update(api_keys)
        .where(_keys.id == account_id, sa.or_(_keys.wait_until.is_(None), _keys.wait_until < until))
        .values(wait_until=until, wait_reason=reason)
    )


def stop(connection: sa.Connection, account_id: int, reason: str) -> None:
    """Post nothing with it until a person resumed it."""
    _update(connection, account_id, stopped_reason=reason)


def end_wait(connection: sa.Connection, account_id: int, reason: str) -> None:
    """End a wait, if its reason begins so."""
    connection.execute(
        sa.update(api_keys)
        .where(_keys.id == account_id, _keys.wait_reason.startswith(reason, autoescape=True))
        .values(wait_until=None, wait_reason=None)
    )


def errors_in_a_row(connection: sa.Connection, account_id: int) -> int:
    """How many attempts in a row found no X, each of another item than the one before."""
    return connection.scalar(sa.select(_keys.errors_in_a_row).where(_keys.id == account_id)) or 0


def erred(connection: sa.Connection, account_id: int, task_id: int) -> None:
    """Count an attempt that found no X. One item's tries are one: what fails again and again may be the item."""
    connection.execute(
        sa.update(api_keys)
        .where(_keys.id == account_id, _keys.erring_task_id.is_distinct_from(task_id))
        .values(errors_in_a_row=_keys.errors_in_a_row + 1, erring_task_id=task_id)
    )


def answered(connection: sa.Connection, account_id: int) -> None:
    """Count anew, since X has answered."""
    connection.execute(
        sa.update(api_keys)
        .where(_keys.id == account_id, _keys.errors_in_a_row > 0)
        .values(errors_in_a_row=0, erring_task_id=None)
    )


def resume(connection: sa.Connection, name: str) -> bool:
    """End a stop or wait; False when there was none. X is asked anew who the account is."""
    gone = connection.execute(
        sa.update(api_keys)
        .where(_keys.key_name == name, sa.or_(_keys.stopped_reason.is_not(None), _keys.wait_until.is_not(None)))
        .values(
            stopped_reason=None,
            wait_until=None,
            wait_reason=None,
            verified_at=None,
            errors_in_a_row=0,
            erring_task_id=None,
        )
    )
    return gone.rowcount > 0


def _update(connection: sa.Connection, account_id: int, **values: object) -> None:
    connection.execute(sa.update(api_keys).where(_keys.id == account_id).values(**values))
