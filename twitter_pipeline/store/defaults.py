"""The rows that config.yaml declares: created or updated, never doubled, never deleted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from twitter_pipeline.config import Account, Settings
from twitter_pipeline.store.secrets import KeyLost, Vault
from twitter_pipeline.store.tables import api_keys, content_sources, projects, users

_SECRETS = ("api_key", "api_secret", "access_token", "access_token_secret")


def apply(connection: sa.Connection, settings: Settings, vault: Vault, *, now: datetime) -> None:
    """Bring users, accounts, projects and content sources to what `settings` say, in the caller's transaction."""
    user_ids = {
        user.name: _put(connection, users, {"username": user.name}, {"email": user.email}, now)
        for user in settings.users
    }
    account_ids = {
        account.name: _put_account(connection, settings, account, user_ids[account.owner], vault, now)
        for account in settings.accounts
    }
    for project in settings.projects:
        _put(
            connection,
            projects,
            {"id": project.id},
            {
                "user_id": user_ids[project.owner],
                "api_key_id": account_ids[project.account],
                "name": project.name,
                "description": project.description,
                "project_path": str(project.path),
            },
            now,
        )
        for source in project.sources:
            _put(
                connection,
                content_sources,
                {"project_id": project.id, "key": source.key},
                {
                    "source_type": source.type,
                    "source_path": source.path,
                    "config": source.model_dump(mode="json", exclude={"type", "path"}),
                },
                now,
            )


def source_ids(connection: sa.Connection, project_id: str) -> dict[str, int]:
    """The ids of a project's content sources by their key."""
    rows = connection.execute(
        sa.select(content_sources.c.key, content_sources.c.id).where(content_sources.c.project_id == project_id)
    )
    return {row.key: row.id for row in rows}


def _put_account(
    connection: sa.Connection, settings: Settings, account: Account, user_id: int, vault: Vault, now: datetime
) -> int:
    credentials = settings.credentials(account)
    wanted = {name: getattr(credentials, name) for name in _SECRETS}
    account_id: int = _put(connection, api_keys, {"key_name": account.name}, {"user_id": user_id}, now)
    stored = connection.execute(
        sa.select(*(api_keys.c[name] for name in _SECRETS)).where(api_keys.c.id == account_id)
    ).one()
    if _decrypted(stored._mapping, vault) != wanted:
        # Other keys may be another account: what was known of the old one no longer holds.
        connection.execute(
            sa.update(api_keys)
            .where(api_keys.c.id == account_id)
            .values(
                {name: vault.encrypt(value) for name, value in wanted.items()}
                | {"stopped_reason": None, "wait_until": None, "wait_reason": None}
                | {"verified_at": None, "updated_at": now}
            )
        )
    return account_id


def _decrypted(stored: Mapping[Any, Any], vault: Vault) -> dict[str, str] | None:
    try:
        return {name: vault.decrypt(stored[name]) for name in _SECRETS if stored[name] is not None}
    except KeyLost:
        return None  # config.yaml holds the keys: they are encrypted anew


def _put(
    connection: sa.Connection, table: sa.Table, key: Mapping[str, Any], values: Mapping[str, Any], now: datetime
) -> Any:
    """Update the row with this key where it differs, or insert it; its id."""
    where = [table.c[name] == value for name, value in key.items()]
    row = connection.execute(sa.select(table).where(*where)).one_or_none()
    if row is None:
        new = {**key, **values, "created_at": now, "updated_at": now}
        return connection.execute(sa.insert(table).values(**new).returning(table.c.id)).scalar_one()
    if any(row._mapping[name] != value for name, value in values.items()):
        connection.execute(sa.update(table).where(*where).values(**values, updated_at=now))
    return row._mapping["id"]
