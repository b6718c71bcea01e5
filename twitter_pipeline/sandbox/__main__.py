"""``python -m twitter_pipeline.sandbox``: the sandbox in the foreground."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m twitter_pipeline.sandbox", description="A local stand-in for X.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8780)
    parser.add_argument("--state", type=Path, default=Path("var/sandbox/x"), help="folder for its posts and media")
    parser.add_argument("--processing-seconds", type=float, default=0.5, help="how long a video is processed")
    parser.add_argument("--limits", type=int, default=1, metavar="TIMES", help="so many times X's rate limits")
    options = parser.parse_args()

    from twitter_pipeline.sandbox.server import serve

    try:
        serve(
            options.host,
            options.port,
            options.state,
            processing_seconds=options.processing_seconds,
            limits=options.limits,
        )
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"sandbox: {where}{error.strerror}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
