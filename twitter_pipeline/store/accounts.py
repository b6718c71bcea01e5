"""X accounts as the database knows them: keys, who they are, and whether anything may be posted with them now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from twitter_pipeline.config import Credentials
from twitter_pipeline.store.secrets import Vault
from twitter_pipeline.store.tables import api_keys, projects

_keys = api_keys.c


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

    def why_not(self, now: datetime) -> str | None:
        """Why nothing may be posted with it now, in words with the way out; None when it may."""
        if self.stopped_reason is not None:
            way_out = f"twitter-pipeline resume --account {self.name}"
            return f"account {self.name} is stopped: {self.stopped_reason}; then: {way_out}"
        if self.wait_until is not None and self.wait_until > now:
            return f"account {self.name} waits until {self.wait_until:%Y-%m-%d %H:%M:%S} UTC: {self.wait_reason}"
        return None


_COLUMNS = (
    _keys.id,
    _keys.key_name,
    _keys.x_user_id,
    _keys.x_username,
    _keys.verified_at,
    _keys.wait_until,
    _keys.wait_reason,
    _keys.stopped_reason,
)


def of_project(connection: sa.Connection, project_id: str) -> AccountRow:
    """The account a project posts with. Raises LookupError for a project the database does not know."""
    row = connection.execute(
        sa.select(*_COLUMNS).join(projects, projects.c.api_key_id == _keys.id).where(projects.c.id == project_id)
    ).one_or_none()
    if row is None:
        raise LookupError(f"no project {project_id!r} in the database; start the pipeline once so that it is created")
    return AccountRow(*row)


def listing(connection: sa.Connection) -> list[AccountRow]:
    """All accounts by name."""
    return [AccountRow(*row) for row in connection.execute(sa.select(*_COLUMNS).order_by(_keys.key_name))]


def credentials(connection: sa.Connection, account_id: int, vault: Vault) -> Credentials:
    """The decrypted keys. Raises KeyLost when the vault's key is another one."""
    row = connection.execute(
        sa.select(_keys.api_key, _keys.api_secret, _keys.access_token, _keys.access_token_secret).where(
            _keys.id == account_id
        )
    ).one()
    return Credentials(*(vault.decrypt(value) for value in row))


def verified(connection: sa.Connection, account_id: int, *, user_id: str, username: str, now: datetime) -> None:
    """Keep who X says the account is."""
    _update(connection, account_id, x_user_id=user_id, x_username=username, verified_at=now)


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


def resume(connection: sa.Connection, name: str) -> bool:
    """End a stop or wait; False when there was none. X is asked anew who the account is."""
    gone = connection.execute(
        sa.update(api_keys)
        .where(_keys.key_name == name, sa.or_(_keys.stopped_reason.is_not(None), _keys.wait_until.is_not(None)))
        .values(stopped_reason=None, wait_until=None, wait_reason=None, verified_at=None)
    )
    return gone.rowcount > 0


def _update(connection: sa.Connection, account_id: int, **values: object) -> None:
    connection.execute(sa.update(api_keys).where(_keys.id == account_id).values(**values))
