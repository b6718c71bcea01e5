"""Opening the database of a configuration."""

from __future__ import annotations

import sqlalchemy as sa

from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import Settings
from twitter_pipeline.store import defaults, schema
from twitter_pipeline.store.engine import connect, writing
from twitter_pipeline.store.secrets import open_vault

#: A folder beside the database that is there while a restore puts its parts in place.
RESTORING = "restore_under_way"


class HalfRestored(schema.SchemaError):
    """A restore was cut off: until it is ended, what is there is neither the old database nor the new one."""


def refuse_half_restored(settings: Settings) -> None:
    """Raise HalfRestored where a restore is still to be ended."""
    if (settings.home / RESTORING).exists():
        raise HalfRestored(
            "a restore is under way, or was cut off, which loses nothing: twitter-pipeline restore FILE ends it"
        )


def engine_of(settings: Settings) -> sa.Engine:
    """The engine; nothing was looked at. Raises HalfRestored: an empty database would be made, and all posted again."""
    refuse_half_restored(settings)
    return connect(settings.sqlalchemy_url)


def open_store(settings: Settings) -> sa.Engine:
    """The engine, with its schema looked at (`schema.ensure`). Raises SchemaError."""
    engine = engine_of(settings)
    schema.ensure(engine)
    return engine


def prepare_store(settings: Settings) -> sa.Engine:
    """The engine, with its rows brought to what config.yaml says: at start-up, and when config.yaml changed."""
    engine = open_store(settings)
    with writing(engine) as connection:
        defaults.apply(connection, settings, open_vault(settings.home), now=utc_now())
    return engine
