"""The rows that config.yaml declares: created or updated, never doubled, never deleted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from twitter_pipeline.config import Account, Credentials, Settings
from twitter_pipeline.store import accounts
from twitter_pipeline.store.secrets import KeyLost, Vault
from twitter_pipeline.store.tables import api_keys, content_sources, projects, users


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
                    "api_key_id": None if source.account is None else account_ids[source.account],
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
    account_id: int = _put(connection, api_keys, {"key_name": account.name}, {"user_id": user_id}, now)
    declared = settings.credentials(account)
    if declared is not None and declared != _stored(connection, account_id, vault):
        accounts.keep(connection, account_id, declared, vault, now=now)
    return account_id


def _stored(connection: sa.Connection, account_id: int, vault: Vault) -> Credentials | None:
    try:
        return accounts.credentials(connection, account_id, vault)
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
