"""The first token: made at the first start, for whoever can read the data folder."""

from __future__ import annotations

import logging
import os

import sqlalchemy as sa

from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import Settings
from twitter_pipeline.store import tokens
from twitter_pipeline.store.engine import writing

_log = logging.getLogger(__name__)

#: Below the data folder of the mode; for its owner only.
FILE = "api-token"


def first_token(engine: sa.Engine, settings: Settings) -> None:
    """Make a token with every scope, of the first user, and write it to home/api-token, unless there ever was one."""
    path = settings.home / FILE
    with writing(engine) as connection:
        if tokens.any_ever(connection):
            return
        now = utc_now()
        _, token = tokens.create(connection, settings.users[0].name, "first", tokens.SCOPES, now=now)
        # Before the row is committed: a token that nobody can read would open the API to nobody.
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(f"{token}\n")
    _log.info("the first token is in %s", path)
