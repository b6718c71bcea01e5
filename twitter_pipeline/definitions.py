"""What Dagster loads (workspace.yaml, pyproject.toml): the definitions for config.yaml."""

import os
import warnings

from twitter_pipeline import config
from twitter_pipeline.config import redaction
from twitter_pipeline.defs.build import build
from twitter_pipeline.store import redacting

redaction.install()
redacting.install()

if not os.environ.get("DAGSTER_HOME"):
    warnings.warn(
        "DAGSTER_HOME is not set: Dagster throws its runs and partitions away when it ends."
        " `make run` sets it; or: export DAGSTER_HOME=$PWD/var/sandbox/dagster",
        stacklevel=1,
    )

defs = build(config.current())
