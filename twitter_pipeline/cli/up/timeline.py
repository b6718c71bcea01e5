"""Where posts go, and what else is on the accounts' timelines: told at start-up, beside everything else.

It holds up nothing: the look is taken in a thread, and whatever comes of it, posting goes on.
"""

from __future__ import annotations

import logging
import threading
from datetime import datetime
from typing import TYPE_CHECKING

from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import LIVE_API, Settings

if TYPE_CHECKING:
    import sqlalchemy as sa

_log = logging.getLogger(__name__)


def begin(engine: sa.Engine, settings: Settings) -> threading.Thread:
    """Say where live posts go when that is not X, and begin to look at the timelines. X must be there to answer."""
    if settings.mode == "live" and settings.x_base_url != LIVE_API:
        _log.warning("posts go to %s (x.base_url), not to X's own address %s", settings.x_base_url, LIVE_API)
    thread = threading.Thread(target=_look, args=(engine, settings, utc_now()), name="timeline")
    thread.daemon = True
    thread.start()
    return thread


def _look(engine: sa.Engine, settings: Settings, now: datetime) -> None:
    """Look at the timeline of each account that posts."""
    from twitter_pipeline.publishing import foreign
    from twitter_pipeline.store import accounts
    from twitter_pipeline.store.engine import reading

    try:
        with reading(engine) as connection:
            rows = [accounts.of_sources(connection, project.id) for project in settings.projects]
    except Exception as error:  # noqa: BLE001 - a look aside ends nothing
        _log.info("the timelines were not looked at: %s", error)
        return
    for account_id, name in {row.id: row.name for of_project in rows for row in of_project.values()}.items():
        try:
            found = foreign.look(engine, settings, account_id, now=now)
        except Exception as error:  # noqa: BLE001 - the same
            _log.info("the timeline of account %s was not looked at: %s", name, error)
        else:
            if found is not None:
                _log.warning("%s", found)
