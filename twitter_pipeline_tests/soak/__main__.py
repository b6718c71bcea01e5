"""``python -m twitter_pipeline_tests.soak --publishes N --seed S --database sqlite|postgresql|both``."""

from __future__ import annotations

import sys

from twitter_pipeline_tests.soak.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
