"""Opening the database of a configuration."""

from __future__ import annotations

from datetime import datetime, timezone

import sqlalchemy as sa

from twitter_pipeline.config import Settings
from twitter_pipeline.store import defaults, schema
from twitter_pipeline.store.engine import connect, writing
from twitter_pipeline.store.secrets import open_vault


def open_store(settings: Settings) -> sa.Engine:
    """The engine, with its schema looked at (`schema.ensure`). Raises SchemaError."""
    engine = connect(settings.sqlalchemy_url)
    schema.ensure(engine)
    return engine


def prepare_store(settings: Settings) -> sa.Engine:
    """The engine, with its rows brought to what config.yaml says: at start-up, and when config.yaml changed."""
    engine = open_store(settings)
    with writing(engine) as connection:
        defaults.apply(connection, settings, open_vault(settings.home), now=datetime.now(timezone.utc))
    return engine
