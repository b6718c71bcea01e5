"""The database of a command that does its work and ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from twitter_pipeline.cli.errors import CannotStart
from twitter_pipeline.config import Settings

if TYPE_CHECKING:
    import sqlalchemy as sa


@contextmanager
def database_errors() -> Iterator[None]:
    """Turn what a database can say into CannotStart."""
    import sqlalchemy as sa

    from twitter_pipeline.store.schema import SchemaError
    from twitter_pipeline.store.secrets import KeyLost

    try:
        yield
    except (SchemaError, KeyLost) as error:
        raise CannotStart(str(error)) from error
    except sa.exc.DBAPIError as error:
        # Not the whole error: it quotes the statement and its values.
        said = str(error.orig)
        # What SQLite says when there is no more room depends on which of its files it wrote to.
        has_no_room = "disk is full" in said or "disk I/O error" in said or "No space left" in said
        hint = "is its disk full?" if has_no_room else "is database_url (or data_dir) right?"
        raise CannotStart(f"the database failed: {said}; {hint}") from error


def prepared(settings: Settings) -> sa.Engine:
    """The database, its rows brought to what config.yaml says: a command sees what `up` would. Raises CannotStart."""
    from twitter_pipeline.store.opening import prepare_store

    with database_errors():
        return prepare_store(settings)


def require_keys(engine: sa.Engine, settings: Settings) -> None:
    """Raise CannotStart when an account that is to post has no keys, or none that can be read."""
    if missing := missing_keys(engine, settings):
        raise CannotStart("\n".join(missing))


def missing_keys(engine: sa.Engine, settings: Settings) -> list[str]:
    """Why accounts that are to post cannot, each with the way out."""
    from twitter_pipeline.store import accounts
    from twitter_pipeline.store.engine import reading
    from twitter_pipeline.store.secrets import open_vault

    with database_errors(), reading(engine) as connection:
        vault = open_vault(settings.home)
        why_not = [accounts.why_no_keys(connection, name, vault) for name in settings.posting_accounts]
    return [reason for reason in why_not if reason is not None]
