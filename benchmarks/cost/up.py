"""`python -m benchmarks.cost.up MODULE up …`: `twitter-pipeline up …`, but with the definitions of MODULE."""

import sys

from twitter_pipeline.cli.main import app
from twitter_pipeline.cli.up import services

if __name__ == "__main__":
    services.MODULE = sys.argv.pop(1)
    app()
