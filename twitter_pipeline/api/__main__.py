"""`python -m twitter_pipeline.api`: serve the API of the configuration this process runs under, until told to end."""

from __future__ import annotations

import gc
import logging
import os
import sys

import uvicorn

from twitter_pipeline.api.app import make_app
from twitter_pipeline.api.context import Context
from twitter_pipeline.api.first_token import first_token
from twitter_pipeline.api.watching import monitoring_of
from twitter_pipeline.config import ConfigError, current, redaction
from twitter_pipeline.store.engine import connect
from twitter_pipeline.store.opening import prepare_store
from twitter_pipeline.store.schema import SchemaError

#: Seconds that requests under way may take to end; `up` kills what takes longer than five.
_END = 3
#: Requests that are at the database at the same time without opening a connection each.
_CONNECTIONS = 8


def main() -> int:
    """Serve; the exit code."""
    redaction.install()
    os.umask(0o077)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        settings = current()
        prepare_store(settings)
        engine = connect(settings.sqlalchemy_url, pool_size=_CONNECTIONS)
    except (ConfigError, SchemaError) as error:
        logging.getLogger(__name__).error("%s", error)
        return 1
    first_token(engine, settings)
    context = Context(settings, engine)
    app = make_app(context)
    # What stays is not looked through again: that takes 100 ms, in which nobody gets an answer.
    gc.collect()
    gc.freeze()
    monitoring_of(context).begin()
    uvicorn.run(
        app,
        host=settings.api.host,
        port=settings.api.port,
        log_config=None,
        access_log=False,  # each request has its line already, with its id (edge.py)
        server_header=False,
        timeout_graceful_shutdown=_END,
        h11_max_incomplete_event_size=16_384,
        limit_concurrency=200,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
