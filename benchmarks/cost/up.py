"""`python -m benchmarks.cost.up MODULE up …`: `twitter-pipeline up …`, but with the definitions of MODULE.

Other definitions than ours run as Dagster runs them by default, each run a new process of the code server's.
"""

import sys
from typing import Any

from twitter_pipeline.cli.main import app
from twitter_pipeline.cli.up import instance, services
from twitter_pipeline.config import Settings

_ours = instance.dagster_yaml


def _without_launcher(settings: Settings) -> dict[str, Any]:
    return {name: said for name, said in _ours(settings).items() if name != "run_launcher"}


if __name__ == "__main__":
    module = sys.argv.pop(1)
    if module != services.MODULE:
        services.MODULE = module
        instance.dagster_yaml = _without_launcher
    app()
